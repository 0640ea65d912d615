"""What bookings and stays know of guests: who is meant by a room or booking number, what is linked, what happened.

A confidential guest in house is neither found by the room nor told of in the history, just as if nobody were there
(telephone room, confidential guest).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.links import Called
from callcenter.guests.purchasing import Purchase
from callcenter.guests.timeline import Happening
from callcenter.reservations.models import Reservation, ReservationGuest
from callcenter.reservations.states import State
from callcenter.rooms.models import Room
from callcenter.stays.kinds import StayState
from callcenter.stays.models import Stay, StayGuest

RESERVATION = "reservation"
STAY = "stay"

_BOOKING_NUMBER = re.compile(r"[A-Z]{0,3}[0-9][0-9-]{3,15}")
_ROOM_NUMBER = re.compile(r"[0-9]{3,6}")
_KEPT = tuple(state.value for state in (State.UNCONFIRMED, State.CONFIRMED, State.CHECKED_IN, State.CHECKED_OUT))
_UNSEEN = and_(Stay.confidential, Stay.state == StayState.IN_HOUSE.value)


class BookingKnowledge:
    """Bookings of guests (fulfils `GuestFinder`, `TimelineSource`, `OrderBook` and `SubjectNames`)."""

    permission = "reservations.read"

    async def find_guests(self, session: AsyncSession, text: str, limit: int) -> Sequence[int]:
        """Return the guests of the booking with this number."""
        number = text.upper()
        if _BOOKING_NUMBER.fullmatch(number) is None:
            return []
        statement = select(Reservation.guest_id).where(Reservation.number == number, Reservation.guest_id.is_not(None))
        return [guest_id for guest_id in await session.scalars(statement.limit(limit)) if guest_id is not None]

    async def happenings(
        self, session: AsyncSession, guest_ids: Collection[int], until: datetime | None, limit: int
    ) -> Sequence[Happening]:
        """Return a guest's bookings, the last entered first."""
        statement = select(Reservation).where(_booked_for(guest_ids))
        if until is not None:
            statement = statement.where(Reservation.entered_at <= until)
        ordered = statement.order_by(Reservation.entered_at.desc(), Reservation.id.desc()).limit(limit)
        return [
            Happening(
                row.entered_at,
                "booking",
                (RESERVATION, str(row.id)),
                {
                    "number": row.number,
                    "state": row.state,
                    "arrival": row.arrival.isoformat(),
                    "departure": row.departure.isoformat(),
                },
            )
            for row in await session.scalars(ordered)
        ]

    async def last_orders(self, session: AsyncSession, guest_ids: Collection[int]) -> Mapping[int, datetime]:
        """Return when each guest booked last; deleted bookings do not count."""
        statement = (
            select(Reservation.guest_id, func.max(Reservation.entered_at))
            .where(Reservation.guest_id.in_(guest_ids), Reservation.state != State.DELETED.value)
            .group_by(Reservation.guest_id)
        )
        return {guest_id: at for guest_id, at in await session.execute(statement) if guest_id is not None}

    async def purchases(
        self, session: AsyncSession, guest_ids: Collection[int], since: datetime
    ) -> Mapping[int, Sequence[Purchase]]:
        """Return what each guest booked since then and did not call off, with its price."""
        statement = select(Reservation.guest_id, Reservation.entered_at, Reservation.total).where(
            Reservation.guest_id.in_(guest_ids), Reservation.entered_at >= since, Reservation.state.in_(_KEPT)
        )
        found: dict[int, list[Purchase]] = {}
        for guest_id, at, total in await session.execute(statement):
            if guest_id is not None:
                found.setdefault(guest_id, []).append(Purchase(at, total))
        return found

    async def names(self, session: AsyncSession, numbers: Collection[int]) -> Mapping[int, Called]:
        """Return number, booker and arrival of each booking."""
        statement = select(Reservation).where(Reservation.id.in_(numbers))
        return {
            one.id: Called(f"{one.number} {one.group_name or one.booker} {one.arrival.isoformat()}", one.number)
            for one in await session.scalars(statement)
        }

    async def find(self, session: AsyncSession, text: str, limit: int, *, by_number: bool) -> Sequence[int]:
        """Return the bookings whose number begins with `text` or whose booker or group has it in the name."""
        columns = (Reservation.booker, Reservation.group_name)
        named = [column.icontains(text, autoescape=True) for column in columns]
        statement = (
            select(Reservation.id)
            .where(
                or_(Reservation.number.istartswith(text, autoescape=True), *named),
                Reservation.state != State.DELETED.value,
            )
            .order_by(Reservation.entered_at.desc(), Reservation.id.desc())
            .limit(limit)
        )
        return (await session.scalars(statement)).all()


