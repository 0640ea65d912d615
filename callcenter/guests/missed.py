"""Callers of whom no card was made: the supervisor's check that nothing is missed (requirements 5, collected daily)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.models import Call, CallLink
from callcenter.guests import store
from callcenter.guests.calls import GUEST
from callcenter.guests.numbers import NumberPlan
from callcenter.telephony import Direction, Outcome


@dataclass(frozen=True, slots=True)
class MissedCard:
    """A caller who talked with us and is on no card; `call_id` and `last_at` are of the last such call."""

    number: str
    calls: int
    last_at: datetime
    call_id: int


async def missed_cards(
    session: AsyncSession, plan: NumberPlan, begin: datetime, end: datetime, limit: int
) -> list[MissedCard]:
    """Return the outside callers who talked with somebody from `begin` to before `end` and have no card.

    A call that was linked to a guest has its card, whatever number it came from. Who hides the number, or calls from
    the house, cannot be told by it. The last caller comes first.
    """
    linked = exists().where(
        and_(CallLink.call_id == Call.id, CallLink.subject_type == GUEST, CallLink.unlinked_at.is_(None))
    )
    statement = (
        select(Call.caller, func.count(), func.max(Call.started_at), func.max(Call.id))
        .where(
            Call.started_at >= begin,
            Call.started_at < end,
            Call.direction == Direction.INBOUND.value,
            Call.outcome == Outcome.ANSWERED.value,
            ~linked,
        )
        .group_by(Call.caller)
        .order_by(func.max(Call.started_at).desc())
    )
    found = [
        MissedCard(number, calls, last_at, call_id)
        for caller, calls, last_at, call_id in await session.execute(statement)
        if (number := plan.recognise(caller)) is not None and number.startswith("+")
    ]
    known = await store.by_numbers(session, {one.number for one in found})
    return [one for one in found if one.number not in known][:limit]
