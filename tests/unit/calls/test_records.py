"""Storing calls: complete, once, and never an older state over a newer one."""

import asyncio
import itertools
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from callcenter.calls import service
from callcenter.calls.models import Call
from callcenter.calls.records import to_snapshot
from callcenter.calls.service import CallQuery
from callcenter.calls.three_rings import Cadences
from callcenter.db import Database
from callcenter.errors import NotFound
from callcenter.telephony import (
    Answerer,
    CallKey,
    CallSnapshot,
    Direction,
    Hold,
    MenuVisit,
    Outcome,
    QueueWait,
    RecordingPause,
    Ring,
    Side,
    Transfer,
    TransferKind,
    TransferResult,
)
from tests.unit.calls.builders import START, at, call

CADENCES = Cadences(5.0, {"4001": 5.0, "4002": 5.0, "4003": 5.0})

RICH = call(
    operator=7.25,
    rings=(Ring("8002", at(0), at(5)), Ring("8001", at(5), at(7.25), answered=True), Ring("8003", at(30))),
    transfers=(Transfer(TransferKind.ATTENDED, at(20), "8001", "8003", TransferResult.PENDING),),
    holds=(Hold(Side.OPERATOR, at(15), at(21.5)), Hold(Side.CALLER, at(25))),
    queue_waits=(QueueWait("enquiries", at(0), 1, at(7.25)),),
    operators=("8001", "8003"),
    talk_seconds=12.5,
    recording="1763688600.1",
    recording_pauses=(RecordingPause(at(16), at(18)), RecordingPause(at(22))),
    sip_call_id="a84b4c76e66710@192.0.2.1",
    menu=MenuVisit(("main", "information"), "en", informed=True),
)


async def test_given_an_open_call_with_everything_when_stored_and_restored_then_it_is_the_same(
    database: Database,
) -> None:
    await _store(database, RICH, call("2.2", start=5), replace(RICH, key=CallKey("pbx2", "1")), call("3.3", end=4))

    async with database.read() as session:
        restored = await service.open_snapshots(session, "pbx1")

    assert restored == [RICH, call("2.2", start=5)]


LIFE = (
    call(),
    call(rings=(Ring("8001", at(1)),)),
    call(rings=(Ring("8001", at(1), at(7), answered=True),), operator=7),
    call(rings=(Ring("8001", at(1), at(7), answered=True),), operator=7, holds=(Hold(Side.OPERATOR, at(9)),)),
    call(rings=(Ring("8001", at(1), at(7), answered=True),), operator=7, end=30),
)


@pytest.mark.parametrize("order", [(0, 1, 2, 3, 4), (4, 3, 2, 1, 0), (2, 0, 4, 1, 3), (0, 0, 4, 4, 2)])
async def test_given_snapshots_in_any_order_when_stored_one_by_one_then_the_last_state_stands_once(
    database: Database, order: tuple[int, ...]
) -> None:
    for index in order:
        await _store(database, LIFE[index])

    assert await _all(database) == [LIFE[4]]


async def test_given_snapshots_in_any_order_when_stored_in_one_batch_then_the_last_state_stands_once(
    database: Database,
) -> None:
    for number, order in enumerate(itertools.permutations(range(4))):
        key = CallKey("pbx1", f"{number}.0")
        await _store(database, *(replace(LIFE[index], key=key) for index in order))

    assert {replace(stored, key=LIFE[3].key) for stored in await _all(database)} == {LIFE[3]}


async def test_given_a_swept_call_when_its_real_end_becomes_known_then_that_stands(database: Database) -> None:
    swept = call(operator=7, end=900, swept=True)
    real = call(operator=7, end=30)

    await _store(database, swept)
    await _store(database, call(operator=7))
    assert await _all(database) == [swept]
    await _store(database, real)
    await _store(database, swept)

    assert await _all(database) == [real]


