"""Message lamps of the rooms: lit while a message waits for somebody registered there (requirements 4, telephone-room).

What is lit follows from the messages, so it goes with a guest who moves, and ends with the stay or when the last
message is ticked. The exchange keeps its lamps in memory alone; after every connect they are read and mended.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.db import Database
from callcenter.errors import PbxRefused, PbxUnavailable
from callcenter.rooms.models import Room
from callcenter.stays.kinds import StayState
from callcenter.stays.models import GuestMessage, Stay
from callcenter.telephony import Telephony

log = structlog.get_logger(__name__)


class Lamp(StrEnum):
    """A room's message lamp, as the desk is told of it.

    `REQUESTED`: it shall be lit, the exchange has not been asked yet. `FAILED`: the exchange did not take it; it is
    asked again. `ON` says what the exchange keeps; a telephone that is unplugged learns of it when it registers again.
    """

    OFF = "off"
    REQUESTED = "requested"
    ON = "on"
    FAILED = "failed"


async def rooms_with_messages(session: AsyncSession) -> set[str]:
    """Return the rooms of guests in house for whom a message waits, whatever time it is to appear at."""
    statement = (
        select(Room.number)
        .join(Stay, Stay.room_id == Room.id)
        .join(GuestMessage, GuestMessage.stay_id == Stay.id)
        .where(Stay.state == StayState.IN_HOUSE, GuestMessage.delivered_at.is_(None))
    )
    return set(await session.scalars(statement))


class MessageLamps:
    """Keeps the exchange's lamps as the messages want them. `rooms`: those that have a telephone."""

    def __init__(self, database: Database, telephony: Telephony, rooms: Collection[str]) -> None:
        self._database = database
        self._telephony = telephony
        self._rooms = rooms
        self._lit: set[str] | None = None
        self._failed: set[str] = set()

    def forget(self) -> None:
        """Read the exchange's lamps before the next comparison: it may have been started anew."""
        self._lit = None

    def of_room(self, room: str, *, waits: bool) -> Lamp:
        """Tell what is known of a room's lamp; `waits`: a message does."""
        if not waits or room not in self._rooms:
            return Lamp.OFF
        if room in self._failed:
            return Lamp.FAILED
        return Lamp.ON if self._lit is not None and room in self._lit else Lamp.REQUESTED

    async def compare(self) -> int:
        """Light and put out what differs; return how many lamps did.

        Raises:
            PbxUnavailable, PbxRefused: the exchange does not take it.
            DatabaseUnavailable: nobody knows what waits.
        """
        async with self._database.read() as session:
            wanted = await rooms_with_messages(session) & set(self._rooms)
        try:
            if self._lit is None:
                self._lit = await self._telephony.message_lamps()
            differing = sorted(wanted ^ (self._lit & set(self._rooms)))
            for room in differing:
                await self._set(room, lit=room in wanted)
        except (PbxUnavailable, PbxRefused):
            self._failed = wanted - (self._lit or set())
            raise
        self._failed = set()
        return len(differing)

    async def _set(self, room: str, *, lit: bool) -> None:
        await self._telephony.set_message_lamp(room, lit=lit)
        if self._lit is not None:
            self._lit = self._lit | {room} if lit else self._lit - {room}
        log.info("message_lamp_set", room=room, lit=lit)
