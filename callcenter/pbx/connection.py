"""One connection to Asterisk's manager interface, from the first byte to the last.

panoramisk connects, logs in and numbers the actions. Reading and writing are ours: what panoramisk 1.4 does there
loses characters, repeats actions, waits for ever and closes the connection on the first surprise.
A connection is used once; the bridge makes the next one.
"""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from panoramisk import Manager
from panoramisk.actions import Action
from panoramisk.ami_protocol import AMIProtocol
from panoramisk.message import Message

from callcenter.clock import Clock
from callcenter.errors import PbxRefused, PbxUnavailable
from callcenter.pbx.wire import (
    FieldValue,
    Splitter,
    WireOverflow,
    format_action,
    has_genuine_head,
    has_genuine_ids,
    parse,
)

log = structlog.get_logger(__name__)

# Begins the ActionID of every list: its items are told from events by that, also when they come too late.
_LIST = "list/"


@dataclass(slots=True)
class Counters:
    """What happened on the link since the program started.

    `overflows`: connections dropped because more was unread than there is room for. `late`: answers that came
    after their deadline and were thrown away. `failures`: messages whose handler raised. `forged`: events and items
    of lists that a caller wrote, or wrote into.
    """

    events: int = 0
    connects: int = 0
    reconnects: int = 0
    refusals: int = 0
    malformed: int = 0
    overflows: int = 0
    timeouts: int = 0
    late: int = 0
    failures: int = 0
    forged: int = 0


class Connection(AMIProtocol):  # type: ignore[misc]  # panoramisk has no type hints
    """A panoramisk protocol that reads for itself and neither queues nor repeats anything.

    `messages` holds the events not yet handed on, oldest first, each with the instant of its arrival. `booted`
    resolves to FullyBooted's fields. `reason` says why the connection ended.
    `system_name`: the secret name that the exchange gives itself (`wire.has_genuine_head`); empty trusts every event.
    """

    def __init__(self, clock: Clock, counters: Counters, *, queue_limit: int, system_name: str = "") -> None:
        self.messages: deque[tuple[dict[str, str], datetime]] = deque()
        self.booted: asyncio.Future[dict[str, str]] = asyncio.get_running_loop().create_future()
        self.reason = ""
        self.closed = False
        self.transport: asyncio.Transport | None = None
        self.responses: dict[str, Action] = {}
        self._arrived = asyncio.Event()
        self._lists: dict[str, tuple[list[dict[str, str]], asyncio.Future[None]]] = {}
        self._splitter = Splitter()
        self._clock = clock
        self._counters = counters
        self._queue_limit = queue_limit
        self._system_name = system_name
        self._told = False

    def send(self, data: Mapping[str, FieldValue], **_options: object) -> asyncio.Future[Message]:
        """Write one action; the future ends with its first response, or with PbxUnavailable when there is no link.

        panoramisk's option `as_list` has no effect: its guess which actions are lists never ends for some.

        Raises:
            BadField: a key or value cannot be sent.
        """
        action = data if isinstance(data, Action) else Action(data)
        written = format_action(action["Action"], {key: value for key, value in action.items() if key != "Action"})
        future: asyncio.Future[Message] = action.future
        if self.closed or self.transport is None:
            _fail(future, self.reason or "not connected")
        else:
            self.responses[action.id] = action
            self.transport.write(written)
        return future

    async def ask(self, name: str, fields: Mapping[str, FieldValue], deadline: float) -> dict[str, str]:
        """Send one action and return its response.

        Raises:
            BadField: a key or value cannot be sent.
            PbxUnavailable: no answer within `deadline` seconds, or the link dropped; the action may have happened.
            PbxRefused: the exchange said no.
        """
        action = Action({**fields, "Action": name})
        try:
            async with asyncio.timeout(deadline):
                answer = await self.send(action)
        except TimeoutError as error:
            self._counters.timeouts += 1
            raise PbxUnavailable(reason=f"no answer to {name} within {deadline:g} s") from error
        finally:
            self.responses.pop(action.id, None)
        response = {key: str(value) for key, value in answer.items() if key != "content"}
        if not answer.success:
            raise PbxRefused(action=name, reason=response.get("Message", "no reason given"))
        return response

    async def ask_list(self, name: str, fields: Mapping[str, FieldValue], deadline: float) -> list[dict[str, str]]:
        """Send an action that answers with a list of events and return these, without the closing one.

        Raises:
            BadField, PbxUnavailable, PbxRefused: as `ask`; the deadline is for the whole list.
        """
        action_id = f"{_LIST}{Action.action_id_generator()}"
        items: list[dict[str, str]] = []
        complete: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._lists[action_id] = (items, complete)
        try:
            async with asyncio.timeout(deadline):
                await self.ask(name, {**fields, "ActionID": action_id}, deadline)
                await complete
        except TimeoutError as error:
            self._counters.timeouts += 1
            raise PbxUnavailable(reason=f"no end of {name} within {deadline:g} s") from error
        finally:
            del self._lists[action_id]
            complete.cancel()
        return items

    async def wait(self) -> bool:
        """Wait for messages; False when the connection has ended and every message was taken."""
        while not self.messages:
            if self.closed:
                return False
            self._arrived.clear()
            await self._arrived.wait()
        return True

    def pause(self) -> None:
        """Leave further bytes in the socket until `resume`: what cannot be taken in is held back by TCP."""
        if self.transport is not None and not self.closed:
            self.transport.pause_reading()

    def resume(self) -> None:
        """Read again after `pause`."""
        if self.transport is not None and not self.closed:
            self.transport.resume_reading()

    def drop(self, reason: str) -> None:
        """End the connection at once; everyone who waits for an answer gets PbxUnavailable."""
        if self.closed:
            return
        self.closed = True
        self.reason = reason
        if self.transport is not None:
            self.transport.abort()
        waiting = [action.future for action in self.responses.values()]
        waiting += [complete for _, complete in self._lists.values()]
        for future in (*waiting, self.booted):
            if not future.done():
                _fail(future, reason)
        self.responses.clear()
        self._arrived.set()

    def data_received(self, data: bytes) -> None:
        """Take in what came; never raises, since asyncio would close the connection."""
        try:
            blocks = self._splitter.feed(data)
        except WireOverflow as error:
            self._overflow(str(error))
            return
        now = self._clock.now()
        for block in blocks:
            fields = parse(block)
            if "Event" in fields:
                self._event(fields, now)
            elif "Response" in fields:
                self._answer(fields)
            else:
                self._counters.malformed += 1
                log.warning("ami_message_malformed", message=block[:200])
        if len(self.messages) > self._queue_limit:
            self._overflow(f"more than {self._queue_limit} messages waited to be handled")
        self._arrived.set()

    def connection_lost(self, exc: Exception | None) -> None:
        """The other side closed, or the transport failed."""
        self.drop(f"the link broke: {exc}" if exc else "the exchange closed the link")

    def close(self) -> None:
        """End the connection, asked for by us."""
        self.drop("closed")

    def _event(self, fields: dict[str, str], now: datetime) -> None:
        if fields.get("ActionID", "").startswith(_LIST):
            self._list_item(fields)
            return
        first, self._told = not self._told, True
        if not self._is_genuine(fields, first=first):
            self._refuse(fields)
            return
        self.messages.append((fields, now))
        if fields["Event"] == "FullyBooted" and not self.booted.done():
            self.booted.set_result(fields)

    def _list_item(self, fields: dict[str, str]) -> None:
        items, complete = self._lists.get(fields["ActionID"], (None, None))
        if items is None or complete is None or complete.done():
            self._counters.late += 1
        elif "EventList" in fields:
            complete.set_result(None)
        elif self._system_name and not has_genuine_ids(fields, self._system_name):
            self._refuse(fields)
        else:
            items.append(fields)

    def _is_genuine(self, fields: dict[str, str], *, first: bool) -> bool:
        """Tell whether Asterisk told this. The FullyBooted that greets us bears no name; nobody can be before it."""
        if not self._system_name or (first and fields["Event"] == "FullyBooted"):
            return True
        return has_genuine_head(fields, self._system_name) and has_genuine_ids(fields, self._system_name)

    def _refuse(self, fields: dict[str, str]) -> None:
        self._counters.forged += 1
        log.warning(
            "ami_event_forged",
            event_name=fields["Event"],
            channel=fields.get("Channel"),
            call_id=fields.get("Linkedid"),
        )

    def _answer(self, fields: dict[str, str]) -> None:
        action = self.responses.pop(fields.get("ActionID", ""), None)
        if action is None or action.future.done():
            self._counters.late += 1
        else:
            action.future.set_result(Message(fields))

    def _overflow(self, reason: str) -> None:
        self._counters.overflows += 1
        self.messages.clear()
        self.drop(reason)


