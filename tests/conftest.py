"""Databases for tests: everything that touches one runs on SQLite and on a private PostgreSQL."""

from __future__ import annotations

import asyncio
import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest
import pytest_asyncio
import structlog
from pytest_aiohttp.plugin import AiohttpClient

from callcenter.db import Database, upgrade
from tests.application import Application

START_SECONDS = 60

structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
    ]
)
_NUMBERS = count(1)


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """A server of our own, reached through a socket in its folder only; `template` holds the newest schema."""

    binaries: Path
    folder: Path
    template: str = "house"

    def url(self, database: str) -> str:
        return f"postgresql+asyncpg://postgres@/{database}?host={self.folder}"

    def create(self, database: str, template: str) -> None:
        self._run("createdb", "--template", template, database)

    def drop(self, database: str) -> None:
        self._run("dropdb", "--force", database)

    def _run(self, program: str, *arguments: str) -> None:
        command = [self.binaries / program, "--host", self.folder, "--username", "postgres", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=START_SECONDS)
        assert done.returncode == 0, f"{program}: {done.stderr}"


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """Start PostgreSQL once for this session (each xdist worker has its own) and stop it by its process id."""
    binaries = _postgres_binaries()
    as_postgres = _unprivileged()
    folder = Path(tempfile.mkdtemp(prefix="cc-pg-"))
    folder.chmod(0o755)
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    data, log = folder / "data", folder / "log"
    _checked(
        [*as_postgres, binaries / "initdb", "--no-sync", "-U", "postgres", "-A", "trust", "-E", "UTF8", "-D", data]
    )
    options = {
        "listen_addresses": "",
        "unix_socket_directories": str(folder),
        "fsync": "off",
        "synchronous_commit": "off",
        "full_page_writes": "off",
        "shared_buffers": "16MB",
        "max_connections": "60",
    }
    settings = [part for key, value in options.items() for part in ("-c", f"{key}={value}")]
    with log.open("wb") as output:
        server = subprocess.Popen(
            [*as_postgres, binaries / "postgres", "-D", data, *settings], stdout=output, stderr=output
        )
    try:
        _wait_until_ready(binaries, folder, server, log)
        running = PostgresServer(binaries, folder)
        running.create(running.template, "template1")
        _migrate(running.url(running.template))
        yield running
    finally:
        server.send_signal(signal.SIGQUIT)
        server.wait(timeout=START_SECONDS)
        shutil.rmtree(folder)


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


def _postgres_binaries() -> Path:
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda file: int(re.sub(r"\D", "", file.parts[-3]) or 0)
    )
    if found and int(found[-1].parts[-3]) >= 15:
        return found[-1].parent
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    pytest.fail("PostgreSQL 15 or newer is not installed: apt-get install postgresql", pytrace=False)


def _unprivileged() -> list[str]:
    """PostgreSQL refuses to run as root: give the words that start a program as its own user."""
    if os.geteuid() != 0:
        return []
    user = pwd.getpwnam("postgres")
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]


def _checked(command: list[str | Path]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=START_SECONDS, cwd="/")
    assert done.returncode == 0, f"{command}: {done.stderr or done.stdout}"


def _wait_until_ready(binaries: Path, folder: Path, server: subprocess.Popen[bytes], log: Path) -> None:
    for _attempt in range(START_SECONDS):
        ready = subprocess.run([binaries / "pg_isready", "--quiet", "--host", folder, "--timeout", "1"], check=False)
        if ready.returncode == 0:
            return
        try:
            server.wait(timeout=0.2)
        except subprocess.TimeoutExpired:
            continue
        break
    pytest.fail(f"PostgreSQL did not start:\n{log.read_text(errors='replace')}", pytrace=False)


@pytest_asyncio.fixture
async def application(database: Database, tmp_path: Path, aiohttp_client: AiohttpClient) -> Application:
    """Serve the web application with one user of each role."""
    built = Application(database, tmp_path / "dist")
    await built.add_users()
    built.client = await aiohttp_client(built.web)
    return built