async def test_given_an_equal_moment_when_a_later_snapshot_knows_more_then_it_is_taken(database: Database) -> None:
    await _store(database, call(operator=7))
    await _store(database, call(operator=7, recording="1763688600.1"))

    assert (await _all(database))[0].recording == "1763688600.1"


async def test_given_known_names_when_a_later_snapshot_lacks_them_then_they_stay(database: Database) -> None:
    await _store(database, call(sip_call_id="abc@192.0.2.1", recording="1.1"))
    await _store(database, call(end=9))

    (stored,) = await _all(database)
    assert (stored.sip_call_id, stored.recording) == ("abc@192.0.2.1", "1.1")


async def test_given_stored_snapshots_when_told_then_the_ids_are_those_of_written_records(database: Database) -> None:
    ended = call(operator=7, end=30)

    first = await _store(database, ended, call("2.2"))
    stale = await _store(database, call(operator=7))

    assert set(first) == {ended.key, CallKey("pbx1", "2.2")}
    assert stale == {}
    async with database.read() as session:
        assert to_snapshot(await service.one(session, first[ended.key])) == ended


async def test_given_writers_at_once_when_they_store_the_same_calls_then_each_stands_once_at_its_last_state(
    database: Database,
) -> None:
    lives = [[replace(state, key=CallKey("pbx1", f"{number}.0")) for state in LIFE] for number in range(20)]

    await asyncio.gather(*(_store(database, *(life[stage] for life in lives)) for stage in (3, 0, 4, 2, 1, 4)))

    stored = await _all(database)
    assert len(stored) == 20
    assert {replace(state, key=LIFE[4].key) for state in stored} == {LIFE[4]}


async def test_given_odd_bytes_and_endless_numbers_when_stored_then_the_record_is_kept(database: Database) -> None:
    await _store(database, call(caller="138\x00\udcff" + "9" * 300))

    assert (await _all(database))[0].caller == "138?" + "9" * 124


async def test_given_the_cadence_of_a_line_when_stored_then_it_stays_with_the_call(database: Database) -> None:
    async with database.begin() as session:
        await service.store(session, [call(operator=2.5)], Cadences(5.0, {"4001": 1.0}))

    async with database.read() as session:
        row = (await session.scalars(select(Call))).one()
    assert (row.cadence, row.rings_to_answer, row.late) == (1.0, 3, False)


async def test_given_catching_up_when_asked_then_only_calls_whose_end_was_seen_are_complete(
    database: Database,
) -> None:
    await _store(database, call("1.0"), call("2.0", end=5), call("3.0", end=5, swept=True))
    keys = {CallKey("pbx1", f"{number}.0") for number in range(1, 1200)}

    async with database.read() as session:
        assert await service.ended_keys(session, keys) == {CallKey("pbx1", "2.0")}


async def test_given_no_such_call_when_asked_for_then_not_found(database: Database) -> None:
    async with database.read() as session:
        with pytest.raises(NotFound):
            await service.one(session, 17)


