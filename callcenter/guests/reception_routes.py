"""The reception log (客户接待日志, requirements 5) over HTTP: every contact with a customer, whoever had it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from aiohttp import web
from pydantic import Field
from sqlalchemy import select

from callcenter.db import beyond
from callcenter.guests.kinds import Channel, Side
from callcenter.guests.models import Guest
from callcenter.guests.work_models import GuestContact
from callcenter.web.app import DATABASE
from callcenter.web.identity import requires
from callcenter.web.inputs import Input, Instant, Text, from_cursor, query
from callcenter.web.openapi import Contract, documented
from callcenter.web.output import Output, answer, one_page

routes = web.RouteTableDef()


class ReceptionFilter(Input):
    """Which contacts, and which page of them. `by`: who had them."""

    begin: Instant | None = Field(default=None, alias="from")
    end: Instant | None = Field(default=None, alias="to")
    by: Annotated[Text, Field(max_length=64)] | None = None
    channel: Channel | None = None
    side: Side | None = None
    limit: int = Field(default=50, ge=1, le=200)
    after: Annotated[str, Field(max_length=200)] | None = None


class ReceptionOut(Output):
    """A contact with a customer; `guest_id` is the card that holds it now."""

    id: int
    at: datetime
    by: str
    channel: str
    side: str
    guest_id: int
    guest: str
    note: str


class ReceptionPage(Output):
    """A page of the reception log, newest first."""

    items: list[ReceptionOut]
    next: str | None


@routes.get("/api/v1/reception-log")
@documented(Contract(query=ReceptionFilter, answer=ReceptionPage))
@requires("guests.read")
async def list_reception_log(request: web.Request) -> web.Response:
    """Show the contacts with customers, newest first."""
    wanted = query(request, ReceptionFilter)
    statement = select(GuestContact, Guest).join(Guest, Guest.id == GuestContact.guest_id)
    if wanted.begin is not None:
        statement = statement.where(GuestContact.at >= wanted.begin)
    if wanted.end is not None:
        statement = statement.where(GuestContact.at < wanted.end)
    given = ((GuestContact.by, wanted.by), (GuestContact.channel, wanted.channel), (GuestContact.side, wanted.side))
    for column, value in given:
        if value is not None:
            statement = statement.where(column == value)
    if wanted.after:
        statement = statement.where(beyond(GuestContact.at, GuestContact.id, from_cursor(wanted.after)))
    statement = statement.order_by(GuestContact.at.desc(), GuestContact.id.desc()).limit(wanted.limit + 1)
    async with request.app[DATABASE].read() as session:
        rows = [(contact, guest) for contact, guest in await session.execute(statement)]
    shown, cursor = one_page(rows, wanted.limit, lambda row: (row[0].at, row[0].id))
    items = [
        ReceptionOut(
            id=contact.id,
            at=contact.at,
            by=contact.by,
            channel=contact.channel,
            side=contact.side,
            guest_id=guest.merged_into_id or guest.id,
            guest=guest.name,
            note=contact.note,
        )
        for contact, guest in shown
    ]
    return answer(ReceptionPage(items=items, next=cursor))
