"""The desk's phones over HTTP: taking one, the line on which its page is heard, a browser's way to the exchange."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from http import HTTPStatus

import structlog
from aiohttp import WSCloseCode, WSMsgType, web
from sqlalchemy import select

from callcenter.agents.parts import PARTS as AGENTS
from callcenter.console import Console
from callcenter.desk.call_verbs import VerbIn, call_json, carry_out
from callcenter.desk.news import DeskNews
from callcenter.desk.phone_schemas import AccountOut, PhoneIn, PhoneList, PhoneOut, PhoneRow, TabIn
from callcenter.desk.phones import LOST_SECONDS, PING_SECONDS, DeskPhones, Line, Seat
from callcenter.errors import HouseError, NotPermitted
from callcenter.staff.models import User
from callcenter.staff.parts import PERSON
from callcenter.web.app import DATABASE
from callcenter.web.identity import address_of, requires
from callcenter.web.inputs import body, query
from callcenter.web.openapi import Contract, documented
from callcenter.web.output import answer, no_content
from callcenter.web.websocket_proxy import pass_on
from callcenter.web.websockets import same_origin

log = structlog.get_logger(__name__)

SIP = "sip"
CLOSED_ELSEWHERE = 4409
"""The line's code when its phone is another tab's now, or nobody's."""

MAX_MESSAGE = 4096
CLOSE_SECONDS = 2.0


@dataclass(slots=True)
class DeskParts:
    """What these routes need; `exchange` is where the exchange takes browsers."""

    phones: DeskPhones
    console: Console
    exchange: str
    news: DeskNews
    remind_seconds: int


PARTS: web.AppKey[DeskParts] = web.AppKey("desk_parts", DeskParts)

routes = web.RouteTableDef()


def setup(app: web.Application, parts: DeskParts) -> None:
    """Add the desk's phones to `app`."""
    app[PARTS] = parts
    app.add_routes(routes)
    app.on_shutdown.append(_leave)


@routes.get("/api/v1/desk/phones")
@documented(Contract(answer=PhoneList))
@requires("desk.work")
async def list_phones(request: web.Request) -> web.Response:
    """Show the phones of the staff, and who has which."""
    phones = request.app[PARTS].phones
    taken = {seat.extension: seat.holder.user_id for seat in phones.seats()}
    async with request.app[DATABASE].read() as session:
        found = await session.execute(select(User.id, User.name).where(User.id.in_(taken.values())))
        names = {user_id: name for user_id, name in found}
    rows = [
        PhoneRow(
            extension=extension,
            taken_by=names.get(taken[extension]) if extension in taken else None,
            mine=taken.get(extension) == request[PERSON].user_id,
            busy=request.app[PARTS].console.call_of(extension) is not None,
        )
        for extension in phones.extensions
    ]
    return answer(PhoneList(items=rows))


@routes.post("/api/v1/desk/phone")
@documented(Contract(body=PhoneIn, answer=PhoneOut))
@requires("desk.work")
async def take_phone(request: web.Request) -> web.Response:
    """Telephone with this phone from now on, in the browser or beside it."""
    wanted = await body(request, PhoneIn)
    person, parts, address = request[PERSON], request.app[PARTS], address_of(request)
    account = await parts.phones.take(
        person, wanted.extension, wanted.kind, wanted.tab, address, take_over=wanted.take_over
    )
    try:
        await request.app[AGENTS].floor.sign_on(person, wanted.extension, address)
    except HouseError:
        await parts.phones.give_back(person, address)
        raise
    handed = account and AccountOut(address=account.address, username=account.username, password=account.password)
    return answer(
        PhoneOut(extension=wanted.extension, kind=wanted.kind, account=handed, remind_seconds=parts.remind_seconds)
    )


@routes.delete("/api/v1/desk/phone")
@documented(Contract(status=HTTPStatus.NO_CONTENT))
@requires("desk.work")
async def give_phone_back(request: web.Request) -> web.Response:
    """Telephone no more."""
    await request.app[PARTS].phones.give_back(request[PERSON], address_of(request))
    return no_content()


