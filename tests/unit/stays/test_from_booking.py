"""Check-in from a booking: its data carry over, nights and deposit become the stay's, the booking follows the stay."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from callcenter.errors import InvalidInput
from callcenter.reservations import acts, chart, deposits, store
from callcenter.reservations import booking as bookings
from callcenter.reservations.deposits import Method
from callcenter.reservations.models import RatePlan, Reservation
from callcenter.reservations.rules import Note
from callcenter.reservations.states import Kind, State, TransitionRefused
from callcenter.rooms.models import Holder, RoomNight, TypeNight
from callcenter.rooms.nights import RoomTaken, take_room
from callcenter.stays import leaving
from callcenter.stays.from_booking import NotForCheckIn
from callcenter.stays.kinds import GuestType, LineKind, StayType
from callcenter.stays.models import Stay
from callcenter.stays.residents import StayResidents
from tests.unit.stays.reception import TODAY, TOMORROW, Colleague, Reception, at
from tests.unit.stays.test_staying import leave

WHY = Note(why="客人要求")
AFTER = TOMORROW + timedelta(days=1)
SUITE = 168_800


async def booked(reception: Reception, *, room: str | None = "0501", deposit: int = 0, **wishes: Any) -> str:
    """Make a booking for tonight and tomorrow, with a room and a deposit where wanted; return its number."""
    desk, by = reception.parts.bookings.desk, Colleague()
    wishes.setdefault("lines", (bookings.WantedLine("suite"),))
    wanted = bookings.Wanted(
        **{"kind": Kind.INDIVIDUAL, "arrival": TODAY, "departure": AFTER, "booker": "林示例", "phone": "13800000001"}
        | wishes
    )
    async with reception.database.begin() as session:
        made = await bookings.create(session, desk, wanted, by, WHY)
        await acts.confirm(session, desk, made, by, WHY)
        if room is not None:
            number = await reception.room(room)
            beds = list(range(1, number.beds + 1))
            await take_room(session, number, beds, TODAY, made.departure, (Holder.RESERVATION, made.id))
        if deposit:
            await deposits.receive(session, desk, made, deposit, Method.CASH, "", by, WHY)
        return made.number


async def booking(reception: Reception, number: str) -> Reservation:
    async with reception.database.read() as session:
        return await store.by_number(session, number)


async def arrive(reception: Reception, number: str, **form: Any) -> Stay:
    form = {"room": "", "departure": None, "persons": ()} | form
    return await reception.check_in(booking=number, **form)


async def sold(reception: Reception, room: str) -> dict[date, int]:
    kind = (await reception.room(room)).type_id
    async with reception.database.read() as session:
        rows = await session.execute(select(TypeNight.night, TypeNight.sold).where(TypeNight.type_id == kind))
        return {night: number for night, number in rows}


async def holders(reception: Reception, room: str) -> set[tuple[date, str]]:
    number = (await reception.room(room)).id
    async with reception.database.read() as session:
        rows = await session.execute(select(RoomNight.night, RoomNight.holder).where(RoomNight.room_id == number))
        return {(night, holder) for night, holder in rows}


async def test_given_a_booking_when_its_guest_arrives_then_the_data_carry_over_and_the_room_is_sold_once(
    reception: Reception,
) -> None:
    number = await booked(reception, company="示例公司", salesperson="王业务", guarantee="company", extra_beds=1)
    stay = await arrive(reception, number)
    assert (stay.price, stay.departure, stay.company, stay.salesperson) == (SUITE, AFTER, "示例公司", "王业务")
    assert (stay.extra_beds, stay.guest_type) == (1, GuestType.COMPANY)
    assert (await booking(reception, number)).state == State.CHECKED_IN
    assert await sold(reception, "0501") == {TODAY: 1, TOMORROW: 1}
    assert await holders(reception, "0501") == {(TODAY, "stay"), (TOMORROW, "stay")}


async def test_given_a_deposit_when_the_guest_arrives_then_it_is_on_the_folio_and_no_longer_with_the_booking(
    reception: Reception,
) -> None:
    number = await booked(reception, deposit=50_000)
    stay = await arrive(reception, number)
    async with reception.database.read() as session:
        assert await store.balance_of(session, await store.by_number(session, number)) == 0
    assert [(line.kind, line.amount) for line in await reception.lines(stay)] == [(LineKind.DEPOSIT, -50_000)]


async def test_given_another_room_than_the_booked_one_when_checked_in_then_both_types_are_counted_right(
    reception: Reception,
) -> None:
    stay = await arrive(reception, await booked(reception), room="0401")
    assert stay.price == SUITE
    assert set((await sold(reception, "0501")).values()) == {0}
    assert set((await sold(reception, "0401")).values()) == {1}
    assert await holders(reception, "0501") == set()


async def test_given_no_room_was_chosen_when_none_is_said_either_then_it_is_asked_for(reception: Reception) -> None:
    number = await booked(reception, room=None)
    with pytest.raises(InvalidInput):
        await arrive(reception, number)
    assert (await booking(reception, number)).state == State.CONFIRMED


async def test_given_a_guest_who_arrived_when_checked_in_again_then_it_is_refused(reception: Reception) -> None:
    number = await booked(reception)
    await arrive(reception, number)
    with pytest.raises(TransitionRefused):
        await arrive(reception, number, room="0502")


async def test_given_a_no_show_when_the_guest_comes_late_then_he_is_checked_in_all_the_same(
    reception: Reception,
) -> None:
    number = await booked(reception)
    async with reception.database.begin() as session:
        found = await store.locked(session, number)
        await acts.no_show(session, reception.parts.bookings.desk, found, Colleague(), WHY)
    await arrive(reception, number, room="0501")
    assert (await booking(reception, number)).state == State.CHECKED_IN
    assert (await sold(reception, "0501"))[TODAY] == 1


async def test_given_the_guest_leaves_when_checked_out_and_revoked_then_the_booking_follows(
    reception: Reception,
) -> None:
    number = await booked(reception)
    stay = await arrive(reception, number)
    await leave(reception, stay)
    assert (await booking(reception, number)).state == State.CHECKED_OUT
    assert set((await sold(reception, "0501")).values()) == {0}
    async with reception.with_stay(stay) as (scope, mine):
        await leaving.revoke(scope, mine, "客人回来了", reception.parts.bookings)
    assert (await booking(reception, number)).state == State.CHECKED_IN
    assert set((await sold(reception, "0501")).values()) == {1}


async def test_given_a_group_of_two_rooms_when_its_guests_come_and_go_then_each_room_is_taken_over_and_given_back(
    reception: Reception,
) -> None:
    lines = (bookings.WantedLine("suite", rooms=2),)
    number = await booked(reception, kind=Kind.GROUP, lines=lines, group_name="示例团", room=None)
    first = await arrive(reception, number, room="0501", persons=())
    second = await arrive(reception, number, room="0502")
    assert first.group_id == second.group_id == (await booking(reception, number)).id
    assert set((await sold(reception, "0501")).values()) == {2}
    await leave(reception, first)
    assert (await booking(reception, number)).state == State.CHECKED_IN
    await leave(reception, second)
    assert (await booking(reception, number)).state == State.CHECKED_OUT
    assert set((await sold(reception, "0501")).values()) == {0}


async def test_given_a_group_that_reserved_beds_when_a_guest_takes_one_then_the_room_stays_sold_once(
    reception: Reception,
) -> None:
    lines = (bookings.WantedLine("standard", rooms=0, beds=2),)
    number = await booked(reception, kind=Kind.GROUP, lines=lines, group_name="示例团", room="0301")
    for bed in (1, 2):
        await arrive(reception, number, room="0301", bed=bed, stay_type=StayType.SHARED)
        assert set((await sold(reception, "0301")).values()) == {1}
    assert await holders(reception, "0301") == {(TODAY, "stay"), (TOMORROW, "stay")}


async def test_given_a_meeting_when_checked_in_as_a_stay_then_it_is_refused(reception: Reception) -> None:
    number = await booked(reception, room=None)
    async with reception.database.begin() as session:
        (await store.by_number(session, number)).kind = Kind.MEETING.value
    with pytest.raises(NotForCheckIn):
        await arrive(reception, number, room="0501")


async def test_given_guests_in_house_when_the_room_chart_is_shown_then_no_confidential_name_is_on_it(
    reception: Reception,
) -> None:
    async def state(room: str, day: date) -> str:
        async with reception.database.read() as session:
            found = await chart.chart(session, StayResidents(), day, day + timedelta(days=1), confidential=False)
            return next(chart.room_state(one, day).value for one in found if one.room.number == room)

    stay = await reception.check_in("0301", confidential=True)
    assert (await state("0301", TODAY), await state("0301", TOMORROW)) == ("occupied", "due_out")
    async with reception.database.read() as session:
        assert await StayResidents().occupied_rooms(session) == {(await reception.room("0301")).id}
        shown = await chart.chart(session, StayResidents(), TODAY, TOMORROW, confidential=False)
        one = next(one for one in shown if one.room.number == "0301")
        assert [(held.number, held.booker) for held in one.occupants] == [(stay.number, "")]
    reception.clock.advance(timedelta(days=1))
    await leave(reception, stay)
    assert await state("0301", TOMORROW) == "vacant"


async def test_given_many_form_fields_when_the_booking_says_otherwise_then_the_form_counts(
    reception: Reception,
) -> None:
    stay = await arrive(
        reception, await booked(reception), price=160_000, reason="主管同意", company="另一公司", departure=TOMORROW
    )
    assert (stay.price, stay.list_price, stay.company, stay.departure) == (160_000, SUITE, "另一公司", TOMORROW)


async def test_given_a_plan_with_breakfasts_when_its_guest_arrives_then_they_stand_in_the_stay(
    reception: Reception,
) -> None:
    async with reception.database.begin() as session:
        session.add(
            RatePlan(code="with_breakfast", name_zh="含双早", name_en="Two breakfasts", breakfasts=2, active=True)
        )
    stay = await arrive(reception, await booked(reception, plan="with_breakfast"))
    assert stay.breakfasts == 2


async def test_given_a_no_show_who_comes_late_when_the_room_is_taken_then_another_one_is_checked_in(
    reception: Reception,
) -> None:
    number = await booked(reception)
    reception.clock.set(at("19:00"))
    async with reception.database.begin() as session:
        late = await store.locked(session, number)
        await acts.no_show(session, reception.parts.bookings.desk, late, Colleague(), WHY)
    await reception.check_in("0501")
    with pytest.raises(RoomTaken):
        await arrive(reception, number)
    stay = await arrive(reception, number, room="0502")
    assert (stay.room_id, stay.price) == ((await reception.room("0502")).id, SUITE)
    assert (await booking(reception, number)).state == State.CHECKED_IN


async def test_given_an_agreed_fee_of_the_extra_bed_when_its_guest_arrives_then_it_is_carried_over(
    reception: Reception,
) -> None:
    number = await booked(reception, extra_beds=1, extra_bed_price=18_000, discount_reason="老客户")
    stay = await arrive(reception, number)
    assert (stay.extra_beds, stay.extra_bed_price) == (1, 18_000)
