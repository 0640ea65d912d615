"""What goes in and out over HTTP about people, sessions and the audit log."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import ConfigDict, Field

from callcenter.settings import Settings, Words
from callcenter.staff.roles import Role
from callcenter.staff.sessions import OpenSession
from callcenter.web.inputs import Input, Instant, Text
from callcenter.web.output import Output

Password = Annotated[Text, Field(max_length=256)]
Username = Annotated[Text, Field(min_length=1, max_length=64)]


Name = Annotated[Text, Field(min_length=1, max_length=128)]


class Credentials(Input):
    """A sign-in; `code` is the second factor's, or a recovery code, where there is one."""

    username: Username
    password: Password
    code: Annotated[Text, Field(max_length=64)] = ""


class PasswordIn(Input):
    """The present password, before a change that matters."""

    password: Password


class CodeIn(Input):
    """The first code of a second factor."""

    code: Annotated[Text, Field(min_length=1, max_length=64)]


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
    must_change_password: bool
    second_factor: bool


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


class EnrolmentOut(Output):
    """A second factor to be confirmed: the secret in base32, the address that phones read, and that as a picture."""

    secret: str
    uri: str
    qr: str


class RecoveryCodesOut(Output):
    """Codes that replace the second factor once each."""

    recovery_codes: list[str]


class SessionRow(Output):
    """A session; `own` marks the one that asks."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    user_id: int
    username: str
    name: str
    created_at: datetime
    used_at: datetime
    address: str
    browser: str
    own: bool = False


class SessionList(Output):
    """Sessions, the last used first."""

    items: list[SessionRow]


class NewUserIn(Input):
    """A user to be added; sign-in names are letters, digits, dots, dashes and underscores."""

    username: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
    name: Name
    role: Role


class UserChange(Input):
    """What is to be true of a user."""

    name: Name
    role: Role
    active: bool


class MemberOut(Output):
    """A user; `seen_at`: last use of a session that is still kept."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    username: str
    name: str
    role: str
    active: bool
    must_change_password: bool
    second_factor: bool
    created_at: datetime
    seen_at: datetime | None


class UserList(Output):
    """Every user, the active first."""

    items: list[MemberOut]


class NewUserOut(Output):
    """A new user and the password, which is told only now."""

    user: MemberOut
    password: str


class NewPasswordOut(Output):
    """A new password, which is told only now."""

    password: str


class RoleOut(Output):
    """A role and what it may do."""

    role: str
    permissions: list[str]


class RoleList(Output):
    """Every role."""

    items: list[RoleOut]


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


def session_row(session: OpenSession, own: str) -> SessionRow:
    """Describe a session; `own` is the public id of the one that asks."""
    row = SessionRow.model_validate(session)
    return row.model_copy(update={"own": row.id == own})
