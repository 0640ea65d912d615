"""The web application with its slices, on a test database, with an exchange that only takes notes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aiohttp.test_utils import TestClient
from argon2 import PasswordHasher
from prometheus_client import CollectorRegistry
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.agents import routes as agent_routes
from callcenter.agents.parts import AgentParts
from callcenter.calls import routes as call_routes
from callcenter.calls.models import Call
from callcenter.calls.routes import CallParts, RecordingInfo
from callcenter.calls.three_rings import Cadences
from callcenter.clock import SettableClock
from callcenter.console import DeskCall, NoSuchCall, PhoneAccount
from callcenter.db import Database
from callcenter.desk import parts as desk_parts
from callcenter.desk.knowledge import RESERVATION, STAY, BookingKnowledge, StayKnowledge
from callcenter.emergencies import routes as emergency_routes
from callcenter.emergencies.parts import EmergencyParts
from callcenter.errors import HouseError
from callcenter.events import EventBus
from callcenter.exports import add_exports
from callcenter.guests import routes as guest_routes
from callcenter.guests.calls import GUEST
from callcenter.guests.parts import GuestParts
from callcenter.health import Alarms, Health
from callcenter.outbound import routes as outbound_routes
from callcenter.outbound.parts import OutboundParts
from callcenter.reservations.parts import ReservationParts
from callcenter.reservations.setup import setup as set_up_reservations
from callcenter.rooms import routes as room_routes
from callcenter.rooms.seeding import ensure_rooms
from callcenter.settings import Settings
from callcenter.settings.interpreters import Interpreter
from callcenter.shifts import routes as shift_routes
from callcenter.staff import routes as staff_routes
from callcenter.staff.audit import AuditLog
from callcenter.staff.parts import StaffParts
from callcenter.staff.passwords import Passwords
from callcenter.staff.roles import Role
from callcenter.staff.service import NewUser, ensure_users
from callcenter.stays import routes as stay_routes
from callcenter.stays.parts import StayParts
from callcenter.stays.residents import StayResidents
from callcenter.telephony import (
    CallKey,
    CallSnapshot,
    Help,
    LinkState,
    LinkStatus,
    PhoneActivity,
    PhoneState,
    RoomPhone,
)
from callcenter.web.app import Parts, create_app
from callcenter.web.live import LiveHub
from tests.sample import sample_settings

NOON = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
PASSWORD = "a password for tests"


@dataclass
class NotingTelephony:
    """An exchange that notes what it is asked, or fails with `failure`."""

    asked: list[tuple[str, object]] = field(default_factory=list)
    failure: HouseError | None = None
    rooms: dict[str, RoomPhone] = field(default_factory=dict)
    activities: dict[str, PhoneActivity] = field(default_factory=dict)
    paused: dict[str, bool] = field(default_factory=dict)
    lit: set[str] = field(default_factory=set)

    def link_status(self) -> LinkStatus:
        return LinkStatus(LinkState.UP, NOON)

    async def pause_recording(self, key: CallKey) -> None:
        self._note("pause", key)

    async def resume_recording(self, key: CallKey) -> None:
        self._note("resume", key)

    async def exclude_from_recording(self, number: str, *, excluded: bool) -> None:
        self._note("exclude", (number, excluded))

    async def numbers_not_recorded(self) -> list[str]:
        self._note("exclusions", None)
        return ["0301", "13812345678"]

    async def hang_up(self, key: CallKey) -> None:
        self._note("hang_up", key)

    async def room_phones(self) -> dict[str, RoomPhone]:
        self._note("room_phones", None)
        return dict(self.rooms)

    async def set_room_phone(self, room: str, phone: RoomPhone) -> None:
        self._note("set_room_phone", (room, phone))
        self.rooms[room] = phone

    async def join_call(self, operator: str, supervisor: str, how: Help) -> None:
        self._note(how.value, (operator, supervisor))

    async def call_out(self, extension: str, number: str) -> None:
        self._note("call_out", (extension, number))

    async def take_over(self, operator: str, supervisor: str) -> None:
        self._note("take_over", (operator, supervisor))

    async def set_queue_priority(self, key: CallKey, queue: str, priority: int) -> None:
        self._note("queue_priority", (key.linkedid, queue, priority))

    def phone_activity(self, extension: str) -> PhoneActivity:
        return self.activities.get(extension, PhoneActivity(extension, PhoneState.IDLE))

    async def pause_phone(self, extension: str, *, paused: bool, reason: str = "") -> None:
        self._note("pause_phone", (extension, paused, reason))
        self.paused[extension] = paused

    async def phones_paused(self) -> dict[str, bool]:
        self._note("phones_paused", None)
        return dict(self.paused)

    async def message_lamps(self) -> set[str]:
        self._note("message_lamps", None)
        return set(self.lit)

    async def set_message_lamp(self, room: str, *, lit: bool) -> None:
        self._note("set_message_lamp", (room, lit))
        self.lit = self.lit | {room} if lit else self.lit - {room}

    async def put_through(self, key: CallKey, room: str) -> None:
        self._note("put_through", (key.linkedid, room))

    async def block_caller(self, number: str, *, blocked: bool) -> None:
        self._note("block_caller", (number, blocked))

    async def add_third_party(self, key: CallKey, number: str) -> None:
        self._note("add_third_party", (key.linkedid, number))

    async def raise_emergency(self, conference: str) -> None:
        self._note("raise_emergency", conference)

    async def call_into_emergency(self, conference: str, number: str) -> None:
        self._note("call_into_emergency", (conference, number))

    def _note(self, action: str, subject: object) -> None:
        if self.failure is not None:
            raise self.failure
        self.asked.append((action, subject))


@dataclass
class NotingBrowsers:
    """Accounts that no exchange knows; each owner's password is another."""

    accounts: dict[str, tuple[str, str]] = field(default_factory=dict)
    made: int = 0

    async def admit(self, extension: str, owner: str) -> PhoneAccount:
        if self.accounts.get(extension, ("", ""))[0] != owner:
            self.made += 1
            self.accounts[extension] = (owner, f"password {self.made}")
        return PhoneAccount(f"sip:op{extension}@hotel.invalid", f"op{extension}", self.accounts[extension][1])

    async def dismiss(self, extension: str) -> None:
        self.accounts.pop(extension, None)

    def owners(self) -> dict[str, str]:
        return {extension: owner for extension, (owner, _) in self.accounts.items()}


