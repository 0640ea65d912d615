"""A house with a recording folder, a store and books, for the tests of recordings."""

from __future__ import annotations

import os
import struct
from datetime import UTC, datetime, timedelta
from pathlib import Path

from prometheus_client import CollectorRegistry
from sqlalchemy import func, select

from callcenter.calls.models import Call
from callcenter.clock import SettableClock
from callcenter.db import Database
from callcenter.events import CallChanged, EventBus
from callcenter.health import Alarms
from callcenter.telephony import CallKey, CallSnapshot, Direction, LinkState, LinkStatus
from recordings import wav
from recordings.disk import DiskRules, DiskWatch
from recordings.ingest import Ingest, IngestRules
from recordings.intake import Intake
from recordings.metrics import RecordingMetrics
from recordings.models import Recording
from recordings.spool import RawFile, Spool
from recordings.store import Store

NODE = "pbx1"
NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
DAY = "2026/11/21"
ANSWERED_AFTER = timedelta(seconds=5)


def sound(seconds: float, seed: int = 0) -> bytes:
    """Make raw stereo sound of that length; another `seed` sounds differently."""
    return bytes([seed % 256, 1, 2, 3]) * round(seconds * wav.RATE)


def speech(seconds: float, peak: int = 8000) -> bytes:
    """Make raw mono sound of that length, as a message has it."""
    return struct.pack("<hh", peak, -peak) * round(seconds * wav.RATE / 2)


class House:
    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        self.folder = folder
        self.clock = SettableClock(NOW)
        self.spool = Spool(folder / "monitor")
        self.store = Store(folder / "recordings")
        self.events = EventBus()
        self.alarms = Alarms(self.clock)
        self.registry = CollectorRegistry()
        self.metrics = RecordingMetrics(self.registry)
        self.live: list[CallSnapshot] = []
        self.link_state = LinkState.UP
        self.intake = Intake(database, self.spool, self.store, NODE, self.clock)

    def ingest(self, **rules: float) -> Ingest:
        return Ingest(
            database=self.database,
            spool=self.spool,
            store=self.store,
            node=NODE,
            clock=self.clock,
            events=self.events,
            alarms=self.alarms,
            metrics=self.metrics,
            live_calls=lambda: self.live,
            link=lambda: LinkStatus(self.link_state, NOW),
            rules=IngestRules(**rules),
        )

    def watch(
        self,
        ingest: Ingest | None = None,
        *,
        min_free_bytes: int = 0,
        pbx_user: str | None = None,
        every_seconds: float = 10,
    ) -> DiskWatch:
        return DiskWatch(
            database=self.database,
            spool=self.spool,
            store=self.store,
            node=NODE,
            clock=self.clock,
            alarms=self.alarms,
            metrics=self.metrics,
            store_error=lambda: ingest.store_error if ingest else None,
            rules=DiskRules(min_free_bytes=min_free_bytes, every_seconds=every_seconds),
            pbx_user=pbx_user,
        )

    def write_raw(self, name: str, content: bytes, *, age: float = 10.0) -> RawFile:
        """Let the exchange have written a file, finished `age` seconds ago."""
        path = self.spool.folder / DAY / f"{name}.raw"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        changed_at = self.clock.now().timestamp() - age
        os.utime(path, (changed_at, changed_at))
        return RawFile(path, f"{DAY}/{name}", len(content), path.stat().st_mtime)

    def write_message(self, linkedid: str, content: bytes, *, age: float = 10.0) -> RawFile:
        """Let a caller have left a message, finished `age` seconds ago."""
        path = self.spool.folder / DAY / f"{linkedid}-message.sln"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        changed_at = self.clock.now().timestamp() - age
        os.utime(path, (changed_at, changed_at))
        return RawFile(path, f"{DAY}/{linkedid}-message", len(content), path.stat().st_mtime)

    def raw_names(self) -> list[str]:
        return [file.name for file in self.spool.scan()]

    def set_aside_names(self) -> list[str]:
        return [path.name for path in self.spool.set_aside_files()]

    def kept_files(self) -> list[Path]:
        return sorted(path for path in self.store.folder.rglob("*") if path.is_file())

    def alarm_params(self) -> dict[str, dict[str, object]]:
        return {alarm.code: alarm.params for alarm in self.alarms.current}

    def figure(self, name: str, **labels: str) -> float | None:
        return self.registry.get_sample_value(name, labels)

    async def rows(self) -> list[Recording]:
        async with self.database.read() as session:
            return list(await session.scalars(select(Recording).order_by(Recording.id)))

    async def count_rows(self) -> int:
        async with self.database.read() as session:
            return await session.scalar(select(func.count()).select_from(Recording)) or 0

    async def calls(self) -> list[Call]:
        async with self.database.read() as session:
            return list(await session.scalars(select(Call).order_by(Call.id)))

    async def add_call(
        self,
        linkedid: str,
        recording: str | None,
        *,
        lasted: float = 60.0,
        answered: bool = True,
        node: str = NODE,
        caller: str = "13800000001",
        menu: dict[str, object] | None = None,
        ended: bool = True,
    ) -> int:
        """Enter a call that ends now, answered at its start."""
        ended_at = self.clock.now()
        started_at = ended_at - timedelta(seconds=lasted)
        call = Call(
            node=node,
            linkedid=linkedid,
            direction="inbound",
            caller=caller,
            line="4001",
            menu=menu,
            started_at=started_at,
            quarter=int(started_at.timestamp() // 900),
            answered_at=started_at if answered else None,
            answered_by="operator" if answered else "none",
            ended_at=ended_at if ended else None,
            outcome="answered" if answered else "abandoned",
            operators=[],
            rings=[],
            transfers=[],
            holds=[],
            queue_waits=[],
            talk_seconds=lasted,
            recording=recording,
            swept=False,
            late=False,
            rank=0,
            known_until=ended_at,
        )
        async with self.database.begin() as session:
            session.add(call)
        return call.id

    def snapshot(self, linkedid: str, recording: str | None, *, ended: bool = False) -> CallSnapshot:
        return CallSnapshot(
            key=CallKey(NODE, linkedid),
            direction=Direction.INBOUND,
            caller="13800000001",
            line="4001",
            started_at=NOW,
            ended_at=NOW if ended else None,
            recording=recording,
        )

    def publish(self, call: CallSnapshot) -> None:
        self.events.publish(CallChanged(call))
