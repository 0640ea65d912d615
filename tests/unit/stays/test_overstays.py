"""A guest who should have left and has not: nobody is sold the room over him."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from callcenter.reservations.chart import RoomState, chart, room_state
from callcenter.rooms.models import Holder, RoomNight, TypeNight
from callcenter.rooms.nights import RoomOverstayed, RoomTaken, SoldOut, free_rooms, hold_type, take_room
from callcenter.stays import folio, leaving, staying
from callcenter.stays.kinds import LineKind, PaymentMethod, StayType
from callcenter.stays.models import Stay
from callcenter.stays.overstays import ALARM
from callcenter.stays.residents import StayResidents
from tests.unit.stays.reception import TODAY, TOMORROW, Reception, at

AFTER = TOMORROW + timedelta(days=1)


async def holders(reception: Reception, room: str) -> dict[date, str]:
    """Who holds a room, by night."""
    number = (await reception.room(room)).id
    async with reception.database.read() as session:
        found = select(RoomNight.night, RoomNight.holder).where(RoomNight.room_id == number)
        return {night: holder for night, holder in await session.execute(found)}


async def sold(reception: Reception, night: date) -> int:
    async with reception.database.read() as session:
        return await session.scalar(select(TypeNight.sold).where(TypeNight.night == night)) or 0


async def overstay(reception: Reception, room: str = "0301") -> Stay:
    """Register a guest for a night who is still there at one in the afternoon of the day after."""
    stay = await reception.check_in(room)
    reception.clock.set(at("13:00", TOMORROW))
    await reception.parts.hold_overstays()
    return stay


async def test_given_the_time_to_leave_has_not_come_when_looked_at_then_the_coming_night_can_be_sold(
    reception: Reception,
) -> None:
    await reception.check_in()
    reception.clock.set(at("11:59", TOMORROW))
    await reception.parts.hold_overstays()
    assert (await holders(reception, "0301"), await sold(reception, TOMORROW)) == ({TODAY: "stay"}, 0)


async def test_given_an_overstayed_guest_when_the_room_is_to_be_sold_then_it_is_refused_saying_who_is_in_it(
    reception: Reception,
) -> None:
    await overstay(reception)
    room = await reception.room("0301")
    with pytest.raises(RoomOverstayed) as refused:
        async with reception.database.begin() as session:
            await take_room(session, room, [1, 2], TOMORROW, AFTER, (Holder.RESERVATION, 1))
    assert refused.value.params == {"room": "0301", "night": TOMORROW.isoformat()}
    async with reception.database.read() as session:
        free = await free_rooms(session, room.type_id, TOMORROW, AFTER)
    assert "0301" not in {one.number for one in free}


async def test_given_an_overstayed_guest_when_the_last_room_of_the_type_is_to_be_sold_then_it_is_sold_out(
    reception: Reception,
) -> None:
    await overstay(reception, "0501")
    type_id = (await reception.room("0501")).type_id
    async with reception.database.begin() as session:
        await hold_type(session, type_id, TOMORROW, AFTER, 3, overbook=False)
    with pytest.raises(SoldOut):
        async with reception.database.begin() as session:
            await hold_type(session, type_id, TOMORROW, AFTER, 1, overbook=False)


async def test_given_a_sold_out_type_when_a_guest_overstays_then_that_night_is_overbooked_by_one(
    reception: Reception,
) -> None:
    await reception.check_in("0501")
    type_id = (await reception.room("0501")).type_id
    async with reception.database.begin() as session:
        await hold_type(session, type_id, TOMORROW, AFTER, 4, overbook=False)
    reception.clock.set(at("13:00", TOMORROW))
    await reception.parts.hold_overstays()
    async with reception.database.read() as session:
        night = await session.get_one(TypeNight, (type_id, TOMORROW))
    assert (night.sold, night.rooms, night.overbooking) == (5, 4, 1)


async def test_given_an_overstay_when_looked_at_again_then_it_is_counted_and_logged_once(reception: Reception) -> None:
    stay = await overstay(reception)
    await reception.parts.hold_overstays()
    assert await sold(reception, TOMORROW) == 1
    assert (await reception.actions(stay)).count("overstayed") == 1


async def test_given_an_overstay_of_two_days_when_the_next_one_comes_then_its_night_is_held_too(
    reception: Reception,
) -> None:
    await overstay(reception)
    reception.clock.set(at("02:01", AFTER))
    await reception.parts.hold_overstays()
    assert await holders(reception, "0301") == {TODAY: "stay", TOMORROW: "overstay", AFTER: "overstay"}


async def test_given_an_overstayed_guest_when_the_stay_is_extended_then_the_held_night_becomes_one_of_it(
    reception: Reception,
) -> None:
    stay = await overstay(reception)
    async with reception.with_stay(stay) as (scope, mine):
        await staying.extend(scope, mine, AFTER + timedelta(days=1))
    assert await holders(reception, "0301") == {TODAY: "stay", TOMORROW: "stay", AFTER: "stay"}
    assert (await sold(reception, TOMORROW), await sold(reception, AFTER)) == (1, 1)


async def test_given_an_overstayed_guest_when_leaving_then_the_held_night_is_free_again(reception: Reception) -> None:
    stay = await overstay(reception)
    async with reception.with_stay(stay) as (scope, mine):
        await leaving.charge_what_is_due(scope, mine, reception.parts.tariff)
    owed = await reception.balance(stay)
    async with reception.with_stay(stay) as (scope, mine):
        await folio.post(scope, mine, folio.Posting(LineKind.PAYMENT, owed, method=PaymentMethod.CASH))
        await leaving.check_out(scope, mine, reception.parts.bookings)
    assert (await holders(reception, "0301"), await sold(reception, TOMORROW)) == ({TODAY: "stay"}, 0)


async def test_given_an_hourly_guest_when_the_hours_are_over_then_tonight_is_held_and_can_become_a_stay_overnight(
    reception: Reception,
) -> None:
    stay = await reception.check_in(stay_type=StayType.HOURLY, price=12_000)
    reception.clock.advance(timedelta(hours=8))
    await reception.parts.hold_overstays()
    held = await holders(reception, "0301")
    async with reception.with_stay(stay) as (scope, mine):
        await staying.overnight(scope, mine, 45_000, None, "太晚了，不走了")
    assert (held, await holders(reception, "0301")) == ({TODAY: "overstay"}, {TODAY: "stay"})
    assert await sold(reception, TODAY) == 1


async def test_given_the_room_is_promised_to_another_when_a_guest_overstays_then_an_alarm_names_it_until_it_is_solved(
    reception: Reception,
) -> None:
    stay = await reception.check_in()
    room = await reception.room("0301")
    async with reception.database.begin() as session:
        await take_room(session, room, [1, 2], TOMORROW, AFTER, (Holder.RESERVATION, 1))
    reception.clock.set(at("13:00", TOMORROW))
    await reception.parts.hold_overstays()
    standing = {alarm.code: dict(alarm.params) for alarm in reception.alarms.current}
    async with reception.with_stay(stay) as (scope, mine):
        await staying.move(scope, mine, "0302", 0, None, "原房已预订")
    await reception.parts.hold_overstays()
    assert standing == {ALARM: {"rooms": "0301"}}
    assert [alarm.code for alarm in reception.alarms.current] == []
    assert await holders(reception, "0302") == {TOMORROW: "overstay"}


async def test_given_an_ordinary_stay_when_its_room_is_to_be_sold_then_the_refusal_is_the_ordinary_one(
    reception: Reception,
) -> None:
    await reception.check_in(departure=AFTER)
    room = await reception.room("0301")
    with pytest.raises(RoomTaken):
        async with reception.database.begin() as session:
            await take_room(session, room, [1], TOMORROW, AFTER, (Holder.RESERVATION, 1))


async def test_given_an_overstayed_guest_when_the_chart_is_shown_then_the_room_is_due_out_and_names_the_stay(
    reception: Reception,
) -> None:
    stay = await overstay(reception)
    async with reception.database.read() as session:
        rooms = await chart(session, StayResidents(), TOMORROW, AFTER, confidential=True)
    (shown,) = [one for one in rooms if one.room.number == "0301"]
    assert room_state(shown, TOMORROW) is RoomState.DUE_OUT
    assert [held.number for held in shown.occupants] == [stay.number]
