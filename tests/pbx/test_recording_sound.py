"""What is recorded of a call and what is not: from the answer to the hang-up, as long as our staff are in it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from callcenter.clock import SystemClock
from callcenter.pbx.actions import Actions
from callcenter.pbx.bridge import AmiBridge
from callcenter.simulator.behaviours import answers, passing, rejects
from callcenter.simulator.dialog import Dialog
from callcenter.simulator.phone import Phone
from callcenter.simulator.rtp import Hearing
from callcenter.telephony import LinkState
from tests.pbx.sound_checks import CALLER, FIRST, LENGTH, SECOND, Recording, channel_of, ear, recording_of, since
from tests.pbx.switchboard import GREETING_TONE, MUSIC_TONE, Desk, Switchboard, until_heard

OUTSIDE_NUMBER = "13912345678"


@dataclass(slots=True)
class Talk:
    """An outside caller and the operator who has answered him."""

    call: Dialog
    leg: Dialog
    operator: Phone
    channel: str
    unique_id: str


@pytest.fixture(autouse=True)
async def living_application(switchboard: Switchboard) -> None:
    await switchboard.beat()


@pytest.fixture
async def actions(switchboard: Switchboard) -> AsyncIterator[Actions]:
    """What the application may ask of the exchange, over its own link."""
    up = asyncio.Event()
    bridge = AmiBridge(
        "127.0.0.1",
        switchboard.settings.pbx.ami_port,
        "callcenter",
        switchboard.secrets.ami,
        lambda message, arrived_at: None,
        clock=SystemClock(),
        on_status=lambda status: up.set() if status.state is LinkState.UP else None,
    )
    await bridge.start()
    async with asyncio.timeout(10):
        await up.wait()
    yield Actions(bridge)
    await bridge.close()


@asynccontextmanager
async def talking(board: Switchboard, desk: Desk, caller: str = "") -> AsyncIterator[Talk]:
    """Let an outside caller and an operator talk for a second."""
    async with (
        board.phone(desk.first, answers(after=0.5), media=FIRST, hearing=Hearing.KEEP) as operator,
        board.guest(media=CALLER, hearing=Hearing.KEEP) as guest,
    ):
        call = guest.call(desk.number, caller_id=caller or f"138000{desk.number}")
        await call.answered()
        leg = await operator.next_call()
        channel, unique_id = await channel_of(board, call)
        await passing(leg, 1)
        yield Talk(call, leg, operator, channel, unique_id)


def now() -> float:
    """Return this moment on the phones' line of time."""
    return asyncio.get_running_loop().time()


def recordings(board: Switchboard) -> set[Path]:
    """Return every file in the exchange's recording folder."""
    return {path for path in board.monitor_folder.rglob("*") if path.is_file()}


async def test_given_a_call_that_rings_first_then_its_recording_begins_with_the_answer_and_ends_with_the_call(
    switchboard: Switchboard, desk: Desk
) -> None:
    async with talking(switchboard, desk) as talk:
        over = now()
        facts = await talk.call.bye()
    recorded = await recording_of(switchboard, talk.call, talk.unique_id)
    assert facts.ringing_seconds == pytest.approx(0.5, abs=0.3)
    assert recorded.seconds == pytest.approx(facts.talk_seconds, abs=LENGTH)
    recorded.said.has(FIRST, since(talk.call), over)
    recorded.heard.has(CALLER, since(talk.call), over)
    recorded.said.has_not(CALLER, since(talk.call), over, but_for=0)
    recorded.heard.has_not(FIRST, since(talk.call), over, but_for=0)


