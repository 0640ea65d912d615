"""The table of recordings."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, SmallInteger, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.calls.models import Call
from callcenter.db import Base, BigId

MESSAGES = text("channels = 1")
"""What tells messages that callers left from recorded calls, which have two channels."""


class Recording(Base):
    """One kept recording. `path` is relative to the store, `size` in bytes, `sha256` of the whole WAV file.

    `name` is the exchange's name of it, unique on one node: no file is ever taken in twice (further parts of one that
    was interrupted unseen are called name+2, name+3 …). `call_id` is null until
    its call is known. `checked_at` is when the file was last read back and found whole; `problem` says what was
    wrong with the exchange's file and could be mended.
    """

    __tablename__ = "recordings"
    __table_args__ = (
        UniqueConstraint("node", "name"),
        Index("ix_recordings_messages", "id", sqlite_where=MESSAGES, postgresql_where=MESSAGES),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    call_id: Mapped[int | None] = mapped_column(ForeignKey(Call.id, ondelete="SET NULL"), index=True)
    node: Mapped[str] = mapped_column(String(32))
    name: Mapped[str] = mapped_column(String(128))
    path: Mapped[str] = mapped_column(String(512))
    seconds: Mapped[float]
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    channels: Mapped[int] = mapped_column(SmallInteger)
    checked_at: Mapped[datetime]
    problem: Mapped[str | None] = mapped_column(String(200))
