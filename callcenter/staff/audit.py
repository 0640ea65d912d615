"""The audit log: who did what, when, to what (requirements 11: every change shows operator, time, before and after)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.clock import Clock
from callcenter.db import beyond
from callcenter.staff.models import AuditEntry


class Actor(Protocol):
    """Whoever does something that is recorded."""

    @property
    def user_id(self) -> int | None:
        """The user's id, None where nobody is signed in."""
        ...

    @property
    def username(self) -> str:
        """The name used to sign in."""
        ...


@dataclass(frozen=True, slots=True)
class _Program:
    user_id: int | None = None
    username: str = "(system)"


SYSTEM: Actor = _Program()
"""The program itself, where no person did it; no user can have this name."""


class AuditLog:
    """Writes and reads the audit log."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def __call__(
        self,
        session: AsyncSession,
        user: Actor,
        action: str,
        subject: tuple[str, object],
        *,
        before: dict[str, Any] | None = None,
        after: dict[str, Any] | None = None,
        note: str = "",
        address: str = "",
    ) -> None:
        """Record, in the caller's transaction, that `user` did `action` to `subject` (its type and id).

        `before` and `after` hold only what changed, as JSON values; never a password or a token.
        """
        subject_type, subject_id = subject
        session.add(
            AuditEntry(
                at=self._clock.now(),
                user_id=user.user_id,
                username=user.username,
                action=action,
                subject_type=subject_type,
                subject_id=str(subject_id),
                before=before,
                after=after,
                note=note,
                address=address,
            )
        )


async def page(
    session: AsyncSession,
    *,
    user: str | None = None,
    action: str | None = None,
    begin: datetime | None = None,
    end: datetime | None = None,
    limit: int = 50,
    after: tuple[datetime, int] | None = None,
) -> Sequence[AuditEntry]:
    """Read at most `limit` entries, newest first, from `begin` to before `end`, beyond the position `after`."""
    statement = select(AuditEntry).order_by(AuditEntry.at.desc(), AuditEntry.id.desc()).limit(limit)
    if user is not None:
        statement = statement.where(AuditEntry.username == user)
    if action is not None:
        statement = statement.where(AuditEntry.action == action)
    if begin is not None:
        statement = statement.where(AuditEntry.at >= begin)
    if end is not None:
        statement = statement.where(AuditEntry.at < end)
    if after is not None:
        statement = statement.where(beyond(AuditEntry.at, AuditEntry.id, after))
    return (await session.scalars(statement)).all()
