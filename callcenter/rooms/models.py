"""Tables of rooms and room types, and of the nights in which they are held.

The last room is sold once because the database says so: `type_nights` cannot count more rooms sold than there are
(plus the overbooking that was allowed for that night), and a bed of a room has one row a night at most.
Money is in fen. A night is named by the date of its evening.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, SmallInteger, String, UniqueConstraint, true
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.db import Base, BigId


class Condition(StrEnum):
    """What housekeeping says of a room."""

    CLEAN = "clean"
    DIRTY = "dirty"


class Holder(StrEnum):
    """What a night of a room is held for; `room_nights.holder_id` is its id.

    `OVERSTAY`: by a stay too, whose guest should have left and has not.
    """

    RESERVATION = "reservation"
    STAY = "stay"
    OVERSTAY = "overstay"
    OUTAGE = "outage"


class RoomType(Base):
    """A type of room. `kind`: guest rooms are let by nights, meeting rooms by the half hour.

    `overbooking`: how many rooms may be sold beyond the stock, by those who have the right.
    """

    __tablename__ = "room_types"
    __table_args__ = (UniqueConstraint("code"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    code: Mapped[str] = mapped_column(String(32))
    name_zh: Mapped[str] = mapped_column(String(64))
    name_en: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(16))
    beds: Mapped[int] = mapped_column(SmallInteger)
    capacity: Mapped[int] = mapped_column(SmallInteger)
    price: Mapped[int]
    extra_bed_price: Mapped[int]
    overbooking: Mapped[int]
    active: Mapped[bool] = mapped_column(default=True, server_default=true())


class Room(Base):
    """A room. Its number is its extension; a meeting room's is a name in the books only."""

    __tablename__ = "rooms"
    __table_args__ = (UniqueConstraint("number"), Index(None, "type_id", "number"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    number: Mapped[str] = mapped_column(String(8))
    type_id: Mapped[int] = mapped_column(ForeignKey("room_types.id"))
    floor: Mapped[str] = mapped_column(String(8))
    beds: Mapped[int] = mapped_column(SmallInteger)
    condition: Mapped[str] = mapped_column(String(16))
    active: Mapped[bool] = mapped_column(default=True, server_default=true())


class Outage(Base):
    """A room out of order (维修房) from the night `first` to the morning of `until`; ended early by `ended_at`."""

    __tablename__ = "room_outages"
    __table_args__ = (Index(None, "room_id", "first"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    room_id: Mapped[int] = mapped_column(ForeignKey("rooms.id"))
    first: Mapped[date] = mapped_column(Date)
    until: Mapped[date] = mapped_column(Date)
    reason: Mapped[str] = mapped_column(String(200))
    entered_by: Mapped[str] = mapped_column(String(64))
    entered_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class TypeNight(Base):
    """A type's stock in one night: rooms that can be let, rooms sold, and how many may be sold beyond the stock.

    A night has a row from its first sale or outage on; without one, every active room of the type is free.
    """

    __tablename__ = "type_nights"
    __table_args__ = (
        CheckConstraint("sold <= rooms + overbooking", name="not_oversold"),
        CheckConstraint("sold >= 0", name="sold_not_negative"),
        CheckConstraint("rooms >= 0", name="rooms_not_negative"),
        Index(None, "night"),
    )

    type_id: Mapped[int] = mapped_column(ForeignKey("room_types.id"), primary_key=True)
    night: Mapped[date] = mapped_column(Date, primary_key=True)
    rooms: Mapped[int]
    overbooking: Mapped[int]
    sold: Mapped[int]


class RoomNight(Base):
    """One bed of one room in one night, held. A whole room holds every bed of it."""

    __tablename__ = "room_nights"
    __table_args__ = (Index(None, "night"), Index(None, "holder", "holder_id"))

    room_id: Mapped[int] = mapped_column(ForeignKey("rooms.id"), primary_key=True)
    night: Mapped[date] = mapped_column(Date, primary_key=True)
    bed: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    holder: Mapped[str] = mapped_column(String(16))
    holder_id: Mapped[int] = mapped_column(BigId)
