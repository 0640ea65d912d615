"""Folios over HTTP: postings, corrections, reversals, transfers."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web

from callcenter.errors import InvalidInput
from callcenter.stays import folio, reading
from callcenter.stays.kinds import POSTED_BY_HAND, LineKind
from callcenter.stays.models import FolioLine
from callcenter.stays.parts import PARTS
from callcenter.stays.schemas import LineChange, LineOut, PostingIn, TransferIn, Why, line_out
from callcenter.stays.scope import Scope
from callcenter.web.identity import address_of, requires, user_of
from callcenter.web.inputs import body, path_id
from callcenter.web.openapi import Contract, documented
from callcenter.web.output import answer

WITH_METHOD = frozenset({LineKind.PAYMENT, LineKind.REFUND})

routes = web.RouteTableDef()


@routes.post("/api/v1/stays/{id}/folio")
@documented(Contract(body=PostingIn, answer=LineOut, status=HTTPStatus.CREATED))
@requires("folio.post")
async def post_line(request: web.Request) -> web.Response:
    """Post a service, a call, a payment or a refund."""
    number = path_id(request, "stay")
    wanted = await body(request, PostingIn)
    if wanted.kind not in POSTED_BY_HAND:
        raise InvalidInput(problems=[{"field": "kind", "code": "other"}])
    if (wanted.method is None) is (wanted.kind in WITH_METHOD):
        raise InvalidInput(problems=[{"field": "method", "code": "missing" if wanted.method is None else "other"}])
    posting = folio.Posting(wanted.kind, wanted.amount, wanted.text, wanted.method or "")
    async with request.app[PARTS].work(user_of(request), address_of(request)) as scope:
        stay = await reading.one(scope.session, number, confidential=user_of(request).may("stays.see_confidential"))
        shown = await _shown(scope, await folio.post(scope, stay, posting))
    return answer(shown, HTTPStatus.CREATED)


@routes.patch("/api/v1/folio-lines/{id}")
@documented(Contract(body=LineChange, answer=LineOut))
@requires("folio.post")
async def edit_line(request: web.Request) -> web.Response:
    """Correct a line of a day that the night audit has not closed."""
    number = path_id(request, "folio_line")
    wanted = await body(request, LineChange)
    async with request.app[PARTS].work(user_of(request), address_of(request)) as scope:
        line = await folio.line_of(scope.session, number)
        stay = await reading.one(scope.session, line.stay_id, confidential=True)
        await folio.edit(scope, stay, line, wanted.amount, wanted.text, wanted.reason)
        shown = await _shown(scope, line)
    return answer(shown)


@routes.post("/api/v1/folio-lines/{id}/reversal")
@documented(Contract(body=Why, answer=LineOut, status=HTTPStatus.CREATED))
@requires("folio.post")
async def reverse_line(request: web.Request) -> web.Response:
    """Take a line back by one of the opposite amount; after the night audit this needs a right of its own."""
    number = path_id(request, "folio_line")
    wanted = await body(request, Why)
    async with request.app[PARTS].work(user_of(request), address_of(request)) as scope:
        line = await folio.line_of(scope.session, number)
        stay = await reading.one(scope.session, line.stay_id, confidential=True)
        shown = await _shown(scope, await folio.reverse(scope, stay, line, wanted.reason))
    return answer(shown, HTTPStatus.CREATED)


@routes.post("/api/v1/folio-lines/{id}/transfer")
@documented(Contract(body=TransferIn, answer=LineOut, status=HTTPStatus.CREATED))
@requires("folio.post")
async def transfer_line(request: web.Request) -> web.Response:
    """Move a line to another guest's folio."""
    number = path_id(request, "folio_line")
    wanted = await body(request, TransferIn)
    async with request.app[PARTS].work(user_of(request), address_of(request)) as scope:
        line = await folio.line_of(scope.session, number)
        stay = await reading.one(scope.session, line.stay_id, confidential=True)
        to = await reading.one(scope.session, wanted.to, confidential=True)
        shown = await _shown(scope, await folio.transfer(scope, stay, line, to, wanted.reason))
    return answer(shown, HTTPStatus.CREATED)


async def _shown(scope: Scope, line: FolioLine) -> LineOut:
    return line_out(line, taken_back=False, audited_until=await folio.audited_until(scope.session))
