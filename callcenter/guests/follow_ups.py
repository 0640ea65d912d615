"""Contacts that are owed and contacts that were made: rows that somebody, or outbound calling, works through."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Protocol

from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.clock import Clock
from callcenter.db import Database, insert_into
from callcenter.errors import HouseError, NotFound
from callcenter.guests import store
from callcenter.guests.acting import By
from callcenter.guests.inactivity import Activity, Owed, owed
from callcenter.guests.kinds import Channel, FollowUpState, Reason, Side
from callcenter.guests.models import Guest
from callcenter.guests.purchasing import Purchase
from callcenter.guests.rules import GuestRules
from callcenter.guests.timeline import Happening
from callcenter.guests.work_models import FollowUp, GuestContact
from callcenter.staff.audit import AuditLog

AT_ONCE = 500


class FollowUpClosed(HouseError):
    """The contact was made, or given up, already; params: `id`."""

    code = "follow_up_closed"
    status = HTTPStatus.CONFLICT


class OrderBook(Protocol):
    """Knows what guests ordered; whoever takes bookings fulfils it and `main` hands it over."""

    async def last_orders(self, session: AsyncSession, guest_ids: Collection[int]) -> Mapping[int, datetime]:
        """Return when each of these guests ordered last; who never did is left out."""
        ...

    async def purchases(
        self, session: AsyncSession, guest_ids: Collection[int], since: datetime
    ) -> Mapping[int, Sequence[Purchase]]:
        """Return what each of these guests ordered since then; who ordered nothing is left out."""
        ...


class FollowUps:
    """Keeps what is owed to guests and what was done."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        rules: GuestRules,
        audit: AuditLog,
        orders: Sequence[OrderBook] = (),
    ) -> None:
        self.books = tuple(orders)
        self._database = database
        self._clock = clock
        self._rules = rules
        self._audit = audit

    async def generate(self, at: datetime) -> int:
        """Write down every contact that is owed by `at` to customers who have an owner; return how many are new.

        What was written before is not written again, so it may run twice.
        """
        made, last = 0, 0
        while True:
            async with self._database.begin() as session:
                guests = await self._owned(session, after=last)
                if not guests:
                    return made
                made += await self._owe(session, guests, at)
            last = guests[-1].id

    async def page(
        self,
        session: AsyncSession,
        *,
        state: FollowUpState = FollowUpState.OPEN,
        kind: Reason | None = None,
        owner_id: int | None = None,
        due_by: datetime | None = None,
        limit: int = 50,
        after: tuple[datetime, int] | None = None,
    ) -> Sequence[FollowUp]:
        """Read at most `limit` follow-ups, the earliest due first, beyond the position (`due_at`, `id`) of `after`."""
        statement = select(FollowUp).where(FollowUp.state == state.value)
        if kind is not None:
            statement = statement.where(FollowUp.kind == kind.value)
        if owner_id is not None:
            statement = statement.where(FollowUp.owner_id == owner_id)
        if due_by is not None:
            statement = statement.where(FollowUp.due_at <= due_by)
        if after is not None:
            at, last = after
            later = or_(FollowUp.due_at > at, FollowUp.id > last)
            statement = statement.where(and_(FollowUp.due_at >= at, later))
        return (await session.scalars(statement.order_by(FollowUp.due_at, FollowUp.id).limit(limit))).all()

    async def contact(
        self, session: AsyncSession, number: int, channel: Channel, side: Side, note: str, by: By
    ) -> Guest:
        """Note that the house contacted a guest: it settles the first contact and the next one that this side owes.

        Raises:
            NotFound: there is no such card.
        """
        guest = await self._contacted(session, number, channel, side, note, by)
        waiting = select(FollowUp).where(
            FollowUp.guest_id == guest.id,
            FollowUp.side == side.value,
            FollowUp.kind != Reason.FIRST_CONTACT.value,
            FollowUp.state == FollowUpState.OPEN.value,
        )
        for row in await session.scalars(waiting.order_by(FollowUp.due_at, FollowUp.id).limit(1)):
            self._close(session, row, FollowUpState.DONE, note, by)
        return guest

    async def done(self, session: AsyncSession, number: int, channel: Channel, note: str, by: By) -> FollowUp:
        """Close a follow-up with the contact that was made.

        Raises:
            NotFound: there is no such follow-up.
            FollowUpClosed: it is closed already.
        """
        row = await self._open(session, number)
        self._close(session, row, FollowUpState.DONE, note, by)
        await self._contacted(session, row.guest_id, channel, Side(row.side), note, by)
        return row

    async def drop(self, session: AsyncSession, number: int, reason: str, by: By) -> FollowUp:
        """Close a follow-up without a contact, with a reason.

        Raises:
            NotFound: there is no such follow-up.
            FollowUpClosed: it is closed already.
        """
        row = await self._open(session, number)
        self._close(session, row, FollowUpState.DROPPED, reason, by)
        return row

    async def happenings(
        self, session: AsyncSession, guest_ids: Collection[int], until: datetime | None, limit: int
    ) -> Sequence[Happening]:
        """Return the contacts with a guest, newest first (fulfils `TimelineSource`)."""
        statement = select(GuestContact).where(GuestContact.guest_id.in_(guest_ids))
        if until is not None:
            statement = statement.where(GuestContact.at <= until)
        rows = await session.scalars(statement.order_by(GuestContact.at.desc(), GuestContact.id.desc()).limit(limit))
        return [
            Happening(
                row.at,
                "contact",
                ("contact", str(row.id)),
                {"channel": row.channel, "side": row.side, "by": row.by, "note": row.note},
            )
            for row in rows
        ]

    async def _contacted(
        self, session: AsyncSession, number: int, channel: Channel, side: Side, note: str, by: By
    ) -> Guest:
        guest = (await store.card(session, number, locked=True)).guest
        now = self._clock.now()
        username = by.actor.username
        session.add(
            GuestContact(guest_id=guest.id, at=now, channel=channel.value, side=side.value, by=username, note=note)
        )
        guest.last_contact_at = now
        if guest.first_contact_at is None:
            guest.first_contact_at = now
            await self._close_first(session, guest.id, note, by)
        await session.flush()
        after = {"channel": channel.value, "side": side.value}
        subject = ("guest", guest.id)
        self._audit(session, by.actor, "guest.contacted", subject, after=after, note=note, address=by.address)
        return guest

    async def _owned(self, session: AsyncSession, after: int) -> Sequence[Guest]:
        statement = (
            select(Guest)
            .where(
                Guest.id > after,
                Guest.merged_into_id.is_(None),
                or_(Guest.service_owner_id.is_not(None), Guest.sales_owner_id.is_not(None)),
            )
            .order_by(Guest.id)
            .limit(AT_ONCE)
        )
        return (await session.scalars(statement)).all()

    async def _owe(self, session: AsyncSession, guests: Sequence[Guest], at: datetime) -> int:
        purchases: dict[int, list[Purchase]] = defaultdict(list)
        since = at - 2 * timedelta(days=self._rules.purchasing.period_days)
        for book in self.books:
            for guest_id, bought in (await book.purchases(session, [guest.id for guest in guests], since)).items():
                purchases[guest_id] += bought
            orders = await book.last_orders(session, [guest.id for guest in guests])
            for guest in guests:
                latest = [one for one in (guest.last_order_at, orders.get(guest.id)) if one is not None]
                guest.last_order_at = max(latest, default=None)
        contacts = await self._contacts(session, guests)
        rows = [
            self._row(guest, one, at)
            for guest in guests
            for one in owed(_activity(guest, contacts[guest.id], purchases[guest.id]), at, self._rules)
        ]
        if not rows:
            return 0
        fresh = insert_into(session, FollowUp).on_conflict_do_nothing().returning(FollowUp.id)
        return len((await session.execute(fresh, rows)).all())

    async def _contacts(self, session: AsyncSession, guests: Sequence[Guest]) -> dict[int, list[tuple[str, datetime]]]:
        held = select(GuestContact.guest_id, GuestContact.side, GuestContact.at).where(
            GuestContact.guest_id.in_([guest.id for guest in guests]),
            GuestContact.at >= min(_quiet_since(guest) for guest in guests),
        )
        found: dict[int, list[tuple[str, datetime]]] = defaultdict(list)
        for guest_id, side, at in await session.execute(held):
            found[guest_id].append((side, at))
        return found

    def _row(self, guest: Guest, one: Owed, at: datetime) -> dict[str, object]:
        return {
            "guest_id": guest.id,
            "kind": one.reason.value,
            "period": one.period,
            "side": one.side.value,
            "owner_id": one.owner,
            "due_at": one.due_at,
            "created_at": at,
            "state": FollowUpState.OPEN.value,
            "closed_by": "",
            "note": "",
        }

    async def _open(self, session: AsyncSession, number: int) -> FollowUp:
        row = await session.get(FollowUp, number, with_for_update=True)
        if row is None:
            raise NotFound(kind="follow_up", id=number)
        if row.state != FollowUpState.OPEN:
            raise FollowUpClosed(id=number)
        return row

    async def _close_first(self, session: AsyncSession, guest_id: int, note: str, by: By) -> None:
        waiting = select(FollowUp).where(
            FollowUp.guest_id == guest_id,
            FollowUp.kind == Reason.FIRST_CONTACT.value,
            FollowUp.state == FollowUpState.OPEN.value,
        )
        for row in await session.scalars(waiting):
            self._close(session, row, FollowUpState.DONE, note, by)

    def _close(self, session: AsyncSession, row: FollowUp, state: FollowUpState, note: str, by: By) -> None:
        if row.state != FollowUpState.OPEN:
            return
        row.state, row.note = state.value, note
        row.closed_at, row.closed_by = self._clock.now(), by.actor.username
        subject = ("follow_up", row.id)
        after = {"state": state.value, "guest": row.guest_id}
        self._audit(session, by.actor, "follow_up.closed", subject, after=after, note=note, address=by.address)


def _quiet_since(guest: Guest) -> datetime:
    return guest.last_order_at or guest.created_at


def _activity(guest: Guest, contacts: Sequence[tuple[str, datetime]], purchases: Sequence[Purchase]) -> Activity:
    return Activity(
        quiet_since=_quiet_since(guest),
        service_contacts=tuple(at for side, at in contacts if side == Side.SERVICE),
        sales_contacts=tuple(at for side, at in contacts if side == Side.SALES),
        purchases=tuple(purchases),
        owing=guest.owing,
        level=guest.level,
        service_owner=guest.service_owner_id,
        sales_owner=guest.sales_owner_id,
    )
