"""Links calls to whom the caller's number belongs to, as soon as their records are written.

Only where the number is one person's: a family's or a company's calls are linked by the operator who hears who speaks.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Collection, Mapping
from datetime import timedelta
from itertools import islice

import structlog
from sqlalchemy import select

from callcenter.calls import links
from callcenter.calls.links import BY_NUMBER, Linked, Recogniser, Subject
from callcenter.calls.models import Call, CallLink
from callcenter.clock import Clock
from callcenter.db import Database, DatabaseUnavailable
from callcenter.telephony import CallKey, Direction

log = structlog.get_logger(__name__)

BATCH = 200
REMEMBERED = 5_000
CATCH_UP = timedelta(days=1)
"""Calls of this last time are looked through at start: a record may have been written just before the end."""

RETRY_SECONDS = 5.0
GATHER_SECONDS = 0.25
"""Calls that are written within this time are looked up together."""


class CallLinker:
    """Links the calls whose ids it is told (`note`), in a task of its own; nothing waits for it."""

    def __init__(self, database: Database, recogniser: Recogniser, clock: Clock) -> None:
        self._database = database
        self._recogniser = recogniser
        self._clock = clock
        self._waiting: dict[int, None] = {}
        self._handled: OrderedDict[int, None] = OrderedDict()
        self._something = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._task: asyncio.Task[None] | None = None

    def note(self, ids: Mapping[CallKey, int]) -> None:
        """Look at these calls; those that were looked at already are left alone."""
        self._add(ids.values())

    async def start(self) -> None:
        """Begin, with the calls of the last day that were never linked."""
        since = self._clock.now() - CATCH_UP
        unlinked = select(Call.id).where(Call.started_at >= since, Call.id.not_in(select(CallLink.call_id)))
        async with self._database.read() as session:
            self._add((await session.scalars(unlinked)).all())
        self._task = asyncio.create_task(self._run(), name="call-linker")

    async def settled(self) -> None:
        """Wait until every call that was noted has been looked at."""
        await self._idle.wait()

    async def close(self) -> None:
        """End; what waits is caught up with at the next start."""
        task, self._task = self._task, None
        if task is None:
            return
        task.cancel()
        for outcome in await asyncio.gather(task, return_exceptions=True):
            if isinstance(outcome, Exception):
                log.error("call_linker_broke", exc_info=outcome)

    def _add(self, ids: Collection[int]) -> None:
        fresh = [number for number in ids if number not in self._handled]
        if fresh:
            self._waiting.update(dict.fromkeys(fresh))
            self._idle.clear()
            self._something.set()

    async def _run(self) -> None:
        while True:
            await self._something.wait()
            await asyncio.sleep(GATHER_SECONDS)
            batch = list(islice(self._waiting, BATCH))
            try:
                await self._link(batch)
            except DatabaseUnavailable as error:
                log.warning("links_wait_for_database", waiting=len(self._waiting), reason=str(error))
                await asyncio.sleep(RETRY_SECONDS)
                continue
            except Exception:
                log.exception("calls_not_linked", calls=batch)
            self._settle(batch)

    def _settle(self, batch: list[int]) -> None:
        for number in batch:
            self._waiting.pop(number, None)
            self._handled[number] = None
        while len(self._handled) > REMEMBERED:
            self._handled.popitem(last=False)
        if not self._waiting:
            self._something.clear()
            self._idle.set()

    async def _link(self, batch: list[int]) -> None:
        found = await self._recognised(batch)
        if not found:
            return
        now = self._clock.now()
        async with self._database.begin() as session:
            there = set(await session.scalars(select(Call.id).where(Call.id.in_(found)).with_for_update()))
            for number in sorted(there - await links.ever_linked(session, there)):
                await links.link(session, number, found[number], by=BY_NUMBER, at=now, how=Linked.BY_NUMBER)

    async def _recognised(self, batch: list[int]) -> dict[int, Subject]:
        """Return whose calls these are, where the outside party's number tells."""
        async with self._database.read() as session:
            rows = await session.execute(
                select(Call.id, Call.direction, Call.caller, Call.line).where(Call.id.in_(batch))
            )
            parties = {number: _outside_party(direction, caller, line) for number, direction, caller, line in rows}
            numbers = {party for party in parties.values() if party}
            if not numbers:
                return {}
            owners = await self._recogniser.subjects_of(session, numbers)
        single = {party: subjects[0] for party, subjects in owners.items() if len(subjects) == 1}
        return {number: single[party] for number, party in parties.items() if party in single}


def _outside_party(direction: str, caller: str, line: str) -> str:
    if direction == Direction.INBOUND:
        return caller
    return line if direction == Direction.OUTBOUND else ""
