"""Rate plans, seasons, prices of single nights and discount ceilings over HTTP. Prices are in fen a night."""

from __future__ import annotations

from datetime import date
from http import HTTPStatus
from typing import Annotated

from aiohttp import web
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from callcenter.errors import InvalidInput
from callcenter.reservations import ceilings, day_prices, tariffs
from callcenter.reservations.models import Season
from callcenter.reservations.parts import PARTS
from callcenter.reservations.planning_schemas import SpanFilter
from callcenter.reservations.schemas import Code, Fen
from callcenter.web.app import DATABASE
from callcenter.web.identity import address_of, requires, user_of
from callcenter.web.inputs import Day, Id, Input, Text, body, path_id, query
from callcenter.web.openapi import Contract, documented
from callcenter.web.output import Output, answer, no_content

RATES = "rates"
"""The subject under which pages hear that prices or ceilings changed."""

LONGEST = 400
"""Nights that can be priced at once."""

Name = Annotated[Text, Field(min_length=1, max_length=64)]

routes = web.RouteTableDef()


class PriceIn(Input):
    """A price of a type in a season (null: outside every one) on weekdays (digits, 1 is Monday)."""

    type: Code
    season: Id | None = None
    weekdays: Annotated[str, Field(pattern=r"^1?2?3?4?5?6?7?$", min_length=1)] = "1234567"
    price: Fen


class PlanIn(Input):
    """What is to be true of a rate plan, all its prices included."""

    name_zh: Name
    name_en: Name
    breakfasts: int = Field(default=0, ge=0, le=9)
    active: bool = True
    prices: Annotated[list[PriceIn], Field(max_length=500)]


class PriceOut(Output):
    """A price of a type."""

    type: str
    season: int | None
    weekdays: str
    price: int


class RatePlanOut(Output):
    """A rate plan with its prices."""

    code: str
    name_zh: str
    name_en: str
    breakfasts: int
    active: bool
    prices: list[PriceOut]


class RatePlanList(Output):
    """Every rate plan, by code."""

    items: list[RatePlanOut]


class SeasonIn(Input):
    """What is to be true of a season; both days belong to it."""

    name_zh: Name
    name_en: Name
    first: Day
    last: Day
    rank: int = Field(default=1, ge=0, le=99)

    @model_validator(mode="after")
    def _in_order(self) -> SeasonIn:
        if self.last < self.first:
            raise PydanticCustomError("range_reversed", "must end after it begins")
        return self


class SeasonOut(Output):
    """A season."""

    id: int
    name_zh: str
    name_en: str
    first: date
    last: date
    rank: int


class SeasonList(Output):
    """Every season, by its first day."""

    items: list[SeasonOut]


class DayPriceFilter(SpanFilter):
    """Nights from `from` to before `to`, in a plan, or outside every one."""

    plan: Code | None = None


class DayPriceIn(Input):
    """What nights of types shall cost; null: what they cost without it. Both days belong to it."""

    plan: Code | None = None
    types: Annotated[list[Code], Field(min_length=1, max_length=50)]
    first: Day
    last: Day
    weekdays: Annotated[str, Field(pattern=r"^1?2?3?4?5?6?7?$", min_length=1)] = "1234567"
    price: Fen | None

    @model_validator(mode="after")
    def _in_order(self) -> DayPriceIn:
        if self.last < self.first:
            raise PydanticCustomError("range_reversed", "must end after it begins")
        if (self.last - self.first).days >= LONGEST:
            raise PydanticCustomError("range_too_long", "too long", {"days": LONGEST})
        return self


class DayPriceOut(Output):
    """The price of a type that was set for a night."""

    type: str
    night: date
    price: int


class DayPriceList(Output):
    """The prices that were set for single nights."""

    items: list[DayPriceOut]


class CeilingIn(Input):
    """A discount ceiling in percent; null: a user's goes by the role, a role's by the settings again."""

    percent: int | None = Field(ge=0, le=100)


