"""Outbound work as the rest of the house uses it: each wish in a transaction of its own, and the pages told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from aiohttp import web

from callcenter.clock import Clock
from callcenter.db import Database
from callcenter.outbound import service
from callcenter.outbound.models import DueCall
from callcenter.outbound.service import ONE_EACH, Wanted
from callcenter.staff.audit import SYSTEM, AuditLog

CHANGED = "due_calls"


@dataclass(frozen=True, slots=True)
class OutboundParts:
    """What outbound work needs. `tell`: lets the pages know that something changed; `lost_for`: how long back."""

    database: Database
    clock: Clock
    audit: AuditLog
    tell: Callable[[str], None]
    lost_for: timedelta

    async def request(self, wanted: Wanted) -> DueCall:
        """Ask for a call on behalf of the house itself.

        Raises:
            NumberUnusable: no call can be made to the number.
            DatabaseUnavailable: it cannot be stored.
        """
        async with self.database.begin() as session:
            due, new = await service.request(session, wanted, SYSTEM, self.clock.now(), self.audit)
        if new:
            self.changed()
        return due

    async def withdraw(self, reached: Mapping[str, datetime]) -> None:
        """Withdraw the call-backs that were asked for before their number was reached, given {number: when}.

        Every talk of the house comes by here, and hardly any has something to withdraw: that is read before it is
        written, because writers wait for each other.
        """
        async with self.database.read() as session:
            numbers = await service.waiting_for(session, reached, ONE_EACH)
        if not numbers:
            return
        gone, now = 0, self.clock.now()
        async with self.database.begin() as session:
            for number in sorted(numbers):
                at = reached[number]
                gone += await service.withdraw(session, number, ONE_EACH, at, SYSTEM, now, self.audit)
        if gone:
            self.changed()

    def changed(self) -> None:
        """Let the pages look again."""
        self.tell(CHANGED)


PARTS: web.AppKey[OutboundParts] = web.AppKey("outbound_parts", OutboundParts)
