"""Guest cards as they go in and out over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import Field

from callcenter.guests import documents
from callcenter.guests.card import COLUMNS, Card, Document, Draft, Number, Origin
from callcenter.guests.kinds import Channel, Colour, DocumentType, NumberKind, Sex, Source, Stage
from callcenter.guests.models import Company, Guest
from callcenter.guests.store import GuestSort
from callcenter.guests.timeline import Happening
from callcenter.settings.sections import Words
from callcenter.sorting import Way
from callcenter.web.inputs import Id, Input, Instant, Paragraph, Text
from callcenter.web.output import Output

Mask = Callable[[str], str]

MOST_NUMBERS = 20
MOST_DOCUMENTS = 10

Country = Annotated[str, Field(pattern=r"^([A-Za-z]{2})?$")]
Day = Annotated[date, Field(ge=date(1880, 1, 1), le=date(2200, 12, 31))]
Line = Annotated[Text, Field(max_length=500)]
LatinName = Annotated[Text, Field(max_length=64)]


class NumberIn(Input):
    """A telephone number as it was dictated."""

    number: Annotated[Text, Field(min_length=1, max_length=40)]
    kind: NumberKind = NumberKind.MOBILE
    note: Annotated[Text, Field(max_length=128)] = ""


class DocumentIn(Input):
    """A document; `country` (ISO 3166) for passports."""

    type: DocumentType
    number: Annotated[Text, Field(min_length=1, max_length=64)]
    country: Country = ""

    def document(self) -> Document:
        """Return it as the service takes it."""
        return Document(self.type, self.number, self.country)


class GuestFields(Input):
    """What a card says. `attention_seen`: the special-attention list was read; the name is entered all the same."""

    name: Annotated[Text, Field(max_length=128)] = ""
    latin_surname: LatinName = ""
    latin_given: LatinName = ""
    sex: Sex = Sex.UNKNOWN
    birthday: Day | None = None
    nationality: Country = ""
    origin: Annotated[Text, Field(max_length=128)] = ""
    address: Annotated[Text, Field(max_length=256)] = ""
    language: Annotated[str, Field(pattern=r"^[a-z]{2,3}$")] = "zh"
    level: Annotated[Text, Field(max_length=32)] = ""
    company_id: Id | None = None
    attention_colour: Colour | None = None
    attention_reason: Line = ""
    do_not_call: bool = False
    contact_channels: tuple[Channel, ...] = Field(default=(), max_length=len(Channel))
    contact_wish: Line = ""
    question: Annotated[Paragraph, Field(max_length=1000)] = ""
    note: Annotated[Paragraph, Field(max_length=1000)] = ""
    owing: bool = False
    numbers: tuple[NumberIn, ...] = Field(default=(), max_length=MOST_NUMBERS)
    attention_seen: bool = False

    def draft(self) -> Draft:
        """Return it as the service takes it."""
        plain = {name: getattr(self, name) for name in COLUMNS}
        numbers = tuple(Number(one.number, one.kind, one.note) for one in self.numbers)
        return Draft(**plain, numbers=numbers)


class NewGuestIn(GuestFields):
    """A new card with its documents. `stage`: potential for a caller's basic data."""

    stage: Stage = Stage.GUEST
    source: Source = Source.DESK
    documents: tuple[DocumentIn, ...] = Field(default=(), max_length=MOST_DOCUMENTS)

    def came_from(self) -> Origin:
        """Return how the card came to be."""
        return Origin(self.source, self.stage)


class GuestChangeIn(GuestFields):
    """What is to stand on a card; `version`: of the card that was read."""

    version: int = Field(ge=1, le=2**31 - 1)


class GuestFilter(Input):
    """Which cards, in which order, and which page of them; by default the newest first.

    `after` goes on in the same order only.
    """

    sort: GuestSort = GuestSort.CREATED
    order: Way = Way.DESCENDING
    stage: Stage | None = None
    level: Annotated[Text, Field(max_length=32)] | None = None
    company_id: Id | None = None
    owner_id: Id | None = None
    attention: bool | None = None
    unchecked: bool | None = None
    unreviewed: bool | None = None
    begin: Instant | None = Field(default=None, alias="from")
    end: Instant | None = Field(default=None, alias="to")
    limit: int = Field(default=50, ge=1, le=200)
    after: Annotated[str, Field(max_length=200)] | None = None

    def conditions(self) -> dict[str, Any]:
        """Return the conditions without the paging."""
        kept = ("stage", "level", "company_id", "owner_id", "attention", "unchecked", "unreviewed", "begin", "end")
        return {name: getattr(self, name) for name in kept}


class SearchFilter(Input):
    """What was typed into the search box."""

    q: Annotated[Text, Field(min_length=1, max_length=64)]
    limit: int = Field(default=20, ge=1, le=50)


class NameFilter(Input):
    """A name as it is typed."""

    name: Annotated[Text, Field(min_length=1, max_length=128)]


class CompanyFilter(Input):
    """Which companies."""

    q: Annotated[Text, Field(max_length=64)] = ""


