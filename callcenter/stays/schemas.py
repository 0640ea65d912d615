"""What goes in and out over HTTP about stays. Money is in fen, days are of the hotel."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Annotated, Any, Literal, Self

from pydantic import Field

from callcenter.guests.kinds import DocumentType
from callcenter.settings import Extension
from callcenter.stays.checking_in import Registration
from callcenter.stays.kinds import GuestType, LineKind, PaymentMethod, StayState, StayType
from callcenter.stays.lamps import Lamp
from callcenter.stays.message_schemas import MessageOut, WakeUpOut
from callcenter.stays.models import FolioLine, StayChange, StayGuest
from callcenter.stays.persons import Person
from callcenter.stays.reading import StayQuery, StayRow, WholeStay
from callcenter.telephony import PhoneClass
from callcenter.web.inputs import Day, Id, Input, Instant, Paragraph, Text
from callcenter.web.output import Output, columns

MOST = 100_000_000
"""Fen: no single price or payment is higher."""

Money = Annotated[int, Field(ge=0, le=MOST)]
Paid = Annotated[int, Field(ge=1, le=MOST)]
Short = Annotated[Text, Field(max_length=64)]
Line = Annotated[Text, Field(max_length=200)]
Bed = Annotated[int, Field(ge=0, le=9)]
BookingNumber = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,16}$")]
Reason = Annotated[Text, Field(min_length=1, max_length=200)]
Callers = Annotated[list[Annotated[Text, Field(min_length=1, max_length=32)]], Field(max_length=10)]
LongText = Annotated[Paragraph, Field(max_length=1000)]


class PersonIn(Input):
    """Somebody to register: mainland guests with an ID card, guests from abroad with a passport and nationality."""

    name: Annotated[Text, Field(min_length=1, max_length=64)]
    guest_id: Id | None = None
    phone: Annotated[Text, Field(max_length=32)] = ""
    foreign: bool = False
    document_type: DocumentType | Literal[""] = ""
    document_number: Annotated[Text, Field(max_length=32)] = ""
    nationality: Annotated[Text, Field(max_length=32)] = ""
    origin: Short = ""
    sex: Annotated[Text, Field(max_length=8)] = ""
    birthday: date | None = None
    address: Line = ""


class CheckIn(Input):
    """The check-in form. `booking`: what is left open here (room, departure, guests, price) is carried over from it.

    `bed`: of a shared room, else 0. `price`: of a night (of its time for an hourly stay); null for the list price.
    `discount`: percent off it, where no price is agreed. `extra_bed_price`: of an extra bed a night, null for the
    type's. `allowed_callers`: numbers that are put through to a confidential guest all the same.
    `attention`: who it turned out to be, where a name is on the special-attention list; without it that is refused.
    """

    room: Extension | None = None
    departure: Day | None = None
    guests: Annotated[list[PersonIn], Field(max_length=12)] = []  # noqa: RUF012
    booking: BookingNumber | None = None
    group: BookingNumber | None = None
    bed: Bed = 0
    stay_type: StayType = StayType.NORMAL
    guest_type: GuestType = GuestType.INDIVIDUAL
    price: Money | None = None
    discount: Annotated[int, Field(ge=0, le=100)] = 0
    extra_beds: Annotated[int, Field(ge=0, le=9)] = 0
    extra_bed_price: Money | None = None
    breakfasts: Annotated[int, Field(ge=0, le=99)] = 0
    commission: Money = 0
    confidential: bool = False
    alias: Short = ""
    allowed_callers: Callers = []  # noqa: RUF012
    phone_class: PhoneClass | None = None
    language: Annotated[str, Field(pattern=r"^[a-z]{2,3}$")] = "zh"
    company: Annotated[Text, Field(max_length=128)] = ""
    salesperson: Short = ""
    source: Annotated[Text, Field(max_length=32)] = ""
    reason: Line = ""
    note: LongText = ""
    wake_up: Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")] | None = None
    attention: Line = ""

    def registration(self, group_id: int | None) -> Registration:
        """Say it in the house's words."""
        plain = self.model_dump(exclude={"guests", "booking", "group", "wake_up", "room"})
        return Registration(
            **plain,
            room=self.room or "",
            persons=tuple(Person(**guest.model_dump()) for guest in self.guests),
            wake_up=None if self.wake_up is None else time.fromisoformat(self.wake_up),
            group_id=group_id,
        )


