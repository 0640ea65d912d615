"""Short ways to say what happened in a call."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from callcenter.telephony import Answerer, CallKey, CallSnapshot, Direction, Outcome

START = datetime(2026, 11, 21, 1, 30, tzinfo=UTC)
"""09:30 on the hotel's clock."""


def at(seconds: float) -> datetime:
    """Return the instant `seconds` after the calls of these tests begin."""
    return START + timedelta(seconds=seconds)


def call(
    linkedid: str = "1763688600.1",
    *,
    start: float = 0,
    ring: float | None = 0,
    system: float | None = None,
    operator: float | None = None,
    end: float | None = None,
    line: str = "4001",
    caller: str = "13812345678",
    **other: object,
) -> CallSnapshot:
    """Build a call from outside; seconds count from `START`, `ring`, `system` and `operator` from the call's start."""

    def then(seconds: float | None) -> datetime | None:
        return None if seconds is None else at(start + seconds)

    answers = [instant for instant in (then(system), then(operator)) if instant is not None]
    answerer = Answerer.NONE
    if answers:
        answerer = Answerer.SYSTEM if system is not None else Answerer.OPERATOR
    outcome = Outcome.OPEN
    if end is not None:
        outcome = Outcome.ABANDONED if operator is None else Outcome.ANSWERED
    built = CallSnapshot(
        key=CallKey("pbx1", linkedid),
        direction=Direction.INBOUND,
        caller=caller,
        line=line,
        started_at=at(start),
        first_ring_at=then(ring),
        answered_at=min(answers, default=None),
        answered_by=answerer,
        operator_answered_at=then(operator),
        operators=("8001",) if operator is not None else (),
        ended_at=then(end),
        outcome=outcome,
        hangup_cause=16 if end is not None else None,
    )
    return replace(built, **other)  # type: ignore[arg-type]
