"""A caller who says the choice: heard between keys, understood or not in time, and nothing of the voice is kept."""

from __future__ import annotations

import asyncio
import re
import struct
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from callcenter.clock import SettableClock
from callcenter.health import Alarms
from ivr.agi import AgiServer, Limits
from ivr.book import MenuBook
from ivr.checking import Surroundings
from ivr.engine import Ask, begin
from ivr.flow import MenuFlow
from ivr.languages import Language
from ivr.listening import LONGEST_SECONDS, SILENCE_SECONDS, Listener
from ivr.menus import load_menu
from ivr.sounds import Sounds

NOON = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
LOUD = struct.pack("<hh", 9000, -9000) * 4000
QUIET = bytes(32_000)
SILENCE_ENDED_IT = b"200 result=3727 (timeout) endpos=10240\n"
"""As a real Asterisk says: the result is the milliseconds that were left."""
MENU = """
start: main
nodes:
  main:
    kind: menu
    prompts: [menu-main]
    seconds: 4
    choices:
      "1": {go: enquiries, speech: {zh: [预订, 订房], en: [booking]}}
      "2": {go: complaints, speech: {zh: [投诉], en: [complaint]}}
  enquiries: {kind: queue, queue: enquiries}
  complaints: {kind: queue, queue: complaints}
"""


@dataclass
class Ear:
    """A recogniser that understands Chinese as it is told to, after `seconds`."""

    word: str | None = None
    seconds: float = 0.0
    asked: list[tuple[bytes, str, tuple[str, ...]]] = field(default_factory=list)
    prepared: list[str] = field(default_factory=list)

    def understands(self, language: str) -> bool:
        return language == "zh"

    def prepare(self, language: str) -> None:
        self.prepared.append(language)

    async def choose(self, sound: bytes, language: str, words: Sequence[str], seconds: float) -> str | None:
        self.asked.append((sound, language, tuple(words)))
        await asyncio.sleep(self.seconds)
        return self.word


class Exchange:
    """Asterisk's side of a call: at each RECORD the caller says something (bytes) or presses a key (text).

    `keys`: pressed while keys alone are waited for, in turn; a blank is none.
    """

    def __init__(self, port: int, said: Sequence[bytes | str], keys: str = "") -> None:
        self.port = port
        self.said = list(said)
        self.keys = list(keys)
        self.commands: list[str] = []
        self.variables: dict[str, str] = {}
        self.longest = 0.0

    async def call(self, first_key: str = "") -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        request = f"agi_request: agi://127.0.0.1:1/menu/main\nagi_uniqueid: 1.1\nagi_arg_1: {first_key}\n\n"
        writer.write(request.encode())
        while line := (await asyncio.wait_for(reader.readline(), 5)).decode():
            self.commands.append(line.strip())
            if given := re.fullmatch(r'EXEC MSet "(.*)"\n', line):
                self.variables |= dict(pair.split("=", 1) for pair in given[1].split(","))
                self.longest = max(self.longest, float(self.variables["TIMEOUT(absolute)"]))
            key = self._key(line)
            if line.startswith("RECORD"):
                writer.write(f"200 result={ord(key)} (dtmf) endpos=8000\n".encode() if key else SILENCE_ENDED_IT)
            else:
                writer.write(f"200 result={ord(key) if key else 0}\n".encode())
        writer.close()

    def _key(self, line: str) -> str:
        if recording := re.match(r'RECORD FILE "([^"]+)" sln', line):
            said = self.said.pop(0) if self.said else QUIET
            if isinstance(said, str):
                return said
            Path(f"{recording[1]}.sln").write_bytes(said)
        if line.startswith("WAIT") and self.keys:
            return self.keys.pop(0).strip()
        return ""


class House:
    def __init__(self, folder: Path) -> None:
        self.folder = folder / "menu"
        self.folder.mkdir()
        (folder / "main.yaml").write_text(MENU, encoding="utf-8")
        clock = SettableClock(NOON)
        around = Surroundings({"enquiries", "complaints"}, set(), lambda name: True)
        self.book = MenuBook(folder, {"main"}, around, Alarms(clock))
        self.book.look()
        self.clock = clock

    @asynccontextmanager
    async def listening(self, ear: Ear) -> AsyncIterator[int]:
        listener = Listener(ear, self.folder, 1.0)
        flow = MenuFlow(self.book, Sounds(self.folder), self.clock, ZoneInfo("Asia/Shanghai"), listener, flows={})
        server = AgiServer("127.0.0.1", 0, flow.serve, limits=Limits(reply_seconds=0.5))
        await server.start()
        yield server.port
        await server.close()


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