class StayFilter(Input):
    """Which stays to show. `guest`: a part of a name; `operator`: who registered the guest."""

    state: StayState | None = None
    room: Extension | None = None
    guest: Annotated[Text, Field(min_length=1, max_length=64)] | None = None
    arrival_from: Day | None = None
    arrival_to: Day | None = None
    operator: Short | None = None
    group: BookingNumber | None = None
    limit: int = Field(default=50, ge=1, le=500)
    after: Annotated[Text, Field(max_length=200)] | None = None

    def query(self) -> StayQuery:
        """Say it in the house's words."""
        return StayQuery(**self.model_dump(exclude={"limit", "after"}))


class Longer(Input):
    """A longer or shorter stay; null: a day longer."""

    until: Day | None = None


class Overnight(Input):
    """From hours to a night: the final price, and until when (null: tomorrow)."""

    price: Money
    until: Day | None = None
    reason: Reason


class Move(Input):
    """Another room; `price`: null for the same price."""

    room: Extension
    bed: Bed = 0
    price: Money | None = None
    reason: Reason


class Wish(Input):
    """What is to be changed; null leaves it."""

    phone_class: PhoneClass | None = None
    confidential: bool | None = None
    alias: Short | None = None
    allowed_callers: Callers | None = None
    breakfasts: Annotated[int, Field(ge=0, le=99)] | None = None
    extra_beds: Annotated[int, Field(ge=0, le=9)] | None = None
    note: LongText | None = None
    price: Money | None = None
    reason: Line = ""


class Quiet(Input):
    """Until when not to disturb; null to end it."""

    until: Instant | None


class Why(Input):
    """A reason."""

    reason: Reason


class Link(Input):
    """The other stay."""

    stay: Id


class GroupIn(Input):
    """The group's booking number; null to leave the group."""

    group: BookingNumber | None
    reason: Reason


class Commission(Input):
    """Fen a night, 0 for none, from a night on."""

    amount: Money
    since: Day
    reason: Reason


class PostingIn(Input):
    """A charge or a payment by hand. `method` goes with payments and refunds."""

    kind: LineKind
    amount: Paid
    text: Line = ""
    method: PaymentMethod | None = None


class LineChange(Input):
    """A correction on the same day."""

    amount: Money
    text: Line = ""
    reason: Reason


class TransferIn(Input):
    """Whose folio the line belongs on."""

    to: Id
    reason: Reason


class StayOut(Output):
    """A stay in a list. `balance`: what the guest owes, below zero what the house owes; `messages`: not delivered."""

    id: int
    number: str
    state: StayState
    room: str
    room_type: str
    bed: int
    guests: list[str]
    stay_type: StayType
    guest_type: GuestType
    arrival: date
    departure: date
    arrived_at: datetime
    leaves_at: datetime
    left_at: datetime | None
    price: int
    confidential: bool
    phone_class: PhoneClass
    quiet_until: datetime | None
    company: str
    link: int | None
    group_id: int | None
    balance: int
    messages: int
    wake_up: datetime | None
    registered_by: str

    @classmethod
    def of(cls, row: StayRow) -> Self:
        """Show a row."""
        return cls(
            **columns(row.stay, cls, "room", "room_type", "guests", "link", "balance", "messages", "wake_up"),
            room=row.room,
            room_type=row.room_type,
            guests=list(row.guests),
            link=row.stay.link_id,
            balance=row.balance,
            messages=row.messages,
            wake_up=row.wake_up,
        )


