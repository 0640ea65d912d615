"""Emergencies over HTTP. Calling goes first and is written down after: no disk keeps anybody from being alerted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from http import HTTPStatus

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.emergencies import service
from callcenter.emergencies.models import Emergency
from callcenter.emergencies.parts import PARTS, EmergencyParts
from callcenter.emergencies.schemas import (
    CallIn,
    CloseIn,
    EmergencyDetail,
    EmergencyIn,
    EmergencyList,
    EmergencyOut,
    KindIn,
    NoteIn,
    TickIn,
    detail,
)
from callcenter.emergencies.service import Doing
from callcenter.errors import HouseError, PbxRefused, PbxUnavailable
from callcenter.web.identity import address_of, requires, user_of
from callcenter.web.inputs import body, path_id
from callcenter.web.openapi import Contract, documented
from callcenter.web.output import answer

WORK = "emergencies.work"
ANYWHERE = "000"
"""The conference of every place that is no room."""

Deed = Callable[[Doing, int], Awaitable[Emergency]]

routes = web.RouteTableDef()


def setup(app: web.Application, parts: EmergencyParts) -> None:
    """Add this slice's routes to `app`."""
    app[PARTS] = parts
    app.add_routes(routes)


@routes.get("/api/v1/emergencies")
@documented(Contract(answer=EmergencyList))
@requires(WORK)
async def list_emergencies(request: web.Request) -> web.Response:
    """Show the open emergencies, then the closed ones."""
    async with request.app[PARTS].database.read() as session:
        found = await service.latest(session)
    return answer(EmergencyList(items=[EmergencyOut.of(one) for one in found]))


@routes.post("/api/v1/emergencies")
@documented(Contract(body=EmergencyIn, answer=EmergencyDetail, status=HTTPStatus.CREATED))
@requires(WORK)
async def raise_emergency(request: web.Request) -> web.Response:
    """Raise an emergency: all operators and the security phones ring."""
    parts = request.app[PARTS]
    wanted = await body(request, EmergencyIn)
    place = wanted.place.strip()
    conference = place if place in parts.numbers.rooms else ANYWHERE
    failure = await _tried(parts.telephony.raise_emergency(conference))
    async with parts.work(user_of(request), address_of(request)) as doing:
        emergency = await service.raise_here(doing, place, conference)
        shown = await _shown(parts, doing.session, emergency)
    if failure is not None:
        raise failure
    return answer(shown, HTTPStatus.CREATED)


@routes.get("/api/v1/emergencies/{id}")
@documented(Contract(answer=EmergencyDetail))
@requires(WORK)
async def show_emergency(request: web.Request) -> web.Response:
    """Show one emergency with checklist and record."""
    parts, number = request.app[PARTS], path_id(request, "emergency")
    async with parts.database.read() as session:
        shown = await _shown(parts, session, await service.one(session, number))
    return answer(shown)


@routes.put("/api/v1/emergencies/{id}/kind")
@documented(Contract(body=KindIn, answer=EmergencyDetail))
@requires(WORK)
async def choose_emergency_kind(request: web.Request) -> web.Response:
    """Say what kind it is: the checklist follows."""
    wanted = await body(request, KindIn)
    return await _done(request, lambda doing, number: service.choose_kind(doing, number, wanted.kind))


@routes.post("/api/v1/emergencies/{id}/ticks")
@documented(Contract(body=TickIn, answer=EmergencyDetail))
@requires(WORK)
async def tick_emergency_step(request: web.Request) -> web.Response:
    """Tick a step of the checklist, or take the tick back."""
    wanted = await body(request, TickIn)
    plans = request.app[PARTS].rules.plans
    return await _done(request, lambda doing, number: service.tick(doing, number, wanted.step, plans, done=wanted.done))


@routes.post("/api/v1/emergencies/{id}/notes")
@documented(Contract(body=NoteIn, answer=EmergencyDetail))
@requires(WORK)
async def note_emergency(request: web.Request) -> web.Response:
    """Write something into the record."""
    wanted = await body(request, NoteIn)
    return await _done(request, lambda doing, number: service.note(doing, number, wanted.text))


@routes.post("/api/v1/emergencies/{id}/responders")
@documented(Contract(body=CallIn, answer=EmergencyDetail))
@requires(WORK)
async def call_emergency_responders(request: web.Request) -> web.Response:
    """Call responders into the conference, those of the plan unless others are named."""
    parts, number = request.app[PARTS], path_id(request, "emergency")
    wanted = await body(request, CallIn)
    async with parts.database.read() as session:
        emergency = await service.one(session, number)
        called = wanted.numbers or service.plan_of(emergency, parts.rules.plans).responders
    calls = [parts.telephony.call_into_emergency(emergency.conference, one) for one in called]
    failures = [failure for failure in [await _tried(call) for call in calls] if failure is not None]
    async with parts.work(user_of(request), address_of(request)) as doing:
        emergency = await service.note_called(doing, number, called)
        shown = await _shown(parts, doing.session, emergency)
    if failures:
        raise failures[0]
    return answer(shown)


@routes.post("/api/v1/emergencies/{id}/close")
@documented(Contract(body=CloseIn, answer=EmergencyDetail))
@requires(WORK)
async def close_emergency(request: web.Request) -> web.Response:
    """End an emergency, with how it ended; who talks goes on talking."""
    wanted = await body(request, CloseIn)
    return await _done(request, lambda doing, number: service.close(doing, number, wanted.outcome))


async def _tried(call: Awaitable[None]) -> HouseError | None:
    """Make a call; why it cannot be made is returned, since the record is written all the same."""
    try:
        await call
    except (PbxUnavailable, PbxRefused) as failure:
        return failure
    return None


async def _done(request: web.Request, deed: Deed) -> web.Response:
    parts, number = request.app[PARTS], path_id(request, "emergency")
    async with parts.work(user_of(request), address_of(request)) as doing:
        emergency = await deed(doing, number)
        await doing.session.flush()
        shown = await _shown(parts, doing.session, emergency)
    return answer(shown)


async def _shown(parts: EmergencyParts, session: AsyncSession, emergency: Emergency) -> EmergencyDetail:
    await session.flush()
    record = await service.entries(session, emergency.id)
    return detail(emergency, record, parts.rules.plans, await service.occupants(session, emergency.place))
