"""The recorded captures and the few ways in which tests take them apart."""

from __future__ import annotations

import gzip
import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

from callcenter.pbx.facts import Fact
from callcenter.pbx.replay import calls_of, read_facts
from callcenter.pbx.tracker import Tracker
from callcenter.telephony import CallSnapshot

FOLDER = Path(__file__).parents[2] / "captures"
NAMES = sorted(path.name.removesuffix(".ami.gz") for path in FOLDER.glob("*.ami.gz"))
NODE = "test"
# The phones' clocks and Asterisk's agree within this.
TOLERANCE = 0.15


def raw(name: str) -> bytes:
    return gzip.decompress((FOLDER / f"{name}.ami.gz").read_bytes())


def facts_of(name: str) -> list[Fact]:
    return list(read_facts(io.BytesIO(raw(name))))


def calls_in(data: bytes) -> list[CallSnapshot]:
    return calls_of(read_facts(io.BytesIO(data)), NODE)


def instant(epoch: float) -> datetime:
    return datetime.fromtimestamp(epoch, UTC)


def feed_all(tracker: Tracker, facts: list[Fact]) -> dict[str, CallSnapshot]:
    """Feed facts and return the last snapshot of every call."""
    told: dict[str, CallSnapshot] = {}
    for fact in facts:
        told |= {call.key.linkedid: call for call in tracker.feed(fact)}
    return told


def long_after(facts: list[Fact]) -> datetime:
    return max((fact.at for fact in facts), default=datetime(2026, 1, 1, tzinfo=UTC)) + timedelta(days=1)
