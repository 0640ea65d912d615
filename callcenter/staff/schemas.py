"""What goes in and out over HTTP about people, sessions and the audit log."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from callcenter.settings import Settings, Words
from callcenter.web.inputs import Input, Instant, Text
from callcenter.web.output import Output

Password = Annotated[Text, Field(max_length=256)]
Username = Annotated[Text, Field(min_length=1, max_length=64)]


class Credentials(Input):
    """A sign-in."""

    username: Username
    password: Password


class PasswordChange(Input):
    """The present password and the wanted one, at least 10 characters."""

    current: Password
    new: Annotated[Password, Field(min_length=10)]


class UserOut(Output):
    """The signed-in user."""

    id: int
    username: str
    name: str
    role: str
    permissions: list[str]


class HotelOut(Output):
    """The house."""

    name: Words
    timezone: str


class LineOut(Output):
    """A hotline number; `ring_cadence`: seconds from one ring to the next on it."""

    number: str
    name: Words
    ring_cadence: float


class QueueOut(Output):
    """A group of operators."""

    id: str
    name: Words


class House(Output):
    """What every page needs to know of the house."""

    hotel: HotelOut
    lines: list[LineOut]
    queues: list[QueueOut]
    ring_cadence: float

    @classmethod
    def of(cls, settings: Settings) -> House:
        """Take it from the settings."""
        return cls(
            hotel=HotelOut(name=settings.hotel.name, timezone=settings.hotel.timezone),
            lines=[
                LineOut(number=line.number, name=line.name, ring_cadence=settings.rings_of(line).ring_cadence)
                for line in settings.lines
            ],
            queues=[QueueOut(id=key, name=queue.name) for key, queue in settings.queues.items()],
            ring_cadence=settings.three_rings.ring_cadence,
        )


class SessionOut(House):
    """A session: the user, the token for changes, and the house."""

    user: UserOut
    csrf: str


class AuditFilter(Input):
    """Which part of the audit log."""

    user: Username | None = None
    action: Annotated[Text, Field(max_length=64)] | None = None
    begin: Instant | None = Field(default=None, alias="from")
    end: Instant | None = Field(default=None, alias="to")
    limit: int = Field(default=50, ge=1, le=200)
    after: Annotated[str, Field(max_length=200)] | None = None


class AuditRow(Output):
    """One entry of the audit log."""

    id: int
    at: datetime
    user: str
    action: str
    subject_type: str
    subject_id: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    note: str
    address: str


class AuditPage(Output):
    """A page of the audit log, newest first."""

    items: list[AuditRow]
    next: str | None
