from __future__ import annotations

import asyncio
import errno
import io
import os
import signal
import sys
import wave
from collections.abc import Callable
from typing import Any, NoReturn

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callcenter.db import DatabaseUnavailable
from recordings import service, wav
from recordings.intake import ODD_LENGTH, Taken
from recordings.store import StoreFailed
from tests.unit.recordings.crashes import CRASHES, arm
from tests.unit.recordings.house import DAY, NODE, NOW, House, sound


class Killed(BaseException):
    """The process is gone at this point: nothing of ours may catch it."""


def read_wav(content: bytes) -> bytes:
    with wave.open(io.BytesIO(content)) as file:
        frames: bytes = file.readframes(file.getnframes())
    return frames


async def test_given_a_finished_recording_when_taken_then_it_is_kept_entered_and_its_raw_file_deleted(
    house: House,
) -> None:
    content = sound(3.5)
    call_id = await house.add_call("100.1", "100.1")

    taken = await house.intake.take(house.write_raw("100.1", content))

    assert taken is Taken.KEPT
    assert house.raw_names() == []
    (row,) = await house.rows()
    kept = (house.store.folder / row.path).read_bytes()
    assert (row.node, row.name, row.path) == (NODE, "100.1", f"{NODE}/{DAY}/100.1.wav")
    assert (row.seconds, row.size, row.channels, row.call_id) == (3.5, len(kept), 2, call_id)
    assert (row.created_at, row.checked_at, row.problem) == (NOW, NOW, None)
    assert read_wav(kept) == content
    assert house.store.inspect(row.path).sha256 == row.sha256
    assert house.kept_files() == [house.store.folder / row.path]


@pytest.mark.parametrize("size", [0, 1, 4, 3196, 3199])
async def test_given_a_file_below_a_tenth_of_a_second_when_taken_then_it_is_deleted(house: House, size: int) -> None:
    assert await house.intake.take(house.write_raw("100.1", bytes(size))) is Taken.EMPTY
    assert house.raw_names() == []
    assert house.kept_files() == []
    assert await house.rows() == []


async def test_given_exactly_a_tenth_of_a_second_when_taken_then_it_is_kept(house: House) -> None:
    assert await house.intake.take(house.write_raw("100.1", sound(0.1))) is Taken.KEPT


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(size=st.integers(0, 40_000), number=st.integers(0, 2**31))
async def test_given_any_size_when_taken_then_every_whole_frame_is_kept_and_a_cut_one_is_noted(
    house: House, size: int, number: int
) -> None:
    name = f"{number}.{size}.{await house.count_rows()}"
    content = bytes(index % 251 for index in range(size))

    taken = await house.intake.take(house.write_raw(name, content))

    assert house.raw_names() == []
    async with house.database.read() as session:
        row = await service.find(session, NODE, name)
    if size < 3200:
        assert (taken, row) == (Taken.EMPTY, None)
        return
    assert taken is Taken.KEPT
    assert row is not None
    assert read_wav((house.store.folder / row.path).read_bytes()) == content[: size - size % 4]
    assert row.problem == (ODD_LENGTH if size % 4 else None)


async def test_given_a_file_open_for_writing_when_taken_then_it_is_left_alone(house: House) -> None:
    file = house.write_raw("100.1", sound(1))
    with file.path.open("ab"):
        assert await house.intake.take(file) is Taken.LATER
    assert house.raw_names() == ["100.1"]
    assert await house.rows() == []


