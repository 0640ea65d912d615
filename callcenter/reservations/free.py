"""The rooms that can be chosen for a booking, as the room picker shows them (requirements 3)."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.reservations import store
from callcenter.reservations.chart import Residents
from callcenter.reservations.models import Reservation
from callcenter.reservations.planning_schemas import FreeRoomOut
from callcenter.reservations.states import State
from callcenter.rooms import nights
from callcenter.rooms.models import Room, RoomType


async def rooms_for(
    session: AsyncSession, residents: Residents, booking: Reservation, today: date
) -> list[FreeRoomOut]:
    """Return the guest rooms that are free in all nights of a booking from today on, its own types first."""
    lines = (await store.lines_of(session, [booking.id]))[booking.id]
    own = {line.type_id for line in lines}
    statement = select(RoomType.id, RoomType.code).where(RoomType.kind == "guest")
    codes = {number: code for number, code in await session.execute(statement)}
    first = max(booking.arrival, today) if booking.state == State.CHECKED_IN else booking.arrival
    free = await nights.free_rooms(session, None, first, booking.departure)
    occupied = await residents.occupied_rooms(session)
    ordered = sorted(free, key=lambda room: (room.type_id not in own, room.number))
    return [_out(room, codes[room.type_id], occupied) for room in ordered if room.type_id in codes]


async def rooms_of_type(
    session: AsyncSession, residents: Residents, code: str, first: date, until: date
) -> list[FreeRoomOut]:
    """Return the rooms of a type that are free from the night `first` to the morning of `until`, clean ones first."""
    type_id = await session.scalar(select(RoomType.id).where(RoomType.code == code, RoomType.kind == "guest"))
    if type_id is None:
        return []
    occupied = await residents.occupied_rooms(session)
    return [_out(room, code, occupied) for room in await nights.free_rooms(session, type_id, first, until)]


def _out(room: Room, code: str, occupied: set[int]) -> FreeRoomOut:
    return FreeRoomOut(
        number=room.number, type=code, beds=room.beds, condition=room.condition, occupied=room.id in occupied
    )
