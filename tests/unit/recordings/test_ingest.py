from __future__ import annotations

import asyncio
import errno
import shutil
import tracemalloc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs

from callcenter.db import DatabaseUnavailable
from callcenter.telephony import CallKey, LinkState
from recordings import service, wav
from recordings.ingest import Ingest
from recordings.intake import Intake, Taken
from recordings.spool import RawFile
from tests.unit.recordings.house import DAY, NODE, House, sound
from tests.unit.recordings.test_intake import failing


async def take_all(house: House) -> None:
    await house.ingest().run_once()


async def test_given_fifty_finished_files_when_looked_once_then_all_are_kept_in_the_order_in_which_they_ended(
    house: House,
) -> None:
    for number in range(50):
        house.write_raw(f"100.{number}", sound(0.5, seed=number), age=1000 - number)
    await take_all(house)
    rows = await house.rows()
    assert [row.name for row in rows] == [f"100.{number}" for number in range(50)]
    assert len({row.sha256 for row in rows}) == 50
    assert house.raw_names() == []
    assert house.figure("recordings_taken_total", result="kept") == 50


async def test_given_a_live_call_when_its_file_is_quiet_then_it_is_left_until_the_call_has_ended(house: House) -> None:
    house.live = [house.snapshot("100.0", "100.1")]
    house.write_raw("100.1", sound(1), age=900)
    await take_all(house)
    assert await house.rows() == []
    house.live = [house.snapshot("100.0", "100.1", ended=True)]
    await take_all(house)
    assert await house.count_rows() == 1


async def test_given_a_file_quiet_for_one_second_when_looked_then_the_next_look_is_due_in_one_second(
    house: House,
) -> None:
    house.write_raw("100.1", sound(1), age=1)
    assert await house.ingest().run_once() == pytest.approx(1, abs=0.01)
    assert await house.rows() == []
    house.clock.advance(timedelta(seconds=1))
    assert await house.ingest().run_once() is None
    assert await house.count_rows() == 1


@pytest.mark.parametrize("state", [LinkState.DOWN, LinkState.CONNECTING, LinkState.SYNCING, LinkState.REFUSED])
async def test_given_the_link_is_not_up_when_quiet_for_less_than_a_minute_then_the_file_is_left(
    house: House, state: LinkState
) -> None:
    house.link_state = state
    house.live = [house.snapshot("100.1", "100.1")]  # as remembered from before the link was lost
    ingest = house.ingest()
    await ingest.run_once()
    house.clock.advance(timedelta(minutes=5))
    house.write_raw("100.1", sound(1), age=59)
    assert await ingest.run_once() == pytest.approx(1, abs=0.01)
    assert await house.rows() == []
    house.clock.advance(timedelta(seconds=1))
    await ingest.run_once()
    assert await house.count_rows() == 1


async def test_given_a_recording_that_rests_when_the_application_starts_then_the_link_is_given_a_minute(
    house: House,
) -> None:
    house.link_state = LinkState.CONNECTING
    house.write_raw("100.1", sound(1), age=600)
    ingest = house.ingest()
    assert await ingest.run_once() == pytest.approx(60, abs=0.01)
    house.link_state = LinkState.UP
    house.live = [house.snapshot("100.1", "100.1")]
    await ingest.run_once()
    house.link_state = LinkState.DOWN
    assert await ingest.run_once() == pytest.approx(60, abs=0.01)
    assert await house.rows() == []
    house.clock.advance(timedelta(seconds=60))
    await ingest.run_once()
    assert await house.count_rows() == 1


async def test_given_a_recording_before_its_call_when_the_call_is_learnt_then_it_is_tied_by_its_name(
    house: House,
) -> None:
    house.write_raw("100.7", sound(1))
    await take_all(house)
    assert [row.call_id for row in await house.rows()] == [None]
    await house.add_call("100.7", None, node="pbx2")
    call_id = await house.add_call("100.0", "100.7")
    await take_all(house)
    assert [row.call_id for row in await house.rows()] == [call_id]


async def test_given_a_consultation_that_became_part_of_a_call_when_looked_then_its_recording_is_tied_to_that_call(
    house: House,
) -> None:
    call_id = await house.add_call("100.0", "100.0")
    house.write_raw("100.0", sound(1))
    house.write_raw("100.7", sound(1, seed=5))
    await take_all(house)
    assert {row.call_id for row in await house.rows()} == {call_id, None}
    ingest = house.ingest()
    await ingest.start()
    consultation = house.snapshot("100.5", "100.7", ended=True)
    house.publish(replace(consultation, merged_into=CallKey(NODE, "100.0")))
    await ingest.run_once()
    await ingest.close()
    assert [row.call_id for row in await house.rows()] == [call_id, call_id]


