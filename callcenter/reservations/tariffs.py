"""Keeping what nights cost: rate plans with their prices, and seasons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from http import HTTPStatus

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import HouseError, NotFound
from callcenter.reservations import store
from callcenter.reservations.models import Rate, RatePlan, Season
from callcenter.reservations.rules import Booker
from callcenter.rooms.models import RoomType
from callcenter.staff.audit import AuditLog


class SeasonUnknown(HouseError):
    """A price names a season that does not exist; params: `season`."""

    code = "season_unknown"
    status = HTTPStatus.UNPROCESSABLE_ENTITY


@dataclass(frozen=True, slots=True)
class PriceWanted:
    """A price of a type, fen a night, in a season (None: outside every one) on `weekdays` (digits, 1 is Monday)."""

    type: str
    season: int | None
    weekdays: str
    price: int


@dataclass(frozen=True, slots=True)
class PlanWanted:
    """What is to be true of a plan; all its prices."""

    code: str
    name_zh: str
    name_en: str
    breakfasts: int
    active: bool
    prices: tuple[PriceWanted, ...]


@dataclass(frozen=True, slots=True)
class SeasonWanted:
    """What is to be true of a season; both days belong to it; where seasons overlap the higher rank counts."""

    name_zh: str
    name_en: str
    first: date
    last: date
    rank: int


async def plans(session: AsyncSession) -> list[tuple[RatePlan, list[PriceWanted]]]:
    """Return every rate plan with its prices, by code."""
    found = (await session.scalars(select(RatePlan).order_by(RatePlan.code))).all()
    prices: dict[int, list[PriceWanted]] = {plan.id: [] for plan in found}
    statement = select(Rate, RoomType.code).join(RoomType, RoomType.id == Rate.type_id).order_by(Rate.id)
    for rate, code in await session.execute(statement):
        prices[rate.plan_id].append(PriceWanted(code, rate.season_id, rate.weekdays, rate.price))
    return [(plan, prices[plan.id]) for plan in found]


async def set_plan(session: AsyncSession, wanted: PlanWanted, by: Booker, audit: AuditLog, address: str) -> RatePlan:
    """Make or change the rate plan of that code, with all its prices; bookings made keep theirs.

    Raises:
        UnknownType: a price is of a type that is not let.
        SeasonUnknown: a price is of a season that does not exist.
    """
    types = await store.types(session, {price.type for price in wanted.prices})
    known = set(await session.scalars(select(Season.id)))
    for price in wanted.prices:
        if price.season is not None and price.season not in known:
            raise SeasonUnknown(season=price.season)
    plan = await session.scalar(select(RatePlan).where(RatePlan.code == wanted.code).with_for_update())
    before = None if plan is None else await _plan_facts(session, plan)
    if plan is None:
        plan = RatePlan(code=wanted.code)
        session.add(plan)
    plan.name_zh, plan.name_en = wanted.name_zh, wanted.name_en
    plan.breakfasts, plan.active = wanted.breakfasts, wanted.active
    await session.flush()
    await session.execute(delete(Rate).where(Rate.plan_id == plan.id))
    session.add_all(
        Rate(
            plan_id=plan.id,
            type_id=types[price.type].id,
            season_id=price.season,
            weekdays=price.weekdays,
            price=price.price,
        )
        for price in wanted.prices
    )
    await session.flush()
    after = await _plan_facts(session, plan)
    audit(session, by, "rate_plan.set", ("rate_plan", plan.code), before=before, after=after, address=address)
    return plan


async def seasons(session: AsyncSession) -> Sequence[Season]:
    """Return every season by its first day."""
    return (await session.scalars(select(Season).order_by(Season.first, Season.id))).all()


async def set_season(
    session: AsyncSession, number: int | None, wanted: SeasonWanted, by: Booker, audit: AuditLog, address: str
) -> Season:
    """Make a season, or change the one of that number.

    Raises:
        NotFound: there is no such season.
    """
    season = Season() if number is None else await session.get(Season, number, with_for_update=True)
    if season is None:
        raise NotFound(kind="season", id=number)
    before = None if number is None else _season_facts(season)
    for name in SeasonWanted.__dataclass_fields__:
        setattr(season, name, getattr(wanted, name))
    session.add(season)
    await session.flush()
    subject = ("season", season.id)
    audit(session, by, "season.set", subject, before=before, after=_season_facts(season), address=address)
    return season


async def remove_season(session: AsyncSession, number: int, by: Booker, audit: AuditLog, address: str) -> None:
    """Remove a season with every price that plans have in it; bookings made keep theirs.

    Raises:
        NotFound: there is no such season.
    """
    season = await session.get(Season, number, with_for_update=True)
    if season is None:
        raise NotFound(kind="season", id=number)
    statement = (
        select(RatePlan.code, RoomType.code, Rate.weekdays, Rate.price)
        .join(RatePlan, RatePlan.id == Rate.plan_id)
        .join(RoomType, RoomType.id == Rate.type_id)
        .where(Rate.season_id == number)
        .order_by(Rate.id)
    )
    gone = [list(row) for row in await session.execute(statement)]
    await session.execute(delete(Rate).where(Rate.season_id == number))
    await session.delete(season)
    before = {**_season_facts(season), "prices": gone}
    audit(session, by, "season.removed", ("season", number), before=before, address=address)


def _season_facts(season: Season) -> dict[str, object]:
    return {
        "name_zh": season.name_zh,
        "name_en": season.name_en,
        "first": season.first.isoformat(),
        "last": season.last.isoformat(),
        "rank": season.rank,
    }


async def _plan_facts(session: AsyncSession, plan: RatePlan) -> dict[str, object]:
    rates = await session.scalars(select(Rate).where(Rate.plan_id == plan.id).order_by(Rate.id))
    return {
        "name_zh": plan.name_zh,
        "name_en": plan.name_en,
        "breakfasts": plan.breakfasts,
        "active": plan.active,
        "prices": [[rate.type_id, rate.season_id, rate.weekdays, rate.price] for rate in rates],
    }
