"""Calls of and to room telephones by the dialplan alone: do not disturb, night screening, 0, speed keys.

telephone-room, calls. No heartbeat is sent here: all of it holds with the application dead.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from callcenter.pbx.actions import Actions
from callcenter.simulator.behaviours import answers, in_turn, passing, rejects, rings_unanswered
from callcenter.simulator.codecs import Tone
from callcenter.simulator.dialog import Dialog
from callcenter.simulator.facts import EndedBy
from callcenter.simulator.hearing import Sound, tones_over_time
from callcenter.simulator.phone import Behaviour, Phone
from callcenter.simulator.rtp import Hearing
from callcenter.telephony import PhoneClass, RoomPhone
from tests.pbx.house import orders
from tests.pbx.switchboard import BOTH_TONES, FRONT_DESK_AFTER, Desk, Switchboard, desk_of
from tests.pbx.test_dialplan import recordings
from tests.pbx.test_emergency import until_hears
from tests.pbx.test_room_phones import A_WORD, not_rung

GUEST = 440


@pytest_asyncio.fixture
async def actions(switchboard: Switchboard) -> AsyncIterator[Actions]:
    async with orders(switchboard) as actions:
        yield actions


@pytest_asyncio.fixture(autouse=True)
async def dead_application(switchboard: Switchboard) -> None:
    await switchboard.rx("dialplan set global HOTEL_HEARTBEAT 0")


@pytest_asyncio.fixture
async def night(switchboard: Switchboard) -> AsyncIterator[None]:
    """It is the time of day at which outside callers are announced."""
    await switchboard.rx("dialplan set global SCREEN_UNTIL 2400")
    yield
    await switchboard.rx("dialplan set global SCREEN_UNTIL 0000")


async def quiet(actions: Actions, room: str, seconds: float) -> None:
    until = (datetime.now(UTC) + timedelta(seconds=seconds)).replace(microsecond=0)
    wanted = RoomPhone(PhoneClass.LOCAL, connectable=True, quiet_until=until)
    await actions.set_room_phone(room, wanted, f"quiet-{room}-{time.monotonic_ns()}")
    assert (await actions.room_phones())[room] == wanted


async def handed_over(operator: Phone, guest: Phone, desk: Desk) -> tuple[Dialog, Dialog]:
    """An outside caller talks with an operator, who transfers him to the desk's room."""
    call = guest.call(desk.number)
    await call.answered()
    talk = await operator.next_call()
    await talk.answered()
    await passing(talk, A_WORD)
    assert await talk.refer(desk.room) == 202
    return call, talk


def keys(key: str) -> Behaviour:
    """Pick up and, when the announcement is heard, press a key; nothing for none."""

    async def behave(dialog: Dialog) -> None:
        dialog.ring()
        dialog.answer()
        await until_hears(dialog, BOTH_TONES["night-call"])
        if key:
            dialog.rtp.press(key)
        else:
            await dialog.bye()

    return behave


async def test_given_do_not_disturb_when_another_room_dials_then_it_does_not_ring_and_a_message_is_offered(
    switchboard: Switchboard, actions: Actions, desk: Desk
) -> None:
    other, line = switchboard.next_desk(), switchboard.desk_of_first_line
    await quiet(actions, desk.room, 60)
    async with (
        switchboard.phone(desk.room, answers()) as asked,
        switchboard.phone(other.room, hearing=Hearing.KEEP) as room,
        switchboard.phone(line.first, answers()) as operator,
    ):
        call = room.call(desk.room)
        await call.answered()
        await until_hears(call, BOTH_TONES["room-quiet"])
        call.rtp.press("1")
        await operator.next_call()
        await not_rung(asked)
        await call.bye()


async def test_given_do_not_disturb_when_a_caller_is_transferred_then_the_operator_has_him_back(
    switchboard: Switchboard, actions: Actions, desk: Desk
) -> None:
    await quiet(actions, desk.room, 60)
    async with (
        switchboard.phone(desk.first, in_turn([answers(), answers()])) as operator,
        switchboard.phone(desk.room, answers()) as room,
        switchboard.guest() as guest,
    ):
        call, _ = await handed_over(operator, guest, desk)
        await (await operator.next_call(within=5)).answered()
        await not_rung(room)
        await call.bye()


async def test_given_do_not_disturb_when_its_end_has_come_then_the_room_rings_again(
    switchboard: Switchboard, actions: Actions, desk: Desk
) -> None:
    await quiet(actions, desk.room, -1)
    async with switchboard.phone(desk.room, answers()), switchboard.phone(desk.first) as operator:
        call = operator.call(desk.room)
        await call.answered()
        await call.bye()


