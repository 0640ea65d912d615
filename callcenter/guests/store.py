"""Cards in the database: reading them whole, writing numbers, documents and the keys under which they are found."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import delete, func, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import NotFound
from callcenter.guests.card import Card, Number
from callcenter.guests.keys import Facts, keys_of
from callcenter.guests.kinds import Stage
from callcenter.guests.models import Guest, GuestDocument, GuestKey, GuestNumber
from callcenter.guests.numbers import NumberPlan
from callcenter.sorting import NEVER, SortKey, Way, sorted_page

AT_ONCE = 500


class GuestSort(StrEnum):
    """By what the list of guests can be sorted; names stand in the order of their characters."""

    CREATED = "created"
    NAME = "name"
    LEVEL = "level"
    LAST_CONTACT = "last_contact"
    LAST_ORDER = "last_order"
    FIRST_CONTACT_DUE = "first_contact_due"


SORT_KEYS: Mapping[GuestSort, SortKey] = {
    GuestSort.CREATED: SortKey(Guest.created_at, datetime, lambda one: one.created_at),
    GuestSort.NAME: SortKey(Guest.name, str, lambda one: one.name),
    GuestSort.LEVEL: SortKey(Guest.level, str, lambda one: one.level),
    GuestSort.LAST_CONTACT: SortKey(
        func.coalesce(Guest.last_contact_at, NEVER), datetime, lambda one: one.last_contact_at or NEVER
    ),
    GuestSort.LAST_ORDER: SortKey(
        func.coalesce(Guest.last_order_at, NEVER), datetime, lambda one: one.last_order_at or NEVER
    ),
    GuestSort.FIRST_CONTACT_DUE: SortKey(
        func.coalesce(Guest.first_contact_due_at, NEVER), datetime, lambda one: one.first_contact_due_at or NEVER
    ),
}


async def current_id(session: AsyncSession, number: int) -> int:
    """Return the id of the card that holds what card `number` was about: itself, or the one it was merged into.

    Raises:
        NotFound: there is no such card.
    """
    found = (await session.execute(select(Guest.id, Guest.merged_into_id).where(Guest.id == number))).one_or_none()
    if found is None:
        raise NotFound(kind="guest", id=number)
    return found.id if found.merged_into_id is None else int(found.merged_into_id)


async def ids_of(session: AsyncSession, number: int) -> tuple[int, ...]:
    """Return every id under which other slices may have kept something of guest `number`, the card's own first.

    Raises:
        NotFound: there is no such card.
    """
    own = await current_id(session, number)
    merged = await session.scalars(select(Guest.id).where(Guest.merged_into_id == own).order_by(Guest.id))
    return own, *merged


async def card(session: AsyncSession, number: int, *, locked: bool = False) -> Card:
    """Read a card whole; the one it was merged into if it was. `locked`: nobody else changes it meanwhile.

    Raises:
        NotFound: there is no such card.
    """
    own = await current_id(session, number)
    statement = select(Guest).where(Guest.id == own)
    guest = (await session.scalars(statement.with_for_update() if locked else statement)).one()
    return (await cards(session, [guest]))[0]


async def cards(session: AsyncSession, guests: Sequence[Guest]) -> list[Card]:
    """Read what belongs to `guests`, in their order."""
    wanted = [guest.id for guest in guests]
    numbers: dict[int, list[GuestNumber]] = defaultdict(list)
    documents: dict[int, list[GuestDocument]] = defaultdict(list)
    merged: dict[int, list[int]] = defaultdict(list)
    for start in range(0, len(wanted), AT_ONCE):
        part = wanted[start : start + AT_ONCE]
        order = (GuestNumber.guest_id, GuestNumber.position, GuestNumber.id)
        for row in await session.scalars(select(GuestNumber).where(GuestNumber.guest_id.in_(part)).order_by(*order)):
            numbers[row.guest_id].append(row)
        held = select(GuestDocument).where(GuestDocument.guest_id.in_(part)).order_by(GuestDocument.id)
        for paper in await session.scalars(held):
            documents[paper.guest_id].append(paper)
        joined = select(Guest.merged_into_id, Guest.id).where(Guest.merged_into_id.in_(part)).order_by(Guest.id)
        for kept, gone in await session.execute(joined):
            merged[kept or 0].append(gone)
    return [
        Card(guest, tuple(numbers[guest.id]), tuple(documents[guest.id]), tuple(merged[guest.id])) for guest in guests
    ]


async def by_ids(session: AsyncSession, numbers: Sequence[int]) -> list[Guest]:
    """Read the cards of `numbers` in that order, each once, merged ones replaced by what they became."""
    wanted = list(dict.fromkeys(numbers))
    rows = {row.id: row for row in await session.scalars(select(Guest).where(Guest.id.in_(wanted)))}
    roots = {row.merged_into_id for row in rows.values() if row.merged_into_id is not None} - rows.keys()
    if roots:
        rows |= {row.id: row for row in await session.scalars(select(Guest).where(Guest.id.in_(roots)))}
    current = (rows[rows[number].merged_into_id or number] for number in wanted if number in rows)
    return list({guest.id: guest for guest in current}.values())


async def by_numbers(session: AsyncSession, numbers: Collection[str]) -> dict[str, list[int]]:
    """Return the ids of the cards that hold each of `numbers` (in their one form), the oldest card first."""
    found: dict[str, list[int]] = defaultdict(list)
    wanted = sorted(numbers)
    for start in range(0, len(wanted), AT_ONCE):
        statement = (
            select(GuestNumber.number, GuestNumber.guest_id)
            .where(GuestNumber.number.in_(wanted[start : start + AT_ONCE]))
            .order_by(GuestNumber.guest_id)
        )
        for number, guest_id in await session.execute(statement):
            found[number].append(guest_id)
    return dict(found)


async def by_document(session: AsyncSession, number: str) -> list[Guest]:
    """Return the cards that hold a document of this number (in its one form)."""
    held = select(GuestDocument.guest_id).where(GuestDocument.number == number)
    statement = select(Guest).where(Guest.id.in_(held), Guest.merged_into_id.is_(None)).order_by(Guest.id)
    return list(await session.scalars(statement))


async def put_numbers(session: AsyncSession, guest_id: int, numbers: Sequence[Number]) -> None:
    """Let `numbers` be the guest's, in this order; those that stay keep their rows."""
    rows = await session.scalars(select(GuestNumber).where(GuestNumber.guest_id == guest_id))
    known = {row.number: row for row in rows}
    for gone in known.keys() - {number.number for number in numbers}:
        await session.delete(known[gone])
    for position, number in enumerate(numbers):
        row = known.get(number.number)
        if row is None:
            row = GuestNumber(guest_id=guest_id, number=number.number)
            session.add(row)
        row.position, row.kind, row.note = position, number.kind.value, number.note
    await session.flush()


