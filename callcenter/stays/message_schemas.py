"""Messages for guests and wake-up times, as they go in and out over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self

from pydantic import Field

from callcenter.settings import Extension
from callcenter.stays.kinds import WakeUpState
from callcenter.stays.models import GuestMessage, WakeUp
from callcenter.web.inputs import Input, Instant, Paragraph, Text
from callcenter.web.output import Output, columns


class MessageIn(Input):
    """A message. `remind_at`: when it appears by itself; null for never."""

    guest: Annotated[Text, Field(max_length=64)] = ""
    sender: Annotated[Text, Field(min_length=1, max_length=64)]
    sender_phone: Annotated[Text, Field(max_length=32)] = ""
    content: Annotated[Paragraph, Field(min_length=1, max_length=1000)]
    remind_at: Instant | None = None


class Tick(Input):
    """Whether the guest has the message."""

    delivered: bool


class WakeUpIn(Input):
    """When to wake the guest."""

    at: Instant


class RoomWakeUpIn(Input):
    """When to wake whoever is registered in a room."""

    room: Extension
    at: Instant


class MessageOut(Output):
    """A message for a guest."""

    id: int
    stay: int
    guest: str
    sender: str
    sender_phone: str
    content: str
    remind_at: datetime | None
    entered_at: datetime
    entered_by: str
    delivered_at: datetime | None
    delivered_by: str

    @classmethod
    def of(cls, message: GuestMessage) -> Self:
        """Show a message."""
        return cls(**columns(message, cls, "stay"), stay=message.stay_id)


class DueMessageOut(MessageOut):
    """A message whose time has come, with the room in which the guest is now."""

    room: str


class DueMessages(Output):
    """What must appear now; `popups`: whether it does so by itself."""

    popups: bool
    items: list[DueMessageOut]


class WakeUpOut(Output):
    """A wake-up time."""

    id: int
    stay: int
    due_at: datetime
    state: WakeUpState
    source: str
    entered_at: datetime
    entered_by: str

    @classmethod
    def of(cls, wake_up: WakeUp) -> Self:
        """Show a wake-up time."""
        return cls(**columns(wake_up, cls, "stay"), stay=wake_up.stay_id)


class RoomWakeUpOut(WakeUpOut):
    """A wake-up time with room and guests."""

    room: str
    guests: list[str]


class RoomWakeUps(Output):
    """Every wake-up time that is due, earliest first."""

    items: list[RoomWakeUpOut]


class WakeUps(Output):
    """Wake-up times."""

    items: list[WakeUpOut]
