"""Whose customer somebody is: allocated in balance, claimed, decided by the manager, contacted in time."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.clock import Clock
from callcenter.db import insert_into
from callcenter.errors import HouseError, NotFound
from callcenter.guests import allocation, store
from callcenter.guests.acting import By
from callcenter.guests.kinds import ClaimState, FollowUpState, Reason, Side
from callcenter.guests.models import Guest
from callcenter.guests.rules import GuestRules
from callcenter.guests.work_models import FollowUp, GuestClaim, OwnerAbility
from callcenter.staff.audit import AuditLog
from callcenter.staff.models import User


class AlreadyYours(HouseError):
    """The customer belongs to the one who claims already."""

    code = "already_yours"
    status = HTTPStatus.CONFLICT


class Ownership:
    """Gives customers their owners, in the caller's transaction."""

    def __init__(self, clock: Clock, rules: GuestRules, audit: AuditLog) -> None:
        self._clock = clock
        self._rules = rules
        self._audit = audit

    async def allocate(self, session: AsyncSession, guest: Guest, by: By) -> None:
        """Give a new customer to whoever has the fewest for the ability, with a deadline for the first contact.

        Where nobody takes customers the card stays without an owner; the deadline runs all the same.
        """
        now = self._clock.now()
        guest.first_contact_due_at = now + self._rules.first_contact
        if guest.service_owner_id is None:
            chosen = allocation.choose(await allocation.candidates(session, Side.SERVICE))
            if chosen is not None:
                guest.service_owner_id = chosen
                self._record(session, guest.id, Side.SERVICE, chosen, ClaimState.WON, "")
                after = {"side": Side.SERVICE.value, "owner": chosen}
                subject = ("guest", guest.id)
                self._audit(session, by.actor, "guest.allocated", subject, after=after, address=by.address)
        session.add(
            FollowUp(
                guest_id=guest.id,
                kind=Reason.FIRST_CONTACT.value,
                period="first",
                side=Side.SERVICE.value,
                owner_id=guest.service_owner_id,
                due_at=guest.first_contact_due_at,
                created_at=now,
                state=FollowUpState.OPEN.value,
                closed_by="",
                note="",
            )
        )
        await session.flush()

    async def claim(
        self, session: AsyncSession, number: int, side: Side, user_id: int, note: str, by: By
    ) -> GuestClaim:
        """Say that a customer is `user_id`'s: at once where it is nobody's, else a dispute for the manager.

        Raises:
            NotFound: there is no such card.
            AlreadyYours: it is the claimant's already, or is claimed already.
        """
        guest = (await store.card(session, number, locked=True)).guest
        owner = _owner(guest, side)
        pending = select(GuestClaim.id).where(
            GuestClaim.guest_id == guest.id,
            GuestClaim.side == side.value,
            GuestClaim.user_id == user_id,
            GuestClaim.state == ClaimState.STANDING.value,
        )
        if owner == user_id or await session.scalar(pending) is not None:
            raise AlreadyYours
        state = ClaimState.WON if owner is None else ClaimState.STANDING
        claim = self._record(session, guest.id, side, user_id, state, note)
        if owner is None:
            await self._give(session, guest, side, user_id)
        await session.flush()
        after = {"side": side.value, "user": user_id, "state": state.value}
        subject = ("guest", guest.id)
        self._audit(session, by.actor, "guest.claimed", subject, after=after, note=note, address=by.address)
        return claim

    async def assign(
        self, session: AsyncSession, number: int, side: Side, owner_id: int | None, reason: str, by: By
    ) -> Guest:
        """Decide whose customer somebody is; standing claims are won or lost by it.

        Raises:
            NotFound: there is no such card, or no such active user.
        """
        guest = (await store.card(session, number, locked=True)).guest
        if owner_id is not None and await _active(session, owner_id) is None:
            raise NotFound(kind="user", id=owner_id)
        before = _owner(guest, side)
        now = self._clock.now()
        for claim in await self.claims(session, guest.id, side):
            if claim.state == ClaimState.STANDING:
                claim.state = (ClaimState.WON if claim.user_id == owner_id else ClaimState.LOST).value
                claim.decided_at, claim.decided_by = now, by.actor.username
        if before != owner_id:
            await self._give(session, guest, side, owner_id)
            if owner_id is not None:
                self._record(session, guest.id, side, owner_id, ClaimState.WON, reason)
        await session.flush()
        self._audit(
            session,
            by.actor,
            "guest.assigned",
            ("guest", guest.id),
            before={"side": side.value, "owner": before},
            after={"side": side.value, "owner": owner_id},
            note=reason,
            address=by.address,
        )
        return guest

    async def claims(self, session: AsyncSession, guest_id: int, side: Side | None = None) -> Sequence[GuestClaim]:
        """Return the claims to a customer, the first record first."""
        statement = select(GuestClaim).where(GuestClaim.guest_id == guest_id)
        if side is not None:
            statement = statement.where(GuestClaim.side == side.value)
        return (await session.scalars(statement.order_by(GuestClaim.claimed_at, GuestClaim.id))).all()

    async def disputes(self, session: AsyncSession, limit: int = 100) -> Sequence[GuestClaim]:
        """Return the claims that wait for the manager, the oldest first."""
        statement = select(GuestClaim).where(GuestClaim.state == ClaimState.STANDING.value)
        return (await session.scalars(statement.order_by(GuestClaim.claimed_at, GuestClaim.id).limit(limit))).all()

    async def set_ability(self, session: AsyncSession, user_id: int, side: Side, ability: int, by: By) -> None:
        """Say how many customers somebody can look after, as a share among those who do.

        Raises:
            NotFound: there is no such active user.
        """
        if await _active(session, user_id) is None:
            raise NotFound(kind="user", id=user_id)
        known = await session.get(OwnerAbility, (user_id, side.value), with_for_update=True)
        before = None if known is None else {"side": side.value, "ability": known.ability}
        values = {"user_id": user_id, "side": side.value, "ability": ability}
        new = insert_into(session, OwnerAbility).values(values)
        await session.execute(
            new.on_conflict_do_update(index_elements=["user_id", "side"], set_={"ability": new.excluded.ability})
        )
        after = {"side": side.value, "ability": ability}
        subject = ("owner", user_id)
        self._audit(session, by.actor, "owner.ability", subject, before=before, after=after, address=by.address)

    def _record(
        self, session: AsyncSession, guest_id: int, side: Side, user_id: int, state: ClaimState, note: str
    ) -> GuestClaim:
        now = self._clock.now()
        claim = GuestClaim(
            guest_id=guest_id,
            side=side.value,
            user_id=user_id,
            claimed_at=now,
            note=note,
            state=state.value,
            decided_at=None if state is ClaimState.STANDING else now,
            decided_by="",
        )
        session.add(claim)
        return claim

    async def _give(self, session: AsyncSession, guest: Guest, side: Side, owner_id: int | None) -> None:
        """Set the owner; what that side still owes the customer is the new owner's."""
        if side is Side.SERVICE:
            guest.service_owner_id = owner_id
        else:
            guest.sales_owner_id = owner_id
        theirs = (
            FollowUp.guest_id == guest.id,
            FollowUp.side == side.value,
            FollowUp.state == FollowUpState.OPEN.value,
        )
        await session.execute(update(FollowUp).where(*theirs).values(owner_id=owner_id))


def _owner(guest: Guest, side: Side) -> int | None:
    return guest.service_owner_id if side is Side.SERVICE else guest.sales_owner_id


async def _active(session: AsyncSession, user_id: int) -> int | None:
    return await session.scalar(select(User.id).where(User.id == user_id, User.active))
