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
from sqlalchemy.engine import make_url

from callcenter.db import Database, upgrade
from tests.application import Application
from tests.postgres import PostgresServer, SharedDatabase, running_postgres

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
def shared_postgres(postgres: PostgresServer) -> Iterator[SharedDatabase]:
    """Give the one database that all tests on PostgreSQL take turns with."""
    shared = SharedDatabase(postgres)
    yield shared
    shared.close()


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
def new_database(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], str]]:
    """Give a function that makes a database without any table and returns its URL."""
    if database_kind == "sqlite":
        yield lambda: _sqlite_url(tmp_path)
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    made: list[str] = []

    def new() -> str:
        name = f"test{next(_NUMBERS)}"
        server.create(name, "template1")
        made.append(name)
        return server.url(name)

    yield new
    for name in made:
        server.drop(name)


@pytest.fixture
def empty_database_url(new_database: Callable[[], str]) -> str:
    """Give the URL of a fresh database without any table."""
    return new_database()


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """Give the URL of an SQLite database with the newest schema and no row."""
    url = _sqlite_url(tmp_path)
    shutil.copyfile(sqlite_template, make_url(url).database or "")
    return url


@pytest.fixture
def postgresql_url(shared_postgres: SharedDatabase) -> Iterator[str]:
    """Give the URL of a PostgreSQL database with the newest schema and no row."""
    yield shared_postgres.lend()
    shared_postgres.take_back()


@pytest.fixture
def database_url(database_kind: str, request: pytest.FixtureRequest) -> str:
    """Give the URL of a database with the newest schema and no row."""
    return str(request.getfixturevalue(f"{database_kind}_url"))


@pytest_asyncio.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """Open a fresh database with the newest schema."""
    opened = Database(database_url)
    yield opened
    await opened.close()


def _sqlite_url(folder: Path) -> str:
    return f"sqlite+aiosqlite:///{folder / f'test{next(_NUMBERS)}.db'}"


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
