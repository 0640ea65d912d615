"""A guest looks after the own booking by telephone keypad (requirements 3; switchboard practice, "My reservation").

Whoever guesses is slowed down and locked out: by call, by caller's number, over all calls, and for proofs by booking.
The caller's number alone reveals nothing; it proves who calls once a booking was named.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, time, timedelta
from http import HTTPStatus

import structlog
from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from callcenter.attempts import ANY, Key, Limit, Throttle
from callcenter.calls import links
from callcenter.calls import service as calls
from callcenter.db import Database
from callcenter.errors import HouseError
from callcenter.guests.models import Guest, GuestDocument
from callcenter.guests.numbers import NumberPlan
from callcenter.reservations import acts, journal, store
from callcenter.reservations.keypad import (
    TOLD,
    Caller,
    Cancelling,
    Expected,
    OwnBooking,
    arrival_meant,
    cancelling,
    expectable,
    fits,
    is_last_four,
)
from callcenter.reservations.models import Reservation, ReservationGuest
from callcenter.reservations.rules import Desk, Note
from callcenter.reservations.states import COMING, Kind, State
from callcenter.rooms.models import RoomType
from callcenter.telephony import CallKey

log = structlog.get_logger(__name__)

PURPOSE = "my_reservation"
SUBJECT = "reservation"
"""The type of subject under which calls are linked to bookings."""

OF_CALL = Limit(4, timedelta(hours=1), first=timedelta(hours=1))
"""After so many failures a call is locked out: nobody talks longer than that."""
OF_CALLER = Limit(3, timedelta(hours=1))
OF_ALL = Limit(60, timedelta(minutes=1))
"""From ever new numbers guessing gets slow, but no guest is shut out for longer."""
OF_BOOKING = Limit(6, timedelta(hours=1), first=timedelta(minutes=1))
HIDDEN = "hidden"
LONGEST_KEY = 64


@dataclass(frozen=True, slots=True)
class GuestByTelephone:
    """The guest, acting by keypad: no user, and without any right of one. No user can have this name."""

    user_id: int | None = None
    username: str = "(guest by telephone)"
    role: str = ""

    def may(self, permission: str) -> bool:
        """A guest has no permission of the house."""
        return False


BY_GUEST = GuestByTelephone()


class NotByKeypad(HouseError):
    """This is for an operator to do; params: `number`."""

    code = "not_by_keypad"
    status = HTTPStatus.CONFLICT


@dataclass(frozen=True, slots=True)
class GuestLine:
    """What the spoken flow may ask. `told` is called with the number of each booking that changed.

    Every method that looks or proves counts as a failed attempt until it succeeded, and raises `TooManyAttempts` when
    it is too early for one.
    """

    database: Database
    desk: Desk
    plan: NumberPlan
    node: str
    told: Callable[[str], None]

    async def by_number(self, caller: Caller, number: str) -> OwnBooking | None:
        """Return the booking of this number, None where there is none that is told of.

        It succeeded where the caller's number is that of the booking: numbers are given out in a row, so whoever asks
        for many of them guesses.

        Raises:
            TooManyAttempts: it is too early for another attempt.
        """
        keys = await self._begin(caller)
        async with self.database.begin() as session:
            booking = await session.scalar(_told().where(Reservation.number == number))
            if booking is None:
                return None
            is_own = bool(caller.number) and self._same(caller.number, booking.phone)
            own = await self._own(session, booking, proved=is_own)
            await self._link(session, caller, booking)
        if is_own:
            await self._throttle.succeeded(keys)
        return own

    async def by_document(self, caller: Caller, month: int, day: int, last: str) -> OwnBooking | None:
        """Return the booking for an arrival date and the last four of a guest's document; None where there is none.

        Raises:
            TooManyAttempts: it is too early for another attempt.
            NotByKeypad: there are several.
        """
        keys = await self._begin(caller)
        arrival = arrival_meant(month, day, self.desk.rules.today(self.desk.clock.now()))
        async with self.database.begin() as session:
            found = await _of_document(session, arrival, last) if arrival and is_last_four(last) else []
            if not found:
                return None
            if len(found) == 1:
                own = await self._own(session, found[0], proved=True)
            for booking in found:
                await self._link(session, caller, booking)
        await self._throttle.succeeded(keys)
        if len(found) > 1:
            raise NotByKeypad(number=found[0].number)
        return own

    async def prove(self, caller: Caller, number: str, last: str) -> bool:
        """Tell whether `last` are the last four of a document or of the telephone number of booking `number`.

        Raises:
            TooManyAttempts: it is too early for another attempt.
        """
        limits = self._limits(caller) | {(number, ANY): OF_BOOKING}
        await self._throttle.begin(limits)
        async with self.database.read() as session:
            booking = await store.by_number(session, number)
            is_proved = fits(last, (booking.phone, *await _documents(session, booking)))
        if is_proved:
            await self._throttle.succeeded(limits)
        return is_proved

    async def expect_at(self, caller: Caller, number: str, keyed: time) -> Expected:
        """Expect the guest at another time of the arrival date, if that is possible; tell whether it is.

        Raises:
            TransitionRefused: the guest is not expected any more.
        """
        async with self.database.begin() as session:
            booking = await store.locked(session, number)
            verdict = expectable(booking.arrival, keyed, self.desk.clock.now(), self.desk.rules)
            if verdict is not Expected.POSSIBLE:
                return verdict
            note = _note(caller, f"arrives at {keyed:%H:%M}")
            await acts.expect_at(session, self.desk, booking, keyed, BY_GUEST, note)
        self.told(number)
        return verdict

    async def cancel(self, caller: Caller, number: str) -> None:
        """Cancel a booking; what a cancellation costs at this hour stands in its change note.

        Raises:
            NotByKeypad: money, a group, an agency or a company stands behind it.
            TransitionRefused: the guest is not expected any more.
        """
        async with self.database.begin() as session:
            booking = await store.locked(session, number)
            if cancelling(booking, await store.balance_of(session, booking)) is Cancelling.BY_OPERATOR:
                raise NotByKeypad(number=number)
            note = _note(caller, f"cancels; penalty by the rule {await self._penalty(session, booking)} fen")
            await acts.cancel(session, self.desk, booking, BY_GUEST, note)
        self.told(number)

    async def wants_cancelled(self, caller: Caller, number: str) -> None:
        """Note that a guest wants a booking cancelled that only an operator may cancel, with the penalty."""
        async with self.database.begin() as session:
            booking = await store.locked(session, number)
            after = {"penalty": await self._penalty(session, booking)}
            note = _note(caller, "wants to cancel; goes to an operator")
            journal.record(
                session, self.desk, booking, "cancel_asked", BY_GUEST, note, state_before=booking.state, after=after
            )
        self.told(number)

    @property
    def _throttle(self) -> Throttle:
        return Throttle(self.database, self.desk.clock, PURPOSE)

    async def _begin(self, caller: Caller) -> dict[Key, Limit]:
        limits = self._limits(caller)
        await self._throttle.begin(limits)
        return limits

    def _limits(self, caller: Caller) -> dict[Key, Limit]:
        number = (self.plan.recognise(caller.number) or caller.number or HIDDEN)[:LONGEST_KEY]
        return {
            (caller.linkedid[:LONGEST_KEY], ANY): OF_CALL,
            (ANY, number): OF_CALLER,
            (ANY, ANY): OF_ALL,
        }

    def _same(self, one: str, other: str) -> bool:
        known = self.plan.recognise(one)
        return known is not None and known == self.plan.recognise(other)

    async def _penalty(self, session: AsyncSession, booking: Reservation) -> int:
        lines = (await store.lines_of(session, [booking.id]))[booking.id]
        first_night = sum((line.beds or line.rooms) * line.nightly[0] for line in lines if line.nightly)
        return acts.penalty(booking, first_night, self.desk.clock.now(), self.desk.rules)

    async def _own(self, session: AsyncSession, booking: Reservation, *, proved: bool) -> OwnBooking:
        balance = await store.balance_of(session, booking)
        lines = (await store.lines_of(session, [booking.id]))[booking.id]
        types = select(RoomType.id, RoomType.code).where(RoomType.id.in_([line.type_id for line in lines]))
        codes = {number: code for number, code in await session.execute(types)}
        return OwnBooking(
            number=booking.number,
            kind=Kind(booking.kind),
            state=State(booking.state),
            arrival=booking.arrival,
            nights=(booking.departure - booking.arrival).days,
            rooms=tuple((codes[line.type_id], line.rooms) for line in lines),
            expected=booking.arrives_at.astimezone(self.desk.rules.zone).time().replace(second=0, microsecond=0),
            deposit_held=balance > 0,
            cancelling=cancelling(booking, balance),
            proved=proved,
        )

    async def _link(self, session: AsyncSession, caller: Caller, booking: Reservation) -> None:
        """Link the call to the booking, so that whoever takes the call next sees what it is about."""
        call_id = await calls.id_of(session, CallKey(self.node, caller.linkedid))
        if call_id is None:
            log.warning("call_not_linked", call_id=caller.linkedid, reservation=booking.number)
            return
        now = self.desk.clock.now()
        await links.link(session, call_id, (SUBJECT, booking.id), by=BY_GUEST.username, at=now)


def _told() -> Select[Reservation]:
    return select(Reservation).where(Reservation.state.in_([state.value for state in TOLD]))


async def _of_document(session: AsyncSession, arrival: date, last: str) -> list[Reservation]:
    """Return the bookings of a day with a person whose document ends so; those to come, where there are any."""
    named = select(ReservationGuest.reservation_id).where(_ends(ReservationGuest.document_number, last))
    cards = select(GuestDocument.guest_id).where(_ends(GuestDocument.number, last))
    carded = select(Guest.id).where(or_(Guest.id.in_(cards), Guest.merged_into_id.in_(cards)))
    theirs = or_(Reservation.id.in_(named), Reservation.guest_id.in_(carded))
    found = list(await session.scalars(_told().where(Reservation.arrival == arrival, theirs).order_by(Reservation.id)))
    return [booking for booking in found if State(booking.state) in COMING] or found


async def _documents(session: AsyncSession, booking: Reservation) -> list[str]:
    """Return the numbers of all documents that the house knows of a booking's persons."""
    found = [person.document_number for person in await store.guests_of(session, booking)]
    if booking.guest_id is not None:
        kept = select(Guest.merged_into_id).where(Guest.id == booking.guest_id)
        mine = or_(GuestDocument.guest_id == booking.guest_id, GuestDocument.guest_id == kept.scalar_subquery())
        found += await session.scalars(select(GuestDocument.number).where(mine))
    return found


def _ends(column: InstrumentedAttribute[str], last: str) -> ColumnElement[bool]:
    return func.upper(column).endswith(last, autoescape=True)


def _note(caller: Caller, why: str) -> Note:
    """Say in the change note that the guest did it, and on which call."""
    return Note(why=f"guest by telephone: {why}", asked=f"call {caller.linkedid}", agreed=True)
