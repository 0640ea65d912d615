"""Slowing down those who guess passwords."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter import attempts
from callcenter.attempts import ANY, Key, Limit, Throttle
from callcenter.clock import Clock
from callcenter.db import Database

SIGN_IN = "sign_in"

OF_USER_AT_ADDRESS = Limit(5, timedelta(minutes=15))
OF_USER = Limit(20, timedelta(minutes=1))
"""From many addresses at once guessing gets slow, but nobody can shut a colleague out for longer."""
OF_ADDRESS = Limit(50, timedelta(seconds=8))
"""A whole house may sign in from behind one address: guessing gets slow, but nobody can shut the others out."""


class LoginThrottle:
    """Counts failed sign-ins by user and address, by user, and by address."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._throttle = Throttle(database, clock, SIGN_IN)

    async def begin(self, username: str, address: str) -> None:
        """Count an attempt as failed until `succeeded` says otherwise.

        Raises:
            TooManyAttempts: it is too early for another one.
        """
        await self._throttle.begin(_limits(username, address))

    async def succeeded(self, username: str, address: str) -> None:
        """Forget this user's failures at this address, take the attempt back from the address, drop what is long past.

        What others tried on this user from elsewhere stays counted.
        """
        async with self._database.begin() as session:
            rows = await self._throttle.locked(session, _limits(username, address))
            mine = rows.get((username, address))
            if mine is not None:
                for key, taken_back in (((username, ANY), mine.failures), ((ANY, address), 1)):
                    rows[key].failures = max(0, rows[key].failures - taken_back)
                await session.delete(mine)
            await self._throttle.drop_old(session)


async def forget(session: AsyncSession, username: str) -> None:
    """Let this user try again at once, wherever the failures came from."""
    await attempts.forget(session, SIGN_IN, username)


def _limits(username: str, address: str) -> dict[Key, Limit]:
    return {(username, address): OF_USER_AT_ADDRESS, (username, ANY): OF_USER, (ANY, address): OF_ADDRESS}
