"""The task that takes recordings in after hang-up: woken by ended calls, and by itself at intervals."""

from __future__ import annotations

import asyncio
import errno
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import structlog
from sqlalchemy.exc import SQLAlchemyError

from callcenter.clock import Clock
from callcenter.db import Database, DatabaseUnavailable
from callcenter.errors import HouseError
from callcenter.events import CallChanged, Event, EventBus
from callcenter.health import Alarms
from callcenter.telephony import CallSnapshot, LinkState, LinkStatus
from recordings import recovery, service
from recordings.intake import Intake, Taken
from recordings.metrics import RecordingMetrics
from recordings.spool import RawFile, Spool, live_names, seconds_until_ready
from recordings.store import Store, StoreFailed

log = structlog.get_logger(__name__)

DAMAGED_ALARM = "recording_damaged"
MERGES_KEPT = 4096
TAKES_NONE = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM}
"""Reasons of a store to refuse every file, and not only this one."""


@dataclass(frozen=True, slots=True)
class IngestRules:
    """When a raw file counts as finished, in seconds.

    `quiet_seconds`: nothing was written for that long and its call has ended. `quiet_seconds_blind`: the same while
    the link to the exchange is not up and nobody knows which calls live. The link itself is given that long too: a
    recording may rest while its call lives (guest and room alone) and then go on in the same file. `scan_seconds`:
    the folder is looked through at least that often. `pause_seconds`: and never more often than that.
    """

    quiet_seconds: float = 2.0
    quiet_seconds_blind: float = 60.0
    scan_seconds: float = 10.0
    pause_seconds: float = 1.0


