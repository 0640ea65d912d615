"""What the house does by itself at its hours: daily jobs that run once even when missed, and a tick every so often.

APScheduler only ticks, from memory: which daily runs are done is in `job_runs`. A run that was due while the
application was away is made up for on return, once, whatever number of days it was; of several nodes one runs it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from sqlalchemy import String, delete, or_, select, update
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.clock import Clock
from callcenter.db import Base, Database, DatabaseUnavailable, insert_into
from callcenter.health import Alarms

log = structlog.get_logger(__name__)

TICK_SECONDS = 15
LEASE = timedelta(minutes=10)
"""A run that another node began that long ago and did not finish is begun anew."""

KEPT = timedelta(days=400)

Daily = Callable[[datetime], Awaitable[None]]
"""Work of a daily job; it is told the instant for which it runs, and can run twice for it without harm."""

Tick = Callable[[], Awaitable[None]]


class JobRun(Base):
    """One run of a daily job, for the instant at which it was due."""

    __tablename__ = "job_runs"

    job: Mapped[str] = mapped_column(String(64), primary_key=True)
    due_at: Mapped[datetime] = mapped_column(primary_key=True)
    node: Mapped[str] = mapped_column(String(32))
    begun_at: Mapped[datetime]
    done_at: Mapped[datetime | None]


@dataclass(frozen=True, slots=True)
class _DailyJob:
    name: str
    at: time
    work: Daily


@dataclass(frozen=True, slots=True)
class _TickJob:
    name: str
    seconds: float
    work: Tick


def last_due(now: datetime, at: time, zone: ZoneInfo) -> datetime:
    """Return the latest instant, not after `now`, at which the hotel's clocks in `zone` showed `at`, in UTC.

    Where a change to summer time skips `at`, the instant that it would have been counts.
    """
    today = now.astimezone(zone).date()
    due = datetime.combine(today, at, zone).astimezone(UTC)
    if due > now:
        due = datetime.combine(today - timedelta(days=1), at, zone).astimezone(UTC)
    return due


class Schedule:
    """The jobs of this node. Daily jobs run in the order in which they were added when several are due at once."""

    def __init__(self, database: Database, clock: Clock, zone: ZoneInfo, node: str, alarms: Alarms) -> None:
        self._database = database
        self._clock = clock
        self._zone = zone
        self._node = node
        self._alarms = alarms
        self._daily: list[_DailyJob] = []
        self._ticks: list[_TickJob] = []
        self._ticker = AsyncIOScheduler(
            timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )
        self._running: dict[str, asyncio.Future[None]] = {}
        self._done: dict[str, datetime] = {}
        self._fresh = True

    def daily(self, name: str, at: time, work: Daily) -> None:
        """Run `work` every day when the hotel's clocks show `at`."""
        self._daily.append(_DailyJob(name, at, work))

    def every(self, name: str, seconds: float, work: Tick) -> None:
        """Run `work` every so many seconds, never twice at once; what it finds done already is its own business."""
        self._ticks.append(_TickJob(name, seconds, work))

    async def start(self) -> None:
        """Begin to tick; what was missed is made up for at the first tick, at once."""
        now = datetime.now(UTC)
        works: list[tuple[str, float, Tick]] = [("daily", TICK_SECONDS, self.run_due)]
        works += [(job.name, job.seconds, partial(self._run_tick, job)) for job in self._ticks]
        for name, seconds, work in works:
            self._ticker.add_job(self._launch, "interval", [name, work], seconds=seconds, next_run_time=now)
        self._ticker.start()

    async def close(self) -> None:
        """Tick no more, and wait for what runs: work on a database is not broken off in the middle."""
        if self._ticker.running:
            self._ticker.shutdown(wait=False)
        await asyncio.gather(*self._running.values())

    async def _launch(self, name: str, work: Tick) -> None:
        """Begin `work` in a task of our own, unless it still runs: the ticker would break it off when it ends."""
        running = self._running.get(name)
        if running is None or running.done():
            self._running[name] = asyncio.ensure_future(work())

    async def run_due(self) -> None:
        """Run every daily job whose latest run is not done."""
        for job in self._daily:
            due = last_due(self._clock.now(), job.at, self._zone)
            try:
                if self._done.get(job.name) != due and await self._claim(job.name, due):
                    await self._run(job, due)
            except DatabaseUnavailable as error:
                log.warning("job_waits_for_database", job=job.name, reason=str(error))
                return
        self._fresh = False

    async def _run(self, job: _DailyJob, due: datetime) -> None:
        try:
            await job.work(due)
        except Exception as error:
            await self._give_back(job.name, due)
            if isinstance(error, DatabaseUnavailable):
                raise
            log.exception("job_failed", job=job.name, due_at=due.isoformat())
            self._alarms.set("job_failed", job=job.name)
            return
        now = self._clock.now()
        async with self._database.begin() as session:
            done = update(JobRun).where(JobRun.job == job.name, JobRun.due_at == due).values(done_at=now)
            await session.execute(done)
            await session.execute(delete(JobRun).where(JobRun.job == job.name, JobRun.due_at < due - KEPT))
        log.info("job_done", job=job.name, due_at=due.isoformat())
        self._alarms.clear("job_failed")

    async def _run_tick(self, job: _TickJob) -> None:
        try:
            await job.work()
        except DatabaseUnavailable as error:
            log.warning("job_waits_for_database", job=job.name, reason=str(error))
        except Exception:
            log.exception("job_failed", job=job.name)
            self._alarms.set("job_failed", job=job.name)

    async def _claim(self, name: str, due: datetime) -> bool:
        """Note that this node runs the job now; False where it is done or another node is at it.

        What this node itself had begun before it was restarted is begun anew at once.
        """
        async with self._database.read() as session:
            if await session.scalar(select(JobRun.done_at).where(JobRun.job == name, JobRun.due_at == due)):
                self._done[name] = due
                return False
        now = self._clock.now()
        async with self._database.begin() as session:
            values = {"job": name, "due_at": due, "node": self._node, "begun_at": now}
            fresh = insert_into(session, JobRun).values(values).on_conflict_do_nothing().returning(JobRun.job)
            if await session.scalar(fresh) is not None:
                return True
            left = JobRun.begun_at <= now - LEASE
            mine = or_(left, JobRun.node == self._node) if self._fresh else left
            again = (
                update(JobRun)
                .where(JobRun.job == name, JobRun.due_at == due, JobRun.done_at.is_(None), mine)
                .values(node=self._node, begun_at=now)
                .returning(JobRun.job)
            )
            return await session.scalar(again) is not None

    async def _give_back(self, name: str, due: datetime) -> None:
        """Let the run be begun anew at the next tick."""
        try:
            async with self._database.begin() as session:
                unfinished = delete(JobRun).where(JobRun.job == name, JobRun.due_at == due, JobRun.done_at.is_(None))
                await session.execute(unfinished)
        except DatabaseUnavailable as error:
            log.warning("job_waits_for_database", job=name, reason=str(error))
