"""Bookings as they go in and out over HTTP. Money is in fen; days are the hotel's own; a night ends on the next day."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from callcenter.guests.kinds import DocumentType
from callcenter.reservations.booking import Wanted, WantedLine
from callcenter.reservations.deposits import Method
from callcenter.reservations.persons import Person
from callcenter.reservations.states import Kind, State
from callcenter.reservations.store import BookingQuery, BookingSort
from callcenter.sorting import Way
from callcenter.web.inputs import MAX_ID, Day, Id, Input, Text
from callcenter.web.output import Output

Clock = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
"""A time of the hotel's own clock, such as 18:00."""

Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
Fen = Annotated[int, Field(ge=0, le=100_000_000)]
Paid = Annotated[int, Field(ge=1, le=1_000_000_000)]
Short = Annotated[Text, Field(max_length=64)]
Words = Annotated[Text, Field(max_length=200)]
Long = Annotated[Text, Field(max_length=1000)]
Phone = Annotated[str, Field(pattern=r"^\+?[0-9]{0,31}$")]
Number = Annotated[str, Field(pattern=r"^[0-9A-Za-z]{1,16}$")]
Guarantee = Literal["none", "deposit", "prepaid", "agency", "company"]
Language = Literal["zh", "en"]
Told = Literal["", "operator", "supervisor", "manager", "front_desk", "department"]


class BookingConditions(Input):
    """Which bookings. `q`: part of number, name, phone or group."""

    state: State | None = None
    kind: Kind | None = None
    arrival_from: Day | None = None
    arrival_to: Day | None = None
    staying_on: Day | None = None
    type: Code | None = None
    q: Annotated[Text, Field(min_length=1, max_length=64)] | None = None
    phone: Annotated[str, Field(pattern=r"^\+?[0-9]{1,31}$")] | None = None
    guest_id: Id | None = None
    salesperson: Short | None = None

    def conditions(self) -> BookingQuery:
        """Return them as the store takes them."""
        return BookingQuery(
            states=(self.state,) if self.state else (),
            kind=self.kind,
            arrival_from=self.arrival_from,
            arrival_to=self.arrival_to,
            staying_on=self.staying_on,
            type=self.type,
            text=self.q,
            phone=self.phone,
            guest_id=self.guest_id,
            salesperson=self.salesperson,
        )


class ReservationFilter(BookingConditions):
    """Which bookings, in which order, and which page of them; by default the last entered first.

    `after` goes on in the same order only.
    """

    sort: BookingSort = BookingSort.ENTERED
    order: Way = Way.DESCENDING
    limit: int = Field(default=50, ge=1, le=200)
    after: Annotated[str, Field(max_length=200)] | None = None


class NoteIn(Input):
    """The words of a change note: why it is done, what the customer asked, which role is told next.

    `agreed`: the customer has confirmed it; a change that a customer `asked` for is refused without.
    `attention`: who it turned out to be, where a name is on the special-attention list; without it that is refused.
    """

    why: Annotated[Text, Field(max_length=500)] = ""
    asked: Annotated[Text, Field(max_length=500)] = ""
    agreed: bool = False
    told: Told = ""
    attention: Words = ""


class ReasonIn(NoteIn):
    """A change note whose reason is compulsory."""

    why: Annotated[Text, Field(min_length=1, max_length=500)]


class LineIn(Input):
    """So many rooms of a type, or so many beds of it; `price`: agreed for one, a night, instead of a discount."""

    type: Code
    rooms: int = Field(default=0, ge=0, le=1000)
    beds: int = Field(default=0, ge=0, le=1000)
    price: Fen | None = None

    @model_validator(mode="after")
    def _either(self) -> LineIn:
        if bool(self.rooms) == bool(self.beds):
            raise PydanticCustomError("rooms_or_beds", "either rooms or beds")
        return self


