"""A caller asks to be connected with a guest (telephone-room, calls): the full name is needed, the room stays hidden.

A confidential guest is there for the callers on the guest's own list and for nobody else: who asks for such a guest
gets the answer that is given for somebody who is not registered, from the same query.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from http import HTTPStatus

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import HouseError, NotFound
from callcenter.rooms.models import Room
from callcenter.stays.kinds import StayState
from callcenter.stays.models import Stay, StayGuest
from callcenter.stays.phones import caller_key
from callcenter.stays.scope import Scope

_GAPS = re.compile(r"\s+")
LEAST_NAME = 2


class FullNameNeeded(HouseError):
    """A room number, or a part of a name, is not enough to be put through."""

    code = "full_name_needed"
    status = HTTPStatus.UNPROCESSABLE_ENTITY


@dataclass(frozen=True, slots=True)
class Found:
    """A guest who can be connected with the caller: the stay and the name as registered; no room."""

    stay: int
    name: str


def full_name(text: str) -> str:
    """Return a name as it is looked for: without case, blanks between words counted once.

    Raises:
        FullNameNeeded: it holds a digit, or is too short to be more than a surname.
    """
    name = _GAPS.sub(" ", text.strip()).casefold()
    if len(name) < LEAST_NAME or any(letter.isdigit() for letter in name):
        raise FullNameNeeded
    return name


async def find(session: AsyncSession, name: str, caller: str) -> list[Found]:
    """Find who of the guests in house has this full name and may be connected with the caller's number.

    Raises:
        FullNameNeeded: it is no full name.
    """
    wanted = full_name(name)
    likely = or_(StayGuest.name.ilike(_pattern(wanted), escape="\\"), Stay.alias != "")
    statement = (
        select(Stay, StayGuest.name)
        .join(StayGuest, StayGuest.stay_id == Stay.id)
        .where(Stay.state == StayState.IN_HOUSE, likely)
        .order_by(Stay.id, StayGuest.id)
    )
    found: dict[int, Found] = {}
    for stay, registered in await session.execute(statement):
        is_named = _GAPS.sub(" ", registered.strip()).casefold() == wanted
        is_alias = bool(stay.alias) and _GAPS.sub(" ", stay.alias.strip()).casefold() == wanted
        if (is_named or is_alias) and expects(stay, caller):
            found.setdefault(stay.id, Found(stay.id, stay.alias if is_alias else registered))
    return list(found.values())


def expects(stay: Stay, caller: str) -> bool:
    """Tell whether this caller may be connected: anybody, unless the guest is confidential and has not named him."""
    if not stay.confidential:
        return True
    key = caller_key(caller)
    return bool(key) and key in {caller_key(number) for number in stay.allowed_callers}


async def room_to_connect(scope: Scope, number: int, caller: str) -> tuple[Stay, str]:
    """Return the stay and its room, for a caller who may be connected.

    Raises:
        NotFound: the guest is not registered, or is not there for this caller.
    """
    stay = await scope.session.get(Stay, number)
    if stay is None or stay.state != StayState.IN_HOUSE or not expects(stay, caller):
        raise NotFound(kind="stay", id=number)
    room = await scope.session.get_one(Room, stay.room_id)
    return stay, room.number


def _pattern(name: str) -> str:
    """Let the database leave out most names; blanks are compared afterwards."""
    plain = "".join(f"\\{letter}" if letter in "%_\\" else letter for letter in name)
    return plain.replace(" ", "%")