class CeilingOut(Output):
    """A user's own discount ceiling, in percent."""

    user_id: int
    username: str
    percent: int


class CeilingList(Output):
    """The roles' ceilings, and the users who have one of their own."""

    roles: dict[str, int]
    items: list[CeilingOut]


@routes.get("/api/v1/rate-plans")
@documented(Contract(answer=RatePlanList))
@requires("reservations.read")
async def list_rate_plans(request: web.Request) -> web.Response:
    """Show the rate plans with their prices."""
    async with request.app[DATABASE].read() as session:
        found = await tariffs.plans(session)
    items = [
        RatePlanOut(
            code=plan.code,
            name_zh=plan.name_zh,
            name_en=plan.name_en,
            breakfasts=plan.breakfasts,
            active=plan.active,
            prices=[
                PriceOut(type=one.type, season=one.season, weekdays=one.weekdays, price=one.price) for one in prices
            ],
        )
        for plan, prices in found
    ]
    return answer(RatePlanList(items=items))


@routes.put("/api/v1/rate-plans/{number}")
@documented(Contract(body=PlanIn, status=HTTPStatus.NO_CONTENT, ids="string"))
@requires("reservations.rates")
async def set_rate_plan(request: web.Request) -> web.Response:
    """Make or change a rate plan; bookings made keep their prices."""
    code = request.match_info["number"]
    if len(code) > 32 or not (code.isascii() and code.replace("_", "a").isalnum() and code.islower()):
        raise InvalidInput(problems=[{"field": "code", "code": "string_pattern_mismatch"}])
    wanted = await body(request, PlanIn)
    prices = tuple(tariffs.PriceWanted(one.type, one.season, one.weekdays, one.price) for one in wanted.prices)
    plan = tariffs.PlanWanted(code, wanted.name_zh, wanted.name_en, wanted.breakfasts, wanted.active, prices)
    async with request.app[DATABASE].begin() as session:
        audit = request.app[PARTS].desk.audit
        await tariffs.set_plan(session, plan, user_of(request), audit, address_of(request))
    _tell(request)
    return no_content()


@routes.get("/api/v1/seasons")
@documented(Contract(answer=SeasonList))
@requires("reservations.read")
async def list_seasons(request: web.Request) -> web.Response:
    """Show the seasons."""
    async with request.app[DATABASE].read() as session:
        found = await tariffs.seasons(session)
    return answer(SeasonList(items=[_season(one) for one in found]))


@routes.post("/api/v1/seasons")
@documented(Contract(body=SeasonIn, answer=SeasonOut, status=HTTPStatus.CREATED))
@requires("reservations.rates")
async def create_season(request: web.Request) -> web.Response:
    """Add a season."""
    return answer(await _set_season(request, None), HTTPStatus.CREATED)


@routes.put("/api/v1/seasons/{id}")
@documented(Contract(body=SeasonIn, answer=SeasonOut))
@requires("reservations.rates")
async def change_season(request: web.Request) -> web.Response:
    """Change a season; bookings made keep their prices."""
    return answer(await _set_season(request, path_id(request, "season")))


@routes.delete("/api/v1/seasons/{id}")
@documented(Contract(status=HTTPStatus.NO_CONTENT))
@requires("reservations.rates")
async def remove_season(request: web.Request) -> web.Response:
    """Remove a season with the prices that plans have in it; bookings made keep theirs."""
    number = path_id(request, "season")
    audit = request.app[PARTS].desk.audit
    async with request.app[DATABASE].begin() as session:
        await tariffs.remove_season(session, number, user_of(request), audit, address_of(request))
    _tell(request)
    return no_content()


