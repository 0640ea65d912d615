"""Slowing down those who guess. Kept in the database: a restart forgets nothing, all nodes know it.

What is guessed at is a `purpose` (passwords, a guest's booking); its attempts are counted by keys (who or what is
tried, from where), each with a limit of its own.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus

from sqlalchemy import String, delete, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.clock import Clock
from callcenter.db import Base, Database, insert_into
from callcenter.errors import HouseError

FORGET_AFTER = timedelta(hours=1)
ANY = ""

Key = tuple[str, str]
"""(subject, source): who or what is tried, and from where; `ANY` stands for all of them."""


class FailedAttempts(Base):
    """Failed attempts for a purpose; an empty subject or source stands for any."""

    __tablename__ = "failed_attempts"

    purpose: Mapped[str] = mapped_column(String(32), primary_key=True)
    subject: Mapped[str] = mapped_column(String(64), primary_key=True)
    source: Mapped[str] = mapped_column(String(64), primary_key=True)
    failures: Mapped[int]
    last_at: Mapped[datetime] = mapped_column(index=True)


@dataclass(frozen=True, slots=True)
class Limit:
    """`free` failures cost nothing; each further one doubles the wait, from `first` up to `longest`."""

    free: int
    longest: timedelta
    first: timedelta = timedelta(seconds=2)

    def wait(self, failures: int) -> timedelta:
        """Return how long to wait after the last of so many failures."""
        if failures < self.free:
            return timedelta()
        return min(self.first * 2.0 ** min(failures - self.free, 10), self.longest)


class TooManyAttempts(HouseError):
    """It failed too often; params: `retry_after` in seconds."""

    code = "too_many_attempts"
    status = HTTPStatus.TOO_MANY_REQUESTS


class Throttle:
    """Counts the failed attempts for one purpose."""

    def __init__(self, database: Database, clock: Clock, purpose: str) -> None:
        self._database = database
        self._clock = clock
        self._purpose = purpose

    async def begin(self, limits: Mapping[Key, Limit]) -> None:
        """Count an attempt as failed until somebody says otherwise, so that a hundred at once count as a hundred.

        Raises:
            TooManyAttempts: it is too early for another one.
        """
        now = self._clock.now()
        rows = [
            {"purpose": self._purpose, "subject": subject, "source": source, "failures": 0, "last_at": now}
            for subject, source in sorted(limits)
        ]
        async with self._database.begin() as session:
            await session.execute(insert_into(session, FailedAttempts).values(rows).on_conflict_do_nothing())
            wait = timedelta()
            for key, row in (await self.locked(session, limits)).items():
                if now - row.last_at > FORGET_AFTER:
                    row.failures = 0
                wait = max(wait, row.last_at + limits[key].wait(row.failures) - now)
                row.failures += 1
                row.last_at = now
            if wait > timedelta():
                raise TooManyAttempts(retry_after=math.ceil(wait.total_seconds()))  # leaves the counts as they were

    async def succeeded(self, keys: Iterable[Key]) -> None:
        """Take an attempt that was begun back from `keys`, and drop what is long past."""
        async with self._database.begin() as session:
            for row in (await self.locked(session, keys)).values():
                row.failures = max(0, row.failures - 1)
            await self.drop_old(session)

    async def locked(self, session: AsyncSession, keys: Iterable[Key]) -> dict[Key, FailedAttempts]:
        """Read the counts of `keys`, locked in one order by everybody, so that none waits for one who waits."""
        statement = (
            select(FailedAttempts)
            .where(FailedAttempts.purpose == self._purpose)
            .where(tuple_(FailedAttempts.subject, FailedAttempts.source).in_(list(keys)))
            .order_by(FailedAttempts.subject, FailedAttempts.source)
            .with_for_update()
        )
        return {(row.subject, row.source): row for row in await session.scalars(statement)}

    async def drop_old(self, session: AsyncSession) -> None:
        """Drop what is long past."""
        before = self._clock.now() - FORGET_AFTER
        key = (FailedAttempts.purpose, FailedAttempts.subject, FailedAttempts.source)
        old = select(*key).where(FailedAttempts.last_at < before).with_for_update(skip_locked=True)
        await session.execute(delete(FailedAttempts).where(tuple_(*key).in_(old)))


async def forget(session: AsyncSession, purpose: str, subject: str) -> None:
    """Let whoever is this subject try again at once, wherever the failures came from."""
    of_subject = (FailedAttempts.purpose == purpose, FailedAttempts.subject == subject)
    await session.execute(delete(FailedAttempts).where(*of_subject))
