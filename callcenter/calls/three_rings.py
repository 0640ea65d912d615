"""Answered within three rings (requirements 1): how many rings a caller heard, and whether that was too late.

A ring lasts one cadence, from the start of one tone to the start of the next. Answered within three rings means
before the fourth ring starts, counted from the first ring that the caller hears.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from callcenter.settings import Settings
from callcenter.telephony import CallSnapshot, Direction

RINGS = 3


@dataclass(frozen=True, slots=True)
class Cadences:
    """Seconds from one ring to the next: of each of our lines, and of the house for any other number."""

    house: float
    lines: Mapping[str, float]

    @classmethod
    def of(cls, settings: Settings) -> Cadences:
        """Take them from the settings."""
        lines = {line.number: settings.rings_of(line).ring_cadence for line in settings.lines}
        return cls(settings.three_rings.ring_cadence, lines)

    def in_force(self, call: CallSnapshot) -> float | None:
        """Return the cadence of the line that was called; None where the rule does not apply.

        It applies to every call from outside, and to calls from rooms and desks to one of our lines.
        """
        if call.direction is Direction.OUTBOUND:
            return None
        if call.line in self.lines:
            return self.lines[call.line]
        return self.house if call.direction is Direction.INBOUND else None


@dataclass(frozen=True, slots=True)
class Account:
    """What the three-ring rule says of one call. Seconds count from the first ring heard, else from the start."""

    cadence: float | None = None
    seconds_to_answer: float | None = None
    rings_to_answer: int | None = None
    seconds_to_operator: float | None = None
    rings_to_operator: int | None = None
    late: bool = False


def account(call: CallSnapshot, cadence: float | None) -> Account:
    """Account for `call` with the `cadence` in force on its line, in seconds.

    Late is a call answered by nobody, neither person nor system, before the fourth ring started: answered after
    that, or given up after that. No ring heard at all counts as 0 rings; silence counts for lateness like ringing.
    """
    if cadence is None:
        return Account()
    patience_ended = call.answered_at or call.ended_at
    return Account(
        cadence=cadence,
        seconds_to_answer=_seconds(call, call.answered_at),
        rings_to_answer=_rings(call, call.answered_at, cadence),
        seconds_to_operator=_seconds(call, call.operator_answered_at),
        rings_to_operator=_rings(call, call.operator_answered_at, cadence),
        late=patience_ended is not None and rings_by(_heard_from(call), patience_ended, cadence) > RINGS,
    )


def rings_by(first_ring_at: datetime, instant: datetime, cadence: float) -> int:
    """Count the rings that have started by `instant`, the first one included."""
    return max(instant - first_ring_at, timedelta()) // timedelta(seconds=cadence) + 1


def _heard_from(call: CallSnapshot) -> datetime:
    return call.first_ring_at if _rang_before_answer(call) and call.first_ring_at else call.started_at


def _rang_before_answer(call: CallSnapshot) -> bool:
    """Tell whether the caller heard ringing before anyone answered; ringing after that is a transfer's."""
    return call.first_ring_at is not None and (call.answered_at is None or call.first_ring_at <= call.answered_at)


def _seconds(call: CallSnapshot, instant: datetime | None) -> float | None:
    return None if instant is None else max(0.0, (instant - _heard_from(call)).total_seconds())


def _rings(call: CallSnapshot, instant: datetime | None, cadence: float) -> int | None:
    if instant is None:
        return None
    return rings_by(_heard_from(call), instant, cadence) if _rang_before_answer(call) else 0
