"""Three-ring figures by hour of the hotel's clock and by line."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from callcenter.calls import service
from callcenter.calls.figures import By, Figures, figures
from callcenter.calls.three_rings import Cadences
from callcenter.db import Database
from callcenter.telephony import Direction
from tests.unit.calls.builders import START, at, call

DAY = timedelta(days=1)
SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture
async def filled(database: Database) -> Database:
    """Five calls at 09:30, one at 10:00 exactly, one outbound that does not count."""
    async with database.begin() as session:
        await service.store(
            session,
            [
                call("person", operator=4, end=60),
                call("person-late", start=60, operator=16, end=90),
                call("system-then-person", start=120, system=13, operator=40, end=90),
                call("left-the-queue", start=180, system=13, end=30, line="4002"),
                call("left-while-ringing", start=240, end=8, line="4002"),
                call("ten", start=1800, operator=3, end=9),
                call("outbound", start=300, operator=5, end=9, direction=Direction.OUTBOUND),
            ],
            Cadences(5.0, {"4001": 5.0, "4002": 5.0}),
        )
    return database


async def test_given_calls_when_asked_by_hour_then_hours_are_the_hotels(filled: Database) -> None:
    async with filled.read() as session:
        rows, total = await figures(session, START - DAY, START + DAY, By.HOUR, SHANGHAI)

    assert [(row.key, row.calls) for row in rows] == [
        ("2026-11-21T09:00:00+08:00", 5),
        ("2026-11-21T10:00:00+08:00", 1),
    ]
    assert rows[0] == Figures("2026-11-21T09:00:00+08:00", 5, 2, 2, 2, 1, 1, 46.0)
    assert rows[0].seconds_to_answer_avg == 11.5
    assert total == Figures("total", 6, 3, 2, 2, 1, 2, 49.0)


async def test_given_calls_when_asked_by_line_then_each_line_stands_apart(filled: Database) -> None:
    async with filled.read() as session:
        rows, total = await figures(session, START - DAY, START + DAY, By.LINE, SHANGHAI)

    assert [(row.key, row.calls, row.late, row.abandoned) for row in rows] == [("4001", 4, 1, 0), ("4002", 2, 0, 2)]
    assert total.calls == 6


async def test_given_a_span_when_asked_then_its_begin_counts_and_its_end_does_not(filled: Database) -> None:
    async with filled.read() as session:
        _, total = await figures(session, at(60), at(1800), By.LINE, SHANGHAI)

    assert total.calls == 4


async def test_given_no_calls_when_asked_then_all_is_zero_and_no_average_is_claimed(database: Database) -> None:
    async with database.read() as session:
        rows, total = await figures(session, START, START + DAY, By.HOUR, SHANGHAI)

    assert (rows, total, total.seconds_to_answer_avg) == ([], Figures("total"), None)


async def test_given_a_zone_off_by_45_minutes_when_asked_by_hour_then_hours_begin_on_its_clock(
    filled: Database,
) -> None:
    async with filled.read() as session:
        rows, _ = await figures(session, START - DAY, START + DAY, By.HOUR, ZoneInfo("Asia/Kathmandu"))

    assert [row.key for row in rows] == ["2026-11-21T07:00:00+05:45"]


async def test_given_the_hour_that_summer_time_repeats_when_asked_by_hour_then_it_counts_twice(
    database: Database,
) -> None:
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    offset = (first - START).total_seconds()
    async with database.begin() as session:
        await service.store(
            session, [call("1", start=offset, end=3), call("2", start=offset + 3600, end=3)], Cadences(5.0, {})
        )

    async with database.read() as session:
        rows, _ = await figures(session, first - DAY, first + DAY, By.HOUR, ZoneInfo("Europe/Berlin"))

    assert [row.key for row in rows] == ["2026-10-25T02:00:00+02:00", "2026-10-25T02:00:00+01:00"]
