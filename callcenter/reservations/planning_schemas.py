"""What is free, over HTTP: availability, prices, hotel calendar, room chart. Money is in fen; a night ends next day."""

from __future__ import annotations

from datetime import date

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from callcenter.reservations.schemas import Code, Fen, LineOut, Phone
from callcenter.web.inputs import Day, Id, Input
from callcenter.web.output import Output

LONGEST_SPAN = 800
"""Days that one question may span."""


class SpanFilter(Input):
    """From a day to before another one."""

    first: Day = Field(alias="from")
    until: Day = Field(alias="to")

    @model_validator(mode="after")
    def _span(self) -> SpanFilter:
        if self.until <= self.first:
            raise PydanticCustomError("range_reversed", "must end after it begins")
        if (self.until - self.first).days > LONGEST_SPAN:
            raise PydanticCustomError("range_too_long", "too long", {"days": LONGEST_SPAN})
        return self


class AvailabilityFilter(SpanFilter):
    """From the night `from` to the morning of `to`, in a rate plan, of one type or all."""

    plan: Code | None = None
    type: Code | None = None


class FreeRoomFilter(SpanFilter):
    """From the night `from` to the morning of `to`, of one type."""

    type: Code


class DayFilter(Input):
    """A day; today where it is not given."""

    day: Day | None = Field(default=None, alias="date")


class OfferIn(Input):
    """A booking to be priced and not made."""

    type: Code
    arrival: Day
    departure: Day
    plan: Code | None = None
    discount: int = Field(default=0, ge=0, le=100)
    price: Fen | None = None
    extra_beds: int = Field(default=0, ge=0, le=200)
    extra_bed_price: Fen | None = None
    guest_id: Id | None = None
    phone: Phone = ""


class NightOut(Output):
    """A type in one night; `overbooking`: rooms that may still be sold beyond the stock; `price` is the list price."""

    night: date
    rooms: int
    sold: int
    free: int
    overbooking: int
    price: int


class TypeOut(Output):
    """A type over the nights asked for; `free` and `total` are for all of them."""

    type: str
    name_zh: str
    name_en: str
    free: int
    overbooking: int
    total: int
    nights: list[NightOut]


class AvailabilityOut(Output):
    """What is free, by type."""

    types: list[TypeOut]


class CalendarDayOut(Output):
    """A day of the hotel calendar, in rooms."""

    model_config = ConfigDict(from_attributes=True)

    day: date
    arrivals: int
    departures: int
    staying: int
    unconfirmed: int
    rooms: int
    free: int


class CalendarOut(Output):
    """The hotel calendar."""

    days: list[CalendarDayOut]


class OccupantOut(Output):
    """A booking, or a stay, that holds a room from the night `first` to the morning of `until`."""

    model_config = ConfigDict(from_attributes=True)

    number: str
    is_stay: bool
    state: str
    kind: str
    booker: str
    group_name: str
    arrival: date
    departure: date
    first: date
    until: date
    beds: list[int]
    stay_id: int | None
    link: int | None


class ClosedOut(Output):
    """An outage of a room."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    reason: str
    first: date
    until: date


class ChartRoomOut(Output):
    """A room: what it is on the day (of a plan: on its first day), and what holds it."""

    number: str
    type: str
    floor: str
    beds: int
    condition: str
    state: str
    occupants: list[OccupantOut]
    closed: list[ClosedOut]


class ChartOut(Output):
    """The room chart."""

    day: date
    rooms: list[ChartRoomOut]


class OfferOut(Output):
    """What a booking would cost; `former_price`: what this customer paid a night before; `approval`: a manager's."""

    line: LineOut
    total: int
    discount: int
    ceiling: int
    extra_bed_price: int
    former_price: int | None
    approval_wanted: bool
    free: int
    overbooking: int


class PlanOut(Output):
    """A rate plan."""

    model_config = ConfigDict(from_attributes=True)

    code: str
    name_zh: str
    name_en: str
    breakfasts: int


class FormOut(Output):
    """What the booking form begins with: the hotel's today, default dates, the operator's ceiling, plans."""

    today: date
    arrival: date
    departure: date
    arrival_time: str
    departure_time: str
    discount_ceiling: int
    plans: list[PlanOut]


class FreeRoomOut(Output):
    """A room that can be chosen; `occupied`: somebody is in it now (green), else it is empty (black)."""

    number: str
    type: str
    beds: int
    condition: str
    occupied: bool


class FreeRoomList(Output):
    """The rooms that can be chosen for a booking."""

    items: list[FreeRoomOut]
