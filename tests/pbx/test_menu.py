"""The menu as a caller hears it: every branch in both languages, keys, silence, and a server that fails him.

The menu's server runs in the test; each prompt is a tone of its own. Callers press keys by RTP events.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime

import pytest
from structlog.testing import capture_logs

from callcenter.clock import SettableClock
from callcenter.health import Alarms
from callcenter.simulator.behaviours import answers
from callcenter.simulator.dialog import Dialog
from callcenter.simulator.facts import EndedBy
from callcenter.simulator.rtp import Hearing
from ivr.agi import AgiServer, AgiSession
from ivr.book import MenuBook
from ivr.checking import surroundings
from ivr.flow import MenuFlow
from ivr.sounds import Sounds
from tests.pbx.switchboard import (
    BEEP_TONE,
    BOTH_TONES,
    ENGLISH,
    GOODBYE_TONE,
    GREETING_TONE,
    HOLD_TONE,
    MENU_TONES,
    MUSIC_TONE,
    WITH_MENU,
    Desk,
    Switchboard,
    desk_of,
    tones_in,
)

ENQUIRIES, COMPLAINTS = desk_of(WITH_MENU[0]), desk_of(WITH_MENU[1])
TONES = (
    {
        GREETING_TONE: "greeting",
        HOLD_TONE: "all busy",
        GOODBYE_TONE: "both/goodbye",
        MUSIC_TONE: "music",
        BEEP_TONE: "beep",
    }
    | {frequency: f"both/{name}" for name, frequency in BOTH_TONES.items()}
    | {
        frequency + shift: f"{language}/{name}"
        for name, frequency in MENU_TONES.items()
        for language, shift in (("zh", 0), ("en", ENGLISH))
    }
)
DAYTIME = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
NIGHT = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)
"""Noon and four in the morning in the hotel."""

_desks = itertools.cycle(WITH_MENU[2:])


@pytest.fixture
def desk(switchboard: Switchboard) -> Desk:
    """A line with a menu whose queue is neither that of key 1 nor that of key 2."""
    return desk_of(next(_desks))


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock(DAYTIME)


@pytest.fixture(autouse=True)
async def living_application(switchboard: Switchboard) -> None:
    await switchboard.beat()


@pytest.fixture
async def server(switchboard: Switchboard, clock: SettableClock) -> AsyncIterator[AgiServer]:
    """The menu's server, as the application runs it."""
    async with menu_server(switchboard, clock) as server:
        yield server


@contextlib.asynccontextmanager
async def menu_server(switchboard: Switchboard, clock: SettableClock) -> AsyncIterator[AgiServer]:
    """The menu's server on the exchange's port."""
    settings = switchboard.settings
    sounds = Sounds(switchboard.pbx.folder / "lib" / "sounds")
    alarms = Alarms(clock)
    book = MenuBook(settings.menus_folder, {"main"}, surroundings(settings, sounds), alarms)
    flow = MenuFlow(book, sounds, clock, settings.hotel.zone, flows={})
    server = AgiServer("127.0.0.1", settings.pbx.agi_port, flow.serve)
    await book.start()
    await server.start()
    assert alarms.current == ()
    yield server
    await server.close()
    await book.close()


@contextlib.asynccontextmanager
async def calling(switchboard: Switchboard, desk: Desk) -> AsyncIterator[Dialog]:
    """A caller of the line, who hangs up at last."""
    async with switchboard.guest(hearing=Hearing.KEEP) as guest:
        call = guest.call(desk.number)
        await call.answered()
        yield call
        await call.bye()


def heard(call: Dialog) -> list[str]:
    """What the caller heard, by name, each once."""
    return [TONES[tone] for tone in tones_in(call, TONES)]


async def until(call: Dialog, name: str, within: float = 10) -> None:
    """Wait until the caller has heard something, then let him forget it, so that it can be heard again."""
    async with asyncio.timeout(within):
        while name not in heard(call):
            await asyncio.sleep(0.1)
    call.rtp.forget()


