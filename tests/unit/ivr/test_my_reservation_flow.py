"""The conversation about the own booking over AGI, with a server that believes to speak with Asterisk."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import time

import pytest
from structlog.testing import capture_logs

from callcenter.attempts import TooManyAttempts
from callcenter.errors import HouseError
from callcenter.reservations.keypad import Caller, Cancelling, Expected, OwnBooking
from callcenter.settings import ROOT
from ivr.agi import AgiServer, AgiSession
from ivr.engine import FlowEnded, Left
from ivr.languages import Language
from ivr.my_reservation_flow import PATIENCE_SECONDS, MyReservationFlow
from ivr.sounds import Sounds
from tests.unit.ivr.test_my_reservation import MINE, NUMBER


class Bookings:
    """One booking, and what was asked and done; `refuses` is raised once."""

    def __init__(self) -> None:
        self.booking: OwnBooking | None = MINE
        self.refuses: HouseError | None = None
        self.asked: list[tuple[object, ...]] = []

    async def by_number(self, caller: Caller, number: str) -> OwnBooking | None:
        self._note("number", caller, number)
        return self.booking

    async def by_document(self, caller: Caller, month: int, day: int, last: str) -> OwnBooking | None:
        self._note("document", month, day, last)
        return self.booking

    async def prove(self, caller: Caller, number: str, last: str) -> bool:
        self._note("prove", last)
        return True

    async def expect_at(self, caller: Caller, number: str, keyed: time) -> Expected:
        self._note("expect", keyed)
        return Expected.POSSIBLE

    async def cancel(self, caller: Caller, number: str) -> None:
        self._note("cancel", number)

    async def wants_cancelled(self, caller: Caller, number: str) -> None:
        self._note("wants", number)

    def _note(self, *what: object) -> None:
        self.asked.append(what)
        refuses, self.refuses = self.refuses, None
        if refuses is not None:
            raise refuses


@pytest.fixture
def bookings() -> Bookings:
    return Bookings()


@pytest.fixture
def ended() -> list[FlowEnded]:
    return []


@pytest.fixture
async def port(bookings: Bookings, ended: list[FlowEnded]) -> AsyncIterator[int]:
    flow = MyReservationFlow(Sounds(ROOT / "ivr" / "prompts"), bookings, same_seconds=0.05)

    async def serve(agi: AgiSession) -> None:
        ended.append(await flow(agi, Language.EN))

    server = AgiServer("127.0.0.1", 0, serve)
    await server.start()
    yield server.port
    await server.close()


async def talk(port: int, *answers: str, hangs_up_at: int = 1000) -> list[str]:
    """Asterisk's side: `answers` to the commands that wait for keys; silence afterwards."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    request = "agi_request: agi://127.0.0.1:1/menu/main\nagi_uniqueid: 1.2\nagi_callerid: 13800000001\n"
    writer.write(f"{request}agi_arg_1:\nagi_arg_2: 1.1\n\n".encode())
    commands: list[str] = []
    left = list(answers)
    while line := (await asyncio.wait_for(reader.readline(), 20)).decode():
        commands.append(line.strip())
        if len(commands) > hangs_up_at:
            writer.write(b"HANGUP\n")
            break
        answer = left.pop(0) if line.startswith(("WAIT", "GET DATA")) and left else ""
        if line.startswith("GET DATA"):
            writer.write(f"200 result={answer}{'' if answer else ' (timeout)'}\n".encode())
        else:
            writer.write(f"200 result={ord(answer) if answer else 0}\n".encode())
    writer.close()
    return commands


def spoken(commands: list[str]) -> list[str]:
    return [found[1] for command in commands if (found := re.match(r'(?:STREAM FILE|GET DATA) "([^"]+)"', command))]


async def test_given_a_caller_when_finding_changing_and_cancelling_then_each_is_done_once_for_the_call_and_number(
    port: int, bookings: Bookings, ended: list[FlowEnded]
) -> None:
    commands = await talk(port, "1", NUMBER, "1", "1930", "1", "2", "1", "9")
    caller = Caller("1.1", "13800000001")
    assert bookings.asked == [("number", caller, NUMBER), ("expect", time(19, 30)), ("cancel", NUMBER)]
    assert ended == [FlowEnded(Left.BACK, informed=True)]
    assert spoken(commands)[-1] == "en/my-reservation-cancelled"
    assert 'EXEC MSet "TIMEOUT(absolute)=' in commands[0]
    assert "MENU_INFORMED" not in commands[0]
    assert any("MENU_INFORMED=yes" in command for command in commands)


