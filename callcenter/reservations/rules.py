"""The rules of reservations as small facts, and who may act on them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from callcenter.clock import Clock
from callcenter.settings import Settings
from callcenter.staff.audit import Actor, AuditLog


class Booker(Actor, Protocol):
    """Whoever acts on a booking, with role and permissions."""

    @property
    def role(self) -> str:
        """The role, by which the discount ceiling is found."""
        ...

    def may(self, permission: str) -> bool:
        """Tell whether the role has `permission`."""
        ...


@dataclass(frozen=True, slots=True)
class TheHouse:
    """The house itself, acting by a rule; `username` names the rule. It gives no discounts and may what it must."""

    username: str
    user_id: int | None = None
    role: str = ""

    def may(self, permission: str) -> bool:
        """The house acts only where a rule says so."""
        return True


@dataclass(frozen=True, slots=True)
class BookingRules:
    """The rules in force; wall-clock times are of `zone`. Their sense and defaults: `booking_settings`."""

    zone: ZoneInfo
    delete_window: timedelta
    evening_audit: time
    afternoon: time
    night_audit: time
    no_show_after: timedelta
    no_show_contacts: int
    hold_until: time
    arrival: time
    departure: time
    automatic_rooms: time
    ceilings: Mapping[str, int]
    free_cancellation: timedelta
    longest_stay: int

    @classmethod
    def of(cls, settings: Settings) -> BookingRules:
        """Take them from the settings."""
        wanted = settings.reservations
        return cls(
            settings.hotel.zone,
            timedelta(hours=wanted.delete_window_hours),
            wanted.evening_audit,
            wanted.afternoon,
            wanted.night_audit,
            timedelta(hours=wanted.no_show_hours),
            wanted.no_show_contacts,
            wanted.hold_until,
            wanted.arrival,
            wanted.departure,
            wanted.automatic_rooms,
            wanted.discount_ceilings,
            timedelta(hours=wanted.free_cancellation_hours),
            wanted.longest_stay,
        )

    def at(self, day: date, clock: time) -> datetime:
        """Return the instant, in UTC, at which the hotel's clocks show `clock` on `day`."""
        return datetime.combine(day, clock, self.zone).astimezone(UTC)

    def today(self, now: datetime) -> date:
        """Return the hotel's date."""
        return now.astimezone(self.zone).date()

    def earliest_arrival(self, now: datetime) -> date:
        """Return the first date for which can be booked: before the night audit still the day that it will close."""
        local = now.astimezone(self.zone)
        is_night = self.night_audit < time(12) and local.time() < self.night_audit
        return local.date() - timedelta(days=1) if is_night else local.date()


@dataclass(frozen=True, slots=True)
class Desk:
    """What every act on a booking needs: the time, the rules, the log."""

    clock: Clock
    rules: BookingRules
    audit: AuditLog


@dataclass(frozen=True, slots=True)
class Note:
    """The words of a change note: what the customer asked, why it is done, who is told next; and from where.

    `agreed`: the customer has confirmed what is being changed. `told`: a role, or empty.
    `attention`: what was found out about people on the special-attention list, empty where nobody has looked.
    """

    why: str = ""
    asked: str = ""
    told: str = ""
    address: str = ""
    attention: str = ""
    agreed: bool = False


NO_NOTE = Note()
