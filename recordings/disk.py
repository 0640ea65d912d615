"""Can recordings be written at all? Looked at from time to time, because the exchange itself does not tell.

Asterisk's MixMonitor reports success even where it cannot write, so a small file is really written, and the
recordings of ended calls are looked for. Nothing here ever touches a call.
"""

from __future__ import annotations

import asyncio
import errno
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from sqlalchemy.exc import SQLAlchemyError

from callcenter.clock import Clock
from callcenter.db import Database
from callcenter.errors import HouseError
from callcenter.health import Alarms, CheckFailed
from recordings import service
from recordings.ingest import DAMAGED_ALARM
from recordings.metrics import RecordingMetrics
from recordings.spool import Spool
from recordings.store import Store

log = structlog.get_logger(__name__)

FULL_ALARM = "disk_full"
UNWRITABLE_ALARM = "recording_folder_unwritable"
MISSING_ALARM = "recording_missing"
FULL = {errno.ENOSPC, errno.EDQUOT}
PROBE_BYTES = 4096
PROBE_PREFIX = ".write-test-"
PROBE_SECONDS = 5
MEGABYTE = 1_000_000

_PROBE_SCRIPT = """
file=$(mktemp "$0/$1XXXXXX") || exit 1
head -c "$2" /dev/zero > "$file"; result=$?
rm -f "$file"
exit $result
"""
_PROBE_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOENT)


@dataclass(frozen=True, slots=True)
class DiskRules:
    """`min_free_bytes`: less is an alarm. `every_seconds`: between two looks.

    A recording is missed from `missing_after` after the end of its call, and spoken of for `missing_for`; calls that
    ended sooner than `missing_shortest` after their answer need not have one.
    """

    min_free_bytes: int
    every_seconds: float = 10.0
    missing_after: timedelta = timedelta(seconds=30)
    missing_for: timedelta = timedelta(hours=1)
    missing_shortest: timedelta = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class FolderState:
    """One look at a folder: its free bytes (None: not even that can be told), why no file can be written there."""

    name: str
    free_bytes: int | None
    error: OSError | None

    def is_full(self, min_free_bytes: int) -> bool:
        """Tell whether less than that is free, or the disk itself says that it is full."""
        little = self.free_bytes is not None and self.free_bytes < min_free_bytes
        return little or (self.error is not None and self.error.errno in FULL)

    @property
    def is_unwritable(self) -> bool:
        """Tell whether no file can be written for any other reason than a full disk."""
        return self.error is not None and self.error.errno not in FULL

    @property
    def free_megabytes(self) -> int:
        """Free space in whole megabytes, 0 where it cannot be told."""
        return (self.free_bytes or 0) // MEGABYTE

    def __str__(self) -> str:
        reason = f", {self.error.strerror}" if self.error else ""
        return f"{self.name}: {self.free_megabytes} MB free{reason}"


