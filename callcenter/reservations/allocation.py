"""Choosing rooms for bookings (分房): at booking, on the day by itself, or by hand; whole rooms or beds, 201[1]."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from http import HTTPStatus

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import HouseError, NotFound
from callcenter.reservations import acts, journal, store
from callcenter.reservations import booking as bookings
from callcenter.reservations.models import Reservation, ReservationLine
from callcenter.reservations.rules import Booker, Desk, Note
from callcenter.reservations.states import COMING, Kind, State, TransitionRefused
from callcenter.rooms import nights
from callcenter.rooms.models import Holder, Room


class BeyondReserved(HouseError):
    """More rooms or beds of a type are chosen than the booking reserved; params: `type`, `reserved`, `chosen`."""

    code = "beyond_reserved"
    status = HTTPStatus.CONFLICT


class NoSuchBed(HouseError):
    """The room has no such bed; params: `room`, `bed`, `beds`."""

    code = "no_such_bed"
    status = HTTPStatus.UNPROCESSABLE_ENTITY


@dataclass(frozen=True, slots=True)
class Choice:
    """A room to be held, whole (no beds named) or by the numbers of its beds."""

    room: str
    beds: tuple[int, ...] = ()


def label(room: Room, beds: Sequence[int]) -> str:
    """Name what is held as the house writes it: 0201 for the room, 0201[1] for one of its beds."""
    return room.number if len(beds) >= room.beds else f"{room.number}[{','.join(map(str, sorted(beds)))}]"


async def choose(
    session: AsyncSession,
    desk: Desk,
    booking: Reservation,
    choices: Sequence[Choice],
    by: Booker,
    note: Note,
    *,
    overbook: bool = False,
) -> None:
    """Let a booking hold exactly these rooms from its arrival to its departure; none gives all back.

    An individual booking may get a room of another type: the stock follows, the price stays, a reason is needed.

    Raises:
        TransitionRefused: the booking holds no rooms any more.
        NotFound: there is no such room.
        NoSuchBed: the room has fewer beds.
        BeyondReserved: more than was reserved.
        RoomTaken: another holds it.
        ReasonNeeded: a room of another type without a reason.
        SoldOut, OverbookingNotPermitted: the other type has no room left.
    """
    if booking.kind == Kind.MEETING or (State(booking.state) not in COMING and not _has_rooms_to_come(booking)):
        raise TransitionRefused(number=booking.number, state=booking.state, action="allocate")
    first = booking.arrival
    if booking.state == State.CHECKED_IN:
        first = max(first, desk.rules.earliest_arrival(desk.clock.now()))
    rooms = await _rooms(session, choices)
    lines = (await store.lines_of(session, [booking.id]))[booking.id]
    moved = await _follow_type(session, booking, lines, rooms, first, by, note, overbook=overbook)
    for line in sorted(lines, key=lambda line: line.type_id):
        await nights.lock_type(session, line.type_id, first, booking.departure)
    _check_reserved(lines, rooms)
    holder = (Holder.RESERVATION, booking.id)
    before = [label(room, beds) for room, beds in await nights.held_rooms(session, holder)]
    await nights.give_back(session, holder, first=first)
    for room, beds in rooms:
        # Nobody else sleeps in a room of which the group has beds: so each booking's rooms are its own in the stock.
        taken = await nights.first_taken(session, room.id, range(1, room.beds + 1), first, booking.departure)
        if taken is not None:
            raise nights.RoomTaken(room=room.number, night=taken.isoformat())
        await nights.take_room(session, room, beds, first, booking.departure, holder)
    after = [label(room, beds) for room, beds in rooms]
    if after != before:
        journal.record(
            session,
            desk,
            booking,
            "allocated",
            by,
            note,
            state_before=booking.state,
            before={"rooms": before, **moved[0]},
            after={"rooms": after, **moved[1]},
        )


async def choose_any(session: AsyncSession, desk: Desk, booking: Reservation, by: Booker, note: Note) -> bool:
    """Choose a free room for an individual booking that has none, clean ones first; False where none is free."""
    if booking.kind != Kind.INDIVIDUAL or await nights.held_rooms(session, (Holder.RESERVATION, booking.id)):
        return False
    line = (await store.lines_of(session, [booking.id]))[booking.id][0]
    await nights.lock_type(session, line.type_id, booking.arrival, booking.departure)
    free = await nights.free_rooms(session, line.type_id, booking.arrival, booking.departure)
    if not free:
        return False
    await choose(session, desk, booking, [Choice(free[0].number)], by, note)
    return True


async def without_room(session: AsyncSession, arrival: date) -> Sequence[str]:
    """Return the numbers of confirmed individual bookings of a day that have no room, the first entered first."""
    statement = (
        select(Reservation)
        .where(
            Reservation.arrival == arrival,
            Reservation.state == State.CONFIRMED.value,
            Reservation.kind == Kind.INDIVIDUAL.value,
        )
        .order_by(Reservation.id)
    )
    found = []
    for booking in await session.scalars(statement):
        if not await nights.held_rooms(session, (Holder.RESERVATION, booking.id)):
            found.append(booking.number)
    return found


def _has_rooms_to_come(booking: Reservation) -> bool:
    """Tell whether a group whose first guests are here may still choose rooms for the others."""
    return booking.kind == Kind.GROUP and booking.state == State.CHECKED_IN


async def _rooms(session: AsyncSession, choices: Sequence[Choice]) -> list[tuple[Room, list[int]]]:
    found = []
    for choice in sorted(choices, key=lambda choice: choice.room):
        room = await session.scalar(select(Room).where(Room.number == choice.room, Room.active))
        if room is None:
            raise NotFound(kind="room", id=choice.room)
        for bed in choice.beds:
            if not 1 <= bed <= room.beds:
                raise NoSuchBed(room=room.number, bed=bed, beds=room.beds)
        found.append((room, sorted(set(choice.beds)) or list(range(1, room.beds + 1))))
    return found


def _check_reserved(lines: Sequence[ReservationLine], rooms: Sequence[tuple[Room, list[int]]]) -> None:
    """Refuse more whole rooms, or more beds, of a type than the lines have.

    Raises:
        BeyondReserved: there are more.
    """
    reserved, reserved_beds = Counter[int](), Counter[int]()
    beds_of = {room.type_id: room.beds for room, _ in rooms}
    for line in lines:
        reserved[line.type_id] += 0 if line.beds else line.rooms - line.arrived
        reserved_beds[line.type_id] += max(0, line.beds - line.arrived * beds_of.get(line.type_id, 1))
    chosen, chosen_beds = Counter[int](), Counter[int]()
    for room, beds in rooms:
        if len(beds) == room.beds and chosen[room.type_id] < reserved[room.type_id]:
            chosen[room.type_id] += 1
        elif reserved_beds[room.type_id]:
            chosen_beds[room.type_id] += len(beds)
        else:
            chosen[room.type_id] += 1
    for type_id, count in (chosen - reserved).items():
        raise BeyondReserved(type=type_id, reserved=reserved[type_id], chosen=reserved[type_id] + count)
    for type_id, count in (chosen_beds - reserved_beds).items():
        raise BeyondReserved(type=type_id, reserved=reserved_beds[type_id], chosen=reserved_beds[type_id] + count)


async def _follow_type(
    session: AsyncSession,
    booking: Reservation,
    lines: Sequence[ReservationLine],
    rooms: Sequence[tuple[Room, list[int]]],
    first: date,
    by: Booker,
    note: Note,
    *,
    overbook: bool,
) -> tuple[dict[str, int], dict[str, int]]:
    """Let the stock of an individual booking follow a room of another type; return the type before and after."""
    if booking.kind != Kind.INDIVIDUAL or len(rooms) != 1 or rooms[0][0].type_id == lines[0].type_id:
        return {}, {}
    acts.want_reason(note)
    line, wanted = lines[0], rooms[0][0].type_id
    for type_id in sorted({line.type_id, wanted}):
        await nights.lock_type(session, type_id, first, booking.departure)
    await nights.release_type(session, line.type_id, first, booking.departure, line.rooms)
    await bookings.hold(session, [(wanted, line.rooms)], (first, booking.departure), by, overbook=overbook)
    before, line.type_id = line.type_id, wanted
    return {"type_id": before}, {"type_id": wanted}