async def test_given_date_and_document_in_one_go_when_keyed_then_month_day_and_letter_arrive(
    port: int, bookings: Bookings
) -> None:
    await talk(port, "2", "1203", "002*", "#")
    assert bookings.asked == [("document", 12, 3, "002X")]


async def test_given_a_star_inside_a_number_when_keyed_then_what_follows_is_not_taken_for_the_next_answer(
    port: int, bookings: Bookings, ended: list[FlowEnded]
) -> None:
    await talk(port, "1", "26*00001", NUMBER, "#")
    assert [asked[0] for asked in bookings.asked] == ["number"]
    assert ended == [FlowEnded(Left.BACK, informed=True)]


async def test_given_a_zero_and_silence_when_an_answer_is_asked_then_an_operator_comes(
    port: int, ended: list[FlowEnded]
) -> None:
    await talk(port, "1", "0")
    assert ended == [FlowEnded(Left.OPERATOR, informed=False)]


@pytest.mark.parametrize("is_there", [True, False])
async def test_given_a_look_up_when_answered_then_it_took_the_same_time_whether_there_is_a_booking_or_not(
    bookings: Bookings, is_there: bool
) -> None:
    bookings.booking = MINE if is_there else None
    flow = MyReservationFlow(Sounds(ROOT / "ivr" / "prompts"), bookings, same_seconds=0.5)

    async def serve(agi: AgiSession) -> None:
        await flow(agi, Language.ZH)

    server = AgiServer("127.0.0.1", 0, serve)
    await server.start()
    since = asyncio.get_running_loop().time()
    await talk(server.port, "1", NUMBER, "0", "")
    took = asyncio.get_running_loop().time() - since
    await server.close()
    assert took >= 0.5


async def test_given_a_caller_who_tried_too_often_when_the_wait_is_short_then_it_is_waited_for(
    port: int, bookings: Bookings, ended: list[FlowEnded]
) -> None:
    bookings.refuses = TooManyAttempts(retry_after=1)
    await talk(port, "1", NUMBER, "#")
    assert len(bookings.asked) == 2
    assert ended == [FlowEnded(Left.BACK, informed=True)]


async def test_given_a_caller_who_is_locked_out_then_an_operator_comes_and_nothing_was_told(
    port: int, bookings: Bookings, ended: list[FlowEnded]
) -> None:
    bookings.refuses = TooManyAttempts(retry_after=PATIENCE_SECONDS + 1)
    commands = await talk(port, "1", NUMBER)
    assert len(bookings.asked) == 1
    assert ended == [FlowEnded(Left.OPERATOR, informed=False)]
    assert spoken(commands)[-2:] == ["en/my-reservation-looking", "en/my-reservation-by-operator"]


async def test_given_a_booking_that_only_an_operator_cancels_when_wanted_then_the_wish_is_noted(
    port: int, bookings: Bookings, ended: list[FlowEnded]
) -> None:
    bookings.booking = replace(MINE, cancelling=Cancelling.BY_OPERATOR)
    await talk(port, "1", NUMBER, "2")
    assert [asked[0] for asked in bookings.asked] == ["number", "wants"]
    assert ended == [FlowEnded(Left.OPERATOR, informed=True)]


@pytest.mark.parametrize("step", range(0, 50, 3))
async def test_given_a_caller_who_hangs_up_at_any_step_before_the_second_yes_then_nothing_is_cancelled(
    port: int, bookings: Bookings, ended: list[FlowEnded], step: int
) -> None:
    with capture_logs() as logs:
        await talk(port, "1", NUMBER, "2", "1", "2", hangs_up_at=step)
    assert "cancel" not in [asked[0] for asked in bookings.asked]
    assert [entry for entry in logs if entry["log_level"] in ("warning", "error")] == []
