"""Copies of the database: of one instant, while it is being written; and back.

SQLite is copied by its online backup, PostgreSQL by COPY in one read-only transaction, a CSV file for each table.
"""

from __future__ import annotations

import csv
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import asyncpg  # type: ignore[import-untyped]
from sqlalchemy import MetaData, Table, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from callcenter.db import CONNECT_SECONDS, run_migrations, upgrade
from callcenter.operations.archive import BackupError
from callcenter.operations.books import sqlite_file
from recordings.models import Recording

SQLITE_COPY = "callcenter.db"
REVISIONS = "alembic_version"
_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
_RECORDINGS = f"SELECT path, sha256 FROM {Recording.__tablename__} ORDER BY id"


@dataclass(frozen=True, slots=True)
class Dump:
    """A database as it was at one instant. `recordings`: path and SHA-256 of each that it names, oldest first."""

    engine: str
    revision: str
    rows: dict[str, int]
    recordings: tuple[tuple[str, str], ...]
    files: tuple[Path, ...]


async def dump(url: str, folder: Path) -> Dump:
    """Copy the database at `url` into `folder`.

    Raises:
        BackupError: there is none, it cannot be reached, or it is damaged.
    """
    file = sqlite_file(url)
    try:
        return _dump_sqlite(file, folder) if file is not None else await _dump_postgresql(url, folder)
    except (sqlite3.Error, SQLAlchemyError, asyncpg.PostgresError, OSError) as error:
        raise BackupError(f"the database cannot be copied: {_first_line(error)}") from error


async def holds_anything(url: str) -> bool:
    """Tell whether there is a database with tables at `url`.

    Raises:
        BackupError: that cannot be told.
    """
    file = sqlite_file(url)
    if file is not None:
        return file.exists()
    engine = _engine(url)
    try:
        async with engine.connect() as connection:
            return bool((await _tables(connection)).tables)
    except (SQLAlchemyError, asyncpg.PostgresError, OSError) as error:
        raise BackupError(f"the database cannot be reached: {_first_line(error)}") from error
    finally:
        await engine.dispose()


async def restore(url: str, source: Dump) -> None:
    """Replace the database at `url` by a copy, and bring its schema to that of this program; nobody may use it now.

    PostgreSQL: all or nothing, in one transaction. SQLite: the new file takes the place of the old one when it is
    whole.

    Raises:
        BackupError: the copy is of another kind of database or damaged, or the database cannot be written.
    """
    file = sqlite_file(url)
    engine = "postgresql" if file is None else "sqlite"
    if engine != source.engine:
        raise BackupError(f"the backup is of a {source.engine} database, the settings name a {engine} one")
    try:
        if file is not None:
            _restore_sqlite(file, source)
        else:
            await _restore_postgresql(url, source)
        await upgrade(url)
    except (sqlite3.Error, SQLAlchemyError, asyncpg.PostgresError, OSError) as error:
        raise BackupError(f"the database cannot be written: {_first_line(error)}") from error


def _dump_sqlite(file: Path, folder: Path) -> Dump:
    if not file.is_file():
        raise BackupError(f"there is no database at {file}")
    target = folder / SQLITE_COPY
    copy_sqlite(file, target)
    with closing(sqlite3.connect(target)) as copy:
        rows = _check_sqlite(copy)
        revision = copy.execute(f"SELECT version_num FROM {REVISIONS}").fetchone()[0]
        recordings = tuple((path, sha256) for path, sha256 in copy.execute(_RECORDINGS))
    return Dump("sqlite", revision, rows, recordings, (target,))


def copy_sqlite(file: Path, target: Path) -> None:
    """Copy an SQLite file, as it is at one instant, while others write it.

    Raises:
        sqlite3.Error: it is no database, or cannot be read.
    """
    with (
        closing(sqlite3.connect(f"file:{quote(str(file))}?mode=ro", uri=True)) as source,
        closing(sqlite3.connect(target)) as copy,
    ):
        source.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")  # one file: no write-ahead log beside it


def _check_sqlite(connection: sqlite3.Connection) -> dict[str, int]:
    """Return the rows of each table, once SQLite itself finds the file whole."""
    verdict = connection.execute("PRAGMA integrity_check").fetchone()[0]
    if verdict != "ok":
        raise BackupError(f"the database is damaged: {verdict}")
    tables = [name for (name,) in connection.execute(_TABLES)]
    return {name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in tables}


