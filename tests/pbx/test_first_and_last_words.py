"""The words with which a call begins and ends (requirements 1): the greeting for the hour, and the closing words."""

from __future__ import annotations

import asyncio
import math
import struct
import wave
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from callcenter.clock import SettableClock, SystemClock
from callcenter.pbx.server import PrivatePbx
from callcenter.simulator.dialog import Dialog
from callcenter.simulator.facts import EndedBy
from callcenter.simulator.rtp import Hearing
from ivr.agi import AgiServer
from tests.pbx.switchboard import WITH_MENU, Desk, Switchboard, desk_of, make_prompts, running_switchboard, tones_in
from tests.pbx.test_menu import DAYTIME, calling, choose, heard, menu_server

GREETINGS = {"greeting-morning": 650, "greeting-afternoon": 1250, "greeting-evening": 1850}
WAITED_SECONDS = 30
"""So long a caller waits in vain."""

pytestmark = pytest.mark.xdist_group("first_and_last_words")
"""What is started for this module is started once."""


@pytest.fixture(scope="module")
def board() -> Iterator[Switchboard]:
    """An exchange of this module's own, where who has waited in vain leaves no message."""
    with running_switchboard(node="words", max_wait_seconds=WAITED_SECONDS, when_wait_ends=False) as started:
        yield started


def zone_where_it_is(hour: int, now: datetime) -> str:
    """A zone in which the clocks show this hour now."""
    ahead = (hour - now.hour + 12) % 24 - 12
    return f"Etc/GMT{-ahead:+d}"  # the names of these zones count to the west


@pytest.fixture
def greetings(tmp_path: Path) -> Path:
    """Prompts in which each greeting is a tone of its own."""
    make_prompts(tmp_path)
    for name, frequency in GREETINGS.items():
        with wave.open(str(tmp_path / "both" / f"{name}.wav"), "wb") as sound:
            sound.setparams((1, 2, 8000, 0, "NONE", ""))
            tone = (round(6000 * math.sin(2 * math.pi * frequency * i / 8000)) for i in range(4800))
            sound.writeframes(b"".join(struct.pack("<h", sample) for sample in tone))
    return tmp_path


async def greeted(board: Switchboard, prompts: Path, zone: str) -> str:
    """The greeting that a caller hears in a hotel in this zone."""
    hotel = board.settings.hotel.model_copy(update={"timezone": zone})
    PrivatePbx(board.settings.model_copy(update={"hotel": hotel})).provision(prompts)
    await board.rx("dialplan reload")
    async with board.guest(hearing=Hearing.KEEP) as guest:
        call = guest.call(board.next_desk().number)
        await call.answered()
        async with asyncio.timeout(10):
            while not (tones := tones_in(call, GREETINGS.values())):
                await asyncio.sleep(0.1)
        await call.bye()
    return next(name for name, frequency in GREETINGS.items() if frequency == tones[0])


async def test_given_the_hours_of_a_day_when_a_caller_is_answered_then_the_greeting_is_that_of_the_hour(
    board: Switchboard, greetings: Path
) -> None:
    """Morning from 5, afternoon from 12, evening from 18, in the hotel's zone; each file says both languages."""
    expected = {
        4: "evening", 5: "morning", 11: "morning", 12: "afternoon", 17: "afternoon", 18: "evening", 23: "evening",
    }  # fmt: skip
    for hour, part in expected.items():
        now = SystemClock().now() + timedelta(seconds=5)  # a call that is answered in the next hour hears its greeting
        zone = zone_where_it_is(hour, now)
        assert now.astimezone(ZoneInfo(zone)).hour == hour
        assert await greeted(board, greetings, zone) == f"greeting-{part}", f"at {hour}"


@pytest.fixture
async def server(board: Switchboard) -> AsyncIterator[AgiServer]:
    """The menu's server of that exchange."""
    async with menu_server(board, SettableClock(DAYTIME)) as server:
        yield server


async def test_given_a_caller_who_has_waited_in_vain_then_the_house_says_goodbye_in_the_language_that_was_chosen(
    board: Switchboard, server: AgiServer
) -> None:
    async def waits(desk: Desk, language: str) -> Dialog:
        async with calling(board, desk) as call:
            if language:
                await choose(call, language, "0")
            facts = await call.ended(within=WAITED_SECONDS + 20)
            assert facts.ended_by is EndedBy.OTHER_SIDE
            return call

    await board.beat()
    languages = ("", "zh", "en")
    desks = [board.next_desk(), *(desk_of(index) for index in WITH_MENU[2:4])]
    calls = await asyncio.gather(*(waits(desk, language) for desk, language in zip(desks, languages, strict=True)))
    # only now: who measures what one caller heard misses what the others receive
    assert [heard(call)[-1] for call in calls] == ["both/goodbye", "zh/goodbye", "en/goodbye"]
