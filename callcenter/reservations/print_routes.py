"""What is printed is on record (requirements 11): the pages say so before they print."""

from __future__ import annotations

from http import HTTPStatus
from typing import Literal

from aiohttp import web
from pydantic import Field

from callcenter.reservations.parts import PARTS
from callcenter.web.app import DATABASE
from callcenter.web.identity import address_of, requires, user_of
from callcenter.web.inputs import Day, Input, body
from callcenter.web.openapi import Contract, documented
from callcenter.web.output import no_content

routes = web.RouteTableDef()


class PrintIn(Input):
    """Which form, for which days: rooms (房间预定表), appointments, board, figures."""

    form: Literal["rooms", "appointments", "board", "figures"]
    first: Day = Field(alias="from")
    last: Day = Field(alias="to")


@routes.post("/api/v1/prints")
@documented(Contract(body=PrintIn, status=HTTPStatus.NO_CONTENT))
@requires("reservations.read")
async def note_print(request: web.Request) -> web.Response:
    """Note that a form is printed."""
    wanted = await body(request, PrintIn)
    after = {"from": wanted.first.isoformat(), "to": wanted.last.isoformat()}
    async with request.app[DATABASE].begin() as session:
        request.app[PARTS].desk.audit(
            session,
            user_of(request),
            "form.printed",
            ("form", wanted.form),
            after=after,
            address=address_of(request),
        )
    return no_content()
