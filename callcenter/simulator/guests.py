"""Guests who really call, and staff who answer them: each guest has a wish and tells afterwards what came of it.

A guest whom the system answers presses the menu's key for that wish; where there is no menu it means nothing.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

import structlog

from callcenter.simulator.behaviours import passing
from callcenter.simulator.codecs import Tone
from callcenter.simulator.dialog import Dialog
from callcenter.simulator.facts import CallEnded, CallFacts, Milestone, PhoneError
from callcenter.simulator.hearing import Sound, tone_share
from callcenter.simulator.phone import Behaviour, Phone
from callcenter.simulator.rtp import Hearing
from callcenter.simulator.transactions import Address
from callcenter.telephony import Answerer

log = structlog.get_logger(__name__)

STAFF_VOICE = Tone(1330)
GUEST_VOICE = Tone(730)
FIRST_WORDS = (0.1, 0.6)
"""Seconds after the answer in which a guest tells a person from a recorded greeting."""
THINKING_SECONDS = 4.0
"""How long a guest listens to a menu before pressing a key."""
LONGEST_PATIENCE = 90.0


class Wish(StrEnum):
    """What a guest calls for, and so how the call goes."""

    BOOK = "book a room"
    ASK = "ask the way"
    COMPLAIN = "complain"
    COLLEAGUE = "speak with a colleague"
    THINK = "be put on hold"
    HURRY = "gives up ringing"
    GIVE_UP = "gives up waiting"


@dataclass(frozen=True, slots=True)
class Visit:
    """One call as its guest saw and heard it.

    `reached_person`: whether a person was ever heard. `lost_patience`: the guest ended a call that led nowhere.
    """

    wish: Wish
    line: str
    facts: CallFacts
    answered_by: Answerer
    reached_person: bool
    lost_patience: bool = False


@dataclass(frozen=True, slots=True)
class Desk:
    """A staff phone: its extension and SIP password."""

    extension: str
    password: str


class Staff:
    """The people at the phones: they answer after a moment, do what the guest wishes, and hang up.

    `colleague` is the phone to which guests are transferred; it takes no calls of its own.
    """

    def __init__(self, server: Address, desks: Sequence[Desk], colleague: Desk, wishes: Mapping[str, Wish]) -> None:
        self._server = server
        self._desks = desks
        self._colleague = colleague
        self._wishes = wishes
        self._open = AsyncExitStack()
        self._random = random.Random(len(desks))

    async def __aenter__(self) -> Self:
        for desk in self._desks:
            await self._sit_down(desk, self._serve)
        await self._sit_down(self._colleague, self._take_over)
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self._open.aclose()

    async def _sit_down(self, desk: Desk, behaviour: Behaviour) -> None:
        phone = Phone(f"op{desk.extension}", desk.password, server=self._server, media=STAFF_VOICE, on_call=behaviour)
        await self._open.enter_async_context(phone)
        await phone.register()

    async def _serve(self, dialog: Dialog) -> None:
        dialog.ring()
        wish = self._wishes.get(dialog.caller, Wish.ASK)
        if wish in (Wish.HURRY, Wish.GIVE_UP):
            return
        await passing(dialog, self._random.uniform(1, 6))
        dialog.answer()
        await passing(dialog, self._random.uniform(3, 8))
        if wish is Wish.THINK:
            await dialog.hold()
            await passing(dialog, 3)
            await dialog.unhold()
            await passing(dialog, 2)
        if wish is Wish.COLLEAGUE:
            await self._hand_over(dialog)
        await dialog.bye()

    async def _hand_over(self, dialog: Dialog) -> None:
        """Put the guest on hold, ask the colleague, connect the two; without the colleague, take the guest back."""
        await dialog.hold()
        consultation = dialog.phone.call(self._colleague.extension)
        try:
            await consultation.answered()
            await passing(consultation, 1)
            await dialog.refer(self._colleague.extension, replaces=consultation)
            taken = await dialog.transferred(within=25) < 300
        except PhoneError as error:
            log.info("colleague_not_reached", call_id=dialog.call_id, reason=str(error))
            taken = False
        if not taken:
            await consultation.cancel()
            await dialog.unhold()
            await passing(dialog, 1)

    async def _take_over(self, dialog: Dialog) -> None:
        dialog.ring()
        await passing(dialog, 1)
        dialog.answer()
        await passing(dialog, 4)
        await dialog.bye()


class Guests:
    """The outside world: places calls from one SIP address, many at once."""

    def __init__(self, server: Address, *, port: int = 0) -> None:
        self._phone = Phone("guest", server=server, port=port, media=GUEST_VOICE, hearing=Hearing.KEEP)

    async def __aenter__(self) -> Self:
        await self._phone.start()
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self._phone.close()

    async def visit(self, line: str, caller: str, wish: Wish) -> Visit:
        """Call `line` and go through with it; whatever happens is a result, not an error."""
        dialog = self._phone.call(line, caller_id=caller)
        lost_patience = False
        try:
            await self._live_through(dialog, wish)
        except CallEnded:
            pass  # the house ended the call: its facts tell
        except PhoneError:
            lost_patience = True
            await self._leave(dialog)
        return await asyncio.to_thread(_told, wish, line, dialog, lost_patience)

    async def _live_through(self, dialog: Dialog, wish: Wish) -> None:
        if wish is Wish.HURRY:
            await dialog.rang()
            await passing(dialog, 4)
            await dialog.cancel()
            return
        await dialog.answered(LONGEST_PATIENCE)
        await passing(dialog, THINKING_SECONDS)
        if _who_answered(dialog) is Answerer.SYSTEM:
            dialog.rtp.press("2" if wish is Wish.COMPLAIN else "1")
        if wish is Wish.GIVE_UP:
            await passing(dialog, 20 - THINKING_SECONDS)
            await dialog.bye()
            return
        await dialog.ended(LONGEST_PATIENCE)

    @staticmethod
    async def _leave(dialog: Dialog) -> None:
        if Milestone.ANSWERED in dialog.milestones:
            await dialog.bye()
        else:
            await dialog.cancel()


def _told(wish: Wish, line: str, dialog: Dialog, lost_patience: bool) -> Visit:
    facts = dialog.facts()
    if not facts.answered:
        return Visit(wish, line, facts, Answerer.NONE, reached_person=False, lost_patience=lost_patience)
    sound = Sound(dialog.rtp.heard().pcm)
    return Visit(wish, line, facts, _who_answered(dialog), _ever_hears(sound), lost_patience)


def _who_answered(dialog: Dialog) -> Answerer:
    """Tell by the first words who took an answered call."""
    heard = dialog.rtp.heard()
    begin = dialog.milestones[Milestone.ANSWERED].monotonic - heard.began_at
    first = tone_share(Sound(heard.pcm), STAFF_VOICE.frequency, begin + FIRST_WORDS[0], begin + FIRST_WORDS[1])
    return Answerer.OPERATOR if first > 0.5 else Answerer.SYSTEM


def _ever_hears(sound: Sound) -> bool:
    """Tell whether the staff's voice holds somewhere for half a second."""
    steps = range(int(sound.seconds / 0.5))
    return any(tone_share(sound, STAFF_VOICE.frequency, 0.5 * step, 0.5 * (step + 1)) > 0.9 for step in steps)
