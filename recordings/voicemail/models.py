"""The table of messages that callers left."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.db import Base, BigId
from callcenter.outbound.models import DueCall
from recordings.models import Recording


class State(StrEnum):
    """What the house did with a message."""

    NEW = "new"
    HEARD = "heard"
    DONE = "done"


class TextState(StrEnum):
    """What became of writing a message down. `NO_ENGINE`: none is installed for its language."""

    PENDING = "pending"
    WRITTEN = "written"
    NOTHING = "nothing"
    NO_ENGINE = "no_engine"
    FAILED = "failed"


class Voicemail(Base):
    """One message.

    `number` is empty where the caller hid it, or no call can be made to it: then there is no call-back until somebody
    enters the number that the message says.

    `left_at` is the end of the call, or when the message was found where the call is not known. `language` is the one
    that the caller chose in the menu, else the house's first.
    """

    __tablename__ = "voicemails"
    __table_args__ = (Index(None, "left_at", "id"), Index(None, "state", "left_at"), Index(None, "text_state", "id"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    recording_id: Mapped[int] = mapped_column(ForeignKey(Recording.id, ondelete="CASCADE"), unique=True)
    due_call_id: Mapped[int | None] = mapped_column(ForeignKey(DueCall.id, ondelete="SET NULL"), index=True)
    number: Mapped[str] = mapped_column(String(128))
    line: Mapped[str] = mapped_column(String(128))
    language: Mapped[str] = mapped_column(String(8))
    left_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(16))
    heard_by: Mapped[str | None] = mapped_column(String(64))
    heard_at: Mapped[datetime | None]
    done_by: Mapped[str | None] = mapped_column(String(64))
    done_at: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(String(1000))
    text: Mapped[str | None] = mapped_column(Text)
    text_state: Mapped[str] = mapped_column(String(16))
