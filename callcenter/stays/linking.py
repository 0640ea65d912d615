"""Linked rooms (联房) and groups: a guest joins a group (入团) or leaves it (出团) (requirements 4)."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import NotFound
from callcenter.reservations.models import Reservation
from callcenter.reservations.states import Kind
from callcenter.stays.models import Stay
from callcenter.stays.scope import Scope, reason_of
from callcenter.stays.staying import must_be_here


async def link(scope: Scope, stay: Stay, other: Stay) -> None:
    """Link two rooms, with everything that either is linked to.

    Raises:
        StayEnded: one of the guests has checked out.
        NotFound: a room is not linked to itself.
    """
    must_be_here(stay)
    must_be_here(other)
    if stay.id == other.id:
        raise NotFound(kind="stay", id=other.id)
    together = min(stay.link_id or stay.id, other.link_id or other.id)
    marks = {mark for mark in (stay.link_id, other.link_id) if mark is not None}
    for linked in (await scope.session.scalars(select(Stay).where(Stay.link_id.in_(marks)))).all():
        linked.link_id = together
    stay.link_id = other.link_id = together
    scope.note(stay, "linked", None, {"with": other.number})
    scope.note(other, "linked", None, {"with": stay.number})


async def unlink(scope: Scope, stay: Stay) -> None:
    """Take a room out of its link; one that would be left alone is linked no more either."""
    if stay.link_id is None:
        return
    mark, stay.link_id = stay.link_id, None
    await scope.session.flush()
    left = (await scope.session.scalars(select(Stay).where(Stay.link_id == mark))).all()
    if len(left) == 1:
        left[0].link_id = None
        scope.note(left[0], "unlinked", {"with": stay.number})
    scope.note(stay, "unlinked", {"with": [one.number for one in left]})


async def set_group(scope: Scope, stay: Stay, group: str | None, why: str) -> None:
    """Let a guest join a group, told by its booking number, or leave the one that the guest is in (None).

    Raises:
        NotFound: there is no such group.
        ReasonMissing: no reason is given.
        StayEnded: the guest has checked out.
    """
    must_be_here(stay)
    reason = reason_of(why, "group")
    wanted = None if group is None else await group_of(scope.session, group)
    if wanted == stay.group_id:
        return
    before, stay.group_id = {"group": stay.group_id}, wanted
    action = "group_left" if wanted is None else "group_joined"
    scope.note(stay, action, before, {"group": wanted}, reason)


async def group_of(session: AsyncSession, number: str) -> int:
    """Return the id of a group booking.

    Raises:
        NotFound: there is no such group.
    """
    statement = select(Reservation.id).where(Reservation.number == number, Reservation.kind == Kind.GROUP)
    found = await session.scalar(statement)
    if found is None:
        raise NotFound(kind="group", id=number)
    return found
