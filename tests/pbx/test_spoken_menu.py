"""A menu that understands what is said, on a real exchange with a real recogniser; the model is the Korean one."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import yaml
from structlog.testing import capture_logs

from callcenter.clock import SettableClock
from callcenter.health import Alarms
from callcenter.simulator.codecs import Clip, Silence
from ivr.agi import AgiServer
from ivr.book import MenuBook
from ivr.checking import surroundings
from ivr.flow import MenuFlow
from ivr.listening import Listener
from ivr.sounds import Sounds
from recordings.speech.engine import SpeechEngine
from tests import korean
from tests.pbx.switchboard import WITH_MENU, Desk, Switchboard, desk_of
from tests.pbx.test_menu import COMPLAINTS, DAYTIME, ENQUIRIES, calling, gone, heard, in_queue, until

BOOKING, GUIDE, SENTENCE = (Clip(korean.SOUNDS / f"ko-{name}.wav") for name in ("booking", "guide", "sentence"))
MENU = {
    "start": "main",
    "nodes": {
        "main": {
            "kind": "menu",
            "prompts": ["menu-main"],
            "seconds": 4,
            "choices": {
                "1": {"go": "enquiries", "speech": {"zh": [korean.BOOKING], "en": ["booking"]}},
                "2": {"go": "complaints", "speech": {"zh": [korean.GUIDE], "en": ["guide"]}},
            },
        },
        "enquiries": {"kind": "queue", "queue": ENQUIRIES.queue},
        "complaints": {"kind": "queue", "queue": COMPLAINTS.queue},
    },
}
MEMORY_MB = 3000
TO_UNDERSTAND = 8.0
_desks = itertools.cycle(WITH_MENU[2:])


@pytest.fixture
def desk(switchboard: Switchboard) -> Desk:
    """A line with a menu."""
    return desk_of(next(_desks))


@pytest.fixture
def folder(switchboard: Switchboard) -> Path:
    """Where the exchange records what callers say to the menu."""
    return switchboard.pbx.folder / "spool" / "menu"


@pytest.fixture
async def engine() -> AsyncIterator[SpeechEngine]:
    engine = SpeechEngine({"zh": korean.model()}, MEMORY_MB)
    await engine.prepare("zh")
    yield engine
    await engine.close()


@pytest.fixture(autouse=True)
async def server(
    switchboard: Switchboard, engine: SpeechEngine, folder: Path, tmp_path: Path
) -> AsyncIterator[AgiServer]:
    """The menu's server, with an ear."""
    await switchboard.beat()
    (tmp_path / "main.yaml").write_text(yaml.safe_dump(MENU, allow_unicode=True), encoding="utf-8")
    sounds = Sounds(switchboard.pbx.folder / "lib" / "sounds")
    clock = SettableClock(DAYTIME)
    alarms = Alarms(clock)
    book = MenuBook(tmp_path, {"main"}, surroundings(switchboard.settings, sounds), alarms)
    listener = Listener(engine, folder, TO_UNDERSTAND)
    flow = MenuFlow(book, sounds, clock, switchboard.settings.hotel.zone, listener, flows={})
    server = AgiServer("127.0.0.1", switchboard.settings.pbx.agi_port, flow.serve)
    await book.start()
    await server.start()
    assert alarms.current == ()
    yield server
    await server.close()
    await book.close()
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(("word", "queue"), [(BOOKING, ENQUIRIES.queue), (GUIDE, COMPLAINTS.queue)])
async def test_given_a_word_of_a_choice_when_it_is_said_then_the_caller_comes_where_its_key_leads(
    switchboard: Switchboard, desk: Desk, word: Clip, queue: str
) -> None:
    async with calling(switchboard, desk) as call:
        await until(call, "zh/menu-main")
        call.rtp.say(word)
        await in_queue(switchboard, queue)


async def test_given_a_key_while_the_exchange_listens_then_the_key_counts(switchboard: Switchboard, desk: Desk) -> None:
    async with calling(switchboard, desk) as call:
        await until(call, "zh/menu-main")
        call.rtp.say(Silence())
        call.rtp.press("2")
        await in_queue(switchboard, COMPLAINTS.queue)


@pytest.mark.parametrize("said", [SENTENCE, Silence()])
async def test_given_a_sentence_or_silence_then_the_menu_is_said_again_and_then_an_operator_is_asked_for(
    switchboard: Switchboard, desk: Desk, said: Clip | Silence
) -> None:
    async with calling(switchboard, desk) as call:
        await until(call, "zh/menu-main")
        call.rtp.say(said)
        await until(call, "zh/menu-main", within=25)
        call.rtp.say(said)
        await switchboard.until(f"queue show {desk.queue}", lambda text: "has 1 calls" in text, within=25)
        assert "zh/please-hold" in heard(call)


async def test_given_a_caller_who_hangs_up_while_speaking_then_nothing_of_him_stays(
    switchboard: Switchboard, server: AgiServer, desk: Desk
) -> None:
    with capture_logs() as logs:
        async with calling(switchboard, desk) as call:
            await until(call, "zh/menu-main")
            call.rtp.say(SENTENCE)
            await asyncio.sleep(1)
        await gone(switchboard, server)
    assert [entry for entry in logs if entry["log_level"] in ("warning", "error")] == []
