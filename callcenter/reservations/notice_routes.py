"""Change notes that one's own role is told of, over HTTP."""

from __future__ import annotations

from datetime import date, datetime
from http import HTTPStatus

from aiohttp import web

from callcenter.reservations import notices
from callcenter.reservations.parts import PARTS
from callcenter.web.app import DATABASE
from callcenter.web.identity import address_of, requires, user_of
from callcenter.web.inputs import path_id
from callcenter.web.openapi import Contract, documented
from callcenter.web.output import Output, answer, no_content

routes = web.RouteTableDef()


class NoticeOut(Output):
    """What was changed in which booking, and what the customer had asked for."""

    id: int
    at: datetime
    by: str
    number: str
    booker: str
    arrival: date
    action: str
    asked: str
    agreed: bool
    why: str


class NoticeList(Output):
    """The change notes that nobody of the reader's role has read, the oldest first."""

    items: list[NoticeOut]


@routes.get("/api/v1/change-notices")
@documented(Contract(answer=NoticeList))
@requires("rooms.read")
async def list_change_notices(request: web.Request) -> web.Response:
    """Show what one's own role is told of and nobody of it has read."""
    async with request.app[DATABASE].read() as session:
        found = await notices.waiting(session, user_of(request).role)
    items = [
        NoticeOut(
            id=change.id,
            at=change.at,
            by=change.by,
            number=booking.number,
            booker=booking.group_name or booking.booker,
            arrival=booking.arrival,
            action=change.action,
            asked=change.asked,
            agreed=change.agreed,
            why=change.why,
        )
        for change, booking in found
    ]
    return answer(NoticeList(items=items))


@routes.put("/api/v1/change-notices/{id}/read")
@documented(Contract(status=HTTPStatus.NO_CONTENT))
@requires("rooms.read")
async def read_change_notice(request: web.Request) -> web.Response:
    """Note that one's own role has read a change note."""
    number = path_id(request, "change_notice")
    parts, by = request.app[PARTS], user_of(request)
    async with request.app[DATABASE].begin() as session:
        await notices.read(session, parts.desk, number, by, address_of(request))
    parts.live.publish_changed("reservations", "")
    return no_content()