async def write_keys(session: AsyncSession, guest_ids: Iterable[int], plan: NumberPlan) -> None:
    """Make the keys of these cards anew from what stands in the database."""
    wanted = list(guest_ids)
    await session.flush()
    guests = list(await session.scalars(select(Guest).where(Guest.id.in_(wanted))))
    found = await cards(session, guests)
    await session.execute(delete(GuestKey).where(GuestKey.guest_id.in_(wanted)))
    rows = [
        {"kind": int(kind), "key": key, "guest_id": one.id}
        for one in found
        for kind, key in sorted(keys_of(_facts(one, plan)))
    ]
    if rows:
        await session.execute(insert(GuestKey), rows)


async def page(
    session: AsyncSession,
    *,
    stage: Stage | None = None,
    level: str | None = None,
    company_id: int | None = None,
    owner_id: int | None = None,
    attention: bool | None = None,
    unchecked: bool | None = None,
    unreviewed: bool | None = None,
    begin: datetime | None = None,
    end: datetime | None = None,
    limit: int = 50,
    after: tuple[Any, int] | None = None,
    sort: GuestSort = GuestSort.CREATED,
    way: Way = Way.DESCENDING,
) -> Sequence[Guest]:
    """Read at most `limit` cards that were not merged, created from `begin` to before `end`, by default newest first.

    Who was never contacted, or never ordered, stands before everybody else when sorted by that.
    """
    statement = select(Guest).where(Guest.merged_into_id.is_(None))
    for column, value in ((Guest.stage, stage), (Guest.level, level), (Guest.company_id, company_id)):
        if value is not None:
            statement = statement.where(column == value)
    if owner_id is not None:
        statement = statement.where(or_(Guest.service_owner_id == owner_id, Guest.sales_owner_id == owner_id))
    if attention is not None:
        listed = Guest.attention_colour.is_not(None)
        statement = statement.where(listed if attention else ~listed)
    if unchecked is not None:
        new = Guest.checked_at.is_(None)
        statement = statement.where(new if unchecked else ~new)
    if unreviewed is not None:
        waiting = Guest.reviewed_at.is_(None)
        statement = statement.where(waiting if unreviewed else ~waiting)
    if begin is not None:
        statement = statement.where(Guest.created_at >= begin)
    if end is not None:
        statement = statement.where(Guest.created_at < end)
    return (await session.scalars(sorted_page(statement, SORT_KEYS[sort], Guest.id, way, limit, after))).all()


def _facts(one: Card, plan: NumberPlan) -> Facts:
    guest = one.guest
    return Facts(
        guest.name,
        (guest.latin_surname, guest.latin_given),
        tuple((row.number, plan.national(row.number)) for row in one.numbers),
        tuple(row.number for row in one.documents),
    )
