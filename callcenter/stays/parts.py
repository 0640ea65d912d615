"""What this slice is made of: for its routes, for the spoken flow, for the house's clock."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from aiohttp import web

from callcenter.clock import Clock
from callcenter.db import Database
from callcenter.events import EventBus
from callcenter.guests.numbers import NumberPlan
from callcenter.guests.rules import GuestRules
from callcenter.guests.service import Guests
from callcenter.health import Alarms
from callcenter.reservations.rules import BookingRules, Desk
from callcenter.schedule import Schedule
from callcenter.settings import Settings
from callcenter.staff.audit import AuditLog
from callcenter.stays import nights, overstays
from callcenter.stays.from_booking import BookingDesk
from callcenter.stays.phone_charges import Tariff, charge_calls
from callcenter.stays.phones import RoomPhoneKeeper
from callcenter.stays.scope import Clerk, House, Scope, StayRules
from callcenter.telephony import PhoneClass, Telephony

log = structlog.get_logger(__name__)

CHARGE_SECONDS = 30.0
OVERSTAY_SECONDS = 60.0
CHARGED_AFTER = timedelta(days=3)
"""Calls that ended longer ago are not looked at any more; the application was never away for so long."""

Changed = Callable[[str], None]
"""Tells every open page that a list changed."""


@dataclass(frozen=True, slots=True)
class StayParts:
    """What works on stays. `changed` tells the pages."""

    database: Database
    clock: Clock
    rules: StayRules
    tariff: Tariff
    bookings: BookingDesk
    audit: AuditLog
    phones: RoomPhoneKeeper
    telephony: Telephony
    changed: Changed
    alarms: Alarms

    @classmethod
    def build(
        cls,
        settings: Settings,
        database: Database,
        clock: Clock,
        audit: AuditLog,
        *,
        telephony: Telephony,
        bus: EventBus,
        alarms: Alarms,
        changed: Changed,
    ) -> StayParts:
        """Put the slice together."""
        rooms = [number for block in settings.rooms for number in block.extensions]
        vacant = PhoneClass(settings.room_phones.vacant_class)
        keeper = RoomPhoneKeeper(database, telephony, bus, alarms, rooms=rooms, vacant=vacant, changed=changed)
        tariff = Tariff(settings.room_phones, settings.stays.phone_rates)
        guests = Guests(clock, NumberPlan.of(settings), GuestRules.of(settings), audit)
        bookings = BookingDesk(Desk(clock, BookingRules.of(settings), audit), guests)
        rules = StayRules.of(settings)
        return cls(database, clock, rules, tariff, bookings, audit, keeper, telephony, changed, alarms)

    @asynccontextmanager
    async def work(self, by: Clerk, address: str = "") -> AsyncIterator[Scope]:
        """Open one piece of work; when it is done, telephones are looked after and the pages are told."""
        async with self.database.begin() as session:
            yield Scope(session, by, self.clock.now(), self.rules, self.audit, address)
        self.phones.look()
        self.changed("stays")

    def schedule(self, schedule: Schedule) -> None:
        """Let the nights be closed and the calls be charged by themselves."""
        schedule.daily("stay_nights", self.rules.night_audit, self.close_nights)
        schedule.every("stay_calls", CHARGE_SECONDS, self.charge_calls)
        schedule.every("overstays", OVERSTAY_SECONDS, self.hold_overstays)

    async def close_nights(self, due: datetime) -> None:
        """Close every night before the hotel's day that begins at `due`, the missed ones too."""
        last = self.rules.day_of(due) - timedelta(days=1)
        async with self.database.read() as session:
            missing = await nights.nights_to_close(session, last)
        for night in missing:
            async with self.work(House("night-audit")) as scope:
                charged = await nights.close(scope, night)
            log.info("night_closed", night=night.isoformat(), stays=charged)

    async def hold_overstays(self) -> None:
        """Let nobody be sold the room of a guest who should have left."""
        async with self.database.begin() as session:
            scope = Scope(session, House("overstay"), self.clock.now(), self.rules, self.audit)
            held = await overstays.hold_coming_night(scope, self.alarms)
        if held:
            self.changed("stays")

    async def charge_calls(self) -> None:
        """Charge what guests have called meanwhile."""
        scope_now = self.clock.now()
        async with self.database.begin() as session:
            scope = Scope(session, House("telephone"), scope_now, self.rules, self.audit)
            charged = await charge_calls(scope, self.tariff, scope_now - CHARGED_AFTER)
        if charged:
            log.info("calls_charged", calls=charged)
            self.changed("stays")


PARTS: web.AppKey[StayParts] = web.AppKey("stay_parts", StayParts)
