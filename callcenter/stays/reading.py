"""Stays looked up: the list of guests in house, one stay with everything that belongs to it.

Whoever may not see confidential guests finds nothing of them: the same answer as for guests who are not there.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, false, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.db import beyond
from callcenter.errors import NotFound
from callcenter.reservations.models import Reservation
from callcenter.rooms.models import Room, RoomType
from callcenter.stays import folio
from callcenter.stays.kinds import StayState, WakeUpState
from callcenter.stays.models import FolioLine, GuestMessage, Stay, StayChange, StayGuest, WakeUp


@dataclass(frozen=True, slots=True)
class StayQuery:
    """What to look for; None does not matter. `guest`: a part of a name. `operator`: who registered the guest."""

    state: StayState | None = None
    room: str | None = None
    guest: str | None = None
    arrival_from: date | None = None
    arrival_to: date | None = None
    operator: str | None = None
    group: str | None = None


@dataclass(frozen=True, slots=True)
class StayRow:
    """A stay in a list. `balance` in fen; `messages`: not delivered; `link` is shared by linked rooms."""

    stay: Stay
    room: str
    room_type: str
    guests: tuple[str, ...]
    balance: int
    messages: int
    wake_up: datetime | None


@dataclass(frozen=True, slots=True)
class WholeStay:
    """A stay with everything that belongs to it."""

    row: StayRow
    guests: Sequence[StayGuest]
    lines: Sequence[FolioLine]
    messages: Sequence[GuestMessage]
    wake_ups: Sequence[WakeUp]
    changes: Sequence[StayChange]
    linked: Sequence[StayRow]
    group: str | None
    booking: str | None
    audited_until: date | None


async def one(session: AsyncSession, number: int, *, confidential: bool) -> Stay:
    """Find a stay.

    Raises:
        NotFound: there is none, or the guest is confidential and `confidential` guests may not be seen.
    """
    stay = await session.get(Stay, number)
    if stay is None or (stay.confidential and not confidential):
        raise NotFound(kind="stay", id=number)
    return stay


async def page(
    session: AsyncSession,
    wanted: StayQuery,
    *,
    confidential: bool,
    limit: int,
    after: tuple[datetime, int] | None = None,
) -> list[StayRow]:
    """Read at most `limit` stays, the last registered first, beyond the position `after`."""
    statement = select(Stay).where(*_conditions(wanted)).order_by(Stay.registered_at.desc(), Stay.id.desc())
    if not confidential:
        statement = statement.where(Stay.confidential == false())
    if after is not None:
        statement = statement.where(beyond(Stay.registered_at, Stay.id, after))
    return await rows(session, (await session.scalars(statement.limit(limit))).all())


async def rows(session: AsyncSession, stays: Sequence[Stay]) -> list[StayRow]:
    """Add to stays what a list shows of them."""
    ids = [stay.id for stay in stays]
    rooms = {
        room.id: (room.number, code)
        for room, code in await session.execute(
            select(Room, RoomType.code)
            .join(RoomType, RoomType.id == Room.type_id)
            .where(Room.id.in_({stay.room_id for stay in stays}))
        )
    }
    names = await _names(session, ids)
    balances = await folio.balances(session, ids)
    waiting = await _waiting(session, ids)
    wake_ups = await _next_wake_ups(session, ids)
    return [
        StayRow(
            stay=stay,
            room=rooms[stay.room_id][0],
            room_type=rooms[stay.room_id][1],
            guests=tuple(names.get(stay.id, ())),
            balance=balances[stay.id],
            messages=waiting.get(stay.id, 0),
            wake_up=wake_ups.get(stay.id),
        )
        for stay in stays
    ]


async def whole(session: AsyncSession, stay: Stay, *, confidential: bool) -> WholeStay:
    """Read everything that belongs to a stay."""
    guests = select(StayGuest).where(StayGuest.stay_id == stay.id).order_by(StayGuest.id)
    messages = select(GuestMessage).where(GuestMessage.stay_id == stay.id).order_by(GuestMessage.id.desc())
    wake_ups = select(WakeUp).where(WakeUp.stay_id == stay.id).order_by(WakeUp.due_at)
    changes = select(StayChange).where(StayChange.stay_id == stay.id).order_by(StayChange.id.desc())
    (row,) = await rows(session, [stay])
    return WholeStay(
        row=row,
        guests=(await session.scalars(guests)).all(),
        lines=await folio.lines_of(session, stay.id),
        messages=(await session.scalars(messages)).all(),
        wake_ups=(await session.scalars(wake_ups)).all(),
        changes=(await session.scalars(changes)).all(),
        linked=await _linked(session, stay, confidential=confidential),
        group=await _number_of(session, stay.group_id),
        booking=await _number_of(session, stay.reservation_id),
        audited_until=await folio.audited_until(session),
    )


async def due_wake_ups(session: AsyncSession, *, confidential: bool) -> list[tuple[WakeUp, StayRow]]:
    """Return every wake-up time of guests in house, earliest first."""
    statement = (
        select(WakeUp, Stay)
        .join(Stay, Stay.id == WakeUp.stay_id)
        .where(WakeUp.state == WakeUpState.DUE, Stay.state == StayState.IN_HOUSE)
        .order_by(WakeUp.due_at, WakeUp.id)
    )
    if not confidential:
        statement = statement.where(Stay.confidential == false())
    found = [(wake_up, stay) for wake_up, stay in await session.execute(statement)]
    shown = {row.stay.id: row for row in await rows(session, list({stay.id: stay for _, stay in found}.values()))}
    return [(wake_up, shown[stay.id]) for wake_up, stay in found]


def _conditions(wanted: StayQuery) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.state is not None:
        found.append(Stay.state == wanted.state)
    if wanted.room is not None:
        found.append(Stay.room_id.in_(select(Room.id).where(Room.number == wanted.room)))
    if wanted.guest is not None:
        named = select(StayGuest.stay_id).where(StayGuest.name.icontains(wanted.guest, autoescape=True))
        found.append(Stay.id.in_(named))
    if wanted.arrival_from is not None:
        found.append(Stay.arrival >= wanted.arrival_from)
    if wanted.arrival_to is not None:
        found.append(Stay.arrival <= wanted.arrival_to)
    if wanted.operator is not None:
        found.append(Stay.registered_by == wanted.operator)
    if wanted.group is not None:
        found.append(Stay.group_id.in_(select(Reservation.id).where(Reservation.number == wanted.group)))
    return found


async def _names(session: AsyncSession, stays: Collection[int]) -> dict[int, list[str]]:
    statement = select(StayGuest.stay_id, StayGuest.name).where(StayGuest.stay_id.in_(stays)).order_by(StayGuest.id)
    found: dict[int, list[str]] = {}
    for stay, name in await session.execute(statement):
        found.setdefault(stay, []).append(name)
    return found


async def _waiting(session: AsyncSession, stays: Collection[int]) -> dict[int, int]:
    statement = (
        select(GuestMessage.stay_id, func.count())
        .where(GuestMessage.stay_id.in_(stays), GuestMessage.delivered_at.is_(None))
        .group_by(GuestMessage.stay_id)
    )
    return {stay: number for stay, number in await session.execute(statement)}


async def _next_wake_ups(session: AsyncSession, stays: Collection[int]) -> dict[int, datetime]:
    statement = (
        select(WakeUp.stay_id, WakeUp.due_at)
        .where(WakeUp.stay_id.in_(stays), WakeUp.state == WakeUpState.DUE)
        .order_by(WakeUp.due_at.desc())
    )
    return {stay: due for stay, due in await session.execute(statement)}


async def _linked(session: AsyncSession, stay: Stay, *, confidential: bool) -> list[StayRow]:
    if stay.link_id is None:
        return []
    statement = select(Stay).where(Stay.link_id == stay.link_id, Stay.id != stay.id).order_by(Stay.id)
    if not confidential:
        statement = statement.where(Stay.confidential == false())
    return await rows(session, (await session.scalars(statement)).all())


async def _number_of(session: AsyncSession, reservation: int | None) -> str | None:
    if reservation is None:
        return None
    number: str | None = await session.scalar(select(Reservation.number).where(Reservation.id == reservation))
    return number
