"""The link to Asterisk: kept up for ever, read in order, with a deadline on everything that is asked.

AMI is news, not truth: whatever happened while the link was down is not told again. So after each login the owner
reads the exchange's state (`on_synced`) before the events that came meanwhile are handed on, in their order.
Nothing is queued while the link is down and nothing is ever sent twice.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from callcenter.clock import Clock
from callcenter.errors import PbxRefused, PbxUnavailable
from callcenter.pbx.connection import Connection, Counters, log_in
from callcenter.pbx.wire import FieldValue, format_action
from callcenter.telephony import LinkState, LinkStatus

log = structlog.get_logger(__name__)

# Messages handed on before others get their turn in the loop: some milliseconds of work.
BATCH = 200


@dataclass(frozen=True, slots=True)
class Backoff:
    """Seconds to wait before the next try: doubled with each failure up to `cap`, then shortened by up to half.

    The random part keeps several programs from knocking at a restarted exchange in step.
    """

    first: float
    cap: float

    def delay(self, failures: int, chance: float) -> float:
        """Return the seconds to wait after `failures` (from 1) in a row; `chance` is from 0 to 1."""
        return min(self.cap, self.first * 2.0 ** min(failures - 1, 30)) * (1 - chance / 2)


@dataclass(frozen=True, slots=True)
class Timing:
    """How long the bridge waits, in seconds.

    `deadline`: for the answer to an action, a ping or the login. `ping_interval`: between two pings. `boot`: from
    login until Asterisk says that it has fully booted. `sync`: for the owner to read the state (an event log
    of 200 MB takes one).
    `unreachable`, `refused`: before the next try when nobody is there, or when we are not let in.
    """

    deadline: float = 5.0
    ping_interval: float = 5.0
    boot: float = 60.0
    sync: float = 600.0
    unreachable: Backoff = Backoff(first=0.5, cap=30.0)
    refused: Backoff = Backoff(first=5.0, cap=60.0)


async def _nothing_to_read() -> None:
    """The owner keeps no state of the exchange."""


class AmiBridge:
    """Asterisk's manager interface as a link that comes back by itself.

    `on_message` is called with each event and the instant of its arrival, one after the other; it is quick and
    synchronous, and when it raises, the event is logged and the next one handed on. `on_synced` is awaited after
    each login, with actions possible; when it raises, the link is dropped and tried again.
    `on_status` hears each change of the link. `system_name`: what the exchange calls itself, so that no caller's
    words are taken for its own; empty believes all. `counters` are for the metrics.

    Raises:
        BadField: the username or the secret cannot be sent.
    """

    def __init__(
        self,
        host: str,
        port: int,
        username: str,
        secret: str,
        on_message: Callable[[dict[str, str], datetime], None],
        *,
        clock: Clock,
        on_synced: Callable[[], Awaitable[None]] = _nothing_to_read,
        on_status: Callable[[LinkStatus], None] = lambda status: None,
        timing: Timing | None = None,
        queue_limit: int = 20_000,
        system_name: str = "",
        chance: Callable[[], float] = random.random,
    ) -> None:
        format_action("Login", {"Username": username, "Secret": secret})
        self.counters = Counters()
        self.started_about: datetime | None = None
        self._address = (host, port)
        self._account = (username, secret)
        self._on_message = on_message
        self._on_synced = on_synced
        self._on_status = on_status
        self._clock = clock
        self._timing = timing or Timing()
        self._queue_limit = queue_limit
        self._system_name = system_name
        self._chance = chance
        self._failures = 0
        self._connection: Connection | None = None
        self._task: asyncio.Task[None] | None = None
        self._status = LinkStatus(LinkState.DOWN, clock.now(), "not started")

    @property
    def status(self) -> LinkStatus:
        """The link as it is now."""
        return self._status

    async def start(self) -> None:
        """Begin to connect; returns at once, whether or not anybody is there."""
        if self._task is None:
            self._set_status(LinkState.CONNECTING)
            self._task = asyncio.create_task(self._keep_up(), name="ami-bridge")

    async def close(self) -> None:
        """End the link for good, also while it is being rebuilt; waiting actions fail with PbxUnavailable."""
        task, self._task = self._task, None
        if task is None:
            return
        task.cancel()
        await asyncio.wait([task])
        self._set_status(LinkState.DOWN, "closed")

    async def action(self, name: str, fields: Mapping[str, FieldValue] | None = None) -> dict[str, str]:
        """Ask the exchange for one thing and return the fields of its response.

        Raises:
            BadField: a key or value cannot be sent; nothing was.
            PbxUnavailable: the link is down (nothing was sent), dropped, or no answer came before the deadline.
            PbxRefused: the exchange said no.
        """
        return await self._usable().ask(name, fields or {}, self._timing.deadline)

    async def list_action(self, name: str, fields: Mapping[str, FieldValue] | None = None) -> list[dict[str, str]]:
        """Ask for a list and return its events, in order, without the closing one.

        Raises:
            BadField, PbxUnavailable, PbxRefused: as `action`; the deadline is for the whole list.
        """
        return await self._usable().ask_list(name, fields or {}, self._timing.deadline)

    def _usable(self) -> Connection:
        if self._connection is None:
            raise PbxUnavailable(reason=self._status.reason or self._status.state.value)
        return self._connection

    async def _keep_up(self) -> None:
        while True:
            backoff = self._timing.unreachable
            try:
                reason = await self._one_connection()
                state = LinkState.DOWN
            except PbxRefused as error:
                self.counters.refusals += 1
                state, reason = LinkState.REFUSED, f"{error.params['action']} refused: {error.params['reason']}"
                backoff = self._timing.refused
            except PbxUnavailable as error:
                state, reason = LinkState.DOWN, str(error.params["reason"])
            except Exception as error:
                log.exception("bridge_failed")
                state, reason = LinkState.DOWN, f"internal error: {error!r}"
            self._failures += 1
            self._set_status(state, reason)
            await asyncio.sleep(backoff.delay(self._failures, self._chance()))

    async def _one_connection(self) -> str:
        """Connect, synchronise and hand on events until the link drops; return why it did.

        Raises:
            PbxUnavailable, PbxRefused: the link did not come up.
        """
        timing = self._timing
        connection = Connection(
            self._clock, self.counters, queue_limit=self._queue_limit, system_name=self._system_name
        )
        pinger = asyncio.create_task(self._ping(connection), name="ami-ping")
        try:
            await log_in(connection, *self._address, *self._account, timing.deadline)
            self._count_connect()
            self._set_status(LinkState.SYNCING)
            await self._booted(connection)
            self._connection = connection
            await self._synchronise()
            await self._hand_on(connection)
            if not connection.closed:
                self._set_status(LinkState.UP)
            while await connection.wait():
                await self._hand_on(connection)
            return connection.reason
        finally:
            self._connection = None
            connection.close()
            pinger.cancel()
            await asyncio.wait([pinger])

    async def _booted(self, connection: Connection) -> None:
        try:
            async with asyncio.timeout(self._timing.boot):
                fields = await connection.booted
        except TimeoutError as error:
            reason = f"Asterisk did not say FullyBooted within {self._timing.boot:g} s (needs read=system)"
            raise PbxUnavailable(reason=reason) from error
        uptime = fields.get("Uptime", "")
        if uptime.isdecimal():
            self.started_about = self._clock.now() - timedelta(seconds=int(uptime))

    async def _synchronise(self) -> None:
        try:
            async with asyncio.timeout(self._timing.sync):
                await self._on_synced()
        except TimeoutError as error:
            raise PbxUnavailable(reason=f"the state was not read within {self._timing.sync:g} s") from error
        except PbxUnavailable:
            raise
        except Exception as error:
            log.exception("reading_the_state_failed")
            raise PbxUnavailable(reason=f"reading the state failed: {error!r}") from error

    async def _hand_on(self, connection: Connection) -> None:
        """Hand on all that waits. Meanwhile nothing more is read, so the queue cannot outgrow its consumer."""
        connection.pause()
        handed = 0
        while connection.messages:
            fields, at = connection.messages.popleft()
            self.counters.events += 1
            try:
                self._on_message(fields, at)
            except Exception:
                self.counters.failures += 1
                log.exception("ami_event_failed", event_name=fields["Event"], call_id=fields.get("Linkedid"))
            handed += 1
            if handed % BATCH == 0:
                await asyncio.sleep(0)
        connection.resume()

    async def _ping(self, connection: Connection) -> None:
        """Drop the connection when a ping is not answered: a dead peer is noticed in no other way."""
        while True:
            await asyncio.sleep(self._timing.ping_interval)
            if self._connection is not connection:
                continue
            try:
                await connection.ask("Ping", {}, self._timing.deadline)
            except PbxUnavailable as error:
                connection.drop(str(error.params["reason"]))
                return
            except PbxRefused:
                log.warning("ami_ping_refused")  # an answer all the same
            if self._status.state is LinkState.UP:
                self._failures = 0

    def _count_connect(self) -> None:
        self.counters.connects += 1
        if self.counters.connects > 1:
            self.counters.reconnects += 1

    def _set_status(self, state: LinkState, reason: str = "") -> None:
        if (state, reason) == (self._status.state, self._status.reason):
            return
        since = self._clock.now() if state is not self._status.state else self._status.since
        self._status = LinkStatus(state, since, reason)
        log.info("pbx_link", state=state.value, reason=reason)
        try:
            self._on_status(self._status)
        except Exception:
            log.exception("link_listener_failed")
