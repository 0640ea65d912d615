"""Discount ceilings (折扣权限): of a role, as the settings or the page say, and of a user, which counts before it."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import NotFound
from callcenter.reservations.models import DiscountCeiling, RoleCeiling
from callcenter.reservations.rules import Booker
from callcenter.staff.audit import AuditLog
from callcenter.staff.models import User
from callcenter.staff.roles import Role


async def ceilings(session: AsyncSession) -> list[tuple[User, int]]:
    """Return the users with a discount ceiling of their own, in percent, by name."""
    statement = select(User, DiscountCeiling.percent).join(DiscountCeiling, DiscountCeiling.user_id == User.id)
    return [(user, percent) for user, percent in await session.execute(statement.order_by(User.username))]


async def set_ceiling(
    session: AsyncSession, user_id: int, percent: int | None, by: Booker, audit: AuditLog, address: str
) -> None:
    """Give a user a discount ceiling of their own, in percent; None lets the role's count again.

    Raises:
        NotFound: there is no such user.
    """
    user = await session.get(User, user_id)
    if user is None:
        raise NotFound(kind="user", id=user_id)
    ceiling = await session.get(DiscountCeiling, user_id, with_for_update=True)
    before = None if ceiling is None else ceiling.percent
    if percent is None and ceiling is not None:
        await session.delete(ceiling)
    elif percent is not None and ceiling is not None:
        ceiling.percent = percent
    elif percent is not None:
        session.add(DiscountCeiling(user_id=user_id, percent=percent))
    if percent != before:
        audit(
            session,
            by,
            "discount_ceiling.set",
            ("user", user.username),
            before={"percent": before},
            after={"percent": percent},
            address=address,
        )


async def of_roles(session: AsyncSession, settings: Mapping[str, int]) -> dict[str, int]:
    """Return how many percent each role may take off."""
    changed = {one.role: one.percent for one in await session.scalars(select(RoleCeiling))}
    return {role.value: changed.get(role.value, settings.get(role.value, 0)) for role in Role}


async def set_of_role(
    session: AsyncSession,
    role: str,
    percent: int | None,
    settings: Mapping[str, int],
    by: Booker,
    audit: AuditLog,
    address: str,
) -> None:
    """Let a role take off so many percent; None lets what the settings say count again.

    Raises:
        NotFound: there is no such role.
    """
    if role not in set(Role):
        raise NotFound(kind="role", id=role)
    before = (await of_roles(session, settings))[role]
    kept = await session.get(RoleCeiling, role, with_for_update=True)
    if percent is None and kept is not None:
        await session.delete(kept)
    elif percent is not None and kept is not None:
        kept.percent = percent
    elif percent is not None:
        session.add(RoleCeiling(role=role, percent=percent))
    await session.flush()
    after = (await of_roles(session, settings))[role]
    if after != before:
        subject = ("role", role)
        old, new = {"percent": before}, {"percent": after}
        audit(session, by, "discount_ceiling.set", subject, before=old, after=new, address=address)
