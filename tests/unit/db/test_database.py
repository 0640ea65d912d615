"""The guards of the database: write transactions, instants, foreign keys, outages."""

import asyncio
import os
import signal
import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError

from callcenter import db as db_module
from callcenter.calls.models import ExchangeState
from callcenter.db import Database, DatabaseUnavailable, upgrade
from callcenter.staff.models import Session, User
from tests.postgres import PostgresServer


async def test_given_an_exception_in_the_block_when_writing_then_nothing_stays(database: Database) -> None:
    async def fail() -> None:
        async with database.begin() as session:
            session.add(ExchangeState(node="pbx1", key="a", value="1"))
            await session.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()

    async with database.read() as session:
        assert (await session.scalars(select(ExchangeState))).all() == []


async def test_given_writers_that_read_first_when_many_run_at_once_then_none_is_refused_or_lost(
    database: Database,
) -> None:
    async with database.begin() as session:
        session.add(ExchangeState(node="pbx1", key="counter", value="0"))

    async def count() -> None:
        async with database.begin() as session:
            state = await session.get_one(ExchangeState, ("pbx1", "counter"), with_for_update=True)
            state.value = str(int(state.value) + 1)

    await asyncio.gather(*(count() for _ in range(40)))

    async with database.read() as session:
        assert (await session.get_one(ExchangeState, ("pbx1", "counter"))).value == "40"


async def test_given_two_processes_worth_of_connections_when_both_write_then_they_wait_for_each_other(
    database_url: str,
) -> None:
    houses = [Database(database_url), Database(database_url)]

    async def remember(number: int) -> None:
        async with houses[number % 2].begin() as session:
            session.add(ExchangeState(node="pbx1", key=str(number), value=""))

    await asyncio.gather(*(remember(number) for number in range(40)))

    async with houses[0].read() as session:
        assert len((await session.scalars(select(ExchangeState))).all()) == 40
    for house in houses:
        await house.close()


async def test_given_a_reader_when_a_writer_is_busy_then_it_reads_without_waiting(database: Database) -> None:
    async with database.begin() as writing:
        writing.add(ExchangeState(node="pbx1", key="a", value="1"))
        await writing.flush()

        async with asyncio.timeout(2), database.read() as reading:
            assert (await reading.scalars(select(ExchangeState))).all() == []


async def test_given_a_reading_transaction_when_it_writes_then_the_database_refuses(database: Database) -> None:
    with pytest.raises((DBAPIError, DatabaseUnavailable)):
        async with database.read() as session:
            await session.execute(text("INSERT INTO exchange_state VALUES ('pbx1', 'a', '1')"))


async def test_given_an_unknown_user_when_a_session_names_it_then_the_foreign_key_refuses(database: Database) -> None:
    now = datetime.now(UTC)

    with pytest.raises(IntegrityError):
        async with database.begin() as session:
            session.add(Session(token_hash="x", user_id=999, csrf="", created_at=now, used_at=now, address=""))


async def test_given_an_instant_of_another_zone_when_stored_then_it_returns_as_the_same_moment_in_utc(
    database: Database,
) -> None:
    shanghai = datetime(2026, 11, 21, 23, 59, 59, 999999, tzinfo=timezone(timedelta(hours=8)))
    async with database.begin() as session:
        session.add(_user(shanghai))

    async with database.read() as session:
        stored = (await session.scalars(select(User.created_at))).one()
    assert stored == shanghai
    assert stored.utcoffset() == timedelta()


async def test_given_an_instant_without_zone_when_stored_then_refused(database: Database) -> None:
    with pytest.raises(StatementError, match="time zone"):
        async with database.begin() as session:
            session.add(_user(datetime(2026, 11, 21)))


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+asyncpg://postgres@/house?host=/nonexistent",
        "postgresql+asyncpg://postgres@127.0.0.1:1/house",
        "sqlite+aiosqlite:////dev/null/house.db",
    ],
)
async def test_given_no_database_when_used_then_it_is_called_unavailable(url: str) -> None:
    database = Database(url)

    for transaction in (database.begin, database.read):
        with pytest.raises(DatabaseUnavailable):
            async with transaction():
                pass
    await database.close()
    for thread in threading.enumerate():  # aiosqlite's threads for files that did not open report to this loop
        if "_connection_worker_thread" in thread.name:
            await asyncio.to_thread(thread.join, 5)


