"""What the dialplan lets whom do, recording exclusions and transfers that nobody takes."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from callcenter.simulator.behaviours import answers, in_turn, rings_unanswered
from callcenter.simulator.codecs import Tone
from callcenter.simulator.dialog import Dialog
from callcenter.simulator.facts import DialogState
from callcenter.simulator.hearing import read_recording, tone_share
from tests.pbx.switchboard import Desk, Switchboard

OUTSIDE_NUMBER = "13900000002"


@pytest.fixture(autouse=True)
async def living_application(switchboard: Switchboard) -> None:
    await switchboard.beat()


async def channel_of(switchboard: Switchboard, call: Dialog) -> tuple[str, str]:
    """The exchange's channel of a guest's call, and its unique id."""
    for line in (await switchboard.rx("core show channels concise")).splitlines():
        name, unique_id = line.split("!")[0], line.split("!")[-1]
        if name.startswith("PJSIP/trunk") and call.call_id in await switchboard.rx(f"core show channel {name}"):
            return name, unique_id
    raise AssertionError("the call has no channel")


def recordings(switchboard: Switchboard) -> set[Path]:
    return set(switchboard.monitor_folder.rglob("*.raw"))


@pytest.mark.parametrize("number", ["9999", OUTSIDE_NUMBER])
async def test_given_the_outside_world_when_calling_no_line_of_ours_then_there_is_no_such_number(
    switchboard: Switchboard, number: str
) -> None:
    async with switchboard.guest() as guest:
        assert (await guest.call(number).ended()).final_status == 404


async def test_given_a_staff_phone_when_calling_outside_then_both_sides_are_recorded_apart(
    switchboard: Switchboard, desk: Desk
) -> None:
    before = recordings(switchboard)
    async with (
        switchboard.phone(desk.first, media=Tone(400)) as staff,
        switchboard.carrier(answers(after=0.3), media=Tone(600)),
    ):
        call = staff.call(OUTSIDE_NUMBER)
        await call.answered()
        await asyncio.sleep(1.5)
        await call.bye()
    (file,) = recordings(switchboard) - before
    sound = read_recording(file)
    assert tone_share(sound.heard, 600) > 0.9
    assert tone_share(sound.said, 400) > 0.9


async def test_given_a_staff_phone_when_dialling_the_fire_brigade_then_it_is_put_through(
    switchboard: Switchboard, desk: Desk
) -> None:
    async with (
        switchboard.phone(desk.first) as staff,
        switchboard.carrier(answers()) as carrier,
    ):
        call = staff.call("119")
        await call.answered()
        assert (await carrier.next_call()).facts().number == "119"
        await call.bye()


async def test_given_an_excluded_number_when_it_calls_then_nothing_is_recorded(
    switchboard: Switchboard, desk: Desk
) -> None:
    before = recordings(switchboard)
    await switchboard.rx("database put norecord 13700000009 1")
    async with switchboard.phone(desk.first, answers(), media=Tone(400)), switchboard.guest() as guest:
        for caller in ("13700000009", "13700000008"):
            call = guest.call(desk.number, caller_id=caller, media=Tone(600))
            await call.answered()
            await asyncio.sleep(0.5)
            await call.bye()
            await switchboard.until_state(desk.first, "Not in use")
    assert len(recordings(switchboard) - before) == 1


async def test_given_a_guest_is_transferred_to_a_room_then_the_recording_ends_there(
    switchboard: Switchboard, desk: Desk
) -> None:
    async with (
        switchboard.phone(desk.first, answers(), media=Tone(400)) as operator,
        switchboard.phone(desk.room, answers(), media=Tone(900)) as room,
        switchboard.guest(media=Tone(600)) as guest,
    ):
        call = guest.call(desk.number)
        await call.answered()
        talk = await operator.next_call()
        await asyncio.sleep(0.5)
        channel, unique_id = await channel_of(switchboard, call)
        await switchboard.redirect(channel, desk.room)
        await (await room.next_call()).answered()
        await talk.ended()
        await asyncio.sleep(1)
        facts = await call.bye()
    (file,) = switchboard.monitor_folder.rglob(f"{unique_id}.raw")
    sound = read_recording(file)
    assert sound.said.seconds < facts.talk_seconds - 0.8
    assert tone_share(sound.said, 400) > 0.5
    assert tone_share(sound.said, 900) == 0


async def test_given_a_blind_transfer_that_nobody_takes_then_the_guest_returns_to_who_transferred(
    switchboard: Switchboard, desk: Desk
) -> None:
    async with (
        switchboard.phone(desk.first, in_turn([answers(), answers()])) as operator,
        switchboard.phone(desk.supervisor, rings_unanswered()) as absent,
        switchboard.guest() as guest,
    ):
        call = guest.call(desk.number)
        await call.answered()
        talk = await operator.next_call()
        await talk.refer(desk.supervisor)
        channel, _ = await channel_of(switchboard, call)
        await switchboard.redirect(channel, desk.supervisor)
        await absent.next_call()
        await switchboard.beat()
        await (await operator.next_call(within=25)).answered()
        assert call.state is DialogState.UP
        await call.bye()


async def test_given_a_room_phone_when_dialling_nought_then_an_operator_rings(
    switchboard: Switchboard,
) -> None:
    desk = switchboard.desk_of_first_line
    async with switchboard.phone(desk.room) as room, switchboard.phone(desk.first, answers()):
        call = room.call("0")
        await call.answered()
        await call.bye()