@pytest.mark.parametrize(("word", "queue"), [("预订", "enquiries"), ("订房", "enquiries"), ("投诉", "complaints")])
async def test_given_a_word_of_a_choice_when_it_is_said_then_it_counts_as_its_key(
    house: House, word: str, queue: str
) -> None:
    ear = Ear(word)
    async with house.listening(ear) as port:
        asterisk = Exchange(port, [LOUD])
        await asterisk.call()
    assert (asterisk.variables["MENU_RESULT"], asterisk.variables["MENU_TARGET"]) == ("queue", queue)
    assert ear.asked == [(LOUD, "zh", ("预订", "订房", "投诉"))]
    assert ear.prepared == ["zh"]


async def test_given_what_was_said_then_no_file_of_it_stays(house: House) -> None:
    async with house.listening(Ear("预订")) as port:
        await Exchange(port, [QUIET, LOUD]).call()
    assert list(house.folder.iterdir()) == []


async def test_given_files_that_a_crash_left_when_tidied_then_they_are_gone(house: House) -> None:
    (house.folder / "old.sln").write_bytes(LOUD)
    Listener(Ear(), house.folder, 1.0).tidy()
    assert list(house.folder.iterdir()) == []


async def test_given_words_that_are_not_understood_twice_then_an_operator_is_asked_for_as_after_silence(
    house: House,
) -> None:
    ear = Ear(None)
    async with house.listening(ear) as port:
        asterisk = Exchange(port, [LOUD, LOUD])
        await asterisk.call()
    assert asterisk.variables["MENU_RESULT"] == "operator"
    assert len(ear.asked) == 2


async def test_given_silence_then_the_recogniser_is_not_asked_and_an_operator_is(house: House) -> None:
    ear = Ear("预订")
    async with house.listening(ear) as port:
        asterisk = Exchange(port, [])
        await asterisk.call()
    assert asterisk.variables["MENU_RESULT"] == "operator"
    assert ear.asked == []
    # four seconds of silence are two recordings that end after two, said twice
    assert sum(command.startswith("RECORD") for command in asterisk.commands) == 4


async def test_given_a_pause_before_the_word_then_it_is_heard_all_the_same(house: House) -> None:
    async with house.listening(Ear("投诉")) as port:
        asterisk = Exchange(port, [QUIET, LOUD])
        await asterisk.call()
    assert asterisk.variables["MENU_TARGET"] == "complaints"


async def test_given_a_key_while_listening_then_it_counts_and_nothing_is_recognised(house: House) -> None:
    ear = Ear("投诉")
    async with house.listening(ear) as port:
        asterisk = Exchange(port, ["1"])
        await asterisk.call()
    assert asterisk.variables["MENU_TARGET"] == "enquiries"
    assert ear.asked == []


async def test_given_a_key_while_the_recogniser_thinks_then_the_key_counts(house: House) -> None:
    async with house.listening(Ear("投诉", seconds=5)) as port:
        asterisk = Exchange(port, [LOUD], keys="  1")
        await asterisk.call()
    assert asterisk.variables["MENU_TARGET"] == "enquiries"


async def test_given_an_exchange_that_cannot_record_then_keys_are_waited_for(house: House) -> None:
    async with house.listening(Ear("投诉")) as port:
        asterisk = Exchange(port, [b""], keys="1")
        await asterisk.call()
    assert asterisk.variables["MENU_TARGET"] == "enquiries"


async def test_given_a_step_that_listens_then_the_exchange_waits_for_as_long_as_it_can_take(house: House) -> None:
    async with house.listening(Ear("预订")) as port:
        asterisk = Exchange(port, [LOUD])
        await asterisk.call()
    assert asterisk.longest >= 4 + LONGEST_SECONDS + SILENCE_SECONDS + 1.0


@pytest.mark.parametrize("is_there", [True, False])
async def test_given_no_model_or_no_folder_then_only_keys_are_waited_for(house: House, is_there: bool) -> None:
    class Deaf(Ear):
        def understands(self, language: str) -> bool:
            return not is_there

    if not is_there:
        house.folder.rmdir()
    async with house.listening(Deaf("投诉")) as port:
        asterisk = Exchange(port, [LOUD], keys="1")
        await asterisk.call()
    assert asterisk.variables["MENU_TARGET"] == "enquiries"
    assert not any(command.startswith("RECORD") for command in asterisk.commands)


def test_given_a_language_then_only_its_words_can_be_said(house: House) -> None:
    menu = load_menu(house.folder.parent / "main.yaml")
    _, chinese = begin(menu, Language.ZH, NOON)
    _, english = begin(menu, Language.EN, NOON)
    assert isinstance(chinese, Ask)
    assert isinstance(english, Ask)
    assert chinese.spoken == (("预订", "1"), ("订房", "1"), ("投诉", "2"))
    assert english.spoken == (("booking", "1"), ("complaint", "2"))
