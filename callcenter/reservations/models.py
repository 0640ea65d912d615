"""Tables of bookings and everything that belongs to one. Money is in fen; rows are never deleted.

Nights and stock are kept by `callcenter.rooms`: a booking holds them as (`reservation`, its id).
`guest_id` names a guest card and `call_id` the call on which the booking was made, both without a foreign key:
bookings know neither table.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Date,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.db import Base, BigId

_UNREAD = text("told <> '' AND seen_at IS NULL")


class Sequence(Base):
    """The last number given out of a series; counted in the transaction that uses it, so no number is missing."""

    __tablename__ = "sequences"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    last: Mapped[int]


class Reservation(Base):
    """A booking: for one room (individual), for several (group), or for a meeting.

    `arrives_at`: expected arrival; `arrival_stated` whether the guest said so or the house's usual time stands for
    it. `guarantee`: none, deposit, prepaid, agency, company. `approval`: empty, wanted, given (a price below the
    former one waits for a manager). `contacts`: attempts to reach the guest about the arrival.
    """

    __tablename__ = "reservations"
    __table_args__ = (
        UniqueConstraint("number"),
        UniqueConstraint("account"),
        # the hotel calendar counts arrivals and departures from these alone
        Index("ix_reservations_arrivals", "state", "arrival", "kind", "id"),
        Index("ix_reservations_departures", "state", "departure", "kind", "id"),
        Index(None, "arrival", "id"),
        Index(None, "departure"),
        Index(None, "entered_at", "id"),
        Index(None, "guest_id"),
        Index(None, "phone"),
        Index(None, "group_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    number: Mapped[str] = mapped_column(String(16))
    account: Mapped[str] = mapped_column(String(16))
    kind: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(16))
    guarantee: Mapped[str] = mapped_column(String(16))
    booker: Mapped[str] = mapped_column(String(128))
    phone: Mapped[str] = mapped_column(String(32))
    guest_id: Mapped[int | None] = mapped_column(BigId)
    language: Mapped[str] = mapped_column(String(8))
    group_id: Mapped[int | None] = mapped_column(ForeignKey("reservations.id"))
    """The group that a member's own booking belongs to."""
    group_name: Mapped[str] = mapped_column(String(128))
    group_type: Mapped[str] = mapped_column(String(32))
    copied_from: Mapped[str | None] = mapped_column(String(16))
    arrival: Mapped[date] = mapped_column(Date)
    departure: Mapped[date] = mapped_column(Date)
    arrives_at: Mapped[datetime]
    arrival_stated: Mapped[bool] = mapped_column(Boolean)
    ends_at: Mapped[datetime | None]
    """End of a meeting."""
    persons: Mapped[int] = mapped_column(SmallInteger)
    plan: Mapped[str] = mapped_column(String(32))
    extra_beds: Mapped[int] = mapped_column(SmallInteger)
    extra_bed_price: Mapped[int]
    discount: Mapped[int] = mapped_column(SmallInteger)
    """Percent taken off the list price."""
    discount_reason: Mapped[str] = mapped_column(String(200))
    total: Mapped[int] = mapped_column(BigInteger)
    approval: Mapped[str] = mapped_column(String(16), default="", server_default="")
    company: Mapped[str] = mapped_column(String(128))
    salesperson: Mapped[str] = mapped_column(String(64))
    source: Mapped[str] = mapped_column(String(32))
    note: Mapped[str] = mapped_column(String(1000))
    call_id: Mapped[int | None] = mapped_column(BigId)
    contacts: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    contacted_at: Mapped[datetime | None]
    entered_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    entered_by: Mapped[str] = mapped_column(String(64))
    entered_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    """When it was cancelled, deleted, found a no-show or checked out."""
    end_reason: Mapped[str] = mapped_column(String(200), default="", server_default="")
    version: Mapped[int] = mapped_column(Integer, default=1, server_default="1")


