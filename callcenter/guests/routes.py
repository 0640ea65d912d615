"""Guest cards over HTTP: the list, the search box, one card, its documents and history."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from aiohttp import web

from callcenter.guests import (
    company_routes,
    member_routes,
    missed_routes,
    reception_routes,
    store,
    tracking_routes,
    work_routes,
)
from callcenter.guests.parts import PARTS, SEE_NUMBERS, GuestParts, by, mask_for, rows_of, whole
from callcenter.guests.schemas import (
    DocumentIn,
    GuestChangeIn,
    GuestFilter,
    GuestHits,
    GuestOut,
    GuestPage,
    HistoryFilter,
    HistoryOut,
    LevelList,
    LevelOut,
    NameCheckOut,
    NameFilter,
    NewGuestIn,
    RevealedOut,
    SearchFilter,
    happening_out,
)
from callcenter.guests.search import same_name
from callcenter.guests.timeline import Position, history
from callcenter.web.app import DATABASE
from callcenter.web.identity import requires, user_of
from callcenter.web.inputs import body, from_cursor, path_id, position_of, query, to_cursor
from callcenter.web.openapi import Contract, documented
from callcenter.web.output import answer, no_content, one_page

routes = web.RouteTableDef()


def setup(app: web.Application, parts: GuestParts) -> None:
    """Add this slice's routes to `app`."""
    app[PARTS] = parts
    app.add_routes(routes)
    for more in (
        company_routes,
        work_routes,
        member_routes,
        missed_routes,
        reception_routes,
        tracking_routes,
    ):
        app.add_routes(more.routes)


@routes.get("/api/v1/guests")
@documented(Contract(query=GuestFilter, answer=GuestPage))
@requires("guests.read")
async def list_guests(request: web.Request) -> web.Response:
    """Show guest cards in the order asked for, usually the newest first."""
    wanted = query(request, GuestFilter)
    key = store.SORT_KEYS[wanted.sort]
    after = position_of(wanted.after, key.kind) if wanted.after else None
    order: dict[str, Any] = {"sort": wanted.sort, "way": wanted.order, "limit": wanted.limit + 1, "after": after}
    async with request.app[DATABASE].read() as session:
        rows = await store.page(session, **wanted.conditions(), **order)
        shown, cursor = one_page(rows, wanted.limit, lambda guest: (key.of(guest), guest.id))
        items = await rows_of(session, shown, mask_for(request))
    return answer(GuestPage(items=items, next=cursor))


@routes.get("/api/v1/guest-levels")
@documented(Contract(answer=LevelList))
@requires("guests.read")
async def list_levels(request: web.Request) -> web.Response:
    """Show the levels of guests, the ordinary one first."""
    levels = request.app[PARTS].guests.rules.levels
    return answer(LevelList(items=[LevelOut(id=level, name=name) for level, name in levels.items()]))


@routes.get("/api/v1/guests/search")
@documented(Contract(query=SearchFilter, answer=GuestHits))
@requires("guests.read")
async def search_guests(request: web.Request) -> web.Response:
    """Find guests by number, name, pinyin, initials, document, room or booking number."""
    wanted = query(request, SearchFilter)
    by_number = user_of(request).may(SEE_NUMBERS)
    async with request.app[DATABASE].read() as session:
        found = await request.app[PARTS].search.find(session, wanted.q, by_number=by_number, limit=wanted.limit)
        items = await rows_of(session, found, mask_for(request))
    return answer(GuestHits(items=items))


@routes.get("/api/v1/guests/name-check")
@documented(Contract(query=NameFilter, answer=NameCheckOut))
@requires("guests.read")
async def check_name(request: web.Request) -> web.Response:
    """Tell who has this very name, and whether it stands on the special-attention list."""
    wanted = query(request, NameFilter)
    async with request.app[DATABASE].read() as session:
        found = await same_name(session, wanted.name)
        rows = await rows_of(session, found, mask_for(request))
    return answer(NameCheckOut(attention=[row for row in rows if row.attention_colour], known=rows))