async def test_given_a_file_that_grows_while_copied_when_taken_then_it_waits_and_is_taken_whole_later(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = house.write_raw("100.1", sound(1))
    keep = house.store.keep

    def keep_while_it_grows(*args: Any) -> Any:
        kept = keep(*args)
        with file.path.open("ab") as writer:
            writer.write(sound(1))
        return kept

    monkeypatch.setattr(type(house.store), "keep", lambda store, *args: keep_while_it_grows(*args))
    assert await house.intake.take(file) is Taken.LATER
    assert await house.rows() == []
    monkeypatch.undo()

    (grown,) = house.spool.scan()
    assert await house.intake.take(grown) is Taken.KEPT
    assert [row.seconds for row in await house.rows()] == [2.0]


async def test_given_a_file_that_is_gone_when_taken_then_nothing_happens(house: House) -> None:
    file = house.write_raw("100.1", sound(1))
    file.path.unlink()
    assert await house.intake.take(file) is Taken.LATER
    assert await house.rows() == []


async def test_given_two_takers_when_both_take_at_once_then_there_is_one_row_and_the_whole_file(house: House) -> None:
    file = house.write_raw("100.1", sound(1))
    taken = await asyncio.gather(*(house.intake.take(file) for _ in range(4)), return_exceptions=True)
    assert Taken.KEPT in taken
    for remaining in house.spool.scan():
        await house.intake.take(remaining)
    (row,) = await house.rows()
    assert house.store.inspect(row.path).sha256 == row.sha256
    assert house.raw_names() == []


@pytest.mark.parametrize("name", ["a name with blanks", "名字", "1.1+2", "x" * 121])
async def test_given_a_name_that_the_exchange_never_gives_when_taken_then_it_is_set_aside(
    house: House, name: str
) -> None:
    assert await house.intake.take(house.write_raw(name, sound(1))) is Taken.DAMAGED
    assert house.set_aside_names() == [f"{name}.raw"]
    assert house.raw_names() == []


@pytest.mark.parametrize("code", [errno.EIO, errno.EACCES])
async def test_given_a_file_that_cannot_be_opened_when_taken_then_it_is_set_aside_with_its_sound(
    house: House, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    file = house.write_raw("100.1", sound(1))
    monkeypatch.setattr("recordings.intake.is_open_for_writing", failing(OSError(code, os.strerror(code))))
    assert await house.intake.take(file) is Taken.DAMAGED
    assert [path.read_bytes() for path in house.spool.set_aside_files()] == [sound(1)]
    assert await house.rows() == []


async def test_given_a_file_that_cannot_be_read_through_when_taken_then_it_is_set_aside_and_no_part_is_left(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = house.write_raw("100.1", sound(1))
    monkeypatch.setattr("recordings.wav.blocks", failing(wav.SoundUnreadable("Input/output error")))
    assert await house.intake.take(file) is Taken.DAMAGED
    assert house.set_aside_names() == ["100.1.raw"]
    assert house.kept_files() == []


async def test_given_no_free_descriptors_when_taken_then_the_file_is_not_called_damaged(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = house.write_raw("100.1", sound(1))
    monkeypatch.setattr("recordings.intake.is_open_for_writing", failing(OSError(errno.EMFILE, "Too many open files")))
    with pytest.raises(OSError, match="Too many"):
        await house.intake.take(file)
    assert house.raw_names() == ["100.1"]


async def test_given_a_recording_that_goes_on_after_it_was_taken_in_when_taken_then_it_is_another_part_of_the_same_call(
    house: House,
) -> None:
    call_id = await house.add_call("100.0", "100.1")
    for seed in (1, 2, 3):
        assert await house.intake.take(house.write_raw("100.1", sound(seed, seed=seed))) is Taken.KEPT
    for seed in (1, 2, 3):  # as after a crash before the raw file was deleted
        assert await house.intake.take(house.write_raw("100.1", sound(seed, seed=seed))) is Taken.KNOWN
    rows = await house.rows()
    assert [(row.name, row.seconds, row.call_id) for row in rows] == [
        ("100.1", 1.0, call_id),
        ("100.1+2", 2.0, call_id),
        ("100.1+3", 3.0, call_id),
    ]
    for seed, row in enumerate(rows, start=1):
        assert read_wav((house.store.folder / row.path).read_bytes()) == sound(seed, seed=seed)
    assert house.raw_names() == []
    assert house.set_aside_names() == []


async def test_given_a_row_whose_file_is_lost_when_the_raw_file_is_still_there_then_it_is_kept_again(
    house: House,
) -> None:
    await house.intake.take(house.write_raw("100.1", sound(1)))
    (row,) = await house.rows()
    (house.store.folder / row.path).unlink()
    assert await house.intake.take(house.write_raw("100.1", sound(1))) is Taken.KNOWN
    assert house.store.inspect(row.path).sha256 == row.sha256
    assert await house.count_rows() == 1


async def test_given_a_full_disk_when_taken_then_the_raw_file_stays_and_no_part_is_left(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = house.write_raw("100.1", sound(1))
    monkeypatch.setattr("recordings.store.os.fsync", failing(OSError(errno.ENOSPC, "No space left on device")))
    with pytest.raises(StoreFailed) as failure:
        await house.intake.take(file)
    assert failure.value.error.errno == errno.ENOSPC
    assert (house.raw_names(), house.kept_files()) == (["100.1"], [])
    monkeypatch.undo()
    assert await house.intake.take(file) is Taken.KEPT


async def test_given_a_database_that_is_away_when_taken_then_the_raw_file_stays_and_is_taken_once_later(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = house.write_raw("100.1", sound(1))
    monkeypatch.setattr(type(house.database), "begin", failing(DatabaseUnavailable(reason="away")))
    with pytest.raises(DatabaseUnavailable):
        await house.intake.take(file)
    assert house.raw_names() == ["100.1"]
    monkeypatch.undo()
    assert await house.intake.take(file) is Taken.KEPT
    assert await house.count_rows() == 1


@pytest.mark.parametrize("point", CRASHES)
async def test_given_a_crash_at_any_point_when_started_again_then_nothing_is_lost_and_it_is_taken_in_once(
    house: House, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    file = house.write_raw("100.1", sound(2))
    arm(point, failing(Killed()), monkeypatch.setattr)
    with pytest.raises(Killed):
        await house.intake.take(file)
    monkeypatch.undo()

    await assert_taken_once_after_restart(house, sound(2))


@pytest.mark.parametrize(
    "point", ["while the sound is copied", "after the part got its name", "after the row is committed"]
)
async def test_given_a_process_killed_for_real_when_started_again_then_nothing_is_lost_and_it_is_taken_in_once(
    house: House, database_url: str, point: str
) -> None:
    house.write_raw("100.1", sound(2))
    arguments = ("-m", "tests.unit.recordings.crashes", database_url, str(house.folder), point)
    child = await asyncio.create_subprocess_exec(sys.executable, *arguments)
    assert await child.wait() == -signal.SIGKILL
    assert house.raw_names() == ["100.1"]

    await assert_taken_once_after_restart(house, sound(2))


async def assert_taken_once_after_restart(house: House, content: bytes) -> None:
    for found in house.spool.scan():
        assert await house.intake.take(found) in (Taken.KEPT, Taken.KNOWN)
    (row,) = await house.rows()
    assert house.raw_names() == []
    assert house.kept_files() == [house.store.folder / row.path]
    assert read_wav((house.store.folder / row.path).read_bytes()) == content
    assert house.store.inspect(row.path).sha256 == row.sha256


def failing(error: BaseException) -> Callable[..., NoReturn]:
    def fail(*args: object, **more: object) -> NoReturn:
        raise error

    return fail
