"""What an operator's console does with the calls on a phone, whatever kind of phone it is (docs/desk.md).

Every verb is made of AMI's Redirect (of both parties at once), Bridge and Hangup: the phone stays up and the recording
goes on. Never Atxfer, which types digits into the call. What the exchange itself does not know, who holds whom and
who is being asked, is kept here; the caller is safe without it: held callers come back to their operator by the
dialplan (context `desk`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import structlog

from callcenter.clock import Clock
from callcenter.console import DeskCall, DeskCallState, DeskParty, NoSuchCall, PartyIs, WrongMoment
from callcenter.pbx.actions import Actions, Origination, Place
from callcenter.pbx.facts import BlindTransferred, Fact, HeldByConsole, HungUp, UnheldByConsole
from callcenter.pbx.tracker import Leg, Tracker
from callcenter.pbx.tracker_parties import PartyKind
from callcenter.telephony import CallKey

log = structlog.get_logger(__name__)

DESK = "desk"
RETURN = "desk-return"
CONSULT = "desk-consult"
JOIN = "desk-join"
TRANSFER = "transfer"
HELD = Place(DESK, "held")
WAIT = Place(DESK, "wait")
PARK_SECONDS = 120.0
JOIN_VARIABLE = "DESK_JOIN"
HOLDER_VARIABLE = "DESK_HOLDER"
AUTHOR_VARIABLE = "BLINDTRANSFER"

_KINDS = {
    PartyKind.OUTSIDE: PartyIs.OUTSIDE,
    PartyKind.STAFF: PartyIs.STAFF,
    PartyKind.ROOM: PartyIs.ROOM,
    PartyKind.LOCAL: PartyIs.OTHER,
}


@dataclass(frozen=True, slots=True)
class _Held:
    """Somebody waits with music for the operator at `extension`; `target` is being asked meanwhile, if anybody."""

    extension: str
    key: CallKey
    uniqueid: str
    target: str = ""
    joined: bool = False


@dataclass(frozen=True, slots=True)
class _Talk:
    """The operator's own leg of a call and the others'."""

    key: CallKey
    own: Leg
    others: tuple[Leg, ...]


class DeskCalls:
    """Fulfils `console.Console`; `tracker` gives the present one, `tell` takes what AMI does not tell."""

    def __init__(
        self,
        actions: Actions,
        tracker: Callable[[], Tracker],
        tell: Callable[[Fact], None],
        clock: Clock,
        new_id: Callable[[str], str],
    ) -> None:
        self._actions = actions
        self._tracker = tracker
        self._tell = tell
        self._clock = clock
        self._new_id = new_id
        self._held: dict[str, _Held] = {}

    # --- what is going on

    def call_of(self, extension: str) -> DeskCall | None:
        """Tell what this phone is in the middle of, None when it is free."""
        talk = self._find(extension)
        if talk is None:
            return None
        held = self._holding(extension)
        parties = tuple(
            DeskParty(_KINDS[leg.kind], leg.number, is_up=leg.is_up, is_held=held is not None and self._is(leg, held))
            for leg in talk.others
        )
        return DeskCall(talk.key, self._state(talk, held), parties)

    def _state(self, talk: _Talk, held: _Held | None) -> DeskCallState:
        if not talk.own.is_up:
            return DeskCallState.CALLING if talk.own.is_main else DeskCallState.RINGING
        if held is None:
            return DeskCallState.TALKING
        if held.joined:
            return DeskCallState.CONFERENCE
        others = [leg for leg in talk.others if not self._is(leg, held)]
        if not others:
            return DeskCallState.HOLDING
        return DeskCallState.CONSULTING if any(leg.is_up for leg in others) else DeskCallState.ASKING

    # --- holding

    async def hold(self, extension: str) -> None:
        """Let the other party wait with music; the operator's phone stays up and hears nothing."""
        talk = self._talking(extension)
        other = self._other(talk)
        self._note_held(extension, talk, other)
        await self._keep_for(extension, other)
        await self._actions.redirect_both(other.name, HELD, talk.own.name, WAIT)

    async def resume(self, extension: str) -> None:
        """Talk again with whoever waits; one who was being asked meanwhile is let go."""
        talk, held, waiting = self._with_held(extension)
        await self._actions.bridge(waiting.name, talk.own.name)
        self._note_resumed(held, talk.own)
        await self._let_go([leg for leg in talk.others if leg is not waiting])

    # --- asking a colleague

    async def consult(self, extension: str, target: str) -> None:
        """Let the other party wait and call `target` inside the house."""
        talk = self._talking(extension)
        held = self._holding(extension)
        if held is None:
            other = self._other(talk)
            self._note_held(extension, talk, other)
            await self._keep_for(extension, other)
            await self._actions.redirect_both(other.name, HELD, talk.own.name, Place(CONSULT, target))
        elif self._state(talk, held) is DeskCallState.HOLDING:
            await self._actions.redirect(talk.own.name, Place(CONSULT, target))
        else:
            raise WrongMoment
        self._held[extension] = replace(self._held[extension], target=target)

    async def swap(self, extension: str) -> None:
        """Talk with the one who waits, and let the one who is being talked with wait."""
        talk, held, waiting = self._with_held(extension)
        asked = self._asked(talk, held)
        await self._keep_for(extension, asked)
        await self._actions.redirect_both(asked.name, HELD, talk.own.name, WAIT)
        await self._actions.bridge(waiting.name, talk.own.name)
        self._held[extension] = replace(held, uniqueid=asked.uniqueid)

    async def complete(self, extension: str) -> None:
        """Connect the two and leave; before the asked one has answered this is a blind transfer there."""
        talk, held = self._talking(extension), self._holding(extension)
        if held is None or not held.target:
            raise WrongMoment
        waiting = self._leg(talk, held)
        others = [leg for leg in talk.others if leg is not waiting]
        self._held.pop(extension, None)
        if any(leg.is_up for leg in others):
            await self._actions.bridge(waiting.name, self._asked(talk, held).name)
        else:
            await self._send(talk, waiting, held.target)
        await self._let_go([talk.own])

    async def conference(self, extension: str) -> None:
        """Let all three talk with each other."""
        talk, held, waiting = self._with_held(extension)
        self._asked(talk, held)
        await self._actions.setvar(waiting.name, JOIN_VARIABLE, talk.own.name)
        await self._actions.redirect(waiting.name, Place(JOIN, "s"))
        self._tell(UnheldByConsole(self._clock.now(), talk.own.uniqueid))
        self._held[extension] = replace(held, joined=True)

    # --- moving

    async def transfer(self, extension: str, target: str) -> None:
        """Send the other party to `target` inside the house; if nobody takes it, it comes back to this phone."""
        talk = self._talking(extension)
        held = self._holding(extension)
        if held is not None and self._state(talk, held) is not DeskCallState.HOLDING:
            raise WrongMoment
        other = self._leg(talk, held) if held is not None else self._other(talk)
        self._held.pop(extension, None)
        await self._send(talk, other, target)
        if held is not None:
            await self._let_go([talk.own])

    async def park(self, extension: str) -> None:
        """Park the other party in a place that everybody can fetch from; unfetched, it comes back to this phone."""
        talk = self._talking(extension)
        if self._holding(extension) is not None:
            raise WrongMoment
        await self._actions.park(self._other(talk).name, back_to=talk.own.name, seconds=PARK_SECONDS)

    async def give_back(self, extension: str) -> None:
        """The phone is lost: whoever talked with it or waited for it hears music and comes back to it first."""
        talk = self._find(extension)
        if talk is None or not talk.own.is_up:
            return
        held = self._held.pop(extension, None)
        waiting = next((leg for leg in talk.others if held is not None and self._is(leg, held)), None)
        other = waiting or next((leg for leg in talk.others if leg.is_up), None)
        if other is not None:
            log.info("desk_call_given_back", call_id=talk.key.linkedid, extension=extension)
            await self._actions.redirect(other.name, Place(RETURN, extension))
        await self._let_go([talk.own])

    # --- the rest

    async def send_digits(self, extension: str, digits: str) -> None:
        """Let the other party's end hear keys."""
        talk = self._talking(extension)
        held = self._holding(extension)
        other = self._other(talk) if held is None or held.joined else self._asked(talk, held)
        for digit in digits:
            await self._actions.play_digit(other.name, digit)

    async def hang_up(self, extension: str) -> None:
        """End what this phone is in the middle of: the talk, or what is being asked; a held caller is not dropped."""
        talk = self._find(extension)
        if talk is None:
            raise NoSuchCall
        held = self._holding(extension)
        if held is None or held.joined:
            self._held.pop(extension, None)
            await self._let_go([talk.own])
            return
        others = [leg for leg in talk.others if not self._is(leg, held)]
        if not others:
            raise WrongMoment
        await self._let_go(others)

    async def dial(self, extension: str, target: str) -> None:
        """Ring this phone and, when it is picked up, call `target` inside the house."""
        if self._find(extension) is not None:
            raise WrongMoment
        call = Origination(f"PJSIP/op{extension}", Place(TRANSFER, target), self._new_id("dial"), caller_number=target)
        await self._actions.originate(call)

    def orphaned_by(self, fact: HungUp) -> tuple[str, Place] | None:
        """Learn of a hang-up, before the tracker does; return which held party lost its operator, and where it goes."""
        for extension, held in list(self._held.items()):
            talk = self._find(extension)
            if held.uniqueid == fact.uniqueid or talk is None:
                del self._held[extension]
            elif talk.own.uniqueid == fact.uniqueid:
                del self._held[extension]
                waiting = next((leg for leg in talk.others if self._is(leg, held)), None)
                return None if waiting is None or held.joined else (waiting.name, Place(RETURN, extension))
        return None

    # --- within

    def _find(self, extension: str) -> _Talk | None:
        tracker = self._tracker()
        activity = tracker.phone_activity(extension)
        if activity.call is None:
            return None
        legs = tracker.channels_of(activity.call)
        own = [leg for leg in legs if leg.kind is PartyKind.STAFF and leg.number == extension]
        if not own:
            return None
        mine = next((leg for leg in own if leg.is_up), own[-1])
        return _Talk(
            activity.call, mine, tuple(leg for leg in legs if leg not in own and leg.kind is not PartyKind.LOCAL)
        )

    def _talking(self, extension: str) -> _Talk:
        talk = self._find(extension)
        if talk is None or not talk.own.is_up:
            raise NoSuchCall
        return talk

    def _other(self, talk: _Talk) -> Leg:
        """The party that the call is about, if it is not the operator's own; else whoever has answered."""
        up = [leg for leg in talk.others if leg.is_up]
        if not up:
            raise WrongMoment
        return next((leg for leg in up if leg.is_main), up[0])

    def _holding(self, extension: str) -> _Held | None:
        return self._held.get(extension)

    def _with_held(self, extension: str) -> tuple[_Talk, _Held, Leg]:
        talk, held = self._talking(extension), self._holding(extension)
        if held is None or held.joined:
            raise WrongMoment
        return talk, held, self._leg(talk, held)

    def _leg(self, talk: _Talk, held: _Held) -> Leg:
        found = next((leg for leg in talk.others if self._is(leg, held)), None)
        if found is None:
            raise NoSuchCall
        return found

    def _asked(self, talk: _Talk, held: _Held) -> Leg:
        found = next((leg for leg in talk.others if leg.is_up and not self._is(leg, held)), None)
        if found is None:
            raise WrongMoment
        return found

    def _is(self, leg: Leg, held: _Held) -> bool:
        return leg.uniqueid == held.uniqueid

    def _note_held(self, extension: str, talk: _Talk, other: Leg) -> None:
        self._held[extension] = _Held(extension, talk.key, other.uniqueid)
        self._tell(HeldByConsole(self._clock.now(), talk.own.uniqueid))

    def _note_resumed(self, held: _Held, own: Leg) -> None:
        self._held.pop(held.extension, None)
        self._tell(UnheldByConsole(self._clock.now(), own.uniqueid))

    async def _keep_for(self, extension: str, other: Leg) -> None:
        """Tell the dialplan to whom a held party belongs."""
        await self._actions.setvar(other.name, HOLDER_VARIABLE, extension)

    async def _send(self, talk: _Talk, other: Leg, target: str) -> None:
        self._tell(BlindTransferred(self._clock.now(), talk.own.uniqueid, target))
        await self._actions.setvar(other.name, AUTHOR_VARIABLE, talk.own.name)
        await self._actions.redirect(other.name, Place(TRANSFER, target))

    async def _let_go(self, legs: list[Leg]) -> None:
        for leg in legs:
            await self._actions.hangup_if_there(leg.name)
