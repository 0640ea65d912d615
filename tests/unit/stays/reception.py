"""A reception for tests of stays: a clock that stands still, people with rights, and the rooms of the sample hotel."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import select

from callcenter.clock import SettableClock
from callcenter.db import Database
from callcenter.events import EventBus
from callcenter.health import Alarms
from callcenter.rooms.models import Room
from callcenter.rooms.seeding import ensure_rooms
from callcenter.staff.audit import AuditLog
from callcenter.staff.roles import Role, permissions_of
from callcenter.stays import folio, reading
from callcenter.stays.checking_in import Registration
from callcenter.stays.models import FolioLine, Stay, StayChange
from callcenter.stays.parts import StayParts
from callcenter.stays.persons import Person
from callcenter.stays.scope import Scope
from tests.application import NotingTelephony
from tests.sample import sample_settings

ZONE = sample_settings().hotel.zone
TODAY = date(2026, 12, 3)
TOMORROW = date(2026, 12, 4)
LI = Person("李一", document_type="id_card", document_number="110101199001011237")


def at(text: str, day: date = TODAY) -> datetime:
    """An instant of the hotel's clock."""
    return datetime.fromisoformat(f"{day.isoformat()}T{text}").replace(tzinfo=ZONE).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody at the reception."""

    role: str = Role.FRONT_DESK.value
    username: str = "desk1"
    user_id: int | None = None

    def may(self, permission: str) -> bool:
        return permission in permissions_of(self.role)


MANAGER = Colleague(Role.MANAGER.value, "manager1")


@dataclass
class Reception:
    """The slice on a test database."""

    database: Database
    clock: SettableClock = field(default_factory=lambda: SettableClock(at("15:00")))
    telephony: NotingTelephony = field(default_factory=NotingTelephony)
    told: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.settings = sample_settings()
        self.alarms = Alarms(self.clock)
        self.bus = EventBus()
        self.parts = StayParts.build(
            self.settings,
            self.database,
            self.clock,
            AuditLog(self.clock),
            telephony=self.telephony,
            bus=self.bus,
            alarms=self.alarms,
            changed=self.told.append,
        )

    async def open(self) -> Reception:
        """Bring the rooms of the sample hotel in."""
        async with self.database.begin() as session:
            await ensure_rooms(session, self.settings)
        return self

    @asynccontextmanager
    async def work(self, by: Colleague | None = None) -> AsyncIterator[Scope]:
        """One piece of somebody's work."""
        async with self.parts.work(by or Colleague()) as scope:
            yield scope

    async def check_in(
        self,
        room: str = "0301",
        *,
        by: Colleague | None = None,
        departure: date | None = TOMORROW,
        booking: str | None = None,
        **form: Any,
    ) -> Stay:
        """Register a guest."""
        form.setdefault("persons", (LI,))
        async with self.work(by) as scope:
            return await self.parts.bookings.check_in(
                scope, Registration(room=room, departure=departure, **form), booking
            )

    @asynccontextmanager
    async def with_stay(self, stay: Stay, by: Colleague | None = None) -> AsyncIterator[tuple[Scope, Stay]]:
        """Do something with a stay."""
        async with self.work(by) as scope:
            yield scope, await reading.one(scope.session, stay.id, confidential=True)

    async def again(self, stay: Stay) -> Stay:
        """The stay as it stands in the books now."""
        async with self.database.read() as session:
            return await session.get_one(Stay, stay.id)

    async def room(self, number: str) -> Room:
        """A room as it stands in the books now."""
        async with self.database.read() as session:
            return (await session.scalars(select(Room).where(Room.number == number))).one()

    async def balance(self, stay: Stay) -> int:
        """What the guest owes."""
        async with self.database.read() as session:
            return (await folio.balances(session, [stay.id]))[stay.id]

    async def lines(self, stay: Stay) -> list[FolioLine]:
        """The guest's folio."""
        async with self.database.read() as session:
            return list(await folio.lines_of(session, stay.id))

    async def actions(self, stay: Stay) -> list[str]:
        """What stands in the stay's change log, oldest first."""
        async with self.database.read() as session:
            statement = select(StayChange.action).where(StayChange.stay_id == stay.id).order_by(StayChange.id)
            return list(await session.scalars(statement))

    async def close_night(self, night: date) -> None:
        """Let the night audit run after a night."""
        due = at("02:00", date.fromordinal(night.toordinal() + 1))
        self.clock.set(max(due, self.clock.now()))
        await self.parts.close_nights(due)
