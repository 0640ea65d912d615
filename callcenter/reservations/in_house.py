"""A booking whose guest is in the house: arrival, extension, another room, departure, and taking these back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from http import HTTPStatus

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import HouseError
from callcenter.reservations import acts, journal, store
from callcenter.reservations import booking as bookings
from callcenter.reservations.models import Reservation
from callcenter.reservations.rules import NO_NOTE, Booker, Desk, Note
from callcenter.reservations.states import Action, State, TransitionRefused
from callcenter.rooms import nights
from callcenter.rooms.models import Holder


class RoomMissing(HouseError):
    """No room was chosen for the booking yet; params: `number`."""

    code = "room_missing"
    status = HTTPStatus.CONFLICT


async def check_in(session: AsyncSession, desk: Desk, booking: Reservation, by: Booker, note: Note = NO_NOTE) -> None:
    """Note that the guest has arrived; the room must have been chosen. A no-show is reinstated first.

    Raises:
        TransitionRefused: the guest is not expected.
        RoomMissing: no room was chosen.
        ApprovalWanted: a manager has to agree to the price first.
    """
    if booking.approval == "wanted":
        raise acts.ApprovalWanted(number=booking.number)
    if not await nights.held_rooms(session, (Holder.RESERVATION, booking.id)):
        raise RoomMissing(number=booking.number)
    before = acts.step(booking, Action.CHECK_IN)
    journal.record(session, desk, booking, "checked_in", by, note, state_before=before)


async def revoke_check_in(session: AsyncSession, desk: Desk, booking: Reservation, by: Booker, note: Note) -> None:
    """Take a check-in back that was a mistake, before a night was slept.

    Raises:
        TransitionRefused: the guest is not in the house, or has slept here.
        ReasonNeeded: none was given.
    """
    acts.want_reason(note)
    if booking.arrival < desk.rules.earliest_arrival(desk.clock.now()):
        raise TransitionRefused(number=booking.number, state=booking.state, action=Action.REVOKE_CHECK_IN.value)
    before = acts.step(booking, Action.REVOKE_CHECK_IN)
    booking.confirmed_at = booking.confirmed_at or desk.clock.now()
    journal.record(session, desk, booking, "check_in_revoked", by, note, state_before=before)


async def extend(
    session: AsyncSession,
    desk: Desk,
    booking: Reservation,
    departure: date,
    by: Booker,
    note: Note = NO_NOTE,
    *,
    overbook: bool = False,
) -> None:
    """Let the guest stay longer, or leave earlier (续住): the same rooms, further nights at the last night's price.

    Raises:
        TransitionRefused: the guest is not in the house.
        DatesImpossible: departure before today or before the arrival, or the stay gets too long.
        RoomTaken: another holds the room in the further nights.
        SoldOut, OverbookingNotPermitted: the stock is gone.
    """
    if booking.state != State.CHECKED_IN:
        raise TransitionRefused(number=booking.number, state=booking.state, action="extend")
    today = desk.rules.earliest_arrival(desk.clock.now())
    if departure < today:
        raise bookings.DatesImpossible(reason="past", limit=today.isoformat())
    bookings.check_dates(booking.arrival, departure, booking.arrival, desk.rules.longest_stay)
    before = journal.facts(booking)
    if departure > booking.departure:
        held = await nights.held_rooms(session, (Holder.RESERVATION, booking.id))
        rooms = [(room.number, beds) for room, beds in held]
        await _hold_on(session, booking, booking.departure, departure, by, rooms, overbook=overbook)
    elif departure < booking.departure:
        await acts.give_back(session, booking, departure)
    await _set_departure(session, booking, departure)
    old, new = journal.differences(before, journal.facts(booking))
    if new:
        journal.record(session, desk, booking, "extended", by, note, state_before=booking.state, before=old, after=new)


async def check_out(session: AsyncSession, desk: Desk, booking: Reservation, by: Booker, note: Note = NO_NOTE) -> None:
    """Note that the guest has left; nights not slept are given back, and the departure is today.

    Raises:
        TransitionRefused: the guest is not in the house.
    """
    today = desk.rules.earliest_arrival(desk.clock.now())
    before, facts = acts.step(booking, Action.CHECK_OUT), journal.facts(booking)
    booking.ended_at = desk.clock.now()
    had = journal.room_facts(await nights.held_rooms(session, (Holder.RESERVATION, booking.id)))
    left = max(today, booking.arrival)
    if left < booking.departure:
        await acts.give_back(session, booking, left)
        await _set_departure(session, booking, left)
    old, new = journal.differences(facts, journal.facts(booking))
    journal.record(
        session, desk, booking, "checked_out", by, note, state_before=before, before={**old, **had}, after=new
    )


async def revoke_check_out(
    session: AsyncSession, desk: Desk, booking: Reservation, departure: date, by: Booker, note: Note
) -> None:
    """Take a check-out back (撤销结帐): the rooms are held again from today to `departure`, if nobody has them.

    Raises:
        TransitionRefused: the guest has not left.
        ReasonNeeded: none was given.
        RoomTaken: another holds the room by now.
        SoldOut: the stock is gone.
    """
    acts.want_reason(note)
    facts, rooms = journal.facts(booking), journal.rooms_had(await journal.of(session, booking), "checked_out")
    before = acts.step(booking, Action.REVOKE_CHECK_OUT)
    bookings.check_dates(booking.arrival, departure, booking.arrival, desk.rules.longest_stay)
    booking.ended_at = None
    if departure > booking.departure:
        await _hold_on(session, booking, booking.departure, departure, by, rooms, overbook=False)
        await _set_departure(session, booking, departure)
    old, new = journal.differences(facts, journal.facts(booking))
    journal.record(session, desk, booking, "check_out_revoked", by, note, state_before=before, before=old, after=new)


async def _hold_on(
    session: AsyncSession,
    booking: Reservation,
    first: date,
    until: date,
    by: Booker,
    rooms: Sequence[tuple[str, list[int]]],
    *,
    overbook: bool,
) -> None:
    lines = (await store.lines_of(session, [booking.id]))[booking.id]
    await bookings.hold(session, [(line.type_id, line.rooms) for line in lines], (first, until), by, overbook=overbook)
    await acts.take_rooms(session, booking, rooms, first, until)


async def _set_departure(session: AsyncSession, booking: Reservation, departure: date) -> None:
    """Move the departure: nights added cost what the last one does, nights dropped cost nothing."""
    count = (departure - booking.arrival).days
    lines = (await store.lines_of(session, [booking.id]))[booking.id]
    for line in lines:
        last = line.nightly[-1] if line.nightly else line.price
        line.nightly = [*line.nightly, *[last] * count][:count]
    booking.departure = departure
    booking.total = sum((line.beds or line.rooms) * sum(line.nightly) for line in lines)
    booking.total += booking.extra_beds * booking.extra_bed_price * count