class ReservationLine(Base):
    """A quantity of one type: `rooms` of the stock, less those that `arrived`; `beds` where beds are reserved, else 0.

    `price`: of one room (or bed) a night after discount, averaged where nights differ (`nightly` has each one);
    `list_price`: before it.
    """

    __tablename__ = "reservation_lines"
    __table_args__ = (Index("ix_reservation_lines_rooms", "reservation_id", "rooms"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    reservation_id: Mapped[int] = mapped_column(ForeignKey("reservations.id"))
    type_id: Mapped[int] = mapped_column(ForeignKey("room_types.id"))
    rooms: Mapped[int]
    beds: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    arrived: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    """Rooms handed over to stays, which hold them now."""
    price: Mapped[int]
    list_price: Mapped[int]
    nightly: Mapped[list[Any]]


class Payment(Base):
    """Money of a booking, never changed or deleted: received, given back, kept (forfeit) or moved to the folio."""

    __tablename__ = "reservation_payments"
    __table_args__ = (Index(None, "reservation_id"), UniqueConstraint("number"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    number: Mapped[str] = mapped_column(String(16))
    reservation_id: Mapped[int] = mapped_column(ForeignKey("reservations.id"))
    kind: Mapped[str] = mapped_column(String(16))
    method: Mapped[str] = mapped_column(String(16))
    amount: Mapped[int] = mapped_column(BigInteger)
    reference: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(64))


class ReservationGuest(Base):
    """A person of a booking, as the registration wants it; `guest_id` names the card where there is one."""

    __tablename__ = "reservation_guests"
    __table_args__ = (Index(None, "reservation_id"), Index(None, "guest_id"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    reservation_id: Mapped[int] = mapped_column(ForeignKey("reservations.id"))
    guest_id: Mapped[int | None] = mapped_column(BigId)
    name: Mapped[str] = mapped_column(String(64))
    surname: Mapped[str] = mapped_column(String(64))
    given_name: Mapped[str] = mapped_column(String(64))
    is_foreign: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    document_type: Mapped[str] = mapped_column(String(16))
    document_number: Mapped[str] = mapped_column(String(32))
    nationality: Mapped[str] = mapped_column(String(32))
    origin: Mapped[str] = mapped_column(String(64))
    sex: Mapped[str] = mapped_column(String(8))
    birthday: Mapped[date | None] = mapped_column(Date)
    address: Mapped[str] = mapped_column(String(200))


class ReservationChange(Base):
    """The change note (requirements 11): who did what when, what the customer asked, before, after and why.

    `agreed`: the customer has confirmed what was changed. `told`: the role that is told next; `seen_…`: who of it has
    read the note.
    """

    __tablename__ = "reservation_changes"
    __table_args__ = (
        Index(None, "reservation_id", "at"),
        Index(None, "action", "at"),
        Index("ix_reservation_changes_unread", "told", "id", postgresql_where=_UNREAD, sqlite_where=_UNREAD),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    reservation_id: Mapped[int] = mapped_column(ForeignKey("reservations.id"))
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(64))
    action: Mapped[str] = mapped_column(String(32))
    state_before: Mapped[str] = mapped_column(String(16))
    state_after: Mapped[str] = mapped_column(String(16))
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any] | None]
    asked: Mapped[str] = mapped_column(String(500))
    why: Mapped[str] = mapped_column(String(500))
    agreed: Mapped[bool] = mapped_column(server_default=false())
    told: Mapped[str] = mapped_column(String(64))
    seen_at: Mapped[datetime | None]
    seen_by: Mapped[str] = mapped_column(String(64), server_default="")


class Season(Base):
    """Days with prices of their own, `first` to `last`; where seasons overlap the higher `rank` counts."""

    __tablename__ = "seasons"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name_zh: Mapped[str] = mapped_column(String(64))
    name_en: Mapped[str] = mapped_column(String(64))
    first: Mapped[date] = mapped_column(Date)
    last: Mapped[date] = mapped_column(Date)
    rank: Mapped[int] = mapped_column(SmallInteger)


class RatePlan(Base):
    """A way to sell rooms: its prices, and how many breakfasts they include."""

    __tablename__ = "rate_plans"
    __table_args__ = (UniqueConstraint("code"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    code: Mapped[str] = mapped_column(String(32))
    name_zh: Mapped[str] = mapped_column(String(64))
    name_en: Mapped[str] = mapped_column(String(64))
    breakfasts: Mapped[int] = mapped_column(SmallInteger)
    active: Mapped[bool] = mapped_column(Boolean)


class Rate(Base):
    """The price of a type in a plan, a night: in a season or outside every one; `weekdays`: digits, 1 is Monday."""

    __tablename__ = "rates"
    __table_args__ = (Index(None, "plan_id", "type_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("rate_plans.id"))
    type_id: Mapped[int] = mapped_column(ForeignKey("room_types.id"))
    season_id: Mapped[int | None] = mapped_column(ForeignKey("seasons.id"))
    weekdays: Mapped[str] = mapped_column(String(7))
    price: Mapped[int]


class MeetingSlot(Base):
    """A half hour of a meeting room, held; `slot` counts half hours from 1970."""

    __tablename__ = "meeting_slots"
    __table_args__ = (Index(None, "reservation_id"),)

    room_id: Mapped[int] = mapped_column(ForeignKey("rooms.id"), primary_key=True)
    slot: Mapped[int] = mapped_column(Integer, primary_key=True)
    reservation_id: Mapped[int] = mapped_column(ForeignKey("reservations.id"))


class DiscountCeiling(Base):
    """How much one user may take off, in percent, instead of what the role may."""

    __tablename__ = "discount_ceilings"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    percent: Mapped[int] = mapped_column(SmallInteger)


class RoleCeiling(Base):
    """How much a role may take off, in percent, instead of what the settings say."""

    __tablename__ = "role_discount_ceilings"

    role: Mapped[str] = mapped_column(String(32), primary_key=True)
    percent: Mapped[int] = mapped_column(SmallInteger)


class DayPrice(Base):
    """The price of a type in one night, in fen: in a plan (its code), or outside every plan (empty)."""

    __tablename__ = "day_prices"
    __table_args__ = (Index(None, "plan", "night"),)

    type_id: Mapped[int] = mapped_column(ForeignKey("room_types.id"), primary_key=True)
    night: Mapped[date] = mapped_column(Date, primary_key=True)
    plan: Mapped[str] = mapped_column(String(32), primary_key=True)
    price: Mapped[int]


class CalendarFeed(Base):
    """An address under which one subscriber reads the arrivals of a type (or all) as a calendar.

    Only the hash of the secret in the address is kept. `type_id`: None for every type.
    """

    __tablename__ = "calendar_feeds"
    __table_args__ = (UniqueConstraint("secret_hash"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    subscriber: Mapped[str] = mapped_column(String(64))
    type_id: Mapped[int | None] = mapped_column(ForeignKey("room_types.id"))
    secret_hash: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(64))
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[str] = mapped_column(String(64))
    read_at: Mapped[datetime | None]
    """When a subscriber read it last, to the hour."""