class StayKnowledge:
    """Stays of guests (fulfils `GuestFinder`, `TimelineSource` and `SubjectNames`)."""

    permission = "stays.read"

    async def find_guests(self, session: AsyncSession, text: str, limit: int) -> Sequence[int]:
        """Return the guests in house in the room with this number."""
        if _ROOM_NUMBER.fullmatch(text) is None:
            return []
        statement = (
            select(StayGuest.guest_id)
            .join(Stay, Stay.id == StayGuest.stay_id)
            .join(Room, Room.id == Stay.room_id)
            .where(
                Room.number == text,
                Stay.state == StayState.IN_HOUSE.value,
                ~Stay.confidential,
                StayGuest.guest_id.is_not(None),
            )
            .order_by(StayGuest.id)
            .limit(limit)
        )
        return [guest_id for guest_id in await session.scalars(statement) if guest_id is not None]

    async def happenings(
        self, session: AsyncSession, guest_ids: Collection[int], until: datetime | None, limit: int
    ) -> Sequence[Happening]:
        """Return a guest's stays, the last begun first; the room is not said."""
        stayed = select(StayGuest.stay_id).where(StayGuest.guest_id.in_(guest_ids))
        statement = select(Stay).where(Stay.id.in_(stayed), ~_UNSEEN)
        if until is not None:
            statement = statement.where(Stay.arrived_at <= until)
        ordered = statement.order_by(Stay.arrived_at.desc(), Stay.id.desc()).limit(limit)
        return [
            Happening(
                row.arrived_at,
                "stay",
                (STAY, str(row.id)),
                {
                    "number": row.number,
                    "state": row.state,
                    "arrival": row.arrival.isoformat(),
                    "departure": row.departure.isoformat(),
                },
            )
            for row in await session.scalars(ordered)
        ]

    async def names(self, session: AsyncSession, numbers: Collection[int]) -> Mapping[int, Called]:
        """Return number and arrival of each stay; the room is not said."""
        found = await session.scalars(select(Stay).where(Stay.id.in_(numbers), ~_UNSEEN))
        return {one.id: Called(f"{one.number} {one.arrival.isoformat()}", str(one.id)) for one in found}

    async def find(self, session: AsyncSession, text: str, limit: int, *, by_number: bool) -> Sequence[int]:
        """Return the stays of this number, of whom is in house in this room, and of guests with `text` in the name."""
        named = select(StayGuest.stay_id).where(StayGuest.name.icontains(text, autoescape=True))
        in_room = select(Room.id).where(Room.number == text)
        statement = (
            select(Stay.id)
            .where(
                ~_UNSEEN,
                or_(
                    Stay.number.istartswith(text, autoescape=True),
                    Stay.id.in_(named),
                    and_(Stay.room_id.in_(in_room), Stay.state == StayState.IN_HOUSE.value),
                ),
            )
            .order_by(Stay.registered_at.desc(), Stay.id.desc())
            .limit(limit)
        )
        return (await session.scalars(statement)).all()


def _booked_for(guest_ids: Collection[int]) -> ColumnElement[bool]:
    """Keep the bookings that one of these guests made or is named in."""
    named = select(ReservationGuest.reservation_id).where(ReservationGuest.guest_id.in_(guest_ids))
    return or_(Reservation.guest_id.in_(guest_ids), Reservation.id.in_(named))
