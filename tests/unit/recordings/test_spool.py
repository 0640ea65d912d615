from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from callcenter.telephony import CallKey, CallSnapshot, Direction
from recordings.spool import RawFile, Spool, is_open_for_writing, live_names, seconds_until_ready

NOW = 1_800_000_000.0


def raw(name: str, *, age: float = 0.0) -> RawFile:
    return RawFile(Path(f"/spool/{name}.raw"), name, 32_000, NOW - age)


def call(linkedid: str, recording: str | None, *, ended: bool = False) -> CallSnapshot:
    at = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
    return CallSnapshot(
        key=CallKey("pbx1", linkedid),
        direction=Direction.INBOUND,
        caller="13800000001",
        line="4001",
        started_at=at,
        ended_at=at if ended else None,
        recording=recording,
    )


@pytest.mark.parametrize(
    ("age", "quiet", "wait"), [(0, 2, 2.0), (1.5, 2, 0.5), (2, 2, 0.0), (90, 2, 0.0), (2, 60, 58.0), (60, 60, 0.0)]
)
def test_given_no_live_call_when_quiet_long_enough_then_the_file_is_ready(
    age: float, quiet: float, wait: float
) -> None:
    assert seconds_until_ready(raw("1.1", age=age), frozenset(), NOW, quiet) == wait


def test_given_a_live_call_when_its_file_is_quiet_for_long_then_it_is_left_alone() -> None:
    assert seconds_until_ready(raw("1.1", age=3600), {"1.1"}, NOW, 2) is None


def test_given_live_calls_when_named_then_recording_and_linkedid_count_and_ended_calls_do_not() -> None:
    calls = [call("1.1", "1.9"), call("2.1", None), call("3.1", "3.1", ended=True)]
    assert live_names(calls) == {"1.1", "1.9", "2.1"}


def test_given_a_spool_when_scanned_then_raw_files_of_all_days_come_oldest_first_without_quarantine(
    tmp_path: Path,
) -> None:
    spool = Spool(tmp_path / "monitor")
    for relative, age in [("2026/11/21/2.1", 5), ("2026/11/20/1.1", 9), ("2026/11/21/3.1", 7)]:
        file = spool.folder / f"{relative}.raw"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"\0" * 400)
        os.utime(file, (NOW - age, NOW - age))
    (spool.folder / "2026/11/21/note.txt").write_text("not sound")
    (spool.folder / "2026/11/21/link.raw").symlink_to(spool.folder / "2026/11/21/2.1.raw")
    spool.set_aside(spool.scan()[0])
    assert [(file.name, file.relative, file.size) for file in spool.scan()] == [
        ("3.1", "2026/11/21/3.1", 400),
        ("2.1", "2026/11/21/2.1", 400),
    ]
    assert [path.relative_to(spool.quarantine) for path in spool.set_aside_files()] == [Path("2026/11/20/1.1.raw")]


def test_given_a_spool_that_does_not_exist_yet_when_scanned_then_it_is_empty(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "monitor")
    assert spool.scan() == []
    assert spool.set_aside_files() == []


def test_given_a_name_in_quarantine_when_another_of_that_name_is_set_aside_then_both_are_there(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    for content in (b"first", b"second", b"third"):
        (tmp_path / "1.1.raw").write_bytes(content)
        spool.set_aside(spool.scan()[0])
    assert sorted(path.read_bytes() for path in spool.set_aside_files()) == [b"first", b"second", b"third"]


def test_given_a_file_that_is_open_for_writing_when_asked_then_it_is_known_until_it_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "1.1.raw"
    with path.open("wb") as writer:
        writer.write(b"\0" * 400)
        assert is_open_for_writing(path)
        with path.open("rb"):
            assert is_open_for_writing(path)
    with path.open("rb"):
        assert not is_open_for_writing(path)
