"""Merging, files of guests and membership over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from aiohttp import web
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import InvalidInput
from callcenter.guests import importing, store
from callcenter.guests.kinds import MembershipState
from callcenter.guests.models import Guest
from callcenter.guests.parts import PARTS, by, mask_for, rows_of, whole
from callcenter.guests.schemas import GuestOut
from callcenter.guests.work_models import GuestImport, Membership
from callcenter.guests.work_schemas import (
    ConflictOut,
    DecisionIn,
    ImportList,
    ImportName,
    ImportOut,
    MembershipIn,
    MembershipList,
    MembershipOut,
    MergeFilter,
    MergeIn,
    MergeList,
    MergeOut,
    MergePlanOut,
    OpenSaleOut,
    ReconciledOut,
    ReconcileIn,
    SaleIn,
    SaleList,
    SaleOut,
)
from callcenter.settings.sections import Words
from callcenter.web.app import DATABASE
from callcenter.web.export import CSV, Column, FileFormat, Table, export, one_batch
from callcenter.web.identity import requires
from callcenter.web.inputs import body, path_id, query
from callcenter.web.openapi import Contract, documented
from callcenter.web.output import answer, no_content
from callcenter.web.problems import language_of, words_of

LARGEST_FILE = 10 * 1024 * 1024
CHUNK = 64 * 1024

routes = web.RouteTableDef()


@routes.get("/api/v1/guests/{id}/merge-preview")
@documented(Contract(query=MergeFilter, answer=MergePlanOut))
@requires("guests.merge")
async def preview_merge(request: web.Request) -> web.Response:
    """Show what merging another card into this one would do."""
    number = path_id(request, "guest")
    wanted = query(request, MergeFilter)
    async with request.app[DATABASE].read() as session:
        kept, gone, plan = await request.app[PARTS].merging.preview(session, number, wanted.gone_id)
        rows = await rows_of(session, [kept.guest, gone.guest], mask_for(request))
    conflicts = [ConflictOut(field=name, kept=ours, gone=theirs) for name, (ours, theirs) in plan.conflicts.items()]
    return answer(
        MergePlanOut(
            kept=rows[0],
            gone=rows[1],
            changes=plan.changes,
            conflicts=conflicts,
            numbers=len(plan.numbers),
            documents=len(plan.documents),
        )
    )


@routes.get("/api/v1/guests/{id}/merges")
@documented(Contract(answer=MergeList))
@requires("guests.read")
async def list_merges(request: web.Request) -> web.Response:
    """Show which cards became part of this one."""
    number = path_id(request, "guest")
    async with request.app[DATABASE].read() as session:
        found = await request.app[PARTS].merging.of_card(session, await store.current_id(session, number))
    return answer(MergeList(items=[MergeOut.model_validate(one) for one in found]))


@routes.post("/api/v1/guests/{id}/merges")
@documented(Contract(body=MergeIn, answer=GuestOut, status=HTTPStatus.CREATED))
@requires("guests.merge")
async def merge_guests(request: web.Request) -> web.Response:
    """Let another card become part of this one."""
    number = path_id(request, "guest")
    wanted = await body(request, MergeIn)
    async with request.app[DATABASE].begin() as session:
        done = await request.app[PARTS].merging.merge(session, number, wanted.gone_id, wanted.reason, by(request))
        content = await whole(session, await store.card(session, done.kept_id), mask_for(request))
    return answer(content, HTTPStatus.CREATED)


@routes.post("/api/v1/guest-merges/{id}/undoing")
@documented(Contract(answer=GuestOut))
@requires("guests.merge")
async def undo_merge(request: web.Request) -> web.Response:
    """Make two cards of one again."""
    number = path_id(request, "guest_merge")
    async with request.app[DATABASE].begin() as session:
        done = await request.app[PARTS].merging.undo(session, number, by(request))
        content = await whole(session, await store.card(session, done.kept_id), mask_for(request))
    return answer(content)


@routes.get("/api/v1/guest-imports")
@documented(Contract(answer=ImportList))
@requires("guests.import")
async def list_imports(request: web.Request) -> web.Response:
    """Show the last files of guests."""
    async with request.app[DATABASE].read() as session:
        found = await importing.page(session)
    return answer(ImportList(items=[_import(row) for row in found]))


@routes.post("/api/v1/guest-imports")
@documented(Contract(query=ImportName, answer=ImportOut, status=HTTPStatus.CREATED))
@requires("guests.import")
async def hand_over_file(request: web.Request) -> web.Response:
    """Take a CSV file (the request's body, text/csv) and look through it without changing anything."""
    wanted = query(request, ImportName)
    content = await _file(request)
    number = await request.app[PARTS].imports.hand_over(wanted.name, content, by(request))
    return answer(await _one_import(request, number), HTTPStatus.CREATED)


@routes.get("/api/v1/guest-imports/{id}")
@documented(Contract(answer=ImportOut))
@requires("guests.import")
async def show_import(request: web.Request) -> web.Response:
    """Show how far a file is."""
    return answer(await _one_import(request, path_id(request, "guest_import")))


@routes.post("/api/v1/guest-imports/{id}/run")
@documented(Contract(answer=ImportOut))
@requires("guests.import")
async def run_import(request: web.Request) -> web.Response:
    """Bring in a file that was looked through."""
    number = path_id(request, "guest_import")
    await request.app[PARTS].imports.bring_in(number, by(request))
    return answer(await _one_import(request, number))


@routes.delete("/api/v1/guest-imports/{id}")
@documented(Contract(status=HTTPStatus.NO_CONTENT))
@requires("guests.import")
async def give_up_import(request: web.Request) -> web.Response:
    """Forget a file that was looked through."""
    await request.app[PARTS].imports.give_up(path_id(request, "guest_import"), by(request))
    return no_content()


@routes.get("/api/v1/guest-imports/{id}/errors")
@documented(Contract(media=CSV))
@requires("guests.import")
async def show_import_errors(request: web.Request) -> web.StreamResponse:
    """Give the lines that stayed out, with the reason, as a file that can be mended and sent again."""
    number = path_id(request, "guest_import")
    async with request.app[DATABASE].read() as session:
        row = await importing.one(session, number)
    table = _errors(row, language_of(request), request.app[PARTS])
    return await export(request, FileFormat.CSV, table, one_batch(row.errors))


@routes.get("/api/v1/guests/{id}/memberships")
@documented(Contract(answer=MembershipList))
@requires("guests.read")
async def list_memberships(request: web.Request) -> web.Response:
    """Show a guest's memberships."""
    number = path_id(request, "guest")
    async with request.app[DATABASE].read() as session:
        return answer(await _memberships(session, await request.app[PARTS].memberships.of_guest(session, number)))


@routes.post("/api/v1/guests/{id}/memberships")
@documented(Contract(body=MembershipIn, answer=MembershipList, status=HTTPStatus.CREATED))
@requires("guests.edit")
async def apply_for_membership(request: web.Request) -> web.Response:
    """Enter an application for a membership card."""
    number = path_id(request, "guest")
    wanted = await body(request, MembershipIn)
    async with request.app[DATABASE].begin() as session:
        made = await request.app[PARTS].memberships.apply(
            session, number, wanted.address, by(request), in_person=wanted.in_person, signed=wanted.signed
        )
        return answer(await _memberships(session, [made]), HTTPStatus.CREATED)


@routes.get("/api/v1/memberships")
@documented(Contract(answer=MembershipList))
@requires("guests.read")
async def list_applications(request: web.Request) -> web.Response:
    """Show the applications that wait for a decision."""
    async with request.app[DATABASE].read() as session:
        return answer(await _memberships(session, await request.app[PARTS].memberships.waiting(session)))


@routes.post("/api/v1/memberships/{id}/decision")
@documented(Contract(body=DecisionIn, answer=MembershipList))
@requires("guests.issue_cards")
async def decide_membership(request: web.Request) -> web.Response:
    """Issue a membership card, or refuse it."""
    number = path_id(request, "membership")
    wanted = await body(request, DecisionIn)
    state = MembershipState.ISSUED if wanted.issue else MembershipState.REFUSED
    async with request.app[DATABASE].begin() as session:
        made = await request.app[PARTS].memberships.decide(session, number, state, wanted.remark, by(request))
        return answer(await _memberships(session, [made]))


@routes.post("/api/v1/memberships/{id}/closing")
@documented(Contract(body=DecisionIn, answer=MembershipList))
@requires("guests.issue_cards")
async def close_membership(request: web.Request) -> web.Response:
    """End a membership."""
    number = path_id(request, "membership")
    wanted = await body(request, DecisionIn)
    async with request.app[DATABASE].begin() as session:
        made = await request.app[PARTS].memberships.close(session, number, wanted.remark, by(request))
        return answer(await _memberships(session, [made]))


@routes.post("/api/v1/memberships/{id}/sales")
@documented(Contract(body=SaleIn, answer=SaleOut, status=HTTPStatus.CREATED))
@requires("guests.edit")
async def sell_stored_value(request: web.Request) -> web.Response:
    """Note money paid onto a member's stored-value card."""
    number = path_id(request, "membership")
    wanted = await body(request, SaleIn)
    async with request.app[DATABASE].begin() as session:
        sale = await request.app[PARTS].memberships.sell(session, number, wanted.amount, wanted.method, by(request))
        return answer(SaleOut.model_validate(sale), HTTPStatus.CREATED)


@routes.get("/api/v1/stored-value-sales")
@documented(Contract(answer=SaleList))
@requires("guests.issue_cards")
async def list_open_sales(request: web.Request) -> web.Response:
    """Show the sales that finance has not confirmed."""
    async with request.app[DATABASE].read() as session:
        found = await request.app[PARTS].memberships.open_sales(session)
    items = [
        OpenSaleOut(
            **SaleOut.model_validate(sale).model_dump(),
            guest_id=membership.guest_id,
            guest=name,
            card_number=membership.card_number,
        )
        for sale, membership, name in found
    ]
    return answer(SaleList(items=items, total=sum(sale.amount for sale in items)))


@routes.post("/api/v1/stored-value-sales/reconciliation")
@documented(Contract(body=ReconcileIn, answer=ReconciledOut))
@requires("guests.issue_cards")
async def reconcile_sales(request: web.Request) -> web.Response:
    """Note that finance has the money of these sales."""
    wanted = await body(request, ReconcileIn)
    async with request.app[DATABASE].begin() as session:
        done = await request.app[PARTS].memberships.reconcile(session, wanted.sales, by(request))
    return answer(ReconciledOut(reconciled=done))


async def _file(request: web.Request) -> bytes:
    """Read the request's body, which may be larger than other bodies.

    Raises:
        InvalidInput: it is not declared as CSV.
    """
    if request.content_type != CSV:
        raise InvalidInput(problems=[{"field": "", "code": "content_type_csv"}])
    content = bytearray()
    async for chunk in request.content.iter_chunked(CHUNK):
        content += chunk
        if len(content) > LARGEST_FILE:
            raise web.HTTPRequestEntityTooLarge(LARGEST_FILE, len(content))
    return bytes(content)


async def _one_import(request: web.Request, number: int) -> ImportOut:
    async with request.app[DATABASE].read() as session:
        return _import(await importing.one(session, number))


def _import(row: GuestImport) -> ImportOut:
    columns = [name for name in ImportOut.model_fields if name != "errors"]
    return ImportOut(**{name: getattr(row, name) for name in columns}, errors=len(row.errors))


def _errors(row: GuestImport, language: str, parts: Any) -> Table[dict[str, Any]]:
    def cell(place: int) -> Column[dict[str, Any]]:
        heading = str(row.headings[place])
        title = Words(zh=heading or "-", en=heading or "-")
        return Column(title, lambda error: error["cells"][place] if place < len(error["cells"]) else "")

    columns: Sequence[Column[dict[str, Any]]] = [
        Column(Words(zh="行", en="Line"), lambda error: error["line"]),
        Column(Words(zh="原因", en="Reason"), lambda error: words_of(error["code"], error["params"], language)),
        *(cell(place) for place in range(len(row.headings))),
    ]
    title = Words(zh="未导入的行", en="Lines that stayed out")
    zone = parts.guests.rules.zone
    return Table("guest-import-errors", title, columns, zone, row.created_at.astimezone(zone).date())


async def _memberships(session: AsyncSession, found: Sequence[Membership]) -> MembershipList:
    named = await session.execute(select(Guest.id, Guest.name).where(Guest.id.in_({row.guest_id for row in found})))
    guests = {number: name for number, name in named}
    columns = [name for name in MembershipOut.model_fields if name != "guest"]
    return MembershipList(
        items=[
            MembershipOut(**{name: getattr(row, name) for name in columns}, guest=guests[row.guest_id]) for row in found
        ]
    )
