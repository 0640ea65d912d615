"""Numbers and times that are keyed in: read by one command over AGI, since a key between two commands is lost."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from callcenter.settings import ROOT
from callcenter.telephony import CallKey
from ivr.agi import AgiServer
from ivr.call_back_flow import CallBackFlow
from ivr.languages import Language
from ivr.sounds import Sounds
from ivr.wake_up_flow import WakeUpFlow

SOUNDS = Sounds(ROOT / "ivr" / "prompts")
ZONE = ZoneInfo("Asia/Shanghai")
LATE = "late"
"""The keys are not enough in time."""


class Books:
    """What was stored: numbers to call back, and times to wake at."""

    def __init__(self) -> None:
        self.numbers: list[str] = []
        self.woken_at: list[datetime] = []

    async def store(self, key: CallKey, number: str, language: Language) -> None:
        self.numbers.append(number)

    async def language(self, room: str) -> str:
        return "en"

    def next_time(self, at: time) -> datetime:
        return datetime.combine(datetime(2026, 12, 3), at, ZONE).astimezone(UTC)

    async def keep(self, room: str, due_at: datetime) -> None:
        self.woken_at.append(due_at)


@pytest.fixture
def books() -> Books:
    return Books()


@pytest.fixture
async def port(books: Books) -> AsyncIterator[int]:
    """A server of both scripts; the caller's own number is hidden."""
    call_back = CallBackFlow("pbx1", SOUNDS, {"0301"}, books.store)
    wake_up = WakeUpFlow(SOUNDS, ZONE, books)
    server = AgiServer("127.0.0.1", 0, lambda agi: (call_back if agi.script == "call-back" else wake_up).serve(agi))
    await server.start()
    yield server.port
    await server.close()


async def talk(port: int, script: str, *answers: str) -> list[str]:
    """Asterisk's side: `answers` to commands that wait for keys, with LATE behind them where no pound key ends them."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"agi_request: agi://127.0.0.1:1/{script}\nagi_uniqueid: 1.1\nagi_arg_1: 0301\n\n".encode())
    commands: list[str] = []
    left = list(answers)
    while line := (await asyncio.wait_for(reader.readline(), 5)).decode():
        commands.append(line.strip())
        answer = left.pop(0) if line.startswith(("WAIT", "GET DATA")) and left else LATE
        keys = answer.removesuffix(LATE)
        if line.startswith("GET DATA"):
            writer.write(f"200 result={keys}{' (timeout)' if answer.endswith(LATE) else ''}\n".encode())
        else:
            writer.write(f"200 result={ord(keys) if keys else 0}\n".encode())
    writer.close()
    assert not left, f"nobody asked for {left}"
    return commands


def spoken(commands: list[str]) -> list[str]:
    found = (re.match(r'(?:STREAM FILE|GET DATA) "([^"]+)"', command) for command in commands)
    return [match[1].partition("/")[2] for match in found if match]


@pytest.mark.parametrize("keyed", ["13912345678", f"13912345678{LATE}", "1391*13912345678"])
async def test_given_a_number_in_one_go_when_keyed_then_one_command_reads_it_and_it_is_called_back(
    port: int, books: Books, keyed: str
) -> None:
    commands = await talk(port, "call-back", keyed, "1")
    assert books.numbers == ["13912345678"]
    assert sum(command.startswith("GET DATA") for command in commands) == 1
    assert commands[-1] == 'EXEC MSet "CALL_BACK=requested"'


@pytest.mark.parametrize("first", ["139", f"139{LATE}", LATE, "", f"1391*{LATE}", "1" * 16])
async def test_given_no_number_when_keyed_then_it_is_asked_for_again(port: int, books: Books, first: str) -> None:
    commands = await talk(port, "call-back", first, "13912345678", "1")
    assert spoken(commands).count("call-back-key-number") == 2
    assert books.numbers == ["13912345678"]


@pytest.mark.parametrize("answers", [["*"], ["0"], [f"0{LATE}"], [LATE, LATE, LATE], ["13912345678", "0"]])
async def test_given_a_caller_who_declines_or_wants_an_operator_when_keying_then_the_wait_goes_on(
    port: int, books: Books, answers: list[str]
) -> None:
    commands = await talk(port, "call-back", *answers)
    assert spoken(commands)[-1] == "call-back-go-on"
    assert books.numbers == []


@pytest.mark.parametrize(
    ("answers", "woken_at"),
    [(["0630", "1"], time(6, 30)), (["2460", "0715", "1"], time(7, 15)), (["07*0", "630", "1"], time(6, 30))],
)
async def test_given_a_time_when_keyed_in_one_go_then_the_guest_is_woken_at_it(
    port: int, books: Books, answers: list[str], woken_at: time
) -> None:
    commands = await talk(port, "wake-up", *answers)
    assert [at.astimezone(ZONE).time() for at in books.woken_at] == [woken_at]
    assert spoken(commands)[-1] == "wake-up-set"


@pytest.mark.parametrize("answers", [[""], ["06"], [f"06{LATE}", LATE, LATE]])
async def test_given_a_pound_key_or_silence_when_a_time_is_asked_for_then_an_operator_comes(
    port: int, books: Books, answers: list[str]
) -> None:
    commands = await talk(port, "wake-up", *answers)
    assert books.woken_at == []
    assert "FLOW_RESULT" not in " ".join(commands)