async def test_given_do_not_disturb_when_our_own_staff_dial_then_the_room_does_not_ring(
    switchboard: Switchboard, actions: Actions, desk: Desk
) -> None:
    await quiet(actions, desk.room, 60)
    async with switchboard.phone(desk.room, answers()) as room, switchboard.phone(desk.first) as operator:
        assert (await operator.call(desk.room).ended()).final_status == 486
        await not_rung(room)


async def test_given_the_night_when_a_guest_takes_an_outside_call_then_they_talk_and_nothing_more_is_recorded(
    switchboard: Switchboard, actions: Actions, desk: Desk, night: None
) -> None:
    await quiet(actions, desk.room, -1)
    async with (
        switchboard.phone(desk.first, answers()) as operator,
        switchboard.phone(desk.room, keys("1"), hearing=Hearing.KEEP) as room,
        switchboard.guest(media=Tone(GUEST)) as guest,
    ):
        call, _ = await handed_over(operator, guest, desk)
        taken = await room.next_call(within=5)
        await until_hears(taken, BOTH_TONES["night-call"])
        await until_hears(taken, GUEST)
        windows = tones_over_time(Sound(taken.rtp.heard().pcm), [GUEST, BOTH_TONES["night-call"]])
        heard = [tone for window in windows for tone in window.tones]
        assert heard.index(GUEST) > heard.index(BOTH_TONES["night-call"]), "connected before having decided"
        await call.bye()


@pytest.mark.parametrize("key", ["2", ""])
async def test_given_the_night_when_a_guest_declines_then_the_caller_hears_only_the_offer_of_a_message(
    switchboard: Switchboard, actions: Actions, desk: Desk, night: None, key: str
) -> None:
    await quiet(actions, desk.room, -1)
    async with (
        switchboard.phone(desk.first, in_turn([answers(), rings_unanswered()])) as operator,
        switchboard.phone(desk.room, keys(key), hearing=Hearing.KEEP),
        switchboard.guest(hearing=Hearing.KEEP) as guest,
    ):
        call, _ = await handed_over(operator, guest, desk)
        await until_hears(call, BOTH_TONES["voicemail-ask"])
        await not_rung(operator)
        await call.bye()


async def test_given_the_day_when_a_caller_is_transferred_then_the_room_is_connected_unannounced(
    switchboard: Switchboard, actions: Actions, desk: Desk
) -> None:
    await quiet(actions, desk.room, -1)
    async with (
        switchboard.phone(desk.first, answers()) as operator,
        switchboard.phone(desk.room, answers(), hearing=Hearing.KEEP) as room,
        switchboard.guest(media=Tone(GUEST)) as guest,
    ):
        call, _ = await handed_over(operator, guest, desk)
        await until_hears(await room.next_call(within=5), GUEST)
        await call.bye()


async def test_given_a_room_that_dials_0_when_no_operator_answers_then_the_front_desk_rings_too(
    switchboard: Switchboard,
) -> None:
    desk, front_desk = switchboard.desk_of_first_line, desk_of(1).supervisor
    async with (
        switchboard.phone(desk.room) as room,
        switchboard.phone(desk.first, rings_unanswered()) as operator,
        switchboard.phone(front_desk, answers(after=0.5)) as reception,
    ):
        call = room.call("0")
        await operator.next_call()
        began = time.monotonic()
        await reception.next_call(within=FRONT_DESK_AFTER + 2)
        assert time.monotonic() - began > FRONT_DESK_AFTER - 1
        again = await operator.next_call(within=2)
        await call.answered()
        assert (await again.ended()).ended_by is EndedBy.OTHER_SIDE
        await call.bye()


async def test_given_a_speed_key_when_pressed_then_its_phone_rings_and_an_operator_where_it_does_not_answer(
    switchboard: Switchboard,
) -> None:
    desk, pressed = switchboard.desk_of_first_line, desk_of(2).supervisor
    async with (
        switchboard.phone(desk.room) as room,
        switchboard.phone(pressed, in_turn([answers(), rejects()])) as other,
        switchboard.phone(desk.first, answers()) as operator,
    ):
        call = room.call("1")
        await call.answered()
        await other.next_call()
        await call.bye()
        call = room.call("1")
        await operator.next_call()
        await call.answered()
        await call.bye()


async def test_given_a_room_that_is_put_through_then_what_guests_say_to_each_other_is_not_recorded(
    switchboard: Switchboard, actions: Actions, desk: Desk
) -> None:
    other = switchboard.next_desk()
    await quiet(actions, desk.room, -1)
    before = recordings(switchboard)
    async with switchboard.phone(desk.room, answers(), media=Tone(GUEST)), switchboard.phone(other.room) as room:
        call = room.call(desk.room)
        await call.answered()
        await passing(call, 0.5)
        await call.bye()
    assert recordings(switchboard) == before
