"""Who listened to what: every listening is in the audit log before the first byte is sent."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.clock import Clock
from callcenter.db import Database
from callcenter.staff.models import AuditEntry
from callcenter.web.identity import Audit, SignedIn
from recordings.models import Recording

LISTENED = "recording.listened"
ONE_LISTENING = timedelta(minutes=10)
"""A player asks for one file in many pieces; what one user asks of one recording in this time is one listening."""


class Listenings:
    """Writes listenings into the audit log, each once."""

    def __init__(self, database: Database, clock: Clock, audit: Audit) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit
        self._lock = asyncio.Lock()  # a player's first two requests come at once

    async def note(self, user: SignedIn, recording: Recording, address: str) -> None:
        """Record that `user` listens to `recording`, unless that is recorded already.

        Raises:
            DatabaseUnavailable: it cannot be recorded, so nothing may be played.
        """
        async with self._lock:
            async with self._database.read() as session:
                if await self._is_noted(session, user, recording):
                    return
            async with self._database.begin() as session:
                subject = ("recording", recording.id)
                self._audit(session, user, LISTENED, subject, note=recording.name, address=address)

    async def _is_noted(self, session: AsyncSession, user: SignedIn, recording: Recording) -> bool:
        entry = await session.scalar(
            select(AuditEntry.id)
            .where(
                AuditEntry.subject_type == "recording",
                AuditEntry.subject_id == str(recording.id),
                AuditEntry.action == LISTENED,
                AuditEntry.user_id == user.user_id,
                AuditEntry.at > self._clock.now() - ONE_LISTENING,
            )
            .limit(1)
        )
        return entry is not None
