"""Room telephones without the application: class of service, emergency numbers, guests who are not connected.

All of it is read from AstDB by the dialplan alone (requirements 4, telephone-room); no heartbeat is sent here.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from callcenter.pbx.actions import Actions
from callcenter.simulator.behaviours import answers, in_turn, passing, rings_unanswered
from callcenter.simulator.facts import WaitedTooLong
from callcenter.simulator.phone import Phone
from callcenter.telephony import PhoneClass, RoomPhone
from tests.pbx.house import orders
from tests.pbx.switchboard import Desk, Switchboard
from tests.pbx.test_dialplan import channel_of, recordings

LOCAL, NATIONAL, INTERNATIONAL = "62345678", "075588888888", "0085221234567"
CLASSES = list(PhoneClass)
REFUSED = 403
A_WORD = 0.3
"""Seconds that an operator talks before handing over: one who is not connected yet cannot (Asterisk: 400)."""

ABSENT = 480


@pytest_asyncio.fixture
async def actions(switchboard: Switchboard) -> AsyncIterator[Actions]:
    async with orders(switchboard) as actions:
        yield actions


@pytest_asyncio.fixture(autouse=True)
async def dead_application(switchboard: Switchboard) -> None:
    await switchboard.rx("dialplan set global HOTEL_HEARTBEAT 0")


async def give(
    actions: Actions, room: str, phone_class: PhoneClass, *, connectable: bool = True, allowed: tuple[str, ...] = ()
) -> None:
    name = f"room-{room}-{time.monotonic_ns()}"
    await actions.set_room_phone(room, RoomPhone(phone_class, connectable, allowed), name)


async def not_rung(phone: Phone) -> None:
    """Nothing has reached a phone; whoever would ring it has been answered already."""
    with pytest.raises(WaitedTooLong):
        await phone.next_call(within=0.1)


@pytest.mark.parametrize("phone_class", CLASSES)
async def test_given_a_class_of_service_when_a_room_dials_outside_then_only_what_the_class_includes_goes_out(
    switchboard: Switchboard, actions: Actions, desk: Desk, phone_class: PhoneClass
) -> None:
    await give(actions, desk.room, phone_class)
    includes = {
        LOCAL: phone_class in CLASSES[2:],
        "13912345678": phone_class in CLASSES[2:],
        "12345": phone_class in CLASSES[2:],
        NATIONAL: phone_class in CLASSES[3:],
        INTERNATIONAL: phone_class in CLASSES[4:],
    }
    async with switchboard.phone(desk.room) as room, switchboard.carrier(answers()) as carrier:
        for number, goes_out in includes.items():
            call = room.call(f"9{number}")
            if not goes_out:
                assert (await call.ended()).final_status == REFUSED, number
                continue
            await call.answered()
            assert (await carrier.next_call()).facts().number == number
            await call.bye()


async def test_given_a_room_that_calls_outside_then_the_house_number_is_shown_and_nothing_is_recorded(
    switchboard: Switchboard, actions: Actions, desk: Desk
) -> None:
    before = recordings(switchboard)
    await give(actions, desk.room, PhoneClass.LOCAL)
    async with switchboard.phone(desk.room) as room, switchboard.carrier(answers()) as carrier:
        call = room.call(f"9{LOCAL}")
        await call.answered()
        taken = await carrier.next_call()
        assert taken.facts().caller == switchboard.desk_of_first_line.number
        await asyncio.sleep(0.5)
        await call.bye()
    assert recordings(switchboard) == before


async def test_given_a_room_never_provided_when_it_dials_outside_then_it_has_the_class_of_a_vacant_room(
    switchboard: Switchboard,
) -> None:
    desk, other = switchboard.next_desk(), switchboard.next_desk()
    for room in (desk.room, other.room):
        await switchboard.rx(f"database del room {room}")
    async with switchboard.phone(desk.room) as room, switchboard.phone(other.room, answers()):
        assert (await room.call(f"9{LOCAL}").ended()).final_status == REFUSED
        call = room.call(other.room)
        await call.answered()
        await call.bye()


async def test_given_a_barred_room_when_it_dials_another_room_then_it_is_refused(
    switchboard: Switchboard, actions: Actions, desk: Desk
) -> None:
    other = switchboard.next_desk()
    await give(actions, desk.room, PhoneClass.BARRED)
    async with switchboard.phone(desk.room) as room, switchboard.phone(other.room, answers()):
        assert (await room.call(other.room).ended()).final_status == REFUSED


async def test_given_a_confidential_or_vacant_room_when_another_room_dials_it_then_it_does_not_ring(
    switchboard: Switchboard, actions: Actions, desk: Desk
) -> None:
    other = switchboard.next_desk()
    await give(actions, desk.room, PhoneClass.INTERNAL)
    await give(actions, other.room, PhoneClass.NATIONAL, connectable=False)
    async with switchboard.phone(desk.room) as room, switchboard.phone(other.room, answers()) as asked:
        seen = await room.call(other.room).ended()
        assert (seen.final_status, seen.ringing_seconds) == (ABSENT, None)
        await not_rung(asked)


@pytest.mark.parametrize("phone_class", [PhoneClass.INTERNAL, PhoneClass.INTERNATIONAL])
async def test_given_a_confidential_or_vacant_room_when_a_caller_is_transferred_there_then_the_operator_has_him_back(
    switchboard: Switchboard, actions: Actions, desk: Desk, phone_class: PhoneClass
) -> None:
    await give(actions, desk.room, phone_class, connectable=False)
    async with (
        switchboard.phone(desk.first, in_turn([answers(), answers()])) as operator,
        switchboard.phone(desk.room, answers()) as room,
        switchboard.guest() as guest,
    ):
        call = guest.call(desk.number)
        await call.answered()
        talk = await operator.next_call()
        await talk.answered()
        await passing(talk, A_WORD)
        assert await talk.refer(desk.room) == 202
        await (await operator.next_call(within=5)).answered()
        await not_rung(room)
        await call.bye()


@pytest.mark.parametrize("shown", ["13800000042", "+8613800000042", "008613800000042"])
async def test_given_a_confidential_guest_who_expects_a_caller_when_he_is_transferred_then_the_room_rings(
    switchboard: Switchboard, actions: Actions, desk: Desk, shown: str
) -> None:
    await give(actions, desk.room, PhoneClass.LOCAL, connectable=False, allowed=("0999", "3800000042"))
    async with (
        switchboard.phone(desk.first, answers()) as operator,
        switchboard.phone(desk.room, rings_unanswered()) as room,
        switchboard.guest() as guest,
    ):
        call = guest.call(desk.number, caller_id=shown)
        await call.answered()
        talk = await operator.next_call()
        await talk.answered()
        await passing(talk, A_WORD)
        assert await talk.refer(desk.room) == 202
        await room.next_call(within=5)
        await call.bye()


@pytest.mark.parametrize("shown", ["13800000043", "42", "anonymous"])
async def test_given_a_confidential_guest_who_expects_another_caller_when_somebody_is_transferred_then_he_comes_back(
    switchboard: Switchboard, actions: Actions, desk: Desk, shown: str
) -> None:
    await give(actions, desk.room, PhoneClass.LOCAL, connectable=False, allowed=("3800000042",))
    async with (
        switchboard.phone(desk.first, in_turn([answers(), answers()])) as operator,
        switchboard.phone(desk.room, answers()) as room,
        switchboard.guest() as guest,
    ):
        call = guest.call(desk.number, caller_id=shown)
        await call.answered()
        talk = await operator.next_call()
        await talk.answered()
        await passing(talk, A_WORD)
        assert await talk.refer(desk.room) == 202
        await (await operator.next_call(within=5)).answered()
        await not_rung(room)
        await call.bye()


async def test_given_a_confidential_guest_who_expects_a_room_when_it_dials_then_it_rings_and_others_do_not(
    switchboard: Switchboard, actions: Actions, desk: Desk
) -> None:
    friend, stranger = switchboard.next_desk(), switchboard.next_desk()
    for room in (friend.room, stranger.room):
        await give(actions, room, PhoneClass.INTERNAL)
    await give(actions, desk.room, PhoneClass.LOCAL, connectable=False, allowed=(friend.room,))
    async with (
        switchboard.phone(desk.room, answers()) as asked,
        switchboard.phone(friend.room) as one,
        switchboard.phone(stranger.room) as other,
    ):
        assert (await other.call(desk.room).ended()).final_status == ABSENT
        call = one.call(desk.room)
        await call.answered()
        await asked.next_call()
        await call.bye()


async def test_given_a_registered_guest_when_a_caller_is_transferred_then_the_room_rings(
    switchboard: Switchboard, actions: Actions, desk: Desk
) -> None:
    await give(actions, desk.room, PhoneClass.INTERNAL)
    async with (
        switchboard.phone(desk.first, answers()),
        switchboard.phone(desk.room, rings_unanswered()) as room,
        switchboard.guest() as guest,
    ):
        call = guest.call(desk.number)
        await call.answered()
        channel, _ = await channel_of(switchboard, call)
        await switchboard.redirect(channel, desk.room)
        await room.next_call()
        await call.bye()


async def test_given_what_was_provided_then_it_is_read_back(
    switchboard: Switchboard, actions: Actions, desk: Desk
) -> None:
    wanted = RoomPhone(PhoneClass.NATIONAL, connectable=False)
    await give(actions, desk.room, wanted.phone_class, connectable=False)
    assert (await actions.room_phones())[desk.room] == wanted


async def test_given_a_dead_application_when_a_room_asks_for_a_wake_up_then_an_operator_rings(
    switchboard: Switchboard,
) -> None:
    desk = switchboard.desk_of_first_line
    async with switchboard.phone(desk.room) as room, switchboard.phone(desk.first, answers()) as operator:
        call = room.call("55")
        await call.answered()
        await operator.next_call()
        await call.bye()
