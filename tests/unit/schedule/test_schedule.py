"""Daily jobs run at the hotel's hours, once, also when the application was away at that hour."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from callcenter.clock import SettableClock
from callcenter.db import Database
from callcenter.health import Alarms
from callcenter.schedule import LEASE, Schedule, last_due

ZONE = ZoneInfo("Asia/Shanghai")
SIX = time(18)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


class House:
    """A node with an audit at 18:00 that notes when it ran, or fails."""

    def __init__(self, database: Database, clock: SettableClock, node: str = "pbx1") -> None:
        self.ran: list[str] = []
        self.failure: BaseException | None = None
        self.done = asyncio.Event()
        self.alarms = Alarms(clock)
        self.schedule = Schedule(database, clock, ZONE, node, self.alarms)
        self.schedule.daily("audit", SIX, self._audit)

    async def _audit(self, due: datetime) -> None:
        if self.failure is not None:
            raise self.failure
        self.ran.append(due.astimezone(ZONE).isoformat(timespec="minutes"))
        self.done.set()


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2026-11-21T17:59:59", "2026-11-20T18:00"),
        ("2026-11-21T18:00:00", "2026-11-21T18:00"),
        ("2026-11-22T00:30:00", "2026-11-21T18:00"),
    ],
)
def test_given_a_time_when_asked_what_was_due_last_then_it_is_the_hotels_wall_clock(now: str, due: str) -> None:
    assert last_due(at(now).astimezone(UTC), SIX, ZONE) == at(due)


async def test_given_the_hour_when_it_comes_then_the_job_runs_once_however_often_it_ticks(database: Database) -> None:
    clock = SettableClock(at("2026-11-21T17:50"))
    house = House(database, clock)
    await house.schedule.run_due()
    for minute in (59, 60, 61, 75):
        clock.set(at("2026-11-21T17:00") + timedelta(minutes=minute))
        await house.schedule.run_due()

    assert house.ran == ["2026-11-20T18:00+08:00", "2026-11-21T18:00+08:00"]


async def test_given_the_application_was_away_for_three_days_when_it_returns_then_the_audit_runs_once(
    database: Database,
) -> None:
    clock = SettableClock(at("2026-11-21T18:00"))
    await House(database, clock).schedule.run_due()
    clock.set(at("2026-11-24T20:15"))
    returned = House(database, clock)

    await returned.schedule.run_due()
    await returned.schedule.run_due()

    assert returned.ran == ["2026-11-24T18:00+08:00"]


async def test_given_two_nodes_when_the_hour_comes_then_one_of_them_runs_the_job(database: Database) -> None:
    clock = SettableClock(at("2026-11-21T18:00"))
    houses = [House(database, clock, f"pbx{number}") for number in range(4)]

    await asyncio.gather(*(house.schedule.run_due() for house in houses))

    assert sorted(len(house.ran) for house in houses) == [0, 0, 0, 1]


async def test_given_a_node_that_died_in_the_middle_when_it_returns_then_the_job_is_run_again_at_once(
    database: Database,
) -> None:
    clock = SettableClock(at("2026-11-21T18:00"))
    await _die_in_the_middle(House(database, clock))

    returned = House(database, clock)
    await returned.schedule.run_due()

    assert returned.ran == ["2026-11-21T18:00+08:00"]


async def test_given_another_node_died_in_the_middle_when_its_lease_ends_then_this_one_runs_the_job(
    database: Database,
) -> None:
    clock = SettableClock(at("2026-11-21T18:00"))
    await _die_in_the_middle(House(database, clock, "pbx2"))
    house = House(database, clock)
    await house.schedule.run_due()
    assert house.ran == []

    clock.advance(LEASE)
    await house.schedule.run_due()

    assert house.ran == ["2026-11-21T18:00+08:00"]


async def test_given_a_job_that_fails_when_it_ticks_again_then_it_is_tried_again_and_the_alarm_ends(
    database: Database,
) -> None:
    house = House(database, SettableClock(at("2026-11-21T18:00")))
    house.failure = ZeroDivisionError()

    await house.schedule.run_due()

    assert [(alarm.code, alarm.params) for alarm in house.alarms.current] == [("job_failed", {"job": "audit"})]
    house.failure = None
    await house.schedule.run_due()
    assert (house.ran, house.alarms.current) == (["2026-11-21T18:00+08:00"], ())


async def test_given_a_started_schedule_when_it_ticks_then_missed_jobs_and_ticks_run_at_once(
    database: Database,
) -> None:
    house = House(database, SettableClock(at("2026-11-21T18:00")))
    ticked = asyncio.Event()

    async def tick() -> None:
        ticked.set()

    house.schedule.every("tick", 3600, tick)
    await house.schedule.start()

    async with asyncio.timeout(5):
        await ticked.wait()
        await house.done.wait()
        await house.schedule.close()


async def _die_in_the_middle(house: House) -> None:
    """Let it claim the run and never finish it, as a killed process does."""
    house.failure = asyncio.CancelledError()
    with pytest.raises(asyncio.CancelledError):
        await house.schedule.run_due()