async def test_given_a_call_whose_recording_was_never_told_when_tied_then_its_linkedid_decides(house: House) -> None:
    house.write_raw("100.7", sound(1))
    house.write_raw("100.8", sound(1))
    await take_all(house)
    first = await house.add_call("100.7", None)
    await take_all(house)
    second = await house.add_call("100.8", None)
    house.write_raw("100.9", sound(1))
    third = await house.add_call("100.9", None)
    await take_all(house)
    assert {row.name: row.call_id for row in await house.rows()} == {"100.7": first, "100.8": second, "100.9": third}


async def test_given_a_recording_in_parts_when_the_call_is_learnt_then_all_parts_are_tied(house: House) -> None:
    for seed in (1, 2):
        house.write_raw("100.7", sound(1, seed=seed))
        await take_all(house)
    call_id = await house.add_call("100.0", "100.7")
    await take_all(house)
    assert [(row.name, row.call_id) for row in await house.rows()] == [("100.7", call_id), ("100.7+2", call_id)]


async def test_given_one_call_by_name_and_one_by_linkedid_when_tied_then_the_name_decides(house: House) -> None:
    house.write_raw("100.7", sound(1))
    await take_all(house)
    await house.add_call("100.7", "100.6")
    by_name = await house.add_call("100.0", "100.7")
    house.write_raw("100.6", sound(1))
    await take_all(house)
    assert [row.call_id for row in await house.rows() if row.name == "100.7"] == [by_name]


