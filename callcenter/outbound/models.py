"""Tables of outbound work."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.db import Base, BigId

_ONE_EACH = text("state IN ('open', 'taken') AND kind IN ('call_back', 'lost_caller')")


class DueCall(Base):
    """A call that the house owes somebody, due from `due_at` on.

    `place_at` orders the list: since when the caller was in line, so that who asks to be called back keeps the place.
    `source` says what the row was made from, once for ever (`call_back:pbx1/1700000000.1`). A number is owed one
    call-back at a time, however often it asks. `node` and `linkedid` name the call that it came from.
    """

    __tablename__ = "due_calls"
    __table_args__ = (
        UniqueConstraint("source"),
        Index("uq_due_calls_number", "number", unique=True, postgresql_where=_ONE_EACH, sqlite_where=_ONE_EACH),
        Index(None, "state", "place_at", "id"),
        Index(None, "number"),
        Index(None, "node", "linkedid"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str] = mapped_column(String(32))
    source: Mapped[str] = mapped_column(String(128))
    number: Mapped[str] = mapped_column(String(32))
    language: Mapped[str] = mapped_column(String(8))
    line: Mapped[str] = mapped_column(String(128))
    """The number of the house that was called; empty where none was."""
    reason: Mapped[str] = mapped_column(String(500))
    due_at: Mapped[datetime]
    place_at: Mapped[datetime]
    node: Mapped[str | None] = mapped_column(String(32))
    linkedid: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(16))
    taken_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    taken_by: Mapped[str | None] = mapped_column(String(64))
    taken_at: Mapped[datetime | None]
    closed_by: Mapped[str | None] = mapped_column(String(64))
    closed_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(String(32))
    note: Mapped[str] = mapped_column(String(1000))
