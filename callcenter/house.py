"""The processes of one house: the private PBX and the application, started in order, watched and ended together."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import signal
import socket
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import aiohttp
import structlog

from callcenter.clock import SystemClock
from callcenter.db import Database, DatabaseUnavailable, upgrade
from callcenter.pbx.provisioning import ProvisioningError, Secrets
from callcenter.pbx.server import PbxStartError, PrivatePbx
from callcenter.settings import Settings
from callcenter.staff.passwords import Passwords
from callcenter.staff.roles import Role
from callcenter.staff.service import NewUser, demo_users, ensure_users

log = structlog.get_logger(__name__)

READY_SECONDS = 60.0
GRACE_SECONDS = 15.0
WATCH_SECONDS = 1.0
FIRST_RESTART_SECONDS = 1.0
LONGEST_RESTART_SECONDS = 30.0
CALM_SECONDS = 60.0
PBX_RETRY_SECONDS = 5.0
DATABASE_RETRY_SECONDS = 3.0
LOG_BYTES = 50_000_000
LAST_LINES = 12


class HouseStartError(Exception):
    """The house does not start; the message says in one sentence what is in the way."""


@dataclass(frozen=True, slots=True)
class NewLogins:
    """Logins made at this start: their names and the one password they share."""

    usernames: tuple[str, ...]
    password: str


class House:
    """A running house. `start` brings it up, `watch` keeps it up, `close` ends what was started and nothing else."""

    def __init__(self, settings: Settings, *, demo: bool) -> None:
        self.settings = settings
        self.pbx = PrivatePbx(settings)
        self._demo = demo
        self._owns_pbx = False
        self._lock_file: TextIO | None = None
        self._pbx_start: asyncio.Task[Secrets] | None = None
        self._application: asyncio.subprocess.Process | None = None
        self._started_at = 0.0
        self._failures = 0

    @property
    def log_file(self) -> Path:
        """Where the application writes its log."""
        return self.settings.var_folder / "log" / "application.log"

    @property
    def address(self) -> str:
        """Where the pages are."""
        return self.settings.address

    async def start(self, progress: Callable[[str], None]) -> Secrets:
        """Start the PBX, then the application, and wait until both serve; `progress` hears what is being done.

        The PBX comes first: callers are served by it alone while the database cannot be reached.

        Raises:
            HouseStartError, PbxStartError, ProvisioningError: something is in the way.
        """
        self._lock_file = lock_house(self.settings.var_folder)
        await asyncio.to_thread(self._end_orphan)
        _check_port(self.settings.http.host, self.settings.http.port)
        progress("starting Asterisk")
        secrets = await self._start_pbx()
        progress("preparing the database")
        await self._prepare_database(progress)
        progress("starting the application")
        await self._start_application()
        for failing in await self._wait_ready():
            progress(f"warning: {failing}")
        self._owns_pbx = True
        return secrets

    async def watch(self) -> None:
        """Start again, for ever, what ended by itself: the PBX at once, the application after a growing pause."""
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            if not self.pbx.is_running():
                log.error("pbx_ended", last_words=self.pbx.last_words())
                try:
                    await self._start_pbx()
                except (PbxStartError, ProvisioningError) as error:
                    log.error("pbx_not_started", reason=str(error), again_in_seconds=PBX_RETRY_SECONDS)
                    await asyncio.sleep(PBX_RETRY_SECONDS)
            application = self._application
            if application is not None and application.returncode is not None:
                self._failures = 1 if time.monotonic() - self._started_at > CALM_SECONDS else self._failures + 1
                pause = min(FIRST_RESTART_SECONDS * 2 ** (self._failures - 1), LONGEST_RESTART_SECONDS)
                log.error("application_ended", status=application.returncode, restart_in_seconds=pause)
                await asyncio.sleep(pause)
                await self._start_application()

    async def close(self) -> None:
        """End the application, then the PBX."""
        application, self._application = self._application, None
        if application is not None and application.returncode is None:
            application.terminate()
            try:
                async with asyncio.timeout(GRACE_SECONDS):
                    await application.wait()
            except TimeoutError:
                log.warning("application_killed", pid=application.pid)
                application.kill()
                await application.wait()
            self._pid_file.unlink(missing_ok=True)
        if self._pbx_start is not None:
            # a thread cannot be cancelled: what it starts is ended after it
            await asyncio.gather(self._pbx_start, return_exceptions=True)
        if self._owns_pbx:
            await asyncio.to_thread(self.pbx.stop)
        if self._lock_file is not None:
            self._lock_file.close()

    def application_pid(self) -> int | None:
        """Return the process id of the application that was last started in this folder, None if it has ended."""
        try:
            pid = int(self._pid_file.read_text(encoding="ascii"))
            command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except (OSError, ValueError):
            return None
        return pid if b"callcenter.main" in command else None

    def _end_orphan(self) -> None:
        """End the application of an earlier start that was killed without ending it."""
        pid = self.application_pid()
        if pid is None:
            return
        log.warning("orphan_ended", pid=pid)
        for number in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
            deadline = time.monotonic() + GRACE_SECONDS
            while time.monotonic() < deadline:
                if not Path(f"/proc/{pid}").exists():
                    return
                time.sleep(0.1)

    async def _start_pbx(self) -> Secrets:
        """Start the PBX, or keep the one that runs; only one that was started here is ended when the start fails."""
        if not self.pbx.is_running():
            self._owns_pbx = True
        self._pbx_start = asyncio.create_task(asyncio.to_thread(self.pbx.ensure_running), name="start-pbx")
        return await asyncio.shield(self._pbx_start)

    async def _prepare_database(self, progress: Callable[[str], None]) -> None:
        """Bring the database up to date and make the first logins; wait for a database that cannot be reached."""
        waiting = False
        while True:
            try:
                await upgrade(self.settings.database_url)
                logins = await self._make_logins()
                break
            except DatabaseUnavailable as error:
                if not waiting:
                    reason = error.params.get("reason", "")
                    progress(f"the database cannot be reached ({reason}); until then the PBX alone serves callers")
                waiting = True
                await asyncio.sleep(DATABASE_RETRY_SECONDS)
        if logins.usernames:
            shown = ", ".join(logins.usernames[:4]) + (" …" if len(logins.usernames) > 4 else "")
            progress(f"new logins: {shown}\n  Password (shown once): {logins.password}")

    async def _make_logins(self) -> NewLogins:
        wanted = demo_users(self.settings) if self._demo else [NewUser("admin", "管理员 Admin", Role.ADMIN)]
        database = Database(self.settings.database_url)
        try:
            async with database.begin() as session:
                created, password = await ensure_users(
                    session, wanted, Passwords(), SystemClock(), self._known_password() if self._demo else None
                )
        finally:
            await database.close()
        if self._demo and created:
            self._keep_password(password, [user.username for user in wanted])
        return NewLogins(tuple(user.username for user in created), password)

    def _known_password(self) -> str | None:
        try:
            return str(json.loads(self._credentials_file.read_text(encoding="utf-8"))["password"])
        except (OSError, ValueError, KeyError):
            return None

    def _keep_password(self, password: str, usernames: list[str]) -> None:
        file = self._credentials_file
        file.touch(mode=0o600)
        file.write_text(json.dumps({"password": password, "users": usernames}, indent=1), encoding="utf-8")

    @property
    def _pid_file(self) -> Path:
        return self.settings.var_folder / "application.pid"

    @property
    def _credentials_file(self) -> Path:
        return self.settings.var_folder / "demo-credentials.json"

    async def _start_application(self) -> None:
        self.log_file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.log_file.exists() and self.log_file.stat().st_size > LOG_BYTES:
            self.log_file.replace(self.log_file.with_suffix(".log.1"))
        # a session of its own: Ctrl-C in the terminal reaches us, and we end it in order
        with self.log_file.open("ab") as output:
            self._application = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "callcenter.main", start_new_session=True, stdout=output, stderr=output
            )
        self._pid_file.write_text(f"{self._application.pid}\n", encoding="ascii")
        self._started_at = time.monotonic()

    def _last_words(self) -> str:
        lines = self.log_file.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(lines[-LAST_LINES:])

    async def _wait_ready(self) -> list[str]:
        """Wait until the application serves and hears the PBX; return what else is not well."""
        application = self._application
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as client:
            deadline = time.monotonic() + READY_SECONDS
            while time.monotonic() < deadline:
                if application is None or application.returncode is not None:
                    raise HouseStartError(f"the application ended while starting:\n{self._last_words()}")
                with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                    # ssl=False: who answers is our own process, whatever names its certificate is for
                    async with client.get(f"{self.address}/ready", ssl=False) as response:
                        checks = (await response.json())["checks"]
                    failing = {check["name"]: check["detail"] for check in checks if not check["ok"]}
                    if "pbx_link" not in failing:
                        return [f"{name}: {detail}" for name, detail in failing.items()]
                await asyncio.sleep(0.1)
        raise HouseStartError(
            f"the application does not hear the PBX after {READY_SECONDS:g} s; its log is {self.log_file}"
        )


def lock_house(var_folder: Path) -> TextIO:
    """Make sure that nobody else runs the house of this folder; the lock goes with the file returned, or this process.

    Raises:
        HouseStartError: somebody does.
    """
    if not var_folder.exists():
        # the PBX's user passes through; what is in it is closed to others one by one
        var_folder.mkdir(parents=True)
        var_folder.chmod(0o711)
    file = (var_folder / "house.lock").open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        file.close()
        raise HouseStartError(
            f"a house already runs in {var_folder}; end it first, or choose another folder with "
            "CALLCENTER_VAR and other ports"
        ) from error
    return file


async def until_stopped(work: Awaitable[None]) -> None:
    """Run `work` until it ends, or somebody stops it: by Ctrl-C, by closing the terminal, or by SIGTERM."""
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stopped.set)
    task = asyncio.ensure_future(work)
    waiting = asyncio.create_task(stopped.wait())
    try:
        await asyncio.wait([task, waiting], return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            await task
    finally:
        for one in (task, waiting):
            one.cancel()
        await asyncio.gather(task, waiting, return_exceptions=True)


def _check_port(host: str, port: int) -> None:
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        raise HouseStartError(
            f"port {port} of {host}, wanted for the pages, is not free ({error.strerror}); "
            "choose another with CALLCENTER_HTTP_PORT"
        ) from error
