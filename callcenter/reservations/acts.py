"""What can be done to a booking's state; each act holds or gives back rooms and writes its change note."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from http import HTTPStatus

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import HouseError, NotFound
from callcenter.reservations import booking as bookings
from callcenter.reservations import journal, meetings, states, store
from callcenter.reservations.audits import held_until
from callcenter.reservations.models import Reservation
from callcenter.reservations.rules import NO_NOTE, Booker, BookingRules, Desk, Note
from callcenter.reservations.states import Action, Kind, State
from callcenter.rooms import nights
from callcenter.rooms.models import Holder, Room

DELETE_LOCKED = {
    Kind.INDIVIDUAL: "reservations.delete_locked",
    Kind.GROUP: "reservations.delete_locked_group",
    Kind.MEETING: "reservations.delete_locked",
}


class BookingIsConfirmed(HouseError):
    """A confirmed booking is cancelled with a reason, never deleted; params: `number`."""

    code = "booking_is_confirmed"
    status = HTTPStatus.CONFLICT


class BookingIsLocked(HouseError):
    """Only whoever entered it deletes a booking, and only inside the window; params: `number`, `since`, `by`."""

    code = "booking_is_locked"
    status = HTTPStatus.FORBIDDEN


class DepositHeld(HouseError):
    """The house still holds a deposit: it is given back or kept first; params: `number`, `balance`."""

    code = "deposit_held"
    status = HTTPStatus.CONFLICT


class ReasonNeeded(HouseError):
    """This is done with a reason."""

    code = "reason_needed"
    status = HTTPStatus.UNPROCESSABLE_ENTITY


class ApprovalWanted(HouseError):
    """The price lies below the customer's former one: a manager agrees first; params: `number`."""

    code = "approval_wanted"
    status = HTTPStatus.CONFLICT


class StillHeld(HouseError):
    """The booking is held until a later time and cannot be released yet; params: `number`, `until`."""

    code = "still_held"
    status = HTTPStatus.CONFLICT


class NoApprovalWanted(HouseError):
    """Nobody has to agree to this booking's price; params: `number`."""

    code = "no_approval_wanted"
    status = HTTPStatus.CONFLICT


def locked_at(entered_at: datetime, rules: BookingRules) -> datetime:
    """Return when a booking can no longer be deleted by whoever entered it (requirements 3, delete window)."""
    return entered_at + rules.delete_window


def check_deletion(booking: Reservation, balance: int, by: Booker, now: datetime, rules: BookingRules) -> None:
    """Refuse to delete a booking that must stay.

    Raises:
        BookingIsConfirmed: it is confirmed.
        DepositHeld: a deposit must not vanish with it.
        BookingIsLocked: the window has passed, or another operator entered it, and `by` lacks the right.
    """
    if booking.state == State.CONFIRMED:
        raise BookingIsConfirmed(number=booking.number)
    if balance:
        raise DepositHeld(number=booking.number, balance=balance)
    since = locked_at(booking.entered_at, rules)
    is_own = booking.entered_by_id is not None and booking.entered_by_id == by.user_id
    if (now >= since or not is_own) and not by.may(DELETE_LOCKED[Kind(booking.kind)]):
        raise BookingIsLocked(number=booking.number, since=since.isoformat(), by=booking.entered_by)


def penalty(booking: Reservation, first_night: int, now: datetime, rules: BookingRules) -> int:
    """Return what a cancellation costs now, in fen: nothing in time, else the first night; a person decides."""
    in_time = now <= booking.arrives_at - rules.free_cancellation
    return 0 if in_time else min(first_night, booking.total)


async def confirm(session: AsyncSession, desk: Desk, booking: Reservation, by: Booker, note: Note = NO_NOTE) -> None:
    """Confirm a booking.

    Raises:
        TransitionRefused: it is not unconfirmed.
        ApprovalWanted: a manager has to agree to its price first.
    """
    if booking.approval == "wanted":
        raise ApprovalWanted(number=booking.number)
    before = step(booking, Action.CONFIRM)
    booking.confirmed_at = desk.clock.now()
    journal.record(session, desk, booking, "confirmed", by, note, state_before=before)


