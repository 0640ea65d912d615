"""A card as facts: what is entered (`Draft`), what is kept (`Card`), what a change means. Pure; no database."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from http import HTTPStatus
from typing import Any, Final

from callcenter.errors import HouseError
from callcenter.guests import documents
from callcenter.guests.kinds import Channel, Colour, DocumentType, NumberKind, Sex, Source, Stage
from callcenter.guests.models import Guest, GuestDocument, GuestNumber
from callcenter.guests.numbers import NumberPlan
from callcenter.guests.rules import GuestRules


class UnknownLevel(HouseError):
    """The settings name no such level; params: `level`."""

    code = "unknown_level"
    status = HTTPStatus.UNPROCESSABLE_ENTITY


class NameMissing(HouseError):
    """A card needs a name, Chinese or Latin."""

    code = "guest_name_missing"
    status = HTTPStatus.UNPROCESSABLE_ENTITY


class AttentionReasonMissing(HouseError):
    """Who is put on the special-attention list is put there for a reason that others can read."""

    code = "attention_reason_missing"
    status = HTTPStatus.UNPROCESSABLE_ENTITY


@dataclass(frozen=True, slots=True)
class Number:
    """A telephone number of a guest."""

    number: str
    kind: NumberKind = NumberKind.MOBILE
    note: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """A document that a guest identifies with. `country`: ISO 3166, for passports."""

    type: DocumentType
    number: str
    country: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """A card as somebody enters it; what is empty is not known. `level` empty: the ordinary one."""

    name: str = ""
    latin_surname: str = ""
    latin_given: str = ""
    sex: Sex = Sex.UNKNOWN
    birthday: date | None = None
    nationality: str = ""
    origin: str = ""
    address: str = ""
    language: str = "zh"
    level: str = ""
    company_id: int | None = None
    attention_colour: Colour | None = None
    attention_reason: str = ""
    do_not_call: bool = False
    contact_channels: tuple[Channel, ...] = ()
    contact_wish: str = ""
    question: str = ""
    note: str = ""
    owing: bool = False
    numbers: tuple[Number, ...] = ()


@dataclass(frozen=True, slots=True)
class Card:
    """A card with all that belongs to it; `merged` are the ids of the cards that became part of it."""

    guest: Guest
    numbers: tuple[GuestNumber, ...] = ()
    documents: tuple[GuestDocument, ...] = ()
    merged: tuple[int, ...] = ()

    @property
    def id(self) -> int:
        """The id of the card."""
        return self.guest.id

    @property
    def ids(self) -> tuple[int, ...]:
        """Every id under which something of this guest may be kept."""
        return (self.guest.id, *self.merged)


@dataclass(frozen=True, slots=True)
class Origin:
    """How a card came to be. `stage`: a caller's basic data makes a potential customer (requirements 5)."""

    source: Source = Source.DESK
    stage: Stage = Stage.GUEST


COLUMNS: Final = tuple(name for name in Draft.__dataclass_fields__ if name != "numbers")


def settled(draft: Draft, plan: NumberPlan, rules: GuestRules) -> Draft:
    """Bring a draft into its one form: numbers E.164 and once each, level by name, no stray spaces.

    Raises:
        NameMissing: neither a name nor a Latin name.
        UnknownLevel: the settings do not name the level.
        AttentionReasonMissing: a colour without a reason.
        NumberNotValid, AreaCodeMissing: a telephone number cannot be rung.
    """
    entered_texts = ((name, getattr(draft, name)) for name in COLUMNS)
    texts: dict[str, Any] = {name: text.strip() for name, text in entered_texts if type(text) is str}
    level = draft.level or rules.ordinary
    if level not in rules.levels:
        raise UnknownLevel(level=level)
    name = texts["name"] or " ".join(part for part in (texts["latin_surname"], texts["latin_given"]) if part)
    if not name:
        raise NameMissing
    if draft.attention_colour is not None and not texts["attention_reason"]:
        raise AttentionReasonMissing
    numbers: dict[str, Number] = {}
    for entered in draft.numbers:
        number = replace(entered, number=plan.read(entered.number), note=entered.note.strip())
        numbers.setdefault(number.number, number)
    return replace(
        draft,
        **{
            **texts,
            "name": name,
            "level": level,
            "nationality": texts["nationality"].upper(),
            "attention_reason": texts["attention_reason"] if draft.attention_colour is not None else "",
        },
        contact_channels=tuple(dict.fromkeys(draft.contact_channels)),
        numbers=tuple(numbers.values()),
    )


def completed(draft: Draft, identity: Document | None, today: date) -> Draft:
    """Fill in what an ID card tells and the draft does not: origin, sex, birthday (requirements 3).

    Raises:
        DocumentNotValid: the ID card's number cannot be right.
    """
    if identity is None or identity.type is not DocumentType.ID_CARD:
        return draft
    holder = documents.read_id_card(identity.number, today)
    return replace(
        draft,
        origin=draft.origin or holder.origin,
        sex=holder.sex if draft.sex is Sex.UNKNOWN else draft.sex,
        birthday=draft.birthday or holder.birthday,
        nationality=draft.nationality or "CN",
    )


def columns_of(draft: Draft) -> dict[str, Any]:
    """Return the columns of a settled draft."""
    return {name: _column(getattr(draft, name)) for name in COLUMNS}


def draft_of(card: Card) -> Draft:
    """Return the card as a draft that would enter it again."""
    guest = card.guest
    return Draft(
        **{
            name: getattr(guest, name)
            for name in COLUMNS
            if name not in ("sex", "attention_colour", "contact_channels")
        },
        sex=Sex(guest.sex),
        attention_colour=None if guest.attention_colour is None else Colour(guest.attention_colour),
        contact_channels=tuple(Channel(channel) for channel in guest.contact_channels),
        numbers=tuple(Number(row.number, NumberKind(row.kind), row.note) for row in card.numbers),
    )


def facts(draft: Draft) -> dict[str, Any]:
    """Return a draft as JSON values, for the audit log."""
    return {
        **{name: _json(value) for name, value in columns_of(draft).items()},
        "numbers": [number.number for number in draft.numbers],
    }


def difference(before: dict[str, Any], after: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what changed: the old values and the new ones."""
    changed = sorted(key for key in after if before.get(key) != after[key])
    return {key: before.get(key) for key in changed}, {key: after[key] for key in changed}


def _column(value: Any) -> Any:
    if isinstance(value, tuple):
        return [str(part) for part in value]
    return str(value) if isinstance(value, Sex | Colour) else value


def _json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | datetime) else value
