"""The rooms of the settings file, brought into the database; what the pages changed there stays."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.db import insert_into
from callcenter.rooms.models import Condition, Room, RoomType
from callcenter.settings import Settings, Words
from callcenter.settings.bookings import RoomType as RoomTypeSettings


async def ensure_rooms(session: AsyncSession, settings: Settings) -> None:
    """Add the types and rooms of the settings that are not there yet; several nodes may do this at once.

    A type that the settings use without describing it gets its code for a name and no price.
    """
    used = [block.type for block in settings.rooms] + [room.type for room in settings.meeting_rooms]
    described = dict(settings.room_types)
    for code in used:
        described.setdefault(code, RoomTypeSettings(name=Words(zh=code, en=code)))
    if not described:
        return
    types = [_type_row(code, wanted) for code, wanted in sorted(described.items())]
    await session.execute(insert_into(session, RoomType).values(types).on_conflict_do_nothing())
    known = {row.code: row for row in await session.scalars(select(RoomType))}
    numbers = [(number, block.type) for block in settings.rooms for number in block.extensions]
    numbers += [(room.number, room.type) for room in settings.meeting_rooms]
    rooms = [
        {
            "number": number,
            "type_id": known[code].id,
            "floor": number[:-2],
            "beds": known[code].beds,
            "condition": Condition.CLEAN.value,
            "active": True,
        }
        for number, code in numbers
    ]
    if rooms:
        await session.execute(insert_into(session, Room).values(rooms).on_conflict_do_nothing())


def _type_row(code: str, wanted: RoomTypeSettings) -> dict[str, object]:
    return {
        "code": code,
        "name_zh": wanted.name.zh,
        "name_en": wanted.name.en,
        "kind": wanted.kind.value,
        "beds": wanted.beds,
        "capacity": wanted.capacity,
        "price": wanted.price,
        "extra_bed_price": wanted.extra_bed_price,
        "overbooking": wanted.overbooking,
        "active": True,
    }
