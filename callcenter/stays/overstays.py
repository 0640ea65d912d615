"""Guests who should have left and have not: the coming night is theirs until they go or stay on (requirements 4)."""

from __future__ import annotations

import structlog
from sqlalchemy import select

from callcenter.health import Alarms
from callcenter.rooms.models import Room
from callcenter.stays.holding import hold_over
from callcenter.stays.kinds import StayState
from callcenter.stays.models import Stay
from callcenter.stays.scope import Scope

log = structlog.get_logger(__name__)

ALARM = "overstay_in_promised_room"
OVERSTAYED = "overstayed"


async def hold_coming_night(scope: Scope, alarms: Alarms) -> int:
    """Hold the night of the hotel's day for everybody whose time to leave has passed; return for how many anew.

    A room that is promised to another for that night is not taken away from anyone: the alarm names it.
    """
    statement = (
        select(Stay, Room)
        .join(Room, Room.id == Stay.room_id)
        .where(Stay.state == StayState.IN_HOUSE, Stay.departure <= scope.day, Stay.leaves_at <= scope.now)
        .order_by(Room.type_id, Stay.id)
    )
    held, promised = 0, []
    for stay, room in (await scope.session.execute(statement)).all():
        outcome = await hold_over(scope.session, stay, room, scope.day)
        if outcome is None:
            continue
        if outcome:
            held += 1
            scope.note(stay, OVERSTAYED, None, {"room": room.number, "night": scope.day.isoformat()})
        else:
            promised.append(room.number)
    if promised:
        alarms.set(ALARM, rooms=", ".join(sorted(promised)))
    else:
        alarms.clear(ALARM)
    if held:
        log.info("overstays_held", night=scope.day.isoformat(), stays=held)
    return held
