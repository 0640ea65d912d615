"""Tables of operators' states."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, SmallInteger, String, text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.db import Base, BigId

_OPEN = text("ended_at IS NULL")
_SEATED = text("ended_at IS NULL AND state <> 'away'")


class AgentSpan(Base):
    """One operator in one state from `began_at` to `ended_at`; the open one is what the operator does now.

    A person does one thing at a time, and a phone has one person. `extension`: the phone; of one who is away, the last.
    `set_by`: who forced the state, empty for the operator.
    """

    __tablename__ = "agent_spans"
    __table_args__ = (
        Index("uq_agent_spans_open", "user_id", unique=True, postgresql_where=_OPEN, sqlite_where=_OPEN),
        Index("uq_agent_spans_phone", "extension", unique=True, postgresql_where=_SEATED, sqlite_where=_SEATED),
        Index(None, "began_at"),
        Index(None, "user_id", "began_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    extension: Mapped[str] = mapped_column(String(8))
    state: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(String(32))
    began_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    extended: Mapped[int] = mapped_column(SmallInteger)
    then: Mapped[str | None] = mapped_column(String(16))
    then_reason: Mapped[str] = mapped_column(String(32))
    node: Mapped[str | None] = mapped_column(String(32))
    linkedid: Mapped[str | None] = mapped_column(String(64))
    set_by: Mapped[str] = mapped_column(String(64))