async def in_queue(switchboard: Switchboard, queue: str, count: int = 1) -> None:
    await switchboard.until(f"queue show {queue}", lambda text: f"has {count} calls" in text)


async def gone(switchboard: Switchboard, server: AgiServer) -> None:
    """Wait until the server has let go of every caller."""
    async with asyncio.timeout(10):
        while server.connections:
            await asyncio.sleep(0.05)


async def choose(call: Dialog, language: str, keys: str) -> None:
    """Press keys at the places where a caller does: when the menu is heard, changing the language first."""
    if language == "en":
        await until(call, "zh/menu-main")
        call.rtp.press("9")
    for key, menu in zip(keys, ("menu-main", "menu-information"), strict=False):
        await until(call, f"{language}/{menu}")
        call.rtp.press(key)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(
    ("key", "queue", "words"), [("1", ENQUIRIES.queue, []), ("2", COMPLAINTS.queue, ["complaint-promise"])]
)
async def test_given_a_branch_with_a_queue_then_the_caller_waits_there_and_hears_his_language(
    switchboard: Switchboard, server: AgiServer, desk: Desk, language: str, key: str, queue: str, words: list[str]
) -> None:
    async with calling(switchboard, desk) as call:
        await choose(call, language, key)
        await in_queue(switchboard, queue)
        for word in (*words, "please-hold"):
            assert f"{language}/{word}" in heard(call)
    await gone(switchboard, server)


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_given_a_wish_for_an_operator_then_the_caller_waits_in_the_queue_of_the_line(
    switchboard: Switchboard, server: AgiServer, desk: Desk, language: str
) -> None:
    async with calling(switchboard, desk) as call:
        await choose(call, language, "0")
        await in_queue(switchboard, desk.queue)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(
    ("keys", "told", "at"),
    [
        ("41", "info-facilities", DAYTIME),
        ("42", "info-directions", DAYTIME),
        ("43", "info-springs-open", DAYTIME),
        ("43", "info-springs-closed", NIGHT),
    ],
)
async def test_given_a_wish_for_information_then_it_is_told_and_the_house_says_goodbye(
    switchboard: Switchboard,
    server: AgiServer,
    clock: SettableClock,
    desk: Desk,
    language: str,
    keys: str,
    told: str,
    at: datetime,
) -> None:
    clock.set(at)
    async with calling(switchboard, desk) as call:
        await choose(call, language, keys)
        facts = await call.ended()
        said = [name for name in heard(call) if name.startswith(language)]
        assert said[-3:] == [f"{language}/{told}", f"{language}/info-next", f"{language}/goodbye"]
    assert facts.ended_by is EndedBy.OTHER_SIDE


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_given_keys_for_back_and_again_then_the_menus_are_said_again(
    switchboard: Switchboard, server: AgiServer, desk: Desk, language: str
) -> None:
    other = "en" if language == "zh" else "zh"
    async with calling(switchboard, desk) as call:
        await choose(call, language, "4")
        await until(call, f"{language}/menu-information")
        call.rtp.press("*")
        await until(call, f"{language}/menu-information")
        call.rtp.press("1")
        await until(call, f"{language}/info-facilities")
        call.rtp.press("*")
        await until(call, f"{language}/info-facilities")
        call.rtp.press("#")
        await until(call, f"{language}/menu-information")
        call.rtp.press("9")
        await until(call, f"{other}/menu-information")
        call.rtp.press("#")
        await until(call, f"{other}/menu-main")
        call.rtp.press("*")
        await until(call, f"{other}/menu-main")
        call.rtp.press("9")
        await until(call, f"{language}/menu-main")


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("keys", ["4", "41", "42", "43"])
async def test_given_key_0_behind_the_first_menu_then_the_caller_waits_for_an_operator(
    switchboard: Switchboard, server: AgiServer, desk: Desk, language: str, keys: str
) -> None:
    last = {"4": "menu-information", "41": "info-facilities", "42": "info-directions", "43": "info-springs-open"}
    async with calling(switchboard, desk) as call:
        await choose(call, language, keys)
        await until(call, f"{language}/{last[keys]}")
        call.rtp.press("0")
        await in_queue(switchboard, desk.queue)
        assert f"{language}/please-hold" in heard(call)


