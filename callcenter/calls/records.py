"""A call's snapshot as a row of the database, and back."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from callcenter.calls.models import Call
from callcenter.calls.three_rings import Cadences, account
from callcenter.telephony import (
    Answerer,
    CallKey,
    CallSnapshot,
    Direction,
    Hold,
    MenuVisit,
    Outcome,
    QueueWait,
    RecordingPause,
    Ring,
    Transfer,
)

QUARTER_SECONDS = 900
LONGEST_NUMBER = 128

_OPEN, _SWEPT, _ENDED = range(3)

_rings = TypeAdapter(tuple[Ring, ...])
_transfers = TypeAdapter(tuple[Transfer, ...])
_holds = TypeAdapter(tuple[Hold, ...])
_queue_waits = TypeAdapter(tuple[QueueWait, ...])
_recording_pauses = TypeAdapter(tuple[RecordingPause, ...])
_menu = TypeAdapter(MenuVisit | None)


def precedence(call: CallSnapshot) -> tuple[int, datetime]:
    """Order the snapshots of one call: a swept ending beats an open call, a seen ending beats both.

    Among equals the one that knows of the later instant wins; what arrives later wins a tie.
    """
    rank = _OPEN if call.ended_at is None else _SWEPT if call.swept else _ENDED
    return rank, max(call.instants())


def to_row(call: CallSnapshot, cadences: Cadences) -> dict[str, Any]:
    """Return the column values of `call`, with the three-ring figures by the cadence in force now."""
    rank, known_until = precedence(call)
    return {
        "node": call.key.node,
        "linkedid": call.key.linkedid,
        "sip_call_id": _storable(call.sip_call_id) if call.sip_call_id else None,
        "direction": call.direction.value,
        "caller": _storable(call.caller)[:LONGEST_NUMBER],
        "line": _storable(call.line)[:LONGEST_NUMBER],
        "started_at": call.started_at,
        "quarter": int(call.started_at.timestamp()) // QUARTER_SECONDS,
        "first_ring_at": call.first_ring_at,
        "answered_at": call.answered_at,
        "answered_by": call.answered_by.value,
        "operator_answered_at": call.operator_answered_at,
        "ended_at": call.ended_at,
        "outcome": _outcome(call).value,
        "hangup_cause": call.hangup_cause,
        "operators": list(call.operators),
        "rings": _rings.dump_python(call.rings, mode="json"),
        "transfers": _transfers.dump_python(call.transfers, mode="json"),
        "holds": _holds.dump_python(call.holds, mode="json"),
        "queue_waits": _queue_waits.dump_python(call.queue_waits, mode="json"),
        "talk_seconds": call.talk_seconds,
        "menu": _menu.dump_python(call.menu, mode="json"),
        "recording": call.recording,
        "recording_pauses": _recording_pauses.dump_python(call.recording_pauses, mode="json"),
        "swept": call.swept,
        "rank": rank,
        "known_until": known_until,
        **asdict(account(call, cadences.in_force(call))),
    }


def to_snapshot(row: Call) -> CallSnapshot:
    """Return the snapshot that was stored as `row`."""
    return CallSnapshot(
        key=CallKey(row.node, row.linkedid),
        direction=Direction(row.direction),
        caller=row.caller,
        line=row.line,
        started_at=row.started_at,
        first_ring_at=row.first_ring_at,
        answered_at=row.answered_at,
        answered_by=Answerer(row.answered_by),
        operator_answered_at=row.operator_answered_at,
        ended_at=row.ended_at,
        outcome=Outcome(row.outcome),
        hangup_cause=row.hangup_cause,
        operators=tuple(row.operators),
        rings=_rings.validate_python(row.rings),
        transfers=_transfers.validate_python(row.transfers),
        holds=_holds.validate_python(row.holds),
        queue_waits=_queue_waits.validate_python(row.queue_waits),
        talk_seconds=row.talk_seconds,
        recording=row.recording,
        recording_pauses=_recording_pauses.validate_python(row.recording_pauses),
        sip_call_id=row.sip_call_id,
        swept=row.swept,
        menu=_menu.validate_python(row.menu),
    )


def _outcome(call: CallSnapshot) -> Outcome:
    """Judge a caller who left while the system spoke: served only if a menu told what the caller came for."""
    informed = call.menu is not None and call.menu.informed
    if call.outcome is Outcome.SERVED_BY_SYSTEM and call.direction is Direction.INBOUND and not informed:
        return Outcome.ABANDONED
    return call.outcome


def _storable(text: str) -> str:
    """Drop what PostgreSQL cannot hold: NUL, and the surrogates that stand for undecodable bytes."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()
