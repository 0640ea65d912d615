"""A desk with the sample hotel's rooms, on a test database, with the clock set."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.clock import SettableClock
from callcenter.db import Database
from callcenter.reservations import booking as bookings
from callcenter.reservations import store
from callcenter.reservations.audit_jobs import Audits
from callcenter.reservations.models import Reservation
from callcenter.reservations.rules import BookingRules, Desk, Note
from callcenter.reservations.states import Kind
from callcenter.rooms.seeding import ensure_rooms
from callcenter.staff.audit import AuditLog
from callcenter.staff.models import User
from callcenter.staff.passwords import Passwords
from callcenter.staff.roles import Role, permissions_of
from callcenter.staff.service import NewUser, ensure_users
from tests.application import PASSWORD
from tests.sample import sample_settings

ZONE = ZoneInfo("Asia/Shanghai")
TODAY = date(2026, 12, 1)
WHY = Note(why="the customer asked for it")


@dataclass(frozen=True)
class Clerk:
    """Somebody at the desk, by role."""

    username: str
    user_id: int | None
    role: str

    def may(self, permission: str) -> bool:
        return permission in permissions_of(self.role)


@dataclass
class House:
    """The desk, its database, and one clerk of each role, named after it."""

    database: Database
    clock: SettableClock
    desk: Desk
    clerks: dict[str, Clerk]
    told: list[str] = field(default_factory=list)

    @property
    def audits(self) -> Audits:
        return Audits(self.database, self.desk, self.told.append)

    def by(self, role: str = "operator") -> Clerk:
        return self.clerks[role]

    def at(self, text: str) -> datetime:
        """Set the clock to a time of the hotel's, on today's date where none is given."""
        moment = datetime.fromisoformat(text if "T" in text else f"{TODAY.isoformat()}T{text}").replace(tzinfo=ZONE)
        self.clock.set(moment)
        return self.clock.now()

    async def book(self, session: AsyncSession, role: str = "operator", **wanted: object) -> Reservation:
        return await bookings.create(session, self.desk, wish(**wanted), self.by(role), WHY)

    async def booked(self, role: str = "operator", **wanted: object) -> str:
        """Make a booking in a transaction of its own; return its number."""
        async with self.database.begin() as session:
            return (await self.book(session, role, **wanted)).number

    async def state(self, number: str) -> str:
        async with self.database.read() as session:
            return (await store.by_number(session, number)).state


def wish(**changes: object) -> bookings.Wanted:
    """Describe a booking of one suite for the night of today, unless said otherwise."""
    standard = bookings.Wanted(
        kind=Kind.INDIVIDUAL,
        lines=(bookings.WantedLine("suite"),),
        arrival=TODAY,
        departure=date(2026, 12, 2),
        arrival_time=time(18),
        booker="林示例",
        phone="13800000001",
    )
    return replace(standard, **changes)  # type: ignore[arg-type]


@pytest.fixture
def rules() -> BookingRules:
    return BookingRules.of(sample_settings())


@pytest_asyncio.fixture
async def house(database: Database, rules: BookingRules) -> AsyncIterator[House]:
    clock = SettableClock(datetime(2026, 12, 1, 10, 30, tzinfo=ZONE))
    settings = sample_settings()
    async with database.begin() as session:
        await ensure_rooms(session, settings)
        wanted = [NewUser(role.value, role.value, role) for role in Role]
        await ensure_users(session, wanted, QuickPasswords(), clock, PASSWORD)
        clerks = await _clerks(session)
    yield House(database, clock, Desk(clock, rules, AuditLog(clock)), clerks)


class QuickPasswords(Passwords):
    """Nobody signs in here, so nothing is hashed."""

    async def hash(self, password: str) -> str:
        return "none"


async def _clerks(session: AsyncSession) -> dict[str, Clerk]:

    return {user.username: Clerk(user.username, user.id, user.role) for user in await session.scalars(select(User))}
