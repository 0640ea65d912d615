"""Reading bookings, locking one for a change, giving out numbers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from http import HTTPStatus
from typing import Any

from sqlalchemy import Select, case, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.db import insert_into
from callcenter.errors import HouseError, NotFound
from callcenter.reservations.models import (
    Payment,
    Reservation,
    ReservationGuest,
    ReservationLine,
)
from callcenter.reservations.models import (
    Sequence as Series,
)
from callcenter.reservations.states import State
from callcenter.rooms.models import RoomType
from callcenter.sorting import SortKey, Way, sorted_page


class BookingChanged(HouseError):
    """Somebody else has changed the booking meanwhile; params: `number`, `version` (the present one)."""

    code = "booking_changed"
    status = HTTPStatus.CONFLICT


class UnknownType(HouseError):
    """There is no such room type, or it is no longer let; params: `type`."""

    code = "unknown_room_type"
    status = HTTPStatus.UNPROCESSABLE_ENTITY


@dataclass(frozen=True, slots=True)
class BookingQuery:
    """Which bookings: all given conditions together; days are both included; `text` is looked for in name and phone."""

    states: tuple[State, ...] = ()
    kind: str | None = None
    arrival_from: date | None = None
    arrival_to: date | None = None
    staying_on: date | None = None
    type: str | None = None
    text: str | None = None
    phone: str | None = None
    guest_id: int | None = None
    salesperson: str | None = None
    group_id: int | None = None


async def by_number(session: AsyncSession, number: str) -> Reservation:
    """Return a booking.

    Raises:
        NotFound: there is none of that number.
    """
    return _found(await session.scalar(select(Reservation).where(Reservation.number == number)), number)


async def locked(session: AsyncSession, number: str, version: int | None = None) -> Reservation:
    """Return a booking locked for this transaction; `version`: the one that the client has seen.

    Raises:
        NotFound: there is none of that number.
        BookingChanged: it has another version by now.
    """
    statement = select(Reservation).where(Reservation.number == number).with_for_update()
    booking = _found(await session.scalar(statement.execution_options(populate_existing=True)), number)
    if version is not None and booking.version != version:
        raise BookingChanged(number=number, version=booking.version)
    return booking


async def lines_of(session: AsyncSession, ids: Collection[int]) -> dict[int, list[ReservationLine]]:
    """Return the lines of bookings, by booking."""
    found: dict[int, list[ReservationLine]] = {number: [] for number in ids}
    statement = select(ReservationLine).where(ReservationLine.reservation_id.in_(ids)).order_by(ReservationLine.id)
    for line in await session.scalars(statement):
        found[line.reservation_id].append(line)
    return found


async def guests_of(session: AsyncSession, booking: Reservation) -> Sequence[ReservationGuest]:
    """Return the persons of a booking."""
    statement = select(ReservationGuest).where(ReservationGuest.reservation_id == booking.id)
    return (await session.scalars(statement.order_by(ReservationGuest.id))).all()


async def payments_of(session: AsyncSession, booking: Reservation) -> Sequence[Payment]:
    """Return the money of a booking, oldest first."""
    statement = select(Payment).where(Payment.reservation_id == booking.id).order_by(Payment.id)
    return (await session.scalars(statement)).all()


async def balances(session: AsyncSession, ids: Iterable[int]) -> Mapping[int, int]:
    """Return the deposits that the house still holds, in fen, by booking; bookings without any are left out."""
    signed = case((Payment.kind == "receipt", Payment.amount), else_=-Payment.amount)
    statement = (
        select(Payment.reservation_id, func.sum(signed))
        .where(Payment.reservation_id.in_(list(ids)))
        .group_by(Payment.reservation_id)
    )
    return {number: int(total) for number, total in await session.execute(statement)}


async def balance_of(session: AsyncSession, booking: Reservation) -> int:
    """Return the deposit that the house still holds for a booking, in fen."""
    return (await balances(session, [booking.id])).get(booking.id, 0)


async def types(session: AsyncSession, codes: Collection[str]) -> dict[str, RoomType]:
    """Return the room types of `codes` that are let.

    Raises:
        UnknownType: one of them is not.
    """
    statement = select(RoomType).where(RoomType.code.in_(sorted(codes)), RoomType.active)
    found = {one.code: one for one in await session.scalars(statement)}
    for code in sorted(codes):
        if code not in found:
            raise UnknownType(type=code)
    return found


class BookingSort(StrEnum):
    """By what a list of bookings can be sorted; names stand in the order of their characters."""

    ENTERED = "entered"
    NUMBER = "number"
    STATE = "state"
    BOOKER = "booker"
    ARRIVAL = "arrival"
    DEPARTURE = "departure"
    TOTAL = "total"
    COMPANY = "company"
    SALESPERSON = "salesperson"
    ENTERED_BY = "entered_by"


SORT_KEYS: Mapping[BookingSort, SortKey] = {
    BookingSort.ENTERED: SortKey(Reservation.entered_at, datetime, lambda one: one.entered_at),
    BookingSort.NUMBER: SortKey(Reservation.number, str, lambda one: one.number),
    BookingSort.STATE: SortKey(Reservation.state, str, lambda one: one.state),
    BookingSort.BOOKER: SortKey(Reservation.booker, str, lambda one: one.booker),
    BookingSort.ARRIVAL: SortKey(Reservation.arrives_at, datetime, lambda one: one.arrives_at),
    BookingSort.DEPARTURE: SortKey(Reservation.departure, date, lambda one: one.departure),
    BookingSort.TOTAL: SortKey(Reservation.total, int, lambda one: one.total),
    BookingSort.COMPANY: SortKey(Reservation.company, str, lambda one: one.company),
    BookingSort.SALESPERSON: SortKey(Reservation.salesperson, str, lambda one: one.salesperson),
    BookingSort.ENTERED_BY: SortKey(Reservation.entered_by, str, lambda one: one.entered_by),
}


async def page(
    session: AsyncSession,
    wanted: BookingQuery,
    limit: int,
    after: tuple[Any, int] | None = None,
    *,
    sort: BookingSort = BookingSort.ENTERED,
    way: Way = Way.DESCENDING,
) -> Sequence[Reservation]:
    """Return at most `limit` bookings in the order wanted, by default the last entered first, beyond `after`."""
    statement = sorted_page(_selected(wanted), SORT_KEYS[sort], Reservation.id, way, limit, after)
    return (await session.scalars(statement)).all()


async def next_number(session: AsyncSession, series: str, now: datetime, prefix: str = "") -> str:
    """Give out the next number of a series: two digits of the year and six that count, without a gap.

    The row of the series stays locked until the transaction ends, so this comes as late as possible in one.
    """
    year = f"{now.year % 100:02d}"
    name = f"{series}{year}"
    count = update(Series).where(Series.name == name).values(last=Series.last + 1).returning(Series.last)
    last = await session.scalar(count)
    if last is None:
        await session.execute(insert_into(session, Series).values(name=name, last=0).on_conflict_do_nothing())
        last = (await session.execute(count)).scalar_one()
    return f"{prefix}{year}{last:06d}"


def _selected(wanted: BookingQuery) -> Select[Reservation]:
    statement = select(Reservation)
    equal = {
        Reservation.kind: wanted.kind,
        Reservation.phone: wanted.phone,
        Reservation.guest_id: wanted.guest_id,
        Reservation.salesperson: wanted.salesperson,
        Reservation.group_id: wanted.group_id,
    }
    for column, value in equal.items():
        if value is not None:
            statement = statement.where(column == value)
    if wanted.states:
        statement = statement.where(Reservation.state.in_([state.value for state in wanted.states]))
    if wanted.arrival_from is not None:
        statement = statement.where(Reservation.arrival >= wanted.arrival_from)
    if wanted.arrival_to is not None:
        statement = statement.where(Reservation.arrival <= wanted.arrival_to)
    if wanted.staying_on is not None:
        statement = statement.where(Reservation.arrival <= wanted.staying_on, Reservation.departure > wanted.staying_on)
    if wanted.type is not None:
        typed = select(ReservationLine.reservation_id).join(RoomType, RoomType.id == ReservationLine.type_id)
        statement = statement.where(Reservation.id.in_(typed.where(RoomType.code == wanted.type)))
    if wanted.text is not None:
        part = f"%{_escaped(wanted.text)}%"
        columns = (Reservation.number, Reservation.booker, Reservation.phone, Reservation.group_name)
        statement = statement.where(or_(*(column.ilike(part, escape="\\") for column in columns)))
    return statement


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _found(booking: Reservation | None, number: str) -> Reservation:
    if booking is None:
        raise NotFound(kind="reservation", id=number)
    return booking