async def test_given_key_0_during_the_greeting_then_the_caller_waits_for_an_operator(
    switchboard: Switchboard, server: AgiServer, desk: Desk
) -> None:
    async with calling(switchboard, desk) as call:
        call.rtp.press("0")
        await in_queue(switchboard, desk.queue)
        assert "zh/menu-main" not in heard(call)


async def test_given_a_key_during_the_greeting_then_it_counts_and_the_menu_is_not_said(
    switchboard: Switchboard, server: AgiServer, desk: Desk
) -> None:
    async with calling(switchboard, desk) as call:
        call.rtp.press("1")
        await in_queue(switchboard, ENQUIRIES.queue)
        assert "zh/menu-main" not in heard(call)


async def test_given_a_key_during_a_prompt_then_the_prompt_stops(
    switchboard: Switchboard, server: AgiServer, desk: Desk
) -> None:
    async with calling(switchboard, desk) as call:
        await until(call, "zh/menu-main")
        call.rtp.press("1")
        await in_queue(switchboard, ENQUIRIES.queue)
        assert "en/menu-language" not in heard(call)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("menu", ["menu-main", "menu-information"])
async def test_given_silence_twice_then_the_caller_waits_for_an_operator(
    switchboard: Switchboard, server: AgiServer, desk: Desk, language: str, menu: str
) -> None:
    offer = "en/menu-language" if language == "zh" else "zh/menu-language"
    async with calling(switchboard, desk) as call:
        await choose(call, language, "4" if menu == "menu-information" else "")
        await until(call, f"{language}/{menu}")
        await until(call, offer)
        await until(call, f"{language}/{menu}")
        await in_queue(switchboard, desk.queue)
        assert f"{language}/please-hold" in heard(call)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("menu", ["menu-main", "menu-information"])
async def test_given_wrong_keys_twice_then_the_caller_is_told_once_and_waits_for_an_operator(
    switchboard: Switchboard, server: AgiServer, desk: Desk, language: str, menu: str
) -> None:
    async with calling(switchboard, desk) as call:
        await choose(call, language, "4" if menu == "menu-information" else "")
        await until(call, f"{language}/{menu}")
        call.rtp.press("7")
        await until(call, f"{language}/menu-wrong")
        call.rtp.press("6")
        await in_queue(switchboard, desk.queue)
        assert f"{language}/please-hold" in heard(call)


async def test_given_a_free_operator_when_a_branch_is_chosen_then_the_caller_is_connected(
    switchboard: Switchboard, server: AgiServer, desk: Desk
) -> None:
    async with (
        switchboard.phone(ENQUIRIES.first, answers()) as operator,
        calling(switchboard, desk) as call,
    ):
        await choose(call, "zh", "1")
        await (await operator.next_call()).answered()
        assert "zh/connecting" in heard(call)
        assert "zh/please-hold" not in heard(call)


@pytest.mark.parametrize(
    ("keys", "last"),
    [
        ("", "greeting"),
        ("", "zh/menu-main"),
        ("", "en/menu-language"),
        ("2", "zh/complaint-promise"),
        ("4", "zh/menu-information"),
        ("41", "zh/info-facilities"),
    ],
)
async def test_given_a_caller_who_leaves_at_any_step_then_nothing_of_him_stays(
    switchboard: Switchboard, server: AgiServer, desk: Desk, keys: str, last: str
) -> None:
    with capture_logs() as logs:
        async with calling(switchboard, desk) as call:
            if keys:
                await choose(call, "zh", keys)
            await until(call, last)
        await gone(switchboard, server)
        await switchboard.until("core show channels", lambda text: f"{desk.number}@" not in text)
    assert [entry for entry in logs if entry["log_level"] in ("warning", "error")] == []


