"""What is free: by type and night, the hotel calendar, and the rooms that can be chosen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from callcenter.reservations import prices
from callcenter.reservations.models import Reservation, ReservationLine
from callcenter.reservations.states import COMING, HOLDING, Kind, State
from callcenter.rooms.models import Room, RoomType, TypeNight
from callcenter.rooms.nights import nights_between


@dataclass(frozen=True, slots=True)
class NightStock:
    """A type in one night. `overbooking`: rooms that may still be sold beyond the stock; `price`: listed, in fen."""

    night: date
    rooms: int
    sold: int
    free: int
    overbooking: int
    price: int


@dataclass(frozen=True, slots=True)
class TypeStock:
    """A type over some nights; `free` and `overbooking` hold for every one of them."""

    type: RoomType
    nights: tuple[NightStock, ...]

    @property
    def free(self) -> int:
        """Rooms that are free in each of the nights."""
        return min((night.free for night in self.nights), default=0)

    @property
    def overbooking(self) -> int:
        """Rooms that may be sold in each of the nights by those who may overbook, the free ones included."""
        return min((night.free + night.overbooking for night in self.nights), default=0)

    @property
    def total(self) -> int:
        """Price of one room for all the nights, in fen."""
        return sum(night.price for night in self.nights)


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """One day of the hotel calendar, in rooms.

    `staying`: booked or slept in that night; `unconfirmed`: those of the arrivals that nobody confirmed.
    """

    day: date
    arrivals: int
    departures: int
    staying: int
    unconfirmed: int
    rooms: int
    free: int


async def availability(
    session: AsyncSession, first: date, until: date, plan: str = "", type_code: str | None = None
) -> list[TypeStock]:
    """Return the guest room types with their nights from `first` to the morning of `until`.

    Raises:
        UnknownPlan: the plan is not sold.
    """
    types = await _types(session, type_code)
    stock = await _stock(session)
    tariff = await prices.tariff_of(session, plan, first, until)
    rows: Mapping[tuple[int, date], tuple[int, int, int]] = {
        (type_id, night): (rooms, sold, overbooking)
        for type_id, night, rooms, sold, overbooking in await session.execute(
            select(TypeNight.type_id, TypeNight.night, TypeNight.rooms, TypeNight.sold, TypeNight.overbooking).where(
                TypeNight.night >= first, TypeNight.night < until
            )
        )
    }
    days = nights_between(first, until)
    found = []
    for kind in types:
        listed = prices.nightly(tariff, kind.id, kind.price, days)
        untouched = (stock.get(kind.id, 0), 0, kind.overbooking)
        nights = tuple(_night(night, rows.get((kind.id, night), untouched), listed[night]) for night in days)
        found.append(TypeStock(kind, nights))
    return found


async def calendar(session: AsyncSession, first: date, until: date) -> list[CalendarDay]:
    """Return the hotel calendar from `first` to before `until`; no-shows and cancelled bookings have left it."""
    arrivals, unconfirmed = defaultdict[date, int](int), defaultdict[date, int](int)
    for day, state, rooms in await session.execute(_rooms_by(Reservation.arrival, COMING, first, until)):
        arrivals[day] += rooms
        unconfirmed[day] += rooms if state == State.UNCONFIRMED else 0
    departures = defaultdict[date, int](int)
    for day, _, rooms in await session.execute(_rooms_by(Reservation.departure, HOLDING, first, until)):
        departures[day] += rooms
    staying, free, rooms_of = (defaultdict[date, int](int) for _ in range(3))
    for stock in await availability(session, first, until):
        for one in stock.nights:
            staying[one.night] += one.sold
            free[one.night] += one.free
            rooms_of[one.night] += one.rooms
    days = nights_between(first, until)
    return [
        CalendarDay(day, arrivals[day], departures[day], staying[day], unconfirmed[day], rooms_of[day], free[day])
        for day in days
    ]


def _rooms_by(
    column: InstrumentedAttribute[date], states: Collection[State], first: date, until: date
) -> Select[date, str, int]:
    """Count the rooms of bookings in `states` by a day of theirs, from `first` to before `until`, and by state."""
    return (
        select(column, Reservation.state, func.sum(ReservationLine.rooms))
        .join(ReservationLine, ReservationLine.reservation_id == Reservation.id)
        .where(
            column >= first,
            column < until,
            Reservation.state.in_([state.value for state in states]),
            Reservation.kind != Kind.MEETING.value,
        )
        .group_by(column, Reservation.state)
    )


async def _types(session: AsyncSession, code: str | None) -> Sequence[RoomType]:
    statement = select(RoomType).where(RoomType.active, RoomType.kind == "guest").order_by(RoomType.price, RoomType.id)
    if code is not None:
        statement = statement.where(RoomType.code == code)
    return (await session.scalars(statement)).all()


async def _stock(session: AsyncSession) -> dict[int, int]:
    counted = select(Room.type_id, func.count(Room.id)).where(Room.active).group_by(Room.type_id)
    return {type_id: count for type_id, count in await session.execute(counted)}


def _night(night: date, row: tuple[int, int, int], price: int) -> NightStock:
    rooms, sold, overbooking = row
    beyond = max(0, overbooking - max(0, sold - rooms))
    return NightStock(night, rooms, sold, max(0, rooms - sold), beyond, price)
