"""Live calls for the pages: one snapshot, then every change, over a WebSocket.

The hub keeps the calls that go on now in memory and never waits: a client that cannot keep up is dropped and
comes back. Who comes back names the hub and the last message it had; what it missed follows, as long as the hub
still has it, else a fresh snapshot.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Annotated, Any

import structlog
from aiohttp import WSCloseCode, WSMessage, WSMsgType, web
from pydantic import Field

from callcenter.clock import Clock
from callcenter.db import DatabaseUnavailable
from callcenter.errors import NotPermitted
from callcenter.health import Alarm
from callcenter.telephony import CallKey, CallSnapshot, LinkState, LinkStatus
from callcenter.web.identity import AUTHENTICATOR, SignedIn, requires, user_of
from callcenter.web.inputs import MAX_ID, Input, query
from callcenter.web.masking import mask
from callcenter.web.openapi import Contract, documented
from callcenter.web.output import isoformat
from callcenter.web.websockets import same_origin

log = structlog.get_logger(__name__)

QUEUE_MESSAGES = 512
TAIL_MESSAGES = 256
"""So many of the last messages are kept for pages that come back; they must fit into a page's queue."""

SEND_SECONDS = 10.0
CLOSE_SECONDS = 2.0
RECHECK_SECONDS = 30.0
PING_SECONDS = 20.0
MAX_MESSAGE = 4096
SESSION_ENDED = 4401
TOO_SLOW = WSCloseCode.TRY_AGAIN_LATER

Message = dict[str, Any]
routes = web.RouteTableDef()


def call_state(call: CallSnapshot) -> str:
    """Say in one word what a call is doing now."""
    if call.ended_at is not None:
        return "ended"
    if call.answered_at is None:
        return "ringing"
    if any(hold.ended_at is None for hold in call.holds):
        return "held"
    if any(wait.ended_at is None for wait in call.queue_waits):
        return "waiting"
    return "system" if call.operator_answered_at is None else "talking"


def live_call(call: CallSnapshot, number: int | None) -> Message:
    """Describe a call for the live page; `number` is its id in the database once it is stored."""
    waits = [wait for wait in call.queue_waits if wait.ended_at is None]
    waiting = waits[-1] if waits else None
    return {
        "key": f"{call.key.node}/{call.key.linkedid}",
        "id": number,
        "state": call_state(call),
        "direction": call.direction,
        "caller": call.caller,
        "line": call.line,
        "started_at": isoformat(call.started_at),
        "first_ring_at": isoformat(call.first_ring_at),
        "answered_at": isoformat(call.answered_at),
        "answered_by": call.answered_by,
        "operator_answered_at": isoformat(call.operator_answered_at),
        "operators": list(call.operators),
        "ringing": [ring.operator for ring in call.rings if ring.ended_at is None and not ring.answered],
        "queue": waiting
        and {"name": waiting.queue, "position": waiting.position, "since": isoformat(waiting.began_at)},
        "recording": call.recording is not None,
        "ended_at": isoformat(call.ended_at),
        "outcome": call.outcome,
    }


def link_json(status: LinkStatus) -> Message:
    """Describe the link to the exchange."""
    return {"state": status.state, "since": isoformat(status.since), "reason": status.reason}


def alarm_json(alarm: Alarm) -> Message:
    """Describe a standing alarm."""
    return {"code": alarm.code, "since": isoformat(alarm.since), "params": alarm.params}


@dataclass(slots=True, eq=False)
class _Client:
    """One page that listens. `masked`: it is shown no outside numbers."""

    masked: bool
    messages: asyncio.Queue[str] = field(default_factory=lambda: asyncio.Queue(QUEUE_MESSAGES))
    stopped: asyncio.Event = field(default_factory=asyncio.Event)
    code: int = WSCloseCode.OK

    def stop(self, code: int) -> None:
        """Let its sender close the connection with `code`."""
        self.code = code
        self.stopped.set()


class Position(Input):
    """The last message that a page had: which hub's (each start of the application has another), and its number."""

    hub: Annotated[str, Field(pattern=r"^[0-9a-f]{1,32}$")]
    seq: int = Field(ge=0, le=MAX_ID)


