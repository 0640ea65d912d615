"""What the house knows of a caller's number: levels of its guests, and whether it was lost (fulfils `CallerBook`)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.guests.service import Guests
from callcenter.outbound.lost_callers import lost_callers


@dataclass(frozen=True, slots=True)
class KnownCallers:
    """`lost_for`: how long a caller who gave up counts as lost."""

    guests: Guests
    lost_for: timedelta

    async def levels(self, session: AsyncSession, number: str) -> Collection[str]:
        """Return the levels of the guests with this number."""
        found = await self.guests.of_numbers(session, [number])
        return {guest.level for guests in found.values() for guest in guests}

    async def was_lost(self, session: AsyncSession, number: str, before: datetime) -> bool:
        """Tell whether this number gave up before and has not got through since."""
        return any(lost.first_at < before for lost in await lost_callers(session, before - self.lost_for, number))
