"""Due calls and lost callers over HTTP. Who works on them needs the numbers, so they are never masked here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from http import HTTPStatus

from aiohttp import web
from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.models import Call
from callcenter.outbound import service
from callcenter.outbound.lost_callers import lost_callers, wanted_for
from callcenter.outbound.models import DueCall
from callcenter.outbound.parts import PARTS, OutboundParts
from callcenter.outbound.schemas import (
    DueCallList,
    DueCallOut,
    FinishIn,
    GiveBackIn,
    LostCallerIn,
    LostCallerList,
    due_call_out,
    lost_caller_out,
)
from callcenter.staff.models import User
from callcenter.web.identity import address_of, requires, user_of
from callcenter.web.inputs import body, path_id
from callcenter.web.openapi import Contract, documented
from callcenter.web.output import answer

CLOSED_FOR = timedelta(days=7)
MOST_CLOSED = 200

routes = web.RouteTableDef()


def setup(app: web.Application, parts: OutboundParts) -> None:
    """Add this slice's routes to `app`."""
    app[PARTS] = parts
    app.add_routes(routes)


@routes.get("/api/v1/due-calls")
@documented(Contract(answer=DueCallList))
@requires("outbound.work")
async def list_due_calls(request: web.Request) -> web.Response:
    """Show the calls that are owed, in the order of the places in line that their callers keep."""
    async with request.app[PARTS].database.read() as session:
        rows = await _described(session, await service.undone(session), user_of(request).user_id)
    return answer(DueCallList(items=rows))


@routes.get("/api/v1/due-calls/closed")
@documented(Contract(answer=DueCallList))
@requires("outbound.work")
async def list_closed_due_calls(request: web.Request) -> web.Response:
    """Show the calls that were closed in the last seven days, the latest first."""
    parts = request.app[PARTS]
    async with parts.database.read() as session:
        found = await service.closed(session, parts.clock.now() - CLOSED_FOR, MOST_CLOSED)
        rows = await _described(session, found, user_of(request).user_id)
    return answer(DueCallList(items=rows))


@routes.post("/api/v1/due-calls/{id}/take")
@documented(Contract(answer=DueCallOut))
@requires("outbound.work")
async def take_due_call(request: web.Request) -> web.Response:
    """Take a due call, so that nobody else makes it."""
    parts, user, number = request.app[PARTS], user_of(request), path_id(request, "due_call")
    async with parts.database.begin() as session:
        due = await service.take(session, number, user, parts.clock.now(), parts.audit, address_of(request))
        (row,) = await _described(session, [due], user.user_id)
    parts.changed()
    return answer(row)


@routes.post("/api/v1/due-calls/{id}/give-back")
@documented(Contract(body=GiveBackIn, answer=DueCallOut))
@requires("outbound.work")
async def give_back_due_call(request: web.Request) -> web.Response:
    """Give a due call back, so that somebody else can take it; it keeps its place."""
    parts, user, number = request.app[PARTS], user_of(request), path_id(request, "due_call")
    given = await body(request, GiveBackIn)
    async with parts.database.begin() as session:
        due = await service.give_back(session, number, user, given.note, parts.audit, address_of(request))
        (row,) = await _described(session, [due], user.user_id)
    parts.changed()
    return answer(row)


@routes.post("/api/v1/due-calls/{id}/finish")
@documented(Contract(body=FinishIn, answer=DueCallOut))
@requires("outbound.work")
async def finish_due_call(request: web.Request) -> web.Response:
    """Say what became of a due call."""
    parts, user, number = request.app[PARTS], user_of(request), path_id(request, "due_call")
    told = await body(request, FinishIn)
    async with parts.database.begin() as session:
        due = await service.finish(
            session,
            number,
            user,
            parts.clock.now(),
            service.Finish(told.outcome, told.note),
            parts.audit,
            address_of(request),
        )
        (row,) = await _described(session, [due], user.user_id)
    parts.changed()
    return answer(row)


@routes.get("/api/v1/lost-callers")
@documented(Contract(answer=LostCallerList))
@requires("outbound.work")
async def list_lost_callers(request: web.Request) -> web.Response:
    """Show who gave up and has not got through since, the latest first."""
    parts = request.app[PARTS]
    async with parts.database.read() as session:
        found = await lost_callers(session, parts.clock.now() - parts.lost_for)
    return answer(LostCallerList(items=[lost_caller_out(lost) for lost in found]))


@routes.post("/api/v1/lost-callers/call-back")
@documented(Contract(body=LostCallerIn, answer=DueCallOut, status=HTTPStatus.CREATED))
@requires("outbound.work")
async def call_lost_caller_back(request: web.Request) -> web.Response:
    """Make a lost caller a due call, at the place in line of the first try; the same again adds nothing."""
    parts, user = request.app[PARTS], user_of(request)
    chosen = await body(request, LostCallerIn)
    now = parts.clock.now()
    async with parts.database.begin() as session:
        wanted = await wanted_for(session, chosen.number, now - parts.lost_for, now)
        due, _ = await service.request(session, wanted, user, now, parts.audit, address_of(request))
        (row,) = await _described(session, [due], user.user_id)
    parts.changed()
    return answer(row, HTTPStatus.CREATED)


async def _described(session: AsyncSession, found: Sequence[DueCall], user_id: int) -> list[DueCallOut]:
    """Describe due calls with the names of people and the ids of the calls that they came from."""
    usernames = {name for due in found for name in (due.taken_by, due.closed_by) if name}
    names = {
        username: name
        for username, name in await session.execute(
            select(User.username, User.name).where(User.username.in_(usernames))
        )
    }
    keys = [(due.node, due.linkedid) for due in found if due.linkedid]
    calls = {
        (node, linkedid): number
        for number, node, linkedid in await session.execute(
            select(Call.id, Call.node, Call.linkedid).where(tuple_(Call.node, Call.linkedid).in_(keys))
        )
    }
    return [due_call_out(due, user_id, names, calls.get((due.node or "", due.linkedid or ""))) for due in found]
