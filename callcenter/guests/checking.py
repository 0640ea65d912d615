"""The supervisor's check of the day's new cards and the manager's review (requirements 5 and 11); conversion."""

from __future__ import annotations

from http import HTTPStatus

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.clock import Clock
from callcenter.errors import HouseError
from callcenter.guests import store
from callcenter.guests.acting import By
from callcenter.guests.kinds import Stage
from callcenter.guests.models import Guest
from callcenter.staff.audit import AuditLog


class NotChecked(HouseError):
    """A card is reviewed after the supervisor's check, and with nothing left to complete; params: `id`."""

    code = "guest_not_checked"
    status = HTTPStatus.CONFLICT


class NotPotential(HouseError):
    """Only a potential customer is converted; params: `id`."""

    code = "guest_not_potential"
    status = HTTPStatus.CONFLICT


class Checks:
    """Checks, reviews and converts cards, in the caller's transaction."""

    def __init__(self, clock: Clock, audit: AuditLog) -> None:
        self._clock = clock
        self._audit = audit

    async def check(self, session: AsyncSession, number: int, remark: str, by: By) -> Guest:
        """Note that a new card was checked; with a remark it goes back to be completed.

        Raises:
            NotFound: there is no such card.
        """
        guest = (await store.card(session, number, locked=True)).guest
        guest.checked_at, guest.checked_by, guest.check_remark = self._clock.now(), by.actor.username, remark
        subject = ("guest", guest.id)
        self._audit(session, by.actor, "guest.checked", subject, note=remark, address=by.address)
        return guest

    async def review(self, session: AsyncSession, number: int, by: By) -> Guest:
        """Let a card count as the house's record.

        Raises:
            NotFound: there is no such card.
            NotChecked: the supervisor has not checked it, or wants something completed.
        """
        guest = (await store.card(session, number, locked=True)).guest
        if guest.checked_at is None or guest.check_remark:
            raise NotChecked(id=guest.id)
        guest.reviewed_at, guest.reviewed_by = self._clock.now(), by.actor.username
        self._audit(session, by.actor, "guest.reviewed", ("guest", guest.id), address=by.address)
        return guest

    async def convert(self, session: AsyncSession, number: int, by: By) -> Guest:
        """Turn a potential customer into a guest.

        Raises:
            NotFound: there is no such card.
            NotPotential: it is a guest already.
        """
        guest = (await store.card(session, number, locked=True)).guest
        if guest.stage != Stage.POTENTIAL:
            raise NotPotential(id=guest.id)
        guest.stage = Stage.GUEST.value
        self._audit(
            session,
            by.actor,
            "guest.converted",
            ("guest", guest.id),
            before={"stage": Stage.POTENTIAL.value},
            after={"stage": Stage.GUEST.value},
            address=by.address,
        )
        return guest