async def test_given_greeting_queue_hold_and_transfer_then_one_recording_covers_all_of_it(
    switchboard: Switchboard, desk: Desk
) -> None:
    async with (
        switchboard.guest(media=CALLER, hearing=Hearing.KEEP) as guest,
        switchboard.phone(desk.supervisor, answers(), media=SECOND) as colleague,
    ):
        call = guest.call(desk.number, caller_id=f"138000{desk.number}")
        await call.answered()
        channel, unique_id = await channel_of(switchboard, call)
        await until_heard(call, MUSIC_TONE)
        async with switchboard.phone(desk.first, answers(), media=FIRST) as operator:
            leg = await operator.next_call(within=15)
            joined = (await leg.answered()).monotonic
            await passing(leg, 1)
            left = now()
            await leg.hold()
            await passing(leg, 0.5)
            await leg.unhold()
            await passing(leg, 0.5)
            await switchboard.redirect(channel, desk.supervisor)
            taken = await colleague.next_call()
            taken_at = (await taken.answered()).monotonic
            await passing(taken, 1)
            over = now()
            facts = await call.bye()
    recorded = await recording_of(switchboard, call, unique_id)
    assert recorded.seconds == pytest.approx(facts.talk_seconds, abs=LENGTH)
    assert recorded.said.longest_with(GREETING_TONE, since(call), joined) == pytest.approx(0.6, abs=0.2)
    assert recorded.said.longest_with(MUSIC_TONE, since(call), joined) > 0.1
    recorded.said.has(FIRST, joined, left)
    recorded.said.has(SECOND, taken_at, over)
    recorded.heard.has(CALLER, since(call), over)


async def test_given_a_caller_who_gives_up_ringing_then_nothing_of_him_is_recorded(
    switchboard: Switchboard, desk: Desk
) -> None:
    async with switchboard.phone(desk.first), switchboard.guest(media=CALLER) as guest:
        call = guest.call(desk.number, caller_id=f"138000{desk.number}")
        await call.rang()
        _, unique_id = await channel_of(switchboard, call)
        await call.cancel()
        await switchboard.until(f"queue show {desk.queue}-first", lambda text: "has 0 calls" in text)
    assert sum(path.stat().st_size for path in recordings(switchboard) if path.stem == unique_id) == 0


async def test_given_staff_who_leave_the_call_to_a_room_then_the_rest_is_not_recorded(
    switchboard: Switchboard, desk: Desk
) -> None:
    async with (
        talking(switchboard, desk) as talk,
        switchboard.phone(desk.room, answers(), media=SECOND, hearing=Hearing.KEEP) as room,
    ):
        await switchboard.redirect(talk.channel, desk.room)
        left = now()
        taken = await room.next_call()
        joined = (await taken.answered()).monotonic
        await passing(taken, 1.5)
        over = now()
        await talk.call.bye()
    ear("the caller", talk.call).has(SECOND, joined, over)
    ear("the room", taken).has(CALLER, joined, over)
    recorded = await recording_of(switchboard, talk.call, talk.unique_id)
    assert recorded.seconds == pytest.approx(left - since(talk.call), abs=LENGTH)
    recorded.said.has_not(SECOND, since(talk.call), over, but_for=0)


async def test_given_an_excluded_number_when_it_calls_then_it_is_not_recorded_until_it_is_taken_back(
    switchboard: Switchboard, desk: Desk, actions: Actions
) -> None:
    for excluded in (True, False):
        await actions.exclude_from_recording(
            OUTSIDE_NUMBER, f"exclude-{desk.number}-{excluded}".lower(), excluded=excluded
        )
        async with talking(switchboard, desk, OUTSIDE_NUMBER) as talk:
            await talk.call.bye()
        named = {path.stem for path in recordings(switchboard)}
        assert (talk.unique_id in named) is not excluded


async def test_given_a_paused_recording_when_it_is_resumed_then_it_holds_silence_and_its_length_is_kept(
    switchboard: Switchboard, desk: Desk, actions: Actions
) -> None:
    async with talking(switchboard, desk) as talk:
        await actions.mixmonitor_mute(talk.channel, muted=True)
        paused = now()
        await passing(talk.leg, 1)
        asked = now()
        await actions.mixmonitor_mute(talk.channel, muted=False)
        resumed = now()
        await passing(talk.leg, 1)
        over = now()
        facts = await talk.call.bye()
    recorded = await recording_of(switchboard, talk.call, talk.unique_id)
    assert recorded.seconds == pytest.approx(facts.talk_seconds, abs=LENGTH)
    recorded.said.has_not(FIRST, paused, asked)
    recorded.heard.has_not(CALLER, paused, asked)
    recorded.said.has(FIRST, resumed, over)
    recorded.heard.has(CALLER, resumed, over)
    ear("the caller", talk.call).has(FIRST, paused, over)


