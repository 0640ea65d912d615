"""18:00 audit, no-show timer, night audit: what each of them touches, in which order, and what none of them may."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time
from typing import Any

import pytest
from sqlalchemy import select, update

from callcenter.health import Alarms
from callcenter.reservations import acts, allocation, deposits, journal, store
from callcenter.reservations.audits import Booked, becomes_no_show, day_closed, lapses_at_night, lapses_in_the_evening
from callcenter.reservations.booking import WantedLine
from callcenter.reservations.deposits import Method
from callcenter.reservations.models import Reservation
from callcenter.reservations.rules import BookingRules
from callcenter.reservations.states import Kind, State
from callcenter.rooms.models import Holder, TypeNight
from callcenter.rooms.nights import held_rooms
from callcenter.schedule import Schedule
from tests.unit.reservations.conftest import TODAY, WHY, ZONE, House

TOMORROW = date(2026, 12, 2)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text if "T" in text else f"2026-12-01T{text}").replace(tzinfo=ZONE)


def booked(**changes: Any) -> Booked:
    standard = Booked(Kind.INDIVIDUAL, State.UNCONFIRMED, TODAY, at("14:00"), False, at("10:30"), False, 0, 0, False)
    return replace(standard, **changes)


@pytest.mark.parametrize(
    ("case", "changes", "lapses"),
    [
        ("today's unconfirmed arrival", {}, True),
        ("confirmed", {"state": State.CONFIRMED}, False),
        ("arriving tomorrow", {"arrival": TOMORROW, "arrives_at": at("2026-12-02T14:00")}, False),
        ("arrival of yesterday", {"arrival": date(2026, 11, 30)}, False),
        ("agreed to come at 21:00", {"arrives_at": at("21:00"), "arrival_stated": True}, False),
        ("said 17:30", {"arrives_at": at("17:30"), "arrival_stated": True}, True),
        ("said exactly 18:00", {"arrives_at": at("18:00"), "arrival_stated": True}, True),
        ("entered at 13:59", {"entered_at": at("13:59")}, True),
        ("entered at 14:00", {"entered_at": at("14:00")}, False),
        ("with a deposit though unconfirmed", {"balance": 100}, False),
        ("a group without rooms", {"kind": Kind.GROUP}, True),
        ("a no-show", {"state": State.NO_SHOW}, False),
    ],
)
def test_given_a_booking_when_the_evening_audit_runs_then_only_todays_unconfirmed_arrivals_go(
    case: str, changes: dict[str, Any], lapses: bool, rules: BookingRules
) -> None:
    assert lapses_in_the_evening(booked(**changes), at("18:00"), rules) is lapses, case


@pytest.mark.parametrize(
    ("case", "changes", "lapses"),
    [
        ("unconfirmed of the closed day", {}, True),
        ("unconfirmed of a day before", {"arrival": date(2026, 11, 28)}, True),
        ("arriving on the new day", {"arrival": TOMORROW}, False),
        ("confirmed", {"state": State.CONFIRMED}, False),
        ("an unconfirmed group without rooms", {"kind": Kind.GROUP}, True),
        ("an unconfirmed group with rooms", {"kind": Kind.GROUP, "allotted": True}, False),
        ("an individual with a room", {"allotted": True}, True),
        ("with a deposit though unconfirmed", {"balance": 1}, False),
    ],
)
def test_given_a_booking_when_the_night_audit_runs_then_unconfirmed_ones_of_the_day_go_and_deposits_stay(
    case: str, changes: dict[str, Any], lapses: bool
) -> None:
    assert lapses_at_night(booked(**changes), TODAY) is lapses, case


@pytest.mark.parametrize(
    ("case", "now", "changes", "gone"),
    [
        ("due 18:00, at 18:59", "18:59", {}, False),
        ("due 18:00, at 19:00", "19:00", {}, True),
        ("nobody tried to reach the guest", "19:00", {"contacts": 0}, False),
        ("guaranteed", "23:00", {"guaranteed": True}, False),
        ("unconfirmed: the audits' business", "23:00", {"state": State.UNCONFIRMED}, False),
        ("in the house", "23:00", {"state": State.CHECKED_IN}, False),
    ],
)
def test_given_a_guest_who_does_not_come_when_the_timer_looks_then_it_is_a_no_show_an_hour_past_the_arrival(
    case: str, now: str, changes: dict[str, Any], gone: bool, rules: BookingRules
) -> None:
    expected = booked(state=State.CONFIRMED, arrives_at=at("18:00"), arrival_stated=True, contacts=1)
    assert becomes_no_show(replace(expected, **changes), at(now), rules) is gone, case


@pytest.mark.parametrize(
    ("night_audit", "due", "closed"),
    [
        (time(2), "2026-12-02T02:00", TODAY),
        (time(23, 30), "2026-12-01T23:30", TODAY),
    ],
)
def test_given_a_night_audit_before_or_after_midnight_when_it_runs_then_it_closes_the_same_day(
    night_audit: time, due: str, closed: date, rules: BookingRules
) -> None:
    assert day_closed(at(due), replace(rules, night_audit=night_audit)) == closed


async def test_given_an_unconfirmed_booking_when_the_evening_audit_ran_then_its_room_is_free_and_a_note_says_why(
    house: House,
) -> None:
    number = await house.booked(arrival_time=None)
    house.at("18:00")

    await house.audits.evening(house.clock.now())

    async with house.database.read() as session:
        booking = await store.by_number(session, number)
        last = (await journal.of(session, booking))[-1]
        sold = list(await session.scalars(select(TypeNight.sold)))
    assert (booking.state, booking.end_reason) == ("deleted", "evening audit of 2026-12-01: not confirmed")
    assert (last.by, last.action, last.state_before, last.state_after) == (
        "evening_audit",
        "lapsed",
        "unconfirmed",
        "deleted",
    )
    assert (sold, house.told) == ([0], [number])


async def test_given_a_deposit_when_all_three_audits_ran_for_days_then_booking_and_deposit_are_still_there(
    house: House,
) -> None:
    number = await house.booked(arrival_time=time(12))
    async with house.database.begin() as session:
        booking = await store.locked(session, number)
        await deposits.receive(session, house.desk, booking, 20000, Method.CASH, "", house.by(), WHY)
        await acts.unconfirm(session, house.desk, booking, house.by("supervisor"), WHY)

    for moment in ("2026-12-01T18:00", "2026-12-02T02:00", "2026-12-02T18:00", "2026-12-03T02:00"):
        now = house.at(moment)
        await house.audits.evening(now)
        await house.audits.no_shows()
        await house.audits.night(now)

    async with house.database.read() as session:
        booking = await store.by_number(session, number)
        assert (booking.state, await store.balance_of(session, booking)) == ("unconfirmed", 20000)


async def test_given_a_guaranteed_booking_when_noon_of_the_next_day_has_not_come_then_nobody_can_release_it(
    house: House,
) -> None:
    number = await house.booked(guarantee="company", departure=date(2026, 12, 3))
    async with house.database.begin() as session:
        await acts.confirm(session, house.desk, await store.locked(session, number), house.by())
    house.at("2026-12-02T11:59")

    await house.audits.no_shows()
    async with house.database.begin() as session:
        with pytest.raises(acts.StillHeld):
            await acts.no_show(session, house.desk, await store.locked(session, number), house.by("supervisor"), WHY)
    house.at("2026-12-02T12:00")
    await house.audits.no_shows()
    assert await house.state(number) == "confirmed", "only a person releases it"
    async with house.database.begin() as session:
        await acts.no_show(session, house.desk, await store.locked(session, number), house.by("supervisor"), WHY)

    assert await house.state(number) == "no_show"


async def test_given_the_night_audit_when_it_runs_then_the_no_show_timer_goes_first(house: House) -> None:
    late = await house.booked(arrival_time=time(23), booker="Late")
    unconfirmed = await house.booked(arrival_time=time(22), booker="Never confirmed")
    async with house.database.begin() as session:
        booking = await store.locked(session, late)
        await acts.confirm(session, house.desk, booking, house.by())
        await acts.note_contact(session, house.desk, booking, house.by(), WHY)

    await house.audits.night(house.at("2026-12-02T02:00"))

    assert (await house.state(late), await house.state(unconfirmed)) == ("no_show", "deleted")
    assert house.told == [late, unconfirmed]


async def test_given_the_application_was_away_at_1800_when_it_returns_then_the_missed_audit_runs_once(
    house: House,
) -> None:
    number = await house.booked(arrival_time=None)
    house.at("20:15")
    for _ in range(2):
        schedule = Schedule(house.database, house.clock, ZONE, "pbx1", Alarms(house.clock))
        house.audits.put_into(schedule)
        await schedule.run_due()

    async with house.database.read() as session:
        actions = [change.action for change in await journal.of(session, await store.by_number(session, number))]
    assert actions == ["created", "lapsed"]


async def test_given_confirmed_arrivals_of_today_when_rooms_are_chosen_by_themselves_then_each_has_its_own(
    house: House,
) -> None:
    numbers = [await house.booked() for _ in range(3)]
    async with house.database.begin() as session:
        for number in numbers:
            await acts.confirm(session, house.desk, await store.locked(session, number), house.by())
        first = await store.locked(session, numbers[0])
        await allocation.choose(session, house.desk, first, [allocation.Choice("0503")], house.by(), WHY)

    await house.audits.allocate_rooms(house.clock.now())
    await house.audits.allocate_rooms(house.clock.now())

    async with house.database.read() as session:
        found = [await _rooms(session, number) for number in numbers]
    assert found == [["0503"], ["0501"], ["0502"]]
    assert house.told == numbers[1:]


async def test_given_one_booking_that_cannot_be_audited_when_the_audit_runs_then_the_others_are_and_it_is_told(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, fine = await house.booked(arrival_time=None), await house.booked(arrival_time=None)
    lapse: Callable[..., Any] = acts.lapse

    async def fail_for_one(session: Any, desk: Any, booking: Reservation, *rest: Any) -> None:
        if booking.number == broken:
            raise acts.ReasonNeeded
        await lapse(session, desk, booking, *rest)

    monkeypatch.setattr(acts, "lapse", fail_for_one)
    with pytest.raises(acts.ReasonNeeded):
        await house.audits.evening(house.at("18:00"))

    assert (await house.state(broken), await house.state(fine)) == ("unconfirmed", "deleted")


async def test_given_a_group_with_rooms_when_the_night_audit_runs_unconfirmed_then_it_stays_for_a_person(
    house: House,
) -> None:
    lines = (WantedLine("standard", 2),)
    with_rooms = await house.booked(kind=Kind.GROUP, lines=lines, arrival_time=time(23))
    without = await house.booked(kind=Kind.GROUP, lines=lines, arrival_time=time(23))
    async with house.database.begin() as session:
        group = await store.locked(session, with_rooms)
        await allocation.choose(session, house.desk, group, [allocation.Choice("0301")], house.by(), WHY)
        await session.execute(update(Reservation).values(entered_at=at("2026-11-30T09:00")))

    await house.audits.night(house.at("2026-12-02T02:00"))

    assert (await house.state(with_rooms), await house.state(without)) == ("unconfirmed", "deleted")


async def _rooms(session: Any, number: str) -> list[str]:
    booking = await store.by_number(session, number)
    return [room.number for room, _ in await held_rooms(session, (Holder.RESERVATION, booking.id))]
