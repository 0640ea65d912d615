"""The audits and the no-show timer at work: each booking in a transaction of its own, decided again under its lock."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.db import Database
from callcenter.errors import HouseError
from callcenter.reservations import acts, allocation, store
from callcenter.reservations.audits import (
    Booked,
    becomes_no_show,
    day_closed,
    lapses_at_night,
    lapses_in_the_evening,
)
from callcenter.reservations.models import Reservation
from callcenter.reservations.rules import Desk, Note, TheHouse
from callcenter.reservations.states import State
from callcenter.rooms import nights
from callcenter.rooms.models import Holder
from callcenter.schedule import Schedule

log = structlog.get_logger(__name__)

EVENING = TheHouse("evening_audit")
NIGHT = TheHouse("night_audit")
TIMER = TheHouse("no_show_timer")
ROOMS = TheHouse("room_allocation")
TIMER_SECONDS = 60

Told = Callable[[str], None]
"""Is told the number of each booking that was changed."""

Decision = Callable[[Booked], bool]
Act = Callable[[AsyncSession, Reservation], Awaitable[None]]


class Audits:
    """What the house does with bookings by itself. Run twice for one hour, it finds nothing left to do."""

    def __init__(self, database: Database, desk: Desk, told: Told) -> None:
        self._database = database
        self._desk = desk
        self._told = told

    def put_into(self, schedule: Schedule) -> None:
        """Let these run at their hours; when several are due at once, in this order."""
        rules = self._desk.rules
        schedule.daily("room_allocation", rules.automatic_rooms, self.allocate_rooms)
        schedule.daily("evening_audit", rules.evening_audit, self.evening)
        schedule.daily("night_audit", rules.night_audit, self.night)
        schedule.every("no_show_timer", TIMER_SECONDS, self.no_shows)

    async def evening(self, due: datetime) -> None:
        """Remove today's unconfirmed arrivals (18:00 audit)."""
        today = self._desk.rules.today(due)
        note = Note(why=f"evening audit of {today.isoformat()}: not confirmed")

        async def lapse(session: AsyncSession, booking: Reservation) -> None:
            await acts.lapse(session, self._desk, booking, EVENING, note)

        numbers = await self._candidates(State.UNCONFIRMED, today, today)
        await self._each(numbers, lambda booked: lapses_in_the_evening(booked, due, self._desk.rules), lapse)

    async def no_shows(self) -> None:
        """Make confirmed bookings no-shows whose guests did not come and could not be reached."""
        now = self._desk.clock.now()

        async def release(session: AsyncSession, booking: Reservation) -> None:
            note = Note(why=f"not arrived by {now.astimezone(self._desk.rules.zone):%Y-%m-%d %H:%M}")
            await acts.no_show(session, self._desk, booking, TIMER, note)

        numbers = await self._candidates(State.CONFIRMED, None, self._desk.rules.today(now))
        await self._each(numbers, lambda booked: becomes_no_show(booked, now, self._desk.rules), release)

    async def night(self, due: datetime) -> None:
        """Close the day: the no-show timer first, then remove what nobody confirmed."""
        await self.no_shows()
        closed = day_closed(due, self._desk.rules)
        note = Note(why=f"night audit of {closed.isoformat()}: not confirmed")

        async def lapse(session: AsyncSession, booking: Reservation) -> None:
            await acts.lapse(session, self._desk, booking, NIGHT, note)

        numbers = await self._candidates(State.UNCONFIRMED, None, closed)
        await self._each(numbers, lambda booked: lapses_at_night(booked, closed), lapse)

    async def allocate_rooms(self, due: datetime) -> None:
        """Choose rooms for today's confirmed arrivals that have none."""
        today = self._desk.rules.today(due)
        async with self._database.read() as session:
            numbers = await allocation.without_room(session, today)
        note = Note(why=f"rooms of {today.isoformat()}")
        for number in numbers:
            async with self._database.begin() as session:
                booking = await store.locked(session, number)
                if booking.state != State.CONFIRMED or booking.arrival != today:
                    continue
                if await allocation.choose_any(session, self._desk, booking, ROOMS, note):
                    self._told(number)

    async def _candidates(self, state: State, first: date | None, last: date) -> Sequence[str]:
        statement = select(Reservation.number).where(Reservation.state == state.value, Reservation.arrival <= last)
        if first is not None:
            statement = statement.where(Reservation.arrival >= first)
        async with self._database.read() as session:
            return (await session.scalars(statement.order_by(Reservation.id))).all()

    async def _each(self, numbers: Sequence[str], decide: Decision, act: Act) -> None:
        """Act on each booking for which the decision still holds under its lock; one that fails stops no other."""
        failures = []
        for number in numbers:
            try:
                async with self._database.begin() as session:
                    booking = await store.locked(session, number)
                    balance = await store.balance_of(session, booking)
                    allotted = bool(await nights.held_rooms(session, (Holder.RESERVATION, booking.id)))
                    if not decide(Booked.of(booking, balance, allotted=allotted)):
                        continue
                    await act(session, booking)
            except HouseError as error:
                log.error("audit_could_not_act", reservation=number, reason=str(error))
                failures.append(error)
                continue
            self._told(number)
        if failures:
            raise failures[0]
