"""Check-in (散客登记): what is registered, what it costs, and what is refused (requirements 4)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from callcenter.rooms.models import Holder, RoomNight, TypeNight
from callcenter.rooms.nights import RoomTaken, SoldOut, hold_type, take_room
from callcenter.staff.models import AuditEntry
from callcenter.stays.checking_in import Registration
from callcenter.stays.kinds import (
    DepartureRefused,
    DiscountTooHigh,
    ReasonMissing,
    RoomOccupied,
    StayType,
    WakeUpState,
)
from callcenter.stays.models import Stay, StayGuest, WakeUp
from callcenter.stays.pricing import agreed, percent_off
from callcenter.telephony import PhoneClass
from tests.unit.stays.reception import LI, MANAGER, TODAY, TOMORROW, Colleague, Reception, at

STANDARD = 48_800


async def test_given_a_walk_in_when_checked_in_then_room_nights_price_and_guests_are_in_the_books(
    reception: Reception,
) -> None:
    until = TODAY + timedelta(days=3)
    stay = await reception.check_in(departure=until, persons=(LI, replace(LI, name="王二")))

    assert (stay.price, stay.discount, stay.phone_class) == (STANDARD, 0, PhoneClass.LOCAL)
    assert stay.leaves_at == at("12:00", until)
    async with reception.database.read() as session:
        nights = await session.scalars(select(RoomNight.night).where(RoomNight.holder == Holder.STAY).distinct())
        assert set(nights) == {TODAY + timedelta(days=day) for day in range(3)}
        assert set(await session.scalars(select(TypeNight.sold))) == {1}
        assert list(await session.scalars(select(StayGuest.name))) == ["李一", "王二"]


async def test_given_stays_when_checked_in_then_they_are_numbered_in_sequence_and_logged(reception: Reception) -> None:
    first, second = await reception.check_in("0301"), await reception.check_in("0302")
    assert (first.number, second.number) == ("S0000001", "S0000002")
    assert await reception.actions(first) == ["checked_in"]
    async with reception.database.read() as session:
        entries = (await session.scalars(select(AuditEntry).where(AuditEntry.action == "stay.checked_in"))).all()
    assert [(entry.username, entry.after and entry.after["room"]) for entry in entries] == [
        ("desk1", "0301"),
        ("desk1", "0302"),
    ]


async def test_given_a_refused_check_in_then_nothing_of_it_stays_and_its_number_is_used_next(
    reception: Reception,
) -> None:
    await reception.check_in("0301")
    with pytest.raises(RoomOccupied):
        await reception.check_in("0301")
    assert (await reception.check_in("0302")).number == "S0000002"


async def test_given_a_room_promised_to_a_booking_when_a_walk_in_wants_it_then_it_is_refused(
    reception: Reception,
) -> None:
    room = await reception.room("0301")
    async with reception.database.begin() as session:
        await take_room(session, room, [1, 2], TOMORROW, TOMORROW + timedelta(days=1), (Holder.RESERVATION, 1))
    with pytest.raises(RoomTaken):
        await reception.check_in("0301", departure=TOMORROW + timedelta(days=1))
    assert (await reception.check_in("0301", departure=TOMORROW)).departure == TOMORROW


async def test_given_every_suite_is_let_when_another_guest_comes_then_the_type_is_sold_out(
    reception: Reception,
) -> None:
    suite = await reception.room("0501")
    async with reception.database.begin() as session:
        await hold_type(session, suite.type_id, TODAY, TOMORROW, 4, overbook=False)
    with pytest.raises(SoldOut):
        await reception.check_in("0501")


async def test_given_it_is_past_midnight_but_before_the_night_audit_then_the_guest_arrives_on_the_hotels_old_day(
    reception: Reception,
) -> None:
    reception.clock.set(at("01:30", TOMORROW))
    stay = await reception.check_in(departure=TOMORROW)
    assert stay.arrival == TODAY


@pytest.mark.parametrize("departure", [TODAY, TODAY - timedelta(days=1)])
async def test_given_a_departure_before_the_first_night_is_over_then_the_check_in_is_refused(
    reception: Reception, departure: date
) -> None:
    with pytest.raises(DepartureRefused):
        await reception.check_in(departure=departure)


@pytest.mark.parametrize(
    ("price", "reason", "by", "error"),
    [
        (43_920, "常客", Colleague(), None),
        (43_919, "常客", Colleague(), DiscountTooHigh),
        (43_920, "  ", Colleague(), ReasonMissing),
        (24_400, "总经理的朋友", MANAGER, None),
        (24_399, "总经理的朋友", MANAGER, DiscountTooHigh),
        (50_000, "", Colleague(), None),
    ],
)
async def test_given_a_price_below_the_list_when_checked_in_then_the_ceiling_and_a_reason_decide(
    reception: Reception, price: int, reason: str, by: Colleague, error: type[Exception] | None
) -> None:
    if error is not None:
        with pytest.raises(error):
            await reception.check_in(price=price, reason=reason, by=by)
        return
    stay = await reception.check_in(price=price, reason=reason, by=by)
    assert (stay.price, stay.list_price) == (price, STANDARD)


@pytest.mark.parametrize(("list_price", "price", "percent"), [(300, 299, 1), (300, 300, 0), (300, 400, 0), (0, 0, 0)])
def test_given_a_price_when_the_discount_is_worked_out_then_it_is_rounded_up(
    list_price: int, price: int, percent: int
) -> None:
    assert percent_off(list_price, price) == percent


def test_given_a_free_room_when_priced_then_all_of_it_is_taken_off_and_needs_the_ceiling_for_it() -> None:
    assert agreed(300, None, 100, "招待", StayType.FREE).price == 0
    with pytest.raises(DiscountTooHigh):
        agreed(300, None, 50, "招待", StayType.FREE)
    with pytest.raises(ReasonMissing):
        agreed(300, None, 100, "", StayType.FREE)


async def test_given_an_hourly_stay_when_checked_in_then_its_time_is_charged_at_once_and_no_night_is_held(
    reception: Reception,
) -> None:
    stay = await reception.check_in(stay_type=StayType.HOURLY, price=12_000)
    assert stay.leaves_at == at("19:00")
    assert await reception.balance(stay) == 12_000
    async with reception.database.read() as session:
        assert await session.scalar(select(func.count()).select_from(RoomNight)) == 0


async def test_given_a_shared_room_when_two_guests_take_a_bed_each_then_the_stock_counts_one_room(
    reception: Reception,
) -> None:
    await reception.check_in(stay_type=StayType.SHARED, bed=1)
    with pytest.raises(RoomOccupied):
        await reception.check_in(stay_type=StayType.SHARED, bed=1)
    await reception.check_in(stay_type=StayType.SHARED, bed=2, departure=TOMORROW + timedelta(days=1))
    async with reception.database.read() as session:
        sold = {night: number for night, number in await session.execute(select(TypeNight.night, TypeNight.sold))}
    assert sold == {TODAY: 1, TOMORROW: 1}


@pytest.mark.parametrize(("stay_type", "bed"), [(StayType.SHARED, 0), (StayType.NORMAL, 1), (StayType.SHARED, 3)])
async def test_given_a_bed_that_does_not_go_with_the_stay_type_then_the_check_in_is_refused(
    reception: Reception, stay_type: StayType, bed: int
) -> None:
    with pytest.raises(RoomOccupied):
        await reception.check_in(stay_type=stay_type, bed=bed)


async def test_given_a_wake_up_time_on_the_form_when_checked_in_then_it_is_due_next_morning(
    reception: Reception,
) -> None:
    await reception.check_in(wake_up=time(6, 30))
    async with reception.database.read() as session:
        wake_up = (await session.scalars(select(WakeUp))).one()
    assert (wake_up.due_at, wake_up.state) == (at("06:30", TOMORROW), WakeUpState.DUE)


async def test_given_two_desks_that_check_in_the_same_bed_then_the_database_lets_one(reception: Reception) -> None:
    stay = await reception.check_in()
    async with reception.database.read() as session:
        values = {c.name: getattr(stay, c.name) for c in Stay.__table__.columns if c.name not in ("id", "number")}
    async with reception.database.begin() as session:
        session.add(Stay(number="S9999999", **values))
        with pytest.raises(IntegrityError):
            await session.flush()
        await session.rollback()


def test_given_a_form_when_nothing_is_said_then_it_is_a_normal_stay_of_an_individual() -> None:
    form = Registration("0301", TOMORROW, (LI,))
    assert (form.stay_type.value, form.guest_type.value, form.confidential) == ("normal", "individual", False)


async def test_given_a_discount_rate_when_checked_in_then_the_price_follows_within_the_operators_ceiling(
    reception: Reception,
) -> None:
    stay = await reception.check_in(discount=10, reason="老客户")
    assert (stay.price, stay.discount) == (43_900, 10)
    with pytest.raises(DiscountTooHigh):
        await reception.check_in("0302", discount=11, reason="老客户")


async def test_given_a_cheaper_extra_bed_when_checked_in_then_only_within_the_ceiling_and_with_a_reason(
    reception: Reception,
) -> None:
    with pytest.raises(ReasonMissing):
        await reception.check_in(extra_beds=1, extra_bed_price=11_000)
    with pytest.raises(DiscountTooHigh):
        await reception.check_in(extra_beds=1, extra_bed_price=0, reason="儿童")
    stay = await reception.check_in(extra_beds=1, extra_bed_price=11_000, reason="儿童")
    assert stay.extra_bed_price == 11_000
