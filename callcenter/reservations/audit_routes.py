"""The runs of the audits over HTTP: when due, when run, missed and made up for, and what each did."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from aiohttp import web
from pydantic import ConfigDict

from callcenter.reservations import audit_runs
from callcenter.reservations.parts import PARTS
from callcenter.reservations.planning_schemas import SpanFilter
from callcenter.web.app import DATABASE
from callcenter.web.identity import requires
from callcenter.web.inputs import query
from callcenter.web.openapi import Contract, documented
from callcenter.web.output import Output, answer

LONGEST = 92
"""Days that are shown at once."""

routes = web.RouteTableDef()


class DeedOut(Output):
    """What was done to a booking. `amount`: deposit held then, of a forfeit what was kept, in fen."""

    model_config = ConfigDict(from_attributes=True)

    number: str
    action: str
    at: datetime
    by: str
    why: str
    amount: int


class AuditRunOut(Output):
    """A run. `due_at` is null for what runs all day (no-show timer) or by hand (forfeits).

    `stays`: guests in house that it charged for the night, or found to have stayed too long.
    """

    model_config = ConfigDict(from_attributes=True)

    job: str
    day: date
    due_at: datetime | None
    begun_at: datetime | None
    done_at: datetime | None
    node: str
    state: str
    deeds: list[DeedOut]
    stays: int


class AuditRunList(Output):
    """The runs, the last day first. `hours`: at which each daily job is due, by the hotel's clock."""

    items: list[AuditRunOut]
    hours: dict[str, str]


@routes.get("/api/v1/audit-runs")
@documented(Contract(query=SpanFilter, answer=AuditRunList))
@requires("reservations.report")
async def list_audit_runs(request: web.Request) -> web.Response:
    """Show what evening audit, night audit, no-show timer and room allocation did, and which runs were missed."""
    wanted = query(request, SpanFilter)
    desk = request.app[PARTS].desk
    until = min(wanted.until, wanted.first + timedelta(days=LONGEST))
    async with request.app[DATABASE].read() as session:
        residents = request.app[PARTS].residents
        found = await audit_runs.runs(session, desk.rules, residents, wanted.first, until, desk.clock.now())
    hours = {
        "room_allocation": desk.rules.automatic_rooms,
        "evening_audit": desk.rules.evening_audit,
        "night_audit": desk.rules.night_audit,
    }
    items = [AuditRunOut.model_validate(one) for one in found]
    return answer(AuditRunList(items=items, hours={job: f"{at:%H:%M}" for job, at in hours.items()}))