class StayPage(Output):
    """A page of stays; `next` is the position of the next one."""

    items: list[StayOut]
    next: str | None


class GuestOut(Output):
    """A registered person; the document is masked for those who need it not."""

    name: str
    guest_id: int | None
    phone: str
    foreign: bool
    document_type: str
    document_number: str
    nationality: str
    origin: str
    sex: str
    birthday: date | None
    address: str


class LineOut(Output):
    """A line of a folio; `editable` until the night audit closes its day. `reversed`: another line took it back."""

    id: int
    day: date
    kind: LineKind
    amount: int
    method: str
    text: str
    at: datetime
    by: str
    reverses: int | None
    reversed: bool
    editable: bool


class ChangeOut(Output):
    """What was changed, by whom and why."""

    at: datetime
    by: str
    action: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    why: str


class StayDetail(StayOut):
    """A stay with everything that belongs to it."""

    booking: str | None
    group: str | None
    list_price: int
    discount: int
    extra_beds: int
    extra_bed_price: int
    breakfasts: int
    commission: int
    alias: str
    allowed_callers: list[str]
    language: str
    salesperson: str
    source: str
    reason: str
    note: str
    registered_at: datetime
    left_by: str
    persons: list[GuestOut]
    folio: list[LineOut]
    audited_until: date | None
    guest_messages: list[MessageOut]
    message_lamp: Lamp
    wake_ups: list[WakeUpOut]
    changes: list[ChangeOut]
    linked: list[StayOut]


_OWN = (
    "list_price",
    "discount",
    "extra_beds",
    "extra_bed_price",
    "breakfasts",
    "commission",
    "alias",
    "allowed_callers",
    "language",
    "salesperson",
    "source",
    "reason",
    "note",
    "registered_at",
    "left_by",
)
"""What only the page of one stay shows."""


def detail(found: WholeStay, lamp: Lamp, *, documents: bool) -> StayDetail:
    """Show a whole stay; without the right to `documents` all but the last four characters of one are covered.

    `lamp`: the message lamp of the room.
    """
    stay = found.row.stay
    return StayDetail(
        **StayOut.of(found.row).model_dump(),
        **{name: getattr(stay, name) for name in _OWN},
        booking=found.booking,
        group=found.group,
        persons=[_person(guest, documents=documents) for guest in found.guests],
        folio=_folio(found),
        audited_until=found.audited_until,
        guest_messages=[MessageOut.of(message) for message in found.messages],
        message_lamp=lamp,
        wake_ups=[WakeUpOut.of(wake_up) for wake_up in found.wake_ups],
        changes=[_change(change) for change in found.changes],
        linked=[StayOut.of(row) for row in found.linked],
    )


def line_out(line: FolioLine, *, taken_back: bool, audited_until: date | None) -> LineOut:
    """Show a line."""
    stands = not taken_back and line.reverses_id is None
    is_open = audited_until is None or line.day > audited_until
    return LineOut(
        **columns(line, LineOut, "reverses", "reversed", "editable"),
        reverses=line.reverses_id,
        reversed=taken_back,
        editable=stands and is_open,
    )


def _folio(found: WholeStay) -> list[LineOut]:
    taken_back = {line.reverses_id for line in found.lines}
    return [line_out(line, taken_back=line.id in taken_back, audited_until=found.audited_until) for line in found.lines]


def _person(guest: StayGuest, *, documents: bool) -> GuestOut:
    shown = GuestOut(**columns(guest, GuestOut))
    if documents or not shown.document_number:
        return shown
    covered = "*" * max(4, len(shown.document_number) - 4) + shown.document_number[-4:]
    return shown.model_copy(update={"document_number": covered})


def _change(change: StayChange) -> ChangeOut:
    return ChangeOut(**columns(change, ChangeOut))
