"""The line of waiting callers: who stands where, and moving one; pure.

A caller's place is a priority, counted as the moment since when the caller waits: the dialplan gives everybody
`LAST - epoch second of the call's beginning` (extensions.conf, [line]), so the older call goes first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from callcenter.telephony import CallKey, CallSnapshot

LAST = 2_147_483_647


@dataclass(frozen=True, slots=True)
class Waiting:
    """A caller in a queue of the house. `since`: when this stay in line began; `place`: counted from 1."""

    call: CallSnapshot
    queue: str
    since: datetime
    priority: int
    place: int


def natural_priority(call: CallSnapshot) -> int:
    """Return the priority that the dialplan has given to a call."""
    return LAST - int(call.started_at.timestamp())


def waiting(calls: Iterable[CallSnapshot], given: Mapping[CallKey, int]) -> list[Waiting]:
    """Return the callers who wait, by queue and place; `given`: priorities that we have set."""
    lines: dict[str, list[tuple[int, datetime, CallSnapshot]]] = {}
    for call in calls:
        for wait in call.queue_waits:
            if wait.ended_at is None and call.operator_answered_at is None and call.ended_at is None:
                priority = given.get(call.key, natural_priority(call))
                lines.setdefault(wait.queue, []).append((priority, wait.began_at, call))
    return [
        Waiting(call, queue, since, priority, place)
        for queue, line in sorted(lines.items())
        for place, (priority, since, call) in enumerate(
            sorted(line, key=lambda one: (-one[0], one[2].started_at)), start=1
        )
    ]


def moved(line: list[Waiting], key: CallKey, place: int) -> dict[CallKey, int]:
    """Return new priorities for everybody in this line, so that the caller of `key` stands at `place` (from 1).

    Everybody gets one, because two who came in the same second could not be told apart otherwise.
    """
    order = [one for one in line if one.call.key != key]
    (mover,) = (one for one in line if one.call.key == key)
    order.insert(min(max(place, 1), len(line)) - 1, mover)
    highest = min(LAST, max(one.priority for one in line) + len(line))
    return {one.call.key: highest - at for at, one in enumerate(order)}
