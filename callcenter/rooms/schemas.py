"""Rooms as they go in and out over HTTP. Prices are in fen."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from callcenter.rooms.models import Condition
from callcenter.web.inputs import Day, Input, Text
from callcenter.web.output import Output

LONGEST_OUTAGE = 366

Name = Annotated[Text, Field(min_length=1, max_length=64)]
Fen = Annotated[int, Field(ge=0, le=100_000_000)]
RoomNumber = Annotated[str, Field(pattern=r"^[0-9A-Za-z-]{1,8}$")]


class TypeIn(Input):
    """What is to be true of a room type."""

    name_zh: Name
    name_en: Name
    capacity: int = Field(ge=1, le=2000)
    price: Fen
    extra_bed_price: Fen
    overbooking: int = Field(ge=0, le=1000)
    active: bool


class RoomTypeOut(Output):
    """A room type; of a meeting room the price is of an hour, else of a night."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    code: str
    name_zh: str
    name_en: str
    kind: str
    beds: int
    capacity: int
    price: int
    extra_bed_price: int
    overbooking: int
    active: bool


class RoomTypeList(Output):
    """Every room type, the cheapest first."""

    items: list[RoomTypeOut]


class RoomOut(Output):
    """A room."""

    number: str
    type: str
    floor: str
    beds: int
    condition: str
    active: bool


class RoomList(Output):
    """Every room, by number."""

    items: list[RoomOut]


class ConditionIn(Input):
    """What housekeeping says of a room."""

    condition: Condition


class OutageIn(Input):
    """Rooms out of order from the night `first` to the morning of `until`; all of them or none."""

    rooms: Annotated[list[RoomNumber], Field(min_length=1, max_length=200)]
    first: Day
    until: Day
    reason: Annotated[Text, Field(min_length=1, max_length=200)]

    @model_validator(mode="after")
    def _span(self) -> Self:
        if self.until <= self.first:
            raise PydanticCustomError("range_reversed", "must end after it begins")
        if (self.until - self.first).days > LONGEST_OUTAGE:
            raise PydanticCustomError("range_too_long", "too long", {"days": LONGEST_OUTAGE})
        return self


class OutageOut(Output):
    """A room out of order."""

    id: int
    room: str
    first: date
    until: date
    reason: str
    entered_by: str
    entered_at: datetime
    ended_at: datetime | None


class OutageList(Output):
    """The rooms that are or will be out of order."""

    items: list[OutageOut]
