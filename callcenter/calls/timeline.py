"""One call's story: everything that is known of it, in the order in which it happened."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from callcenter.telephony import Answerer, CallSnapshot


class Kind(StrEnum):
    """What happened; in this order where two things happened at one instant."""

    STARTED = "started"
    QUEUED = "queued"
    RINGING = "ringing"
    LEFT_QUEUE = "left_queue"
    RING_ENDED = "ring_ended"
    ANSWERED_BY_SYSTEM = "answered_by_system"
    ANSWERED_BY_OPERATOR = "answered_by_operator"
    RECORDING_STARTED = "recording_started"
    RECORDING_PAUSED = "recording_paused"
    RECORDING_RESUMED = "recording_resumed"
    HOLD = "hold"
    UNHOLD = "unhold"
    TRANSFER = "transfer"
    ENDED = "ended"


_ORDER = {kind: place for place, kind in enumerate(Kind)}


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened. `party`: who did it or to whom, where that is known."""

    at: datetime
    kind: Kind
    party: str | None = None
    detail: dict[str, Any] = field(default_factory=dict)


def timeline(call: CallSnapshot) -> list[Entry]:
    """Tell the story of `call`."""
    entries = [*_call(call), *_rings(call), *_queue(call), *_episodes(call)]
    return sorted(entries, key=lambda entry: (entry.at, _ORDER[entry.kind]))


def _call(call: CallSnapshot) -> Iterator[Entry]:
    yield Entry(call.started_at, Kind.STARTED, call.caller, {"line": call.line})
    if call.answered_at is not None:
        if call.answered_by is Answerer.SYSTEM:
            yield Entry(call.answered_at, Kind.ANSWERED_BY_SYSTEM)
        if call.recording is not None:
            yield Entry(call.answered_at, Kind.RECORDING_STARTED, detail={"name": call.recording})
    if call.operator_answered_at is not None:
        party = call.operators[0] if call.operators else None
        yield Entry(call.operator_answered_at, Kind.ANSWERED_BY_OPERATOR, party)
    if call.ended_at is not None:
        yield Entry(
            call.ended_at,
            Kind.ENDED,
            detail={"outcome": call.outcome.value, "hangup_cause": call.hangup_cause, "swept": call.swept},
        )


def _rings(call: CallSnapshot) -> Iterator[Entry]:
    for ring in call.rings:
        yield Entry(ring.began_at, Kind.RINGING, ring.operator)
        if ring.ended_at is not None:
            yield Entry(ring.ended_at, Kind.RING_ENDED, ring.operator, {"answered": ring.answered})


def _queue(call: CallSnapshot) -> Iterator[Entry]:
    for wait in call.queue_waits:
        yield Entry(wait.began_at, Kind.QUEUED, detail={"queue": wait.queue, "position": wait.position})
        if wait.ended_at is not None:
            seconds = (wait.ended_at - wait.began_at).total_seconds()
            yield Entry(wait.ended_at, Kind.LEFT_QUEUE, detail={"queue": wait.queue, "seconds": seconds})


def _episodes(call: CallSnapshot) -> Iterator[Entry]:
    for hold in call.holds:
        yield Entry(hold.began_at, Kind.HOLD, hold.by)
        if hold.ended_at is not None:
            seconds = (hold.ended_at - hold.began_at).total_seconds()
            yield Entry(hold.ended_at, Kind.UNHOLD, hold.by, {"seconds": seconds})
    for pause in call.recording_pauses:
        yield Entry(pause.began_at, Kind.RECORDING_PAUSED)
        if pause.ended_at is not None and pause.ended_at != call.ended_at:
            yield Entry(pause.ended_at, Kind.RECORDING_RESUMED)
    for transfer in call.transfers:
        detail = {"kind": transfer.kind.value, "to": transfer.to_party, "result": transfer.result.value}
        yield Entry(transfer.at, Kind.TRANSFER, transfer.from_party, detail)
