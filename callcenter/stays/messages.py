"""Messages for guests in house (散客留言): they appear at their time until somebody ticks them delivered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import NotFound
from callcenter.rooms.models import Room
from callcenter.stays.kinds import StayEnded, StayState
from callcenter.stays.models import GuestMessage, Stay
from callcenter.stays.scope import Scope


@dataclass(frozen=True, slots=True)
class NewMessage:
    """What somebody wants a guest to be told. `remind_at`: when it appears on the desk's pages; None for never."""

    guest: str
    sender: str
    content: str
    sender_phone: str = ""
    remind_at: datetime | None = None


async def leave(scope: Scope, stay: Stay, wanted: NewMessage) -> GuestMessage:
    """Write a message down.

    Raises:
        StayEnded: the guest has checked out.
    """
    if stay.state != StayState.IN_HOUSE:
        raise StayEnded(number=stay.number)
    message = GuestMessage(
        stay_id=stay.id,
        guest=wanted.guest,
        sender=wanted.sender,
        sender_phone=wanted.sender_phone,
        content=wanted.content,
        remind_at=wanted.remind_at,
        entered_at=scope.now,
        entered_by=scope.by.username,
        delivered_by="",
    )
    scope.session.add(message)
    await scope.session.flush()
    scope.note(stay, "message_left", None, {"message": message.id})
    return message


async def mark(scope: Scope, number: int, *, delivered: bool, confidential: bool) -> GuestMessage:
    """Tick a message delivered (是否传达), or take a tick that was set by mistake back.

    Raises:
        NotFound: there is no such message, or it is for a confidential guest and these may not be seen.
    """
    message = await scope.session.get(GuestMessage, number)
    stay = None if message is None else await scope.session.get_one(Stay, message.stay_id)
    if message is None or stay is None or (stay.confidential and not confidential):
        raise NotFound(kind="message", id=number)
    if (message.delivered_at is not None) is delivered:
        return message
    message.delivered_at = scope.now if delivered else None
    message.delivered_by = scope.by.username if delivered else ""
    scope.note(stay, "message_delivered" if delivered else "message_reopened", None, {"message": number})
    return message


async def due(session: AsyncSession, now: datetime) -> list[tuple[GuestMessage, Stay, str]]:
    """Return what must appear now, with stay and room: its time has come and nobody has ticked it."""
    statement = (
        select(GuestMessage, Stay, Room.number)
        .join(Stay, Stay.id == GuestMessage.stay_id)
        .join(Room, Room.id == Stay.room_id)
        .where(
            GuestMessage.delivered_at.is_(None),
            GuestMessage.remind_at <= now,
            Stay.state == StayState.IN_HOUSE,
        )
        .order_by(GuestMessage.remind_at, GuestMessage.id)
    )
    return [(message, stay, room) for message, stay, room in await session.execute(statement)]


async def of_stay(session: AsyncSession, stay_id: int) -> Sequence[GuestMessage]:
    """Return every message of a stay, newest first."""
    statement = select(GuestMessage).where(GuestMessage.stay_id == stay_id).order_by(GuestMessage.id.desc())
    return (await session.scalars(statement)).all()
