"""Who looks after a new customer: in balance of customer count and ability (requirements 5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from callcenter.guests.kinds import Side
from callcenter.guests.models import Guest
from callcenter.guests.work_models import OwnerAbility
from callcenter.staff.models import User


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who looks after customers. `ability`: the share of all customers, against the others' shares."""

    user_id: int
    customers: int
    ability: int


def choose(candidates: Sequence[Candidate]) -> int | None:
    """Return who gets the next customer: the one with the fewest for the ability; None where nobody takes any.

    Of two who are equal, the one whose account is older.
    """
    able = [one for one in candidates if one.ability > 0]
    if not able:
        return None
    return min(able, key=lambda one: ((one.customers + 1) / one.ability, one.user_id)).user_id


async def candidates(session: AsyncSession, side: Side) -> list[Candidate]:
    """Return everybody who has an ability on that side and still works here, with the customers they have."""
    owner = owner_column(side)
    counted = select(owner, func.count()).where(owner.is_not(None), Guest.merged_into_id.is_(None)).group_by(owner)
    counts = {user_id: count for user_id, count in await session.execute(counted)}
    statement = (
        select(OwnerAbility.user_id, OwnerAbility.ability)
        .join(User, User.id == OwnerAbility.user_id)
        .where(OwnerAbility.side == side.value, User.active)
        .order_by(OwnerAbility.user_id)
    )
    return [
        Candidate(user_id, counts.get(user_id, 0), ability) for user_id, ability in await session.execute(statement)
    ]


def owner_column(side: Side) -> InstrumentedAttribute[int | None]:
    """Return the column of a card that names the owner on that side."""
    return Guest.service_owner_id if side is Side.SERVICE else Guest.sales_owner_id
