"""The script `wake-up`: a guest sets a wake-up call on the room's telephone.

`FLOW_RESULT=done` is set last and proves that the time is stored; without it the guest comes to an operator.
"""

from __future__ import annotations

from datetime import datetime, time
from typing import Protocol
from zoneinfo import ZoneInfo

import structlog

from callcenter.errors import HouseError
from ivr.agi import AgiSession, CallerGone
from ivr.engine import Ask, HungUp, Pressed, Silence
from ivr.keying import END_KEY, keying_seconds, read_answer
from ivr.languages import Language
from ivr.sounds import Sounds
from ivr.speaking.moments import say_moment
from ivr.wake_up import DIGITS, ReadBack, Stage, Step, Talk, Wanted, advance, begin

log = structlog.get_logger(__name__)

SCRIPT = "wake-up"
GUARD_SECONDS = 3.0
"""How much longer than a step should take the exchange waits for us before it leads the guest to an operator."""

STORE_SECONDS = 10.0


class WakeUpBook(Protocol):
    """Where wake-up times are kept; a room is told by the endpoint that called."""

    async def language(self, room: str) -> str:
        """Return the language of who is registered in a room, zh where nobody is."""
        ...

    def next_time(self, at: time) -> datetime:
        """Return when the hotel's clocks show `at` next."""
        ...

    async def keep(self, room: str, due_at: datetime) -> None:
        """Keep a wake-up time for a room; raises HouseError when it cannot be kept."""
        ...


class WakeUpFlow:
    """The argument is the room that called."""

    def __init__(self, sounds: Sounds, zone: ZoneInfo, book: WakeUpBook) -> None:
        self._sounds = sounds
        self._zone = zone
        self._book = book

    async def serve(self, agi: AgiSession) -> None:
        """Serve one guest."""
        room = agi.argument
        language = await self._language(room)
        talk, step = begin(language)
        try:
            while isinstance(step, Ask):
                talk, step = await self._ask(agi, talk, step)
        except CallerGone:
            talk, step = advance(talk, HungUp(), self._read_back(language))
            raise
        finally:
            log.info("wake_up_talked", stage=talk.stage, wanted=isinstance(step, Wanted))
        if isinstance(step, Wanted):
            await self._keep(agi, room, step, language)

    async def _language(self, room: str) -> Language:
        try:
            told = await self._book.language(room)
        except HouseError as error:
            log.warning("wake_up_language_unknown", reason=str(error))
            return Language.ZH
        return Language.ZH if told == Language.ZH else Language.EN

    async def _ask(self, agi: AgiSession, talk: Talk, ask: Ask) -> tuple[Talk, Step]:
        missing = DIGITS - len(talk.keyed) if talk.stage is Stage.KEYING else 0
        waits = keying_seconds(ask.seconds, max(missing, 1))
        seconds = sum(self._sounds.seconds(prompt) for prompt in ask.prompts) + waits + GUARD_SECONDS
        await agi.set_variables({"TIMEOUT(absolute)": f"{seconds:.1f}"})
        if missing > 1:
            return await self._keyed(agi, talk, ask, missing)
        key = ""
        for prompt in filter(self._sounds.has, ask.prompts):  # a missing piece must not end the talk
            key = await agi.stream(prompt, self._sounds.seconds(prompt))
            if key:
                break
        key = key or await agi.wait_for_key(ask.seconds)
        return advance(talk, Pressed(key) if key else Silence(), self._read_back(talk.language))

    async def _keyed(self, agi: AgiSession, talk: Talk, ask: Ask, missing: int) -> tuple[Talk, Step]:
        """Read the digits of a time at once, and give them to the machine key by key."""
        keys, is_late = await read_answer(agi, self._sounds, ask.prompts, ask.seconds, missing)
        step: Step = ask
        for key in keys:
            talk, step = advance(talk, Pressed(key), self._read_back(talk.language))
        if len(keys) == missing:
            return talk, step
        return advance(talk, Silence() if is_late else Pressed(END_KEY), self._read_back(talk.language))

    async def _keep(self, agi: AgiSession, room: str, wanted: Wanted, language: Language) -> None:
        await agi.set_variables({"TIMEOUT(absolute)": f"{STORE_SECONDS + GUARD_SECONDS:.1f}"})
        try:
            await self._book.keep(room, self._book.next_time(wanted.at))
        except HouseError as error:
            log.warning("wake_up_not_kept", reason=str(error))
            return
        prompt = f"{language}/wake-up-set"
        seconds = self._sounds.seconds(prompt)
        await agi.set_variables({"TIMEOUT(absolute)": f"{seconds + GUARD_SECONDS:.1f}", "FLOW_RESULT": "done"})
        if self._sounds.has(prompt):
            await agi.stream(prompt, seconds, keys="")

    def _read_back(self, language: Language) -> ReadBack:
        return lambda at: say_moment(self._book.next_time(at).astimezone(self._zone), language)