def _restore_sqlite(file: Path, source: Dump) -> None:
    (copy,) = source.files
    with closing(sqlite3.connect(copy)) as connection:
        _compare(source.rows, _check_sqlite(connection))
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f"{file.name}.restored")
    copy_sqlite(copy, part)
    for leftover in ("-wal", "-shm"):
        file.with_name(file.name + leftover).unlink(missing_ok=True)
    part.replace(file)


async def _dump_postgresql(url: str, folder: Path) -> Dump:
    engine = _engine(url)
    rows, files = {}, []
    try:
        async with engine.connect() as connection:
            await connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            tables = (await _tables(connection)).sorted_tables
            raw = await _driver(connection)
            for table in tables:
                file = folder / f"{table.name}.csv"
                told = await raw.copy_from_table(
                    table.name, columns=_columns(table), output=file, format="csv", header=True
                )
                rows[table.name] = int(told.split()[-1])
                files.append(file)
            revision = await connection.scalar(text(f"SELECT version_num FROM {REVISIONS}"))
            recordings = [(str(path), str(sha256)) for path, sha256 in await connection.execute(text(_RECORDINGS))]
    finally:
        await engine.dispose()
    return Dump("postgresql", str(revision), rows, tuple(recordings), tuple(files))


async def _restore_postgresql(url: str, source: Dump) -> None:
    engine = _engine(url)
    files = {file.stem: file for file in source.files}
    try:
        async with engine.begin() as connection:
            await connection.run_sync((await _tables(connection)).drop_all)
            await connection.execute(text(f"DROP TABLE IF EXISTS {REVISIONS}"))
            await connection.run_sync(run_migrations, source.revision)
            tables = (await _tables(connection)).sorted_tables
            _compare(dict.fromkeys(source.rows), dict.fromkeys(table.name for table in tables))
            for table in reversed(tables):
                await connection.execute(table.delete())
            for table in tables:
                await _fill(connection, table, files[table.name])
            counted = {
                table.name: await connection.scalar(text(f'SELECT count(*) FROM "{table.name}"')) for table in tables
            }
            _compare(source.rows, counted)
    finally:
        await engine.dispose()


async def _fill(connection: AsyncConnection, table: Table, file: Path) -> None:
    with file.open(encoding="utf-8", newline="") as stream:
        columns = next(csv.reader(stream))
    raw = await _driver(connection)
    await raw.copy_to_table(table.name, source=file, columns=columns, format="csv", header=True)
    for column in table.primary_key.columns:
        if column.name in columns and column.autoincrement:
            # what counts the rows goes on after the last one
            await connection.execute(
                text(
                    f'SELECT setval(pg_get_serial_sequence(\'"{table.name}"\', :column), max("{column.name}"))'
                    f' FROM "{table.name}" HAVING max("{column.name}") IS NOT NULL'
                    f" AND pg_get_serial_sequence('\"{table.name}\"', :column) IS NOT NULL"
                ),
                {"column": column.name},
            )


def _compare(wanted: dict[str, object] | dict[str, int], found: dict[str, object] | dict[str, int]) -> None:
    differing = sorted({name for name in wanted.keys() | found.keys() if wanted.get(name, -1) != found.get(name, -1)})
    if differing:
        raise BackupError(f"the copy of the database is not what the manifest says: {', '.join(differing)}")


async def _tables(connection: AsyncConnection) -> MetaData:
    """Every table of the house, in an order in which they can be filled."""
    metadata = MetaData()
    await connection.run_sync(metadata.reflect, only=lambda name, _: name != REVISIONS)
    return metadata


def _columns(table: Table) -> list[str]:
    return [column.name for column in table.columns if column.computed is None]


async def _driver(connection: AsyncConnection) -> asyncpg.Connection:
    driver: asyncpg.Connection = (await connection.get_raw_connection()).driver_connection
    return driver


def _engine(url: str) -> AsyncEngine:
    settings = {"timezone": "UTC", "application_name": "callcenter-backup"}
    return create_async_engine(
        url, hide_parameters=True, connect_args={"timeout": CONNECT_SECONDS, "server_settings": settings}
    )


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [""])[0][:300] or type(error).__name__
