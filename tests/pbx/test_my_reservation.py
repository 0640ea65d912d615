"""Callers ask after their own reservation by keypad: real calls, the real application, its books looked at."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from callcenter.attempts import ANY, FailedAttempts
from callcenter.calls.models import CallLink
from callcenter.clock import SystemClock
from callcenter.reservations import booking as bookings
from callcenter.reservations import store
from callcenter.reservations.guest_line import PURPOSE
from callcenter.reservations.models import Reservation, ReservationChange, ReservationGuest
from callcenter.reservations.rules import BookingRules, Desk, TheHouse
from callcenter.reservations.states import Kind
from callcenter.simulator.dialog import Dialog
from callcenter.simulator.rtp import Hearing
from callcenter.staff.audit import AuditLog
from tests.pbx.house import House, running_house
from tests.pbx.switchboard import ENGLISH, RESERVATION_TONES, WITH_MENU, Switchboard, desk_of, tones_in
from tests.pbx.switchboard import Desk as Line
from tests.pbx.test_menu import TONES as MENU
from tests.pbx.test_menu import in_queue

TONES = {
    **MENU,
    **{
        frequency + shift: f"{language}/{name}"
        for name, frequency in RESERVATION_TONES.items()
        for language, shift in (("zh", 0), ("en", ENGLISH))
    },
}
GUEST = "(guest by telephone)"
_lines = itertools.cycle(WITH_MENU[2:])
_numbers = itertools.count(2001)


@pytest.fixture
def house(switchboard: Switchboard, tmp_path: Path) -> Iterator[House]:
    with running_house(switchboard, tmp_path) as house:
        yield house


@pytest.fixture
def line() -> Line:
    """A line with a menu and a queue that no key of the menu leads to."""
    return desk_of(next(_lines))


@pytest.fixture
def number() -> str:
    """A guest's number."""
    return f"1380000{next(_numbers)}"


async def booked(house: House, phone: str, **wanted: object) -> str:
    """Book a standard room for tomorrow, as an operator would; return the booking's number."""
    clock = SystemClock()
    rules = BookingRules.of(house.settings)
    arrival = rules.today(clock.now()) + timedelta(days=1)
    wish = bookings.Wanted(
        Kind.INDIVIDUAL,
        (bookings.WantedLine("standard"),),
        arrival,
        arrival + timedelta(days=1),
        booker="林示例",
        phone=phone,
        **wanted,  # type: ignore[arg-type]
    )
    async with house.books() as database, database.begin() as session:
        desk = Desk(clock, rules, AuditLog(clock))
        return (await bookings.create(session, desk, wish, TheHouse("test"))).number


async def of_booking(house: House, number: str) -> tuple[Reservation, list[ReservationChange]]:
    async with house.books() as database, database.read() as session:
        booking = await store.by_number(session, number)
        changes = select(ReservationChange).where(ReservationChange.reservation_id == booking.id)
        return booking, list(await session.scalars(changes.order_by(ReservationChange.id)))


@contextlib.asynccontextmanager
async def asking(switchboard: Switchboard, line: Line, number: str, language: str = "zh") -> AsyncIterator[Dialog]:
    """A caller who chose the own reservation in the menu and hears how it is found."""
    async with switchboard.guest(hearing=Hearing.KEEP) as guest:
        call = guest.call(line.number, caller_id=number)
        await call.answered()
        await until(call, "zh/menu-main")
        if language == "en":
            call.rtp.press("9")
            await until(call, "en/menu-main")
        call.rtp.press("3")
        await until(call, f"{language}/how")
        yield call
        await call.bye()


async def until(call: Dialog, name: str) -> None:
    """Wait until the caller has heard something, then let him forget it."""
    deadline = time.monotonic() + 20
    while name not in (heard := [TONES[tone] for tone in tones_in(call, TONES)]):
        assert time.monotonic() < deadline, f"{name} was not heard, only {heard}"
        await asyncio.sleep(0.1)
    call.rtp.forget()


