"""Rooms and their types as the house keeps them: prices, overbooking limits, condition, rooms out of order."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from http import HTTPStatus
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import HouseError, NotFound
from callcenter.rooms import nights
from callcenter.rooms.models import Condition, Holder, Outage, Room, RoomType, TypeNight
from callcenter.staff.audit import Actor, AuditLog


class OutageEnded(HouseError):
    """The room is back in order already; params: `id`."""

    code = "outage_ended"
    status = HTTPStatus.CONFLICT


@dataclass(frozen=True, slots=True)
class TypeFacts:
    """What the pages change of a type. Prices are in fen a night, of a meeting room an hour."""

    name_zh: str
    name_en: str
    capacity: int
    price: int
    extra_bed_price: int
    overbooking: int
    active: bool


async def all_types(session: AsyncSession) -> Sequence[RoomType]:
    """Return every type, the cheapest first."""
    return (await session.scalars(select(RoomType).order_by(RoomType.price, RoomType.id))).all()


async def all_rooms(session: AsyncSession) -> Sequence[tuple[Room, str]]:
    """Return every room with the code of its type, by number."""
    statement = select(Room, RoomType.code).join(RoomType, RoomType.id == Room.type_id).order_by(Room.number)
    return [(room, code) for room, code in await session.execute(statement)]


async def change_type(
    session: AsyncSession, number: int, wanted: TypeFacts, today: date, by: Actor, audit: AuditLog, address: str
) -> RoomType:
    """Change a type; a new overbooking limit holds for the nights from `today` on, as far as they are not beyond it.

    Raises:
        NotFound: there is no such type.
    """
    kind = await session.get(RoomType, number, with_for_update=True)
    if kind is None:
        raise NotFound(kind="room_type", id=number)
    before = _facts(kind)
    for name in TypeFacts.__dataclass_fields__:
        setattr(kind, name, getattr(wanted, name))
    after = _facts(kind)
    if after == before:
        return kind
    if after["overbooking"] != before["overbooking"]:
        beyond = TypeNight.sold - TypeNight.rooms
        limit = func.greatest if session.get_bind().dialect.name == "postgresql" else func.max
        await session.execute(
            update(TypeNight)
            .where(TypeNight.type_id == number, TypeNight.night >= today)
            .values(overbooking=limit(wanted.overbooking, beyond))
            .execution_options(synchronize_session=False)
        )
    changed = sorted(name for name in after if after[name] != before[name])
    audit(
        session,
        by,
        "room_type.changed",
        ("room_type", kind.code),
        before={name: before[name] for name in changed},
        after={name: after[name] for name in changed},
        address=address,
    )
    return kind


async def set_condition(
    session: AsyncSession, number: str, condition: Condition, by: Actor, audit: AuditLog, address: str
) -> tuple[Room, str]:
    """Note that a room is clean, or dirty.

    Raises:
        NotFound: there is no such room.
    """
    room = await _room(session, number)
    if room.condition != condition:
        before, room.condition = room.condition, condition.value
        audit(
            session,
            by,
            "room.condition",
            ("room", number),
            before={"condition": before},
            after={"condition": condition.value},
            address=address,
        )
    code = await session.scalar(select(RoomType.code).where(RoomType.id == room.type_id))
    return room, code or ""


async def _close(
    session: AsyncSession,
    number: str,
    first: date,
    until: date,
    reason: str,
    now: datetime,
    by: Actor,
    audit: AuditLog,
    address: str,
) -> Outage:
    room = await _room(session, number)
    rows = await nights.lock_type(session, room.type_id, first, until)
    outage = Outage(room_id=room.id, first=first, until=until, reason=reason, entered_by=by.username, entered_at=now)
    session.add(outage)
    await session.flush()
    await nights.take_room(session, room, range(1, room.beds + 1), first, until, (Holder.OUTAGE, outage.id))
    for row in rows:
        row.overbooking = max(row.overbooking, row.sold - (row.rooms - 1))
        row.rooms -= 1
    audit(
        session,
        by,
        "room.closed",
        ("room", number),
        after={"from": first.isoformat(), "to": until.isoformat()},
        note=reason,
        address=address,
    )
    return outage


async def close_rooms(
    session: AsyncSession,
    numbers: Collection[str],
    first: date,
    until: date,
    reason: str,
    now: datetime,
    by: Actor,
    audit: AuditLog,
    address: str,
) -> list[tuple[Outage, str]]:
    """Take rooms out of order (维修房) from the night `first` to the morning of `until`; where one cannot be, none is.

    A burst pipe does not ask: where the stock is sold out by it, that night becomes overbooked by as much.

    Raises:
        NotFound: there is no such room.
        RoomTaken: a booking holds it; it is moved first.
    """
    types = await session.execute(select(Room.number, Room.type_id).where(Room.number.in_(set(numbers))))
    order = {number: type_id for number, type_id in types}
    closed = []
    for number in sorted(set(numbers), key=lambda one: (order.get(one, 0), one)):  # types are locked in one order
        outage = await _close(session, number, first, until, reason, now, by, audit, address)
        closed.append((outage, number))
    return closed


async def reopen_room(
    session: AsyncSession, number: int, now: datetime, today: date, by: Actor, audit: AuditLog, address: str
) -> Outage:
    """End an outage: the room can be let again from tonight on.

    Raises:
        NotFound: there is no such outage.
        OutageEnded: it has ended already.
    """
    outage = await session.get(Outage, number, with_for_update=True)
    if outage is None:
        raise NotFound(kind="outage", id=number)
    if outage.ended_at is not None or outage.until <= today:
        raise OutageEnded(id=number)
    room = await session.get_one(Room, outage.room_id)
    first = max(outage.first, today)
    for row in await nights.lock_type(session, room.type_id, first, outage.until):
        row.rooms += 1
    await nights.give_back(session, (Holder.OUTAGE, outage.id), first=first)
    outage.ended_at = now
    audit(session, by, "room.reopened", ("room", room.number), address=address)
    return outage


async def outages(session: AsyncSession, today: date) -> Sequence[tuple[Outage, str]]:
    """Return the outages that have not ended, with the number of the room, by their first night."""
    statement = (
        select(Outage, Room.number)
        .join(Room, Room.id == Outage.room_id)
        .where(Outage.ended_at.is_(None), Outage.until > today)
        .order_by(Outage.first, Room.number)
    )
    return [(outage, number) for outage, number in await session.execute(statement)]


async def _room(session: AsyncSession, number: str) -> Room:
    room = await session.scalar(select(Room).where(Room.number == number).with_for_update())
    if room is None:
        raise NotFound(kind="room", id=number)
    return room


def _facts(kind: RoomType) -> dict[str, Any]:
    return {name: getattr(kind, name) for name in TypeFacts.__dataclass_fields__}
