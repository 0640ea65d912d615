"""Callers of whom no card was made, over HTTP."""

from __future__ import annotations

from datetime import datetime

from aiohttp import web
from pydantic import ConfigDict, Field

from callcenter.guests.missed import missed_cards
from callcenter.guests.parts import PARTS, mask_for
from callcenter.web.app import DATABASE
from callcenter.web.identity import requires
from callcenter.web.inputs import Input, Instant, query
from callcenter.web.openapi import Contract, documented
from callcenter.web.output import Output, answer

MOST = 200

routes = web.RouteTableDef()


class MissedFilter(Input):
    """From when, and until before when, the calls began."""

    begin: Instant = Field(alias="from")
    end: Instant = Field(alias="to")


class MissedOut(Output):
    """A caller without a card; `call_id` and `last_at` are of the last call."""

    model_config = ConfigDict(from_attributes=True)

    number: str
    calls: int
    last_at: datetime
    call_id: int


class MissedList(Output):
    """Callers without a card, the last first, at most 200."""

    items: list[MissedOut]


@routes.get("/api/v1/missed-cards")
@documented(Contract(query=MissedFilter, answer=MissedList))
@requires("guests.check")
async def list_missed_cards(request: web.Request) -> web.Response:
    """Show callers who talked with somebody and are on no card, for the check that nothing is missed."""
    wanted = query(request, MissedFilter)
    hide = mask_for(request)
    async with request.app[DATABASE].read() as session:
        found = await missed_cards(session, request.app[PARTS].guests.plan, wanted.begin, wanted.end, MOST)
    items = [MissedOut.model_validate(one).model_copy(update={"number": hide(one.number)}) for one in found]
    return answer(MissedList(items=items))
