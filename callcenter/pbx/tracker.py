"""The tracker: facts about channels go in, the calls that they make up come out.

Pure: no I/O and no clock; every instant comes with a fact. It keeps three things: the live channels, which bridge
each is in, and the calls. A channel belongs to the call of its Linkedid; when channels of two calls meet in a bridge
(the consultation before a transfer has a Linkedid of its own), the younger call becomes part of the older one.
Whatever contradicts what is known (a fact about an unknown channel, a fact told twice, news that is older than what
came already) is ignored; what is lost for good is closed by `reconcile` or `sweep` and marked as swept.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from callcenter.pbx import facts
from callcenter.pbx.facts import Fact
from callcenter.pbx.state import LiveChannel, PbxState
from callcenter.pbx.tracker_bridges import Bridges
from callcenter.pbx.tracker_call import Call
from callcenter.pbx.tracker_parties import Channel, PartyKind, activity_of, party_of
from callcenter.telephony import CallKey, CallSnapshot, Direction, MenuVisit, PhoneActivity, TransferKind

# A call of which nothing is heard for so long has lost its end; no guest talks half a day without a single event.
STALE_AFTER = timedelta(hours=12)
# Once the main party has gone, legs that talk with nobody are being cleared away: this is far more than it takes.
LEFTOVER_AFTER = timedelta(minutes=1)
# How many ended channels and calls are remembered, so that a late or repeated birth does not open them again.
REMEMBERED_ENDS = 4096

# Our dialplan offers one house queue through up to four of Asterisk's.
_QUEUE_SUFFIXES = ("-first", "-wide", "-late", "-rescue")
_DIALLED_BY_APP = ("AppDial", "AppQueue", "AppDial2")


@dataclass(frozen=True, slots=True)
class Leg:
    """One live channel of a call, for those who act on it.

    `is_main`: the party whom the call is about (the outside one, or inside the house the one who called).
    `is_recorded`: the channel that the call's recording is taken from.
    """

    uniqueid: str
    name: str
    kind: PartyKind
    number: str
    is_up: bool
    is_main: bool
    is_recorded: bool


class Tracker:
    """Follows all calls of one PBX node."""

    def __init__(self, node: str, *, stale_after: timedelta = STALE_AFTER) -> None:
        self._node = node
        self._stale_after = stale_after
        self._channels: dict[str, Channel] = {}
        self._bridges = Bridges()
        self._calls: dict[str, Call] = {}
        # With its instant where the birth was never told.
        self._ends: OrderedDict[str, datetime | None] = OrderedDict()
        self._touched: dict[CallKey, Call] = {}
        self._news_at: datetime | None = None
        self._handlers: dict[type[Fact], Callable[[Any], None]] = {
            facts.ChannelCreated: self._channel_created,
            facts.ChannelUp: self._channel_up,
            facts.Dialled: self._dialled,
            facts.Ringing: self._ringing,
            facts.BridgeEntered: self._bridge_entered,
            facts.BridgeLeft: self._bridge_left,
            facts.QueueJoined: self._queue_joined,
            facts.QueueLeft: self._queue_left,
            facts.Held: self._held,
            facts.Unheld: self._unheld,
            facts.HeldByConsole: self._held_by_console,
            facts.UnheldByConsole: self._unheld,
            facts.BlindTransferred: self._blind_transferred,
            facts.AttendedTransferred: self._attended_transferred,
            facts.Parked: self._parked,
            facts.ParkingTimedOut: self._parking_timed_out,
            facts.RecordingStarted: self._recording_started,
            facts.RecordingMuted: self._recording_muted,
            facts.HangupRequested: self._hangup_requested,
            facts.HungUp: self._hung_up,
            facts.SipCallIdTold: self._sip_call_id_told,
            facts.MenuTold: self._menu_told,
            facts.CallBackAsked: self._call_back_asked,
        }

    # --- what others use

    def feed(self, fact: Fact) -> list[CallSnapshot]:
        """Take one fact and return the calls that it changed; those that ended have `ended_at` set."""
        self._news_at = fact.at if self._news_at is None else max(self._news_at, fact.at)
        self._handlers[type(fact)](fact)
        return self._changes()

    def open_calls(self) -> list[CallSnapshot]:
        """All calls that have not ended, in the order of their start."""
        return sorted((call.snapshot() for call in self._open() if call.has_people), key=lambda call: call.started_at)

    def open_linkedids(self) -> frozenset[str]:
        """Every Linkedid that belongs to a call that has not ended, those of merged consultations included."""
        return frozenset(self._calls)

    def channels_of(self, key: CallKey) -> tuple[Leg, ...]:
        """The live channels of a call, in the order in which they came; none for a call that is not known."""
        call = self._calls.get(key.linkedid)
        if call is None or key.node != self._node:
            return ()
        return tuple(
            Leg(
                uniqueid=channel.uniqueid,
                name=channel.name,
                kind=channel.party.kind,
                number=channel.party.number,
                is_up=channel.up_at is not None,
                is_main=channel is call.main,
                is_recorded=channel.uniqueid == call.recording,
            )
            for channel in call.channels.values()
        )

    def call_of(self, uniqueid: str) -> CallKey | None:
        """The call that a live channel belongs to."""
        channel = self._channels.get(uniqueid)
        return None if channel is None else channel.call.key

    def staff_on_calls(self) -> frozenset[str]:
        """The extensions of our staff that ring or talk."""
        parties = (channel.party for channel in self._channels.values())
        return frozenset(party.number for party in parties if party.kind is PartyKind.STAFF)

    def staff_of(self, uniqueid: str) -> str:
        """The extension of our staff to whose phone a live channel leads; empty for any other."""
        channel = self._channels.get(uniqueid)
        return channel.party.number if channel is not None and channel.party.kind is PartyKind.STAFF else ""

    def phone_activity(self, extension: str) -> PhoneActivity:
        """What a phone of our staff does."""
        return activity_of(self._channels.values(), extension)

    def restore(self, snapshots: Iterable[CallSnapshot]) -> None:
        """Take up the open calls that were persisted; `reconcile` must follow and finds their channels.

        A call that is known already (rebuilt from CEL) keeps what was rebuilt and only gets what the exchange
        does not tell again: holds, when the caller first heard ringing, the SIP Call-ID. Of a call whose birth was not
        told but whose end was, `reconcile` finds nobody: it ended then.
        """
        for snapshot in snapshots:
            linkedid = snapshot.key.linkedid
            told_end = self._ends.get(linkedid)
            if snapshot.ended_at is not None or (linkedid in self._ends and told_end is None):
                continue
            call = self._calls.get(linkedid)
            if call is None:
                call = self._calls[linkedid] = Call.from_snapshot(snapshot)
                call.last_at = max(call.last_at, told_end or call.last_at)
                self._ends.pop(linkedid, None)
            else:
                call.remember(snapshot)

    def reconcile(self, state: PbxState) -> list[CallSnapshot]:
        """Bring the calls in line with what the exchange says exists now; return the calls that changed.

        Calls of which no channel lives are closed at the last instant at which anything was heard of this exchange
        (they lived until then at least) and marked as swept. Live channels that are not known are taken in with what
        the state tells of them.
        """
        alive = {channel.uniqueid for channel in state.channels}
        last_seen = min(self._news_at or state.read_at, state.read_at)
        for channel in [channel for channel in self._channels.values() if channel.uniqueid not in alive]:
            channel.call.swept |= len(channel.call.channels) == 1
            self._remove(channel, max(last_seen, channel.call.last_at), cause=None, sip=0)
        for live in sorted(state.channels, key=lambda live: (live.linkedid != live.uniqueid, -live.seconds)):
            self._found_alive(live, state.read_at)
        for call in self._open():
            if call.channels:
                call.end_lost_rings()
                alone = not call.company
                self._review(call, state.read_at)
                if alone and call.company:
                    call.found_talking(state.read_at)
                call.judge_system_answer()
            else:
                self._sweep(call)
        return self._changes()

    def exchange_started(self, at: datetime) -> list[CallSnapshot]:
        """Close the calls of the Asterisk that ended before this one started at `at`, without a word of their ends.

        They lived at least until the last news.
        """
        for channel in [channel for channel in self._channels.values() if channel.created_at < at]:
            channel.call.swept |= len(channel.call.channels) == 1
            self._remove(channel, max(self._news_at or at, channel.call.last_at), cause=None, sip=0)
        return self._changes()

    def sweep(self, now: datetime) -> list[CallSnapshot]:
        """Close the calls whose end was lost; return them, marked as swept. Undamaged news never need it."""
        for call in self._open():
            silent = now - call.last_at
            abandoned = call.main is not None and call.main.gone and not self._anybody_talks(call)
            if not call.channels or silent >= self._stale_after or (abandoned and silent >= LEFTOVER_AFTER):
                self._sweep(call)
        return self._changes()

    def sizes(self) -> dict[str, int]:
        """How many entries each inner structure holds, for metrics and for the test that memory is flat."""
        return {
            "channels": len(self._channels),
            "calls": len(self._calls),
            "ends": len(self._ends),
            **self._bridges.sizes(),
        }

    # --- one handler a fact

    def _channel_created(self, fact: facts.ChannelCreated) -> None:
        if fact.uniqueid in self._channels or fact.uniqueid in self._ends or fact.linkedid in self._ends:
            return
        party = party_of(fact.name, fact.number)
        if party is None:
            return
        call = self._calls.get(fact.linkedid)
        if call is None:
            call = self._calls[fact.linkedid] = Call(self._node, fact.linkedid, fact.at)
        channel = Channel(fact.uniqueid, fact.name, party, fact.rings_in, fact.at, call)
        self._channels[fact.uniqueid] = channel
        self._bridges.born(channel)
        call.add(channel, fact.number, fact.exten)
        self._touch(call, fact.at)

    def _channel_up(self, fact: facts.ChannelUp) -> None:
        channel = self._channels.get(fact.uniqueid)
        if channel is None or channel.up_at is not None:
            return
        channel.up_at = fact.at
        channel.call.ring_ended(channel, fact.at)
        if channel is channel.call.main:
            channel.call.judge_system_answer()
        self._touch(channel.call, fact.at)

    def _dialled(self, fact: facts.Dialled) -> None:
        if channel := self._known(fact):
            channel.call.dialled(channel, fact.number, fact.presented)

    def _ringing(self, fact: facts.Ringing) -> None:
        if (channel := self._known(fact)) and channel.is_person:
            channel.call.ringing(channel, fact.at)

    def _bridge_entered(self, fact: facts.BridgeEntered) -> None:
        channel = self._channels.get(fact.uniqueid)
        if channel is None or channel.bridge == fact.bridge or _is_stale(channel, fact.at):
            return
        swapped = self._channels.get(fact.swapped) if fact.swapped else None
        if swapped is not None:
            self._meet(channel.call, swapped.call, fact.at)
        self._enter(channel, fact.bridge, fact.at)

    def _bridge_left(self, fact: facts.BridgeLeft) -> None:
        channel = self._channels.get(fact.uniqueid)
        if channel is None or channel.bridge != fact.bridge or _is_stale(channel, fact.at):
            return
        self._bridges.take_out(channel)
        channel.bridged_at = fact.at
        self._review_bridge(fact.bridge, channel.call, fact.at)

    def _queue_joined(self, fact: facts.QueueJoined) -> None:
        if channel := self._known(fact):
            channel.call.queued(_house_queue(fact.queue), fact.position, fact.at)

    def _queue_left(self, fact: facts.QueueLeft) -> None:
        if channel := self._known(fact):
            channel.call.unqueued(fact.at)

    def _held(self, fact: facts.Held) -> None:
        if channel := self._known(fact):
            channel.call.held(channel, fact.at)

    def _held_by_console(self, fact: facts.HeldByConsole) -> None:
        if channel := self._known(fact):
            channel.call.held(channel, fact.at)
            channel.call.kept_out_of_bridge = True

    def _unheld(self, fact: facts.Unheld | facts.UnheldByConsole) -> None:
        if channel := self._known(fact):
            channel.call.unheld(channel, fact.at)
            self._review(channel.call, fact.at)

    def _blind_transferred(self, fact: facts.BlindTransferred) -> None:
        if channel := self._known(fact):
            channel.call.transferred(TransferKind.BLIND, channel, fact.exten, fact.at)

    def _attended_transferred(self, fact: facts.AttendedTransferred) -> None:
        channel = self._known(fact)
        if channel is None:
            return
        target = party_of(fact.target)
        number = target.number if target else ""
        # whom the author consulted may still be of a call of its own, and stays of it when he had called us too
        consulted = next((other for other in self._channels.values() if other.name == fact.target), None)
        if consulted is not None and consulted.party.kind is PartyKind.OUTSIDE:
            number = consulted.party.number or consulted.call.line
        has_arrived = consulted is not None and consulted.is_person and consulted.up_at is not None
        channel.call.transferred(TransferKind.ATTENDED, channel, number, fact.at, has_arrived=has_arrived)
        if replaced := self._channels.get(fact.replaced):
            replaced.heir = fact.transferee

    def _parked(self, fact: facts.Parked) -> None:
        if channel := self._known(fact):
            parker = party_of(f"{fact.parker}-0")
            channel.call.transfers.parked(fact.space, parker.number if parker else "", fact.at)

    def _parking_timed_out(self, fact: facts.ParkingTimedOut) -> None:
        if channel := self._known(fact):
            channel.call.transfers.parking_timed_out()

    def _recording_started(self, fact: facts.RecordingStarted) -> None:
        if channel := self._known(fact):
            channel.call.recording = channel.call.recording or channel.uniqueid

    def _recording_muted(self, fact: facts.RecordingMuted) -> None:
        if (channel := self._known(fact)) and channel.uniqueid == channel.call.recording:
            channel.call.recording_muted(fact.at, muted=fact.muted)

    def _hangup_requested(self, fact: facts.HangupRequested) -> None:
        if channel := self._known(fact):
            channel.refused_at = channel.refused_at or fact.at

    def _hung_up(self, fact: facts.HungUp) -> None:
        channel = self._channels.get(fact.uniqueid)
        if channel is None:
            self._remember_end(fact.uniqueid, self._ends.get(fact.uniqueid, fact.at))
        else:
            self._remove(channel, fact.at, fact.cause, fact.sip)

    def _sip_call_id_told(self, fact: facts.SipCallIdTold) -> None:
        if channel := self._known(fact):
            channel.call.sip_call_id = channel.call.sip_call_id or fact.sip_call_id

    def _menu_told(self, fact: facts.MenuTold) -> None:
        if channel := self._known(fact):
            channel.call.menu = MenuVisit(fact.path, fact.language, fact.informed)

    def _call_back_asked(self, fact: facts.CallBackAsked) -> None:
        if channel := self._known(fact):
            channel.call.wants_call_back = True

    def _known(self, fact: Fact) -> Channel | None:
        """Find the fact's channel, whose call is thereby changed; nobody's news are dropped."""
        channel = self._channels.get(fact.uniqueid)
        if channel is not None:
            self._touch(channel.call, fact.at)
        return channel

    # --- bridges and calls

    def _enter(self, channel: Channel, bridge: str, at: datetime) -> None:
        """A channel is in this bridge from now on: whoever is in it too is of the same call."""
        self._bridges.put_into(channel, bridge)
        channel.bridged_at = at
        for other in self._bridges.members(bridge):
            self._meet(channel.call, other.call, at)
        self._notice_consultation(bridge, at)
        self._review_bridge(bridge, channel.call, at)

    def _review_bridge(self, bridge: str, also: Call, at: datetime) -> None:
        """A bridge changed: review every call that has a part in it, and the one that has just left it."""
        calls = {also.key: also} | {member.call.key: member.call for member in self._bridges.members(bridge)}
        for call in calls.values():
            self._touch(call, at)
            self._review(call, at)

    def _review(self, call: Call, at: datetime) -> None:
        """Tell the call who hears its main party now."""
        if call.main is not None and not call.main.gone:
            call.company_is(self._bridges.company_of(call.main), at)

    def _notice_consultation(self, bridge: str, at: datetime) -> None:
        """See whether an operator, having left the caller, now stands in a bridge with a Local channel."""
        members = self._bridges.members(bridge)
        for wire in [member for member in members if not member.is_person]:
            parting = wire.call.parting
            waiting = wire.call.main is not None and wire.call.main.bridge is not None
            if parting is not None and waiting and any(member is parting.person for member in members):
                wire.call.consult(parting.person, wire.party.number, at)

    def _meet(self, one: Call, other: Call, at: datetime) -> None:
        """Channels of two calls are in one bridge: one call is a leg of the other, unless guests called in both."""
        if one is other:
            return
        senior, junior = sorted((one, other), key=_seniority)
        if junior.direction is Direction.INBOUND:
            return
        for linkedid in junior.linkedids:
            self._calls[linkedid] = senior
        self._touch(junior, at)
        senior.absorb(junior, at)
        self._touch(senior, at)

    def _anybody_talks(self, call: Call) -> bool:
        return any(self._bridges.company_of(channel) for channel in call.channels.values())

    def _remove(self, channel: Channel, at: datetime, cause: int | None, sip: int) -> None:
        heir = self._channels.get(channel.heir)
        if heir is not None and channel.bridge is not None:
            self._enter(heir, channel.bridge, at)
        call = channel.call
        self._bridges.gone(channel)
        del self._channels[channel.uniqueid]
        self._remember_end(channel.uniqueid)
        self._touch(call, at)
        call.remove(channel, at, cause, sip)
        self._review(call, at)
        if not call.channels:
            self._end(call, at)

    def _end(self, call: Call, at: datetime) -> None:
        call.finish(at)
        for linkedid in call.linkedids:
            self._calls.pop(linkedid, None)
            self._remember_end(linkedid)

    def _sweep(self, call: Call) -> None:
        """Close a call whose end was not seen, at the last instant at which it was heard of."""
        call.swept = True
        self._touch(call, call.last_at)
        for channel in list(call.channels.values()):
            self._remove(channel, call.last_at, cause=None, sip=0)
        if call.ended_at is None:
            self._end(call, call.last_at)

    def _remember_end(self, identity: str, birthless_at: datetime | None = None) -> None:
        self._ends[identity] = birthless_at
        if len(self._ends) > REMEMBERED_ENDS:
            self._ends.popitem(last=False)

    def _found_alive(self, live: LiveChannel, read_at: datetime) -> None:
        """Take in a channel that exists, or correct what is known of it."""
        was_known = live.uniqueid in self._channels
        if not was_known:
            self._ends.pop(live.uniqueid, None)
            self._ends.pop(live.linkedid, None)
            began = read_at - timedelta(seconds=live.seconds)
            rings_in = live.application not in _DIALLED_BY_APP
            self._channel_created(
                facts.ChannelCreated(
                    began, live.uniqueid, live.linkedid, live.name, rings_in, live.caller_number, live.exten
                )
            )
        channel = self._channels.get(live.uniqueid)
        if channel is None:
            return
        self._meet(channel.call, self._calls.get(live.linkedid, channel.call), read_at)
        if live.state == int(facts.UP) and channel.up_at is None:
            channel.up_at = read_at if was_known else channel.created_at
            channel.call.ring_ended(channel, read_at)
        if live.bridge_id and channel.bridge != live.bridge_id:
            self._bridges.put_into(channel, live.bridge_id)
        elif not live.bridge_id:
            self._bridges.take_out(channel)
        self._touch(channel.call, max(channel.call.last_at, channel.created_at))

    # --- what changed

    def _open(self) -> list[Call]:
        return list({call.key: call for call in self._calls.values()}.values())

    def _touch(self, call: Call, at: datetime) -> None:
        call.last_at = max(call.last_at, at)
        self._touched[call.key] = call

    def _changes(self) -> list[CallSnapshot]:
        changed: list[CallSnapshot] = []
        for call in self._touched.values():
            snapshot = call.snapshot()
            if call.has_people and snapshot != call.told:
                call.told = snapshot
                changed.append(snapshot)
        self._touched = {}
        return changed


def _seniority(call: Call) -> tuple[int, datetime]:
    """Order calls that meet: a guest's call before one of ours outside, these before one inside, then by age."""
    rank = {Direction.INBOUND: 0, Direction.OUTBOUND: 1, Direction.INTERNAL: 2}
    return rank[call.direction], call.started_at


def _is_stale(channel: Channel, at: datetime) -> bool:
    return channel.bridged_at is not None and at < channel.bridged_at


def _house_queue(name: str) -> str:
    for suffix in _QUEUE_SUFFIXES:
        name = name.removesuffix(suffix)
    return name
