"""The room chart: what each room is on a day, and who holds it over a span of days (requirements 3 and 4)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.reservations.models import Reservation
from callcenter.reservations.states import COMING, State
from callcenter.rooms.models import Holder, Outage, Room, RoomNight, RoomType


class RoomState(StrEnum):
    """What a room is on a day; `OCCUPIED` guests stay tonight, `DUE_OUT` ones leave today or should have left."""

    VACANT = "vacant"
    OCCUPIED = "occupied"
    DUE_IN = "due_in"
    DUE_OUT = "due_out"
    OUT_OF_ORDER = "out_of_order"


@dataclass(frozen=True, slots=True)
class Resident:
    """A stay: its number, who stays (empty where nobody may know), whether the guest is in the house now.

    `link`: the same for linked rooms (联房), None for a room that is not linked.
    """

    id: int
    stay: str
    name: str
    in_house: bool
    arrival: date
    departure: date
    link: int | None


@dataclass(frozen=True, slots=True)
class Counted:
    """Something done at a moment to so many stays."""

    at: datetime
    stays: int


class Residents(Protocol):
    """Knows who is in the house; `stays` fulfils it and `main` hands it over."""

    async def of(self, session: AsyncSession, ids: Collection[int], *, confidential: bool) -> Mapping[int, Resident]:
        """Return stays by id; the names of confidential guests only where `confidential` says so."""
        ...

    async def occupied_rooms(self, session: AsyncSession) -> set[int]:
        """Return the ids of the rooms in which a guest is registered now."""
        ...

    async def nights_closed(self, session: AsyncSession, begin: datetime, end: datetime) -> Sequence[Counted]:
        """Return which nights the night audit closed from `begin` to before `end`, and how many stays it charged."""
        ...

    async def overstays(self, session: AsyncSession, begin: datetime, end: datetime) -> Sequence[datetime]:
        """Return when guests were found, from `begin` to before `end`, who should have left and had not."""
        ...


@dataclass(frozen=True, slots=True)
class Occupant:
    """A booking, or a stay, that holds a room or beds of it from the night `first` to the morning of `until`.

    `number` is the booking's; of a stay its own, `is_stay` is true, and `stay_id` and `link` are set.
    """

    number: str
    is_stay: bool
    state: str
    kind: str
    booker: str
    group_name: str
    arrival: date
    departure: date
    first: date
    until: date
    beds: tuple[int, ...]
    stay_id: int | None = None
    link: int | None = None


@dataclass(frozen=True, slots=True)
class Closed:
    """An outage of a room."""

    id: int
    reason: str
    first: date
    until: date


@dataclass(slots=True)
class ChartRoom:
    """A room with what holds it."""

    room: Room
    type: RoomType
    occupants: list[Occupant] = field(default_factory=list)
    closed: list[Closed] = field(default_factory=list)


def room_state(one: ChartRoom, day: date) -> RoomState:
    """Say what a room is on `day`: somebody who is in it counts before whoever comes, and both before an outage."""
    inside = [held for held in one.occupants if held.state == State.CHECKED_IN]
    if any(held.first <= day < held.until and day < held.departure for held in inside):
        return RoomState.OCCUPIED
    if any(held.first <= day <= held.until for held in inside):
        return RoomState.DUE_OUT
    if any(held.first <= day < held.until and held.state in COMING for held in one.occupants):
        return RoomState.DUE_IN
    if any(closed.first <= day < closed.until for closed in one.closed):
        return RoomState.OUT_OF_ORDER
    return RoomState.VACANT


async def chart(
    session: AsyncSession, residents: Residents, first: date, until: date, *, confidential: bool
) -> list[ChartRoom]:
    """Return every guest room, by number, with whatever holds it in a night from the one before `first` to `until`."""
    statement = (
        select(Room, RoomType)
        .join(RoomType, RoomType.id == Room.type_id)
        .where(Room.active, RoomType.kind == "guest")
        .order_by(Room.number)
    )
    rooms = {room.id: ChartRoom(room, kind) for room, kind in await session.execute(statement)}
    held = await _held(session, first - timedelta(days=1), until)
    bookings = await _bookings(session, _ids(held, Holder.RESERVATION))
    stays = await residents.of(session, _ids(held, Holder.STAY), confidential=confidential)
    outages = await _outages(session, _ids(held, Holder.OUTAGE))
    for (room_id, holder, number), spans in sorted(held.items()):
        one = rooms.get(room_id)
        if one is None:
            continue
        nights, beds = spans
        begin, end = min(nights), max(nights) + timedelta(days=1)
        if holder == Holder.OUTAGE:
            one.closed.append(Closed(number, outages[number].reason, begin, end))
        elif holder == Holder.STAY:
            one.occupants.append(_resident(stays[number], begin, end, beds))
        else:
            one.occupants.append(_occupant(bookings[number], begin, end, beds))
    return list(rooms.values())


async def _held(
    session: AsyncSession, first: date, until: date
) -> Mapping[tuple[int, str, int], tuple[set[date], set[int]]]:
    """Return nights and beds held, by room and holder."""
    statement = select(RoomNight.room_id, RoomNight.holder, RoomNight.holder_id, RoomNight.night, RoomNight.bed).where(
        RoomNight.night >= first, RoomNight.night < until
    )
    found: dict[tuple[int, str, int], tuple[set[date], set[int]]] = {}
    for room_id, holder, number, night, bed in await session.execute(statement):
        kind = Holder.STAY if holder == Holder.OVERSTAY else holder
        nights, beds = found.setdefault((room_id, kind, number), (set(), set()))
        nights.add(night)
        beds.add(bed)
    return found


def _ids(held: Collection[tuple[int, str, int]], holder: Holder) -> set[int]:
    return {number for _, kind, number in held if kind == holder}


async def _bookings(session: AsyncSession, ids: set[int]) -> dict[int, Reservation]:
    return {one.id: one for one in await session.scalars(select(Reservation).where(Reservation.id.in_(sorted(ids))))}


async def _outages(session: AsyncSession, ids: set[int]) -> dict[int, Outage]:
    return {one.id: one for one in await session.scalars(select(Outage).where(Outage.id.in_(sorted(ids))))}


def _occupant(booking: Reservation, first: date, until: date, beds: Sequence[int] | set[int]) -> Occupant:
    return Occupant(
        booking.number,
        False,
        booking.state,
        booking.kind,
        booking.booker,
        booking.group_name,
        booking.arrival,
        booking.departure,
        first,
        until,
        tuple(sorted(beds)),
    )


def _resident(one: Resident, first: date, until: date, beds: set[int]) -> Occupant:
    state = State.CHECKED_IN if one.in_house else State.CHECKED_OUT
    return Occupant(
        one.stay,
        True,
        state,
        "",
        one.name,
        "",
        one.arrival,
        one.departure,
        first,
        until,
        tuple(sorted(beds)),
        one.id,
        one.link,
    )