def _fail(future: asyncio.Future[Any], reason: str) -> None:
    future.set_exception(PbxUnavailable(reason=reason))
    future.exception()  # whoever waits is told; if nobody does, that is no error


class _OneConnection(Manager):  # type: ignore[misc]  # panoramisk has no type hints
    """panoramisk's manager, as far as the login; of what follows it is told nothing, so it repeats nothing."""

    def connection_made(self, f: asyncio.Future[tuple[asyncio.Transport, Connection]]) -> None:
        if not f.cancelled() and f.exception() is None:
            super().connection_made(f)

    def login(self, future: asyncio.Future[Message]) -> None:
        if not future.cancelled() and future.exception() is None:
            super().login(future)


async def log_in(connection: Connection, host: str, port: int, username: str, secret: str, deadline: float) -> None:
    """Connect and log in within `deadline` seconds.

    Raises:
        PbxUnavailable: nobody is there, or no answer came.
        PbxRefused: the exchange does not let us in.
    """
    manager = _OneConnection(
        loop=asyncio.get_running_loop(),
        host=host,
        port=port,
        username=username,
        secret=secret,
        protocol_factory=lambda: connection,
    )
    try:
        async with asyncio.timeout(deadline):
            await manager.connect()
            answer = await manager.authenticated_future
    except TimeoutError as error:
        raise PbxUnavailable(reason=f"no answer from {host}:{port} within {deadline:g} s") from error
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else str(error)
        raise PbxUnavailable(reason=f"cannot connect to {host}:{port}: {why}") from error
    finally:
        # The bridge pings by itself, and looks whether an answer comes.
        if manager.pinger is not None:
            manager.pinger.cancel()
    if not answer.success:
        raise PbxRefused(action="Login", reason=str(answer.get("Message", "no reason given")))