class _Common(NoteIn):
    """What every booking has. Without dates: arrival tomorrow, departure the day after.

    `extra_bed_price`: agreed for an extra bed a night; null for the fee of the room's type.
    """

    arrival: Day | None = None
    departure: Day | None = None
    arrival_time: Clock | None = None
    booker: Annotated[Text, Field(min_length=1, max_length=128)]
    phone: Phone = ""
    guest_id: Id | None = None
    language: Language = "zh"
    persons: int = Field(default=1, ge=1, le=2000)
    plan: Code | None = None
    extra_beds: int = Field(default=0, ge=0, le=200)
    extra_bed_price: Fen | None = None
    discount: int = Field(default=0, ge=0, le=100)
    discount_reason: Words = ""
    company: Annotated[Text, Field(max_length=128)] = ""
    salesperson: Short = ""
    source: Code = "phone"
    note: Long = ""
    guarantee: Guarantee = "none"
    call_id: Id | None = None
    overbook: bool = False

    def common(self, arrival: date, departure: date) -> dict[str, Any]:
        """Return the fields that `booking.Wanted` has too, with dates in place of those not given."""
        names = Wanted.__dataclass_fields__.keys() & _Common.model_fields.keys()
        fields = {name: getattr(self, name) for name in names}
        return {
            **fields,
            "arrival": self.arrival or arrival,
            "departure": self.departure or departure,
            "arrival_time": None if self.arrival_time is None else time.fromisoformat(self.arrival_time),
            "plan": self.plan or "",
        }


class BookingIn(_Common):
    """An individual booking of one room. `room`: chosen at once; `confirm`: confirmed at once."""

    type: Code
    price: Fen | None = None
    room: Number | None = None
    confirm: bool = False

    def wanted(self, arrival: date, departure: date) -> Wanted:
        """Return what is wanted; the dates stand in for those not given."""
        line = WantedLine(self.type, price=self.price)
        return Wanted(kind=Kind.INDIVIDUAL, lines=(line,), **self.common(arrival, departure))


class GroupIn(_Common):
    """A group booking with its reserve lines."""

    group_name: Annotated[Text, Field(min_length=1, max_length=128)]
    group_type: Annotated[Text, Field(max_length=32)] = ""
    lines: Annotated[list[LineIn], Field(min_length=1, max_length=50)]
    confirm: bool = False

    def wanted(self, arrival: date, departure: date) -> Wanted:
        """Return what is wanted; the dates stand in for those not given."""
        lines = tuple(WantedLine(line.type, line.rooms, line.beds, line.price) for line in self.lines)
        names: dict[str, Any] = {"group_name": self.group_name, "group_type": self.group_type}
        return Wanted(kind=Kind.GROUP, lines=lines, **names, **self.common(arrival, departure))


class BookingChange(BookingIn):
    """What is to be true of an individual booking; `version` is the one that was seen."""

    version: int = Field(ge=0, le=MAX_ID)


class GroupChange(GroupIn):
    """What is to be true of a group booking; `version` is the one that was seen."""

    version: int = Field(ge=0, le=MAX_ID)


class CopiesIn(NoteIn):
    """How many further rooms for the same booker."""

    count: int = Field(ge=1, le=50)
    overbook: bool = False


class ChoiceIn(Input):
    """A room, whole, or the numbers of its beds."""

    room: Number
    beds: Annotated[list[Annotated[int, Field(ge=1, le=99)]], Field(max_length=99)] = []  # noqa: RUF012


class RoomsIn(NoteIn):
    """The rooms that a booking is to hold; an empty list gives all back."""

    rooms: Annotated[list[ChoiceIn], Field(max_length=1000)]
    overbook: bool = False


class ReinstateIn(ReasonIn):
    """A no-show that comes after all; `rooms`: those to hold, null for the ones that it had."""

    rooms: Annotated[list[ChoiceIn], Field(max_length=1000)] | None = None
    overbook: bool = False


