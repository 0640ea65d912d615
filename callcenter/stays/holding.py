"""The nights that a stay holds: its room's beds, and one room of the type's stock for all who share it."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import NotFound
from callcenter.rooms.models import Condition, Holder, Room, RoomNight
from callcenter.rooms.nights import (
    first_taken,
    give_back,
    hold_type,
    lock_type,
    nights_between,
    release_type,
    take_room,
)
from callcenter.stays.kinds import RoomOccupied, StayState
from callcenter.stays.models import Stay

_OF_STAYS = (Holder.STAY, Holder.OVERSTAY)


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

    Nights at the beginning that are held because the guest did not leave become nights of the stay.

    Raises:
        SoldOut: the type has no room left in a night.
        RoomTaken: another holds the bed in a night.
    """
    kept = await _own(session, stay, room, Holder.OVERSTAY)
    while first in kept and first < until:
        await session.execute(
            update(RoomNight)
            .where(RoomNight.holder == Holder.OVERSTAY, RoomNight.holder_id == stay.id, RoomNight.night == first)
            .values(holder=Holder.STAY)
            .execution_options(synchronize_session=False)
        )
        first += timedelta(days=1)
    if first >= until:
        return
    held = await _held(session, room, first, until, but_not=stay.id)
    for night in nights_between(first, until):
        if night not in held:
            await hold_type(session, room.type_id, night, night + timedelta(days=1), 1, overbook=False)
    await take_room(session, room, beds_of(room, stay.bed), first, until, (Holder.STAY, stay.id))


async def hold_over(session: AsyncSession, stay: Stay, room: Room, night: date) -> bool | None:
    """Hold a night for a guest who should have left and has not.

    Nobody can be sold the room over him. Where the stock is sold out by it, the night becomes overbooked by one; a
    night that the room is already promised for to somebody else is left to the desk.

    Returns:
        True where it is held now, False where another has it, None where it was held before.
    """
    if night in await _own(session, stay, room, Holder.OVERSTAY, Holder.STAY):
        return None
    (row,) = await lock_type(session, room.type_id, night, night + timedelta(days=1))
    beds = beds_of(room, stay.bed)
    if await first_taken(session, room.id, beds, night, night + timedelta(days=1)) is not None:
        return False
    if night not in await _held(session, room, night, night + timedelta(days=1), but_not=stay.id):
        row.overbooking = max(row.overbooking, row.sold + 1 - row.rooms)
        row.sold += 1
        await session.flush()
    await take_room(session, room, beds, night, night + timedelta(days=1), (Holder.OVERSTAY, stay.id))
    return True


async def release(session: AsyncSession, stay: Stay, room: Room, first: date) -> None:
    """Give back the nights from `first` on."""
    own = await _own(session, stay, room, Holder.OVERSTAY, Holder.STAY)
    nights = sorted(night for night in own if night >= first)
    if not nights:
        return
    shared = await _held(session, room, nights[0], nights[-1] + timedelta(days=1), but_not=stay.id)
    for night in nights:
        if night not in shared:
            await release_type(session, room.type_id, night, night + timedelta(days=1), 1)
    for holder in _OF_STAYS:
        await give_back(session, (holder, stay.id), first, room_id=room.id)


def needs_cleaning(room: Room) -> None:
    """Leave the room dirty: somebody slept there."""
    room.condition = Condition.DIRTY


async def _own(session: AsyncSession, stay: Stay, room: Room, *holders: Holder) -> set[date]:
    """The nights in which this stay holds the room."""
    statement = select(RoomNight.night).where(
        RoomNight.holder.in_(holders), RoomNight.holder_id == stay.id, RoomNight.room_id == room.id
    )
    return set(await session.scalars(statement))


async def _held(session: AsyncSession, room: Room, first: date, until: date, *, but_not: int) -> set[date]:
    """The nights in which somebody else has a bed of the room, so that it is counted as sold already."""
    statement = select(RoomNight.night).where(
        RoomNight.room_id == room.id,
        RoomNight.night >= first,
        RoomNight.night < until,
        RoomNight.holder.not_in(_OF_STAYS) | (RoomNight.holder_id != but_not),
    )
    return set(await session.scalars(statement))
