"""Who is signed in, where, and ending that."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.clock import Clock
from callcenter.db import Database
from callcenter.errors import NotFound
from callcenter.staff.audit import Actor, AuditLog
from callcenter.staff.models import Session, User

PUBLIC_ID_LENGTH = 16
"""Sessions are named by the beginning of their token's hash: it tells them apart and opens nothing."""

_PUBLIC_ID = re.compile(rf"[0-9a-f]{{{PUBLIC_ID_LENGTH}}}")


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session that lives; `browser` is what the browser says of itself."""

    id: str
    user_id: int
    username: str
    name: str
    created_at: datetime
    used_at: datetime
    address: str
    browser: str


class Sessions:
    """Lists and ends sessions; one lives until `idle` after its last use."""

    def __init__(self, database: Database, clock: Clock, audit: AuditLog, idle: timedelta) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit
        self._idle = idle

    async def open(self, user_id: int | None = None) -> Sequence[OpenSession]:
        """Return the sessions of one user, or of all, the last used first."""
        async with self._database.read() as session:
            rows = await session.execute(self._living(user_id).order_by(Session.used_at.desc(), Session.token_hash))
            return [_open(row, user) for row, user in rows]

    async def revoke(self, public_id: str, by: Actor, address: str, user_id: int | None = None) -> None:
        """End a session, of this user only where `user_id` is given.

        Raises:
            NotFound: there is no such session.
        """
        if not _PUBLIC_ID.fullmatch(public_id):
            raise NotFound(kind="session", id=public_id[:64])
        async with self._database.begin() as session:
            wanted = self._living(user_id).where(Session.token_hash.startswith(public_id))
            found = (await session.execute(wanted)).one_or_none()
            if found is None:
                raise NotFound(kind="session", id=public_id)
            row, user = found
            await session.execute(delete(Session).where(Session.token_hash == row.token_hash))
            before = {"address": row.address, "browser": row.browser}
            self._audit(session, by, "session.revoked", ("user", user.username), before=before, address=address)

    def _living(self, user_id: int | None) -> Select[Session, User]:
        statement = (
            select(Session, User)
            .join(User, User.id == Session.user_id)
            .where(Session.used_at > self._clock.now() - self._idle)
        )
        return statement if user_id is None else statement.where(Session.user_id == user_id)


async def end_all(session: AsyncSession, user_id: int) -> None:
    """End every session of a user."""
    await session.execute(delete(Session).where(Session.user_id == user_id))


def public_id(token_hash: str) -> str:
    """Return the name under which a session is listed."""
    return token_hash[:PUBLIC_ID_LENGTH]


def _open(row: Session, user: User) -> OpenSession:
    return OpenSession(
        public_id(row.token_hash),
        user.id,
        user.username,
        user.name,
        row.created_at,
        row.used_at,
        row.address,
        row.browser,
    )