class LiveHub:
    """The calls, link state and alarms of this moment, and the pages that want to hear of changes."""

    def __init__(self, clock: Clock) -> None:
        self._calls: dict[CallKey, CallSnapshot] = {}
        self._ids: dict[CallKey, int] = {}
        self._link = LinkStatus(LinkState.CONNECTING, clock.now())
        self._alarms: tuple[Alarm, ...] = ()
        self._seq = 0
        self._name = secrets.token_hex(8)
        self._tail: deque[Message] = deque(maxlen=TAIL_MESSAGES)
        self._clients: set[_Client] = set()

    @property
    def clients(self) -> int:
        """How many pages listen now."""
        return len(self._clients)

    def publish_call(self, call: CallSnapshot) -> None:
        """Tell that a call began, changed or ended; an ended call is told once and forgotten."""
        number = self._ids.get(call.key)
        if call.ended_at is None:
            self._calls[call.key] = call
        else:
            self._calls.pop(call.key, None)
            self._ids.pop(call.key, None)
        self._send("call", call=live_call(call, number))

    def note_ids(self, ids: Mapping[CallKey, int]) -> None:
        """Tell under which ids the database keeps calls; those that are new are told to the pages."""
        for key, number in ids.items():
            call = self._calls.get(key)
            if call is not None and key not in self._ids:
                self._ids[key] = number
                self._send("call", call=live_call(call, number))

    def publish_link(self, status: LinkStatus) -> None:
        """Tell that the link to the exchange changed."""
        self._link = status
        self._send("link", link=link_json(status))

    def publish_changed(self, subject: str, key: str = "") -> None:
        """Tell that a list changed (`due_calls`), so that pages that show it read it again.

        `key` names what of it has changed, where that is known (`reservations`, the booking's number).
        """
        self._send("changed", subject=subject, **({"key": key} if key else {}))

    def publish_alarms(self, alarms: Iterable[Alarm]) -> None:
        """Tell which alarms stand now."""
        self._alarms = tuple(alarms)
        self._send("alarms", alarms=[alarm_json(alarm) for alarm in self._alarms])

    def join(self, user: SignedIn, last: Position | None = None) -> _Client:
        """Add a page: it gets a snapshot, or what it missed since `last`, and then every change."""
        client = _Client(masked=not user.may("calls.see_numbers"))
        for message in self._opening(last):
            client.messages.put_nowait(_text(message, masked=client.masked))
        self._clients.add(client)
        return client

    def leave(self, client: _Client) -> None:
        """Forget a page."""
        self._clients.discard(client)

    async def close(self) -> None:
        """Tell every page that the server goes away."""
        for client in self._clients:
            client.stop(WSCloseCode.GOING_AWAY)

    def _opening(self, last: Position | None) -> list[Message]:
        oldest = self._seq - len(self._tail)
        if last is not None and last.hub == self._name and oldest <= last.seq <= self._seq:
            missed = [message for message in self._tail if message["seq"] > last.seq]
            return [{"type": "resumed", "hub": self._name, "seq": last.seq}, *missed]
        calls = [live_call(call, self._ids.get(key)) for key, call in self._calls.items()]
        alarms = [alarm_json(alarm) for alarm in self._alarms]
        link = link_json(self._link)
        return [
            {"type": "snapshot", "hub": self._name, "seq": self._seq, "calls": calls, "link": link, "alarms": alarms}
        ]

    def _send(self, kind: str, **content: Any) -> None:
        self._seq += 1
        message = {"type": kind, "seq": self._seq, **content}
        self._tail.append(message)
        texts = {masked: _text(message, masked=masked) for masked in {client.masked for client in self._clients}}
        for client in tuple(self._clients):
            try:
                client.messages.put_nowait(texts[client.masked])
            except asyncio.QueueFull:
                log.warning("live_client_too_slow")
                client.stop(TOO_SLOW)
                self.leave(client)


LIVE: web.AppKey[LiveHub] = web.AppKey("live", LiveHub)


@routes.get("/api/v1/live")
@documented(Contract(query=Position, status=HTTPStatus.SWITCHING_PROTOCOLS))
@requires("live.read")
async def live(request: web.Request) -> web.StreamResponse:
    """Send a snapshot, or what was missed since the position given, then changes, until the page leaves or must go."""
    last = query(request, Position) if request.query else None
    if not same_origin(request):
        raise NotPermitted(permission="live.read")
    socket = web.WebSocketResponse(heartbeat=PING_SECONDS, max_msg_size=MAX_MESSAGE)
    if not socket.can_prepare(request).ok:
        raise web.HTTPBadRequest
    await socket.prepare(request)
    hub = request.app[LIVE]
    client = hub.join(user_of(request), last)
    tasks = [
        asyncio.create_task(coroutine, name=f"live-{name}")
        for name, coroutine in (
            ("send", _send(socket, client)),
            ("receive", _receive(socket)),
            ("session", _watch_session(request, client)),
            ("stop", client.stopped.wait()),
        )
    ]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        hub.leave(client)
        for task in tasks:
            task.cancel()
        for outcome in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(outcome, Exception) and not isinstance(outcome, ConnectionError | TimeoutError):
                log.error("live_client_broke", exc_info=outcome)
        await _close(socket, client.code)
    return socket


async def _send(socket: web.WebSocketResponse, client: _Client) -> None:
    while True:
        message = await client.messages.get()
        async with asyncio.timeout(SEND_SECONDS):
            await socket.send_str(message)


async def _receive(socket: web.WebSocketResponse) -> None:
    async for message in socket:
        if _is_ping(message):
            await socket.send_str('{"type":"pong"}')


async def _watch_session(request: web.Request, client: _Client) -> None:
    """End the connection when its session has ended; looking at the page does not keep a session alive."""
    while True:
        await asyncio.sleep(RECHECK_SECONDS)
        try:
            user = await request.app[AUTHENTICATOR](request, extend=False)
        except DatabaseUnavailable:
            continue  # the live board outlasts the database
        if user is None or not user.may("live.read"):
            client.stop(SESSION_ENDED)


async def _close(socket: web.WebSocketResponse, code: int) -> None:
    try:
        async with asyncio.timeout(CLOSE_SECONDS):
            await socket.close(code=code)
    except (ConnectionError, TimeoutError):
        log.info("live_client_gone")


def _is_ping(message: WSMessage) -> bool:
    if message.type is not WSMsgType.TEXT:
        return False
    try:
        content = json.loads(message.data)
    except ValueError:
        return False
    return isinstance(content, dict) and content.get("type") == "ping"


def _text(message: Message, *, masked: bool) -> str:
    if masked and message["type"] == "call":
        message = {**message, "call": _masked(message["call"])}
    elif masked and message["type"] == "snapshot":
        message = {**message, "calls": [_masked(call) for call in message["calls"]]}
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"))


def _masked(call: Message) -> Message:
    return {**call, "caller": mask(call["caller"]), "line": mask(call["line"])}
