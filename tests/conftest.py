"""Databases for tests: everything that touches one runs on SQLite and on a private PostgreSQL."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import pytest
import pytest_asyncio
import structlog
from pytest_aiohttp.plugin import AiohttpClient

from callcenter.db import Database, upgrade
from tests.application import Application
from tests.postgres import PostgresServer, running_postgres

structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
    ]
)
_NUMBERS = count(1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """Run PostgreSQL for this session; each xdist worker has its own."""
    with running_postgres() as server:
        server.create(server.template, "template1")
        _migrate(server.url(server.template))
        yield server


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make an SQLite file with the newest schema, once for this session."""
    file = tmp_path_factory.mktemp("sqlite") / "template.db"
    _migrate(f"sqlite+aiosqlite:///{file}")
    return file


@pytest.fixture(params=["sqlite", "postgresql"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """Name the kind of database; whatever uses it runs once on each."""
    return str(request.param)


@pytest.fixture
def new_database(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[bool], str]]:
    """Give a function that makes a database, with the newest schema (True) or empty (False), and returns its URL."""
    if database_kind == "sqlite":
        yield lambda migrated: _new_sqlite(tmp_path, request.getfixturevalue("sqlite_template") if migrated else None)
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    made: list[str] = []

    def new(migrated: bool) -> str:
        name = f"test{next(_NUMBERS)}"
        server.create(name, server.template if migrated else "template1")
        made.append(name)
        return server.url(name)

    yield new
    for name in made:
        server.drop(name)


@pytest.fixture
def database_url(new_database: Callable[[bool], str]) -> str:
    """Give the URL of a fresh database with the newest schema."""
    return new_database(True)


@pytest.fixture
def empty_database_url(new_database: Callable[[bool], str]) -> str:
    """Give the URL of a fresh database without any table."""
    return new_database(False)


@pytest_asyncio.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """Open a fresh database with the newest schema."""
    opened = Database(database_url)
    yield opened
    await opened.close()


def _new_sqlite(folder: Path, template: Path | None) -> str:
    file = folder / f"test{next(_NUMBERS)}.db"
    if template is not None:
        shutil.copyfile(template, file)
    return f"sqlite+aiosqlite:///{file}"


def _migrate(url: str) -> None:
    """Upgrade in a thread with a loop of its own: fixtures may be set up while another loop exists."""
    with ThreadPoolExecutor(max_workers=1) as thread:
        thread.submit(asyncio.run, upgrade(url)).result()


@pytest_asyncio.fixture
async def application(database: Database, tmp_path: Path, aiohttp_client: AiohttpClient) -> Application:
    """Serve the web application with one user of each role."""
    built = Application(database, tmp_path / "dist")
    await built.add_users()
    built.client = await aiohttp_client(built.web)
    return built
