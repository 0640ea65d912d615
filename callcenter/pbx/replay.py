"""Replay of raw AMI captures: what `callcenter calls replay CAPTURE` prints, one JSON object a call."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, BinaryIO

import structlog

from callcenter.pbx.facts import BadFact, Fact, from_ami
from callcenter.pbx.tracker import Tracker
from callcenter.pbx.wire import Splitter, WireOverflow, parse
from callcenter.telephony import CallKey, CallSnapshot, Transfer

log = structlog.get_logger(__name__)

NODE = "replay"
_CHUNK = 1 << 16
_GZIP = b"\x1f\x8b"
_EPOCH = datetime.fromtimestamp(0, UTC)
_LONG_AFTER = timedelta(days=1)


class NoCapture(Exception):
    """The file is no raw AMI capture; the message says why, for the person at the shell."""


def read_facts(stream: BinaryIO) -> Iterator[Fact]:
    """Read the facts of a raw capture: the bytes as Asterisk sent them, responses and lists included.

    An event without a `Timestamp` is given the instant of the one before it. Malformed events are logged and left
    out, and so is a last message that was cut off.

    Raises:
        NoCapture: the file is compressed, or no message of it ends.
    """
    return _facts_of(_messages(stream))


def _messages(stream: BinaryIO) -> Iterator[dict[str, str]]:
    splitter = Splitter()
    chunk = stream.read(_CHUNK)
    if chunk.startswith(_GZIP):
        raise NoCapture("it is compressed; unpack it first (gunzip)")
    while chunk:
        try:
            blocks = splitter.feed(chunk)
        except WireOverflow as error:
            raise NoCapture(str(error)) from error
        yield from map(parse, blocks)
        chunk = stream.read(_CHUNK)


def _at_least_one(messages: Iterable[dict[str, str]]) -> Iterator[dict[str, str]]:
    found = False
    for message in messages:
        found |= "Event" in message or "Response" in message
        yield message
    if not found:
        raise NoCapture("it holds no message of Asterisk's manager interface (AMI)")


def _facts_of(messages: Iterable[dict[str, str]]) -> Iterator[Fact]:
    at = _EPOCH
    for message in messages:
        try:
            fact = from_ami(message, at)
        except BadFact as reason:
            log.warning("bad_fact", call_id=message.get("Linkedid"), reason=str(reason))
            continue
        if fact is not None:
            at = fact.at
            yield fact


def calls_of(facts: Iterable[Fact], node: str = NODE) -> list[CallSnapshot]:
    """Track facts to their end and return every call in the order of their start.

    Calls that the facts leave open are swept; consultations that became part of another call are left out.
    """
    tracker = Tracker(node)
    calls: dict[CallKey, CallSnapshot] = {}
    last = _EPOCH
    for fact in facts:
        last = max(last, fact.at)
        calls |= {call.key: call for call in tracker.feed(fact)}
    calls |= {call.key: call for call in tracker.sweep(last + _LONG_AFTER)}
    return sorted((call for call in calls.values() if call.merged_into is None), key=lambda call: call.started_at)


def replay(stream: BinaryIO) -> Iterator[dict[str, Any]]:
    """Give the call records of a raw capture as JSON-ready objects, in the order of their start.

    Raises:
        NoCapture: the file is compressed, or holds not one message.
    """
    for call in calls_of(_facts_of(_at_least_one(_messages(stream)))):
        yield record_of(call)


def record_of(call: CallSnapshot) -> dict[str, Any]:
    """Lay one ended call out as a record; seconds count from the call's first event, instants are ISO 8601 UTC."""
    return {
        "call": call.key.linkedid,
        "started_at": call.started_at.isoformat(),
        "direction": call.direction.value,
        "caller": call.caller,
        "line": call.line,
        "seconds_to_first_ring": _since(call, call.first_ring_at),
        "seconds_to_answer": _since(call, call.answered_at),
        "answered_by": call.answered_by.value,
        "operators": list(call.operators),
        "transfers": [_transfer(call, transfer) for transfer in call.transfers],
        "holds": [
            {
                "by": hold.by.value,
                "seconds_to_start": _since(call, hold.began_at),
                "duration": _seconds(hold.ended_at - hold.began_at) if hold.ended_at else None,
            }
            for hold in call.holds
        ],
        "talk_seconds": call.talk_seconds,
        "outcome": call.outcome.value,
        "hangup_cause": call.hangup_cause,
        "recording": call.recording,
        "sip_call_id": call.sip_call_id,
        "duration": _since(call, call.ended_at),
        "swept": call.swept,
    }


def _transfer(call: CallSnapshot, transfer: Transfer) -> dict[str, Any]:
    return {
        "kind": transfer.kind.value,
        "from": transfer.from_party,
        "to": transfer.to_party,
        "result": transfer.result.value,
        "seconds_to_transfer": _since(call, transfer.at),
    }


def _since(call: CallSnapshot, instant: datetime | None) -> float | None:
    return None if instant is None else _seconds(instant - call.started_at)


def _seconds(duration: timedelta) -> float:
    return round(duration.total_seconds(), 3)
