"""Orders of guests: whoever books or stays is a customer, and is not idle (requirements 5)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.guests import store
from callcenter.guests.kinds import Stage
from callcenter.staff.audit import Actor, AuditLog


async def note(session: AsyncSession, guest_id: int, at: datetime, by: Actor, audit: AuditLog) -> None:
    """Note that the guest booked or came at `at`; a potential customer (潜在客户) is one no longer.

    Raises:
        NotFound: there is no such card.
    """
    guest = (await store.card(session, guest_id, locked=True)).guest
    guest.last_order_at = at if guest.last_order_at is None else max(guest.last_order_at, at)
    if guest.stage == Stage.POTENTIAL:
        guest.stage = Stage.GUEST.value
        before, after = {"stage": Stage.POTENTIAL.value}, {"stage": guest.stage}
        audit(session, by, "guest.converted", ("guest", guest.id), before=before, after=after)