class CompanyIn(Input):
    """A company or agency with a contract."""

    code: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$")]
    name: Annotated[Text, Field(min_length=1, max_length=128)]
    contract_signed_on: Day | None = None
    contract_until: Day | None = None
    note: Annotated[Paragraph, Field(max_length=1000)] = ""
    active: bool = True


class CompanyOut(Output):
    """A company; `filed_late`: later after signing than the house allows."""

    id: int
    code: str
    name: str
    contract_signed_on: date | None
    contract_until: date | None
    note: str
    active: bool
    created_at: datetime
    created_by: str
    filed_late: bool


class CompanyList(Output):
    """Companies, the active first."""

    items: list[CompanyOut]


class CompanyName(Output):
    """A company by name."""

    id: int
    code: str
    name: str


class NumberOut(Output):
    """A telephone number of a guest."""

    number: str
    kind: str
    note: str


class DocumentOut(Output):
    """A document, its number masked."""

    id: int
    type: str
    number: str
    country: str


class GuestRow(Output):
    """A card in a list."""

    id: int
    stage: str
    name: str
    latin_surname: str
    latin_given: str
    sex: str
    language: str
    level: str
    company: CompanyName | None
    numbers: list[NumberOut]
    attention_colour: str | None
    attention_reason: str
    do_not_call: bool
    question: str
    service_owner: str | None
    sales_owner: str | None
    created_at: datetime
    created_by: str
    first_contact_due_at: datetime | None
    first_contact_at: datetime | None
    last_contact_at: datetime | None
    last_order_at: datetime | None
    checked_at: datetime | None
    check_remark: str
    reviewed_at: datetime | None


class GuestOut(GuestRow):
    """A card with all that it says. `merged`: ids of the cards that became part of it."""

    birthday: date | None
    nationality: str
    origin: str
    address: str
    contact_channels: list[str]
    contact_wish: str
    note: str
    owing: bool
    source: str
    service_owner_id: int | None
    sales_owner_id: int | None
    checked_by: str
    reviewed_by: str
    documents: list[DocumentOut]
    merged: list[int]
    version: int


class GuestPage(Output):
    """A page of cards, newest first."""

    items: list[GuestRow]
    next: str | None


class GuestHits(Output):
    """What a search found, the likeliest first."""

    items: list[GuestRow]


class LevelOut(Output):
    """A level of guests."""

    id: str
    name: Words


class LevelList(Output):
    """The levels of guests, the ordinary one first."""

    items: list[LevelOut]


class NameCheckOut(Output):
    """Who has this very name: those on the special-attention list, and everybody."""

    attention: list[GuestRow]
    known: list[GuestRow]


class RevealedOut(Output):
    """A document's whole number."""

    number: str


class HappeningOut(Output):
    """Something that happened with a guest."""

    at: datetime
    kind: str
    subject_type: str
    subject_id: str
    detail: dict[str, Any]


class HistoryFilter(Input):
    """Which page of a guest's history."""

    limit: int = Field(default=30, ge=1, le=100)
    after: Annotated[str, Field(max_length=200)] | None = None


class HistoryOut(Output):
    """A page of a guest's history, newest first."""

    items: list[HappeningOut]
    next: str | None


_ROW_COLUMNS = tuple(name for name in GuestRow.model_fields if name in Guest.__table__.columns)
_CARD_COLUMNS = tuple(name for name in GuestOut.model_fields if name in Guest.__table__.columns)


def guest_row(card: Card, owners: Mapping[int, str], companies: Mapping[int, Company], mask: Mask) -> GuestRow:
    """Describe a card for a list; `mask` hides telephone numbers, or not."""
    return GuestRow(**_common(card, _ROW_COLUMNS, owners, companies, mask))


def guest_out(card: Card, owners: Mapping[int, str], companies: Mapping[int, Company], mask: Mask) -> GuestOut:
    """Describe a card whole; documents are masked for everybody."""
    papers = [
        DocumentOut(id=row.id, type=row.type, number=documents.masked(row.number), country=row.country)
        for row in card.documents
    ]
    common = _common(card, _CARD_COLUMNS, owners, companies, mask)
    return GuestOut(**common, documents=papers, merged=list(card.merged))


def happening_out(one: Happening) -> HappeningOut:
    """Describe something that happened."""
    subject_type, subject_id = one.subject
    return HappeningOut(at=one.at, kind=one.kind, subject_type=subject_type, subject_id=subject_id, detail=one.detail)


def _common(
    card: Card, columns: tuple[str, ...], owners: Mapping[int, str], companies: Mapping[int, Company], mask: Mask
) -> dict[str, Any]:
    guest = card.guest
    company = companies.get(guest.company_id or 0)
    return {
        **{name: getattr(guest, name) for name in columns},
        "company": None if company is None else CompanyName(id=company.id, code=company.code, name=company.name),
        "numbers": [NumberOut(number=mask(row.number), kind=row.kind, note=row.note) for row in card.numbers],
        "service_owner": owners.get(guest.service_owner_id or 0),
        "sales_owner": owners.get(guest.sales_owner_id or 0),
    }