async def answer(call: Dialog, language: str, *steps: tuple[str, str]) -> None:
    """Press keys and hear what follows, step by step."""
    for keys, heard in steps:
        call.rtp.press(keys)
        await until(call, f"{language}/{heard}")


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_given_a_guest_when_calling_then_the_booking_is_found_its_time_changed_and_it_is_cancelled_asked_twice(
    switchboard: Switchboard, house: House, line: Line, number: str, language: str
) -> None:
    booking = await booked(house, number)
    async with asking(switchboard, line, number, language) as call:
        await answer(call, language, ("1", "number"), (booking, "next"))
        await answer(call, language, ("1", "time"), ("1930", "time-right"), ("1", "time-kept"))
        changed, _ = await of_booking(house, booking)
        assert changed.arrives_at.astimezone(house.settings.hotel.zone).strftime("%H:%M") == "19:30"
        await until(call, f"{language}/next")
        await answer(call, language, ("2", "cancel-first"), ("1", "cancel-surely"))
        assert (await of_booking(house, booking))[0].state == "unconfirmed"
        await answer(call, language, ("9", "cancelled"))
        await until(call, f"{language}/menu-main")
    cancelled, changes = await of_booking(house, booking)
    assert cancelled.state == "cancelled"
    assert [(change.action, change.by) for change in changes[1:]] == [("changed", GUEST), ("cancelled", GUEST)]
    record = await house.record(call.call_id)
    assert record.menu == {"path": ["main", "reservation", "main"], "language": language, "informed": True}
    async with house.books() as database, database.read() as session:
        (link,) = await session.scalars(select(CallLink).where(CallLink.call_id == record.id))
    assert (link.subject_type, link.subject_id, link.linked_by) == ("reservation", cancelled.id, GUEST)


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_given_key_0_in_the_conversation_then_an_operator_comes_at_every_step(
    switchboard: Switchboard, house: House, line: Line, number: str, language: str
) -> None:
    booking = await booked(house, number)
    to_number, to_told = ("1", "number"), (booking, "next")
    for steps, key in (((), "0"), ((to_number,), "0#"), ((to_number, to_told), "0"), ((("2", "date"),), "0#")):
        async with asking(switchboard, line, number, language) as call:
            await answer(call, language, *steps)
            call.rtp.press(key)
            await in_queue(switchboard, line.queue)
        await switchboard.until("core show channels", lambda text: f"{line.number}@" not in text)


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_given_silence_or_wrong_keys_twice_then_an_operator_comes_and_pound_leads_back(
    switchboard: Switchboard, house: House, line: Line, number: str, language: str
) -> None:
    async with asking(switchboard, line, number, language) as call:
        await answer(call, language, ("#", "menu-main"))
        call.rtp.press("3")
        await until(call, f"{language}/how")
        await answer(call, language, ("7", "wrong"), ("8", "by-operator"))
        await in_queue(switchboard, line.queue)
    await switchboard.until("core show channels", lambda text: f"{line.number}@" not in text)
    async with asking(switchboard, line, number, language) as call:
        await answer(call, language, ("1", "number"))
        await until(call, f"{language}/wrong")  # nothing was keyed
        await until(call, f"{language}/by-operator")
        await in_queue(switchboard, line.queue)


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_given_arrival_and_document_when_keyed_then_the_booking_is_told_without_its_number(
    switchboard: Switchboard, house: House, line: Line, number: str, language: str
) -> None:
    booking, _ = await of_booking(house, await booked(house, number))
    nothing = dict.fromkeys(("surname", "given_name", "nationality", "origin", "sex", "address"), "")
    person = {"name": "林示例", "document_type": "id_card", "document_number": "11010519491231002X"}
    async with house.books() as database, database.begin() as session:
        session.add(ReservationGuest(reservation_id=booking.id, **nothing, **person))
    async with asking(switchboard, line, "13900000011", language) as call:
        await answer(call, language, ("2", "date"), (f"{booking.arrival:%m%d}", "document"), ("002*", "next"))
        await answer(call, language, ("#", "menu-main"))


