"""Interpreters over HTTP: who there is, and calling one into a conversation (telephone-room, calls)."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from aiohttp import web
from pydantic import Field

from callcenter.calls import service
from callcenter.calls.mark_routes import TELEPHONY
from callcenter.errors import NotFound
from callcenter.settings.interpreters import Interpreter
from callcenter.telephony import CallKey
from callcenter.web.app import DATABASE
from callcenter.web.identity import AUDIT, address_of, requires, user_of
from callcenter.web.inputs import Input, body, path_id
from callcenter.web.openapi import Contract, documented
from callcenter.web.output import Output, answer, no_content

INTERPRET = "calls.interpreter"
INTERPRETERS: web.AppKey[tuple[Interpreter, ...]] = web.AppKey("interpreters", tuple)

routes = web.RouteTableDef()


class InterpreterOut(Output):
    """Somebody who interprets; the number is the exchange's affair."""

    language: str
    name: str


class InterpreterList(Output):
    """The house's interpreters, as the settings list them."""

    items: list[InterpreterOut]


class InterpreterIn(Input):
    """Into which language."""

    language: Annotated[str, Field(pattern=r"^[a-z]{2,3}$")]
    name: Annotated[str, Field(min_length=1, max_length=64)]


@routes.get("/api/v1/interpreters")
@documented(Contract(answer=InterpreterList))
@requires(INTERPRET)
async def list_interpreters(request: web.Request) -> web.Response:
    """Show who interprets which language."""
    found = [InterpreterOut(language=one.language, name=one.name) for one in request.app[INTERPRETERS]]
    return answer(InterpreterList(items=found))


@routes.post("/api/v1/calls/{id}/interpreter")
@documented(Contract(body=InterpreterIn, status=HTTPStatus.NO_CONTENT))
@requires(INTERPRET)
async def call_interpreter(request: web.Request) -> web.Response:
    """Ring an interpreter, who joins caller and operator when answering."""
    app = request.app
    wanted = await body(request, InterpreterIn)
    number = next(
        (one.number for one in app[INTERPRETERS] if (one.language, one.name) == (wanted.language, wanted.name)), None
    )
    if number is None:
        raise NotFound(kind="interpreter", id=wanted.language)
    async with app[DATABASE].begin() as session:
        call = await service.one(session, path_id(request, "call"))
        app[AUDIT](
            session,
            user_of(request),
            "call.interpreter",
            ("call", call.id),
            after={"language": wanted.language, "name": wanted.name},
            address=address_of(request),
        )
    await app[TELEPHONY].add_third_party(CallKey(call.node, call.linkedid), number)
    return no_content()
