"""The change note of every act on a booking (requirements 11): who, when, what was asked, before, after, why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from http import HTTPStatus
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import HouseError
from callcenter.reservations.models import Reservation, ReservationChange
from callcenter.reservations.rules import Booker, Desk, Note
from callcenter.rooms.models import Room

FIELDS = (
    "arrival",
    "departure",
    "arrives_at",
    "arrival_stated",
    "ends_at",
    "guarantee",
    "booker",
    "phone",
    "guest_id",
    "language",
    "group_id",
    "group_name",
    "group_type",
    "persons",
    "plan",
    "extra_beds",
    "extra_bed_price",
    "discount",
    "discount_reason",
    "total",
    "approval",
    "company",
    "salesperson",
    "source",
    "note",
    "call_id",
)
"""What of a booking a change note compares."""


class NotAgreed(HouseError):
    """The customer asked for the change; it is confirmed with the customer before it is made (requirements 11)."""

    code = "change_not_agreed"
    status = HTTPStatus.UNPROCESSABLE_ENTITY


def check(note: Note) -> None:
    """See that what a customer asked for was confirmed with the customer.

    Raises:
        NotAgreed: it was not.
    """
    if note.asked and not note.agreed:
        raise NotAgreed


def facts(booking: Reservation) -> dict[str, Any]:
    """Return what of a booking can change, as JSON values."""
    return {name: _plain(getattr(booking, name)) for name in FIELDS}


def record(
    session: AsyncSession,
    desk: Desk,
    booking: Reservation,
    action: str,
    by: Booker,
    note: Note,
    *,
    state_before: str,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    """Write the change note, and the line of the audit log, in the transaction of the change itself."""
    now = desk.clock.now()
    booking.version += 1
    session.add(
        ReservationChange(
            reservation_id=booking.id,
            at=now,
            by=by.username,
            action=action,
            state_before=state_before,
            state_after=booking.state,
            before=before,
            after=after,
            asked=note.asked,
            why=note.why,
            agreed=note.agreed,
            told=note.told,
            seen_by="",
        )
    )
    desk.audit(
        session,
        by,
        f"reservation.{action}",
        ("reservation", booking.number),
        before={"state": state_before, **(before or {})},
        after={"state": booking.state, **(after or {})},
        note=note.why,
        address=note.address,
    )


def differences(before: dict[str, Any], after: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return only what differs, as it was and as it is."""
    names = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    return {name: before.get(name) for name in names}, {name: after.get(name) for name in names}


def room_facts(held: Sequence[tuple[Room, list[int]]]) -> dict[str, Any]:
    """Return the rooms and beds that a booking holds, as JSON values; nothing where it holds none."""
    return {"rooms": [{"room": room.number, "beds": beds} for room, beds in held]} if held else {}


def rooms_had(changes: Sequence[ReservationChange], action: str) -> list[tuple[str, list[int]]]:
    """Return the rooms and beds that a booking held when `action` was done to it the last time."""
    for change in reversed(changes):
        if change.action == action:
            return [(one["room"], one["beds"]) for one in (change.before or {}).get("rooms", [])]
    return []


async def of(session: AsyncSession, booking: Reservation) -> Sequence[ReservationChange]:
    """Return the change notes of a booking, oldest first."""
    statement = select(ReservationChange).where(ReservationChange.reservation_id == booking.id)
    return (await session.scalars(statement.order_by(ReservationChange.id))).all()


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, date | datetime) else value
