"""The nights that a stay holds: its room's beds, and one room of the type's stock for all who share it."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import NotFound
from callcenter.rooms.models import Condition, Holder, Room, RoomNight
from callcenter.rooms.nights import give_back, hold_type, nights_between, release_type, take_room
from callcenter.stays.kinds import RoomOccupied, StayState
from callcenter.stays.models import Stay


async def room_of(session: AsyncSession, number: str) -> Room:
    """Find a room by its number.

    Raises:
        NotFound: there is none in use.
    """
    room = await session.scalar(select(Room).where(Room.number == number, Room.active))
    if room is None:
        raise NotFound(kind="room", id=number)
    return room


async def must_be_vacant(session: AsyncSession, room: Room, bed: int) -> None:
    """Make sure that nobody is registered in the bed, or, for the whole room (0), in any of them.

    Raises:
        RoomOccupied: somebody is.
    """
    statement = select(Stay.bed).where(Stay.room_id == room.id, Stay.state == StayState.IN_HOUSE)
    taken = set(await session.scalars(statement))
    if taken and (bed == 0 or 0 in taken or bed in taken):
        raise RoomOccupied(room=room.number)


def beds_of(room: Room, bed: int) -> list[int]:
    """Return the beds that a stay takes: one, or all of the room."""
    return [bed] if bed else list(range(1, room.beds + 1))


async def hold(session: AsyncSession, stay: Stay, room: Room, first: date, until: date) -> None:
    """Hold the room from the night `first` to the morning of `until` for this stay.

    Raises:
        SoldOut: the type has no room left in a night.
        RoomTaken: another holds the bed in a night.
    """
    if first >= until:
        return
    held = await _held(session, room, first, until, but_not=stay.id)
    for night in nights_between(first, until):
        if night not in held:
            await hold_type(session, room.type_id, night, night + timedelta(days=1), 1, overbook=False)
    await take_room(session, room, beds_of(room, stay.bed), first, until, (Holder.STAY, stay.id))


async def release(session: AsyncSession, stay: Stay, room: Room, first: date) -> None:
    """Give back the nights from `first` on."""
    statement = select(RoomNight.night).where(
        RoomNight.holder == Holder.STAY,
        RoomNight.holder_id == stay.id,
        RoomNight.room_id == room.id,
        RoomNight.night >= first,
    )
    nights = sorted(set(await session.scalars(statement)))
    if not nights:
        return
    shared = await _held(session, room, nights[0], nights[-1] + timedelta(days=1), but_not=stay.id)
    for night in nights:
        if night not in shared:
            await release_type(session, room.type_id, night, night + timedelta(days=1), 1)
    await give_back(session, (Holder.STAY, stay.id), first, room_id=room.id)


def needs_cleaning(room: Room) -> None:
    """Leave the room dirty: somebody slept there."""
    room.condition = Condition.DIRTY


async def _held(session: AsyncSession, room: Room, first: date, until: date, *, but_not: int) -> set[date]:
    """The nights in which somebody else has a bed of the room, so that it is counted as sold already."""
    statement = select(RoomNight.night).where(
        RoomNight.room_id == room.id,
        RoomNight.night >= first,
        RoomNight.night < until,
        (RoomNight.holder != Holder.STAY) | (RoomNight.holder_id != but_not),
    )
    return set(await session.scalars(statement))
