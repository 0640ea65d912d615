"""The flow `my-reservation`: talks with a caller who asks after the own booking (`ivr.my_reservation`).

Each look-up is answered after the same time, whatever is found. Who tries too often waits, and then gets an operator.
"""

from __future__ import annotations

import asyncio
from datetime import time
from typing import Protocol

import structlog

from callcenter.attempts import TooManyAttempts
from callcenter.errors import HouseError
from callcenter.reservations.keypad import Caller, Expected, OwnBooking
from ivr.agi import AgiSession, CallerGone
from ivr.engine import Ask, FlowEnded, HungUp, Pressed, Silence
from ivr.flows import linkedid_of
from ivr.keying import keying_seconds, read_answer
from ivr.languages import Language
from ivr.my_reservation import (
    AskOperatorToCancel,
    Cancel,
    Done,
    ExpectAt,
    FindByDocument,
    FindByNumber,
    Finish,
    Found,
    Outcome,
    Prove,
    Proved,
    Refused,
    Step,
    Talk,
    Task,
    TimeTaken,
    advance,
    begin,
)
from ivr.sounds import Sounds

log = structlog.get_logger(__name__)

GUARD_SECONDS = 3.0
"""How much longer than a step should take the exchange waits for us before it frees the caller."""

TASK_SECONDS = 5.0
PATIENCE_SECONDS = 8
"""So long a caller who tried too often is kept waiting; who would have to wait longer gets an operator."""

SAME_SECONDS = 1.0


class Desk(Protocol):
    """Who knows the bookings (`reservations.guest_line.GuestLine`); every method raises HouseError when it refuses."""

    async def by_number(self, caller: Caller, number: str) -> OwnBooking | None:
        """Return the booking of this number."""
        ...

    async def by_document(self, caller: Caller, month: int, day: int, last: str) -> OwnBooking | None:
        """Return the booking for an arrival date and the last four of a document."""
        ...

    async def prove(self, caller: Caller, number: str, last: str) -> bool:
        """Tell whether these four belong to the guest."""
        ...

    async def expect_at(self, caller: Caller, number: str, keyed: time) -> Expected:
        """Change the expected arrival time."""
        ...

    async def cancel(self, caller: Caller, number: str) -> None:
        """Cancel the booking."""
        ...

    async def wants_cancelled(self, caller: Caller, number: str) -> None:
        """Note that the booking is to be cancelled."""
        ...


