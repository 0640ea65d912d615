"""What this slice is made of, for its routes and its jobs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.clock import Clock
from callcenter.db import Database
from callcenter.guests.numbers import NumberPlan
from callcenter.guests.rules import GuestRules
from callcenter.guests.service import Guests
from callcenter.reservations import journal, shown, store
from callcenter.reservations.audit_jobs import Audits
from callcenter.reservations.chart import Residents
from callcenter.reservations.feeds import Detail as FeedDetail
from callcenter.reservations.models import Reservation
from callcenter.reservations.rules import Booker, BookingRules, Desk, Note
from callcenter.reservations.schemas import NoteIn, ReservationDetail
from callcenter.schedule import Schedule
from callcenter.settings import Settings, Words
from callcenter.staff.audit import AuditLog
from callcenter.web.app import DATABASE
from callcenter.web.identity import address_of, user_of
from callcenter.web.live import LiveHub

SUBJECT = "reservations"


@dataclass(frozen=True, slots=True)
class ReservationParts:
    """What these routes need. `live` is told the number of each booking that changed, under the subject `SUBJECT`."""

    desk: Desk
    live: LiveHub
    audits: Audits
    residents: Residents
    guests: Guests
    house: Words
    feed_detail: FeedDetail

    @classmethod
    def build(
        cls,
        settings: Settings,
        database: Database,
        clock: Clock,
        audit: AuditLog,
        live: LiveHub,
        residents: Residents,
    ) -> ReservationParts:
        """Put the slice together."""
        desk = Desk(clock, BookingRules.of(settings), audit)
        audits = Audits(database, desk, lambda number: live.publish_changed(SUBJECT, number))
        guests = Guests(clock, NumberPlan.of(settings), GuestRules.of(settings), audit)
        words, detail = settings.hotel.name, settings.reservations.feed_detail
        return cls(desk, live, audits, residents, guests, words, detail)

    def schedule(self, schedule: Schedule) -> None:
        """Let the audits run at their hours."""
        self.audits.put_into(schedule)

    def tell(self, number: str) -> None:
        """Tell the pages that a booking has changed."""
        self.live.publish_changed(SUBJECT, number)


PARTS: web.AppKey[ReservationParts] = web.AppKey("reservation_parts", ReservationParts)

Act = Callable[[AsyncSession, Desk, Reservation, Booker, Note], Awaitable[object]]


def note_of(request: web.Request, words: NoteIn | None = None) -> Note:
    """Return the words of a change note, with the address from which it is done."""
    if words is None:
        return Note(address=address_of(request))
    return Note(words.why, words.asked, words.told, address_of(request), words.attention, words.agreed)


async def act_on(request: web.Request, act: Act, note: Note, version: int | None = None) -> ReservationDetail:
    """Do `act` to the booking named in the path, in one transaction; return it as it is then, and tell the pages.

    Raises:
        NotFound: there is no such booking.
        BookingChanged: it is no longer the `version` that was seen.
        NotAgreed: the customer asked for it, and nobody has confirmed it with the customer.
        HouseError: `act` refuses.
    """
    parts, by = request.app[PARTS], user_of(request)
    journal.check(note)
    async with request.app[DATABASE].begin() as session:
        booking = await store.locked(session, request.match_info["number"][:16], version)
        await act(session, parts.desk, booking, by, note)
        await session.flush()
        shown_now = await shown.detail(session, booking, by, parts.desk)
    parts.tell(shown_now.number)
    return shown_now
