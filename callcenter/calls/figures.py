"""Three-ring figures by hour and by line, of the calls to which the rule applies."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from callcenter.calls.models import Call
from callcenter.calls.records import QUARTER_SECONDS
from callcenter.calls.three_rings import RINGS
from callcenter.telephony import Answerer, Outcome

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class By(StrEnum):
    """What figures are grouped by."""

    HOUR = "hour"
    LINE = "line"


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of one hour, line or whole span. `key`: the hour's start in the hotel's zone, or the line."""

    key: str
    calls: int = 0
    answered_by_operator: int = 0
    answered_by_system: int = 0
    abandoned: int = 0
    late: int = 0
    within_three_rings_by_person: int = 0
    seconds_to_answer_sum: float = 0.0

    @property
    def seconds_to_answer_avg(self) -> float | None:
        """Average seconds until anyone answered, over the answered calls; None without any."""
        answered = self.answered_by_operator + self.answered_by_system
        return round(self.seconds_to_answer_sum / answered, 3) if answered else None


async def figures(
    session: AsyncSession, begin: datetime, end: datetime, by: By, zone: ZoneInfo
) -> tuple[list[Figures], Figures]:
    """Add up the calls that began from `begin` to before `end`; hours are the hotel's.

    Returns:
        One row for each hour or line that had calls, in order, and the total.
    """
    group: ColumnElement[Any] = (Call.quarter if by is By.HOUR else Call.line).expression
    statement = (
        select(
            group.label("group"),
            func.count().label("calls"),
            _count(Call.answered_by == Answerer.OPERATOR),
            _count(Call.answered_by == Answerer.SYSTEM),
            _count(Call.outcome == Outcome.ABANDONED),
            _count(Call.late),
            _count((Call.answered_by == Answerer.OPERATOR) & (Call.rings_to_answer <= RINGS)),
            func.coalesce(func.sum(Call.seconds_to_answer), 0.0),
        )
        .where(Call.started_at >= begin, Call.started_at < end, Call.cadence.is_not(None))
        .group_by(group)
        .order_by(group)
    )
    merged: dict[str, Figures] = {}
    for row in await session.execute(statement):
        key = _hour(row[0], zone) if by is By.HOUR else row[0]
        merged[key] = _sum(key, [merged.get(key, Figures(key)), Figures(key, *row[1:])])
    return list(merged.values()), _sum("total", merged.values())


def _count(condition: ColumnElement[bool] | InstrumentedAttribute[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def _sum(key: str, parts: Iterable[Figures]) -> Figures:
    """Add figures up, field by field."""
    numbers = [astuple(part)[1:] for part in parts]
    return Figures(key, *(sum(column) for column in zip(*numbers, strict=True)))


def _hour(quarter: int, zone: ZoneInfo) -> str:
    """Name the hour of the hotel's clock; with its offset, so that one repeated in autumn counts apart."""
    local = (_EPOCH + timedelta(seconds=quarter * QUARTER_SECONDS)).astimezone(zone)
    return local.replace(minute=0).isoformat()