class QuietConsole:
    """Phones on which nothing is going on."""

    def __init__(self) -> None:
        self.given_back: list[str] = []

    def call_of(self, extension: str) -> DeskCall | None:
        return None

    async def give_back(self, extension: str) -> None:
        self.given_back.append(extension)

    async def refuse(self, extension: str) -> None:
        raise NoSuchCall

    async def refuse_with(self, extension: str, target: str) -> None:
        raise NoSuchCall

    hold = resume = swap = complete = conference = park = hang_up = refuse
    consult = transfer = dial = refuse_with

    async def send_digits(self, extension: str, digits: str) -> None:
        raise NoSuchCall


@dataclass
class KnownRecordings:
    """Recordings by the id of their call."""

    by_call: dict[int, RecordingInfo] = field(default_factory=dict)

    async def for_calls(self, session: AsyncSession, rows: Sequence[Call]) -> dict[int, RecordingInfo]:
        return {call.id: self.by_call[call.id] for call in rows if call.id in self.by_call}


class Application:
    """Everything that a test of pages wants to reach. `client` speaks HTTP to it once it is started."""

    client: TestClient[Any, Any]

    def __init__(self, database: Database, pages: Path) -> None:
        self.settings: Settings = sample_settings()
        self.database = database
        self.clock = SettableClock(NOON)
        self.health = Health()
        self.alarms = Alarms(self.clock)
        self.live = LiveHub(self.clock)
        self.telephony = NotingTelephony()
        self.recordings = KnownRecordings()
        self.cadences = Cadences.of(self.settings)
        self.passwords = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        self.audit = AuditLog(self.clock)
        self.staff = StaffParts.build(self.settings, database, self.clock, self.passwords, self.audit)
        self.logins = self.staff.logins
        self.web = create_app(
            Parts(
                clock=self.clock,
                zone=self.settings.hotel.zone,
                database=database,
                authenticator=staff_routes.CookieAuthenticator(self.logins),
                audit=self.audit,
                health=self.health,
                alarms=self.alarms,
                live=self.live,
                link_status=self.telephony.link_status,
                metrics=CollectorRegistry(),
                pages=pages,
                version="0.test",
            )
        )
        staff_routes.setup(self.web, self.staff)
        self.outbound = OutboundParts(database, self.clock, self.audit, self.live.publish_changed, timedelta(days=3))
        outbound_routes.setup(self.web, self.outbound)
        shift_routes.setup(self.web, shift_routes.ShiftParts.build(self.settings, self.outbound))
        known = (BookingKnowledge(), StayKnowledge())
        self.guests = GuestParts.build(
            self.settings, database, self.clock, self.audit, finders=known, sources=known, orders=known[:1]
        )
        self.bus = EventBus()
        self.open_calls: list[CallSnapshot] = []
        self.agents = AgentParts.build(
            self.settings,
            database,
            self.clock,
            self.audit,
            telephony=self.telephony,
            bus=self.bus,
            open_calls=lambda: self.open_calls,
            guests=self.guests.guests,
            changed=self.live.publish_changed,
        )
        agent_routes.setup(self.web, self.agents)
        subjects = {GUEST: self.guests.subjects, RESERVATION: known[0], STAY: known[1]}
        interpreters = (Interpreter(language="ja", name="佐藤", number="13900000081"),)
        zone = self.settings.hotel.zone
        call_routes.setup(self.web, CallParts(self.telephony, self.recordings, zone, subjects, interpreters))
        guest_routes.setup(self.web, self.guests)
        self.stays = StayParts.build(
            self.settings,
            database,
            self.clock,
            self.audit,
            telephony=self.telephony,
            bus=EventBus(),
            alarms=self.alarms,
            changed=self.live.publish_changed,
        )
        stay_routes.setup(self.web, self.stays)
        self.emergencies = EmergencyParts.build(
            self.settings, database, self.clock, self.audit, self.telephony, self.live.publish_changed
        )
        emergency_routes.setup(self.web, self.emergencies)
        self.reservations = ReservationParts.build(
            self.settings, database, self.clock, self.audit, self.live, StayResidents()
        )
        room_parts = room_routes.RoomParts(self.clock, self.settings.hotel.zone, self.audit, self.live)
        room_routes.setup(self.web, room_parts)
        set_up_reservations(self.web, self.reservations)
        self.browsers = NotingBrowsers()
        self.console = QuietConsole()
        self.desk = desk_parts.build(
            self.web,
            self.settings,
            database,
            self.audit,
            self.staff.sessions,
            self.browsers,
            self.console,
            EventBus(),
        )
        add_exports(self.web)

    async def add_rooms(self) -> None:
        """Bring the sample hotel's rooms into the database."""
        async with self.database.begin() as session:
            await ensure_rooms(session, self.settings)

    async def add_users(self) -> None:
        """Create one user of each role, named after it."""
        wanted = [NewUser(role.value, f"Test {role.value}", role) for role in Role]
        async with self.database.begin() as session:
            await ensure_users(session, wanted, self.passwords, self.clock, PASSWORD)

    async def sign_in(self, username: str) -> dict[str, str]:
        """Sign the client in and return the header that changes need."""
        answer = await self.client.post("/api/v1/session", json={"username": username, "password": PASSWORD})
        assert answer.status == 200, await answer.text()
        return {"X-CSRF-Token": (await answer.json())["csrf"]}
