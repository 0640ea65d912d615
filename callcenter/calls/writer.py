"""Persisting calls in batches: the tracker's news goes into the database without anything waiting for a disk."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import islice

import structlog

from callcenter.calls.records import precedence
from callcenter.calls.service import store
from callcenter.calls.three_rings import Cadences
from callcenter.db import Database, DatabaseUnavailable
from callcenter.events import CallChanged, Event, EventBus
from callcenter.health import Alarms
from callcenter.telephony import CallKey, CallSnapshot

log = structlog.get_logger(__name__)

BATCH = 200
PENDING_LIMIT = 20_000
GATHER_SECONDS = 0.25
FIRST_RETRY_SECONDS = 0.5
LONGEST_RETRY_SECONDS = 15.0
SLOW_SECONDS = 2.0
CLOSE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class _Pending:
    """The newest snapshot of a call, the number of its own change and of the first one not yet written."""

    call: CallSnapshot
    first: int
    last: int


class CallWriter:
    """Writes every changed call, one transaction a batch; several changes of one call become one write.

    While the database is down it keeps what it has (at most `PENDING_LIMIT` calls), raises the alarm
    `database_unavailable` and tries again with growing pauses. `on_stored` is told the ids of written calls.
    """

    def __init__(
        self,
        database: Database,
        bus: EventBus,
        cadences: Cadences,
        alarms: Alarms,
        on_stored: Callable[[Mapping[CallKey, int]], None] = lambda ids: None,
    ) -> None:
        self._database = database
        self._bus = bus
        self._cadences = cadences
        self._alarms = alarms
        self._on_stored = on_stored
        self._pending: dict[CallKey, _Pending] = {}
        self._changes = 0
        self._something = asyncio.Event()
        self._hurry = asyncio.Event()
        self._written = asyncio.Condition()
        self._unsubscribe: Callable[[], None] = lambda: None
        self._task: asyncio.Task[None] | None = None

    @property
    def pending(self) -> int:
        """How many calls wait to be written."""
        return len(self._pending)

    def start(self) -> None:
        """Listen to the bus and begin writing."""
        self._unsubscribe = self._bus.subscribe(CallChanged, self._note)
        self._task = asyncio.create_task(self._run(), name="call-writer")

    async def flush(self) -> None:
        """Wait until everything that is pending now stands in the database, however long that takes."""
        wanted = self._changes
        self._hurry.set()
        async with self._written:
            await self._written.wait_for(lambda: all(entry.first > wanted for entry in self._pending.values()))

    async def close(self) -> None:
        """Stop listening, write what is pending, end the task.

        What the database does not take within `CLOSE_SECONDS` goes into the log, call by call; the exchange's own
        event log still holds those calls.
        """
        if self._task is None:
            return
        self._unsubscribe()
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self.flush()
        except TimeoutError:
            for entry in self._pending.values():
                log.error("call_not_stored", call_id=entry.call.key.linkedid, call=repr(entry.call))
        task, self._task = self._task, None
        task.cancel()
        for outcome in await asyncio.gather(task, return_exceptions=True):
            if isinstance(outcome, Exception):
                log.error("call_writer_broke", exc_info=outcome)

    def _note(self, event: Event) -> None:
        if not isinstance(event, CallChanged):
            return
        call = event.call
        self._changes += 1
        known = self._pending.get(call.key)
        if known is not None:
            newer = call if precedence(call) >= precedence(known.call) else known.call
            self._pending[call.key] = _Pending(newer, known.first, self._changes)
        else:
            self._make_room()
            self._pending[call.key] = _Pending(call, self._changes, self._changes)
        self._something.set()

    def _make_room(self) -> None:
        """Give up one call when the limit is reached: an open one, of which more will be heard, before an ended one."""
        if len(self._pending) < PENDING_LIMIT:
            return
        open_calls = (key for key, entry in self._pending.items() if entry.call.ended_at is None)
        victim = next(open_calls, None) or next(iter(self._pending))
        entry = self._pending.pop(victim)
        log.error("call_not_stored", call_id=victim.linkedid, call=repr(entry.call), reason="too many wait")

    async def _run(self) -> None:
        failures = 0
        while True:
            await self._something.wait()
            await self._pause(GATHER_SECONDS if failures == 0 else _retry_seconds(failures))
            batch = dict(islice(self._pending.items(), BATCH))
            try:
                await self._write(batch)
            except DatabaseUnavailable as error:
                failures += 1
                log.warning("calls_wait_for_database", pending=len(self._pending), error=str(error))
                self._alarms.set("database_unavailable", reason=str(error.params.get("reason", "")))
                continue
            if failures:
                log.info("database_back", pending=len(self._pending))
            failures = 0
            self._alarms.clear("database_unavailable")
            await self._settle(batch)

    async def _pause(self, seconds: float) -> None:
        """Wait for more changes to gather, or for the next attempt; a flush cuts it short once."""
        try:
            async with asyncio.timeout(seconds):
                await self._hurry.wait()
        except TimeoutError:
            return
        self._hurry.clear()

    async def _write(self, batch: Mapping[CallKey, _Pending]) -> None:
        began = time.monotonic()
        try:
            await self._store([entry.call for entry in batch.values()])
        except DatabaseUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 - told in full, record by record, below
            log.warning("batch_refused", calls=len(batch), error_type=type(error).__name__)
            await self._write_one_by_one(batch)
        seconds = time.monotonic() - began
        if seconds > SLOW_SECONDS:
            self._alarms.set("database_slow", seconds=round(seconds))
        else:
            self._alarms.clear("database_slow")

    async def _write_one_by_one(self, batch: Mapping[CallKey, _Pending]) -> None:
        """Keep a record that the database refuses from taking the others with it."""
        for key, entry in batch.items():
            try:
                await self._store([entry.call])
            except DatabaseUnavailable:
                raise
            except Exception:
                log.exception("call_not_stored", call_id=key.linkedid, call=repr(entry.call))

    async def _store(self, calls: list[CallSnapshot]) -> None:
        async with self._database.begin() as session:
            ids = await store(session, calls, self._cadences)
        self._on_stored(ids)

    async def _settle(self, batch: Mapping[CallKey, _Pending]) -> None:
        """Forget what was written; what changed meanwhile goes to the end of the queue."""
        for key, written in batch.items():
            entry = self._pending.pop(key, None)
            if entry is not None and entry.last != written.last:
                self._pending[key] = _Pending(entry.call, written.last + 1, entry.last)
        if not self._pending:
            self._something.clear()
        async with self._written:
            self._written.notify_all()


def _retry_seconds(failures: int) -> float:
    """Grow from half a second to a quarter of a minute, with jitter so that several nodes do not knock together."""
    longest = min(FIRST_RETRY_SECONDS * 2.0 ** min(failures - 1, 10), LONGEST_RETRY_SECONDS)
    return longest * random.uniform(0.5, 1.0)
