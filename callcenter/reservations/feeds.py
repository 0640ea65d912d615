"""Arrivals as a calendar (iCalendar): the addresses given to subscribers, and what may be read under them.

A calendar cannot sign in, so its address carries a secret. Each subscriber has one of their own, for one room type or
all; it is shown once, only its hash is kept, and taking it back ends that subscriber alone.
"""

from __future__ import annotations

import hashlib
import secrets
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import NotFound
from callcenter.reservations import store
from callcenter.reservations.models import CalendarFeed, Reservation, ReservationLine
from callcenter.reservations.rules import Booker, Desk
from callcenter.reservations.states import HOLDING, Kind, State
from callcenter.rooms.models import RoomType
from callcenter.settings.sections import Words

SECRET_BYTES = 32
BACK = timedelta(days=7)
AHEAD = timedelta(days=400)
"""A calendar shows the arrivals of the last days and of about a year to come."""

READ_NOTED = timedelta(hours=1)
SHOWN = timedelta(minutes=30)

Detail = Literal["none", "booker"]


@dataclass(frozen=True, slots=True)
class Arrival:
    """Rooms, or beds, of one type for which somebody arrives; `line` counts those of one booking."""

    number: str
    line: int
    type: RoomType
    rooms: int
    beds: int
    at: datetime
    departure: date
    state: State
    booker: str
    changed: datetime
    version: int


async def all_feeds(session: AsyncSession) -> Sequence[tuple[CalendarFeed, str | None]]:
    """Return every address that was given, with the code of its type, the newest first."""
    statement = (
        select(CalendarFeed, RoomType.code)
        .outerjoin(RoomType, RoomType.id == CalendarFeed.type_id)
        .order_by(CalendarFeed.id.desc())
    )
    return [(feed, code) for feed, code in await session.execute(statement)]


async def create(
    session: AsyncSession, desk: Desk, subscriber: str, type_code: str | None, by: Booker, address: str
) -> tuple[CalendarFeed, str]:
    """Give a subscriber an address; return it with its secret, which nobody can read later.

    Raises:
        UnknownType: the type is not let.
    """
    kind = None if type_code is None else (await store.types(session, {type_code}))[type_code]
    secret = secrets.token_urlsafe(SECRET_BYTES)
    feed = CalendarFeed(
        subscriber=subscriber,
        type_id=None if kind is None else kind.id,
        secret_hash=_hash(secret),
        created_at=desk.clock.now(),
        created_by=by.username,
        revoked_by="",
    )
    session.add(feed)
    await session.flush()
    after = {"subscriber": subscriber, "type": type_code}
    desk.audit(session, by, "calendar_feed.created", ("calendar_feed", feed.id), after=after, address=address)
    return feed, secret


async def revoke(session: AsyncSession, desk: Desk, number: int, by: Booker, address: str) -> None:
    """Take an address back; one that was taken back before stays so.

    Raises:
        NotFound: there is no such address.
    """
    feed = await session.get(CalendarFeed, number, with_for_update=True)
    if feed is None:
        raise NotFound(kind="calendar_feed", id=number)
    if feed.revoked_at is not None:
        return
    feed.revoked_at, feed.revoked_by = desk.clock.now(), by.username
    before = {"subscriber": feed.subscriber}
    desk.audit(session, by, "calendar_feed.revoked", ("calendar_feed", feed.id), before=before, address=address)


async def by_secret(session: AsyncSession, secret: str) -> CalendarFeed:
    """Return the address with that secret.

    Raises:
        NotFound: there is none, or it was taken back; the answer is the same.
    """
    feed = await session.scalar(select(CalendarFeed).where(CalendarFeed.secret_hash == _hash(secret)))
    if feed is None or feed.revoked_at is not None:
        raise NotFound(kind="calendar_feed", id="")
    return feed


def wants_noting(feed: CalendarFeed, now: datetime) -> bool:
    """Tell whether it is worth a write that the address is read now."""
    return feed.read_at is None or now - feed.read_at >= READ_NOTED


async def arrivals(session: AsyncSession, type_id: int | None, today: date) -> list[Arrival]:
    """Return the arrivals of a type, or of all; cancelled bookings and no-shows have left the calendar."""
    statement = (
        select(Reservation, ReservationLine, RoomType)
        .join(ReservationLine, ReservationLine.reservation_id == Reservation.id)
        .join(RoomType, RoomType.id == ReservationLine.type_id)
        .where(
            Reservation.arrival >= today - BACK,
            Reservation.arrival <= today + AHEAD,
            Reservation.state.in_([state.value for state in HOLDING]),
            Reservation.kind != Kind.MEETING.value,
        )
        .order_by(Reservation.arrives_at, Reservation.id, ReservationLine.id)
    )
    if type_id is not None:
        statement = statement.where(ReservationLine.type_id == type_id)
    rows = (await session.execute(statement)).all()
    places = Counter[int]()
    found = []
    for booking, line, kind in rows:
        places[booking.id] += 1
        found.append(
            Arrival(
                booking.number,
                places[booking.id],
                kind,
                line.rooms,
                line.beds,
                booking.arrives_at,
                booking.departure,
                State(booking.state),
                booking.group_name or booking.booker,
                booking.entered_at,
                booking.version,
            )
        )
    return found


def calendar(found: Sequence[Arrival], house: Words, zone: ZoneInfo, detail: Detail) -> bytes:
    """Write arrivals as a calendar, in the hotel's zone; of the guest no more than `detail` allows."""
    written = Calendar()
    written.add("prodid", "-//callcenter//arrivals//EN")
    written.add("version", "2.0")
    written.add("x-wr-calname", f"{house.zh} 预抵 / arrivals")
    for one in found:
        event = Event()
        event.add("uid", f"{one.number}-{one.type.code}-{one.line}@callcenter")
        event.add("dtstamp", one.changed)
        event.add("sequence", one.version)
        event.add("dtstart", one.at.astimezone(zone))
        event.add("dtend", (one.at + SHOWN).astimezone(zone))
        event.add("summary", _summary(one, detail))
        event.add("description", f"{one.number}\n离店 / departure {one.departure.isoformat()}")
        event.add("status", "TENTATIVE" if one.state is State.UNCONFIRMED else "CONFIRMED")
        event.add("transp", "TRANSPARENT")
        written.add_component(event)
    written.add_missing_timezones()
    content: bytes = written.to_ical()
    return content


def _summary(one: Arrival, detail: Detail) -> str:
    count = f"{one.beds} 床" if one.beds else f"{one.rooms} 间"
    who = f" {one.booker}" if detail == "booker" else ""
    return f"{one.type.name_zh} × {count}{who}"


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()
