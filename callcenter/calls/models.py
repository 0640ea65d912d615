"""Tables of calls, and of what must be remembered about each exchange."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, SmallInteger, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.db import Base, BigId

_OPEN = text("ended_at IS NULL")
_STANDING = text("unlinked_at IS NULL")


class Call(Base):
    """One call: its facts, its episodes (JSON), and the three-ring figures worked out when it was stored.

    The three-ring columns are null where the rule does not apply (a call that nobody made to one of our lines).
    `rank` and `known_until` tell which of two snapshots of one call is the later one (see `service.store`).
    """

    __tablename__ = "calls"
    __table_args__ = (
        UniqueConstraint("node", "linkedid"),
        Index(None, "started_at", "id"),
        Index(None, "line", "started_at"),
        Index(None, "caller", "started_at"),
        Index(None, "node", "recording"),
        Index("ix_calls_open", "node", postgresql_where=_OPEN, sqlite_where=_OPEN),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    node: Mapped[str] = mapped_column(String(32))
    linkedid: Mapped[str] = mapped_column(String(64))
    sip_call_id: Mapped[str | None] = mapped_column(Text)
    direction: Mapped[str] = mapped_column(String(16))
    caller: Mapped[str] = mapped_column(String(128))
    line: Mapped[str] = mapped_column(String(128))
    started_at: Mapped[datetime]
    quarter: Mapped[int] = mapped_column(Integer)
    """Quarter hours from 1970 to the start: hours of every time zone begin on one, so figures group by it."""
    first_ring_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[str] = mapped_column(String(16))
    operator_answered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(String(32))
    hangup_cause: Mapped[int | None] = mapped_column(SmallInteger)
    operators: Mapped[list[Any]]
    rings: Mapped[list[Any]]
    transfers: Mapped[list[Any]]
    holds: Mapped[list[Any]]
    queue_waits: Mapped[list[Any]]
    talk_seconds: Mapped[float]
    menu: Mapped[dict[str, Any] | None]
    """How the caller went through a spoken menu: path (node names), language, informed."""
    recording: Mapped[str | None] = mapped_column(String(128))
    recording_pauses: Mapped[list[Any]] = mapped_column(server_default="[]")
    swept: Mapped[bool]
    cadence: Mapped[float | None]
    """Seconds from one ring to the next on this line when the call was made."""
    seconds_to_answer: Mapped[float | None]
    rings_to_answer: Mapped[int | None]
    seconds_to_operator: Mapped[float | None]
    rings_to_operator: Mapped[int | None]
    late: Mapped[bool]
    rank: Mapped[int] = mapped_column(SmallInteger)
    known_until: Mapped[datetime]


class CallLink(Base):
    """What a call was about, as (subject type, id); a link that was taken back stays on record."""

    __tablename__ = "call_links"
    __table_args__ = (
        Index(
            "uq_call_links_standing",
            "call_id",
            "subject_type",
            "subject_id",
            unique=True,
            postgresql_where=_STANDING,
            sqlite_where=_STANDING,
        ),
        Index(None, "call_id"),
        Index(None, "subject_type", "subject_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("calls.id", ondelete="CASCADE"))
    subject_type: Mapped[str] = mapped_column(String(32))
    subject_id: Mapped[int] = mapped_column(BigInteger)
    how: Mapped[str] = mapped_column(String(16))
    linked_at: Mapped[datetime]
    linked_by: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str] = mapped_column(String(500))
    unlinked_at: Mapped[datetime | None]
    unlinked_by: Mapped[str] = mapped_column(String(64))
    unlink_reason: Mapped[str] = mapped_column(String(500))


class ExchangeState(Base):
    """One thing remembered about an exchange between two runs, for instance how far its event log was read."""

    __tablename__ = "exchange_state"

    node: Mapped[str] = mapped_column(String(32), primary_key=True)
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[str] = mapped_column(Text)


class CallerMark(Base):
    """What was said of a caller on a call: a nuisance, a wrong number, silence. `number`: its last ten digits.

    `blocked_at`: since when the exchange refuses the number; `unblocked_at`: since when it does not any more.
    """

    __tablename__ = "caller_marks"
    __table_args__ = (Index(None, "number", "id"), Index(None, "call_id"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    number: Mapped[str] = mapped_column(String(16))
    kind: Mapped[str] = mapped_column(String(16))
    call_id: Mapped[int] = mapped_column(ForeignKey("calls.id"))
    note: Mapped[str] = mapped_column(String(500))
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(64))
    blocked_at: Mapped[datetime | None]
    unblocked_at: Mapped[datetime | None]
    unblocked_by: Mapped[str] = mapped_column(String(64))