async def test_given_connections_that_the_server_ended_when_used_then_unavailable_now_and_well_again_next(
    postgres: PostgresServer,
) -> None:
    database = Database(postgres.url("postgres"))
    await database.ping()

    async def cut_off() -> None:
        async with database.begin() as session:
            await session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    with pytest.raises(DatabaseUnavailable):
        await cut_off()
    await database.ping()
    async with database.begin() as session:
        await session.execute(text("SELECT 1"))
    await database.close()


async def test_given_a_server_that_stops_answering_when_used_then_unavailable_in_time_and_well_again_next(
    postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db_module, "STATEMENT_SECONDS", 0.3)
    monkeypatch.setattr(db_module, "CONNECT_SECONDS", 5.0)
    database = Database(postgres.url("postgres"))
    stopped: list[int] = []

    async def ask_a_stopped_server() -> None:
        async with database.begin() as session:
            stopped.append(await session.scalar(text("SELECT pg_backend_pid()")) or 0)
            os.kill(stopped[0], signal.SIGSTOP)
            await session.execute(text("SELECT 1"))

    try:
        with pytest.raises(DatabaseUnavailable):
            await asyncio.wait_for(ask_a_stopped_server(), 10)
        await database.ping()
    finally:
        os.kill(stopped[0], signal.SIGCONT)
        await database.close()


async def test_given_a_server_that_takes_no_connections_when_used_then_unavailable(postgres: PostgresServer) -> None:
    postgres.create("closed", "template1")
    owner, guest = Database(postgres.url("postgres")), Database(postgres.url("closed"))
    async with owner.begin() as session:
        await session.execute(text("ALTER DATABASE closed ALLOW_CONNECTIONS false"))

    with pytest.raises(DatabaseUnavailable, match="not currently accepting connections"):
        await guest.ping()
    await owner.close()
    await guest.close()
    postgres.drop("closed")


async def test_given_a_writer_that_is_cancelled_midway_when_others_write_then_nothing_of_it_stays_or_blocks(
    database: Database,
) -> None:
    async def write(key: str) -> None:
        async with database.begin() as session:
            session.add(ExchangeState(node="pbx1", key=key, value=""))
            await session.flush()
            await asyncio.sleep(60)

    for number in range(30):
        task = asyncio.create_task(write(str(number)))
        await asyncio.sleep(number / 10_000)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    async with asyncio.timeout(10), database.begin() as session:
        session.add(ExchangeState(node="pbx1", key="after", value=""))
    async with database.read() as session:
        assert (await session.scalars(select(ExchangeState.key))).all() == ["after"]


async def test_given_another_process_that_keeps_the_file_locked_when_writing_then_unavailable_in_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db_module, "SQLITE_BUSY_MS", 50)
    url = f"sqlite+aiosqlite:///{tmp_path / 'locked.db'}"
    holder, waiter = Database(url), Database(url)

    async with holder.begin():
        with pytest.raises(DatabaseUnavailable, match="locked"):
            async with waiter.begin():
                pass
    async with waiter.begin():
        pass
    await holder.close()
    await waiter.close()


async def test_given_no_database_when_upgraded_then_it_is_called_unavailable() -> None:
    with pytest.raises(DatabaseUnavailable):
        await upgrade("postgresql+asyncpg://postgres@127.0.0.1:1/house")


def _user(created: datetime) -> User:
    changed = datetime(2026, 1, 1, tzinfo=UTC)
    return User(
        username="u", name="", role="", password_hash="", active=True, created_at=created, password_changed_at=changed
    )
