"""The audit log over HTTP."""

from __future__ import annotations

from aiohttp import web

from callcenter.staff import audit
from callcenter.staff.models import AuditEntry
from callcenter.staff.schemas import AuditFilter, AuditPage, AuditRow
from callcenter.web.app import DATABASE
from callcenter.web.identity import requires
from callcenter.web.inputs import from_cursor, query
from callcenter.web.openapi import Contract, documented
from callcenter.web.output import answer, one_page

routes = web.RouteTableDef()


@routes.get("/api/v1/audit")
@documented(Contract(query=AuditFilter, answer=AuditPage))
@requires("audit.read")
async def read_audit(request: web.Request) -> web.Response:
    """Show the audit log, newest first."""
    wanted = query(request, AuditFilter)
    async with request.app[DATABASE].read() as session:
        rows = await audit.page(
            session,
            user=wanted.user,
            action=wanted.action,
            begin=wanted.begin,
            end=wanted.end,
            limit=wanted.limit + 1,
            after=from_cursor(wanted.after) if wanted.after else None,
        )
    shown, cursor = one_page(rows, wanted.limit, lambda entry: (entry.at, entry.id))
    return answer(AuditPage(items=[_row(entry) for entry in shown], next=cursor))


def _row(entry: AuditEntry) -> AuditRow:
    return AuditRow(
        id=entry.id,
        at=entry.at,
        user=entry.username,
        action=entry.action,
        subject_type=entry.subject_type,
        subject_id=entry.subject_id,
        before=entry.before,
        after=entry.after,
        note=entry.note,
        address=entry.address,
    )
