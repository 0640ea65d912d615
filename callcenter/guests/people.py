"""Names of those who own and enter cards, and of companies, for showing."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.guests.models import Company, Guest
from callcenter.staff.models import User


async def owners_of(session: AsyncSession, guests: Iterable[Guest]) -> dict[int, str]:
    """Return the names of everybody who owns one of `guests`, by user id."""
    wanted = {owner for guest in guests for owner in (guest.service_owner_id, guest.sales_owner_id) if owner}
    if not wanted:
        return {}
    return {
        number: name for number, name in await session.execute(select(User.id, User.name).where(User.id.in_(wanted)))
    }


async def companies_of(session: AsyncSession, guests: Iterable[Guest]) -> dict[int, Company]:
    """Return the companies of `guests`, by id."""
    wanted = {guest.company_id for guest in guests if guest.company_id is not None}
    if not wanted:
        return {}
    return {row.id: row for row in await session.scalars(select(Company).where(Company.id.in_(wanted)))}
