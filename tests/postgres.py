"""A private PostgreSQL for tests, from the machine's own binaries: own folder, reached by a socket in it only."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

START_SECONDS = 60


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
