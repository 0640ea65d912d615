"""The guest of a booking arrives: the booking hands its room over to the stay, and ends when the stay does.

Whoever registers the guest calls `hand_over` and takes the room for the stay in the same transaction. A group hands
its rooms over one by one and goes on holding the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from http import HTTPStatus

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import HouseError
from callcenter.reservations import acts, journal, states, store
from callcenter.reservations.allocation import label
from callcenter.reservations.models import Reservation, ReservationLine
from callcenter.reservations.rules import NO_NOTE, Booker, Desk, Note
from callcenter.reservations.states import Action, State, TransitionRefused
from callcenter.rooms import nights
from callcenter.rooms.models import Holder, Room, RoomNight


class RoomMissing(HouseError):
    """This room, or bed, was not chosen for the booking; params: `number`, `room`."""

    code = "room_missing"
    status = HTTPStatus.CONFLICT


@dataclass(frozen=True, slots=True)
class HandedOver:
    """What the stay takes over: room and beds, its nights, and the agreed prices of one room or bed, in fen."""

    room: Room
    beds: tuple[int, ...]
    first: date
    until: date
    price: int
    list_price: int
    extra_beds: int
    extra_bed_price: int


async def hand_over(
    session: AsyncSession,
    desk: Desk,
    booking: Reservation,
    room_number: str,
    by: Booker,
    note: Note = NO_NOTE,
    bed: int | None = None,
) -> HandedOver:
    """Give up a room that the booking holds, or one `bed` of it, from tonight on, and note that its guest has arrived.

    Raises:
        TransitionRefused: the guest is not expected.
        RoomMissing: the booking does not hold that room.
        ApprovalWanted: a manager has to agree to the price first.
    """
    if booking.approval == "wanted":
        raise acts.ApprovalWanted(number=booking.number)
    holder = (Holder.RESERVATION, booking.id)
    held = {room.number: (room, beds) for room, beds in await nights.held_rooms(session, holder)}
    before = booking.state
    if before != State.CHECKED_IN:
        states.after(State(before), Action.CHECK_IN, booking.number)
    room, had = held.get(room_number, (None, []))
    beds = had if bed is None else [one for one in had if one == bed]
    if room is None or not beds:
        raise RoomMissing(number=booking.number, room=room_number)
    booking.state = State.CHECKED_IN.value
    first = max(booking.arrival, desk.rules.earliest_arrival(desk.clock.now()))
    line = await _line_of(session, booking, room, had)
    await nights.lock_type(session, line.type_id, first, booking.departure)
    await nights.give_back(session, holder, room_id=room.id, bed=bed)
    for night in nights.nights_between(first, booking.departure):
        if not await _anybody_in(session, room, night):
            await nights.release_type(session, line.type_id, night, night + timedelta(days=1), 1)
    line.arrived += 1 if beds == had else 0
    after = {"room": label(room, beds)}
    journal.record(session, desk, booking, "checked_in", by, note, state_before=before, after=after)
    extra_beds = booking.extra_beds if len(held) == 1 and beds == had else 0
    return HandedOver(
        room,
        tuple(beds),
        first,
        booking.departure,
        line.price,
        line.list_price,
        extra_beds,
        booking.extra_bed_price,
    )


async def departed(session: AsyncSession, desk: Desk, booking: Reservation, by: Booker, note: Note = NO_NOTE) -> None:
    """Note that the last guest of a booking has left; rooms for which nobody came are given back.

    Raises:
        TransitionRefused: nobody of it is in the house.
    """
    before = acts.step(booking, Action.CHECK_OUT)
    booking.ended_at = desk.clock.now()
    today = desk.rules.earliest_arrival(desk.clock.now())
    if today < booking.departure:
        await acts.give_back(session, booking, max(today, booking.arrival))
    journal.record(session, desk, booking, "checked_out", by, note, state_before=before)


async def returned(session: AsyncSession, desk: Desk, booking: Reservation, by: Booker, note: Note) -> None:
    """Note that a check-out was revoked (撤销结帐): a guest of the booking is in the house again.

    Raises:
        TransitionRefused: its guests have not left.
        ReasonNeeded: none was given.
    """
    acts.want_reason(note)
    before = acts.step(booking, Action.REVOKE_CHECK_OUT)
    booking.ended_at = None
    for line in (await store.lines_of(session, [booking.id]))[booking.id]:
        line.arrived = line.rooms  # what nobody came for was given back when the others left
    journal.record(session, desk, booking, "check_out_revoked", by, note, state_before=before)


async def _line_of(session: AsyncSession, booking: Reservation, room: Room, beds: list[int]) -> ReservationLine:
    """Find the line that a room belongs to: one of its type with rooms to come, of beds where not all are held."""
    lines = (await store.lines_of(session, [booking.id]))[booking.id]
    fitting = [line for line in lines if line.type_id == room.type_id and line.arrived < line.rooms]
    if not fitting:
        raise TransitionRefused(number=booking.number, state=booking.state, action=Action.CHECK_IN.value)
    is_part = len(beds) < room.beds
    return next((line for line in fitting if bool(line.beds) == is_part), fitting[0])


async def _anybody_in(session: AsyncSession, room: Room, night: date) -> bool:
    statement = select(RoomNight.bed).where(RoomNight.room_id == room.id, RoomNight.night == night).limit(1)
    return await session.scalar(statement) is not None
