"""Callers in a queue as tests see them: what they hear, who is busy, what the house's books say of them."""

from __future__ import annotations

import asyncio
import contextlib
import re
from array import array
from collections.abc import AsyncIterator
from weakref import WeakKeyDictionary

from sqlalchemy import select

from callcenter.outbound.models import DueCall
from callcenter.simulator.behaviours import answers
from callcenter.simulator.dialog import Dialog
from callcenter.simulator.facts import EndedBy
from callcenter.simulator.hearing import SILENCE_LEVEL, WINDOW, Sound, level, tone_power
from callcenter.simulator.rtp import Hearing
from tests.pbx.house import House, channel_of
from tests.pbx.switchboard import DIGIT_TONE, ENGLISH, MUSIC_TONE, OTHER_WAIT, QUEUE_TONES, Desk, Switchboard
from tests.pbx.test_menu import TONES as MENU

MOST = 0.6
"""Part of a piece's energy that its tone holds."""

TONES = {
    **MENU,
    DIGIT_TONE: "digit",
    OTHER_WAIT: "other wait",
    OTHER_WAIT + ENGLISH: "other wait",
    **{
        frequency + shift: f"{language}/{name}"
        for name, frequency in QUEUE_TONES.items()
        for language, shift in (("zh", 0), ("en", ENGLISH))
    },
}


@contextlib.asynccontextmanager
async def all_busy(switchboard: Switchboard, desk: Desk) -> AsyncIterator[Dialog]:
    """The desk's one operator talks with a room; the operator's call is given, to be ended."""
    async with switchboard.phone(desk.room, answers()), switchboard.phone(desk.first, answers()) as operator:
        talk = operator.call(desk.room)
        await talk.answered()
        await switchboard.until(
            f"queue show {desk.queue}", lambda text: f"op{desk.first}" in text and "(In use)" in text
        )
        yield talk
        if talk.ended_by is EndedBy.NOBODY_YET:
            await talk.bye()


@contextlib.asynccontextmanager
async def waiting(
    switchboard: Switchboard, desk: Desk, number: str, *, language: str | None = None
) -> AsyncIterator[Dialog]:
    """A caller in the queue; with a `language`, one who chose it in the menu and asked for an operator."""
    async with switchboard.guest(hearing=Hearing.KEEP) as guest:
        call = guest.call(desk.number, caller_id=number)
        await call.answered()
        if language is not None:
            await until(call, "zh/menu-main")
            call.rtp.press("90" if language == "en" else "0")
        yield call
        if call.ended_by is EndedBy.NOBODY_YET:
            await call.bye()


class Ear:
    """What one caller heard, by name, each once.

    Every piece of sound is measured once only, and for the tone of the piece before it first: a test that measures all
    day misses what its phones receive.
    """

    def __init__(self) -> None:
        self.names: list[str] = []
        self._measured = 0
        self._last = MUSIC_TONE

    def listen(self, call: Dialog) -> list[str]:
        """Measure what is new, up to the last window, whose packets may still come."""
        sound = Sound(call.rtp.heard().pcm)
        step = round(WINDOW * sound.rate)
        until = max(len(sound.pcm) // step - 1, self._measured)
        for window in range(self._measured, until):
            tone = self._tone_of(sound.pcm[window * step : (window + 1) * step], sound.rate)
            if tone is not None and TONES[tone] not in self.names:
                self.names.append(TONES[tone])
        self._measured = until
        return self.names

    def _tone_of(self, piece: array[int], rate: int) -> int | None:
        """The one tone that fills a piece; none in silence, and where one tone gives way to another."""
        if level(piece) < SILENCE_LEVEL:
            return None
        for tone in (self._last, MUSIC_TONE, *TONES):
            if tone_power(piece, rate, tone) >= MOST:
                self._last = tone
                return tone
        return None


_ears: WeakKeyDictionary[Dialog, Ear] = WeakKeyDictionary()


def heard(call: Dialog) -> list[str]:
    """What the caller heard since he last forgot it, by name, each once."""
    return list(_ears.setdefault(call, Ear()).listen(call))


def forget(call: Dialog) -> None:
    """Let the caller forget what he heard."""
    call.rtp.forget()
    _ears.pop(call, None)


async def until(call: Dialog, name: str, within: float = 15, *, remember: bool = False) -> None:
    """Wait until the caller has heard something, then let him forget it unless he is to remember."""
    async with asyncio.timeout(within):
        while name not in heard(call):
            await asyncio.sleep(0.1)
    if not remember:
        forget(call)


async def place_of(switchboard: Switchboard, queue: str, house: House, call: Dialog) -> int:
    """A caller's place in line as the exchange counts it, from 1."""
    channel = await channel_of(switchboard, await house.record(call.call_id, lambda record: True))
    shown = re.search(rf"(\d+)\. {re.escape(channel)} ", await switchboard.rx(f"queue show {queue}"))
    assert shown is not None
    return int(shown[1])


async def due_calls(house: House) -> list[DueCall]:
    """The calls that the house owes, in the order in which they were asked for."""
    async with house.books() as database, database.read() as session:
        return list(await session.scalars(select(DueCall).order_by(DueCall.id)))
