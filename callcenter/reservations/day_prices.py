"""Prices of single nights, by type: in a rate plan, or outside every one; they count before seasons and weekdays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.reservations import store
from callcenter.reservations.models import DayPrice, RatePlan
from callcenter.reservations.prices import UnknownPlan
from callcenter.reservations.rules import Booker
from callcenter.rooms.models import RoomType
from callcenter.staff.audit import AuditLog


@dataclass(frozen=True, slots=True)
class DayPriceWanted:
    """What nights of types shall cost, in fen; None: what they cost without it.

    `last` is included; `weekdays`: digits, 1 is Monday; `plan`: its code, empty for outside every plan.
    """

    plan: str
    types: tuple[str, ...]
    first: date
    last: date
    weekdays: str
    price: int | None

    @property
    def nights(self) -> list[date]:
        """The nights that are meant."""
        days = (self.first + timedelta(days=one) for one in range((self.last - self.first).days + 1))
        return [day for day in days if str(day.isoweekday()) in self.weekdays]


async def of_span(session: AsyncSession, plan: str, first: date, until: date) -> list[tuple[str, date, int]]:
    """Return the prices set for nights from `first` to before `until`, as (type, night, price)."""
    statement = (
        select(RoomType.code, DayPrice.night, DayPrice.price)
        .join(RoomType, RoomType.id == DayPrice.type_id)
        .where(DayPrice.plan == plan, DayPrice.night >= first, DayPrice.night < until)
        .order_by(RoomType.code, DayPrice.night)
    )
    return [(code, night, price) for code, night, price in await session.execute(statement)]


async def set_prices(session: AsyncSession, wanted: DayPriceWanted, by: Booker, audit: AuditLog, address: str) -> int:
    """Set or remove the prices of nights; bookings made keep theirs. Return how many nights of types were meant.

    Raises:
        UnknownType: a type is not let.
        UnknownPlan: there is no such plan.
    """
    types = await store.types(session, set(wanted.types))
    if wanted.plan and await session.scalar(select(RatePlan.id).where(RatePlan.code == wanted.plan)) is None:
        raise UnknownPlan(plan=wanted.plan)
    numbers = {kind.id: code for code, kind in types.items()}
    nights = wanted.nights
    meant = (DayPrice.plan == wanted.plan, DayPrice.type_id.in_(sorted(numbers)), DayPrice.night.in_(nights))
    statement = select(DayPrice).where(*meant).order_by(DayPrice.type_id, DayPrice.night)
    before = [(numbers[one.type_id], one.night, one.price) for one in await session.scalars(statement)]
    await session.execute(delete(DayPrice).where(*meant).execution_options(synchronize_session=False))
    rows = [
        {"type_id": number, "night": night, "plan": wanted.plan, "price": wanted.price}
        for number in numbers
        for night in nights
    ]
    if rows and wanted.price is not None:
        await session.execute(insert(DayPrice), rows)
    after = {
        "types": sorted(types),
        "first": wanted.first.isoformat(),
        "last": wanted.last.isoformat(),
        "weekdays": wanted.weekdays,
        "price": wanted.price,
    }
    subject = ("rate_plan", wanted.plan or "standard")
    audit(session, by, "day_price.set", subject, before={"prices": _runs(before)}, after=after, address=address)
    return len(rows)


def _runs(prices: Iterable[tuple[str, date, int]]) -> list[Sequence[object]]:
    """Write neighbouring nights of one price as one: [type, first, last, price]."""
    found: list[tuple[str, date, date, int]] = []
    for code, night, price in prices:
        if found and found[-1][0] == code and found[-1][3] == price and found[-1][2] + timedelta(days=1) == night:
            found[-1] = (code, found[-1][1], night, price)
        else:
            found.append((code, night, night, price))
    return [[code, first.isoformat(), last.isoformat(), price] for code, first, last, price in found]
