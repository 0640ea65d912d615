"""What this slice is made of, for its routes and for the slices above."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web

from callcenter.clock import Clock
from callcenter.guests.calls import CallHistory, GuestSubjects
from callcenter.guests.companies import Companies
from callcenter.guests.numbers import NumberPlan
from callcenter.guests.rules import GuestRules
from callcenter.guests.search import GuestFinder, Search
from callcenter.guests.service import By, Guests
from callcenter.guests.timeline import TimelineSource
from callcenter.settings import Settings
from callcenter.staff.audit import AuditLog
from callcenter.web.identity import address_of, user_of


@dataclass(frozen=True, slots=True)
class GuestParts:
    """What these routes need."""

    guests: Guests
    companies: Companies
    search: Search
    subjects: GuestSubjects
    sources: tuple[TimelineSource, ...]

    @classmethod
    def build(
        cls,
        settings: Settings,
        clock: Clock,
        audit: AuditLog,
        *,
        finders: Sequence[GuestFinder] = (),
        sources: Sequence[TimelineSource] = (),
    ) -> GuestParts:
        """Put the slice together; `finders` and `sources` are what other slices know of guests."""
        guests = Guests(clock, NumberPlan.of(settings), GuestRules.of(settings), audit)
        known = (CallHistory(), *sources)
        return cls(guests, Companies(clock, audit), Search(finders), GuestSubjects(guests), known)


PARTS: web.AppKey[GuestParts] = web.AppKey("guest_parts", GuestParts)


def by(request: web.Request) -> By:
    """Return who asks, and from where."""
    return By(user_of(request), address_of(request))
