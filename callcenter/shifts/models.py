"""Tables of shifts: who works when, who does which chore, swaps asked for, and handovers."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.db import Base, BigId


class RosterEntry(Base):
    """One person works one shift that begins on `day`; nobody works two on one day."""

    __tablename__ = "roster_entries"
    __table_args__ = (UniqueConstraint("user_id", "day"), Index(None, "day"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    day: Mapped[date]
    shift: Mapped[str] = mapped_column(String(32))


class ChoreEntry(Base):
    """One person does one chore on `day`."""

    __tablename__ = "chore_entries"
    __table_args__ = (UniqueConstraint("day", "chore"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    day: Mapped[date]
    chore: Mapped[str] = mapped_column(String(32))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))


class ShiftSwap(Base):
    """Somebody asks a colleague to swap shifts; the colleague agrees, then a supervisor approves.

    `day` is that of the asker's shift, `other_day` that of the colleague's; null: the colleague takes it for nothing.
    """

    __tablename__ = "shift_swaps"
    __table_args__ = (Index(None, "state"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    other_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    day: Mapped[date]
    other_day: Mapped[date | None]
    note: Mapped[str] = mapped_column(String(500))
    state: Mapped[str] = mapped_column(String(16))
    asked_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class Handover(Base):
    """What a leaving shift tells the next one. `promises` and `lost` are as they stood when it was written."""

    __tablename__ = "handovers"
    __table_args__ = (Index(None, "written_at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    shift: Mapped[str] = mapped_column(String(32))
    text: Mapped[str] = mapped_column(Text)
    promises: Mapped[list[Any]]
    lost: Mapped[list[Any]]
    written_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    written_by: Mapped[str] = mapped_column(String(128))
    written_at: Mapped[datetime]
    signed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    signed_by: Mapped[str | None] = mapped_column(String(128))
    signed_at: Mapped[datetime | None]
