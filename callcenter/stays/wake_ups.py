"""Wake-up times (晨唤): set at the desk, from the room's telephone or in a menu; gone at check-out (requirements 4)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import NotFound
from callcenter.rooms.models import Room
from callcenter.stays.kinds import RoomVacant, Source, StayEnded, StayState, WakeUpPast, WakeUpState
from callcenter.stays.models import Stay, WakeUp
from callcenter.stays.scope import Scope


def next_time(at: time, now: datetime, zone: ZoneInfo) -> datetime:
    """Return when the hotel's clocks show `at` next, in UTC: today, or tomorrow when it has passed."""
    today = now.astimezone(zone).date()
    due = datetime.combine(today, at, zone).astimezone(UTC)
    return due if due > now else datetime.combine(today + timedelta(days=1), at, zone).astimezone(UTC)


async def add(scope: Scope, stay: Stay, due_at: datetime, source: Source) -> WakeUp:
    """Set a wake-up time; a time that is set already stays as it is, one that was cancelled is due again.

    Raises:
        StayEnded: the guest has checked out.
        WakeUpPast: the time has passed, or lies after the departure.
    """
    if stay.state != StayState.IN_HOUSE:
        raise StayEnded(number=stay.number)
    due = due_at.replace(second=0, microsecond=0)
    last = max(stay.departure, scope.day + timedelta(days=1))  # who stays longer than expected still wants to be woken
    if due <= scope.now or due.astimezone(scope.rules.zone).date() > last:
        raise WakeUpPast(at=due_at.isoformat())
    known = await scope.session.scalar(select(WakeUp).where(WakeUp.stay_id == stay.id, WakeUp.due_at == due))
    if known is not None and known.state == WakeUpState.DUE:
        return known
    wake_up = known or WakeUp(stay_id=stay.id, due_at=due)
    wake_up.state, wake_up.source = WakeUpState.DUE, source
    wake_up.entered_at, wake_up.entered_by = scope.now, scope.by.username
    wake_up.ended_at, wake_up.ended_by = None, ""
    scope.session.add(wake_up)
    await scope.session.flush()
    scope.note(stay, "wake_up_set", None, {"at": due.isoformat(), "source": source.value})
    return wake_up


async def add_for_room(scope: Scope, room: str, due_at: datetime, source: Source) -> list[WakeUp]:
    """Set a wake-up time for everybody who is registered in a room.

    Raises:
        RoomVacant: nobody is.
        WakeUpPast: as for `add`.
    """
    stays = await in_room(scope.session, room)
    if not stays:
        raise RoomVacant(room=room)
    return [await add(scope, stay, due_at, source) for stay in stays]


async def cancel(scope: Scope, number: int) -> WakeUp:
    """Wake the guest at this time no more.

    Raises:
        NotFound: there is no such time, or it is not due any more.
    """
    wake_up = await scope.session.get(WakeUp, number)
    if wake_up is None or wake_up.state != WakeUpState.DUE:
        raise NotFound(kind="wake_up", id=number)
    _end(scope, wake_up)
    stay = await scope.session.get_one(Stay, wake_up.stay_id)
    scope.note(stay, "wake_up_cancelled", {"at": wake_up.due_at.isoformat()})
    return wake_up


async def cancel_all(scope: Scope, stay: Stay) -> None:
    """Let nobody wake a guest who has left."""
    for wake_up in await due_of(scope.session, stay.id):
        _end(scope, wake_up)


async def restore(scope: Scope, stay: Stay) -> None:
    """Give back what the check-out cancelled and is still to come."""
    await scope.session.execute(
        update(WakeUp)
        .where(
            WakeUp.stay_id == stay.id,
            WakeUp.state == WakeUpState.CANCELLED,
            WakeUp.ended_at == stay.left_at,
            WakeUp.due_at > scope.now,
        )
        .values(state=WakeUpState.DUE, ended_at=None, ended_by="")
    )


async def due_of(session: AsyncSession, stay_id: int) -> Sequence[WakeUp]:
    """Return a guest's wake-up times, earliest first."""
    statement = select(WakeUp).where(WakeUp.stay_id == stay_id, WakeUp.state == WakeUpState.DUE)
    return (await session.scalars(statement.order_by(WakeUp.due_at))).all()


async def in_room(session: AsyncSession, room: str) -> Sequence[Stay]:
    """Return who is registered in a room now."""
    statement = (
        select(Stay).join(Room, Room.id == Stay.room_id).where(Room.number == room, Stay.state == StayState.IN_HOUSE)
    )
    return (await session.scalars(statement.order_by(Stay.id))).all()


def _end(scope: Scope, wake_up: WakeUp) -> None:
    wake_up.state = WakeUpState.CANCELLED
    wake_up.ended_at, wake_up.ended_by = scope.now, scope.by.username