async def test_given_a_caller_who_leaves_while_a_key_is_awaited_then_nothing_of_him_stays(
    switchboard: Switchboard, server: AgiServer, desk: Desk
) -> None:
    async with calling(switchboard, desk) as call:
        await until(call, "en/menu-language")
        await asyncio.sleep(0.3)  # the prompt is over, a second for the key has begun
    await gone(switchboard, server)


async def test_given_100_callers_at_once_then_each_one_walks_to_the_end_and_waits_for_an_operator(
    switchboard: Switchboard, server: AgiServer, desk: Desk
) -> None:
    with capture_logs() as logs:
        async with switchboard.guest() as guest:
            calls = []
            for _ in range(100):
                calls.append(guest.call(desk.number))
                await asyncio.sleep(0.02)
            await switchboard.until(f"queue show {desk.queue}", lambda text: "has 100 calls" in text, within=60)
            await asyncio.gather(*(call.bye() for call in calls))
        await gone(switchboard, server)
    endings = [entry["ending"] for entry in logs if entry["event"] == "menu_walked"]
    assert endings == ["operator"] * 100


# ---------------------------------------------------------------- a server that fails the caller


async def test_given_no_server_then_the_caller_waits_as_on_a_line_without_a_menu(
    switchboard: Switchboard, desk: Desk
) -> None:
    async with calling(switchboard, desk) as call:
        await in_queue(switchboard, desk.queue)
        assert heard(call)[:2] == ["greeting", "all busy"]


async def test_given_a_server_without_a_usable_menu_then_the_caller_waits_as_on_a_line_without_a_menu(
    switchboard: Switchboard, desk: Desk
) -> None:
    async def knows_no_menu(agi: AgiSession) -> None:
        assert agi.script == "menu/main"

    server = AgiServer("127.0.0.1", switchboard.settings.pbx.agi_port, knows_no_menu)
    await server.start()
    async with calling(switchboard, desk) as call:
        await in_queue(switchboard, desk.queue)
        assert heard(call)[:2] == ["greeting", "all busy"]
    await server.close()


Peer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def _mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def _nonsense(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"\x00\xff hello\n" * 50)
    await asyncio.sleep(0.2)


async def _endless_nonsense(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"SAY SOMETHING\n")
        await writer.drain()
        await reader.readline()
        await asyncio.sleep(0.02)


async def _half_a_command(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b'STREAM FILE "zh/menu')
    await asyncio.sleep(0.3)


async def _mute_in_a_prompt(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b'STREAM FILE "zh/menu-main" ""\n')
    await reader.read()


async def _mute_while_a_key_is_awaited(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"WAIT FOR DIGIT 300\n")
    await reader.read()


async def _mute_while_an_answer_is_keyed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b'GET DATA "zh/menu-main" 300 8\n')
    await reader.read()


async def _mute_while_listening(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b'RECORD FILE "/nowhere/sound" sln "" 300 s=2\n')
    await reader.read()


async def _mute_before_the_result(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b'EXEC MSet "MENU_TARGET=enquiries"\n')
    await reader.read()


async def _gone_in_a_prompt(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b'STREAM FILE "music/creek" ""\n')
    await asyncio.sleep(0.3)


@pytest.mark.parametrize(
    "peer",
    [
        _mute,
        _nonsense,
        _endless_nonsense,
        _half_a_command,
        _mute_in_a_prompt,
        _mute_while_a_key_is_awaited,
        _mute_while_an_answer_is_keyed,
        _mute_while_listening,
        _mute_before_the_result,
        _gone_in_a_prompt,
    ],
)
async def test_given_a_server_that_is_mute_or_mad_then_the_caller_reaches_the_queue_in_seconds(
    switchboard: Switchboard, desk: Desk, peer: Peer
) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            await peer(reader, writer)
        writer.transport.abort()

    server = await asyncio.start_server(serve, "127.0.0.1", switchboard.settings.pbx.agi_port)
    async with calling(switchboard, desk) as call:
        await in_queue(switchboard, desk.queue)
        assert "all busy" in heard(call)
    server.close()
