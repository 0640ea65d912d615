"""The night audit's part in stays: each night is charged once, and the day is closed (requirements 4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.stays import folio
from callcenter.stays.kinds import LineKind, StayState, StayType
from callcenter.stays.models import AuditedNight, Stay
from callcenter.stays.scope import Scope

WITHOUT_NIGHTS = frozenset({StayType.HOURLY, StayType.FREE})


@dataclass(frozen=True, slots=True)
class NightCharge:
    """What a night of a stay costs, in fen."""

    room: int
    extra_beds: int
    commission: int


def charge_of(stay: Stay) -> NightCharge:
    """Return what one night of `stay` costs: nothing for hours, which are charged at check-in, or a free room."""
    if StayType(stay.stay_type) in WITHOUT_NIGHTS:
        return NightCharge(0, 0, 0)
    return NightCharge(stay.price, stay.extra_beds * stay.extra_bed_price, stay.commission)


async def nights_to_close(session: AsyncSession, last: date) -> list[date]:
    """Return the nights up to `last` that no audit has closed, oldest first: missed ones are made up for.

    Before the first audit of all, these are the nights since the first guest arrived.
    """
    closed = await session.scalar(select(func.max(AuditedNight.night)))
    begun = await session.scalar(select(func.min(Stay.arrival)))
    first = closed + timedelta(days=1) if closed is not None else begun or last
    return [first + timedelta(days=day) for day in range((last - first).days + 1)]


async def close(scope: Scope, night: date) -> int:
    """Charge a night to everybody in house and close the day; return how many stays were charged.

    It can run twice for a night without harm: what was posted is not posted again.
    """
    statement = select(Stay).where(Stay.state == StayState.IN_HOUSE, Stay.arrival <= night).order_by(Stay.id)
    charged = 0
    for stay in (await scope.session.scalars(statement)).all():
        charged += await charge(scope, stay, night)
    if await scope.session.get(AuditedNight, night) is None:
        scope.session.add(AuditedNight(night=night, at=scope.now, posted=charged))
    scope.audit(scope.session, scope.by, "night.closed", ("night", night.isoformat()), after={"stays": charged})
    return charged


async def charge(scope: Scope, stay: Stay, night: date) -> bool:
    """Post room, extra beds and commission of a night, unless they are posted; return whether they were."""
    reference = f"room:{stay.id}:{night.isoformat()}"
    cost = charge_of(stay)
    if not cost.room or await folio.is_posted(scope.session, reference):
        return False
    await folio.enter(scope, stay, folio.Posting(LineKind.ROOM, cost.room, reference=reference, day=night))
    if cost.extra_beds:
        extra = f"extra_bed:{stay.id}:{night.isoformat()}"
        await folio.enter(scope, stay, folio.Posting(LineKind.EXTRA_BED, cost.extra_beds, reference=extra, day=night))
    if cost.commission:
        owed = f"commission:{stay.id}:{night.isoformat()}"
        await folio.enter(scope, stay, folio.Posting(LineKind.COMMISSION, cost.commission, reference=owed, day=night))
    return True


async def charge_first_night(scope: Scope, stay: Stay) -> None:
    """Charge the first night of who leaves before any audit: a room is let for at least a night."""
    await charge(scope, stay, stay.arrival)
