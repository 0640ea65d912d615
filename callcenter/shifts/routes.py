"""Shifts over HTTP: the roster by the week, chores, swaps, handovers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus

from aiohttp import web
from sqlalchemy import select

from callcenter.clock import Clock
from callcenter.db import Database
from callcenter.outbound.parts import OutboundParts
from callcenter.settings import Settings
from callcenter.settings.shifts import Shifts
from callcenter.shifts import handovers
from callcenter.shifts.roster import Rostering
from callcenter.shifts.schemas import (
    ChoreIn,
    ChoreOut,
    EntryOut,
    HandoverDraft,
    HandoverIn,
    HandoverList,
    HandoverOut,
    NamedOut,
    NeedOut,
    PersonOut,
    PlanIn,
    PlannedOut,
    RosterOut,
    SwapAnswerIn,
    SwapIn,
    SwapList,
    SwapOut,
    WeekIn,
    handover_out,
    shortage_out,
    swap_out,
)
from callcenter.staff.audit import AuditLog
from callcenter.staff.models import User
from callcenter.staff.roles import Role
from callcenter.web.identity import address_of, requires, user_of
from callcenter.web.inputs import body, path_id, query
from callcenter.web.live import LIVE
from callcenter.web.openapi import Contract, documented
from callcenter.web.output import answer, no_content

PLANNED_ROLES = (Role.OPERATOR, Role.SUPERVISOR)
CHANGED = "shifts"

routes = web.RouteTableDef()


@dataclass(frozen=True, slots=True)
class ShiftParts:
    """What these routes need."""

    rules: Shifts
    rostering: Rostering
    database: Database
    clock: Clock
    audit: AuditLog
    lost_for: timedelta

    @classmethod
    def build(cls, settings: Settings, outbound: OutboundParts) -> ShiftParts:
        """Put the slice together from the settings and what outbound work has."""
        rostering = Rostering(settings.shifts, settings.hotel.zone, outbound.audit)
        return cls(settings.shifts, rostering, outbound.database, outbound.clock, outbound.audit, outbound.lost_for)


PARTS: web.AppKey[ShiftParts] = web.AppKey("shift_parts", ShiftParts)


def setup(app: web.Application, parts: ShiftParts) -> None:
    """Add this slice's routes to `app`."""
    app[PARTS] = parts
    app.add_routes(routes)


@routes.get("/api/v1/roster")
@documented(Contract(query=WeekIn, answer=RosterOut))
@requires("roster.read")
async def show_roster(request: web.Request) -> web.Response:
    """Show a week of the roster and the chore roster, hours with too few seats, and what past calls say."""
    parts, week = request.app[PARTS], query(request, WeekIn)
    rostering = parts.rostering
    async with parts.database.read() as session:
        people = await session.scalars(
            select(User).where(User.active, User.role.in_(PLANNED_ROLES)).order_by(User.role, User.id)
        )
        shown = RosterOut(
            shifts=_shifts(parts.rules),
            chores=[NamedOut(code=code, name=name) for code, name in parts.rules.chores.items()],
            people=[PersonOut(id=user.id, name=user.name, role=user.role) for user in people],
            entries=[
                EntryOut(user_id=entry.user_id, day=entry.day, shift=entry.shift)
                for entry, _ in await rostering.week(session, week.first)
            ],
            chore_entries=[
                ChoreOut(user_id=entry.user_id, day=entry.day, chore=entry.chore)
                for entry, _ in await rostering.chores(session, week.first)
            ],
            shortages=[shortage_out(one) for one in await rostering.shortages(session, week.first)],
            needs=[
                NeedOut(
                    at=one.at.isoformat(timespec="minutes"), calls=one.calls, needed=one.needed, planned=one.planned
                )
                for one in await rostering.needs(session, week.first, parts.clock.now())
            ],
            refuses=parts.rules.refuse_below,
        )
    return answer(shown)


@routes.put("/api/v1/roster/entry")
@documented(Contract(body=PlanIn, answer=PlannedOut))
@requires("roster.plan")
async def plan_shift(request: web.Request) -> web.Response:
    """Let somebody work a shift on a day, or none; tells the hours that this leaves too few seats in."""
    parts, wanted = request.app[PARTS], await body(request, PlanIn)
    async with parts.database.begin() as session:
        short = await parts.rostering.plan(
            session, wanted.user_id, wanted.day, wanted.shift, user_of(request), address_of(request)
        )
    _changed(request)
    return answer(PlannedOut(shortages=[shortage_out(one) for one in short]))


