"""Wake-up times set on the room's telephone, for the spoken flow (fulfils `ivr.wake_up_flow.WakeUpBook`)."""

from __future__ import annotations

from datetime import datetime, time

from callcenter.stays import wake_ups
from callcenter.stays.kinds import Source
from callcenter.stays.parts import StayParts
from callcenter.stays.scope import House

HOUSE_LANGUAGE = "zh"


class RoomWakeUps:
    """The wake-up times of the rooms."""

    def __init__(self, parts: StayParts) -> None:
        self._parts = parts

    async def language(self, room: str) -> str:
        """Return the language of who is registered in a room.

        Raises:
            DatabaseUnavailable: nobody knows now.
        """
        async with self._parts.database.read() as session:
            stays = await wake_ups.in_room(session, room)
        return stays[0].language if stays else HOUSE_LANGUAGE

    def next_time(self, at: time) -> datetime:
        """Return when the hotel's clocks show `at` next."""
        return wake_ups.next_time(at, self._parts.clock.now(), self._parts.rules.zone)

    async def keep(self, room: str, due_at: datetime) -> None:
        """Keep a wake-up time for a room.

        Raises:
            RoomVacant: nobody is registered there.
            WakeUpPast: it lies after the departure.
            DatabaseUnavailable: it cannot be kept now.
        """
        async with self._parts.work(House(f"room {room}")) as scope:
            await wake_ups.add_for_room(scope, room, due_at, Source.ROOM_PHONE)
