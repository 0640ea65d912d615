"""The log of room changes over HTTP."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Annotated

from aiohttp import web
from pydantic import Field

from callcenter.settings import Extension
from callcenter.stays import moves
from callcenter.stays.moves import RoomMove
from callcenter.stays.parts import PARTS
from callcenter.web.identity import requires, user_of
from callcenter.web.inputs import Day, Input, Text, from_cursor, query
from callcenter.web.openapi import Contract, documented
from callcenter.web.output import Output, answer, one_page

SEE_CONFIDENTIAL = "stays.see_confidential"

routes = web.RouteTableDef()


class MoveFilter(Input):
    """Which room changes: of days of the hotel's calendar, out of or into one room; the last one first."""

    first: Day | None = Field(default=None, alias="from")
    last: Day | None = Field(default=None, alias="to")
    room: Extension | None = None
    limit: int = Field(default=50, ge=1, le=500)
    after: Annotated[Text, Field(max_length=200)] | None = None


class MoveOut(Output):
    """A change of room. Prices are fen a night."""

    at: datetime
    by: str
    stay: int
    number: str
    guests: list[str]
    old_room: str
    new_room: str
    old_price: int
    new_price: int
    why: str


class MovePage(Output):
    """A page of room changes; `next` is the position of the next one."""

    items: list[MoveOut]
    next: str | None


@routes.get("/api/v1/room-moves")
@documented(Contract(query=MoveFilter, answer=MovePage))
@requires("stays.read")
async def list_room_moves(request: web.Request) -> web.Response:
    """Show who changed the room, when, from where to where, at what price and why."""
    wanted, parts = query(request, MoveFilter), request.app[PARTS]
    zone = parts.rules.zone
    first = None if wanted.first is None else datetime.combine(wanted.first, time(), zone)
    until = None if wanted.last is None else datetime.combine(wanted.last + timedelta(days=1), time(), zone)
    async with parts.database.read() as session:
        found = await moves.page(
            session,
            first,
            until,
            wanted.room,
            confidential=user_of(request).may(SEE_CONFIDENTIAL),
            limit=wanted.limit + 1,
            after=from_cursor(wanted.after) if wanted.after else None,
        )
    shown, cursor = one_page(found, wanted.limit, lambda move: (move.change.at, move.change.id))
    return answer(MovePage(items=[_out(move) for move in shown], next=cursor))


def _out(move: RoomMove) -> MoveOut:
    return MoveOut(
        at=move.change.at,
        by=move.change.by,
        stay=move.stay.id,
        number=move.stay.number,
        guests=list(move.guests),
        old_room=move.old_room,
        new_room=move.new_room,
        old_price=move.old_price,
        new_price=move.new_price,
        why=move.change.why,
    )
