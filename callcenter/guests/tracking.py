"""The purchase-tracking table (客户购买跟踪表): who orders how often, who stays away or falls off (requirements 5).

The same rules say what is abnormal here and in the follow-ups that send sales to visit (`purchasing`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.guests.follow_ups import OrderBook
from callcenter.guests.models import Guest
from callcenter.guests.purchasing import Purchase, cycle_of, has_fallen, is_cycle_missed
from callcenter.settings.guests import Purchasing


@dataclass(frozen=True, slots=True)
class Tracked:
    """A customer's purchases in the last two periods; amounts in fen.

    `cycle_days`: usual days from one order to the next, None where there were too few to tell; `next_at`: when the
    next one is expected by it.
    """

    guest: Guest
    recent_orders: int
    recent_amount: int
    former_orders: int
    former_amount: int
    cycle_days: float | None
    next_at: datetime | None
    is_cycle_missed: bool
    has_fallen: bool


async def page(
    session: AsyncSession,
    books: Sequence[OrderBook],
    rules: Purchasing,
    now: datetime,
    *,
    limit: int,
    after: tuple[datetime, int] | None = None,
) -> list[Tracked]:
    """Read at most `limit` customers who ordered within the last two periods, who ordered last first."""
    since = now - 2 * timedelta(days=rules.period_days)
    statement = select(Guest).where(Guest.last_order_at >= since, Guest.merged_into_id.is_(None))
    if after is not None:
        at, last = after
        same = and_(Guest.last_order_at == at, Guest.id < last)
        statement = statement.where(or_(Guest.last_order_at < at, same))
    ordered = statement.order_by(Guest.last_order_at.desc(), Guest.id.desc()).limit(limit)
    guests = (await session.scalars(ordered)).all()
    bought: dict[int, list[Purchase]] = defaultdict(list)
    for book in books:
        for guest_id, purchases in (await book.purchases(session, [guest.id for guest in guests], since)).items():
            bought[guest_id] += purchases
    return [tracked(guest, bought[guest.id], now, rules) for guest in guests]


def tracked(guest: Guest, purchases: Sequence[Purchase], now: datetime, rules: Purchasing) -> Tracked:
    """Say what a customer's purchases of the last two periods tell."""
    begun = now - timedelta(days=rules.period_days)
    recent = [one for one in purchases if one.at > begun]
    former = [one for one in purchases if one.at <= begun]
    cycle = cycle_of(purchases)
    last = max((one.at for one in purchases), default=None)
    return Tracked(
        guest,
        len(recent),
        sum(one.amount for one in recent),
        len(former),
        sum(one.amount for one in former),
        None if cycle is None else round(cycle / timedelta(days=1), 1),
        None if cycle is None or last is None else last + cycle,
        is_cycle_missed(purchases, now, rules),
        has_fallen(purchases, now, rules),
    )
