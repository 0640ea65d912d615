"""A guest keys a wake-up call on the room's telephone, with the whole application, alive and dead (requirements 4)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from callcenter.calls.models import Call
from callcenter.clock import SystemClock
from callcenter.simulator.behaviours import answers
from callcenter.simulator.dialog import Dialog
from callcenter.staff.audit import AuditLog
from callcenter.stays import checking_in, wake_ups
from callcenter.stays.checking_in import Registration
from callcenter.stays.kinds import Source, WakeUpState
from callcenter.stays.models import WakeUp
from callcenter.stays.persons import Person
from callcenter.stays.scope import House as TheHouse
from callcenter.stays.scope import Scope, StayRules
from callcenter.telephony import PhoneClass
from tests.pbx.house import House, running_house
from tests.pbx.switchboard import Desk, Switchboard


@pytest.fixture
def house(switchboard: Switchboard, tmp_path: Path) -> Iterator[House]:
    with running_house(switchboard, tmp_path) as house:
        yield house


async def register(
    house: House, room: str, *, confidential: bool = False, phone_class: PhoneClass = PhoneClass.LOCAL
) -> None:
    """Somebody checks in, as the reception's page does it."""
    clock = SystemClock()
    rules = StayRules.of(house.settings)
    form = Registration(
        room=room,
        departure=rules.day_of(clock.now()) + timedelta(days=2),
        persons=(Person("Guest Example"),),
        phone_class=phone_class,
        confidential=confidential,
    )
    async with house.books() as database, database.begin() as session:
        await checking_in.check_in(Scope(session, TheHouse("test"), clock.now(), rules, AuditLog(clock)), form)


async def press(call: Dialog, keys: str) -> None:
    """Press keys one after the other, as a thumb does."""
    for key in keys:
        call.rtp.press(key)
        await asyncio.sleep(0.35)


async def kept(house: House) -> list[WakeUp]:
    async with house.books() as database, database.read() as session:
        return list(await session.scalars(select(WakeUp)))


async def records_of(house: House, room: str, number: str) -> list[Call]:
    """The records of calls from a room to a number; tests before this one may have called others from there."""
    async with house.books() as database, database.read() as session:
        return list(await session.scalars(select(Call).where(Call.caller == room, Call.line == number)))


async def test_given_a_guest_when_a_time_is_keyed_and_confirmed_then_it_is_kept_for_the_room(
    switchboard: Switchboard, house: House, desk: Desk
) -> None:
    await register(house, desk.room)
    async with switchboard.phone(desk.room) as room:
        call = room.call("55")
        await call.answered()
        await press(call, "0631")
        await press(call, "1")
        await call.ended(within=15)
    (wake_up,) = await kept(house)
    rules = StayRules.of(house.settings)
    local = wake_up.due_at.astimezone(rules.zone)
    assert (f"{local:%H:%M}", wake_up.source, wake_up.state) == ("06:31", Source.ROOM_PHONE, WakeUpState.DUE)
    assert wake_up.due_at == wake_ups.next_time(local.time(), SystemClock().now(), rules.zone)


async def test_given_a_guest_who_hangs_up_before_confirming_then_nothing_is_kept(
    switchboard: Switchboard, house: House, desk: Desk
) -> None:
    await register(house, desk.room)
    async with switchboard.phone(desk.room) as room:
        call = room.call("55")
        await call.answered()
        await press(call, "0631")
        await call.bye()

    async def talked() -> bool:
        return "wake_up_talked" in house.log

    await house.until(talked, "the end of the talk")
    assert await kept(house) == []


async def test_given_a_room_without_a_guest_when_a_time_is_confirmed_then_an_operator_rings(
    switchboard: Switchboard, house: House
) -> None:
    desk = switchboard.desk_of_first_line
    async with switchboard.phone(desk.room) as room, switchboard.phone(desk.first, answers()) as operator:
        call = room.call("55")
        await call.answered()
        await press(call, "06311")
        await (await operator.next_call()).answered()
        await call.bye()
    assert await kept(house) == []


async def test_given_the_application_dies_while_a_time_is_keyed_then_an_operator_rings(
    switchboard: Switchboard, house: House
) -> None:
    desk = switchboard.desk_of_first_line
    async with switchboard.phone(desk.room) as room, switchboard.phone(desk.first, answers()) as operator:
        call = room.call("55")
        await call.answered()
        await press(call, "06")
        house.kill()
        await (await operator.next_call(within=15)).answered()
        await call.bye()


async def test_given_a_check_in_when_the_application_lives_then_the_room_is_opened_and_after_its_death_too(
    switchboard: Switchboard, house: House, desk: Desk
) -> None:
    await register(house, desk.room)
    house.end()
    house.start()

    async def opened() -> bool:
        return "local:open" in await switchboard.rx(f"database get room {desk.room}")

    await house.until(opened, "the class of service")
    house.kill()
    async with switchboard.phone(desk.room) as room, switchboard.carrier(answers()) as carrier:
        call = room.call("962345678")
        await call.answered()
        assert (await carrier.next_call()).facts().number == "62345678"
        await call.bye()


async def test_given_a_call_outside_from_a_room_when_it_ends_then_the_record_names_room_and_number(
    switchboard: Switchboard, house: House, desk: Desk
) -> None:
    await register(house, desk.room, phone_class=PhoneClass.NATIONAL)
    house.end()
    house.start()  # which lets the exchange know of the stay

    async def opened() -> bool:
        return "national:open" in await switchboard.rx(f"database get room {desk.room}")

    await house.until(opened, "the class of service")
    async with switchboard.phone(desk.room) as room, switchboard.carrier(answers()):
        call = room.call("9075588888888")
        await call.answered()
        await asyncio.sleep(1)
        await call.bye()

    async def known() -> bool:
        return any(record.ended_at is not None for record in await records_of(house, desk.room, "075588888888"))

    await house.until(known, "the record")
    (record,) = await records_of(house, desk.room, "075588888888")
    assert record.direction == "outbound"
    assert record.talk_seconds > 0.5
