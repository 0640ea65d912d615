"""The purchase-tracking table over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from aiohttp import web
from pydantic import Field

from callcenter.guests import people, tracking
from callcenter.guests.parts import PARTS
from callcenter.guests.tracking import Tracked
from callcenter.web.app import DATABASE
from callcenter.web.identity import requires
from callcenter.web.inputs import Input, Text, from_cursor, query
from callcenter.web.openapi import Contract, documented
from callcenter.web.output import Output, answer, one_page

routes = web.RouteTableDef()


class TrackingFilter(Input):
    """Which page of the customers, who ordered last first."""

    limit: int = Field(default=50, ge=1, le=200)
    after: Annotated[Text, Field(max_length=200)] | None = None


class TrackedOut(Output):
    """A customer's purchases in the last period (`recent`) and in the one before (`former`); amounts in fen."""

    guest_id: int
    name: str
    company: str
    level: str
    sales_owner: str | None
    last_order_at: datetime | None
    recent_orders: int
    recent_amount: int
    former_orders: int
    former_amount: int
    cycle_days: float | None
    next_at: datetime | None
    is_cycle_missed: bool
    has_fallen: bool


class TrackedPage(Output):
    """A page of customers; `period_days`: how long each of the two periods is."""

    period_days: int
    items: list[TrackedOut]
    next: str | None


@routes.get("/api/v1/purchase-tracking")
@documented(Contract(query=TrackingFilter, answer=TrackedPage))
@requires("guests.check")
async def list_purchases(request: web.Request) -> web.Response:
    """Show who orders how often and for how much, and whose orders have stayed out or fallen."""
    wanted, follow_ups = query(request, TrackingFilter), request.app[PARTS].follow_ups
    rules, now = request.app[PARTS].guests.rules.purchasing, request.app[PARTS].guests.clock.now()
    after = from_cursor(wanted.after) if wanted.after else None
    async with request.app[DATABASE].read() as session:
        found = await tracking.page(session, follow_ups.books, rules, now, limit=wanted.limit + 1, after=after)
        owners = await people.owners_of(session, [one.guest for one in found])
        companies = await people.companies_of(session, [one.guest for one in found])
    shown, cursor = one_page(found, wanted.limit, lambda one: (one.guest.last_order_at, one.guest.id))
    items = [
        _out(
            one,
            owners.get(one.guest.sales_owner_id or 0),
            companies[one.guest.company_id].name if one.guest.company_id in companies else "",
        )
        for one in shown
    ]
    return answer(TrackedPage(period_days=rules.period_days, items=items, next=cursor))


def _out(one: Tracked, owner: str | None, company: str) -> TrackedOut:
    guest = one.guest
    return TrackedOut(
        guest_id=guest.id,
        name=guest.name or f"{guest.latin_surname} {guest.latin_given}".strip(),
        company=company,
        level=guest.level,
        sales_owner=owner,
        last_order_at=guest.last_order_at,
        recent_orders=one.recent_orders,
        recent_amount=one.recent_amount,
        former_orders=one.former_orders,
        former_amount=one.former_amount,
        cycle_days=one.cycle_days,
        next_at=one.next_at,
        is_cycle_missed=one.is_cycle_missed,
        has_fallen=one.has_fallen,
    )
