"""Tables of emergencies. Rows are never deleted: the record of an emergency is evidence."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.db import Base, BigId

_OPEN = text("closed_at IS NULL")


class Emergency(Base):
    """An emergency at one place; one is open there at a time.

    `place`: a room's number, or what was written. `conference`: digits, what the exchange calls the conference in
    which everybody talks; a room's number where the place is one. `service`: the service outside that was dialled,
    empty where only our own people were alerted. `raised_by`: the user who raised it, empty when it was dialled.
    """

    __tablename__ = "emergencies"
    __table_args__ = (
        Index(None, "raised_at", "id"),
        Index("uq_emergencies_open", "place", unique=True, postgresql_where=_OPEN, sqlite_where=_OPEN),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    place: Mapped[str] = mapped_column(String(64))
    conference: Mapped[str] = mapped_column(String(16))
    service: Mapped[str] = mapped_column(String(16))
    kind: Mapped[str | None] = mapped_column(String(16))
    raised_at: Mapped[datetime]
    raised_by: Mapped[str] = mapped_column(String(64))
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str] = mapped_column(String(64))
    outcome: Mapped[str] = mapped_column(String(1000))


class EmergencyEntry(Base):
    """One line of an emergency's record, in the order of ids.

    `step`: which one of a checklist, as `fire.2` (counted from 1). `text`: its words as they were then, or what was
    dialled or noted. `node` and `linkedid`: the call that dialled.
    """

    __tablename__ = "emergency_entries"
    __table_args__ = (Index(None, "emergency_id", "id"), UniqueConstraint("node", "linkedid"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    emergency_id: Mapped[int] = mapped_column(ForeignKey("emergencies.id"))
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(64))
    action: Mapped[str] = mapped_column(String(16))
    step: Mapped[str] = mapped_column(String(16))
    text: Mapped[str] = mapped_column(String(1000))
    node: Mapped[str | None] = mapped_column(String(32))
    linkedid: Mapped[str | None] = mapped_column(String(64))