async def test_given_a_recording_folder_that_cannot_be_written_then_the_call_goes_on_unrecorded(
    switchboard: Switchboard, desk: Desk
) -> None:
    folder = switchboard.monitor_folder
    aside = folder.with_name("monitor-aside")
    folder.rename(aside)
    folder.write_text("no folder", encoding="ascii")
    try:
        async with talking(switchboard, desk) as talk:
            over = now()
            await talk.call.bye()
    finally:
        folder.unlink()
        aside.rename(folder)
    ear("the caller", talk.call).has(FIRST, since(talk.call) + 0.2, over)
    ear("the operator", talk.leg).has(CALLER, since(talk.call) + 0.2, over)
    assert talk.unique_id not in {path.stem for path in recordings(switchboard)}


async def test_given_staff_who_call_outside_then_the_called_partys_channel_is_recorded_from_its_answer(
    switchboard: Switchboard, desk: Desk
) -> None:
    before = recordings(switchboard)
    async with (
        switchboard.phone(desk.first, media=FIRST, hearing=Hearing.KEEP) as staff,
        switchboard.carrier(answers(after=0.5), media=CALLER, hearing=Hearing.KEEP) as world,
    ):
        call = staff.call(OUTSIDE_NUMBER)
        reached = await world.next_call()
        await call.answered()
        await passing(call, 1.5)
        over = now()
        facts = await call.bye()
        await reached.ended()
    (file,) = recordings(switchboard) - before
    recorded: Recording = await recording_of(switchboard, call, file.stem)
    assert recorded.seconds == pytest.approx(facts.talk_seconds, abs=LENGTH)
    recorded.heard.has(CALLER, since(call), over)
    recorded.said.has(FIRST, since(call), over)


async def test_given_staff_whose_call_outside_fails_then_there_is_no_file(switchboard: Switchboard, desk: Desk) -> None:
    before = recordings(switchboard)
    async with (
        switchboard.phone(desk.first, media=FIRST) as staff,
        switchboard.carrier(rejects(after=0.3)),
    ):
        assert not (await staff.call(OUTSIDE_NUMBER).ended()).answered
    assert recordings(switchboard) == before


async def test_given_a_room_that_calls_the_operator_then_it_is_recorded_unless_the_room_is_excluded(
    switchboard: Switchboard, actions: Actions
) -> None:
    desk = switchboard.desk_of_first_line
    for excluded in (False, True):
        await actions.exclude_from_recording(desk.room, f"exclude-{desk.room}-{excluded}".lower(), excluded=excluded)
        before = recordings(switchboard)
        async with (
            switchboard.phone(desk.first, answers(), media=SECOND) as operator,
            switchboard.phone(desk.room, media=FIRST) as room,
        ):
            call = room.call("0")
            await call.answered()
            await (await operator.next_call()).answered()
            await passing(call, 1)
            await call.bye()
        assert (await actions.numbers_not_recorded()).count(desk.room) == int(excluded)
        assert len(recordings(switchboard) - before) == int(not excluded)
    await actions.exclude_from_recording(desk.room, f"include-{desk.room}", excluded=False)


async def test_given_two_rooms_that_talk_then_nothing_is_recorded(switchboard: Switchboard, desk: Desk) -> None:
    other, before = switchboard.next_desk(), recordings(switchboard)
    async with (
        switchboard.phone(desk.room, media=FIRST, hearing=Hearing.KEEP) as one,
        switchboard.phone(other.room, answers(), media=SECOND, hearing=Hearing.KEEP),
    ):
        call = one.call(other.room)
        joined = (await call.answered()).monotonic
        await passing(call, 1)
        over = now()
        await call.bye()
    ear("the calling room", call).has(SECOND, joined + 0.2, over)
    assert recordings(switchboard) == before
