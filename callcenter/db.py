"""The database: engines, sessions, column types and the schema's upgrade, the same on SQLite and PostgreSQL.

SQLite: write-ahead log, foreign keys on, one writer that begins IMMEDIATE (a transaction that reads first and
writes later fails with "database is locked" whatever the timeout), several readers that cannot write.
Parameters of statements are kept out of errors and so out of the log: they are guests' numbers.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from enum import StrEnum
from http import HTTPStatus
from pathlib import Path
from typing import Any

import asyncpg  # type: ignore[import-untyped]
from alembic import command
from alembic.config import Config
from sqlalchemy import (
    JSON,
    BigInteger,
    ColumnElement,
    Connection,
    DateTime,
    Dialect,
    Engine,
    Integer,
    MetaData,
    UnaryExpression,
    and_,
    event,
    or_,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.types import TypeDecorator

from callcenter.errors import HouseError

SQLITE_BUSY_MS = 5_000
SQLITE_READERS = 4
CONNECT_SECONDS = 5.0
STATEMENT_SECONDS = 30.0
POOL_SECONDS = 10.0
UPGRADE_LOCK = 0x686F74656C
"""Key of PostgreSQL's advisory lock under which one node at a time upgrades the schema."""

JsonValue = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
BigId = BigInteger().with_variant(Integer(), "sqlite")
"""Primary keys: 64 bits; SQLite counts by itself only in a column declared INTEGER."""


class DatabaseUnavailable(HouseError):
    """The database cannot be reached, or did not answer in time; params: `reason`."""

    code = "database_unavailable"
    status = HTTPStatus.SERVICE_UNAVAILABLE


class UtcDateTime(TypeDecorator[datetime]):
    """An instant, stored in UTC and read back with its zone; SQLite itself would drop the zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse instants without a zone: nobody could say later which moment was meant.

        Raises:
            ValueError: `value` is naive.
        """
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive datetime {value.isoformat()}: instants need a time zone")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the zone back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """What every table is declared from; constraints get predictable names, so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_N_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: UtcDateTime(), dict[str, Any]: JsonValue, list[Any]: JsonValue}  # noqa: RUF012


