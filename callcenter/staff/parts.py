"""What this slice is made of, for its routes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from aiohttp import web

from callcenter.clock import Clock
from callcenter.db import Database
from callcenter.settings import Settings
from callcenter.staff.audit import AuditLog
from callcenter.staff.passwords import Passwords
from callcenter.staff.schemas import House
from callcenter.staff.second_factor import SecondFactors
from callcenter.staff.service import Logins, Person
from callcenter.staff.sessions import Sessions
from callcenter.staff.users import Users


@dataclass(frozen=True, slots=True)
class StaffParts:
    """What these routes need."""

    house: House
    logins: Logins
    sessions: Sessions
    second_factors: SecondFactors
    users: Users

    @classmethod
    def build(
        cls, settings: Settings, database: Database, clock: Clock, passwords: Passwords, audit: AuditLog
    ) -> StaffParts:
        """Put the slice together."""
        idle = timedelta(hours=settings.http.session_hours)
        logins = Logins(database, clock, passwords, audit, idle)
        return cls(
            House.of(settings),
            logins,
            Sessions(database, clock, audit, idle),
            SecondFactors(database, clock, audit, logins.prove, settings.hotel.name.en),
            Users(database, clock, passwords, audit),
        )


PARTS: web.AppKey[StaffParts] = web.AppKey("staff_parts", StaffParts)
PERSON: web.RequestKey[Person] = web.RequestKey("person", Person)