@pytest.mark.parametrize("way", ["freeze", "kill"])
@pytest.mark.parametrize("step", ["how", "number"])
async def test_given_the_application_fails_in_the_conversation_then_the_caller_reaches_the_queue(
    switchboard: Switchboard, house: House, line: Line, number: str, step: str, way: str
) -> None:
    async with asking(switchboard, line, number) as call:
        if step == "number":
            await answer(call, "zh", ("1", "number"))
        getattr(house, way)()
        # who may still be keying is waited for until the application counts as dead
        queue = f"{line.queue}-rescue" if (step, way) == ("number", "freeze") else line.queue
        await switchboard.until(f"queue show {queue}", lambda text: "has 1 calls" in text, within=60)
        await until(call, "all busy")
        if way == "freeze":
            house.thaw()


async def test_given_a_stranger_who_knows_a_number_when_changing_then_the_proof_is_wanted_and_without_it_an_operator(
    switchboard: Switchboard, house: House, line: Line, number: str
) -> None:
    booking = await booked(house, number)
    async with asking(switchboard, line, "13900000009") as call:
        await answer(call, "zh", ("1", "number"), (booking, "next"), ("2", "proof"))
        await answer(call, "zh", ("0000", "wrong"), ("0000", "by-operator"))
        await in_queue(switchboard, line.queue)
    assert (await of_booking(house, booking))[0].state == "unconfirmed"


async def test_given_a_prepaid_booking_when_to_be_cancelled_then_an_operator_gets_the_call_with_the_penalty(
    switchboard: Switchboard, house: House, line: Line, number: str
) -> None:
    booking = await booked(house, number, guarantee="prepaid")
    async with asking(switchboard, line, number) as call:
        await answer(call, "zh", ("1", "number"), (booking, "next"), ("2", "by-operator"))
        await in_queue(switchboard, line.queue)
    kept, changes = await of_booking(house, booking)
    assert (kept.state, changes[-1].action, set(changes[-1].after or {})) == (
        "unconfirmed",
        "cancel_asked",
        {"penalty"},
    )


async def test_given_a_guest_who_hangs_up_at_the_second_question_then_the_booking_is_unharmed(
    switchboard: Switchboard, house: House, line: Line, number: str
) -> None:
    booking = await booked(house, number)
    async with asking(switchboard, line, number) as call:
        await answer(call, "zh", ("1", "number"), (booking, "next"), ("2", "cancel-first"), ("1", "cancel-surely"))
    await house.record(call.call_id)
    kept, changes = await of_booking(house, booking)
    assert (kept.state, len(changes)) == ("unconfirmed", 1)


async def test_given_wrong_numbers_twice_then_an_operator_and_a_caller_who_guessed_on_is_locked_out_over_a_restart(
    switchboard: Switchboard, house: House, line: Line, number: str
) -> None:
    booking = await booked(house, number)
    async with asking(switchboard, line, "13900000010") as call:
        await answer(call, "zh", ("1", "number"), ("99999999", "not-found"))
        await answer(call, "zh", ("1", "number"), ("99999998", "by-operator"))
        await in_queue(switchboard, line.queue)
    async with house.books() as database, database.begin() as session:
        of_caller = select(FailedAttempts).where(FailedAttempts.purpose == PURPOSE, FailedAttempts.subject == ANY)
        row = await session.scalar(of_caller.where(FailedAttempts.source == "+8613900000010"))
        assert row is not None
        assert row.failures == 2
        row.failures, row.last_at = 10, SystemClock().now()
    house.end()
    await house.started()
    async with asking(switchboard, line, "13900000010") as call:
        await answer(call, "zh", ("1", "number"), (booking, "by-operator"))
        await in_queue(switchboard, line.queue)
