"""The month's figures: bookings, cancellations, no-shows by salesperson, and the customers' credit record (信誉档案).

A customer is a guest card, or a telephone number where there is none. Bookings count in the month of their arrival.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.reservations.models import Reservation, ReservationLine
from callcenter.reservations.states import Kind, State


@dataclass(frozen=True, slots=True)
class Tally:
    """Bookings by what became of them; `rooms` of all of them, `value` in fen of those that were kept."""

    bookings: int = 0
    rooms: int = 0
    kept: int = 0
    cancelled: int = 0
    no_shows: int = 0
    lapsed: int = 0
    value: int = 0

    def plus(self, state: State, count: int, rooms: int, total: int) -> Tally:
        """Count further bookings in `state`."""
        kept = state not in (State.CANCELLED, State.NO_SHOW, State.DELETED)
        return replace(
            self,
            bookings=self.bookings + count,
            rooms=self.rooms + rooms,
            kept=self.kept + (count if kept else 0),
            cancelled=self.cancelled + (count if state is State.CANCELLED else 0),
            no_shows=self.no_shows + (count if state is State.NO_SHOW else 0),
            lapsed=self.lapsed + (count if state is State.DELETED else 0),
            value=self.value + (total if kept else 0),
        )

    @property
    def lost_share(self) -> float:
        """Share of the bookings that were cancelled or no-shows, 0 to 1; those that audits removed do not count."""
        counted = self.bookings - self.lapsed
        return (self.cancelled + self.no_shows) / counted if counted else 0.0


@dataclass(frozen=True, slots=True)
class Credit:
    """A customer's record over all time: how often bookings were kept, cancelled, or nobody came."""

    booker: str
    phone: str
    guest_id: int | None
    tally: Tally


@dataclass(frozen=True, slots=True)
class Month:
    """A month's figures: altogether, by salesperson, by source, by day of arrival."""

    total: Tally
    salespeople: dict[str, Tally]
    sources: dict[str, Tally]
    days: dict[date, Tally]


async def month(session: AsyncSession, first: date, until: date) -> Month:
    """Return the figures of bookings that arrive from `first` to before `until`."""
    rooms = (
        select(ReservationLine.reservation_id, func.sum(ReservationLine.rooms).label("rooms"))
        .group_by(ReservationLine.reservation_id)
        .subquery()
    )
    keys = (Reservation.salesperson, Reservation.source, Reservation.arrival, Reservation.state)
    statement = (
        select(*keys, func.count(), func.sum(func.coalesce(rooms.c.rooms, 0)), func.sum(Reservation.total))
        .outerjoin(rooms, rooms.c.reservation_id == Reservation.id)
        .where(Reservation.arrival >= first, Reservation.arrival < until, Reservation.kind != Kind.MEETING.value)
        .group_by(*keys)
    )
    total, people, sources, days = Tally(), dict[str, Tally](), dict[str, Tally](), dict[date, Tally]()
    for salesperson, source, arrival, state, count, booked, value in await session.execute(statement):
        more = (State(state), int(count), int(booked), int(value))
        total = total.plus(*more)
        people[salesperson] = people.get(salesperson, Tally()).plus(*more)
        sources[source] = sources.get(source, Tally()).plus(*more)
        days[arrival] = days.get(arrival, Tally()).plus(*more)
    return Month(total, _by_bookings(people.items()), _by_bookings(sources.items()), dict(sorted(days.items())))


async def credit_records(session: AsyncSession, first: date, until: date, limit: int = 100) -> list[Credit]:
    """Return the credit record of customers with a lost booking in the span, the least reliable first."""
    lost = (State.CANCELLED.value, State.NO_SHOW.value)
    in_span = (Reservation.arrival >= first, Reservation.arrival < until, Reservation.state.in_(lost))
    known = select(Reservation.phone, Reservation.guest_id).where(*in_span).distinct()
    found = []
    for phone, guest_id in (await session.execute(known)).all():
        if phone or guest_id is not None:
            found.append(await credit_of(session, phone, guest_id))
    unique = {(one.guest_id, one.phone): one for one in found}
    ordered = sorted(unique.values(), key=lambda one: (-one.tally.no_shows, -one.tally.lost_share, one.phone))
    return ordered[:limit]


async def credit_of(session: AsyncSession, phone: str, guest_id: int | None) -> Credit:
    """Return a customer's credit record, by card where there is one, else by number."""
    who = Reservation.guest_id == guest_id if guest_id is not None else Reservation.phone == phone
    counted = select(Reservation.state, func.count(), func.sum(Reservation.total)).where(who)
    tally = Tally()
    for state, count, total in await session.execute(counted.group_by(Reservation.state)):
        tally = tally.plus(State(state), int(count), 0, int(total))
    last = select(Reservation.booker).where(who).order_by(Reservation.id.desc()).limit(1)
    return Credit(await session.scalar(last) or "", phone, guest_id, tally)


def _by_bookings(tallies: Iterable[tuple[str, Tally]]) -> dict[str, Tally]:
    return dict(sorted(tallies, key=lambda one: (-one[1].bookings, one[0])))
