"""CEL's file: what Asterisk wrote down of every call, also while nobody listened.

Calls that begin and end while the application is away reach no AMI list. The same calls are in the file that
cel_custom writes, and its rows are turned into the same facts as AMI's events, so that the same tracker rebuilds
them. CEL knows no ringing (a dialled phone's ring is dated to its channel's birth), no holds and no place in line;
those are completed from what was persisted, and so are pauses of the recording.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

import structlog

from callcenter.pbx import facts
from callcenter.pbx.facts import Fact
from callcenter.pbx.tracker import Tracker
from callcenter.pbx.tracker_call import ring_before_answer
from callcenter.telephony import CallKey, CallSnapshot

log = structlog.get_logger(__name__)

# One row is fifteen quoted fields; a quote inside is doubled, a line end inside (a caller can send one) is kept.
_FIELD = rb'"([^"]*+(?:""[^"]*+)*+)"'
_ROW = re.compile(rb'"([A-Z_]+)","([0-9]{1,11}\.[0-9]{6})",' + b",".join([_FIELD] * 13) + rb"\r?\n")
# How a row begins. No content of a field can look like that, since every quote in it is doubled.
_BEGIN = re.compile(rb'(?<![",])"[A-Z_]+","[0-9]{1,11}\.[0-9]{6}","')
_LONGEST_ROW = 1 << 20
_CHUNK = 1 << 20
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
class CatchUp:
    """What the file tells since an offset.

    `ended`: the calls that ended, also those that were known already (their key says so).
    `tracker`: knows the calls that still go on; reconcile it with the exchange's state before feeding it events.
    `log`: the file as far as it was read.
    """

    tracker: Tracker
    ended: tuple[CallSnapshot, ...]
    log: CelFile


class CelFile:
    """The file, read on from where the last reading ended, in pieces: a long one takes time, not memory.

    An offset (bytes) beyond the end means that the file was begun anew; it is read from its start. A missing file
    has no rows. `end` is up to where it was read, `garbage` how many stretches of it made no sense: each is logged
    and skipped up to where the next row begins.
    """

    def __init__(self, path: Path, offset: int = 0) -> None:
        self.path = path
        self.end = offset
        self.garbage = 0
        self._begins: dict[str, int] = {}

    def rows(self) -> Iterator[CelRow]:
        """Read the rows that are new; a last one that is still being written is left for the next time."""
        if self.size() < self.end:
            self.end = 0
            self._begins = {}
        if self.path.exists():
            with self.path.open("rb") as file:
                file.seek(self.end)
                yield from self._rows_of(file)

    def advance(self, open_linkedids: Collection[str]) -> int:
        """Read what is new and give the offset from which the file holds the whole history of every open call.

        It never passes what this look is the first to see: a call of which no news came yet is not lost.
        """
        known = min(self.end, self.size())
        for _ in self.rows():
            pass
        self._begins = {
            linkedid: offset
            for linkedid, offset in self._begins.items()
            if offset >= known or linkedid in open_linkedids
        }
        return min(self._begins.values(), default=self.end)

    def put_aside(self) -> None:
        """Let the file begin anew; a row that comes in the very moment is taken over.

        Raises:
            OSError: it cannot be renamed.
        """
        old = self.path.with_suffix(".csv.1")
        self.path.replace(old)
        with old.open("rb") as file:
            file.seek(self.end)
            if late := file.read():
                with self.path.open("ab") as anew:
                    anew.write(late)

    def size(self) -> int:
        """The size of the file, in bytes."""
        return self.path.stat().st_size if self.path.exists() else 0

    def _rows_of(self, file: BinaryIO) -> Iterator[CelRow]:
        buffer = b""
        while chunk := file.read(_CHUNK):
            buffer += chunk
            position = 0
            while (found := self._next(buffer, position)) is not None:
                row, length = found
                position += length
                self.end += length
                if row is not None:
                    self._begins.setdefault(row.linkedid, row.offset)
                    yield row
            buffer = buffer[position:]

    def _next(self, buffer: bytes, position: int) -> tuple[CelRow | None, int] | None:
        """Find the next row and the number of bytes up to its end; no row for a stretch to skip."""
        match = _ROW.match(buffer, position)
        if match is not None:
            return self._understood(match), match.end() - position
        begin = _BEGIN.search(buffer, position + 1)
        if begin is None and len(buffer) - position <= _LONGEST_ROW:
            return None
        end = len(buffer) if begin is None else begin.start()
        if buffer[position:end].strip():
            self._skipped("no row")
        return None, end - position

    def _understood(self, match: re.Match[bytes]) -> CelRow | None:
        if match[1] not in _KINDS:
            return None
        try:
            return _row(self.end, match)
        except (ValueError, RecursionError) as reason:
            self._skipped(str(reason), match[10].decode("utf-8", "replace"))
            return None

    def _skipped(self, reason: str, call_id: str | None = None) -> None:
        self.garbage += 1
        log.warning("bad_cel_row", offset=self.end, call_id=call_id, reason=reason)


def catch_up(
    path: Path, offset: int, node: str, known: Iterable[CallSnapshot] = (), *, started_at: datetime | None = None
) -> CatchUp:
    """Rebuild the calls of the file since `offset`, and take up the open calls that were `known` before.

    Args:
        path: CEL's file.
        offset: bytes; what `CelFile.advance` gave when it was last asked, so that every open call is whole in the rest.
        node: the PBX node whose file it is.
        known: open calls as they were persisted, or as the tracker of the lost link knew them.
        started_at: when the Asterisk of now started. Calls that were open then ended with the one before, which may
            have crashed; without this they would seem to last until somebody asks.
    """
    file = CelFile(path, offset)
    tracker = Tracker(node)
    persisted = {call.key: call for call in known}
    ended: dict[CallKey, CallSnapshot] = {}
    for fact in facts_from_cel(file.rows()):
        changed: list[CallSnapshot] = []
        if started_at is not None and fact.at >= started_at:
            changed += tracker.exchange_started(started_at)
            started_at = None
        for call in [*changed, *tracker.feed(fact)]:
            if call.ended_at is not None:
                ended[call.key] = _completed(call, persisted[call.key]) if call.key in persisted else call
    tracker.restore(call for call in persisted.values() if call.key not in ended)
    return CatchUp(tracker, tuple(ended.values()), file)


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
        if row.kind == "HANGUP":
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
        recording_pauses=tuple(replace(pause, ended_at=pause.ended_at or end) for pause in known.recording_pauses),
        sip_call_id=rebuilt.sip_call_id or known.sip_call_id,
        recording=rebuilt.recording or known.recording,
        menu=rebuilt.menu or known.menu,
    )


def _row(offset: int, match: re.Match[bytes]) -> CelRow:
    """Read one row.

    Raises:
        ValueError: it is no row of ours.
        RecursionError: its JSON is nested beyond all sense.
    """
    fields = [field.decode("utf-8", "replace").replace('""', '"') for field in match.groups()]
    kind, stamp, number, exten, _, channel, app, app_data, uniqueid, linkedid, _, _, userfield, _, extra = fields
    if not (uniqueid and linkedid):
        raise ValueError("a row without channel")
    details = json.loads(extra) if extra else {}
    if not isinstance(details, dict):
        raise ValueError("extra is no object")
    return CelRow(
        offset=offset,
        kind=kind,
        at=datetime.fromtimestamp(float(stamp), UTC),
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
    extra = row.extra if "app" in row.extra else {}
    yield facts.AttendedTransferred(
        row.at,
        row.uniqueid,
        row.extra.get("transfer_target_channel_name", ""),
        extra.get("channel2_uniqueid", ""),
        extra.get("transferee_channel_uniqueid", ""),
    )


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


def _menu(row: CelRow) -> Iterator[Fact]:
    language, _, walk = row.extra.get("extra", "").partition(":")
    informed, _, path = walk.partition(":")
    if path:
        yield facts.MenuTold(row.at, row.uniqueid, tuple(path.split("/")), language, informed == "yes")


def _call_back(row: CelRow) -> Iterator[Fact]:
    yield facts.CallBackAsked(row.at, row.uniqueid)


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
    # what our dialplan writes down itself (CELGenUserEvent); cel_custom gives its name in place of USER_DEFINED
    "HOTEL_MENU": _menu,
    "HOTEL_CALL_BACK": _call_back,
    "HANGUP": _ended,
}
# What tells us something; rows of other kinds are passed over without a look.
_KINDS = frozenset(kind.encode() for kind in _FACTS)
