"""A message for the house: asked for, recorded, heard again, recorded again, kept, whatever the caller does.

The dialplan does all of it alone, so the menu's server may be gone as soon as the caller has chosen.
"""

from __future__ import annotations

import asyncio
import itertools
import re
from array import array
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from callcenter.clock import SettableClock
from callcenter.simulator.codecs import Silence, Tone
from callcenter.simulator.dialog import Dialog
from callcenter.simulator.facts import EndedBy
from callcenter.simulator.hearing import Sound, hears
from ivr.agi import AgiServer
from tests.pbx.switchboard import WITH_MENU, Desk, Switchboard, desk_of, tones_in
from tests.pbx.test_menu import DAYTIME, calling, choose, gone, heard, in_queue, menu_server, until

WORDS = Tone(440)
OTHER_WORDS = Tone(1500)
_desks = itertools.cycle(WITH_MENU[2:])


@pytest.fixture
def desk(switchboard: Switchboard) -> Desk:
    """A line with a menu."""
    return desk_of(next(_desks))


@pytest.fixture(autouse=True)
async def server(switchboard: Switchboard) -> AsyncIterator[AgiServer]:
    await switchboard.beat()
    async with menu_server(switchboard, SettableClock(DAYTIME)) as server:
        yield server


def messages(switchboard: Switchboard) -> set[Path]:
    """The messages in the exchange's spool."""
    return set(switchboard.monitor_folder.rglob("*-message.sln"))


class Mailbox:
    """The message that is left from now on, read as signed linear sound."""

    def __init__(self, switchboard: Switchboard) -> None:
        self._switchboard = switchboard
        self._before = messages(switchboard)

    def files(self) -> set[Path]:
        return messages(self._switchboard) - self._before

    def sound(self) -> Sound:
        (file,) = self.files()
        return Sound(array("h", file.read_bytes()))


@pytest.fixture
def mailbox(switchboard: Switchboard) -> Mailbox:
    return Mailbox(switchboard)


async def speak(call: Dialog, words: Tone, seconds: float) -> None:
    """Say something for so long, then be silent."""
    call.rtp.say(words)
    await asyncio.sleep(seconds)
    call.rtp.say(Silence())


async def at_the_tone(call: Dialog, language: str) -> None:
    """Come to the tone: choose to leave a message, and hear how."""
    await choose(call, language, "8")
    await until(call, f"{language}/voicemail-ask")
    await until(call, "beep")


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("ended_by", ["#", "silence"])
async def test_given_a_message_when_it_is_spoken_to_its_end_then_it_is_kept_and_the_house_says_goodbye(
    switchboard: Switchboard, desk: Desk, mailbox: Mailbox, language: str, ended_by: str
) -> None:
    async with calling(switchboard, desk) as call:
        await at_the_tone(call, language)
        await speak(call, WORDS, 1.5)
        if ended_by == "#":
            call.rtp.press("#")
        await until(call, f"{language}/voicemail-review")
        call.rtp.press("#")
        facts = await call.ended()
        assert heard(call)[-2:] == [f"{language}/voicemail-kept", f"{language}/goodbye"]
    assert facts.ended_by is EndedBy.OTHER_SIDE
    assert hears(mailbox.sound(), 440, 0.3, 1.2)


async def test_given_a_caller_who_hangs_up_while_speaking_then_what_was_said_is_kept(
    switchboard: Switchboard, desk: Desk, mailbox: Mailbox
) -> None:
    async with calling(switchboard, desk) as call:
        await at_the_tone(call, "zh")
        call.rtp.say(WORDS)
        await asyncio.sleep(1.5)
    await gone_from(switchboard, desk)
    sound = mailbox.sound()
    assert 0.8 < sound.seconds < 2.5
    assert hears(sound, 440, 0.3, sound.seconds)


async def test_given_silence_after_the_message_then_the_caller_need_not_press_anything(
    switchboard: Switchboard, desk: Desk, mailbox: Mailbox
) -> None:
    async with calling(switchboard, desk) as call:
        await at_the_tone(call, "zh")
        await speak(call, WORDS, 1)
        await until(call, "zh/voicemail-kept", within=15)
    assert hears(mailbox.sound(), 440, 0.3, 0.8)


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_given_key_1_then_the_message_is_heard_and_key_2_then_it_is_recorded_anew(
    switchboard: Switchboard, desk: Desk, mailbox: Mailbox, language: str
) -> None:
    async with calling(switchboard, desk) as call:
        await at_the_tone(call, language)
        await speak(call, WORDS, 1.5)
        call.rtp.press("#")
        await until(call, f"{language}/voicemail-review")
        call.rtp.press("1")
        async with asyncio.timeout(10):
            while not tones_in(call, [WORDS.frequency]):
                await asyncio.sleep(0.1)
        call.rtp.forget()
        await until(call, f"{language}/voicemail-review")
        call.rtp.press("2")
        await until(call, "beep")
        await speak(call, OTHER_WORDS, 1.5)
        call.rtp.press("#")
        await until(call, f"{language}/voicemail-review")
        assert len(mailbox.files()) == 1
    sound = mailbox.sound()
    assert hears(sound, 1500, 0.3, 1.2)
    assert not hears(sound, 440, 0.0, 1.2, share=0.1)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("moment", ["while it is asked for", "while it is spoken", "when it can be heard again"])
