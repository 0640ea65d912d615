"""Callers who go before others: lost before, or of a high level, by the table of the settings (requirements 2)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.agents.places import LAST, natural_priority
from callcenter.db import Database, DatabaseUnavailable
from callcenter.errors import HouseError
from callcenter.events import CallChanged, Event, EventBus
from callcenter.telephony import CallKey, CallSnapshot, Direction, Telephony

log = structlog.get_logger(__name__)

LOST_BEFORE = "lost_before"


class CallerBook(Protocol):
    """Tells what is known of a caller's number; `main` puts it together from the slices that know."""

    async def levels(self, session: AsyncSession, number: str) -> Collection[str]:
        """Return the levels of the guests with this number."""
        ...

    async def was_lost(self, session: AsyncSession, number: str, before: datetime) -> bool:
        """Tell whether this number gave up before and has not got through since."""
        ...


@dataclass(frozen=True, slots=True)
class Ahead:
    """A caller counts as having waited `seconds` longer, because of `reason` (`lost_before`, or the level)."""

    seconds: int
    reason: str


def ahead(levels: Collection[str], was_lost: bool, table: Mapping[str, int]) -> Ahead | None:
    """Return the best of what the table gives, None for nothing."""
    reasons = [*levels, *([LOST_BEFORE] if was_lost else [])]
    best = max(reasons, key=lambda reason: table.get(reason, 0), default="")
    seconds = table.get(best, 0)
    return Ahead(seconds, best) if seconds else None


class Priorities:
    """Looks at every outside caller who comes into a queue; `start` begins, `close` ends it.

    `given` are the priorities that were set, by the table or by a supervisor, for the calls that go on.
    """

    def __init__(
        self,
        database: Database,
        telephony: Telephony,
        bus: EventBus,
        book: CallerBook,
        table: Mapping[str, int],
        changed: Callable[[], None],
    ) -> None:
        self._database = database
        self._telephony = telephony
        self._bus = bus
        self._book = book
        self._table = table
        self._changed = changed
        self._calls: asyncio.Queue[tuple[CallSnapshot, str]] = asyncio.Queue()
        self._seen: set[CallKey] = set()
        self._ends: list[Callable[[], None]] = []
        self._task: asyncio.Task[None] | None = None
        self.given: dict[CallKey, int] = {}
        self.reasons: dict[CallKey, Ahead] = {}

    def start(self) -> None:
        """Begin to listen."""
        self._ends = [self._bus.subscribe(CallChanged, self._on_call)]
        self._task = asyncio.create_task(self._work(), name="queue-priorities")

    async def close(self) -> None:
        """Listen no longer."""
        while self._ends:
            self._ends.pop()()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def caught_up(self) -> None:
        """Wait until everybody who has come so far has been looked at."""
        await self._calls.join()

    def _on_call(self, event: Event) -> None:
        if not isinstance(event, CallChanged):
            return
        call = event.call
        if call.ended_at is not None:
            self._seen.discard(call.key)
            self.given.pop(call.key, None)
            self.reasons.pop(call.key, None)
        elif call.direction is Direction.INBOUND and call.queue_waits and call.caller and call.key not in self._seen:
            self._seen.add(call.key)
            if self._table:
                self._calls.put_nowait((call, call.queue_waits[-1].queue))

    async def _work(self) -> None:
        while True:
            call, queue = await self._calls.get()
            try:
                await self._look(call, queue)
            except (HouseError, DatabaseUnavailable) as error:
                log.warning("queue_priority_not_set", call_id=call.key.linkedid, reason=str(error))
            finally:
                self._calls.task_done()

    async def _look(self, call: CallSnapshot, queue: str) -> None:
        async with self._database.read() as session:
            levels = await self._book.levels(session, call.caller)
            was_lost = await self._book.was_lost(session, call.caller, call.started_at)
        found = ahead(levels, was_lost, self._table)
        if found is None or call.key not in self._seen:
            return
        priority = min(LAST, natural_priority(call) + found.seconds)
        self.given[call.key], self.reasons[call.key] = priority, found
        await self._telephony.set_queue_priority(call.key, queue, priority)
        self._changed()
