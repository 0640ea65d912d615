"""Nuisance, wrong and silent callers over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from aiohttp import web
from pydantic import Field

from callcenter.calls import marks, service
from callcenter.calls.marks import MarkKind, Said
from callcenter.calls.models import CallerMark
from callcenter.errors import NotFound, NotPermitted
from callcenter.telephony import CallKey, Telephony
from callcenter.web.app import CLOCK, DATABASE
from callcenter.web.identity import AUDIT, address_of, requires, user_of
from callcenter.web.inputs import Input, Text, body, path_id
from callcenter.web.openapi import Contract, documented
from callcenter.web.output import Output, answer, columns

BLOCK = "calls.block"
TELEPHONY: web.AppKey[Telephony] = web.AppKey("marks_telephony", Telephony)

routes = web.RouteTableDef()


class MarkIn(Input):
    """What the caller was. `block`: refuse the number from now on; `hang_up`: end the call."""

    kind: MarkKind
    note: Annotated[Text, Field(max_length=500)] = ""
    block: bool = False
    hang_up: bool = False


class MarkOut(Output):
    """What was said of a caller."""

    kind: MarkKind
    call_id: int
    note: str
    at: datetime
    by: str
    blocked_at: datetime | None
    unblocked_at: datetime | None
    unblocked_by: str


class CallerMarks(Output):
    """What was said of the caller of this call, on any call; the latest first."""

    blocked: bool
    items: list[MarkOut]


@routes.get("/api/v1/calls/{id}/caller-marks")
@documented(Contract(answer=CallerMarks))
@requires("calls.read")
async def list_caller_marks(request: web.Request) -> web.Response:
    """Show what was said of this caller before."""
    async with request.app[DATABASE].read() as session:
        call = await service.one(session, path_id(request, "call"))
        found = await marks.marks_of(session, call.caller)
    return answer(_shown(found))


@routes.post("/api/v1/calls/{id}/caller-marks")
@documented(Contract(body=MarkIn, answer=CallerMarks, status=HTTPStatus.CREATED))
@requires("calls.mark")
async def mark_caller(request: web.Request) -> web.Response:
    """Say that a caller was a nuisance, a wrong number or silent; block the number and end the call if wanted."""
    app, user = request.app, user_of(request)
    wanted = await body(request, MarkIn)
    if wanted.block and not user.may(BLOCK):
        raise NotPermitted(permission=BLOCK)
    async with app[DATABASE].read() as session:
        call = await service.one(session, path_id(request, "call"))
    if wanted.block:
        await app[TELEPHONY].block_caller(marks.blockable(call), blocked=True)
    async with app[DATABASE].begin() as session:
        said = Said(wanted.kind, wanted.note, wanted.block)
        marks.mark(session, call, said, user.username, app[CLOCK].now())
        after = {"kind": said.kind.value, "blocked": said.block}
        subject = ("call", call.id)
        app[AUDIT](session, user, "caller.marked", subject, after=after, note=said.note, address=address_of(request))
        await session.flush()
        found = await marks.marks_of(session, call.caller)
    if wanted.hang_up:
        with suppress(NotFound):  # the caller was quicker
            await app[TELEPHONY].hang_up(CallKey(call.node, call.linkedid))
    return answer(_shown(found), HTTPStatus.CREATED)


@routes.delete("/api/v1/calls/{id}/caller-block")
@documented(Contract(answer=CallerMarks))
@requires("calls.unblock")
async def unblock_caller(request: web.Request) -> web.Response:
    """Let the caller of this call ring again."""
    app = request.app
    async with app[DATABASE].read() as session:
        call = await service.one(session, path_id(request, "call"))
    await app[TELEPHONY].block_caller(marks.blockable(call), blocked=False)
    async with app[DATABASE].begin() as session:
        await marks.unblock(session, call, user_of(request).username, app[CLOCK].now())
        app[AUDIT](session, user_of(request), "caller.unblocked", ("call", call.id), address=address_of(request))
        found = await marks.marks_of(session, call.caller)
    return answer(_shown(found))


def _shown(found: Sequence[CallerMark]) -> CallerMarks:
    return CallerMarks(blocked=marks.is_blocked(found), items=[MarkOut(**columns(one, MarkOut)) for one in found])