async def unconfirm(session: AsyncSession, desk: Desk, booking: Reservation, by: Booker, note: Note) -> None:
    """Take a confirmation back (取消确认).

    Raises:
        TransitionRefused: it is not confirmed.
        ReasonNeeded: none was given.
    """
    want_reason(note)
    before = step(booking, Action.UNCONFIRM)
    booking.confirmed_at = None
    journal.record(session, desk, booking, "unconfirmed", by, note, state_before=before)


async def approve(session: AsyncSession, desk: Desk, booking: Reservation, by: Booker, note: Note) -> None:
    """Agree to a price below the customer's former one; a deposit that came before now confirms.

    Raises:
        NoApprovalWanted: nobody has to agree.
    """
    if booking.approval != "wanted":
        raise NoApprovalWanted(number=booking.number)
    booking.approval = "given"
    change = {"before": {"approval": "wanted"}, "after": {"approval": "given"}}
    journal.record(session, desk, booking, "approved", by, note, state_before=booking.state, **change)
    if booking.state == State.UNCONFIRMED and await store.balance_of(session, booking) > 0:
        await confirm(session, desk, booking, by, note)


async def cancel(session: AsyncSession, desk: Desk, booking: Reservation, by: Booker, note: Note) -> None:
    """Cancel a booking with a reason (取消原因); its deposit stays on the books until it is refunded or forfeited.

    Raises:
        TransitionRefused: the guest is not expected any more.
        ReasonNeeded: none was given.
    """
    want_reason(note)
    await _end(session, desk, booking, Action.CANCEL, "cancelled", by, note)


async def delete(session: AsyncSession, desk: Desk, booking: Reservation, by: Booker, note: Note) -> None:
    """Delete an unconfirmed booking: it gives its rooms back and stays in the books as deleted.

    Raises:
        BookingIsConfirmed, BookingIsLocked, DepositHeld: see `check_deletion`.
        TransitionRefused: it is neither confirmed nor unconfirmed.
    """
    balance = await store.balance_of(session, booking)
    check_deletion(booking, balance, by, desk.clock.now(), desk.rules)
    await _end(session, desk, booking, Action.DELETE, "deleted", by, note)


async def lapse(session: AsyncSession, desk: Desk, booking: Reservation, by: Booker, note: Note) -> None:
    """Remove an unconfirmed booking by an audit.

    Raises:
        TransitionRefused: it is not unconfirmed.
    """
    await _end(session, desk, booking, Action.LAPSE, "lapsed", by, note)


async def no_show(session: AsyncSession, desk: Desk, booking: Reservation, by: Booker, note: Note) -> None:
    """Make a confirmed booking a no-show and release its rooms; a deposit stays on the books.

    Raises:
        TransitionRefused: it is not confirmed.
        StillHeld: it is too early: the guest is expected later, or the booking is guaranteed until noon next day.
    """
    until = held_until(booking, await store.balance_of(session, booking), desk.rules)
    if desk.clock.now() < until:
        raise StillHeld(number=booking.number, until=until.isoformat())
    await _end(session, desk, booking, Action.NO_SHOW, "no_show", by, note)


async def reinstate(
    session: AsyncSession,
    desk: Desk,
    booking: Reservation,
    rooms: list[tuple[str, list[int]]] | None,
    by: Booker,
    note: Note,
    *,
    overbook: bool = False,
) -> None:
    """Bring a no-show back, from tonight on: the stock is asked again, and whether its room was taken meanwhile.

    `rooms`: those to hold again; None for the ones that it had, an empty list for none.

    Raises:
        TransitionRefused: it is no no-show.
        RoomTaken: another booking holds the room by now.
        SoldOut, OverbookingNotPermitted: the stock is gone.
        DatesImpossible: its departure has passed.
    """
    now = desk.clock.now()
    if booking.kind == Kind.MEETING:  # its time has passed
        raise states.TransitionRefused(number=booking.number, state=booking.state, action=Action.REINSTATE.value)
    states.after(State(booking.state), Action.REINSTATE, booking.number)
    first = max(booking.arrival, desk.rules.earliest_arrival(now))
    if booking.departure <= first:
        raise bookings.DatesImpossible(reason="past", limit=first.isoformat())
    had = journal.rooms_had(await journal.of(session, booking), "no_show")
    before_facts = journal.facts(booking)
    before = step(booking, Action.REINSTATE)
    booking.arrival, booking.arrives_at = first, max(now, booking.arrives_at)
    booking.ended_at, booking.end_reason, booking.contacts = None, "", 0
    lines = (await store.lines_of(session, [booking.id]))[booking.id]
    for line in lines:
        skipped = (first - date.fromisoformat(before_facts["arrival"])).days
        line.nightly = line.nightly[skipped:]
    span = (booking.arrival, booking.departure)
    await bookings.hold(session, [(line.type_id, line.rooms) for line in lines], span, by, overbook=overbook)
    await take_rooms(session, booking, had if rooms is None else rooms, booking.arrival, booking.departure)
    old, new = journal.differences(before_facts, journal.facts(booking))
    journal.record(session, desk, booking, "reinstated", by, note, state_before=before, before=old, after=new)


