"""Guest cards: making, changing and finding them; every change is in the audit log."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from http import HTTPStatus
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.clock import Clock
from callcenter.errors import HouseError, NotFound
from callcenter.guests import attention, documents, store
from callcenter.guests.acting import By as By
from callcenter.guests.card import (
    Card,
    Document,
    Draft,
    Number,
    Origin,
    columns_of,
    completed,
    difference,
    draft_of,
    facts,
    settled,
)
from callcenter.guests.kinds import DocumentType, NumberKind, Source, Stage
from callcenter.guests.models import Company, Guest, GuestDocument
from callcenter.guests.numbers import NumberPlan
from callcenter.guests.ownership import Ownership
from callcenter.guests.rules import GuestRules
from callcenter.staff.audit import AuditLog

AT_THE_DESK = Origin()
UNCHANGED_BY_HAND: dict[str, Any] = {
    "checked_by": "",
    "check_remark": "",
    "reviewed_by": "",
    "version": 1,
}


class GuestChanged(HouseError):
    """Somebody else changed the card since it was read; params: `id`, `version`."""

    code = "guest_changed"
    status = HTTPStatus.CONFLICT


class DocumentKnown(HouseError):
    """Another card holds this document; params: `id` of that card."""

    code = "document_known"
    status = HTTPStatus.CONFLICT


class Guests:
    """Makes, changes and reads cards. Every method works in the caller's transaction."""

    def __init__(self, clock: Clock, plan: NumberPlan, rules: GuestRules, audit: AuditLog) -> None:
        self.ownership = Ownership(clock, rules, audit)
        self.clock = clock
        self.plan = plan
        self.rules = rules
        self.audit = audit

    @property
    def today(self) -> date:
        """The day in the hotel."""
        return self.clock.now().astimezone(self.rules.zone).date()

    async def create(
        self,
        session: AsyncSession,
        draft: Draft,
        by: By,
        *,
        papers: Sequence[Document] = (),
        origin: Origin = AT_THE_DESK,
        attention_seen: bool = False,
    ) -> Card:
        """Make a card; what an ID card tells is filled in, and a potential customer gets an owner and a deadline.

        Raises:
            AttentionListed: the name is on the special-attention list and nobody has said that it was read.
            DocumentKnown: another card holds one of the documents.
            DocumentNotValid, NumberNotValid, AreaCodeMissing, UnknownLevel, NameMissing: what was entered is wrong.
        """
        identity = next((paper for paper in papers if paper.type is DocumentType.ID_CARD), None)
        ready = completed(settled(draft, self.plan, self.rules), identity, self.today)
        await _check_company(session, ready)
        found = await attention.listed(session, [attention.Named(ready.name)])
        attention.must_be_seen(found, seen=attention_seen)
        now = self.clock.now()
        guest = Guest(
            **columns_of(ready),
            **UNCHANGED_BY_HAND,
            stage=origin.stage.value,
            source=origin.source.value,
            created_at=now,
            created_by=by.actor.username,
        )
        session.add(guest)
        await session.flush()
        await store.put_numbers(session, guest.id, ready.numbers)
        for paper in papers:
            await self._add_document(session, guest.id, paper)
        await store.write_keys(session, [guest.id], self.plan)
        after = {**facts(ready), "stage": guest.stage, "source": guest.source, "documents": _papers(papers)}
        kept = {key: value for key, value in after.items() if value not in ("", None, [], False)}
        self.audit(session, by.actor, "guest.created", ("guest", guest.id), after=kept, address=by.address)
        if origin.stage is Stage.POTENTIAL:
            await self.ownership.allocate(session, guest, by)
        return (await store.cards(session, [guest]))[0]

    async def change(
        self,
        session: AsyncSession,
        number: int,
        draft: Draft,
        by: By,
        *,
        version: int | None = None,
        attention_seen: bool = False,
    ) -> Card:
        """Let the card say what `draft` says; a supervisor's check of it is due again.

        Raises:
            NotFound: there is no such card.
            GuestChanged: it is no longer the `version` that was read.
            AttentionListed: the new name is on the special-attention list and nobody has said that it was read.
        """
        card = await store.card(session, number, locked=True)
        guest = card.guest
        if version is not None and version != guest.version:
            raise GuestChanged(id=guest.id, version=guest.version)
        ready = settled(draft, self.plan, self.rules)
        if ready.name != guest.name:
            found = await attention.listed(session, [attention.Named(ready.name)])
            attention.must_be_seen(found, seen=attention_seen, besides=card.ids)
        await _check_company(session, ready)
        old, new = difference(facts(draft_of(card)), facts(ready))
        if not new:
            return card
        for column, value in columns_of(ready).items():
            setattr(guest, column, value)
        guest.version += 1
        if guest.check_remark:
            guest.checked_at, guest.checked_by, guest.check_remark = None, "", ""
        await store.put_numbers(session, guest.id, ready.numbers)
        await store.write_keys(session, [guest.id], self.plan)
        self.audit(session, by.actor, "guest.changed", ("guest", guest.id), before=old, after=new, address=by.address)
        return await store.card(session, guest.id)

    async def add_document(self, session: AsyncSession, number: int, paper: Document, by: By) -> Card:
        """Enter a document; an ID card fills in origin, sex and birthday where they are not known.

        Raises:
            NotFound: there is no such card.
            DocumentNotValid: the number cannot be right.
            DocumentKnown: another card holds it.
        """
        card = await store.card(session, number, locked=True)
        before = draft_of(card)
        ready = completed(before, paper, self.today)
        row = await self._add_document(session, card.id, paper)
        for column, value in columns_of(ready).items():
            setattr(card.guest, column, value)
        card.guest.version += 1
        await store.write_keys(session, [card.id], self.plan)
        old, new = difference(facts(before), facts(ready))
        after = {**new, "document": documents.masked(row.number), "type": row.type}
        self.audit(
            session, by.actor, "guest.document_added", ("guest", card.id), before=old, after=after, address=by.address
        )
        return await store.card(session, card.id)

    async def remove_document(self, session: AsyncSession, document_id: int, by: By) -> None:
        """Take a document off its card.

        Raises:
            NotFound: there is no such document.
        """
        row = await self._document(session, document_id)
        before = {"document": documents.masked(row.number), "type": row.type}
        await session.delete(row)
        await store.write_keys(session, [row.guest_id], self.plan)
        subject = ("guest", row.guest_id)
        self.audit(session, by.actor, "guest.document_removed", subject, before=before, address=by.address)

    async def reveal_document(self, session: AsyncSession, document_id: int, by: By) -> str:
        """Return a document's whole number; the reveal stands in the audit log.

        Raises:
            NotFound: there is no such document.
        """
        row = await self._document(session, document_id)
        note = f"{row.type} {documents.masked(row.number)}"
        subject = ("guest", row.guest_id)
        self.audit(session, by.actor, "guest.document_revealed", subject, note=note, address=by.address)
        return row.number

    async def of_number(self, session: AsyncSession, shown: str) -> list[Guest]:
        """Return the guests who use a number, in whatever form it is given; the oldest card first."""
        number = self.plan.recognise(shown)
        if number is None:
            return []
        found = await store.by_numbers(session, [number])
        return await store.by_ids(session, found.get(number, []))

    async def of_numbers(self, session: AsyncSession, shown: Collection[str]) -> dict[str, list[Guest]]:
        """Return the guests of each number in `shown`, as it was given; numbers of nobody are left out."""
        forms = {text: number for text in shown if (number := self.plan.recognise(text)) is not None}
        held = await store.by_numbers(session, set(forms.values()))
        rows = await store.by_ids(session, [number for numbers in held.values() for number in numbers])
        current = {row.id: row for row in rows}
        merged = {gone: kept.guest for kept in await store.cards(session, rows) for gone in kept.ids}
        return {
            text: list({(merged[i]).id: current[merged[i].id] for i in held[number]}.values())
            for text, number in forms.items()
            if number in held
        }

    async def find_or_create(
        self, session: AsyncSession, name: str, number: str, by: By, *, source: Source = Source.BOOKING
    ) -> Card:
        """Return the card of this name with this number, or make it: what a booking knows of its booker.

        Raises:
            NumberNotValid, AreaCodeMissing, NameMissing: no card could be made of it.
        """
        wanted = name.strip()
        for guest in await self.of_number(session, number) if number else []:
            if guest.name == wanted:
                return (await store.cards(session, [guest]))[0]
        numbers = (Number(number, NumberKind.MOBILE),) if number else ()
        draft = Draft(name=name, numbers=numbers)
        return await self.create(session, draft, by, origin=Origin(source), attention_seen=True)

    async def _document(self, session: AsyncSession, document_id: int) -> GuestDocument:
        row = await session.get(GuestDocument, document_id, with_for_update=True)
        if row is None:
            raise NotFound(kind="document", id=document_id)
        return row

    async def _add_document(self, session: AsyncSession, guest_id: int, paper: Document) -> GuestDocument:
        number = documents.check(paper.type, paper.number, self.today)
        holders = await store.by_document(session, number)
        if holders:
            raise DocumentKnown(id=holders[0].id)
        row = GuestDocument(guest_id=guest_id, type=paper.type.value, number=number, country=paper.country.upper())
        session.add(row)
        await session.flush()
        return row


async def _check_company(session: AsyncSession, draft: Draft) -> None:
    if draft.company_id is not None and await session.get(Company, draft.company_id) is None:
        raise NotFound(kind="company", id=draft.company_id)


def _papers(papers: Sequence[Document]) -> list[str]:
    return [f"{paper.type.value} {documents.masked(documents.plain(paper.number))}" for paper in papers]
