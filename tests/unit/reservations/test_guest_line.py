"""A guest's own booking by keypad, on a database: found, changed, cancelled, logged, and guarded against guessing."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest
from sqlalchemy import select

from callcenter.attempts import TooManyAttempts
from callcenter.calls import service as calls
from callcenter.calls.models import CallLink
from callcenter.calls.three_rings import Cadences
from callcenter.guests.card import Document, Draft
from callcenter.guests.kinds import DocumentType
from callcenter.guests.numbers import NumberPlan
from callcenter.guests.rules import GuestRules
from callcenter.guests.service import By, Guests
from callcenter.reservations import acts, store
from callcenter.reservations import booking as bookings
from callcenter.reservations.guest_line import OF_BOOKING, OF_CALL, OF_CALLER, GuestLine, NotByKeypad
from callcenter.reservations.keypad import Caller, Cancelling, Expected, OwnBooking
from callcenter.reservations.models import ReservationChange, ReservationGuest
from callcenter.reservations.states import Kind, State
from callcenter.staff.models import AuditEntry
from tests.sample import sample_settings
from tests.unit.calls.builders import call
from tests.unit.reservations.conftest import House

MINE = Caller("test-1.1", "13800000001")
STRANGER = Caller("test-2.1", "13900000009")
GUEST = "(guest by telephone)"


@pytest.fixture
def line(house: House) -> GuestLine:
    return GuestLine(house.database, house.desk, NumberPlan(), "pbx1", house.told.append)


async def with_document(house: House, number: str, document: str) -> None:
    async with house.database.begin() as session:
        booking = await store.by_number(session, number)
        nothing = dict.fromkeys(("surname", "given_name", "nationality", "origin", "sex", "address"), "")
        person = {"name": "林示例", "document_type": "id_card", "document_number": document}
        session.add(ReservationGuest(reservation_id=booking.id, **nothing, **person))


async def changes(house: House, number: str) -> list[ReservationChange]:
    async with house.database.read() as session:
        booking = await store.by_number(session, number)
        of_booking = select(ReservationChange).where(ReservationChange.reservation_id == booking.id)
        return list(await session.scalars(of_booking.order_by(ReservationChange.id)))


# --- finding


async def test_given_a_booking_number_when_asked_then_state_arrival_nights_type_time_and_deposit_are_told(
    house: House, line: GuestLine
) -> None:
    number = await house.booked()
    assert await line.by_number(MINE, number) == OwnBooking(
        number=number,
        kind=Kind.INDIVIDUAL,
        state=State.UNCONFIRMED,
        arrival=date(2026, 12, 1),
        nights=1,
        rooms=(("suite", 1),),
        expected=time(18),
        deposit_held=False,
        cancelling=Cancelling.BY_KEYPAD,
        proved=True,
    )


@pytest.mark.parametrize(
    ("phone", "caller", "is_proved"),
    [
        ("13800000001", "+8613800000001", True),
        ("13800000001", "13900000009", False),
        ("13800000001", "", False),
        ("", "", False),
    ],
)
async def test_given_a_booking_number_when_called_from_the_bookings_own_phone_then_that_proves_the_guest(
    house: House, line: GuestLine, phone: str, caller: str, is_proved: bool
) -> None:
    number = await house.booked(phone=phone)
    found = await line.by_number(Caller("test-1.1", caller), number)
    assert found is not None
    assert found.proved is is_proved


@pytest.mark.parametrize("document", ["11010519491231002X", "11010519491231002x"])
async def test_given_arrival_and_last_four_of_a_document_when_asked_then_the_booking_is_found_and_the_guest_proved(
    house: House, line: GuestLine, document: str
) -> None:
    number = await house.booked()
    await with_document(house, number, document)
    found = await line.by_document(STRANGER, 12, 1, "002X")
    assert found is not None
    assert (found.number, found.proved) == (number, True)
    for wrong in ((12, 2, "002X"), (2, 30, "002X"), (12, 1, "02XX")):
        house.clock.advance(timedelta(minutes=1))
        assert await line.by_document(STRANGER, *wrong) is None


async def test_given_a_document_on_the_guests_card_when_asked_then_it_counts_too(house: House, line: GuestLine) -> None:
    guests = Guests(house.clock, NumberPlan(), GuestRules.of(sample_settings()), house.desk.audit)
    async with house.database.begin() as session:
        papers = [Document(DocumentType.PASSPORT, "E12347788", "CN")]
        card = await guests.create(session, Draft(name="林示例"), By(house.by(), ""), papers=papers)
        number = (await house.book(session, guest_id=card.guest.id)).number
    found = await line.by_document(STRANGER, 12, 1, "7788")
    assert found is not None
    assert found.number == number
    assert await line.prove(STRANGER, number, "7788")


async def test_given_several_bookings_of_one_guest_when_asked_by_document_then_an_operator_tells_them_apart(
    house: House, line: GuestLine
) -> None:
    for _ in range(2):
        await with_document(house, await house.booked(), "11010519491231002X")
    with pytest.raises(NotByKeypad):
        await line.by_document(MINE, 12, 1, "002X")


async def test_given_a_cancelled_and_a_coming_booking_when_asked_by_document_then_the_coming_one_is_told(
    house: House, line: GuestLine
) -> None:
    gone, coming = await house.booked(), await house.booked()
    for number in (gone, coming):
        await with_document(house, number, "11010519491231002X")
    await line.cancel(MINE, gone)
    found = await line.by_document(MINE, 12, 1, "002X")
    assert found is not None
    assert found.number == coming


async def test_given_a_number_that_nobody_has_or_a_guest_in_house_or_a_deleted_booking_then_the_same_answer(
    house: House, line: GuestLine
) -> None:
    in_house, deleted = await house.booked(), await house.booked()
    async with house.database.begin() as session:
        (await store.by_number(session, in_house)).state = State.CHECKED_IN.value
        (await store.by_number(session, deleted)).state = State.DELETED.value
    for asked, number in enumerate((in_house, deleted, "99999999")):
        assert await line.by_number(Caller(f"test-{asked}.1", "13800000001"), number) is None


# --- proof


async def test_given_a_stranger_when_the_last_four_of_document_or_phone_are_keyed_then_they_prove_the_guest(
    house: House, line: GuestLine
) -> None:
    number = await house.booked()
    await with_document(house, number, "11010519491231002X")
    assert [await line.prove(STRANGER, number, last) for last in ("0001", "002X", "4321")] == [True, True, False]


# --- changing


async def test_given_a_new_arrival_time_when_kept_then_only_that_changes_and_the_guest_did_it(
    house: House, line: GuestLine
) -> None:
    number = await house.booked(discount=20, discount_reason="regular guest", role="manager")
    async with house.database.read() as session:
        total = (await store.by_number(session, number)).total
    assert await line.expect_at(MINE, number, time(21, 15)) is Expected.POSSIBLE
    async with house.database.read() as session:
        booking = await store.by_number(session, number)
        assert booking.arrives_at == house.desk.rules.at(date(2026, 12, 1), time(21, 15))
        assert (booking.arrival_stated, booking.total, booking.state) == (True, total, "unconfirmed")
        entry = (await session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()))).first()
    change = (await changes(house, number))[-1]
    assert (change.action, change.by, change.asked) == ("changed", GUEST, "call test-1.1")
    assert (set(change.before or {}), set(change.after or {})) == ({"arrives_at"}, {"arrives_at"})
    assert entry is not None
    assert (entry.username, entry.action, entry.user_id) == (GUEST, "reservation.changed", None)
    assert house.told == [number]


async def test_given_a_time_that_has_passed_when_keyed_then_the_booking_is_unharmed(
    house: House, line: GuestLine
) -> None:
    number = await house.booked()
    house.at("19:00")
    assert await line.expect_at(MINE, number, time(18, 30)) is Expected.PAST
    assert [change.action for change in await changes(house, number)] == ["created"]


# --- cancelling


async def test_given_a_plain_booking_when_cancelled_by_keypad_then_its_room_is_free_and_the_penalty_is_noted(
    house: House, line: GuestLine
) -> None:
    number = await house.booked()
    await line.cancel(MINE, number)
    assert await house.state(number) == "cancelled"
    change = (await changes(house, number))[-1]
    assert (change.action, change.by) == ("cancelled", GUEST)
    assert "168800 fen" in change.why
    with pytest.raises(acts.states.TransitionRefused):
        await line.cancel(MINE, number)


@pytest.mark.parametrize("guarantee", ["prepaid", "agency", "company", "deposit"])
async def test_given_a_guaranteed_booking_when_cancelled_by_keypad_then_refused_and_the_operator_sees_the_penalty(
    house: House, line: GuestLine, guarantee: str
) -> None:
    number = await house.booked(guarantee=guarantee)
    with pytest.raises(NotByKeypad):
        await line.cancel(MINE, number)
    await line.wants_cancelled(MINE, number)
    assert await house.state(number) == "unconfirmed"
    change = (await changes(house, number))[-1]
    assert (change.action, change.by, change.after) == ("cancel_asked", GUEST, {"penalty": 168800})


# --- links


async def test_given_a_call_on_record_when_its_caller_finds_a_booking_then_they_are_linked_once(
    house: House, line: GuestLine
) -> None:
    number = await house.booked()
    async with house.database.begin() as session:
        await calls.store(session, [call(MINE.linkedid)], Cadences.of(sample_settings()))
    for _ in range(2):
        await line.by_number(MINE, number)
    async with house.database.read() as session:
        booking = await store.by_number(session, number)
        links = (await session.scalars(select(CallLink))).all()
    assert [(link.subject_type, link.subject_id, link.linked_by) for link in links] == [
        ("reservation", booking.id, GUEST)
    ]


# --- guessing


async def test_given_a_call_when_it_guessed_too_often_then_it_is_locked_out_also_after_a_restart(
    house: House, line: GuestLine
) -> None:
    for turn in range(OF_CALL.free):
        house.clock.advance(timedelta(minutes=1))
        assert await line.by_number(Caller("test-1.1", f"1390000000{turn}"), "99999999") is None
    number = await house.booked()
    again = GuestLine(house.database, house.desk, NumberPlan(), "pbx1", house.told.append)
    with pytest.raises(TooManyAttempts) as refusal:
        await again.by_number(Caller("test-1.1", "13800000001"), number)
    assert int(str(refusal.value.params["retry_after"])) > 3000


async def test_given_a_callers_number_when_it_guesses_on_call_after_call_then_it_waits_longer_each_time(
    house: House, line: GuestLine
) -> None:
    waits = []
    for number in range(OF_CALLER.free + 4):
        caller = Caller(f"test-{number}.1", "13900000009")
        try:
            await line.by_number(caller, "99999999")
        except TooManyAttempts as refusal:
            waits.append(int(str(refusal.params["retry_after"])))
            house.clock.advance(timedelta(seconds=waits[-1]))
            await line.by_number(caller, "99999999")
    assert waits == [2, 4, 8, 16]


async def test_given_numbers_in_a_row_when_a_stranger_asks_for_each_then_that_is_guessing_though_they_exist(
    house: House, line: GuestLine
) -> None:
    numbers = [await house.booked(lines=(bookings.WantedLine("standard"),)) for _ in range(OF_CALLER.free + 1)]
    for number in numbers[:-1]:
        assert await line.by_number(STRANGER, number) is not None
    with pytest.raises(TooManyAttempts):
        await line.by_number(STRANGER, numbers[-1])


async def test_given_a_guest_when_calling_often_from_the_own_phone_then_nothing_is_slowed_down(
    house: House, line: GuestLine
) -> None:
    number = await house.booked()
    for _ in range(OF_CALL.free + OF_CALLER.free):
        assert await line.by_number(MINE, number) is not None


async def test_given_a_booking_when_many_numbers_guess_at_its_proof_then_it_is_locked(
    house: House, line: GuestLine
) -> None:
    number = await house.booked()
    for turn in range(OF_BOOKING.free):
        assert not await line.prove(Caller(f"test-{turn}.1", f"1390000000{turn}"), number, "9999")
    with pytest.raises(TooManyAttempts):
        await line.prove(Caller("test-99.1", "13900000099"), number, "0001")