class Database:
    """One database: `begin()` for a transaction that writes, `read()` for one that only looks.

    Nothing is connected before the first use; `close()` ends every connection.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._engines = _sqlite_engines(url) if _is_sqlite(url) else _postgresql_engines(url)
        writer, reader = self._engines
        self._writers = async_sessionmaker(writer, expire_on_commit=False)
        self._readers = async_sessionmaker(reader, expire_on_commit=False)

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncSession]:
        """Open a write transaction: committed at the end of the block, rolled back when an exception leaves it.

        Raises:
            DatabaseUnavailable: no connection, or it was lost on the way.
        """
        async with _transaction(self._writers) as session:
            yield session
            await session.commit()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """Open a transaction that cannot write.

        Raises:
            DatabaseUnavailable: no connection, or it was lost on the way.
        """
        async with _transaction(self._readers) as session:
            yield session

    async def ping(self) -> None:
        """Ask the database for a sign of life.

        Raises:
            DatabaseUnavailable: it gives none.
        """
        async with self.read() as session:
            await session.execute(text("SELECT 1"))

    async def close(self) -> None:
        """End every connection."""
        for engine in self._engines:
            await engine.dispose()


async def upgrade(url: str) -> None:
    """Bring the schema of the database at `url` to the newest version, creating it where there is none.

    Several nodes may do this at once: they wait for each other.

    Raises:
        DatabaseUnavailable: the database cannot be reached.
    """
    engines = _sqlite_engines(url) if _is_sqlite(url) else _postgresql_engines(url)
    try:
        if _is_sqlite(url):
            _make_file(Path(make_url(url).database or ""))
        async with engines[0].begin() as connection:
            if not _is_sqlite(url):
                await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": UPGRADE_LOCK})
            await connection.run_sync(run_migrations)
    except (OSError, OperationalError, InterfaceError, asyncpg.PostgresConnectionError) as error:
        raise DatabaseUnavailable(reason=_reason(error)) from error
    finally:
        for engine in engines:
            await engine.dispose()


def insert_into(session: AsyncSession, table: type[DeclarativeBase]) -> postgresql.Insert | sqlite.Insert:
    """Begin an INSERT in the dialect in use, so that it can say what happens on conflict."""
    if session.get_bind().dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


class Order(StrEnum):
    """Which end of a list by time comes first."""

    NEWEST = "newest"
    OLDEST = "oldest"


def in_order(
    instant: InstrumentedAttribute[datetime], number: InstrumentedAttribute[int], order: Order
) -> tuple[UnaryExpression[Any], UnaryExpression[Any]]:
    """Return what to order by; both ways run along the same index."""
    if order is Order.OLDEST:
        return instant.asc(), number.asc()
    return instant.desc(), number.desc()


def beyond(
    instant: InstrumentedAttribute[datetime],
    number: InstrumentedAttribute[int],
    position: tuple[datetime, int],
    order: Order = Order.NEWEST,
) -> ColumnElement[bool]:
    """Keep the rows that follow `position` in a list ordered by `instant`, then `number`."""
    at, last = position
    if order is Order.OLDEST:
        return and_(instant >= at, or_(instant > at, number > last))
    return and_(instant <= at, or_(instant < at, number < last))


def run_migrations(connection: Connection, revision: str = "head") -> None:
    """Bring the schema that `connection` sees to `revision`, inside the transaction that it is in."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def _make_file(file: Path) -> None:
    """Make SQLite's file, and close it to other users of the machine; its log files get what it has."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
    for part in (file, *(file.with_name(file.name + suffix) for suffix in ("-wal", "-shm"))):
        if part.exists() and part.stat().st_mode & 0o077:
            part.chmod(0o600)


@asynccontextmanager
async def _transaction(sessions: async_sessionmaker[AsyncSession]) -> AsyncIterator[AsyncSession]:
    try:
        async with sessions() as session:
            await _connect(session)
            yield session
    except TimeoutError as error:  # asyncpg's word for a server that has stopped answering
        raise DatabaseUnavailable(reason=f"no answer within {STATEMENT_SECONDS:g} s") from error
    except DBAPIError as error:
        if error.connection_invalidated or isinstance(error, OperationalError | InterfaceError):
            raise DatabaseUnavailable(reason=_reason(error)) from error
        raise


async def _connect(session: AsyncSession) -> None:
    try:
        await session.connection()
    except (OSError, SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise DatabaseUnavailable(reason=_reason(error)) from error


def _reason(error: BaseException) -> str:
    """The first line of what went wrong, without statement, parameters or address."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    return (str(cause).splitlines() or [""])[0][:200] or type(cause).__name__


def _is_sqlite(url: str) -> bool:
    return make_url(url).get_backend_name() == "sqlite"


def _sqlite_engines(url: str) -> tuple[AsyncEngine, AsyncEngine]:
    writer = create_async_engine(url, pool_size=1, max_overflow=0, pool_timeout=POOL_SECONDS, hide_parameters=True)
    reader = create_async_engine(
        url, pool_size=SQLITE_READERS, max_overflow=0, pool_timeout=POOL_SECONDS, hide_parameters=True
    )
    _guard_sqlite(writer.sync_engine, "BEGIN IMMEDIATE", query_only=False)
    _guard_sqlite(reader.sync_engine, "BEGIN", query_only=True)
    return writer, reader


def _guard_sqlite(engine: Engine, begin: str, *, query_only: bool) -> None:
    pragmas = [
        f"PRAGMA busy_timeout = {SQLITE_BUSY_MS}",
        "PRAGMA journal_mode = WAL",
        "PRAGMA synchronous = NORMAL",
        "PRAGMA foreign_keys = ON",
        f"PRAGMA query_only = {'ON' if query_only else 'OFF'}",
    ]

    def on_connect(connection: DBAPIConnection, record: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # the driver must not begin transactions by itself
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(pragma)
        cursor.close()

    def on_begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    event.listen(engine, "connect", on_connect)
    event.listen(engine, "begin", on_begin)


def _postgresql_engines(url: str) -> tuple[AsyncEngine, AsyncEngine]:
    writer = create_async_engine(
        url,
        pool_size=10,
        max_overflow=10,
        pool_timeout=POOL_SECONDS,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={
            "timeout": CONNECT_SECONDS,
            "command_timeout": STATEMENT_SECONDS,
            "server_settings": {"timezone": "UTC", "application_name": "callcenter"},
        },
    )
    return writer, writer.execution_options(postgresql_readonly=True)
