"""What a night costs: rate plans, seasons, weekdays, discounts. Money is in fen; decisions are pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from http import HTTPStatus

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import HouseError
from callcenter.reservations.models import DayPrice, DiscountCeiling, Rate, RatePlan, RoleCeiling, Season
from callcenter.reservations.rules import Booker


class DiscountAboveCeiling(HouseError):
    """The discount is more than this operator may give; params: `wanted`, `ceiling`, in percent."""

    code = "discount_above_ceiling"
    status = HTTPStatus.FORBIDDEN


class DiscountNeedsReason(HouseError):
    """A discount is given with a reason."""

    code = "discount_needs_reason"
    status = HTTPStatus.UNPROCESSABLE_ENTITY


class UnknownPlan(HouseError):
    """There is no such rate plan, or it is no longer sold; params: `plan`."""

    code = "unknown_plan"
    status = HTTPStatus.UNPROCESSABLE_ENTITY


@dataclass(frozen=True, slots=True)
class Span:
    """A season: its days, both included, and its rank where seasons overlap."""

    id: int
    first: date
    last: date
    rank: int


@dataclass(frozen=True, slots=True)
class Price:
    """A price of a type in a season (None: outside every one) on some weekdays (digits, 1 is Monday)."""

    type_id: int
    season_id: int | None
    weekdays: str
    price: int


@dataclass(frozen=True, slots=True)
class Tariff:
    """The prices of one plan; without an entry for a night the type's own price stands.

    `days`: prices of single nights in the plan, before everything else; `standard_days`: those outside every plan,
    which stand in for the type's own price.
    """

    spans: Sequence[Span] = ()
    prices: Sequence[Price] = ()
    days: Mapping[tuple[int, date], int] = field(default_factory=dict)
    standard_days: Mapping[tuple[int, date], int] = field(default_factory=dict)

    def of_night(self, type_id: int, night: date, standard: int) -> int:
        """Return the list price: of the night itself, of the highest season that has one, else outside seasons."""
        of_day = self.days.get((type_id, night))
        if of_day is not None:
            return of_day
        standard = self.standard_days.get((type_id, night), standard)
        weekday = str(night.isoweekday())
        fitting = {
            price.season_id: price.price
            for price in self.prices
            if price.type_id == type_id and weekday in price.weekdays
        }
        for span in sorted(self.spans, key=lambda span: (-span.rank, span.first)):
            if span.first <= night <= span.last and span.id in fitting:
                return fitting[span.id]
        return fitting.get(None, standard)


def discounted(price: int, percent: int) -> int:
    """Take `percent` off, rounded to whole yuan where the price is in whole yuan, else to the fen."""
    exact = price * (100 - percent)
    unit = 10_000 if price % 100 == 0 else 100
    return (exact + unit // 2) // unit * (unit // 100)


def percent_off(listed: int, price: int) -> int:
    """Return by how many percent `price` lies below `listed`, rounded up, so that no ceiling is passed by rounding."""
    if listed <= 0 or price >= listed:
        return 0
    return -((price - listed) * 100 // listed)


def check_discount(percent: int, reason: str, ceiling: int) -> None:
    """Refuse a discount without reason or above the operator's ceiling (requirements 3, discount limit).

    Raises:
        DiscountNeedsReason: there is none.
        DiscountAboveCeiling: it is more than `ceiling` percent.
    """
    if percent > ceiling:
        raise DiscountAboveCeiling(wanted=percent, ceiling=ceiling)
    if percent > 0 and not reason.strip():
        raise DiscountNeedsReason


def needs_approval(price: int, listed: int, former: int | None) -> bool:
    """Tell whether a manager must agree: a reduced price below what this customer paid before (requirements 3).

    The list price itself is never in question: in a cheaper season it may well be lower than last time.
    """
    return former is not None and price < former and price < listed


async def ceiling_of(session: AsyncSession, by: Booker, settings: Mapping[str, int]) -> int:
    """Return how many percent `by` may take off: the user's own ceiling, else that of the role.

    `settings`: the ceilings of the roles in the settings, for those that have no other by now.
    """
    own = await session.scalar(select(DiscountCeiling.percent).where(DiscountCeiling.user_id == by.user_id))
    if own is not None:
        return own
    of_role = await session.scalar(select(RoleCeiling.percent).where(RoleCeiling.role == by.role))
    return settings.get(by.role, 0) if of_role is None else of_role


async def tariff_of(session: AsyncSession, plan: str, first: date, until: date) -> Tariff:
    """Read the prices of a plan (empty: the types' own prices) for nights from `first` to before `until`.

    Raises:
        UnknownPlan: there is no such plan, or it is no longer sold.
    """
    found = select(DayPrice).where(DayPrice.night >= first, DayPrice.night < until, DayPrice.plan.in_(("", plan)))
    days: dict[str, dict[tuple[int, date], int]] = {"": {}, plan: {}}
    for one in await session.scalars(found):
        days[one.plan][one.type_id, one.night] = one.price
    if not plan:
        return Tariff(standard_days=days[""])
    number = await session.scalar(select(RatePlan.id).where(RatePlan.code == plan, RatePlan.active))
    if number is None:
        raise UnknownPlan(plan=plan)
    seasons = await session.scalars(select(Season).where(Season.first < until, Season.last >= first))
    rates = await session.scalars(select(Rate).where(Rate.plan_id == number))
    return Tariff(
        [Span(one.id, one.first, one.last, one.rank) for one in seasons],
        [Price(one.type_id, one.season_id, one.weekdays, one.price) for one in rates],
        days[plan],
        days[""],
    )


def nightly(tariff: Tariff, type_id: int, standard: int, nights: Iterable[date]) -> Mapping[date, int]:
    """Return the list price of each night."""
    if tariff.days or any(price.type_id == type_id for price in tariff.prices):
        return {night: tariff.of_night(type_id, night, standard) for night in nights}
    return {night: tariff.standard_days.get((type_id, night), standard) for night in nights}