@routes.put("/api/v1/roster/chore")
@documented(Contract(body=ChoreIn, status=HTTPStatus.NO_CONTENT))
@requires("roster.plan")
async def give_chore(request: web.Request) -> web.Response:
    """Let somebody do a chore on a day."""
    parts, wanted = request.app[PARTS], await body(request, ChoreIn)
    async with parts.database.begin() as session:
        await parts.rostering.give_chore(
            session, wanted.day, wanted.chore, wanted.user_id, user_of(request), address_of(request)
        )
    _changed(request)
    return no_content()


@routes.get("/api/v1/shift-swaps")
@documented(Contract(answer=SwapList))
@requires("roster.read")
async def list_swaps(request: web.Request) -> web.Response:
    """Show the swaps that wait for an answer."""
    parts = request.app[PARTS]
    async with parts.database.read() as session:
        found = await parts.rostering.swaps(session)
    return answer(SwapList(items=[swap_out(one) for one in found]))


@routes.post("/api/v1/shift-swaps")
@documented(Contract(body=SwapIn, answer=SwapOut, status=HTTPStatus.CREATED))
@requires("roster.read")
async def ask_swap(request: web.Request) -> web.Response:
    """Ask a colleague to swap shifts."""
    parts, wanted = request.app[PARTS], await body(request, SwapIn)
    async with parts.database.begin() as session:
        swap = await parts.rostering.ask_swap(
            session,
            wanted.other_id,
            wanted.day,
            wanted.other_day,
            wanted.note,
            user_of(request),
            parts.clock.now(),
            address_of(request),
        )
        told = swap_out(swap)
    _changed(request)
    return answer(told, HTTPStatus.CREATED)


@routes.post("/api/v1/shift-swaps/{id}/answer")
@documented(Contract(body=SwapAnswerIn, answer=SwapOut))
@requires("roster.read")
async def answer_swap(request: web.Request) -> web.Response:
    """Agree to a swap as the colleague, approve it as a supervisor, or refuse it."""
    parts, number = request.app[PARTS], path_id(request, "swap")
    given = await body(request, SwapAnswerIn)
    async with parts.database.begin() as session:
        swap = await parts.rostering.answer_swap(
            session, number, given.yes, user_of(request), parts.clock.now(), address_of(request)
        )
        told = swap_out(swap)
    _changed(request)
    return answer(told)


@routes.get("/api/v1/handovers")
@documented(Contract(answer=HandoverList))
@requires("handovers.work")
async def list_handovers(request: web.Request) -> web.Response:
    """Show the last handovers, the newest first."""
    parts, user = request.app[PARTS], user_of(request)
    async with parts.database.read() as session:
        found = await handovers.latest(session)
    return answer(HandoverList(items=[handover_out(one, user.user_id) for one in found]))


@routes.get("/api/v1/handovers/draft")
@documented(Contract(answer=HandoverDraft))
@requires("handovers.work")
async def draft_handover(request: web.Request) -> web.Response:
    """Show what a handover written now would hold by itself: open promises and lost callers."""
    parts = request.app[PARTS]
    async with parts.database.read() as session:
        promises, lost = await handovers.left_open(session, parts.clock.now(), parts.lost_for)
    return answer(HandoverDraft(shifts=_shifts(parts.rules), promises=promises, lost=lost))


@routes.post("/api/v1/handovers")
@documented(Contract(body=HandoverIn, answer=HandoverOut, status=HTTPStatus.CREATED))
@requires("handovers.work")
async def write_handover(request: web.Request) -> web.Response:
    """Write the handover of the leaving shift."""
    parts, user, given = request.app[PARTS], user_of(request), await body(request, HandoverIn)
    async with parts.database.begin() as session:
        written = await handovers.write(
            session,
            given.shift,
            given.text,
            user,
            parts.clock.now(),
            parts.lost_for,
            parts.audit,
            address_of(request),
        )
        told = handover_out(written, user.user_id)
    _changed(request)
    return answer(told, HTTPStatus.CREATED)


@routes.post("/api/v1/handovers/{id}/signature")
@documented(Contract(answer=HandoverOut))
@requires("handovers.work")
async def sign_handover(request: web.Request) -> web.Response:
    """Sign as the next shift that a handover was read."""
    parts, user, number = request.app[PARTS], user_of(request), path_id(request, "handover")
    async with parts.database.begin() as session:
        signed = await handovers.sign(session, number, user, parts.clock.now(), parts.audit, address_of(request))
        told = handover_out(signed, user.user_id)
    _changed(request)
    return answer(told)


def _shifts(rules: Shifts) -> list[NamedOut]:
    return [
        NamedOut(code=code, name=shift.name, begin=f"{shift.begin:%H:%M}", end=f"{shift.end:%H:%M}")
        for code, shift in rules.shifts.items()
    ]


def _changed(request: web.Request) -> None:
    request.app[LIVE].publish_changed(CHANGED)