@routes.get("/api/v1/day-prices")
@documented(Contract(query=DayPriceFilter, answer=DayPriceList))
@requires("reservations.read")
async def list_day_prices(request: web.Request) -> web.Response:
    """Show the prices that were set for single nights; what every night costs is told by the availability."""
    wanted = query(request, DayPriceFilter)
    async with request.app[DATABASE].read() as session:
        found = await day_prices.of_span(session, wanted.plan or "", wanted.first, wanted.until)
    items = [DayPriceOut(type=code, night=night, price=price) for code, night, price in found]
    return answer(DayPriceList(items=items))


@routes.put("/api/v1/day-prices")
@documented(Contract(body=DayPriceIn, status=HTTPStatus.NO_CONTENT))
@requires("reservations.rates")
async def set_day_prices(request: web.Request) -> web.Response:
    """Set what nights of types cost, or let their usual price count again; bookings made keep theirs."""
    sent = await body(request, DayPriceIn)
    wanted = day_prices.DayPriceWanted(
        sent.plan or "", tuple(sent.types), sent.first, sent.last, sent.weekdays, sent.price
    )
    audit = request.app[PARTS].desk.audit
    async with request.app[DATABASE].begin() as session:
        await day_prices.set_prices(session, wanted, user_of(request), audit, address_of(request))
    _tell(request)
    return no_content()


@routes.get("/api/v1/discount-ceilings")
@documented(Contract(answer=CeilingList))
@requires("reservations.rates")
async def list_discount_ceilings(request: web.Request) -> web.Response:
    """Show how much each role may take off, and who has a ceiling of their own."""
    async with request.app[DATABASE].read() as session:
        found = await ceilings.ceilings(session)
        roles = await ceilings.of_roles(session, request.app[PARTS].desk.rules.ceilings)
    items = [CeilingOut(user_id=user.id, username=user.username, percent=percent) for user, percent in found]
    return answer(CeilingList(roles=roles, items=items))


@routes.put("/api/v1/role-discount-ceilings/{number}")
@documented(Contract(body=CeilingIn, status=HTTPStatus.NO_CONTENT, ids="string"))
@requires("staff.manage")
async def set_role_discount_ceiling(request: web.Request) -> web.Response:
    """Let everybody of a role take off so many percent, or as many as the settings say."""
    role = request.match_info["number"][:32]
    wanted = await body(request, CeilingIn)
    desk, by = request.app[PARTS].desk, user_of(request)
    async with request.app[DATABASE].begin() as session:
        settings = desk.rules.ceilings
        await ceilings.set_of_role(session, role, wanted.percent, settings, by, desk.audit, address_of(request))
    _tell(request)
    return no_content()


@routes.put("/api/v1/discount-ceilings/{id}")
@documented(Contract(body=CeilingIn, status=HTTPStatus.NO_CONTENT))
@requires("staff.manage")
async def set_discount_ceiling(request: web.Request) -> web.Response:
    """Give a user a discount ceiling of their own, or let the role's count again."""
    number = path_id(request, "user")
    wanted = await body(request, CeilingIn)
    audit = request.app[PARTS].desk.audit
    async with request.app[DATABASE].begin() as session:
        await ceilings.set_ceiling(session, number, wanted.percent, user_of(request), audit, address_of(request))
    _tell(request)
    return no_content()


async def _set_season(request: web.Request, number: int | None) -> SeasonOut:
    wanted = await body(request, SeasonIn)
    season = tariffs.SeasonWanted(**wanted.model_dump())
    audit = request.app[PARTS].desk.audit
    async with request.app[DATABASE].begin() as session:
        kept = await tariffs.set_season(session, number, season, user_of(request), audit, address_of(request))
    _tell(request)
    return _season(kept)


def _tell(request: web.Request) -> None:
    request.app[PARTS].live.publish_changed(RATES)


def _season(season: Season) -> SeasonOut:
    return SeasonOut(
        id=season.id,
        name_zh=season.name_zh,
        name_en=season.name_en,
        first=season.first,
        last=season.last,
        rank=season.rank,
    )