@routes.post("/api/v1/desk/call")
@documented(Contract(body=VerbIn, status=HTTPStatus.NO_CONTENT))
@requires("desk.work")
async def handle_call(request: web.Request) -> web.Response:
    """Do something with the call that one's phone is in the middle of."""
    wanted = await body(request, VerbIn)
    parts = request.app[PARTS]
    await carry_out(parts.console, parts.phones.seat_of(request[PERSON]).extension, wanted)
    return no_content()


@routes.get("/api/v1/desk/line")
@documented(Contract(query=TabIn, status=HTTPStatus.SWITCHING_PROTOCOLS))
@requires("desk.work")
async def line(request: web.Request) -> web.StreamResponse:
    """Hear whether the page of a phone is there: it answers every ping."""
    tab = query(request, TabIn).tab
    _refuse_strangers(request)
    socket = web.WebSocketResponse(max_msg_size=MAX_MESSAGE)
    if not socket.can_prepare(request).ok:
        raise web.HTTPBadRequest
    phones = request.app[PARTS].phones
    seat, opened = phones.open_line(request[PERSON], tab)
    try:
        await socket.prepare(request)
        await _hear(socket, request.app[PARTS], seat, opened)
    finally:
        phones.close_line(seat, opened, went_away=socket.close_code == WSCloseCode.GOING_AWAY)
        await _close(socket, CLOSED_ELSEWHERE if opened.is_elsewhere else WSCloseCode.GOING_AWAY)
    return socket


@routes.get("/api/v1/desk/sip")
@documented(Contract(query=TabIn, status=HTTPStatus.SWITCHING_PROTOCOLS))
@requires("desk.work")
async def sip(request: web.Request) -> web.StreamResponse:
    """Lead a browser's telephone to the exchange, as long as its page is heard."""
    tab = query(request, TabIn).tab
    _refuse_strangers(request)
    parts = request.app[PARTS]
    with parts.phones.way(request[PERSON], tab) as ended:
        return await pass_on(request, parts.exchange, SIP, ended, CLOSED_ELSEWHERE)


async def _leave(app: web.Application) -> None:
    app[PARTS].phones.leave()


async def _hear(socket: web.WebSocketResponse, parts: DeskParts, seat: Seat, opened: Line) -> None:
    tasks = [
        asyncio.create_task(_ping(socket, parts.phones, seat), name="desk-ping"),
        asyncio.create_task(_show(socket, parts, seat), name="desk-call"),
        asyncio.create_task(_listen(socket, opened), name="desk-listen"),
        asyncio.create_task(opened.closed.wait(), name="desk-closed"),
    ]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        for outcome in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(outcome, Exception) and not isinstance(outcome, ConnectionError | TimeoutError):
                log.error("desk_line_broke", exc_info=outcome)


async def _ping(socket: web.WebSocketResponse, phones: DeskPhones, seat: Seat) -> None:
    while True:
        async with asyncio.timeout(LOST_SECONDS):
            await socket.send_str('{"type":"ping"}')
        await asyncio.sleep(PING_SECONDS)
        if seat.is_heard(asyncio.get_running_loop().time()):
            seat.is_lost = False
        else:
            phones.lost(seat)


async def _show(socket: web.WebSocketResponse, parts: DeskParts, seat: Seat) -> None:
    """Tell the page what its phone is in the middle of, and whenever that changes."""
    shown: str | None = None
    with parts.news.heard() as changed:
        while True:
            changed.clear()
            state = json.dumps({"type": "call", "call": call_json(parts.console.call_of(seat.extension))})
            if state != shown:
                async with asyncio.timeout(LOST_SECONDS):
                    await socket.send_str(state)
                shown = state
            await changed.wait()


async def _listen(socket: web.WebSocketResponse, opened: Line) -> None:
    async for message in socket:
        if message.type is WSMsgType.TEXT and _is_pong(message.data):
            opened.heard_at = asyncio.get_running_loop().time()


def _is_pong(text: str) -> bool:
    try:
        content = json.loads(text)
    except ValueError:
        return False
    return isinstance(content, dict) and content.get("type") == "pong"


async def _close(socket: web.WebSocketResponse, code: int) -> None:
    if not socket.prepared:
        return
    try:
        async with asyncio.timeout(CLOSE_SECONDS):
            await socket.close(code=code)
    except (ConnectionError, TimeoutError):
        log.info("desk_page_gone")


def _refuse_strangers(request: web.Request) -> None:
    if not same_origin(request):
        raise NotPermitted(permission="desk.work")
