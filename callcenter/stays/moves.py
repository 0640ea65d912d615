"""The log of room changes (换房记录查询): who moved from where to where, when, at what price, why (requirements 4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import false, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.db import beyond
from callcenter.stays.models import Stay, StayChange, StayGuest

MOVED = "moved"


@dataclass(frozen=True, slots=True)
class RoomMove:
    """A guest's change of room, or of bed. Prices are fen a night; `old_room` may name a bed, as in 0301[1]."""

    change: StayChange
    stay: Stay
    guests: tuple[str, ...]
    old_room: str
    new_room: str
    old_price: int
    new_price: int


async def page(
    session: AsyncSession,
    first: datetime | None,
    until: datetime | None,
    room: str | None,
    *,
    confidential: bool,
    limit: int,
    after: tuple[datetime, int] | None = None,
) -> list[RoomMove]:
    """Read at most `limit` moves from `first` to before `until`, of one `room` or all, the last one first."""
    statement = select(StayChange, Stay).join(Stay, Stay.id == StayChange.stay_id).where(StayChange.action == MOVED)
    if first is not None:
        statement = statement.where(StayChange.at >= first)
    if until is not None:
        statement = statement.where(StayChange.at < until)
    if room is not None:
        named = [side["room"].as_string() for side in (StayChange.before, StayChange.after)]
        beds = [column.startswith(f"{room}[", autoescape=True) for column in named]
        statement = statement.where(or_(*(column == room for column in named), *beds))
    if not confidential:
        statement = statement.where(Stay.confidential == false())
    if after is not None:
        statement = statement.where(beyond(StayChange.at, StayChange.id, after))
    ordered = statement.order_by(StayChange.at.desc(), StayChange.id.desc()).limit(limit)
    rows = [(change, stay) for change, stay in await session.execute(ordered)]
    names = await _names(session, {stay.id for _, stay in rows})
    return [_move(change, stay, names.get(stay.id, ())) for change, stay in rows]


def _move(change: StayChange, stay: Stay, guests: tuple[str, ...]) -> RoomMove:
    before, after = change.before or {}, change.after or {}
    return RoomMove(change, stay, guests, before["room"], after["room"], before["price"], after["price"])


async def _names(session: AsyncSession, stays: set[int]) -> dict[int, tuple[str, ...]]:
    statement = select(StayGuest.stay_id, StayGuest.name).where(StayGuest.stay_id.in_(stays)).order_by(StayGuest.id)
    found: dict[int, tuple[str, ...]] = {}
    for stay, name in await session.execute(statement):
        found[stay] = (*found.get(stay, ()), name)
    return found
