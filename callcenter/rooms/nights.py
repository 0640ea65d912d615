"""Holding nights: of a type's stock, and of a room's beds. Callers give both back in the same way.

Two who want the same nights meet at the rows of `type_nights`, which are locked in the order of the nights;
whatever slips past (another program, a mistake of ours) meets the constraints of the tables.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from http import HTTPStatus

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.db import insert_into
from callcenter.errors import HouseError
from callcenter.rooms.models import Holder, Room, RoomNight, RoomType, TypeNight


class SoldOut(HouseError):
    """Too few rooms of the type in a night; params: `type`, `night`, `free`, `overbooking` (still allowed beyond)."""

    code = "sold_out"
    status = HTTPStatus.CONFLICT


class RoomTaken(HouseError):
    """The room, or the bed, is held by another in one of the nights; params: `room`, `night`."""

    code = "room_taken"
    status = HTTPStatus.CONFLICT


class RoomOverstayed(HouseError):
    """The guest of the room should have left and has not, so it is not free; params: `room`, `night`."""

    code = "room_overstayed"
    status = HTTPStatus.CONFLICT


def nights_between(first: date, until: date) -> list[date]:
    """Return the nights from the evening of `first` to the morning of `until`."""
    return [first + timedelta(days=day) for day in range((until - first).days)]


async def lock_type(session: AsyncSession, type_id: int, first: date, until: date) -> list[TypeNight]:
    """Lock the nights of a type for this transaction, in their order, making the rows that are not there yet."""
    wanted = nights_between(first, until)
    rows = await _locked(session, type_id, first, until)
    if len(rows) < len(wanted):
        await _make_nights(session, type_id, sorted(set(wanted) - {row.night for row in rows}))
        rows = await _locked(session, type_id, first, until)
    return rows


async def hold_type(
    session: AsyncSession, type_id: int, first: date, until: date, rooms: int, *, overbook: bool
) -> bool:
    """Take `rooms` of the type's stock from the night `first` to the morning of `until`.

    Returns:
        Whether the stock was overbooked by it.

    Raises:
        SoldOut: too few are free, or with `overbook` even beyond the overbooking that the night allows.
    """
    rows = await lock_type(session, type_id, first, until)
    for row in rows:
        free = row.rooms - row.sold
        beyond = row.overbooking + min(0, free)
        if rooms > free + (row.overbooking if overbook else 0):
            code = await session.scalar(select(RoomType.code).where(RoomType.id == type_id))
            raise SoldOut(type=code, night=row.night.isoformat(), free=max(0, free), overbooking=max(0, beyond))
    await _count(session, type_id, first, until, rooms)
    return any(rooms > row.rooms - row.sold for row in rows)


async def release_type(session: AsyncSession, type_id: int, first: date, until: date, rooms: int) -> None:
    """Give `rooms` back to the type's stock."""
    await lock_type(session, type_id, first, until)
    await _count(session, type_id, first, until, -rooms)


async def take_room(
    session: AsyncSession,
    room: Room,
    beds: Iterable[int],
    first: date,
    until: date,
    holder: tuple[Holder, int],
) -> None:
    """Hold `beds` (numbers from 1) of a room from the night `first` to the morning of `until`.

    Raises:
        RoomTaken: another holds one of them.
        RoomOverstayed: a guest who should have left is still in it.
    """
    kind, number = holder
    wanted = sorted(beds)
    rows = [
        {"room_id": room.id, "night": night, "bed": bed, "holder": kind, "holder_id": number}
        for night in nights_between(first, until)
        for bed in wanted
    ]
    taken = await first_taken(session, room.id, wanted, first, until)
    if taken is not None:
        by_whom = select(RoomNight.bed).where(
            RoomNight.room_id == room.id, RoomNight.night == taken, RoomNight.holder == Holder.OVERSTAY
        )
        refusal = RoomTaken if await session.scalar(by_whom.limit(1)) is None else RoomOverstayed
        raise refusal(room=room.number, night=taken.isoformat())
    try:
        await session.execute(insert(RoomNight), rows)
    except IntegrityError as error:
        raise RoomTaken(room=room.number, night=first.isoformat()) from error


