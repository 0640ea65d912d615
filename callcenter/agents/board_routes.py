"""The supervisors' board, and what they do with other people's calls and states; each with a permission of its own."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web

from callcenter.agents.board import today
from callcenter.agents.board_schemas import (
    BoardOut,
    ForcedStateIn,
    OperatorOut,
    PlaceIn,
    waiting_out,
)
from callcenter.agents.parts import PARTS
from callcenter.agents.schemas import BreakReasonOut, agent_out, helper_out
from callcenter.agents.states import AgentState
from callcenter.telephony import CallKey, Direction, Help
from callcenter.web.app import ZONE
from callcenter.web.identity import address_of, requires, user_of
from callcenter.web.inputs import body, path_id
from callcenter.web.openapi import Contract, documented
from callcenter.web.output import answer, no_content

routes = web.RouteTableDef()


@routes.get("/api/v1/floor")
@documented(Contract(answer=BoardOut))
@requires("floor.watch")
async def board(request: web.Request) -> web.Response:
    """Show operators, waiting callers, lines in use and the figures of today."""
    parts = request.app[PARTS]
    floor, supervising = parts.floor, parts.supervising
    async with parts.database.read() as session:
        figures = await today(session, parts.clock.now(), request.app[ZONE], parts.lost_for)
    operators = []
    for agent in floor.agents():
        extension = agent.standing.extension
        shown = agent_out(agent, floor.pauses.causes(extension))
        helpers = [helper_out(one) for one in supervising.helpers_of(extension)]
        operators.append(OperatorOut(**shown.model_dump(), helpers=helpers))
    outside = [call for call in parts.open_calls() if call.direction is not Direction.INTERNAL]
    return answer(
        BoardOut(
            operators=operators,
            waiting=[waiting_out(one, parts.priorities.reasons.get(one.call.key)) for one in supervising.line()],
            lines_in_use=len(outside),
            lines=parts.settings.outside_lines,
            calls_today=figures.calls,
            answer_rate=figures.answer_rate,
            answer_rate_target=parts.settings.answer_rate_target,
            within_three_rings=figures.three_rings_rate,
            lost_callers=figures.lost,
            break_reasons=[BreakReasonOut(code=code, name=name) for code, name in parts.settings.break_reasons.items()],
        )
    )


@routes.post("/api/v1/agents/{id}/listen")
@documented(Contract(status=HTTPStatus.NO_CONTENT))
@requires("floor.listen")
async def listen(request: web.Request) -> web.Response:
    """Listen to an operator's call on the own phone; nobody there hears it."""
    return await _help(request, Help.LISTEN)


@routes.post("/api/v1/agents/{id}/whisper")
@documented(Contract(status=HTTPStatus.NO_CONTENT))
@requires("floor.whisper")
async def whisper(request: web.Request) -> web.Response:
    """Speak to an operator in a call; the caller does not hear it."""
    return await _help(request, Help.WHISPER)


@routes.post("/api/v1/agents/{id}/barge")
@documented(Contract(status=HTTPStatus.NO_CONTENT))
@requires("floor.barge")
async def barge(request: web.Request) -> web.Response:
    """Come into an operator's call, heard by everybody."""
    return await _help(request, Help.BARGE)


@routes.post("/api/v1/agents/{id}/take-over")
@documented(Contract(status=HTTPStatus.NO_CONTENT))
@requires("floor.take_over")
async def take_over(request: web.Request) -> web.Response:
    """Take an operator's caller to the own phone."""
    operator = path_id(request, "user")
    await request.app[PARTS].supervising.take_over(user_of(request), operator, address_of(request))
    return no_content()


@routes.post("/api/v1/agents/{id}/state")
@documented(Contract(body=ForcedStateIn, status=HTTPStatus.NO_CONTENT))
@requires("floor.force_state")
async def force_state(request: web.Request) -> web.Response:
    """Set somebody else's state; during a call that comes when it ends."""
    operator, wanted = path_id(request, "user"), await body(request, ForcedStateIn)
    await request.app[PARTS].supervising.force_state(
        user_of(request), operator, AgentState(wanted.state), wanted.reason, address_of(request)
    )
    return no_content()


@routes.post("/api/v1/agents/{id}/log-out")
@documented(Contract(status=HTTPStatus.NO_CONTENT))
@requires("floor.log_out")
async def log_out(request: web.Request) -> web.Response:
    """Take somebody's phone out of the queues and end the sessions."""
    operator = path_id(request, "user")
    await request.app[PARTS].supervising.log_out(user_of(request), operator, address_of(request))
    return no_content()


@routes.post("/api/v1/floor/places")
@documented(Contract(body=PlaceIn, status=HTTPStatus.NO_CONTENT))
@requires("floor.reorder")
async def change_place(request: web.Request) -> web.Response:
    """Put a waiting caller at another place of the line."""
    wanted = await body(request, PlaceIn)
    node, _, linkedid = wanted.call.partition("/")
    await request.app[PARTS].supervising.move(
        user_of(request), CallKey(node, linkedid), wanted.place, address_of(request)
    )
    return no_content()


async def _help(request: web.Request, how: Help) -> web.Response:
    operator = path_id(request, "user")
    await request.app[PARTS].supervising.help(user_of(request), operator, how, address_of(request))
    return no_content()
