"""Slowing down those who guess passwords. Kept in the database: a restart forgets nothing, all nodes know it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from sqlalchemy import delete, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.clock import Clock
from callcenter.db import Database
from callcenter.errors import HouseError
from callcenter.staff.models import LoginFailures

FIRST_WAIT = timedelta(seconds=2)
FORGET_AFTER = timedelta(hours=1)
ANY = ""


@dataclass(frozen=True, slots=True)
class Limit:
    """`free` failures cost nothing; each further one doubles the wait, up to `longest`."""

    free: int
    longest: timedelta

    def wait(self, failures: int) -> timedelta:
        """Return how long to wait after the last of so many failures."""
        if failures < self.free:
            return timedelta()
        return min(FIRST_WAIT * 2.0 ** min(failures - self.free, 10), self.longest)


OF_USER_AT_ADDRESS = Limit(5, timedelta(minutes=15))
OF_USER = Limit(20, timedelta(minutes=1))
"""From many addresses at once guessing gets slow, but nobody can shut a colleague out for longer."""
OF_ADDRESS = Limit(50, timedelta(seconds=8))
"""A whole house may sign in from behind one address: guessing gets slow, but nobody can shut the others out."""


class TooManyAttempts(HouseError):
    """Sign-in failed too often; params: `retry_after` in seconds."""

    code = "too_many_attempts"
    status = HTTPStatus.TOO_MANY_REQUESTS


class LoginThrottle:
    """Counts failed sign-ins by user and address, by user, and by address."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def begin(self, username: str, address: str) -> None:
        """Count an attempt as failed until `succeeded` says otherwise, so that a hundred at once count as a hundred.

        Raises:
            TooManyAttempts: it is too early for another one.
        """
        now = self._clock.now()
        limits = _limits(username, address)
        keys = [{"username": user, "address": at, "failures": 0, "last_at": now} for user, at in sorted(limits)]
        async with self._database.begin() as session:
            await session.execute(_insert(session).values(keys).on_conflict_do_nothing())
            wait = timedelta()
            for row in await _locked(session, limits):
                if now - row.last_at > FORGET_AFTER:
                    row.failures = 0
                wait = max(wait, row.last_at + limits[row.username, row.address].wait(row.failures) - now)
                row.failures += 1
                row.last_at = now
            if wait > timedelta():
                raise TooManyAttempts(retry_after=math.ceil(wait.total_seconds()))  # leaves the counts as they were

    async def succeeded(self, username: str, address: str) -> None:
        """Forget this user's failures at this address, take the attempt back from the address, drop what is long past.

        What others tried on this user from elsewhere stays counted.
        """
        async with self._database.begin() as session:
            rows = {(row.username, row.address): row for row in await _locked(session, _limits(username, address))}
            mine = rows.get((username, address))
            if mine is not None:
                for key, taken_back in (((username, ANY), mine.failures), ((ANY, address), 1)):
                    rows[key].failures = max(0, rows[key].failures - taken_back)
                await session.delete(mine)
            await _drop_old(session, self._clock.now() - FORGET_AFTER)


async def forget(session: AsyncSession, username: str) -> None:
    """Let this user try again at once, wherever the failures came from."""
    await session.execute(delete(LoginFailures).where(LoginFailures.username == username))


async def _locked(session: AsyncSession, keys: Iterable[tuple[str, str]]) -> Sequence[LoginFailures]:
    """Read these rows, locked in one order by everybody, so that nobody waits for one who waits for him."""
    statement = (
        select(LoginFailures)
        .where(tuple_(LoginFailures.username, LoginFailures.address).in_(list(keys)))
        .order_by(LoginFailures.username, LoginFailures.address)
        .with_for_update()
    )
    return (await session.scalars(statement)).all()


async def _drop_old(session: AsyncSession, before: datetime) -> None:
    key = (LoginFailures.username, LoginFailures.address)
    old = select(*key).where(LoginFailures.last_at < before).with_for_update(skip_locked=True)
    await session.execute(delete(LoginFailures).where(tuple_(*key).in_(old)))


def _limits(username: str, address: str) -> dict[tuple[str, str], Limit]:
    return {(username, address): OF_USER_AT_ADDRESS, (username, ANY): OF_USER, (ANY, address): OF_ADDRESS}


def _insert(session: AsyncSession) -> Any:
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    return sqlite.insert(LoginFailures) if is_sqlite else postgresql.insert(LoginFailures)
