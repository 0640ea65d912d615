"""Do not disturb (telephone-room, calls): always with an end; only wake-up and emergency ring meanwhile."""

from __future__ import annotations

from datetime import datetime, timedelta
from http import HTTPStatus

from callcenter.errors import HouseError
from callcenter.stays.models import Stay
from callcenter.stays.scope import Scope
from callcenter.stays.staying import must_be_here

LONGEST = timedelta(days=7)


class QuietRefused(HouseError):
    """The end lies in the past or too far ahead; params: `days`."""

    code = "quiet_refused"
    status = HTTPStatus.UNPROCESSABLE_ENTITY


async def set_quiet(scope: Scope, stay: Stay, until: datetime | None) -> None:
    """Let the room's telephone be silent until then (whole seconds), or end that; it moves with the guest.

    Raises:
        StayEnded: the guest has checked out.
        QuietRefused: the end has passed, or is more than `LONGEST` ahead.
    """
    must_be_here(stay)
    wanted = None if until is None else until.replace(microsecond=0)
    if wanted is not None and not scope.now < wanted <= scope.now + LONGEST:
        raise QuietRefused(days=LONGEST.days)
    if wanted == stay.quiet_until:
        return
    before = {"quiet_until": stay.quiet_until and stay.quiet_until.isoformat()}
    stay.quiet_until = wanted
    scope.note(stay, "quiet_set", before, {"quiet_until": wanted and wanted.isoformat()})
