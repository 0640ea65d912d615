"""Names of those who own and enter cards, and of companies, for showing."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.guests.allocation import owner_column
from callcenter.guests.kinds import Side
from callcenter.guests.models import Company, Guest
from callcenter.guests.work_models import OwnerAbility
from callcenter.staff.models import User


@dataclass(frozen=True, slots=True)
class Owner:
    """Somebody who can own customers: how many there are, and the ability, on each side."""

    id: int
    name: str
    role: str
    service_customers: int
    sales_customers: int
    service_ability: int
    sales_ability: int


async def names_of(session: AsyncSession, users: Collection[int]) -> dict[int, str]:
    """Return the names of `users`, by id."""
    if not users:
        return {}
    found = await session.execute(select(User.id, User.name).where(User.id.in_(users)))
    return {number: name for number, name in found}


async def owners_of(session: AsyncSession, guests: Iterable[Guest]) -> dict[int, str]:
    """Return the names of everybody who owns one of `guests`, by user id."""
    owners = {owner for guest in guests for owner in (guest.service_owner_id, guest.sales_owner_id) if owner}
    return await names_of(session, owners)


async def companies_of(session: AsyncSession, guests: Iterable[Guest]) -> dict[int, Company]:
    """Return the companies of `guests`, by id."""
    wanted = {guest.company_id for guest in guests if guest.company_id is not None}
    if not wanted:
        return {}
    return {row.id: row for row in await session.scalars(select(Company).where(Company.id.in_(wanted)))}


async def owners(session: AsyncSession) -> list[Owner]:
    """Return everybody who works here, by name."""
    counts: dict[tuple[int, Side], int] = {}
    for side in Side:
        owner = owner_column(side)
        counted = select(owner, func.count()).where(owner.is_not(None), Guest.merged_into_id.is_(None)).group_by(owner)
        for user_id, count in await session.execute(counted):
            counts[user_id or 0, side] = count
    abilities = {(row.user_id, row.side): row.ability for row in await session.scalars(select(OwnerAbility))}
    users = await session.scalars(select(User).where(User.active).order_by(User.name, User.id))
    return [
        Owner(
            user.id,
            user.name,
            user.role,
            counts.get((user.id, Side.SERVICE), 0),
            counts.get((user.id, Side.SALES), 0),
            abilities.get((user.id, Side.SERVICE), 0),
            abilities.get((user.id, Side.SALES), 0),
        )
        for user in users
    ]