async def test_given_equal_starts_when_paged_then_every_call_comes_once_newest_first(database: Database) -> None:
    await _store(database, *(call(f"{number}.0", start=number // 4) for number in range(23)))
    seen: list[Call] = []
    after = None

    async with database.read() as session:
        while rows := await service.page(session, CallQuery(), limit=5, after=after):
            seen += rows
            after = (rows[-1].started_at, rows[-1].id)

    assert len({row.id for row in seen}) == len(seen) == 23
    assert seen == sorted(seen, key=lambda row: (row.started_at, row.id), reverse=True)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (CallQuery(), {"in", "late", "out", "system"}),
        (CallQuery(line="4002"), {"late"}),
        (CallQuery(direction=Direction.OUTBOUND), {"out"}),
        (CallQuery(outcome=Outcome.ABANDONED), {"system"}),
        (CallQuery(answered_by=Answerer.SYSTEM), {"system"}),
        (CallQuery(operator="8001"), {"in", "out"}),
        (CallQuery(operator="800"), set()),
        (CallQuery(caller="5678"), {"in", "late", "system"}),
        (CallQuery(caller="138_2345678"), set()),
        (CallQuery(late=True), {"late"}),
        (CallQuery(late=False, line="4001"), {"in", "system"}),
        (CallQuery(begin=at(100)), {"late", "out", "system"}),
        (CallQuery(end=at(100)), {"in"}),
        (CallQuery(begin=START + timedelta(days=1)), set()),
    ],
)
async def test_given_filters_when_listing_then_all_of_them_hold(
    database: Database, query: CallQuery, found: set[str]
) -> None:
    await _store(
        database,
        call("in", operator=3, end=60),
        call("late", start=100, operator=16, line="4002", operators=("8010",)),
        call("out", start=200, operator=3, direction=Direction.OUTBOUND, caller="8001", line="13900000000"),
        call("system", start=300, system=13, end=20),
    )

    async with database.read() as session:
        assert {row.linkedid for row in await service.page(session, query, limit=10)} == found


async def test_given_something_remembered_when_recalled_then_it_is_the_last_value_of_that_exchange(
    database: Database,
) -> None:
    async with database.begin() as session:
        await service.remember(session, "pbx1", "cel_offset", "10")
        await service.remember(session, "pbx2", "cel_offset", "77")
    async with database.begin() as session:
        await service.remember(session, "pbx1", "cel_offset", "20")

    async with database.read() as session:
        assert await service.recall(session, "pbx1", "cel_offset") == "20"
        assert await service.recall(session, "pbx1", "other") is None


async def _store(database: Database, *calls: CallSnapshot) -> dict[CallKey, int]:
    async with database.begin() as session:
        return await service.store(session, calls, CADENCES)


async def _all(database: Database) -> list[CallSnapshot]:
    async with database.read() as session:
        return [to_snapshot(row) for row in await session.scalars(select(Call))]


async def test_given_a_consultation_that_became_part_of_a_call_when_stored_then_it_has_no_record_of_its_own(
    database: Database,
) -> None:
    consultation = call("2.1", direction=Direction.INTERNAL, caller="8001", line="8101")
    async with database.begin() as session:
        await service.store(session, [call("1.1"), consultation], CADENCES)
    merged = replace(consultation, ended_at=at(9), outcome=Outcome.ANSWERED, merged_into=CallKey("pbx1", "1.1"))

    async with database.begin() as session:
        await service.store(session, [merged, call("1.1", operator=3, end=20)], CADENCES)

    async with database.read() as session:
        stored = await service.page(session, service.CallQuery(), limit=10)
    assert [row.linkedid for row in stored] == ["1.1"]


async def test_given_a_caller_whom_a_menu_informed_when_stored_then_the_system_served_him(database: Database) -> None:
    walked = MenuVisit(("main", "facilities"), "zh", informed=True)
    informed = call("4.1", system=0.1, end=40, outcome=Outcome.SERVED_BY_SYSTEM)
    async with database.begin() as session:
        await service.store(
            session,
            [
                replace(informed, menu=walked),
                replace(informed, key=CallKey("pbx1", "4.2"), menu=replace(walked, informed=False)),
            ],
            CADENCES,
        )

    async with database.read() as session:
        stored = await service.page(session, service.CallQuery(), limit=10)
    assert {row.linkedid: row.outcome for row in stored} == {
        "4.1": Outcome.SERVED_BY_SYSTEM,
        "4.2": Outcome.ABANDONED,
    }


async def test_given_a_caller_who_left_while_the_system_greeted_when_stored_then_he_gave_up(database: Database) -> None:
    greeted = call("3.1", system=0.1, end=4, outcome=Outcome.SERVED_BY_SYSTEM)

    async with database.begin() as session:
        await service.store(session, [greeted], CADENCES)

    async with database.read() as session:
        stored = await service.page(session, service.CallQuery(), limit=10)
    assert stored[0].outcome == Outcome.ABANDONED
