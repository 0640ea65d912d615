"""Calls that guests made from their rooms, charged to the folio once each (requirements 4)."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import String, cast, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.models import Call
from callcenter.rooms.models import Room
from callcenter.settings.room_phones import RoomPhones, of_each_length
from callcenter.settings.stays import PhoneRates
from callcenter.stays import folio
from callcenter.stays.kinds import LineKind
from callcenter.stays.models import FolioLine, Stay
from callcenter.stays.scope import Scope
from callcenter.telephony import Direction, PhoneClass

_MEANING = {"X": "[0-9]", "Z": "[1-9]", "N": "[2-9]"}
REFERENCE = "call:"


@dataclass(frozen=True, slots=True)
class Tariff:
    """What numbers cost: fen for each minute begun, by the class that a number belongs to."""

    numbers: RoomPhones
    rates: PhoneRates

    def class_of(self, number: str) -> PhoneClass:
        """Return the lowest class from which a number can be dialled; what no pattern takes counts as local."""
        for name in (PhoneClass.INTERNATIONAL, PhoneClass.NATIONAL):
            patterns = self.numbers.international if name is PhoneClass.INTERNATIONAL else self.numbers.national
            if any(_fits(pattern, number) for given in patterns for pattern in of_each_length(given)):
                return name
        return PhoneClass.LOCAL

    def cost(self, number: str, seconds: float) -> int:
        """Return what a call costs, in fen; `number` without the prefix for outside calls.

        Emergency calls and calls that nobody answered cost nothing.
        """
        if number in self.numbers.emergency or seconds <= 0:
            return 0
        rate: int = getattr(self.rates, self.class_of(number).value)
        return rate * math.ceil(seconds / 60)


async def charge_calls(scope: Scope, tariff: Tariff, since: datetime, room: str | None = None) -> int:
    """Charge what was called since and is not on a folio yet, in one room or in all; return how many calls.

    A call belongs to whom was registered in the room when it began, also when the guest has left since.
    """
    charged = 0
    for call, stay in await _uncharged(scope.session, since, room):
        amount = tariff.cost(call.line, call.talk_seconds)
        if not amount:
            continue
        text = f"{call.line} {math.ceil(call.talk_seconds / 60)} min"
        await folio.enter(
            scope, stay, folio.Posting(LineKind.PHONE, amount, text=text, reference=f"{REFERENCE}{call.id}")
        )
        charged += 1
    return charged


async def _uncharged(session: AsyncSession, since: datetime, room: str | None) -> list[tuple[Call, Stay]]:
    reference = literal(REFERENCE) + cast(Call.id, String)
    posted = select(FolioLine.id).where(FolioLine.reference == reference)
    statement = (
        select(Call, Stay)
        .join(Room, Room.number == Call.caller)
        .join(Stay, Stay.room_id == Room.id)
        .where(
            Call.direction == Direction.OUTBOUND,
            Call.ended_at >= since,
            Call.talk_seconds > 0,
            Stay.arrived_at <= Call.started_at,
            or_(Stay.left_at.is_(None), Stay.left_at >= Call.started_at),
            ~posted.exists(),
        )
        .order_by(Call.id, Stay.id)
    )
    if room is not None:
        statement = statement.where(Room.number == room)
    found: dict[int, tuple[Call, Stay]] = {}
    for call, stay in await session.execute(statement):
        found.setdefault(call.id, (call, stay))
    return list(found.values())


def _fits(pattern: str, number: str) -> bool:
    return re.fullmatch("".join(_MEANING.get(mark, mark) for mark in pattern), number) is not None