async def expect_at(
    session: AsyncSession, desk: Desk, booking: Reservation, arrival_time: time, by: Booker, note: Note
) -> None:
    """Expect a guest at another time of the arrival date; nothing else of the booking changes.

    Raises:
        TransitionRefused: the guest is not expected any more.
    """
    if State(booking.state) not in states.COMING:
        raise states.TransitionRefused(number=booking.number, state=booking.state, action="expect")
    before = journal.facts(booking)
    booking.arrives_at = desk.rules.at(booking.arrival, arrival_time)
    booking.arrival_stated = True
    old, new = journal.differences(before, journal.facts(booking))
    journal.record(session, desk, booking, "changed", by, note, state_before=booking.state, before=old, after=new)


async def note_contact(session: AsyncSession, desk: Desk, booking: Reservation, by: Booker, note: Note) -> None:
    """Note an attempt to reach the guest about the arrival, with what came of it.

    Raises:
        TransitionRefused: the guest is not expected any more.
        ReasonNeeded: what came of it is missing.
    """
    want_reason(note)
    if State(booking.state) not in states.COMING:
        raise states.TransitionRefused(number=booking.number, state=booking.state, action="contact")
    booking.contacts += 1
    booking.contacted_at = desk.clock.now()
    after = {"contacts": booking.contacts}
    journal.record(session, desk, booking, "contacted", by, note, state_before=booking.state, after=after)


async def _end(
    session: AsyncSession, desk: Desk, booking: Reservation, action: Action, name: str, by: Booker, note: Note
) -> None:
    had = await nights.held_rooms(session, (Holder.RESERVATION, booking.id))
    before = step(booking, action)
    await give_back(session, booking, booking.arrival)
    booking.ended_at = desk.clock.now()
    booking.end_reason = note.why[:200]
    rooms = journal.room_facts(had)
    after = {"deposit": balance} if (balance := await store.balance_of(session, booking)) else None
    journal.record(session, desk, booking, name, by, note, state_before=before, before=rooms or None, after=after)


async def give_back(session: AsyncSession, booking: Reservation, first: date) -> None:
    """Give the rooms of a booking back, from the night `first` on."""
    if booking.kind == Kind.MEETING:
        await meetings.give_back(session, booking)
        return
    lines = (await store.lines_of(session, [booking.id]))[booking.id]
    for line in sorted(lines, key=lambda line: line.type_id):
        await nights.release_type(session, line.type_id, first, booking.departure, line.rooms - line.arrived)
    await nights.give_back(session, (Holder.RESERVATION, booking.id), first=first)


def step(booking: Reservation, action: Action) -> str:
    """Move the booking's state by `action`; return the state before.

    Raises:
        TransitionRefused: it leads nowhere from there.
    """
    before = booking.state
    booking.state = states.after(State(before), action, booking.number).value
    return before


def want_reason(note: Note) -> None:
    """Refuse an act without a reason.

    Raises:
        ReasonNeeded: there is none.
    """
    if not note.why.strip():
        raise ReasonNeeded


async def take_rooms(
    session: AsyncSession, booking: Reservation, rooms: Sequence[tuple[str, list[int]]], first: date, until: date
) -> None:
    """Hold rooms, by number, and beds for a booking.

    Raises:
        NotFound: there is no such room.
        RoomTaken: another holds it.
    """
    for number, beds in rooms:
        room = await session.scalar(select(Room).where(Room.number == number, Room.active))
        if room is None:
            raise NotFound(kind="room", id=number)
        await nights.take_room(session, room, beds, first, until, (Holder.RESERVATION, booking.id))