class MyReservationFlow:
    """Serves callers whom a menu leads here; a look-up takes `same_seconds` at least, whatever is found."""

    def __init__(self, sounds: Sounds, desk: Desk, *, same_seconds: float = SAME_SECONDS) -> None:
        self._sounds = sounds
        self._desk = desk
        self._same_seconds = same_seconds

    async def __call__(self, agi: AgiSession, language: Language) -> FlowEnded:
        """Serve one caller; raises `CallerGone` when the caller hangs up."""
        caller = Caller(linkedid_of(agi), _number(agi))
        talk, step = begin(language)
        try:
            while not isinstance(step, Finish):
                talk, step = await self._take(agi, caller, talk, step)
            await self._say(agi, talk, step.prompts)
        except CallerGone:
            talk, step = advance(talk, HungUp())
            raise
        finally:
            left = step.left if isinstance(step, Finish) else None
            log.info("my_reservation_talked", call_id=caller.linkedid, stage=talk.stage, left=left)
        return FlowEnded(step.left, informed=talk.booking is not None)

    async def _take(self, agi: AgiSession, caller: Caller, talk: Talk, step: Ask | Task) -> tuple[Talk, Step]:
        if isinstance(step, Ask) and talk.missing:
            return await self._keyed(agi, talk, step)
        if isinstance(step, Ask):
            await self._expect(agi, talk, step.prompts, step.seconds)
            key = await self._play(agi, step.prompts) or await agi.wait_for_key(step.seconds)
            return advance(talk, Pressed(key) if key else Silence())
        prompts = step.prompts if isinstance(step, FindByNumber | FindByDocument | Prove) else ()
        await self._say(agi, talk, prompts, TASK_SECONDS + PATIENCE_SECONDS)
        return advance(talk, await self._settled(caller, step))

    async def _keyed(self, agi: AgiSession, talk: Talk, ask: Ask) -> tuple[Talk, Step]:
        """Read an answer of several keys at once, and give it to the machine key by key."""
        await self._expect(agi, talk, ask.prompts, keying_seconds(ask.seconds, talk.missing))
        keys, is_late = await read_answer(agi, self._sounds, ask.prompts, ask.seconds, talk.missing)
        question = (talk.stage, talk.tries)
        for key in keys:
            talk, step = advance(talk, Pressed(key))
            if (talk.stage, talk.tries) != question or not isinstance(step, Ask):
                return talk, step
        return advance(talk, Silence() if is_late else Pressed("#"))

    async def _settled(self, caller: Caller, task: Task) -> Outcome:
        try:
            async with asyncio.timeout(TASK_SECONDS + PATIENCE_SECONDS):
                return await self._patiently(caller, task)
        except (HouseError, TimeoutError) as error:
            log.warning("my_reservation_refused", call_id=caller.linkedid, task=type(task).__name__, reason=str(error))
            return Refused()

    async def _patiently(self, caller: Caller, task: Task) -> Outcome:
        """Do a task; who tried too often waits for it, or is refused."""
        try:
            return await self._done(caller, task)
        except TooManyAttempts as error:
            seconds = error.params["retry_after"]
            if not isinstance(seconds, int) or seconds > PATIENCE_SECONDS:
                raise
            await asyncio.sleep(seconds)
            return await self._done(caller, task)

    async def _done(self, caller: Caller, task: Task) -> Outcome:
        since = asyncio.get_running_loop().time()
        outcome: Outcome
        match task:
            case FindByNumber(number):
                outcome = Found(await self._desk.by_number(caller, number))
            case FindByDocument(month_day, last):
                month, day = int(month_day[:2]), int(month_day[2:])
                outcome = Found(await self._desk.by_document(caller, month, day, last))
            case Prove(number, last):
                outcome = Proved(await self._desk.prove(caller, number, last))
            case ExpectAt(number, at):
                return TimeTaken(await self._desk.expect_at(caller, number, at))
            case Cancel(number):
                await self._desk.cancel(caller, number)
                return Done()
            case AskOperatorToCancel(number):
                await self._desk.wants_cancelled(caller, number)
                return Done()
        await asyncio.sleep(self._same_seconds - (asyncio.get_running_loop().time() - since))
        return outcome

    async def _say(self, agi: AgiSession, talk: Talk, prompts: tuple[str, ...], seconds: float = 0.0) -> None:
        """Say prompts that no key interrupts; `seconds`: what we do afterwards may take so long."""
        await self._expect(agi, talk, prompts, seconds)
        for prompt in prompts:
            await agi.stream(prompt, self._sounds.seconds(prompt), keys="")

    async def _play(self, agi: AgiSession, prompts: tuple[str, ...]) -> str:
        for prompt in prompts:
            if key := await agi.stream(prompt, self._sounds.seconds(prompt)):
                return key
        return ""

    async def _expect(self, agi: AgiSession, talk: Talk, prompts: tuple[str, ...], seconds: float) -> None:
        """Tell the exchange how long to wait for us, and whether the caller was told of a booking."""
        lasts = sum(self._sounds.seconds(prompt) for prompt in prompts) + seconds + GUARD_SECONDS
        informed = {"MENU_INFORMED": "yes"} if talk.booking else {}
        await agi.set_variables({"TIMEOUT(absolute)": f"{lasts:.1f}"} | informed)


def _number(agi: AgiSession) -> str:
    number = agi.request.get("agi_callerid", "")
    return number if number.lstrip("+").isdigit() else ""
