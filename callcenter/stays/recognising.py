"""Who somebody is whose name is typed at check-in: a guest in house, one of former times, one on the attention list.

The operator confirms the identity, then the data are filled in (requirements 4, special-attention list): from the card
that was chosen, whose document needs not be shown for it. Whoever is registered without a card gets one, so that the
history is whole: not by a name alone, which others bear too, and not a confidential guest, whose new card would tell
that he is here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.guests import documents, store
from callcenter.guests.card import Card, Document, Draft, Number, Origin
from callcenter.guests.kinds import DocumentType, NumberKind, Sex, Source
from callcenter.guests.search import Search
from callcenter.guests.service import By, Guests
from callcenter.rooms.models import Room
from callcenter.stays.kinds import StayState
from callcenter.stays.models import Stay, StayGuest
from callcenter.stays.persons import Person

MOST_KNOWN = 6


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody who may be meant. `room`: where he is in house now, else empty; `stays`: how often he stayed before."""

    card: Card
    room: str
    stays: int
    last_departure: date | None


async def known(session: AsyncSession, text: str, *, by_number: bool, confidential: bool) -> list[Known]:
    """Return the cards that a typed name, or number, may mean, with where their guests are and how often they stayed.

    Confidential guests in house count as guests of former times, unless `confidential` lets them be seen.
    """
    found = await Search().find(session, text, by_number=by_number, limit=MOST_KNOWN)
    cards = await store.cards(session, found)
    own = {number: card.id for card in cards for number in card.ids}
    rooms = await _rooms_now(session, own, confidential=confidential)
    stayed = await _stays_of(session, own)
    return [Known(card, rooms.get(card.id, ""), *stayed.get(card.id, (0, None))) for card in cards]


async def filled_in(session: AsyncSession, person: Person) -> Person:
    """Return a person with what is left empty taken from the card that was chosen for him.

    Raises:
        NotFound: there is no such card.
    """
    if person.guest_id is None:
        return person
    card = await store.card(session, person.guest_id)
    guest, paper = card.guest, paper_of(card, foreign=person.foreign)
    sex = "" if guest.sex == Sex.UNKNOWN else guest.sex
    has_paper = bool(person.document_number.strip()) or paper is None
    return replace(
        person,
        guest_id=card.id,
        phone=person.phone or next((one.number for one in card.numbers), ""),
        document_type=person.document_type if has_paper or paper is None else paper.type,
        document_number=person.document_number if has_paper or paper is None else paper.number,
        nationality=person.nationality or guest.nationality[:32],
        origin=person.origin or guest.origin[:64],
        sex=person.sex or sex,
        birthday=person.birthday or guest.birthday,
        address=person.address or guest.address[:200],
    )


async def with_cards(session: AsyncSession, guests: Guests, persons: Sequence[Person], by: By) -> tuple[Person, ...]:
    """Return the persons with their cards: found by document, then by name and number, else made (requirements 5).

    Of whom neither document nor number is known no card is made.
    """
    return tuple([one if one.guest_id else await _with_card(session, guests, one, by) for one in persons])


async def _with_card(session: AsyncSession, guests: Guests, person: Person, by: By) -> Person:
    number = documents.plain(person.document_number)
    for guest in await store.by_document(session, number) if number else []:
        return replace(person, guest_id=guest.id)
    phone = guests.plan.recognise(person.phone) if person.phone else None
    for guest in await guests.of_number(session, phone) if phone else []:
        if guest.name == person.name.strip():
            return replace(person, guest_id=guest.id)
    if not (number or phone):
        return person
    kind = person.document_type or (DocumentType.PASSPORT if person.foreign else DocumentType.ID_CARD)
    papers = (Document(DocumentType(kind), person.document_number),) if number else ()
    draft = Draft(
        name=person.name,
        sex=Sex(person.sex) if person.sex in set(Sex) else Sex.UNKNOWN,
        birthday=person.birthday,
        nationality=person.nationality,
        origin=person.origin,
        address=person.address,
        numbers=(Number(phone, NumberKind.MOBILE),) if phone else (),
    )
    card = await guests.create(session, draft, by, papers=papers, origin=Origin(Source.DESK), attention_seen=True)
    return replace(person, guest_id=card.id)


def paper_of(card: Card, *, foreign: bool) -> Document | None:
    """Choose the document that registers somebody: a passport of a guest from abroad, else the ID card first."""
    first = DocumentType.PASSPORT if foreign else DocumentType.ID_CARD
    held = sorted(card.documents, key=lambda one: (one.type != first, one.id))
    return Document(DocumentType(held[0].type), held[0].number) if held else None


async def _rooms_now(session: AsyncSession, cards: Mapping[int, int], *, confidential: bool) -> dict[int, str]:
    """Return the rooms of guests in house, by card."""
    statement = (
        select(StayGuest.guest_id, Room.number)
        .join(Stay, Stay.id == StayGuest.stay_id)
        .join(Room, Room.id == Stay.room_id)
        .where(StayGuest.guest_id.in_(cards), Stay.state == StayState.IN_HOUSE)
    )
    if not confidential:
        statement = statement.where(~Stay.confidential)
    return {cards[number]: room for number, room in await session.execute(statement) if number is not None}


async def _stays_of(session: AsyncSession, cards: Mapping[int, int]) -> dict[int, tuple[int, date | None]]:
    """Return how often guests stayed and when they left last, by card; stays that go on do not count."""
    statement = (
        select(StayGuest.guest_id, func.count(func.distinct(Stay.id)), func.max(Stay.departure))
        .join(Stay, Stay.id == StayGuest.stay_id)
        .where(StayGuest.guest_id.in_(cards), Stay.state == StayState.CHECKED_OUT)
        .group_by(StayGuest.guest_id)
    )
    found: dict[int, tuple[int, date | None]] = {}
    for number, count, last in await session.execute(statement):
        if number is not None:
            before, left = found.get(cards[number], (0, None))
            found[cards[number]] = (before + count, last if left is None else max(left, last))
    return found
