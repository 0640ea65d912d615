"""What a role is told of a change, at once and until one of it has read it (requirements 11, change note)."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import NotFound
from callcenter.reservations.models import Reservation, ReservationChange
from callcenter.reservations.rules import Booker, Desk

AT_ONCE = 50


async def waiting(session: AsyncSession, role: str) -> Sequence[tuple[ReservationChange, Reservation]]:
    """Return the change notes that nobody of `role` has read yet, the oldest first, at most `AT_ONCE`."""
    statement = (
        select(ReservationChange, Reservation)
        .join(Reservation, Reservation.id == ReservationChange.reservation_id)
        .where(ReservationChange.told == role, ReservationChange.told != "", ReservationChange.seen_at.is_(None))
        .order_by(ReservationChange.id)
        .limit(AT_ONCE)
    )
    return [(change, booking) for change, booking in await session.execute(statement)]


async def read(session: AsyncSession, desk: Desk, number: int, by: Booker, address: str = "") -> None:
    """Note that a change note was read; the first reader's name stays.

    Raises:
        NotFound: there is no such note for the reader's role.
    """
    change = await session.get(ReservationChange, number, with_for_update=True)
    if change is None or not change.told or change.told != by.role:
        raise NotFound(kind="change_notice", id=number)
    if change.seen_at is not None:
        return
    change.seen_at, change.seen_by = desk.clock.now(), by.username
    booking = await session.get_one(Reservation, change.reservation_id)
    after = {"note": change.id, "action": change.action}
    subject = ("reservation", booking.number)
    desk.audit(session, by, "reservation.notice_read", subject, after=after, address=address)