class Ingest:
    """Owns the task. `live_calls` and `link` are asked at each look; `events` tells when to look earlier.

    It also tells of consultations that became part of another call. They have no record of their own any more, so
    their recordings are tied to that call; after a restart the exchange tells of it again with the rest of the gap.
    """

    def __init__(
        self,
        *,
        database: Database,
        spool: Spool,
        store: Store,
        node: str,
        clock: Clock,
        events: EventBus,
        alarms: Alarms,
        metrics: RecordingMetrics,
        live_calls: Callable[[], Iterable[CallSnapshot]],
        link: Callable[[], LinkStatus],
        rules: IngestRules | None = None,
    ) -> None:
        self._intake = Intake(database, spool, store, node, clock)
        self._database = database
        self._spool = spool
        self._store = store
        self._node = node
        self._clock = clock
        self._events = events
        self._alarms = alarms
        self._metrics = metrics
        self._live_calls = live_calls
        self._link = link
        self._rules = rules or IngestRules()
        self._store_error: OSError | None = None
        self._blind_since: float | None = None
        self._due = 0.0
        self._changed = asyncio.Event()
        self._merged: OrderedDict[str, str] = OrderedDict()
        self._closing = False
        self._task: asyncio.Task[None] | None = None
        self._unsubscribe: Callable[[], None] = lambda: None

    @property
    def store_error(self) -> OSError | None:
        """Why the store took no file at the last look; None when it took them, or there were none."""
        return self._store_error

    async def start(self) -> None:
        """Begin to take recordings in."""
        self._unsubscribe = self._events.subscribe(CallChanged, self._on_call)
        self._task = asyncio.create_task(self._run(), name="recording-ingest")

    async def close(self) -> None:
        """Finish the file in hand and end; the rest is taken in after the next start."""
        self._unsubscribe()
        self._closing = True
        self._changed.set()
        if self._task is not None:
            await self._task

    async def recover(self) -> int:
        """Enter kept files whose row was lost; return how many."""
        waiting = await asyncio.to_thread(self._spool.scan)
        names = {file.name for file in waiting}
        return await recovery.enter_lost(self._database, self._store, self._node, names, self._clock)

    async def run_once(self) -> float | None:
        """Look once: take in what is finished, tie what was untied; return seconds until the next file is finished.

        Raises:
            OSError: the exchange's folder cannot be read.
            DatabaseUnavailable: untied recordings cannot be looked up.
        """
        files = await asyncio.to_thread(self._spool.scan)
        self._metrics.waiting.set(len(files))
        ready, wait = self._sort_out(files)
        self._store_error = None
        linkedids = await self._linkedids_of(ready) if ready else {}
        for file in ready:
            with structlog.contextvars.bound_contextvars(call_id=linkedids.get(file.name, file.name)):
                if self._closing or not await self._take(file):
                    break
        await self._tie()
        return wait

    def _sort_out(self, files: list[RawFile]) -> tuple[list[RawFile], float | None]:
        """Return the files that are finished, and the seconds until the next one is."""
        now = self._clock.now().timestamp()
        if self._link().state is LinkState.UP:
            self._blind_since = None
            live, quiet, patience = live_names(self._live_calls()), self._rules.quiet_seconds, 0.0
        else:
            self._blind_since = now if self._blind_since is None else self._blind_since
            live, quiet = frozenset(), self._rules.quiet_seconds_blind
            patience = max(0.0, self._blind_since + quiet - now)
        waits = [(file, seconds_until_ready(file, live, now, quiet)) for file in files]
        later = [(file, max(wait, patience)) for file, wait in waits if wait is not None]
        return [file for file, wait in later if wait == 0], min((wait for _, wait in later if wait > 0), default=None)

    async def _linkedids_of(self, files: list[RawFile]) -> dict[str, str]:
        """The calls of files for the log, as far as the books know; an incoming call's file has its linkedid anyway."""
        try:
            async with self._database.read() as session:
                return await service.linkedids_of(session, self._node, [file.name for file in files])
        except (HouseError, SQLAlchemyError):
            return {}

    async def _take(self, file: RawFile) -> bool:
        """Take one file in; return False if the others would fail as well."""
        try:
            taken = await self._intake.take(file)
        except StoreFailed as failure:
            self._metrics.failures.inc()
            self._store_error = failure.error
            log.error("recording_store_failed", recording=file.name, reason=str(failure.error))
            return failure.error.errno not in TAKES_NONE
        except DatabaseUnavailable as error:
            self._metrics.failures.inc()
            log.error("recording_books_unavailable", recording=file.name, reason=str(error))
            return False
        except Exception:  # one file's trouble must not keep the others waiting; it stays in the spool
            self._metrics.failures.inc()
            log.exception("recording_intake_failed", recording=file.name)
            return True
        self._metrics.taken.labels(taken).inc()
        if taken is Taken.DAMAGED:
            count = len(await asyncio.to_thread(self._spool.set_aside_files))
            self._alarms.set(DAMAGED_ALARM, count=count)
        return True

    async def _tie(self) -> None:
        async with self._database.read() as session:
            calls = await service.untied(session, self._node, self._merged)
        if calls:
            async with self._database.begin() as session:
                await service.tie(session, calls)
            log.info("recordings_tied", calls=calls)

    def _on_call(self, event: Event) -> None:
        if not isinstance(event, CallChanged) or event.call.key.node != self._node:
            return
        call = event.call
        if call.merged_into is not None and call.recording is not None:
            self._merged[call.recording] = call.merged_into.linkedid
            if len(self._merged) > MERGES_KEPT:
                self._merged.popitem(last=False)
        if call.ended_at is not None:
            self._look_in(self._rules.quiet_seconds)

    def _look_in(self, seconds: float) -> None:
        self._due = min(self._due, asyncio.get_running_loop().time() + max(seconds, self._rules.pause_seconds))
        self._changed.set()

    async def _run(self) -> None:
        recovered = False
        while not self._closing:
            self._due = asyncio.get_running_loop().time() + self._rules.scan_seconds
            recovered = recovered or await self._recovered()
            try:
                wait = await self.run_once()
            except (OSError, SQLAlchemyError, HouseError):
                log.exception("recording_look_failed")
            else:
                if wait is not None:
                    self._look_in(wait)
            await self._sleep_until_due()

    async def _recovered(self) -> bool:
        try:
            await self.recover()
        except (OSError, SQLAlchemyError, HouseError):
            log.exception("recording_recovery_failed")
            return False
        return True

    async def _sleep_until_due(self) -> None:
        loop = asyncio.get_running_loop()
        while not self._closing and (seconds := self._due - loop.time()) > 0:
            self._changed.clear()
            try:
                await asyncio.wait_for(self._changed.wait(), seconds)
            except TimeoutError:
                return
