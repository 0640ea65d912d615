"""Room telephones follow the stays: opened at check-in, closed at check-out, moved with the guest (requirements 4).

The database says what each telephone should be; the exchange is compared with it after every connect and after every
change, and what differs is written. An exchange that cannot be reached holds nobody up: the next look mends it.
The lamps that tell of a message (`lamps`) are looked after on the same occasions.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Collection, Iterable

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.db import Database, DatabaseUnavailable
from callcenter.errors import PbxRefused, PbxUnavailable
from callcenter.events import Event, EventBus, LinkChanged
from callcenter.health import Alarms
from callcenter.rooms.models import Room
from callcenter.stays.kinds import StayState
from callcenter.stays.lamps import MessageLamps
from callcenter.stays.models import Stay
from callcenter.telephony import LinkState, PhoneClass, RoomPhone, Telephony

log = structlog.get_logger(__name__)

LOOK_AGAIN_SECONDS = 60.0
ALARM = "room_phones_behind"


def phone_of(stays: Collection[Stay], vacant: PhoneClass) -> RoomPhone:
    """Return what the telephone of a room should be, given who is registered there.

    Where several share a room, the highest class counts, do not disturb holds until the latest end, and one who is
    confidential makes the room unreachable but for the callers whom that guest has named. A vacant room is as
    unreachable as a confidential one: from outside nobody tells them apart.
    """
    if not stays:
        return RoomPhone(vacant, connectable=False)
    order = list(PhoneClass)
    highest = max((PhoneClass(stay.phone_class) for stay in stays), key=order.index)
    hidden = [stay for stay in stays if stay.confidential]
    allowed = {caller_key(number) for stay in hidden for number in stay.allowed_callers}
    quiet = max((stay.quiet_until for stay in stays if stay.quiet_until is not None), default=None)
    return RoomPhone(highest, connectable=not hidden, allowed=tuple(sorted(allowed)), quiet_until=quiet)


def caller_key(number: str) -> str:
    """Return by what a caller is known again however a line shows the number: its last ten digits."""
    return number.removeprefix("+")[-10:]


async def wanted_phones(session: AsyncSession, rooms: Iterable[str], vacant: PhoneClass) -> dict[str, RoomPhone]:
    """Return what the telephone of each of `rooms` should be."""
    statement = select(Room.number, Stay).join(Room, Room.id == Stay.room_id).where(Stay.state == StayState.IN_HOUSE)
    registered: dict[str, list[Stay]] = {room: [] for room in rooms}
    for room, stay in await session.execute(statement):
        if room in registered:
            registered[room].append(stay)
    return {room: phone_of(stays, vacant) for room, stays in registered.items()}


class RoomPhoneKeeper:
    """Keeps the exchange's room telephones as the database wants them.

    `rooms`: those that have a telephone. `changed`: tells the pages that a lamp was lit or put out.
    """

    def __init__(
        self,
        database: Database,
        telephony: Telephony,
        bus: EventBus,
        alarms: Alarms,
        *,
        rooms: Collection[str],
        vacant: PhoneClass,
        changed: Callable[[str], None],
    ) -> None:
        self._database = database
        self._telephony = telephony
        self._alarms = alarms
        self._rooms = rooms
        self._vacant = vacant
        self._changed = changed
        self.lamps = MessageLamps(database, telephony, rooms)
        self._due = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        bus.subscribe(LinkChanged, self._on_link)

    def look(self) -> None:
        """Compare soon: something was changed."""
        self._due.set()

    async def start(self) -> None:
        """Begin to compare."""
        self._task = asyncio.create_task(self._keep(), name="room-phones")
        self.look()

    async def close(self) -> None:
        """Compare no more; the exchange keeps what it has."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def compare(self) -> int:
        """Write what differs; return how many telephones did.

        Raises:
            PbxUnavailable, PbxRefused: the exchange does not take it.
            DatabaseUnavailable: nobody knows what it should be.
        """
        async with self._database.read() as session:
            wanted = await wanted_phones(session, self._rooms, self._vacant)
        kept = await self._telephony.room_phones()
        differing = [(room, phone) for room, phone in wanted.items() if kept.get(room) != phone]
        for room, phone in differing:
            await self._telephony.set_room_phone(room, phone)
            log.info("room_phone_set", room=room, phone_class=phone.phone_class.value)
        return len(differing)

    def _on_link(self, event: Event) -> None:
        if isinstance(event, LinkChanged) and event.status.state is LinkState.UP:
            self.lamps.forget()
            self.look()

    async def _keep(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._due.wait(), LOOK_AGAIN_SECONDS)
            self._due.clear()
            if self._telephony.link_status().state is not LinkState.UP:
                continue
            try:
                await self.compare()
                if await self.lamps.compare():
                    self._changed("stays")
                self._alarms.clear(ALARM)
            except (PbxUnavailable, PbxRefused) as error:
                log.warning("room_phones_behind", reason=str(error))
                self._alarms.set(ALARM, reason=str(error.params.get("reason", "")))
            except DatabaseUnavailable as error:
                log.warning("room_phones_wait_for_database", reason=str(error))
            except Exception:  # whatever is wrong with one look, the next one is due
                log.exception("room_phones_look_failed")
