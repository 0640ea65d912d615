"""What the slice is made of; dialled emergencies are written down as soon as the exchange tells of the call."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from aiohttp import web

from callcenter.clock import Clock
from callcenter.db import Database, DatabaseUnavailable
from callcenter.emergencies import service
from callcenter.emergencies.dialled import Dialled, EmergencyNumbers, dialled
from callcenter.emergencies.service import Doing
from callcenter.events import CallChanged, Event, EventBus
from callcenter.settings import Settings
from callcenter.settings.emergency import Emergency as Rules
from callcenter.staff.audit import SYSTEM, Actor, AuditLog
from callcenter.telephony import CallKey, Telephony

log = structlog.get_logger(__name__)

CHANGED = "emergencies"
RETRY_SECONDS = 2.0
TOLD_FOR = timedelta(hours=12)
"""A call that ended longer ago raises nothing: the event log may be read again from its start."""


@dataclass(frozen=True, slots=True)
class EmergencyParts:
    """What works on emergencies. `tell`: lets the pages know."""

    database: Database
    clock: Clock
    audit: AuditLog
    telephony: Telephony
    tell: Callable[[str], None]
    rules: Rules
    numbers: EmergencyNumbers

    @classmethod
    def build(
        cls,
        settings: Settings,
        database: Database,
        clock: Clock,
        audit: AuditLog,
        telephony: Telephony,
        tell: Callable[[str], None],
    ) -> EmergencyParts:
        """Put the slice together."""
        return cls(database, clock, audit, telephony, tell, settings.emergency, EmergencyNumbers.of(settings))

    @asynccontextmanager
    async def work(self, by: Actor, address: str = "") -> AsyncIterator[Doing]:
        """Open one piece of work; when it is done, the pages are told."""
        async with self.database.begin() as session:
            yield Doing(session, by, self.clock.now(), self.audit, address)
        self.tell(CHANGED)


@dataclass(frozen=True, slots=True)
class _News:
    call: CallKey
    found: Dialled
    at: datetime


@dataclass(slots=True)
class EmergencyWatch:
    """Listens to calls; `start` begins to write down, `close` ends that."""

    bus: EventBus
    parts: EmergencyParts
    _news: asyncio.Queue[_News] = field(default_factory=asyncio.Queue)
    _told: set[CallKey] = field(default_factory=set)
    _task: asyncio.Task[None] | None = None
    _unsubscribe: Callable[[], None] = lambda: None

    def start(self) -> None:
        """Begin to listen."""
        self._unsubscribe = self.bus.subscribe(CallChanged, self._on_call)
        self._task = asyncio.create_task(self._run(), name="emergencies-dialled")

    async def close(self) -> None:
        """Stop listening."""
        self._unsubscribe()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _on_call(self, event: Event) -> None:
        assert isinstance(event, CallChanged)
        call = event.call
        found = dialled(call, self.parts.numbers)
        if call.ended_at is not None and self.parts.clock.now() - call.ended_at > TOLD_FOR:
            found = None
        if found is not None and call.key not in self._told:
            self._told.add(call.key)
            self._news.put_nowait(_News(call.key, found, call.started_at))
        if call.ended_at is not None:
            self._told.discard(call.key)

    async def _run(self) -> None:
        while True:
            news = await self._news.get()
            log.warning("emergency_dialled", place=news.found.place, service=news.found.service)
            while True:
                try:
                    async with self.parts.work(SYSTEM) as doing:
                        await service.note_dialled(doing, news.found, news.call, news.at)
                    break
                except DatabaseUnavailable as error:
                    log.warning("emergency_not_written_yet", reason=str(error))
                    await asyncio.sleep(RETRY_SECONDS)


PARTS: web.AppKey[EmergencyParts] = web.AppKey("emergency_parts", EmergencyParts)
