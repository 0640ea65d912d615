"""What this slice is made of, for its routes and for the slices above."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.clock import Clock
from callcenter.db import Database
from callcenter.guests import people, store
from callcenter.guests.calls import CallHistory, GuestSubjects
from callcenter.guests.card import Card
from callcenter.guests.checking import Checks
from callcenter.guests.companies import Companies
from callcenter.guests.follow_ups import FollowUps, OrderBook
from callcenter.guests.importing import Imports
from callcenter.guests.membership import Memberships
from callcenter.guests.merging import Merging
from callcenter.guests.models import Guest
from callcenter.guests.numbers import NumberPlan
from callcenter.guests.rules import GuestRules
from callcenter.guests.schemas import GuestOut, GuestRow, Mask, guest_out, guest_row
from callcenter.guests.search import GuestFinder, Search
from callcenter.guests.service import By, Guests
from callcenter.guests.timeline import TimelineSource
from callcenter.settings import Settings
from callcenter.staff.audit import AuditLog
from callcenter.web.identity import address_of, user_of
from callcenter.web.masking import mask


@dataclass(frozen=True, slots=True)
class GuestParts:
    """What these routes need."""

    guests: Guests
    companies: Companies
    search: Search
    subjects: GuestSubjects
    follow_ups: FollowUps
    checks: Checks
    merging: Merging
    imports: Imports
    memberships: Memberships
    sources: tuple[TimelineSource, ...]

    @classmethod
    def build(
        cls,
        settings: Settings,
        database: Database,
        clock: Clock,
        audit: AuditLog,
        *,
        finders: Sequence[GuestFinder] = (),
        sources: Sequence[TimelineSource] = (),
        orders: Sequence[OrderBook] = (),
    ) -> GuestParts:
        """Put the slice together; `finders`, `sources` and `orders` are what other slices know of guests."""
        guests = Guests(clock, NumberPlan.of(settings), GuestRules.of(settings), audit)
        follow_ups = FollowUps(database, clock, guests.rules, audit, orders)
        search = Search(finders)
        return cls(
            guests,
            Companies(clock, audit),
            search,
            GuestSubjects(guests, search),
            follow_ups,
            Checks(clock, audit),
            Merging(guests),
            Imports(database, guests),
            Memberships(clock, audit),
            (CallHistory(), follow_ups, *sources),
        )

    async def owe(self, at: datetime) -> None:
        """Write down the contacts that are owed by `at` (daily work of the schedule)."""
        await self.follow_ups.generate(at)


SEE_NUMBERS = "guests.see_numbers"

FOLLOW_UPS_AT = time(6, 0)
"""Hotel's time at which the day's follow-ups are written, before the first shift."""

PARTS: web.AppKey[GuestParts] = web.AppKey("guest_parts", GuestParts)


def by(request: web.Request) -> By:
    """Return who asks, and from where."""
    return By(user_of(request), address_of(request))


def mask_for(request: web.Request) -> Mask:
    """Return how telephone numbers are shown to the one who asks."""
    return str if user_of(request).may(SEE_NUMBERS) else mask


async def rows_of(session: AsyncSession, guests: Sequence[Guest], hide: Mask) -> list[GuestRow]:
    """Describe cards for a list."""
    owners, companies = await people.owners_of(session, guests), await people.companies_of(session, guests)
    return [guest_row(card, owners, companies, hide) for card in await store.cards(session, guests)]


async def whole(session: AsyncSession, card: Card, hide: Mask) -> GuestOut:
    """Describe one card whole."""
    owners, companies = await people.owners_of(session, [card.guest]), await people.companies_of(session, [card.guest])
    return guest_out(card, owners, companies, hide)
