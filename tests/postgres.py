"""A private PostgreSQL for tests, from the machine's own binaries: own folder, reached by a socket in it only."""

from __future__ import annotations

import asyncio
import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import pytest

START_SECONDS = 60
SHAPE = """
    SELECT md5(string_agg(concat_ws(' ', attrelid, attnum, attname, atttypid, attnotnull, atthasdef), ',' ORDER BY
        attrelid, attnum)) || coalesce((SELECT string_agg(version_num, ',') FROM alembic_version), '')
    FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid WHERE relnamespace = 'public'::regnamespace
"""
"""Tells one schema, and the version that it claims to have, from any other."""
EMPTIED = """
    DO $$
    DECLARE relation regclass; filled boolean;
    BEGIN
        PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid();
        FOR relation IN SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
            AND relname <> 'alembic_version'
        LOOP
            EXECUTE format('SELECT EXISTS (SELECT 1 FROM %s)', relation) INTO filled;
            IF pg_relation_size(relation) > 262144 THEN
                EXECUTE format('TRUNCATE %s CASCADE', relation);
            ELSIF filled THEN
                EXECUTE format('DELETE FROM %s', relation);
            END IF;
        END LOOP;
        PERFORM setval(format('%I', sequencename)::regclass, start_value, false) FROM pg_sequences
            WHERE last_value IS NOT NULL;
    END $$
"""
"""Makes all tables as they were at first. Few rows are deleted: to truncate a table makes new files for it."""


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """A server of our own, reached through a socket in its folder only; `template` holds the newest schema."""

    binaries: Path
    folder: Path
    template: str = "house"

    def url(self, database: str) -> str:
        return f"postgresql+asyncpg://postgres@/{database}?host={self.folder}"

    def create(self, database: str, template: str) -> None:
        # by files, not through the log of a server that has none to keep: a fifth of the work
        self._run("createdb", "--strategy", "file_copy", "--template", template, database)

    def drop(self, database: str) -> None:
        self._run("dropdb", "--force", database)

    def _run(self, program: str, *arguments: str) -> None:
        command = [self.binaries / program, "--host", self.folder, "--username", "postgres", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=START_SECONDS)
        assert done.returncode == 0, f"{program}: {done.stderr}"


class Console:
    """Statements for one database, whichever event loop the caller is in."""

    def __init__(self, server: PostgresServer, database: str) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1)
        self._runner = asyncio.Runner()
        # no keys between tables are looked after: all of them are emptied
        own = {"session_replication_role": "replica"}
        self._connection = self._run(
            asyncpg.connect(host=str(server.folder), user="postgres", database=database, server_settings=own)
        )

    def value(self, query: str) -> Any:
        """The first value of the answer."""
        return self._run(self._connection.fetchval(query))

    def execute(self, statement: str) -> None:
        """Have something done."""
        self._run(self._connection.execute(statement))

    def close(self) -> None:
        self._run(self._connection.close())
        self._thread.submit(self._runner.close).result()
        self._thread.shutdown()

    def _run(self, work: Any) -> Any:
        async def awaited() -> Any:
            return await work

        return self._thread.submit(self._runner.run, awaited()).result()


class SharedDatabase:
    """A database that goes from test to test and is emptied in between: to make one takes longer than most tests.

    A test that changed the schema itself leaves it to nobody; the next one gets a new one.
    """

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self._made = 0
        self._console: Console | None = None
        self._shape = ""

    @property
    def name(self) -> str:
        return f"shared{self._made}"

    def lend(self) -> str:
        """Return the URL of a database without a row."""
        if self._console is None:
            self._made += 1
            self._server.create(self.name, self._server.template)
            self._console = Console(self._server, self.name)
            self._shape = self._console.value(SHAPE)
        return self._server.url(self.name)

    def take_back(self) -> None:
        """Empty it, or drop it when it is not what it was."""
        assert self._console is not None
        if self._console.value(SHAPE) == self._shape:
            self._console.execute(EMPTIED)
        else:
            self.close()

    def close(self) -> None:
        if self._console is not None:
            self._console.close()
            self._console = None
            self._server.drop(self.name)


@contextmanager
def running_postgres() -> Iterator[PostgresServer]:
    """Start PostgreSQL 15 or newer and stop it by its process id; it also ends when this process dies."""
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
        yield PostgresServer(binaries, folder)
    finally:
        server.send_signal(signal.SIGQUIT)
        server.wait(timeout=START_SECONDS)
        shutil.rmtree(folder)


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
    """Give the words that start a program so that it ends with us, and not as root, which PostgreSQL refuses."""
    words = ["setpriv", "--pdeathsig=QUIT"]
    if os.geteuid() == 0:
        user = pwd.getpwnam("postgres")
        words += [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    return words


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
