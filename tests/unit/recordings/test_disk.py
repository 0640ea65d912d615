from __future__ import annotations

import asyncio
import errno
import os
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from callcenter.db import Database
from callcenter.health import CheckFailed
from recordings.disk import DiskWatch, FolderState, look_at
from tests.unit.recordings.house import DAY, House, sound
from tests.unit.recordings.test_intake import failing

IS_ROOT = os.geteuid() == 0


class SmallDisk:
    """A disk of 1 MB that can be filled and made read-only: a real one for root, else the system's answers of one."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self._monkeypatch = monkeypatch
        folder.mkdir()
        if IS_ROOT:
            _run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder))

    def fill(self) -> None:
        if IS_ROOT:
            (self.folder / "ballast").write_bytes(bytes(980_000))
            return
        full = failing(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
        self._monkeypatch.setattr("recordings.store.os.fsync", full)

    def empty(self) -> None:
        self._monkeypatch.undo()
        (self.folder / "ballast").unlink(missing_ok=True)

    def make_read_only(self) -> None:
        if IS_ROOT:
            _run("mount", "-o", "remount,ro", str(self.folder))
        else:
            self.folder.chmod(0o555)

    def make_writable(self) -> None:
        if IS_ROOT:
            _run("mount", "-o", "remount,rw", str(self.folder))
        else:
            self.folder.chmod(0o755)

    def close(self) -> None:
        if IS_ROOT:
            _run("umount", str(self.folder))


@pytest.fixture
def small_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallDisk]:
    disk = SmallDisk(tmp_path / "small", monkeypatch)
    yield disk
    disk.close()


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


async def test_given_room_and_writable_folders_when_looked_then_no_alarm_stands_and_it_is_ready(house: House) -> None:
    watch = house.watch()
    with pytest.raises(CheckFailed, match="not looked"):
        await watch.ready()
    await watch.look_once()
    assert house.alarm_params() == {}
    assert await watch.ready() == "writable"
    assert (house.figure("recording_disk_free_bytes", folder="spool") or 0) > 0
    assert house.figure("recording_folder_writable", folder="recordings") == 1
    assert list(house.folder.rglob(".write-test-*")) == []


async def test_given_less_free_space_than_set_when_looked_then_the_alarm_names_the_folders_until_there_is_room(
    house: House,
) -> None:
    watch = house.watch(min_free_bytes=10**18)
    await watch.look_once()
    params = house.alarm_params()["disk_full"]
    assert (params["folders"], params["min_free_mb"]) == (["spool", "recordings"], 10**12)
    with pytest.raises(CheckFailed, match="MB free"):
        await watch.ready()
    await house.watch().look_once()
    assert house.alarm_params() == {}


async def test_given_a_full_disk_when_ingested_then_raw_files_stay_the_alarm_stands_and_all_recovers_by_itself(
    house: House, small_disk: SmallDisk
) -> None:
    house.store.folder = small_disk.folder
    ingest = house.ingest()
    watch = house.watch(ingest)
    small_disk.fill()
    for number in range(3):
        house.write_raw(f"100.{number}", sound(3), age=100 - number)

    await ingest.run_once()
    await watch.look_once()

    assert house.raw_names() == ["100.0", "100.1", "100.2"]
    assert [file for file in house.kept_files() if file.name != "ballast"] == []
    assert list(house.alarm_params()) == ["disk_full"]
    assert house.alarm_params()["disk_full"]["folders"] == ["recordings"]
    assert house.figure("recordings_intake_failures_total") == 1
    with pytest.raises(CheckFailed, match=r"recordings: [0-9]+ MB free, No space left on device"):
        await watch.ready()

    small_disk.empty()
    await ingest.run_once()
    await watch.look_once()

    assert await house.count_rows() == 3
    assert house.alarm_params() == {}
    assert await watch.ready() == "writable"


async def test_given_a_quota_that_the_small_test_file_fits_when_ingest_fails_then_the_alarm_stands_all_the_same(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.write_raw("100.1", sound(1))
    ingest = house.ingest()
    watch = house.watch(ingest)
    monkeypatch.setattr("recordings.store.os.fsync", failing(OSError(errno.EDQUOT, "Disk quota exceeded")))
    await ingest.run_once()
    await watch.look_once()
    assert list(house.alarm_params()) == ["disk_full"]
    monkeypatch.undo()
    await ingest.run_once()
    await watch.look_once()
    assert house.alarm_params() == {}


async def test_given_a_read_only_store_when_ingested_then_raw_files_stay_the_alarm_stands_and_all_recovers_by_itself(
    house: House, small_disk: SmallDisk
) -> None:
    house.store.folder = small_disk.folder
    ingest = house.ingest()
    watch = house.watch(ingest)
    house.write_raw("100.1", sound(1))
    small_disk.make_read_only()

    await ingest.run_once()
    await watch.look_once()

    assert house.raw_names() == ["100.1"]
    assert list(house.alarm_params()) == ["recording_folder_unwritable"]
    assert house.alarm_params()["recording_folder_unwritable"]["folders"] == ["recordings"]
    assert house.figure("recording_folder_writable", folder="recordings") == 0
    with pytest.raises(CheckFailed, match=r"Read-only|Permission"):
        await watch.ready()

    small_disk.make_writable()
    await ingest.run_once()
    await watch.look_once()
    assert await house.count_rows() == 1
    assert house.alarm_params() == {}


@pytest.fixture
def passable() -> Iterator[Path]:
    """A folder that the exchange's user may pass; every run of pytest closes all of pytest's own to other users."""
    with tempfile.TemporaryDirectory(prefix="callcenter-disk-") as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


async def test_given_the_exchange_may_not_write_into_today_s_folder_when_looked_then_the_alarm_stands(
    database: Database, passable: Path
) -> None:
    house = House(database, passable)
    today = house.spool.folder / DAY
    today.mkdir(parents=True)
    today.chmod(0o555)
    watch = house.watch(pbx_user="nobody" if IS_ROOT else None)
    await watch.look_once()
    assert house.alarm_params() == {
        "recording_folder_unwritable": {"folders": ["spool"], "reasons": ["Permission denied"]}
    }
    today.chmod(0o777)
    await watch.look_once()
    assert house.alarm_params() == {}
    assert list(today.iterdir()) == []


def test_given_a_full_disk_when_tried_as_the_exchange_s_user_then_it_is_known_as_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(command: list[str], **more: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, 1, "", "head: write error: No space left on device\n")

    monkeypatch.setattr("recordings.disk.subprocess.run", full)
    state = look_at("spool", tmp_path, "nobody")
    assert state.is_full(0)
    assert not state.is_unwritable


def test_given_a_disk_that_hangs_when_tried_as_the_exchange_s_user_then_it_counts_as_unwritable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recordings.disk.subprocess.run", failing(subprocess.TimeoutExpired("/bin/sh", 5)))
    assert look_at("spool", tmp_path, "nobody").is_unwritable


def test_given_folders_that_do_not_exist_yet_when_looked_then_the_parent_is_tried(tmp_path: Path) -> None:
    state = look_at("spool", tmp_path / "not" / "made" / "yet")
    assert state.error is None
    assert list(tmp_path.iterdir()) == []


def test_given_a_folder_of_which_nothing_can_be_told_when_looked_then_it_counts_as_unwritable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = PermissionError(errno.EACCES, "Permission denied")
    monkeypatch.setattr("recordings.disk.shutil.disk_usage", failing(refused))
    state = look_at("spool", tmp_path)
    assert state == FolderState("spool", None, refused)
    assert state.is_unwritable
    assert not state.is_full(10**18)


async def test_given_answered_recorded_calls_without_a_file_when_looked_then_they_are_missed_for_an_hour(
    house: House,
) -> None:
    watch = house.watch()
    await house.add_call("100.1", "100.1")
    await house.add_call("100.2", "100.2")
    await house.add_call("100.3", None)
    await house.add_call("100.4", "100.4", answered=False)
    await house.add_call("100.5", "100.5", lasted=0.5)
    await house.add_call("100.6", "100.6", node="pbx2")
    await watch.look_once()
    assert house.alarm_params() == {}  # they ended just now
    house.clock.advance(timedelta(seconds=31))
    await watch.look_once()
    assert house.alarm_params() == {"recording_missing": {"count": 2}}
    assert house.figure("recordings_missing") == 2
    assert await watch.ready() == "writable"
    house.write_raw("100.2", sound(1))
    await house.ingest().run_once()
    await watch.look_once()
    assert house.alarm_params() == {"recording_missing": {"count": 1}}
    house.clock.advance(timedelta(hours=1))
    await watch.look_once()
    assert house.alarm_params() == {}


async def test_given_recordings_that_wait_or_were_set_aside_when_looked_then_they_are_not_missed(house: House) -> None:
    await house.add_call("100.1", "100.1")
    await house.add_call("100.2", "100.2")
    house.write_raw("100.1", sound(1))
    house.spool.set_aside(house.write_raw("100.2", sound(1)))
    house.clock.advance(timedelta(minutes=1))
    watch = house.watch()
    await watch.look_once()
    assert house.alarm_params() == {"recording_damaged": {"count": 1}}
    assert house.figure("recordings_set_aside") == 1
    for path in house.spool.set_aside_files():
        path.unlink()
    await watch.look_once()
    assert house.alarm_params() == {"recording_missing": {"count": 1}}


async def test_given_a_disk_that_does_not_answer_when_asked_then_it_is_not_ready(house: House) -> None:
    watch = house.watch()
    await watch.look_once()
    house.clock.advance(timedelta(seconds=31))
    with pytest.raises(CheckFailed, match="no answer from the disk for 31 s"):
        await watch.ready()


async def test_given_a_running_watch_when_a_look_fails_then_it_goes_on_and_ends_when_closed(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: asyncio.Queue[int] = asyncio.Queue()

    async def look_once(watch: DiskWatch) -> None:
        looks.put_nowait(looks.qsize())
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(DiskWatch, "look_once", look_once)
    watch = house.watch(every_seconds=0.01)
    await watch.start()
    for _ in range(3):
        await asyncio.wait_for(looks.get(), 10)
    await watch.close()
    assert [task for task in asyncio.all_tasks() if task.get_name() == "recording-disk"] == []
