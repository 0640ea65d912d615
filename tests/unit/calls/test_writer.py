"""Writing calls in batches: nothing waits for the disk, nothing is lost when the database goes away."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls import writer as writer_module
from callcenter.calls.models import Call
from callcenter.calls.records import to_snapshot
from callcenter.calls.three_rings import Cadences
from callcenter.calls.writer import CallWriter
from callcenter.clock import SettableClock
from callcenter.db import Database, DatabaseUnavailable
from callcenter.events import CallChanged, EventBus
from callcenter.health import Alarms
from callcenter.telephony import CallKey, CallSnapshot
from tests.unit.calls.builders import START, call


class FailingDatabase(Database):
    """A database that can be taken away; counts the transactions that were begun."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.there = True
        self.transactions = 0

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncSession]:
        self.transactions += 1
        if not self.there:
            raise DatabaseUnavailable(reason="taken away")
        async with super().begin() as session:
            yield session


class House:
    """A writer with what it needs."""

    def __init__(self, url: str) -> None:
        self.database = FailingDatabase(url)
        self.bus = EventBus()
        self.alarms = Alarms(SettableClock(START))
        self.alarm_heard = asyncio.Event()
        self.alarms.subscribe(lambda standing: self.alarm_heard.set())
        self.ids: dict[CallKey, int] = {}
        self.writer = CallWriter(self.database, self.bus, Cadences(5.0, {}), self.alarms, self._note)

    def _note(self, ids: Mapping[CallKey, int]) -> None:
        self.ids.update(ids)

    def publish(self, *calls: CallSnapshot) -> None:
        for snapshot in calls:
            self.bus.publish(CallChanged(snapshot))

    async def stored(self) -> dict[str, CallSnapshot]:
        async with self.database.read() as session:
            return {row.linkedid: to_snapshot(row) for row in await session.scalars(select(Call))}


@pytest.fixture
async def house(database_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    monkeypatch.setattr(writer_module, "GATHER_SECONDS", 0.02)
    monkeypatch.setattr(writer_module, "FIRST_RETRY_SECONDS", 0.02)
    monkeypatch.setattr(writer_module, "CLOSE_SECONDS", 0.5)
    built = House(database_url)
    built.writer.start()
    yield built
    await built.writer.close()
    await built.database.close()


async def test_given_many_changes_of_a_call_when_written_then_one_transaction_takes_the_last(house: House) -> None:
    house.publish(*(call(operator=7, talk_seconds=float(second)) for second in range(50)))

    await house.writer.flush()

    assert (await house.stored())[call().key.linkedid].talk_seconds == 49.0
    assert house.database.transactions == 1
    assert set(house.ids) == {call().key}


async def test_given_an_older_snapshot_after_the_end_when_written_then_the_end_stands(house: House) -> None:
    house.publish(call(operator=7, end=30), call(operator=7))

    await house.writer.flush()

    assert (await house.stored())[call().key.linkedid] == call(operator=7, end=30)


async def test_given_more_calls_than_a_batch_when_flushed_then_all_are_there(house: House) -> None:
    house.publish(*(call(f"{number}.0", end=3) for number in range(writer_module.BATCH * 2 + 1)))

    await house.writer.flush()

    assert len(await house.stored()) == writer_module.BATCH * 2 + 1
    assert house.writer.pending == 0


async def test_given_changes_while_writing_when_flushed_again_then_they_are_written_too(house: House) -> None:
    for second in range(10):
        house.publish(call(operator=7, talk_seconds=float(second)))
        flushing = asyncio.create_task(house.writer.flush())
        await asyncio.sleep(0)
        house.publish(call(operator=7, talk_seconds=second + 0.5))
        await flushing

    await house.writer.flush()

    assert (await house.stored())[call().key.linkedid].talk_seconds == 9.5


async def test_given_the_database_is_away_when_it_returns_then_all_calls_are_written_and_the_alarm_ends(
    house: House,
) -> None:
    house.database.there = False
    house.publish(call("1.0", end=3), call("2.0"))
    await asyncio.wait_for(house.alarm_heard.wait(), 5)
    assert [alarm.code for alarm in house.alarms.current] == ["database_unavailable"]
    house.publish(call("2.0", end=9), call("3.0"))

    house.database.there = True
    await asyncio.wait_for(house.writer.flush(), 5)

    assert {key: snapshot.ended_at is None for key, snapshot in (await house.stored()).items()} == {
        "1.0": False,
        "2.0": False,
        "3.0": True,
    }
    assert house.alarms.current == ()


async def test_given_unwritten_calls_when_closed_then_they_are_written_first(house: House) -> None:
    house.publish(*(call(f"{number}.0", end=3) for number in range(30)))

    await house.writer.close()

    assert len(await house.stored()) == 30


async def test_given_no_database_at_all_when_closed_then_it_ends_in_time_and_logs_every_call(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    house.database.there = False
    house.publish(call("1.0", end=3), call("2.0", end=3))

    await asyncio.wait_for(house.writer.close(), 5)

    logged = [line for line in capsys.readouterr().out.splitlines() if "call_not_stored" in line]
    assert len(logged) == 2
    assert "CallSnapshot" in logged[0]


async def test_given_the_limit_when_more_calls_come_then_an_open_one_gives_way_before_an_ended_one(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer_module, "PENDING_LIMIT", 3)
    house.database.there = False
    house.publish(call("ended", end=3), call("open"), call("ended-too", end=3), call("new", end=3))

    house.database.there = True
    await asyncio.wait_for(house.writer.flush(), 5)

    assert set(await house.stored()) == {"ended", "ended-too", "new"}


async def test_given_one_record_that_cannot_be_stored_when_written_then_the_others_are(house: House) -> None:
    broken = replace(call("broken", end=3), started_at=START.replace(tzinfo=None))
    house.bus.publish(CallChanged(replace(broken, first_ring_at=None, ended_at=None)))
    house.publish(call("fine", end=3))

    await asyncio.wait_for(house.writer.flush(), 5)

    assert set(await house.stored()) == {"fine"}
    assert house.writer.pending == 0


async def test_given_a_slow_database_when_written_then_an_alarm_says_so_until_it_is_quick_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer_module, "SLOW_SECONDS", 0.0)
    house.publish(call("1.0"))
    await house.writer.flush()
    assert [alarm.code for alarm in house.alarms.current] == ["database_slow"]

    monkeypatch.setattr(writer_module, "SLOW_SECONDS", 60.0)
    house.publish(call("2.0"))
    await house.writer.flush()

    assert house.alarms.current == ()
