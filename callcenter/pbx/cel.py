"""CEL's file: what Asterisk wrote down of every call, also while nobody listened.

Calls that begin and end while the application is away reach no AMI list. The same calls are in the file that
cel_custom writes, and its rows are turned into the same facts as AMI's events, so that the same tracker rebuilds
them. CEL knows no ringing (a dialled phone's ring is dated to its channel's birth), no holds and no place in line;
those are completed from what was persisted.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog

from callcenter.pbx import facts
from callcenter.pbx.facts import Fact
from callcenter.pbx.tracker import Tracker
from callcenter.pbx.tracker_call import ring_before_answer
from callcenter.telephony import CallKey, CallSnapshot

log = structlog.get_logger(__name__)

_COLUMNS = 15
# Queue() that refuses at once (nobody there) leaves within microseconds: the caller was never in the queue.
_REFUSED_AT_ONCE = timedelta(milliseconds=50)


@dataclass(frozen=True, slots=True)
class CelRow:
    """One row of the file that we need; `offset` is where it begins, in bytes."""

    offset: int
    kind: str
    at: datetime
    number: str
    exten: str
    channel: str
    app: str
    app_data: str
    uniqueid: str
    linkedid: str
    userfield: str
    extra: dict[str, str]


@dataclass(frozen=True, slots=True)
class CelReading:
    """The complete rows between an offset and `end` (bytes), and how many lines made no sense."""

    rows: tuple[CelRow, ...]
    end: int
    garbage: int


@dataclass(frozen=True, slots=True)
class CatchUp:
    """What the file tells since an offset.

    `ended`: the calls that ended, also those that were known already (their key says so).
    `tracker`: knows the calls that still go on; reconcile it with the exchange's state before feeding it events.
    """

    tracker: Tracker
    ended: tuple[CallSnapshot, ...]
    garbage: int


def read(path: Path, offset: int) -> CelReading:
    """Read the rows from `offset` on; a last line that is still being written is left for the next time.

    An offset beyond the end means that the file was begun anew; it is read from its start. A missing file has no
    rows. Lines that are no rows are counted, logged and skipped.
    """
    if not path.exists():
        return CelReading((), 0, 0)
    rows: list[CelRow] = []
    garbage = 0
    position = offset if offset <= path.stat().st_size else 0
    with path.open("rb") as file:
        file.seek(position)
        for line in file:
            if not line.endswith(b"\n"):
                break
            begin, position = position, position + len(line)
            if not line.strip():
                continue
            try:
                rows.append(_row(begin, line))
            except ValueError as reason:
                garbage += 1
                log.warning("bad_cel_row", offset=begin, reason=str(reason))
    return CelReading(tuple(rows), position, garbage)


def catch_up(
    path: Path, offset: int, node: str, known: Iterable[CallSnapshot] = (), *, started_at: datetime | None = None
) -> CatchUp:
    """Rebuild the calls of the file since `offset`, and take up the open calls that were `known` before.

    Args:
        path: CEL's file.
        offset: bytes; what `advance` gave when it was last asked, so that every open call is whole in the rest.
        node: the PBX node whose file it is.
        known: open calls as they were persisted, or as the tracker of the lost link knew them.
        started_at: when the Asterisk of now started. Calls that were open then ended with the one before, which may
            have crashed; without this they would seem to last until somebody asks.
    """
    reading = read(path, offset)
    tracker = Tracker(node)
    persisted = {call.key: call for call in known}
    ended: dict[CallKey, CallSnapshot] = {}
    for fact in facts_from_cel(reading.rows):
        changed: list[CallSnapshot] = []
        if started_at is not None and fact.at >= started_at:
            changed += tracker.exchange_started(started_at)
            started_at = None
        for call in [*changed, *tracker.feed(fact)]:
            if call.ended_at is not None:
                ended[call.key] = _completed(call, persisted[call.key]) if call.key in persisted else call
    tracker.restore(call for call in persisted.values() if call.key not in ended)
    return CatchUp(tracker, tuple(ended.values()), reading.garbage)


def advance(path: Path, offset: int, open_linkedids: Collection[str]) -> int:
    """Give the offset to persist: from there on the file holds the whole history of every call that is open."""
    reading = read(path, offset)
    return next((row.offset for row in reading.rows if row.linkedid in open_linkedids), reading.end)


def facts_from_cel(rows: Iterable[CelRow]) -> Iterator[Fact]:
    """Turn rows, in the order of the file, into facts."""
    joining: dict[str, facts.QueueJoined] = {}
    told: set[str] = set()
    for row in rows:
        if row.userfield and row.uniqueid not in told and row.kind != "CHAN_START":
            told.add(row.uniqueid)
            yield facts.SipCallIdTold(row.at, row.uniqueid, row.userfield)
        if row.app == "Queue" and row.kind == "APP_START":
            joining[row.uniqueid] = facts.QueueJoined(row.at, row.uniqueid, row.app_data.partition(",")[0], 0)
            continue
        joined = joining.pop(row.uniqueid, None) or joining.pop(row.linkedid, None)
        if joined is not None:
            if row.kind == "APP_END" and row.at - joined.at < _REFUSED_AT_ONCE:
                continue
            yield joined
        make = _FACTS.get(row.kind)
        if make is not None:
            yield from make(row)
        if row.kind == "CHAN_END":
            told.discard(row.uniqueid)
    yield from joining.values()


def _completed(rebuilt: CallSnapshot, known: CallSnapshot) -> CallSnapshot:
    """Add to a call that CEL told what only AMI had told before: ringing, holds, place in line."""
    end = rebuilt.ended_at
    return replace(
        rebuilt,
        first_ring_at=ring_before_answer(known.first_ring_at, rebuilt.answered_at) or rebuilt.first_ring_at,
        holds=tuple(replace(hold, ended_at=hold.ended_at or end) for hold in known.holds),
        queue_waits=known.queue_waits
        if len(known.queue_waits) == len(rebuilt.queue_waits) and all(wait.ended_at for wait in known.queue_waits)
        else rebuilt.queue_waits,
        sip_call_id=rebuilt.sip_call_id or known.sip_call_id,
        recording=rebuilt.recording or known.recording,
    )


def _row(offset: int, line: bytes) -> CelRow:
    """Read one line.

    Raises:
        ValueError: it is no row of ours.
    """
    columns = next(csv.reader([line.decode("utf-8", "replace")], strict=True), [])
    if len(columns) != _COLUMNS:
        raise ValueError(f"{len(columns)} columns instead of {_COLUMNS}")
    kind, stamp, number, exten, _, channel, app, app_data, uniqueid, linkedid, _, _, userfield, _, extra = columns
    if not (kind and uniqueid and linkedid):
        raise ValueError("a row without event or channel")
    details = json.loads(extra) if extra else {}
    if not isinstance(details, dict):
        raise ValueError("extra is no object")
    return CelRow(
        offset=offset,
        kind=kind,
        at=_instant(stamp),
        number=facts.known(number),
        exten=exten,
        channel=channel,
        app=app,
        app_data=app_data,
        uniqueid=uniqueid,
        linkedid=linkedid,
        userfield=userfield,
        extra={str(key): str(value) for key, value in details.items()},
    )


def _instant(stamp: str) -> datetime:
    try:
        return datetime.fromtimestamp(float(stamp), UTC)
    except (OverflowError, OSError) as error:
        raise ValueError(f"no instant: {stamp!r}") from error


def _born(row: CelRow) -> Iterator[Fact]:
    """A channel that the exchange dials begins at `s`, one that calls us at the number that it dialled."""
    rings_in = row.exten not in ("", "s")
    yield facts.ChannelCreated(row.at, row.uniqueid, row.linkedid, row.channel, rings_in, row.number, row.exten)
    if not rings_in:
        yield facts.Ringing(row.at, row.uniqueid)


def _answered(row: CelRow) -> Iterator[Fact]:
    yield from _dialled(row)
    yield facts.ChannelUp(row.at, row.uniqueid)


def _dialled(row: CelRow) -> Iterator[Fact]:
    """A channel that Dial made bears the number that was dialled, one that Originate made the number it is shown."""
    if row.app == "AppDial":
        yield facts.Dialled(row.at, row.uniqueid, row.number, "")
    elif row.app == "AppDial2":
        yield facts.Dialled(row.at, row.uniqueid, "", row.number)


def _bridged(row: CelRow) -> Iterator[Fact]:
    bridge = row.extra.get("bridge_id")
    if bridge and row.extra.get("bridge_technology") != "holding_bridge":
        if row.app == "Queue":
            yield facts.QueueLeft(row.at, row.uniqueid)
        yield facts.BridgeEntered(row.at, row.uniqueid, bridge, None)


def _unbridged(row: CelRow) -> Iterator[Fact]:
    if bridge := row.extra.get("bridge_id"):
        yield facts.BridgeLeft(row.at, row.uniqueid, bridge)


def _app_started(row: CelRow) -> Iterator[Fact]:
    if row.app == "MixMonitor":
        yield facts.RecordingStarted(row.at, row.uniqueid)


def _app_ended(row: CelRow) -> Iterator[Fact]:
    if row.app == "Queue":
        yield facts.QueueLeft(row.at, row.uniqueid)


def _blind(row: CelRow) -> Iterator[Fact]:
    yield facts.BlindTransferred(row.at, row.uniqueid, row.extra.get("extension", ""))


def _attended(row: CelRow) -> Iterator[Fact]:
    yield facts.AttendedTransferred(row.at, row.uniqueid, row.extra.get("transfer_target_channel_name", ""))


def _parked(row: CelRow) -> Iterator[Fact]:
    yield facts.Parked(
        row.at, row.uniqueid, row.extra.get("parking_space", ""), row.extra.get("parker_dial_string", "")
    )


def _ended(row: CelRow) -> Iterator[Fact]:
    yield from _dialled(row)
    if row.extra.get("hangupsource") == row.channel:
        yield facts.HangupRequested(row.at, row.uniqueid)
    cause = row.extra.get("hangupcause", "")
    yield facts.HungUp(row.at, row.uniqueid, int(cause) if cause.isdecimal() else 0, 0)


_FACTS: dict[str, Callable[[CelRow], Iterator[Fact]]] = {
    "CHAN_START": _born,
    "ANSWER": _answered,
    "BRIDGE_ENTER": _bridged,
    "BRIDGE_EXIT": _unbridged,
    "APP_START": _app_started,
    "APP_END": _app_ended,
    "BLINDTRANSFER": _blind,
    "ATTENDEDTRANSFER": _attended,
    "PARK_START": _parked,
    "HANGUP": _ended,
}
