"""Withdraws call-backs that are no longer needed: the caller got through meanwhile, or we called anyway."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog

from callcenter.db import DatabaseUnavailable
from callcenter.events import CallChanged, Event, EventBus
from callcenter.outbound.parts import OutboundParts
from callcenter.telephony import Answerer, CallKey, CallSnapshot, Direction

log = structlog.get_logger(__name__)

RETRY_SECONDS = 5.0
GATHER_SECONDS = 0.5
"""Talks that begin within this time are looked up together: nobody waits for it, and it is work of every call."""


@dataclass(frozen=True, slots=True)
class Reached:
    """A person of ours talks with `number` since `at`."""

    number: str
    at: datetime


def reached(call: CallSnapshot) -> Reached | None:
    """Tell who is talked with in a call; None as long as nobody is."""
    if call.direction is Direction.OUTBOUND:
        talks = call.answered_at is not None and call.answered_by is not Answerer.NONE
        return Reached(call.line, call.answered_at) if talks and call.answered_at else None
    return Reached(call.caller, call.operator_answered_at) if call.operator_answered_at and call.caller else None


class ReachedWatch:
    """Listens to calls; `start` begins to withdraw, `close` ends that."""

    def __init__(self, bus: EventBus, parts: OutboundParts) -> None:
        self._parts = parts
        self._bus = bus
        self._news: dict[str, datetime] = {}
        self._something = asyncio.Event()
        self._told: set[CallKey] = set()
        self._task: asyncio.Task[None] | None = None
        self._unsubscribe: Callable[[], None] = lambda: None

    def start(self) -> None:
        """Begin to listen."""
        self._unsubscribe = self._bus.subscribe(CallChanged, self._on_call)
        self._task = asyncio.create_task(self._run(), name="call-backs-reached")

    async def close(self) -> None:
        """Stop listening."""
        self._unsubscribe()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _on_call(self, event: Event) -> None:
        assert isinstance(event, CallChanged)
        call = event.call
        found = reached(call)
        if found is not None and call.key not in self._told:
            self._told.add(call.key)
            self._news[found.number] = found.at
            self._something.set()
        if call.ended_at is not None:
            self._told.discard(call.key)

    async def _run(self) -> None:
        while True:
            await self._something.wait()
            await asyncio.sleep(GATHER_SECONDS)
            news, self._news = self._news, {}
            self._something.clear()
            try:
                await self._parts.withdraw(news)
            except DatabaseUnavailable as error:
                log.warning("call_backs_not_withdrawn_yet", reason=str(error))
                self._news = news | self._news
                self._something.set()
                await asyncio.sleep(RETRY_SECONDS)