@routes.post("/api/v1/guests")
@documented(Contract(body=NewGuestIn, answer=GuestOut, status=HTTPStatus.CREATED))
@requires("guests.edit")
async def create_guest(request: web.Request) -> web.Response:
    """Make a guest card, or one of a potential customer."""
    wanted = await body(request, NewGuestIn)
    async with request.app[DATABASE].begin() as session:
        card = await request.app[PARTS].guests.create(
            session,
            wanted.draft(),
            by(request),
            papers=[paper.document() for paper in wanted.documents],
            origin=wanted.came_from(),
            attention_seen=wanted.attention_seen,
        )
        content = await whole(session, card, mask_for(request))
    return answer(content, HTTPStatus.CREATED)


@routes.get("/api/v1/guests/{id}")
@documented(Contract(answer=GuestOut))
@requires("guests.read")
async def show_guest(request: web.Request) -> web.Response:
    """Show one card; of a card that was merged, the one that it was merged into."""
    number = path_id(request, "guest")
    async with request.app[DATABASE].read() as session:
        content = await whole(session, await store.card(session, number), mask_for(request))
    return answer(content)


@routes.put("/api/v1/guests/{id}")
@documented(Contract(body=GuestChangeIn, answer=GuestOut))
@requires("guests.edit")
async def change_guest(request: web.Request) -> web.Response:
    """Change a card."""
    number = path_id(request, "guest")
    wanted = await body(request, GuestChangeIn)
    async with request.app[DATABASE].begin() as session:
        card = await request.app[PARTS].guests.change(
            session,
            number,
            wanted.draft(),
            by(request),
            version=wanted.version,
            attention_seen=wanted.attention_seen,
        )
        content = await whole(session, card, mask_for(request))
    return answer(content)


@routes.get("/api/v1/guests/{id}/history")
@documented(Contract(query=HistoryFilter, answer=HistoryOut))
@requires("guests.read")
async def show_history(request: web.Request) -> web.Response:
    """Show what happened with a guest, newest first."""
    number = path_id(request, "guest")
    wanted = query(request, HistoryFilter)
    after = Position(*from_cursor(wanted.after)) if wanted.after else None
    async with request.app[DATABASE].read() as session:
        found, rest = await history(session, request.app[PARTS].sources, number, limit=wanted.limit, after=after)
    cursor = None if rest is None else to_cursor((rest.at, rest.shown))
    return answer(HistoryOut(items=[happening_out(one) for one in found], next=cursor))


@routes.post("/api/v1/guests/{id}/documents")
@documented(Contract(body=DocumentIn, answer=GuestOut, status=HTTPStatus.CREATED))
@requires("guests.edit")
async def add_document(request: web.Request) -> web.Response:
    """Enter a document on a card."""
    number = path_id(request, "guest")
    wanted = await body(request, DocumentIn)
    async with request.app[DATABASE].begin() as session:
        card = await request.app[PARTS].guests.add_document(session, number, wanted.document(), by(request))
        content = await whole(session, card, mask_for(request))
    return answer(content, HTTPStatus.CREATED)


@routes.delete("/api/v1/guest-documents/{id}")
@documented(Contract(status=HTTPStatus.NO_CONTENT))
@requires("guests.edit")
async def remove_document(request: web.Request) -> web.Response:
    """Take a document off its card."""
    number = path_id(request, "document")
    async with request.app[DATABASE].begin() as session:
        await request.app[PARTS].guests.remove_document(session, number, by(request))
    return no_content()


@routes.post("/api/v1/guest-documents/{id}/reveal")
@documented(Contract(answer=RevealedOut))
@requires("guests.reveal")
async def reveal_document(request: web.Request) -> web.Response:
    """Tell a document's whole number; the reveal is logged."""
    number = path_id(request, "document")
    async with request.app[DATABASE].begin() as session:
        revealed = await request.app[PARTS].guests.reveal_document(session, number, by(request))
    return answer(RevealedOut(number=revealed))