class DiskWatch:
    """Owns the task that looks. `store_error` is asked for what the ingest met itself (a quota, for instance).

    `pbx_user`: the user that the exchange runs as, if that is another one than ours (we are root then).
    """

    def __init__(
        self,
        *,
        database: Database,
        spool: Spool,
        store: Store,
        node: str,
        clock: Clock,
        alarms: Alarms,
        metrics: RecordingMetrics,
        store_error: Callable[[], OSError | None],
        rules: DiskRules,
        pbx_user: str | None = None,
    ) -> None:
        self._database = database
        self._spool = spool
        self._store = store
        self._node = node
        self._clock = clock
        self._alarms = alarms
        self._metrics = metrics
        self._store_error = store_error
        self._rules = rules
        self._pbx_user = pbx_user
        self._looked_at: datetime | None = None
        self._faults: tuple[str, ...] = ()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Look at once and then from time to time."""
        self._task = asyncio.create_task(self._run(), name="recording-disk")

    async def close(self) -> None:
        """Stop looking."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def ready(self) -> str:
        """Check `recording_disk` of `/ready`.

        Raises:
            CheckFailed: recordings cannot be written or kept, or nobody has looked lately (a hanging disk).
        """
        if self._looked_at is None:
            raise CheckFailed("not looked at yet")
        age = (self._clock.now() - self._looked_at).total_seconds()
        if age > 3 * self._rules.every_seconds:
            raise CheckFailed(f"no answer from the disk for {age:.0f} s")
        if self._faults:
            raise CheckFailed("; ".join(self._faults))
        return "writable"

    async def look_once(self) -> None:
        """Look at both folders and for missing recordings, and set or clear the alarms.

        Raises:
            OSError: the exchange's folder cannot be listed.
            DatabaseUnavailable: missing recordings cannot be looked up.
        """
        folders = await asyncio.to_thread(self._look_at_folders)
        self._tell_full([state for state in folders if state.is_full(self._rules.min_free_bytes)])
        self._tell_unwritable([state for state in folders if state.is_unwritable])
        self._faults = tuple(str(state) for state in folders if self._is_bad(state))
        self._looked_at = self._clock.now()
        set_aside = await asyncio.to_thread(self._spool.set_aside_files)
        self._metrics.set_aside.set(len(set_aside))
        self._tell_count(DAMAGED_ALARM, len(set_aside))
        await self._look_for_missing({path.name.split(".raw")[0] for path in set_aside})

    def _look_at_folders(self) -> list[FolderState]:
        today = self._clock.now().strftime("%Y/%m/%d")  # the exchange names its folders in UTC too
        spool = look_at("spool", self._spool.folder / today, self._pbx_user)
        states = [spool, look_at("recordings", self._store.folder)]
        stalled = self._store_error()
        if stalled is not None and states[1].error is None:
            states[1] = FolderState("recordings", states[1].free_bytes, stalled)
        for state in states:
            self._metrics.free_bytes.labels(state.name).set(state.free_bytes or 0)
            self._metrics.writable.labels(state.name).set(state.error is None)
        return states

    def _is_bad(self, state: FolderState) -> bool:
        return state.error is not None or state.is_full(self._rules.min_free_bytes)

    def _tell_full(self, full: list[FolderState]) -> None:
        if not full:
            self._alarms.clear(FULL_ALARM)
            return
        least = min(state.free_megabytes for state in full)
        limit = self._rules.min_free_bytes // MEGABYTE
        self._alarms.set(FULL_ALARM, folders=[state.name for state in full], free_mb=least, min_free_mb=limit)

    def _tell_unwritable(self, unwritable: list[FolderState]) -> None:
        if not unwritable:
            self._alarms.clear(UNWRITABLE_ALARM)
            return
        reasons = [state.error.strerror for state in unwritable if state.error]
        self._alarms.set(UNWRITABLE_ALARM, folders=[state.name for state in unwritable], reasons=reasons)

    async def _look_for_missing(self, set_aside: set[str]) -> None:
        until = self._clock.now() - self._rules.missing_after
        since = self._clock.now() - self._rules.missing_for
        waiting = {file.name for file in await asyncio.to_thread(self._spool.scan)}
        async with self._database.read() as session:
            missing = await service.missing(session, self._node, since, until, self._rules.missing_shortest)
        count = len(missing - waiting - set_aside)
        self._metrics.missing.set(count)
        self._tell_count(MISSING_ALARM, count)

    def _tell_count(self, code: str, count: int) -> None:
        if count:
            self._alarms.set(code, count=count)
        else:
            self._alarms.clear(code)

    async def _run(self) -> None:
        while True:
            try:
                await self.look_once()
            except (OSError, SQLAlchemyError, HouseError):
                log.exception("recording_disk_look_failed")
            await asyncio.sleep(self._rules.every_seconds)


def look_at(name: str, folder: Path, user: str | None = None) -> FolderState:
    """Try to write a small file in `folder`, or in the nearest parent that exists, where it would be made.

    `user`: write as this user of the system; only root can.
    """
    try:
        while not folder.exists():
            folder = folder.parent
        error = _write_test(folder) if user is None else _write_test_as(user, folder)
        return FolderState(name, shutil.disk_usage(folder).free, error)
    except OSError as error:
        return FolderState(name, None, error)


def _write_test(folder: Path) -> OSError | None:
    try:
        descriptor, path = tempfile.mkstemp(prefix=PROBE_PREFIX, dir=folder)
    except OSError as error:
        return error
    try:
        os.write(descriptor, bytes(PROBE_BYTES))
    except OSError as error:
        return error
    finally:
        os.close(descriptor)
        Path(path).unlink(missing_ok=True)
    return None


def _write_test_as(user: str, folder: Path) -> OSError | None:
    """Do the same in a shell, since a process cannot be another user for a moment only."""
    account = pwd.getpwnam(user)
    try:
        done = subprocess.run(
            ["/bin/sh", "-c", _PROBE_SCRIPT, str(folder), PROBE_PREFIX, str(PROBE_BYTES)],
            user=account.pw_uid,
            group=account.pw_gid,
            extra_groups=[],
            capture_output=True,
            text=True,
            cwd="/",
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
            timeout=PROBE_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return OSError(errno.ETIMEDOUT, f"no answer within {PROBE_SECONDS} s")
    if done.returncode == 0:
        return None
    code = next((code for code in _PROBE_ERRORS if os.strerror(code) in done.stderr), errno.EIO)
    return OSError(code, os.strerror(code))
