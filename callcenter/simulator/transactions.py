"""SIP over one UDP socket: requests are repeated until answered, answers until acknowledged (RFC 3261, 17)."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, cast

import structlog

from callcenter.simulator.sip import MalformedMessage, Message, parse

log = structlog.get_logger(__name__)

Address = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Timers:
    """Seconds of RFC 3261, 17: first repetition, longest pause between two, and when a request is given up."""

    t1: float = 0.5
    t2: float = 4.0
    give_up: float = 32.0


class Handler(Protocol):
    """Who gets what is no repetition and belongs to no open transaction."""

    def on_request(self, request: Message, source: Address) -> None:
        """Handle a new request; ACK comes here too."""
        ...


class _Repeater:
    """Sends one datagram again and again with growing pauses until stopped or given up."""

    __slots__ = ("_datagram", "_destination", "_gave_up", "_longest", "_pause", "_since", "_socket", "_timer")

    def __init__(
        self, socket: SipSocket, datagram: bytes, to: Address, longest: float, gave_up: Callable[[], None]
    ) -> None:
        self._socket, self._datagram, self._destination = socket, datagram, to
        self._longest, self._gave_up = longest, gave_up
        self._pause = socket.timers.t1
        self._since = socket.loop.time()
        socket.send(datagram, to)
        self._timer = socket.loop.call_later(self._pause, self._again)

    def _again(self) -> None:
        if self._socket.loop.time() - self._since >= self._socket.timers.give_up:
            self._gave_up()
            return
        self._socket.send(self._datagram, self._destination)
        self._pause = min(self._pause * 2, self._longest)
        self._timer = self._socket.loop.call_later(self._pause, self._again)

    def stop(self) -> None:
        self._timer.cancel()


@dataclass(slots=True)
class _Client:
    repeater: _Repeater
    request: Message
    destination: Address
    on_response: Callable[[Message], None]


@dataclass(slots=True)
class _Served:
    response: bytes = b""


class SipSocket(asyncio.DatagramProtocol):
    """One UDP port that speaks SIP; every repetition is kept away from its handler.

    Nothing that arrives raises: what is no SIP is logged and dropped.
    """

    def __init__(self, handler: Handler, timers: Timers) -> None:
        self.timers = timers
        self.loop = asyncio.get_running_loop()
        self._handler = handler
        self._transport: asyncio.DatagramTransport | None = None
        self._clients: dict[tuple[str, str], _Client] = {}
        self._served: dict[tuple[str, str], _Served] = {}
        self._acknowledgements: dict[str, bytes] = {}
        self._expiring: deque[tuple[float, Callable[[], object]]] = deque()
        self._unacknowledged: dict[tuple[str, int], _Repeater] = {}

    @property
    def is_open(self) -> bool:
        """Whether the port is open."""
        return self._transport is not None and not self._transport.is_closing()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport (called by asyncio)."""
        self._transport = cast("asyncio.DatagramTransport", transport)

    def error_received(self, exc: Exception) -> None:
        """Log that nobody listens where we sent; repetition goes on (called by asyncio)."""
        log.debug("sip_datagram_refused", error=str(exc))

    def close(self) -> None:
        """Stop every repetition and close the port."""
        for client in self._clients.values():
            client.repeater.stop()
        for repeater in self._unacknowledged.values():
            repeater.stop()
        self._clients.clear()
        self._unacknowledged.clear()
        if self._transport is not None:
            self._transport.close()

    def send(self, datagram: bytes, destination: Address) -> None:
        """Send one datagram once; after closing, nothing."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.sendto(datagram, destination)

    def request(
        self,
        request: Message,
        destination: Address,
        on_response: Callable[[Message], None],
        on_timeout: Callable[[], None],
    ) -> None:
        """Send a request until it is answered; an INVITE's failure is acknowledged here.

        `on_response` gets every provisional and the final response, `on_timeout` comes after `timers.give_up`
        seconds without any.
        """
        key = (request.branch, request.method)

        def gave_up() -> None:
            self._clients.pop(key, None)
            on_timeout()

        longest = self.timers.give_up if request.method == "INVITE" else self.timers.t2
        repeater = _Repeater(self, request.encode(), destination, longest, gave_up)
        self._clients[key] = _Client(repeater, request, destination, on_response)

    def respond(self, request: Message, response: Message, destination: Address) -> None:
        """Answer a request; the final answer to an INVITE is repeated until its ACK."""
        datagram = response.encode()
        self._served.setdefault((request.branch, request.method), _Served()).response = datagram
        if request.method != "INVITE" or response.status < 200:
            self.send(datagram, destination)
            return
        key = (request.call_id, request.cseq)

        def gave_up() -> None:
            self._unacknowledged.pop(key, None)
            log.info("sip_answer_never_acknowledged", call_id=request.call_id, status=response.status)

        self._unacknowledged[key] = _Repeater(self, datagram, destination, self.timers.t2, gave_up)

    def acknowledge(self, response: Message, acknowledgement: Message, destination: Address) -> None:
        """Send the ACK for a final response to an INVITE, and again whenever that response is repeated."""
        datagram, branch = acknowledgement.encode(), response.branch
        self.send(datagram, destination)
        self._acknowledgements[branch] = datagram
        self._later(lambda: self._acknowledgements.pop(branch, None))

    def datagram_received(self, data: bytes, addr: Address) -> None:
        """Sort one datagram (called by asyncio)."""
        try:
            message = parse(data)
        except MalformedMessage as error:
            log.debug("sip_datagram_malformed", reason=str(error))
            return
        self._expire()
        if message.status:
            self._response(message, addr)
        else:
            self._request(message, addr)

    def _response(self, response: Message, source: Address) -> None:
        key = (response.branch, response.cseq_method)
        client = self._clients.get(key)
        if client is None:
            if acknowledgement := self._acknowledgements.get(response.branch):
                self.send(acknowledgement, source)
            return
        if response.status < 200:
            if client.request.method == "INVITE":
                client.repeater.stop()
        else:
            client.repeater.stop()
            del self._clients[key]
            if client.request.method == "INVITE" and response.status >= 300:
                self._acknowledge_failure(client, response)
        client.on_response(response)

    def _acknowledge_failure(self, client: _Client, response: Message) -> None:
        request = client.request
        acknowledgement = Message(method="ACK", uri=request.uri)
        acknowledgement.headers = [("via", request.get("via")), ("max-forwards", "70"), ("from", request.get("from"))]
        acknowledgement.headers += [("to", response.get("to")), ("call-id", request.call_id)]
        acknowledgement.headers.append(("cseq", f"{request.cseq} ACK"))
        self.acknowledge(response, acknowledgement, client.destination)

    def _request(self, request: Message, source: Address) -> None:
        if request.method == "ACK":
            repeater = self._unacknowledged.pop((request.call_id, request.cseq), None)
            if repeater is not None:
                repeater.stop()
                self._handler.on_request(request, source)
            return
        key = (request.branch, request.method)
        served = self._served.get(key)
        if served is not None:
            if served.response:
                self.send(served.response, source)
            return
        self._served[key] = _Served()
        self._later(lambda: self._served.pop(key, None))
        self._handler.on_request(request, source)

    def _later(self, forget: Callable[[], object]) -> None:
        self._expiring.append((self.loop.time() + self.timers.give_up, forget))

    def _expire(self) -> None:
        now = self.loop.time()
        while self._expiring and self._expiring[0][0] <= now:
            self._expiring.popleft()[1]()
