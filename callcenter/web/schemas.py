"""What the application tells of itself over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from callcenter.web.output import Output


class HealthOut(Output):
    """This process serves."""

    status: str


class CheckOut(Output):
    """One thing that the house needs, and whether it works."""

    name: str
    ok: bool
    detail: str


class ReadyOut(Output):
    """Whether everything works."""

    ready: bool
    checks: list[CheckOut]


class LinkOut(Output):
    """The link to the exchange."""

    state: str
    since: datetime
    reason: str


class AlarmOut(Output):
    """A standing alarm."""

    code: str
    since: datetime
    params: dict[str, Any]


class StatusOut(Output):
    """Link, alarms, our version and time."""

    link: LinkOut
    alarms: list[AlarmOut]
    version: str
    now: datetime
