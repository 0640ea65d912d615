"""Arrivals as a calendar, over HTTP: the calendar itself, and the addresses given to subscribers."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from aiohttp import web
from pydantic import ConfigDict, Field

from callcenter.reservations import feeds
from callcenter.reservations.models import CalendarFeed
from callcenter.reservations.parts import PARTS
from callcenter.reservations.schemas import Code
from callcenter.web.app import DATABASE
from callcenter.web.identity import address_of, public, requires, user_of
from callcenter.web.inputs import Input, Text, body, path_id, query
from callcenter.web.openapi import Contract, documented
from callcenter.web.output import Output, answer, no_content

CALENDAR = "text/calendar"
FEED = "/api/v1/arrivals.ics"
"""The secret is in the query, which is not logged, as a path is."""

routes = web.RouteTableDef()


class FeedKey(Input):
    """The secret of a subscriber's address."""

    key: Annotated[str, Field(min_length=1, max_length=128)]


class FeedIn(Input):
    """Who is to read the arrivals of a type, or of all."""

    subscriber: Annotated[Text, Field(min_length=1, max_length=64)]
    type: Code | None = None


class FeedOut(Output):
    """An address that was given. `type`: null for all; `read_at`: when it was last read, to the hour."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    subscriber: str
    type: str | None
    created_at: datetime
    created_by: str
    revoked_at: datetime | None
    revoked_by: str
    read_at: datetime | None


class FeedMade(FeedOut):
    """A new address, told this once: `path` belongs behind the name under which the house is reached."""

    path: str


class FeedList(Output):
    """Every address that was given, the newest first. `detail`: what of the guest is in the calendars."""

    items: list[FeedOut]
    detail: str


@routes.get(FEED)
@documented(Contract(query=FeedKey, media=CALENDAR))
@public
async def read_arrivals(request: web.Request) -> web.Response:
    """Give the arrivals to whom the address was given, as iCalendar in the hotel's time zone."""
    key = query(request, FeedKey).key
    parts = request.app[PARTS]
    now, rules = parts.desk.clock.now(), parts.desk.rules
    async with request.app[DATABASE].read() as session:
        feed = await feeds.by_secret(session, key)
        found = await feeds.arrivals(session, feed.type_id, rules.today(now))
    if feeds.wants_noting(feed, now):
        async with request.app[DATABASE].begin() as session:
            noted = await session.get_one(CalendarFeed, feed.id, with_for_update=True)
            noted.read_at = now
    content = feeds.calendar(found, parts.house, rules.zone, parts.feed_detail)
    headers = {"Content-Type": f"{CALENDAR}; charset=utf-8", "Cache-Control": "private, max-age=300"}
    return web.Response(body=content, headers=headers)


@routes.get("/api/v1/calendar-feeds")
@documented(Contract(answer=FeedList))
@requires("reservations.feeds")
async def list_calendar_feeds(request: web.Request) -> web.Response:
    """Show the addresses under which calendars read arrivals; the secrets are known to the subscribers alone."""
    async with request.app[DATABASE].read() as session:
        found = await feeds.all_feeds(session)
    items = [_feed(feed, code) for feed, code in found]
    return answer(FeedList(items=items, detail=request.app[PARTS].feed_detail))


@routes.post("/api/v1/calendar-feeds")
@documented(Contract(body=FeedIn, answer=FeedMade, status=HTTPStatus.CREATED))
@requires("reservations.feeds")
async def create_calendar_feed(request: web.Request) -> web.Response:
    """Give a subscriber an address; it is told this once."""
    wanted = await body(request, FeedIn)
    desk, by = request.app[PARTS].desk, user_of(request)
    async with request.app[DATABASE].begin() as session:
        feed, secret = await feeds.create(session, desk, wanted.subscriber, wanted.type, by, address_of(request))
    made = FeedMade(**_feed(feed, wanted.type).model_dump(), path=f"{FEED}?key={secret}")
    return answer(made, HTTPStatus.CREATED)


@routes.delete("/api/v1/calendar-feeds/{id}")
@documented(Contract(status=HTTPStatus.NO_CONTENT))
@requires("reservations.feeds")
async def revoke_calendar_feed(request: web.Request) -> web.Response:
    """Take an address back: its subscriber reads nothing any more."""
    number = path_id(request, "calendar_feed")
    async with request.app[DATABASE].begin() as session:
        await feeds.revoke(session, request.app[PARTS].desk, number, user_of(request), address_of(request))
    return no_content()


def _feed(feed: CalendarFeed, code: str | None) -> FeedOut:
    names = [name for name in FeedOut.model_fields if name != "type"]
    return FeedOut(type=code, **{name: getattr(feed, name) for name in names})
