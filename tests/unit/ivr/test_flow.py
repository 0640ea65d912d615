"""A caller walked through the sample menu by a server that believes to speak with Asterisk."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from callcenter.clock import SettableClock
from callcenter.health import Alarms
from callcenter.settings import ROOT, load
from ivr.agi import AgiServer, AgiSession, Limits
from ivr.book import MenuBook
from ivr.checking import surroundings
from ivr.engine import FlowEnded, Left
from ivr.flow import MenuFlow
from ivr.languages import Language
from ivr.sounds import Sounds

PROMPTS = ROOT / "ivr" / "prompts"


class Exchange:
    """Asterisk's side of one call: `keys` are pressed in the menus in turn, a blank is silence."""

    def __init__(self, port: int, menu: str = "main", first_key: str = "", linkedid: str = "") -> None:
        self.port = port
        self.request = f"agi_request: agi://127.0.0.1:1/menu/{menu}\nagi_uniqueid: 1.1\nagi_arg_1: {first_key}\n"
        self.request += f"agi_arg_2: {linkedid}\n\n"
        self.commands: list[str] = []
        self.variables: dict[str, str] = {}

    async def call(self, keys: str, *, hangs_up_at: int = 1000) -> None:
        """Live through the call; after `hangs_up_at` commands the caller hangs up."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(self.request.encode())
        left = list(keys)
        while line := (await asyncio.wait_for(reader.readline(), 5)).decode():
            self.commands.append(line.strip())
            if len(self.commands) > hangs_up_at:
                writer.write(b"HANGUP\n")
                break
            if given := re.fullmatch(r'EXEC MSet "(.*)"\n', line):
                self.variables |= dict(pair.split("=", 1) for pair in given[1].split(","))
            key = left.pop(0) if line.startswith("WAIT") and left else " "
            writer.write(f"200 result={0 if key == ' ' else ord(key)}\n".encode())
        writer.close()


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock(datetime(2026, 11, 21, 4, 0, tzinfo=UTC))


@pytest.fixture
def book(tmp_path: Path, clock: SettableClock) -> MenuBook:
    shutil.copy(ROOT / "config" / "ivr" / "main.yaml", tmp_path)
    book = MenuBook(tmp_path, {"main"}, surroundings(load(environment={}), Sounds(PROMPTS)), Alarms(clock))
    book.look()
    return book


@pytest.fixture
async def server(book: MenuBook, clock: SettableClock) -> AsyncIterator[AgiServer]:
    async def my_reservation(agi: AgiSession, language: Language) -> FlowEnded:
        key = await agi.wait_for_key(1)
        return FlowEnded(Left.BACK if key == "#" else Left.OPERATOR, informed=key == "*")

    flows = {"my-reservation": my_reservation}
    flow = MenuFlow(book, Sounds(PROMPTS), clock, ZoneInfo("Asia/Shanghai"), flows=flows)
    server = AgiServer("127.0.0.1", 0, flow.serve, limits=Limits(reply_seconds=0.3))
    await server.start()
    yield server
    await server.close()


@pytest.mark.parametrize(
    ("keys", "result", "target", "language", "path", "informed"),
    [
        ("1", "queue", "enquiries", "zh", "main/enquiries", "no"),
        ("92", "queue", "complaints", "en", "main/complaints", "no"),
        ("0", "operator", "", "zh", "main", "no"),
        ("3", "operator", "", "zh", "main/reservation", "no"),
        ("93*", "operator", "", "en", "main/reservation", "yes"),
        ("3#1", "queue", "enquiries", "zh", "main/reservation/main/enquiries", "no"),
        ("943 ", "hang_up", "", "en", "main/information/springs-open/farewell", "yes"),
        ("410", "operator", "", "zh", "main/information/facilities", "yes"),
    ],
)
async def test_given_keys_when_the_walk_is_done_then_the_result_is_set_with_the_last_command_and_last_in_it(
    server: AgiServer, keys: str, result: str, target: str, language: str, path: str, informed: str
) -> None:
    asterisk = Exchange(server.port)
    await asterisk.call(keys)
    assert asterisk.commands[-1].endswith(f',MENU_RESULT={result}"')
    assert sum("MENU_RESULT" in command for command in asterisk.commands) == 1
    variables = asterisk.variables
    assert (variables["MENU_TARGET"], variables["CHANNEL(language)"]) == (target, language)
    assert (variables["MENU_PATH"], variables["MENU_INFORMED"]) == (path, informed)


async def test_given_callers_at_once_when_logged_then_each_line_bears_the_call_that_it_is_about(
    server: AgiServer,
) -> None:
    callers = [Exchange(server.port, linkedid=linkedid) for linkedid in ("1.7", "1.8", "")]
    with capture_logs(processors=[merge_contextvars]) as logs:
        await asyncio.gather(*(caller.call("1") for caller in callers))
    walked = [entry["call_id"] for entry in logs if entry["event"] == "menu_walked"]
    assert sorted(walked) == ["1.1", "1.7", "1.8"]


async def test_given_a_key_pressed_in_the_greeting_then_it_counts_and_nothing_is_said_before(server: AgiServer) -> None:
    asterisk = Exchange(server.port, first_key="1")
    await asterisk.call("")
    assert len(asterisk.commands) == 1
    assert asterisk.variables["MENU_RESULT"] == "queue"


async def test_given_a_step_then_the_exchange_waits_for_us_a_little_longer_than_it_takes(server: AgiServer) -> None:
    asterisk = Exchange(server.port)
    await asterisk.call("", hangs_up_at=1)
    sounds = Sounds(PROMPTS)
    spoken = sounds.seconds("zh/menu-main") + sounds.seconds("en/menu-language")
    assert float(asterisk.variables["TIMEOUT(absolute)"]) == pytest.approx(spoken + 5 + 3, abs=0.1)


@pytest.mark.parametrize("step", range(12))
async def test_given_a_caller_who_hangs_up_at_any_step_then_no_result_is_set_and_nobody_complains(
    server: AgiServer, step: int
) -> None:
    asterisk = Exchange(server.port)
    with capture_logs() as logs:
        await asterisk.call("942", hangs_up_at=step)
        async with asyncio.timeout(5):
            while server.connections:
                await asyncio.sleep(0.01)
    assert "MENU_RESULT" not in asterisk.variables
    assert {entry["log_level"] for entry in logs} <= {"debug", "info"}
    (walked,) = (entry for entry in logs if entry["event"] == "menu_walked")
    assert walked["ending"] == "gone"


@pytest.mark.parametrize("menu", ["laundry", "", "main/x"])
async def test_given_a_menu_that_is_not_in_force_then_the_caller_goes_on_at_once(server: AgiServer, menu: str) -> None:
    asterisk = Exchange(server.port, menu=menu)
    await asterisk.call("1")
    assert asterisk.commands == []


async def test_given_a_menu_that_is_edited_during_a_call_then_that_call_goes_on_in_the_old_one(
    tmp_path: Path, server: AgiServer, book: MenuBook
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(Exchange(server.port).request.encode())
    await reader.readline()
    (tmp_path / "main.yaml").write_text("start: a\nnodes: {a: {kind: hang_up}}\n", encoding="utf-8")
    book.look()
    writer.write(b"200 result=0\n200 result=49\n")
    commands = [(await reader.readline()).decode() for _ in range(2)]
    assert commands[1].endswith('MENU_TARGET=enquiries,MENU_RESULT=queue"\n')
    writer.close()
    after = Exchange(server.port)
    await after.call("1")
    assert after.variables["MENU_RESULT"] == "hang_up"


def test_given_a_prompt_that_is_replaced_then_its_new_length_counts(tmp_path: Path) -> None:
    (tmp_path / "zh").mkdir()
    sounds = Sounds(tmp_path)
    assert (sounds.has("zh/x"), sounds.seconds("zh/x")) == (False, 0.0)
    for source in ("zh/digits/1", "zh/menu-main"):
        (tmp_path / "zh" / "x.wav").unlink(missing_ok=True)
        shutil.copyfile(PROMPTS / f"{source}.wav", tmp_path / "zh" / "x.wav")
        assert sounds.seconds("zh/x") == Sounds(PROMPTS).seconds(source) > 0
    (tmp_path / "zh" / "y.wav").write_bytes(b"RIFF")
    assert sounds.seconds("zh/y") == 0.0