async def test_given_a_full_disk_when_looked_then_the_rest_waits_and_all_are_kept_when_there_is_room(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        house.write_raw(f"100.{number}", sound(1), age=100 - number)
    ingest = house.ingest()
    monkeypatch.setattr("recordings.store.os.fsync", failing(OSError(errno.ENOSPC, "No space left on device")))
    await ingest.run_once()
    assert ingest.store_error is not None
    assert house.figure("recordings_intake_failures_total") == 1
    assert len(house.raw_names()) == 3
    monkeypatch.undo()
    await ingest.run_once()
    assert ingest.store_error is None
    assert await house.count_rows() == 3


async def test_given_one_file_that_fails_for_ever_when_looked_then_the_others_are_kept(house: House) -> None:
    blocked = house.store.folder / NODE / DAY / "100.0.wav"
    blocked.mkdir(parents=True)
    for number in range(3):
        house.write_raw(f"100.{number}", sound(1), age=100 - number)
    await take_all(house)
    assert [row.name for row in await house.rows()] == ["100.1", "100.2"]
    assert house.raw_names() == ["100.0"]


async def test_given_a_defect_in_one_file_when_looked_then_the_others_are_kept(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = service.find

    async def find(session: Any, node: str, name: str) -> Any:
        if name == "100.0":
            raise ZeroDivisionError
        return await original(session, node, name)

    monkeypatch.setattr(service, "find", find)
    for number in range(2):
        house.write_raw(f"100.{number}", sound(1), age=100 - number)
    await take_all(house)
    assert [row.name for row in await house.rows()] == ["100.1"]


async def test_given_a_damaged_file_when_looked_then_an_alarm_stands_and_a_mended_one_is_taken_in(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.write_raw("100.1", sound(1))
    monkeypatch.setattr("recordings.wav.blocks", failing(wav.SoundUnreadable("Input/output error")))
    await take_all(house)
    monkeypatch.undo()
    assert house.alarm_params() == {"recording_damaged": {"count": 1}}
    assert house.figure("recordings_taken_total", result="damaged") == 1
    (aside,) = house.spool.set_aside_files()
    shutil.move(aside, house.spool.folder / DAY / "100.1.raw")
    await take_all(house)
    assert [row.name for row in await house.rows()] == ["100.1"]


async def test_given_a_row_lost_in_a_power_cut_when_recovered_then_the_kept_file_is_entered_again(house: House) -> None:
    call_id = await house.add_call("100.1", "100.1")
    for number in range(2):
        house.write_raw(f"100.{number}", sound(1, seed=number))
    await take_all(house)
    before = {row.name: (row.path, row.sha256, row.seconds, row.size, row.call_id) for row in await house.rows()}
    async with house.database.begin() as session:
        await session.delete(await service.get(session, (await house.rows())[1].id))
    ingest = house.ingest()
    assert await ingest.recover() == 1
    assert await ingest.recover() == 0
    after = {row.name: (row.path, row.sha256, row.seconds, row.size, row.call_id) for row in await house.rows()}
    assert after == before
    assert before["100.1"][-1] == call_id


async def test_given_a_kept_file_without_row_whose_raw_file_waits_when_recovered_then_the_raw_file_decides(
    house: House,
) -> None:
    with house.write_raw("100.1", sound(1)).path.open("rb") as raw:
        house.store.keep(raw, 4000, f"{NODE}/{DAY}/100.1.wav", wav.CALL)
    assert await house.ingest().recover() == 0
    await take_all(house)
    assert [row.seconds for row in await house.rows()] == [1.0]


async def test_given_a_cut_file_in_the_store_when_recovered_then_it_is_not_entered_and_stays(house: House) -> None:
    path = house.store.folder / NODE / DAY / "100.1.wav"
    path.parent.mkdir(parents=True)
    path.write_bytes(wav.header(8000, wav.CALL) + bytes(100))
    assert await house.ingest().recover() == 0
    assert path.exists()
    assert await house.rows() == []


async def test_given_ten_minutes_of_sound_when_taken_then_memory_stays_flat(house: House) -> None:
    with house.write_raw("100.1", b"").path.open("r+b") as file:
        file.truncate(600 * wav.CALL.bytes_per_second)
    house.clock.set(house.clock.now() + timedelta(days=365 * 50))  # whatever the machine's clock says, it is quiet
    tracemalloc.start()
    await take_all(house)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [row.seconds for row in await house.rows()] == [600]
    assert peak < 8 * wav.BLOCK_BYTES


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> asyncio.Queue[tuple[str, Taken]]:
    """Tell what a running ingest has taken, when it is done with it."""
    queue: asyncio.Queue[tuple[str, Taken]] = asyncio.Queue()
    take = Intake.take

    async def take_and_tell(intake: Intake, file: RawFile) -> Taken:
        result = await take(intake, file)
        queue.put_nowait((file.name, result))
        return result

    monkeypatch.setattr(Intake, "take", take_and_tell)
    return queue


async def soon(queue: asyncio.Queue[tuple[str, Taken]]) -> tuple[str, Taken]:
    return await asyncio.wait_for(queue.get(), 10)


@asynccontextmanager
async def running(ingest: Ingest) -> AsyncIterator[None]:
    await ingest.start()
    try:
        yield
    finally:
        await ingest.close()


async def test_given_a_running_ingest_when_a_call_ends_then_its_file_is_taken_in_before_the_next_scan(
    house: House, taken: asyncio.Queue[tuple[str, Taken]]
) -> None:
    house.write_raw("100.0", sound(1))
    async with running(house.ingest(scan_seconds=3600, pause_seconds=0.01, quiet_seconds=0.05)):
        assert await soon(taken) == ("100.0", Taken.KEPT)
        house.write_raw("100.1", sound(1))
        house.publish(house.snapshot("100.1", "100.1", ended=True))
        assert await soon(taken) == ("100.1", Taken.KEPT)


async def test_given_a_running_ingest_when_no_call_is_heard_of_then_a_scan_finds_the_file(
    house: House, taken: asyncio.Queue[tuple[str, Taken]]
) -> None:
    house.write_raw("100.0", sound(1))
    async with running(house.ingest(scan_seconds=0.05)):
        assert await soon(taken) == ("100.0", Taken.KEPT)
        house.write_raw("100.1", sound(1))
        assert await soon(taken) == ("100.1", Taken.KEPT)


async def test_given_the_database_is_away_when_it_returns_then_a_running_ingest_goes_on(
    house: House, monkeypatch: pytest.MonkeyPatch, taken: asyncio.Queue[tuple[str, Taken]]
) -> None:
    failed = asyncio.Event()

    async def away(*args: object) -> None:
        failed.set()
        raise DatabaseUnavailable(reason="away")

    originals = {name: getattr(service, name) for name in ("entered", "find", "untied")}
    for name in originals:
        monkeypatch.setattr(service, name, away)
    house.write_raw("100.1", sound(1))
    async with running(house.ingest(scan_seconds=0.05)):
        async with asyncio.timeout(10):
            await failed.wait()
        for name, original in originals.items():
            monkeypatch.setattr(service, name, original)
        assert await soon(taken) == ("100.1", Taken.KEPT)


async def test_given_an_ingest_that_was_closed_when_a_call_ends_then_nothing_of_it_runs(house: House) -> None:
    async with running(house.ingest(scan_seconds=0.05)):
        pass
    house.write_raw("100.1", sound(1))
    house.publish(house.snapshot("100.1", "100.1", ended=True))
    assert [task for task in asyncio.all_tasks() if task.get_name() == "recording-ingest"] == []
    assert house.raw_names() == ["100.1"]


async def test_given_a_recording_of_a_known_call_when_taken_in_then_every_log_line_has_the_call_s_id(
    house: House,
) -> None:
    await house.add_call("100.1", "100.7")
    house.write_raw("100.7", sound(1))
    house.write_raw("200.1", b"")
    with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as lines:
        await take_all(house)
    assert {(line["event"], line["recording"], line["call_id"]) for line in lines} == {
        ("recording_kept", "100.7", "100.1"),
        ("empty_recording_deleted", "200.1", "200.1"),
    }


async def test_given_a_store_that_takes_nothing_when_logged_then_the_line_has_the_call_s_id(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.add_call("100.1", "100.7")
    house.write_raw("100.7", sound(1))
    monkeypatch.setattr(house.store, "keep", failing(OSError(errno.ENOSPC, "No space left on device")))
    with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as lines:
        await take_all(house)
    assert {line["call_id"] for line in lines if line.get("recording") == "100.7"} == {"100.1"}
