"""Membership cards (requirements 5): real-name, one household one card, reviewed before issue; stored value.

An applicant gives name, ID card, a telephone number and the registered address, and signs. Only who comes in person
without the ID card may bring it later; the card is issued when it is there. Who enters an application does not decide
on it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from http import HTTPStatus

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.clock import Clock
from callcenter.errors import HouseError, NotFound
from callcenter.guests import store
from callcenter.guests.acting import By
from callcenter.guests.card import Card
from callcenter.guests.kinds import DocumentType, MembershipState
from callcenter.guests.models import Guest
from callcenter.guests.work_models import Membership, StoredValueSale
from callcenter.staff.audit import AuditLog

_NOT_WRITTEN = re.compile(r"[\W_]+")
HOLDING = (MembershipState.APPLIED.value, MembershipState.ISSUED.value)


class MembershipIncomplete(HouseError):
    """Something compulsory is missing; params: `missing` (name, id_card, number, address, signature)."""

    code = "membership_incomplete"
    status = HTTPStatus.UNPROCESSABLE_ENTITY


class HouseholdHasCard(HouseError):
    """Someone of the same registered address has a card, or has applied for one; params: `guest_id`."""

    code = "household_has_card"
    status = HTTPStatus.CONFLICT


class NotApplied(HouseError):
    """Only an application that waits can be decided on; params: `state`."""

    code = "membership_not_applied"
    status = HTTPStatus.CONFLICT


class SecondPersonNeeded(HouseError):
    """Who entered an application does not decide on it."""

    code = "second_person_needed"
    status = HTTPStatus.CONFLICT


class NotAMember(HouseError):
    """Stored value is for members with a card."""

    code = "not_a_member"
    status = HTTPStatus.CONFLICT


def household_of(address: str) -> str:
    """Return what two ways of writing one registered address have in common."""
    return _NOT_WRITTEN.sub("", unicodedata.normalize("NFKC", address).casefold())


def missing(card: Card, address: str, *, in_person: bool, signed: bool) -> list[str]:
    """Return what an application lacks; the ID card is no lack of one who came in person."""
    given = {
        "name": bool(card.guest.name),
        "id_card": in_person or has_id_card(card),
        "number": bool(card.numbers),
        "address": bool(household_of(address)),
        "signature": signed,
    }
    return [name for name, is_there in given.items() if not is_there]


def has_id_card(card: Card) -> bool:
    """Tell whether the ID card is entered; of a foreign guest the passport stands for it."""
    return any(paper.type in (DocumentType.ID_CARD, DocumentType.PASSPORT) for paper in card.documents)


class Memberships:
    """Takes applications, issues cards and sells stored value, in the caller's transaction."""

    def __init__(self, clock: Clock, audit: AuditLog) -> None:
        self._clock = clock
        self._audit = audit

    async def apply(
        self, session: AsyncSession, number: int, address: str, by: By, *, in_person: bool, signed: bool
    ) -> Membership:
        """Enter an application.

        Raises:
            NotFound: there is no such card.
            MembershipIncomplete: something compulsory is missing.
            HouseholdHasCard: the household has a card already.
        """
        card = await store.card(session, number, locked=True)
        lacking = missing(card, address, in_person=in_person, signed=signed)
        if lacking:
            raise MembershipIncomplete(missing=lacking)
        household = household_of(address)[:256]
        held = select(Membership.guest_id).where(Membership.household == household, Membership.state.in_(HOLDING))
        holder = await session.scalar(held)
        if holder is not None:
            raise HouseholdHasCard(guest_id=holder)
        row = Membership(
            guest_id=card.id,
            state=MembershipState.APPLIED.value,
            household=household,
            address=address,
            in_person=in_person,
            id_missing=not has_id_card(card),
            applied_at=self._clock.now(),
            applied_by=by.actor.username,
            decided_by="",
            remark="",
        )
        session.add(row)
        try:
            await session.flush()
        except IntegrityError as error:  # somebody else of the household was quicker
            raise HouseholdHasCard(guest_id=None) from error
        self._log(session, "membership.applied", row, by)
        return row

    async def decide(
        self, session: AsyncSession, number: int, wanted: MembershipState, remark: str, by: By
    ) -> Membership:
        """Issue a card (`ISSUED`) or refuse it (`REFUSED`).

        Raises:
            NotFound: there is no such application.
            NotApplied: it was decided on already.
            SecondPersonNeeded: the one who entered it decides.
            MembershipIncomplete: the ID card that was to be brought later is not there.
        """
        row = await self._locked(session, number)
        if row.state != MembershipState.APPLIED:
            raise NotApplied(state=row.state)
        if row.applied_by == by.actor.username:
            raise SecondPersonNeeded
        if wanted is MembershipState.ISSUED:
            if not has_id_card(await store.card(session, row.guest_id)):
                raise MembershipIncomplete(missing=["id_card"])
            row.id_missing, row.card_number = False, f"M{row.id:07d}"
        row.state, row.remark = wanted.value, remark
        row.decided_at, row.decided_by = self._clock.now(), by.actor.username
        self._log(session, f"membership.{wanted.value}", row, by)
        return row

    async def close(self, session: AsyncSession, number: int, remark: str, by: By) -> Membership:
        """End a membership; the household may have another card.

        Raises:
            NotFound: there is no such membership.
            NotAMember: it is not in force.
        """
        row = await self._locked(session, number)
        if row.state != MembershipState.ISSUED:
            raise NotAMember
        row.state, row.remark = MembershipState.CLOSED.value, remark
        self._log(session, "membership.closed", row, by)
        return row

    async def of_guest(self, session: AsyncSession, number: int) -> Sequence[Membership]:
        """Return a guest's memberships, the newest first.

        Raises:
            NotFound: there is no such card.
        """
        ids = await store.ids_of(session, number)
        statement = select(Membership).where(Membership.guest_id.in_(ids)).order_by(Membership.id.desc())
        return (await session.scalars(statement)).all()

    async def waiting(self, session: AsyncSession, limit: int = 100) -> Sequence[Membership]:
        """Return the applications that wait for a decision, the oldest first."""
        statement = select(Membership).where(Membership.state == MembershipState.APPLIED.value)
        return (await session.scalars(statement.order_by(Membership.applied_at, Membership.id).limit(limit))).all()

    async def sell(self, session: AsyncSession, number: int, amount: int, method: str, by: By) -> StoredValueSale:
        """Note money paid onto a member's stored-value card; `amount` in fen.

        Raises:
            NotFound: there is no such membership.
            NotAMember: the card was not issued, or is closed.
        """
        row = await self._locked(session, number)
        if row.state != MembershipState.ISSUED:
            raise NotAMember
        sale = StoredValueSale(
            membership_id=row.id,
            amount=amount,
            method=method,
            sold_at=self._clock.now(),
            sold_by=by.actor.username,
            reconciled_by="",
        )
        session.add(sale)
        await session.flush()
        subject = ("membership", row.id)
        after = {"amount": amount, "method": method}
        self._audit(session, by.actor, "stored_value.sold", subject, after=after, address=by.address)
        return sale

    async def open_sales(self, session: AsyncSession) -> Sequence[tuple[StoredValueSale, Membership, str]]:
        """Return the sales not yet reconciled with finance, the oldest first, with membership and member's name."""
        statement = (
            select(StoredValueSale, Membership, Guest.name)
            .join(Membership, Membership.id == StoredValueSale.membership_id)
            .join(Guest, Guest.id == Membership.guest_id)
            .where(StoredValueSale.reconciled_at.is_(None))
            .order_by(StoredValueSale.sold_at, StoredValueSale.id)
        )
        return [(sale, membership, name) for sale, membership, name in await session.execute(statement)]

    async def reconcile(self, session: AsyncSession, sales: Sequence[int], by: By) -> int:
        """Note that finance has the money of these sales; return how many were open."""
        now = self._clock.now()
        open_ones = (StoredValueSale.id.in_(sales), StoredValueSale.reconciled_at.is_(None))
        values = {"reconciled_at": now, "reconciled_by": by.actor.username}
        changed = update(StoredValueSale).where(*open_ones).values(values).returning(StoredValueSale.id)
        done = sorted(await session.scalars(changed))
        if done:
            subject = ("stored_value", f"{now:%Y-%m-%d}")
            after = {"sales": done}
            self._audit(session, by.actor, "stored_value.reconciled", subject, after=after, address=by.address)
        return len(done)

    async def _locked(self, session: AsyncSession, number: int) -> Membership:
        row = await session.get(Membership, number, with_for_update=True)
        if row is None:
            raise NotFound(kind="membership", id=number)
        return row

    def _log(self, session: AsyncSession, action: str, row: Membership, by: By) -> None:
        after = {"state": row.state, "card": row.card_number, "household": row.household}
        subject = ("guest", row.guest_id)
        self._audit(session, by.actor, action, subject, after=after, note=row.remark, address=by.address)