async def first_taken(
    session: AsyncSession, room_id: int, beds: Iterable[int], first: date, until: date
) -> date | None:
    """Return the first night in which one of `beds` of the room is held."""
    statement = select(func.min(RoomNight.night)).where(
        RoomNight.room_id == room_id,
        RoomNight.night >= first,
        RoomNight.night < until,
        RoomNight.bed.in_(sorted(beds)),
    )
    return await session.scalar(statement)


async def give_back(
    session: AsyncSession,
    holder: tuple[Holder, int],
    first: date | None = None,
    until: date | None = None,
    room_id: int | None = None,
    bed: int | None = None,
) -> None:
    """Hold no longer what `holder` holds: from `first`, to the morning of `until`, in one room, of one bed."""
    kind, number = holder
    statement = delete(RoomNight).where(RoomNight.holder == kind, RoomNight.holder_id == number)
    if first is not None:
        statement = statement.where(RoomNight.night >= first)
    if until is not None:
        statement = statement.where(RoomNight.night < until)
    if room_id is not None:
        statement = statement.where(RoomNight.room_id == room_id)
    if bed is not None:
        statement = statement.where(RoomNight.bed == bed)
    await session.execute(statement)


async def held_rooms(session: AsyncSession, holder: tuple[Holder, int]) -> list[tuple[Room, list[int]]]:
    """Return the rooms that `holder` holds in any night, with the numbers of the beds, by room number."""
    kind, number = holder
    statement = (
        select(Room, RoomNight.bed)
        .join(RoomNight, RoomNight.room_id == Room.id)
        .where(RoomNight.holder == kind, RoomNight.holder_id == number)
        .distinct()
        .order_by(Room.number, RoomNight.bed)
    )
    found: dict[int, tuple[Room, list[int]]] = {}
    for room, bed in await session.execute(statement):
        found.setdefault(room.id, (room, []))[1].append(bed)
    return list(found.values())


async def free_rooms(session: AsyncSession, type_id: int | None, first: date, until: date) -> Sequence[Room]:
    """Return the active rooms of which no bed is held in any of the nights, clean ones first, by number."""
    held = select(RoomNight.room_id).where(
        RoomNight.room_id == Room.id, RoomNight.night >= first, RoomNight.night < until
    )
    statement = select(Room).where(Room.active, ~held.exists()).order_by(Room.condition, Room.number)
    if type_id is not None:
        statement = statement.where(Room.type_id == type_id)
    return (await session.scalars(statement)).all()


async def _locked(session: AsyncSession, type_id: int, first: date, until: date) -> list[TypeNight]:
    statement = (
        select(TypeNight)
        .where(TypeNight.type_id == type_id, TypeNight.night >= first, TypeNight.night < until)
        .order_by(TypeNight.night)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return list((await session.scalars(statement)).all())


async def _make_nights(session: AsyncSession, type_id: int, nights: Sequence[date]) -> None:
    counted = select(func.count(Room.id)).where(Room.type_id == type_id, Room.active)
    stock = await session.scalar(counted) or 0
    overbooking = await session.scalar(select(RoomType.overbooking).where(RoomType.id == type_id)) or 0
    values = [
        {"type_id": type_id, "night": night, "rooms": stock, "overbooking": overbooking, "sold": 0} for night in nights
    ]
    await session.execute(insert_into(session, TypeNight).values(values).on_conflict_do_nothing())


async def _count(session: AsyncSession, type_id: int, first: date, until: date, rooms: int) -> None:
    await session.execute(
        update(TypeNight)
        .where(TypeNight.type_id == type_id, TypeNight.night >= first, TypeNight.night < until)
        .values(sold=TypeNight.sold + rooms)
        .execution_options(synchronize_session=False)
    )