async def test_given_key_0_at_any_step_then_the_caller_waits_for_an_operator(
    switchboard: Switchboard, desk: Desk, language: str, moment: str
) -> None:
    async with calling(switchboard, desk) as call:
        await choose(call, language, "8")
        await until(call, f"{language}/voicemail-ask")
        if moment != "while it is asked for":
            await until(call, "beep")
            await speak(call, WORDS, 1)
        if moment == "when it can be heard again":
            call.rtp.press("#")
            await until(call, f"{language}/voicemail-review")
        call.rtp.press("0")
        await in_queue(switchboard, desk.queue)
        assert f"{language}/please-hold" in heard(call)


@pytest.mark.parametrize(
    ("last", "left"),
    [("zh/voicemail-ask", {0}), ("beep", {0, 1}), ("zh/voicemail-review", {1}), ("zh/voicemail-kept", {1})],
)
async def test_given_a_caller_who_leaves_at_any_step_then_nothing_of_him_stays_but_the_message(
    switchboard: Switchboard, server: AgiServer, desk: Desk, mailbox: Mailbox, last: str, left: set[int]
) -> None:
    async with calling(switchboard, desk) as call:
        await choose(call, "zh", "8")
        await until(call, "zh/voicemail-ask")
        if last != "zh/voicemail-ask":
            await until(call, "beep")
        if last in ("zh/voicemail-review", "zh/voicemail-kept"):
            await speak(call, WORDS, 1)
            call.rtp.press("#")
            await until(call, "zh/voicemail-review")
        if last == "zh/voicemail-kept":
            call.rtp.press("#")
            await until(call, "zh/voicemail-kept")
    await gone(switchboard, server)
    await gone_from(switchboard, desk)
    assert len(mailbox.files()) in left


async def test_given_a_caller_who_never_sends_sound_then_the_longest_message_ends_it(
    switchboard: Switchboard, desk: Desk
) -> None:
    async with calling(switchboard, desk) as call:
        await at_the_tone(call, "zh")
        call.rtp.mute(on=True)
        await until(call, "zh/voicemail-review", within=15)
        await until(call, "zh/voicemail-kept", within=15)
        facts = await call.ended()
    assert facts.ended_by is EndedBy.OTHER_SIDE


async def test_given_the_menus_server_ends_while_a_message_is_spoken_then_the_message_is_kept_all_the_same(
    switchboard: Switchboard, server: AgiServer, desk: Desk, mailbox: Mailbox
) -> None:
    async with calling(switchboard, desk) as call:
        await at_the_tone(call, "zh")
        await server.close()
        await speak(call, WORDS, 1.5)
        call.rtp.press("#")
        await until(call, "zh/voicemail-review")
        call.rtp.press("#")
        await until(call, "zh/voicemail-kept")
    assert hears(mailbox.sound(), 440, 0.3, 1.2)


@pytest.mark.parametrize("key", ["", "0"])
async def test_given_a_caller_who_has_waited_in_vain_then_a_message_may_be_left_or_the_wait_goes_on(
    switchboard: Switchboard, mailbox: Mailbox, key: str
) -> None:
    desk = switchboard.next_desk()
    async with calling(switchboard, desk) as call:
        await in_queue(switchboard, desk.queue)
        asked = re.compile(rf"voicemail +{desk.number} .*both/voicemail-ask")
        await switchboard.until("core show channels verbose", lambda text: bool(asked.search(text)), within=60)
        if key:
            await switchboard.beat()
            call.rtp.press(key)
            await in_queue(switchboard, desk.queue)
        else:
            call.rtp.forget()  # half a minute of music, which takes long to measure
            await until(call, "beep")
            await speak(call, WORDS, 1.5)
            call.rtp.press("#")
            await until(call, "both/voicemail-review")
            call.rtp.press("#")
            await call.ended()
            assert heard(call)[-2:] == ["both/voicemail-kept", "both/goodbye"]
    assert len(mailbox.files()) == (not key)


async def gone_from(switchboard: Switchboard, desk: Desk) -> None:
    await switchboard.until("core show channels", lambda text: f"{desk.number}@" not in text)
