"""The supervisors' board: today's figures beside what is live (requirements 2: 90 lines, answer rate above 90 %)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.figures import By, Figures, figures
from callcenter.outbound.lost_callers import lost_callers


@dataclass(frozen=True, slots=True)
class Today:
    """The calls of the hotel's day so far. `lost`: lost callers whom nobody is about to call back."""

    calls: int
    answered: int
    within_three_rings: int
    lost: int

    @property
    def answer_rate(self) -> float | None:
        """Share of callers who were served, from 0 to 1; None before the first call."""
        return self.answered / self.calls if self.calls else None

    @property
    def three_rings_rate(self) -> float | None:
        """Share of callers whom a person answered within three rings."""
        return self.within_three_rings / self.calls if self.calls else None


async def today(session: AsyncSession, now: datetime, zone: ZoneInfo, lost_for: timedelta) -> Today:
    """Add up the hotel's day so far; lost callers are those on the list now."""
    begin = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    _, total = await figures(session, begin, now + timedelta(seconds=1), By.LINE, zone)
    lost = await lost_callers(session, now - lost_for)
    return _today(total, sum(one.due_call is None for one in lost))


def _today(total: Figures, lost: int) -> Today:
    return Today(total.calls, total.calls - total.abandoned, total.within_three_rings_by_person, lost)
