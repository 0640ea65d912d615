"""What can be configured of rooms and reservations, with units and defaults.

Where the house's procedures and switchboard practice differ, practice is the default.
"""

from __future__ import annotations

from datetime import time
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from callcenter.settings.sections import Name, Section, Words


def _from_minutes(value: object) -> object:
    """YAML reads an unquoted 18:00 as a number to the base of 60; give the time back."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 24 * 60:
        return time(value // 60, value % 60)
    return value


WallClock = Annotated[time, BeforeValidator(_from_minutes)]
"""A time of the hotel's own clock."""


class RoomKind(StrEnum):
    """What a room is let for: nights, or meetings by the half hour."""

    GUEST = "guest"
    MEETING = "meeting"


class RoomType(Section):
    """A type of room, put into the database at the first start; the pages change it there.

    `price` and `extra_bed_price`: fen a night (a meeting room: fen an hour). `overbooking`: rooms that may be sold
    beyond the stock by those who have the right. `beds` and `capacity`: of one room, the latter in persons.
    """

    name: Words
    kind: RoomKind = RoomKind.GUEST
    beds: int = Field(default=1, ge=1, le=9)
    capacity: int = Field(default=2, ge=1, le=2000)
    price: int = Field(default=0, ge=0, le=100_000_000)
    extra_bed_price: int = Field(default=0, ge=0, le=100_000_000)
    overbooking: int = Field(default=0, ge=0, le=1000)


class MeetingRoom(Section):
    """A meeting room: its `number` in the books (no extension) and its type."""

    number: str = Field(pattern=r"^[A-Za-z0-9-]{1,8}$")
    type: Name


class Reservations(Section):
    """The rules of reservations (requirements 3, refined by switchboard practice).

    `delete_window_hours`: a booking can be deleted by whoever entered it for that long. `evening_audit`: today's
    unconfirmed arrivals are removed then, except those entered since `afternoon` and those that agreed a later
    arrival. `night_audit`: closes the day before. `no_show_hours`: after the expected arrival, once
    `no_show_contacts` attempts to reach the guest are noted. `hold_until`: guaranteed bookings are kept until then
    on the next day and released by a person. `arrival` and `departure`: where no time is said.
    `discount_ceilings`: percent by role that an operator may take off, where the user has no ceiling of his own.
    `free_cancellation_hours`: before the arrival; later the first night is the penalty that the screen shows.
    `feed_detail`: what of the guest stands in the calendars of arrivals: nothing, or who booked.
    """

    delete_window_hours: float = Field(default=2, ge=0, le=72)
    evening_audit: WallClock = time(18)
    afternoon: WallClock = time(14)
    night_audit: WallClock = time(2)
    no_show_hours: float = Field(default=1, ge=0, le=48)
    no_show_contacts: int = Field(default=1, ge=0, le=9)
    hold_until: WallClock = time(12)
    arrival: WallClock = time(14)
    departure: WallClock = time(12)
    automatic_rooms: WallClock = time(9)
    discount_ceilings: dict[Name, int] = {  # noqa: RUF012
        "operator": 10,
        "front_desk": 10,
        "supervisor": 20,
        "manager": 50,
        "admin": 100,
    }
    free_cancellation_hours: float = Field(default=18, ge=0, le=720)
    longest_stay: int = Field(default=180, ge=1, le=730)
    feed_detail: Literal["none", "booker"] = "none"

    @model_validator(mode="after")
    def _times_are_wall_clock(self) -> Self:
        times = (self.evening_audit, self.afternoon, self.night_audit, self.hold_until, self.arrival, self.departure)
        if any(one.tzinfo is not None for one in (*times, self.automatic_rooms)):
            raise ValueError("times are of the hotel's own clock, such as 18:00, without a zone")
        if self.afternoon > self.evening_audit:
            raise ValueError("afternoon must not be later than evening_audit")
        if any(not 0 <= percent <= 100 for percent in self.discount_ceilings.values()):
            raise ValueError("discount_ceilings are percent, 0 to 100")
        return self