class PaymentIn(NoteIn):
    """A deposit received."""

    amount: Paid
    method: Method
    reference: Short = ""


class PayOutIn(ReasonIn):
    """A deposit given back or kept, with its reason."""

    amount: Paid
    method: Method
    reference: Short = ""


class PersonIn(Input):
    """A person of a booking; for foreign guests surname, given name, passport and nationality."""

    guest_id: Id | None = None
    name: Short = ""
    surname: Short = ""
    given_name: Short = ""
    is_foreign: bool = False
    document_type: DocumentType = DocumentType.ID_CARD
    document_number: Annotated[Text, Field(max_length=32)] = ""
    nationality: Annotated[Text, Field(max_length=32)] = ""
    origin: Short = ""
    sex: Annotated[Text, Field(max_length=8)] = ""
    birthday: date | None = None
    address: Words = ""


class PersonsIn(NoteIn):
    """The persons of a booking, all of them."""

    guests: Annotated[list[PersonIn], Field(max_length=200)]

    def persons(self) -> list[Person]:
        """Say it in the house's words."""
        return [Person(**one.model_dump()) for one in self.guests]


class LineOut(Output):
    """A line: rooms of the stock, beds where these were reserved; prices are of one, a night."""

    type: str
    rooms: int
    beds: int
    price: int
    list_price: int
    nightly: list[int]


class PaymentOut(Output):
    """Money of a booking."""

    model_config = ConfigDict(from_attributes=True)

    number: str
    kind: str
    method: str
    amount: int
    reference: str
    reason: str
    at: datetime
    by: str


class PersonOut(Output):
    """A person of a booking; the document is masked for those who need it not."""

    model_config = ConfigDict(from_attributes=True)

    guest_id: int | None
    name: str
    surname: str
    given_name: str
    is_foreign: bool
    document_type: str
    document_number: str
    nationality: str
    origin: str
    sex: str
    birthday: date | None
    address: str


class ReservationRow(Output):
    """A booking in a list. `rooms`: those chosen, 0201 or 0201[1]; `balance`: deposit held."""

    model_config = ConfigDict(from_attributes=True)

    number: str
    account: str
    kind: str
    state: str
    arrival: date
    departure: date
    arrives_at: datetime
    arrival_stated: bool
    booker: str
    phone: str
    guest_id: int | None
    language: str
    persons: int
    group_name: str
    group_type: str
    company: str
    salesperson: str
    source: str
    guarantee: str
    approval: str
    discount: int
    total: int
    entered_by: str
    entered_at: datetime
    version: int
    lines: list[LineOut]
    rooms: list[str]
    balance: int


class ReservationDetail(ReservationRow):
    """One booking. `may`: what the user can do to it now; `penalty`: of a cancellation now; `held_until`: release.

    `ends_at`: of a meeting.
    """

    ends_at: datetime | None
    plan: str
    extra_beds: int
    extra_bed_price: int
    discount_reason: str
    note: str
    call_id: int | None
    copied_from: str | None
    contacts: int
    contacted_at: datetime | None
    confirmed_at: datetime | None
    ended_at: datetime | None
    end_reason: str
    locked_at: datetime
    held_until: datetime
    penalty: int
    may: list[str]
    guests: list[PersonOut]
    payments: list[PaymentOut]


class ReservationPage(Output):
    """A page of bookings, the last entered first."""

    items: list[ReservationRow]
    next: str | None


class ReservationList(Output):
    """Bookings."""

    items: list[ReservationDetail]


class ChangeOut(Output):
    """A change note."""

    model_config = ConfigDict(from_attributes=True)

    at: datetime
    by: str
    action: str
    state_before: str
    state_after: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    asked: str
    agreed: bool
    why: str
    told: str
    seen_at: datetime | None
    seen_by: str


class ChangeList(Output):
    """The change notes of a booking, oldest first."""

    items: list[ChangeOut]
