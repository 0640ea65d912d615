"""Tables of stays and what belongs to them. Money is in fen; rows are never deleted.

A stay holds its room's nights in `room_nights` as (`stay`, its id). `guest_id` names a guest card, without a foreign
key: stays know nothing of that table.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Date, ForeignKey, Index, SmallInteger, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.db import Base, BigId

_DUE = text("delivered_at IS NULL")
_IN_HOUSE = text("state = 'in_house'")


class Stay(Base):
    """A guest's stay in one room. `bed` is 0 for the whole room, else the bed of a shared one.

    `price`: of a night after discount (of the whole time for an hourly stay). `commission`: fen a night, owed to who
    sent the guest. `link_id` is the same for linked rooms. `confidential`: neither connected nor confirmed.
    `arrival` and `departure` are days of the hotel; `leaves_at` is when the room is expected to be free.
    """

    __tablename__ = "stays"
    __table_args__ = (
        UniqueConstraint("number"),
        Index(None, "state", "room_id"),
        Index(None, "arrival", "id"),
        Index(None, "registered_by", "id"),
        Index(None, "reservation_id"),
        Index(None, "group_id"),
        Index(None, "link_id"),
        Index(
            "ux_stays_in_house",
            "room_id",
            "bed",
            unique=True,
            postgresql_where=_IN_HOUSE,
            sqlite_where=_IN_HOUSE,
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    number: Mapped[str] = mapped_column(String(16))
    reservation_id: Mapped[int | None] = mapped_column(ForeignKey("reservations.id"))
    group_id: Mapped[int | None] = mapped_column(ForeignKey("reservations.id"))
    link_id: Mapped[int | None] = mapped_column(BigInteger)
    room_id: Mapped[int] = mapped_column(ForeignKey("rooms.id"))
    bed: Mapped[int] = mapped_column(SmallInteger)
    state: Mapped[str] = mapped_column(String(16))
    stay_type: Mapped[str] = mapped_column(String(16))
    guest_type: Mapped[str] = mapped_column(String(16))
    arrival: Mapped[date] = mapped_column(Date)
    departure: Mapped[date] = mapped_column(Date)
    arrived_at: Mapped[datetime]
    leaves_at: Mapped[datetime]
    list_price: Mapped[int]
    price: Mapped[int]
    discount: Mapped[int] = mapped_column(SmallInteger)
    extra_beds: Mapped[int] = mapped_column(SmallInteger)
    extra_bed_price: Mapped[int]
    breakfasts: Mapped[int] = mapped_column(SmallInteger)
    commission: Mapped[int]
    confidential: Mapped[bool]
    alias: Mapped[str] = mapped_column(String(64))
    allowed_callers: Mapped[list[Any]] = mapped_column(server_default="[]")
    """Numbers (E.164, or a room) that are put through to a confidential guest all the same."""
    phone_class: Mapped[str] = mapped_column(String(16))
    quiet_until: Mapped[datetime | None]
    """Do not disturb, until then."""
    language: Mapped[str] = mapped_column(String(8))
    company: Mapped[str] = mapped_column(String(128))
    salesperson: Mapped[str] = mapped_column(String(64))
    source: Mapped[str] = mapped_column(String(32))
    reason: Mapped[str] = mapped_column(String(200))
    note: Mapped[str] = mapped_column(String(1000))
    registered_by: Mapped[str] = mapped_column(String(64))
    registered_at: Mapped[datetime]
    left_at: Mapped[datetime | None]
    left_by: Mapped[str] = mapped_column(String(64))


class StayGuest(Base):
    """A person registered in a stay; the first is the one whom the folio is for."""

    __tablename__ = "stay_guests"
    __table_args__ = (Index(None, "stay_id"), Index(None, "name"), Index(None, "guest_id"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    stay_id: Mapped[int] = mapped_column(ForeignKey("stays.id"))
    guest_id: Mapped[int | None] = mapped_column(BigInteger)
    name: Mapped[str] = mapped_column(String(64))
    phone: Mapped[str] = mapped_column(String(32))
    foreign: Mapped[bool]
    document_type: Mapped[str] = mapped_column(String(16))
    document_number: Mapped[str] = mapped_column(String(32))
    nationality: Mapped[str] = mapped_column(String(32))
    origin: Mapped[str] = mapped_column(String(64))
    sex: Mapped[str] = mapped_column(String(8))
    birthday: Mapped[date | None] = mapped_column(Date)
    address: Mapped[str] = mapped_column(String(200))


class StayChange(Base):
    """What was changed in a stay: who, when, before, after and why (requirements 11); room moves stand here too."""

    __tablename__ = "stay_changes"
    __table_args__ = (Index(None, "stay_id", "at"), Index(None, "action", "at"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    stay_id: Mapped[int] = mapped_column(ForeignKey("stays.id"))
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(64))
    action: Mapped[str] = mapped_column(String(32))
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any] | None]
    why: Mapped[str] = mapped_column(String(500))


class FolioLine(Base):
    """A line of a stay's folio: charges are above zero, money received below.

    `day`: the hotel's day to which it belongs. `reference` says what it was posted for, so that nothing is posted
    twice. `reverses_id`: this line takes that one back (红冲). `transfer_id`: the line on the other folio.
    """

    __tablename__ = "folio_lines"
    __table_args__ = (
        UniqueConstraint("reference"),
        UniqueConstraint("reverses_id"),
        Index(None, "stay_id", "id"),
        Index(None, "day"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    stay_id: Mapped[int] = mapped_column(ForeignKey("stays.id"))
    day: Mapped[date] = mapped_column(Date)
    kind: Mapped[str] = mapped_column(String(16))
    amount: Mapped[int] = mapped_column(BigInteger)
    method: Mapped[str] = mapped_column(String(16))
    text: Mapped[str] = mapped_column(String(200))
    reference: Mapped[str | None] = mapped_column(String(128))
    reverses_id: Mapped[int | None] = mapped_column(ForeignKey("folio_lines.id"))
    transfer_id: Mapped[int | None] = mapped_column(ForeignKey("folio_lines.id"))
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(64))


class AuditedNight(Base):
    """A night that the night audit has closed: its lines are corrected by reversal only."""

    __tablename__ = "audited_nights"

    night: Mapped[date] = mapped_column(Date, primary_key=True)
    at: Mapped[datetime]
    posted: Mapped[int]


class GuestMessage(Base):
    """A message for a guest in house (散客留言). It belongs to the stay, and so moves with it."""

    __tablename__ = "guest_messages"
    __table_args__ = (
        Index(None, "stay_id"),
        Index("ix_guest_messages_due", "remind_at", postgresql_where=_DUE, sqlite_where=_DUE),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    stay_id: Mapped[int] = mapped_column(ForeignKey("stays.id"))
    guest: Mapped[str] = mapped_column(String(64))
    sender: Mapped[str] = mapped_column(String(64))
    sender_phone: Mapped[str] = mapped_column(String(32))
    content: Mapped[str] = mapped_column(String(1000))
    remind_at: Mapped[datetime | None]
    entered_at: Mapped[datetime]
    entered_by: Mapped[str] = mapped_column(String(64))
    delivered_at: Mapped[datetime | None]
    delivered_by: Mapped[str] = mapped_column(String(64))


class WakeUp(Base):
    """A time at which a guest wants to be woken (晨唤). It belongs to the stay, and so moves with it."""

    __tablename__ = "wake_ups"
    __table_args__ = (UniqueConstraint("stay_id", "due_at"), Index(None, "state", "due_at"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    stay_id: Mapped[int] = mapped_column(ForeignKey("stays.id"))
    due_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(16))
    source: Mapped[str] = mapped_column(String(16))
    entered_at: Mapped[datetime]
    entered_by: Mapped[str] = mapped_column(String(64))
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str] = mapped_column(String(64))
