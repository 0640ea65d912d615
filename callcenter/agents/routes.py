"""What an operator does at the desk: signing on at a phone, breaks, wrap-up; and the time in each state."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web

from callcenter.agents import board_routes, store
from callcenter.agents.parts import PARTS, AgentParts
from callcenter.agents.schemas import (
    AheadOut,
    BreakReasonOut,
    CallBackIn,
    MyStateOut,
    PhoneOut,
    SignOnIn,
    StateIn,
    TimesIn,
    TimesList,
    agent_out,
    helper_out,
    times_out,
)
from callcenter.agents.states import AgentState
from callcenter.outbound import service as due_calls
from callcenter.outbound.parts import PARTS as OUTBOUND
from callcenter.telephony import Help
from callcenter.web.identity import SignedIn, address_of, requires, user_of
from callcenter.web.inputs import body, query
from callcenter.web.openapi import Contract, documented
from callcenter.web.output import answer, no_content

routes = web.RouteTableDef()


def setup(app: web.Application, parts: AgentParts) -> None:
    """Add this slice's routes to `app`."""
    app[PARTS] = parts
    app.add_routes(routes)
    app.add_routes(board_routes.routes)


@routes.get("/api/v1/desk/me/state")
@documented(Contract(answer=MyStateOut))
@requires("desk.work")
async def my_state(request: web.Request) -> web.Response:
    """Show what I do, and which phones and breaks there are."""
    return await _mine(request)


@routes.post("/api/v1/desk/me/state")
@documented(Contract(body=StateIn, answer=MyStateOut))
@requires("desk.work")
async def set_my_state(request: web.Request) -> web.Response:
    """Be available, have a break or go away; during a call that comes when it ends."""
    user, wanted = user_of(request), await body(request, StateIn)
    floor = request.app[PARTS].floor
    await floor.set_state(user.user_id, AgentState(wanted.state), wanted.reason, user, address_of(request))
    return await _mine(request)


@routes.post("/api/v1/desk/me/sign-on")
@documented(Contract(body=SignOnIn, answer=MyStateOut))
@requires("desk.work")
async def sign_on(request: web.Request) -> web.Response:
    """Begin to work at a phone; its queues ring it from now on."""
    wanted = await body(request, SignOnIn)
    await request.app[PARTS].floor.sign_on(user_of(request), wanted.extension, address_of(request))
    return await _mine(request)


@routes.post("/api/v1/desk/me/wrap-up/extension")
@documented(Contract(answer=MyStateOut))
@requires("desk.work")
async def extend_wrap_up(request: web.Request) -> web.Response:
    """Make my wrap-up longer."""
    user = user_of(request)
    await request.app[PARTS].floor.extend_wrap_up(user.user_id, user, address_of(request))
    return await _mine(request)


@routes.post("/api/v1/desk/me/call-back")
@documented(Contract(body=CallBackIn, status=HTTPStatus.NO_CONTENT))
@requires("outbound.work")
async def call_back(request: web.Request) -> web.Response:
    """Take a due call and make it from my phone: it rings, and answering it calls the number."""
    parts, user = request.app[PARTS], user_of(request)
    wanted = await body(request, CallBackIn)
    extension = parts.floor.phone_of(user)
    outbound = request.app[OUTBOUND]
    async with outbound.database.begin() as session:
        now = parts.clock.now()
        due = await due_calls.take(session, wanted.due_call, user, now, outbound.audit, address_of(request))
        number = due.number
    outbound.changed()
    await parts.telephony.call_out(extension, number)
    return no_content()


@routes.get("/api/v1/agents/times")
@documented(Contract(query=TimesIn, answer=TimesList))
@requires("floor.watch")
async def state_times(request: web.Request) -> web.Response:
    """Show how long each operator was in which state."""
    parts, span = request.app[PARTS], query(request, TimesIn)
    async with parts.database.read() as session:
        found = await store.state_times(session, span.begin, span.end, parts.clock.now())
    return answer(TimesList(items=[times_out(one) for one in found]))


async def _mine(request: web.Request) -> web.Response:
    parts, user = request.app[PARTS], user_of(request)
    return answer(await _state_of(parts, user))


async def _state_of(parts: AgentParts, user: SignedIn) -> MyStateOut:
    floor, rules = parts.floor, parts.settings
    agent = floor.agent(user.user_id)
    async with parts.database.read() as session:
        last = await store.last_phone(session, user.user_id)
    at = {one.standing.extension: one.name for one in floor.agents()}
    present = agent is not None and agent.standing.state is not AgentState.AWAY
    helpers = parts.supervising.helpers_of(agent.standing.extension) if agent and present else []
    ahead = parts.priorities.reasons.get(agent.standing.call) if agent and agent.standing.call else None
    return MyStateOut(
        agent=agent_out(agent, floor.pauses.causes(agent.standing.extension)) if agent and present else None,
        ahead=AheadOut(reason=ahead.reason, seconds=ahead.seconds) if ahead else None,
        helped_by=[helper_out(one) for one in helpers if one.how is not Help.LISTEN],
        last_extension=last,
        phones=[
            PhoneOut(
                extension=extension,
                name=parts.phone_names[extension],
                queues=sorted(queues),
                taken_by=at.get(extension),
            )
            for extension, queues in floor.phones().items()
        ],
        break_reasons=[BreakReasonOut(code=code, name=name) for code, name in rules.break_reasons.items()],
        wrap_up_seconds=rules.wrap_up_seconds,
        wrap_up_extension_seconds=rules.wrap_up_extension_seconds,
        wrap_up_extensions=rules.wrap_up_extensions,
    )
