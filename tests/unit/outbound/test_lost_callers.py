"""Lost callers: on the list as long as nobody served them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from callcenter.calls import service as calls
from callcenter.calls.three_rings import Cadences
from callcenter.clock import SettableClock
from callcenter.db import Database
from callcenter.errors import NotFound
from callcenter.outbound import service
from callcenter.outbound.lost_callers import LostCaller, lost_callers, wanted_for
from callcenter.outbound.service import Finish, Kind, Result, Wanted
from callcenter.staff.audit import SYSTEM, AuditLog
from callcenter.telephony import Answerer, CallSnapshot, Direction, MenuVisit, Outcome
from tests.unit.calls.builders import START, at, call

NUMBER = "13812345678"
AUDIT = AuditLog(SettableClock(START))
CADENCES = Cadences(5.0, {"4001": 5.0, "4002": 5.0})

GAVE_UP = call("1.1", system=10, end=70)
AGAIN = call("1.2", start=200, system=10, end=50, line="4002")


async def store(database: Database, *made: CallSnapshot) -> None:
    async with database.begin() as session:
        await calls.store(session, made, CADENCES)


async def lost(database: Database) -> list[LostCaller]:
    async with database.read() as session:
        return await lost_callers(session, START - timedelta(days=1))


async def test_given_a_caller_who_gave_up_twice_when_listed_then_tries_and_waits_are_told(database: Database) -> None:
    await store(database, GAVE_UP, AGAIN)

    (caller,) = await lost(database)

    assert (caller.number, caller.tries, caller.line) == (NUMBER, 2, "4002")
    assert (caller.first_at, caller.last_at) == (at(0), at(200))
    assert (caller.waited_seconds, caller.longest_seconds) == (50, 70)


async def test_given_several_lost_callers_when_listed_then_the_latest_is_first(database: Database) -> None:
    other = call("1.3", start=300, end=20, caller="13800000002")
    await store(database, GAVE_UP, other)

    assert [caller.number for caller in await lost(database)] == ["13800000002", NUMBER]


@pytest.mark.parametrize(
    "through",
    [
        call("2.1", start=400, operator=5, end=60),
        call("2.1", start=400, operator=5),
        call("2.1", start=400, system=5, end=60, outcome=Outcome.CALL_BACK),
        call(
            "2.1",
            start=400,
            system=5,
            end=60,
            outcome=Outcome.SERVED_BY_SYSTEM,
            menu=MenuVisit(("main", "facilities"), "zh", informed=True),
        ),
        call(
            "2.1",
            start=400,
            end=60,
            caller="8001",
            line=NUMBER,
            direction=Direction.OUTBOUND,
            answered_at=at(410),
            answered_by=Answerer.OPERATOR,
            outcome=Outcome.ANSWERED,
        ),
    ],
    ids=["talked", "talks now", "asked for a call-back", "told by the menu", "called by us"],
)
async def test_given_a_lost_caller_when_served_later_then_he_is_lost_no_longer(
    database: Database, through: CallSnapshot
) -> None:
    await store(database, GAVE_UP, AGAIN, through)

    assert await lost(database) == []


async def test_given_a_guest_who_rang_the_operator_from_the_room_in_vain_when_listed_then_the_room_is_lost(
    database: Database,
) -> None:
    from_room = replace(GAVE_UP, direction=Direction.INTERNAL, caller="0301", line="0")
    to_colleague = replace(GAVE_UP, key=AGAIN.key, direction=Direction.INTERNAL, caller="8001", line="8002")
    await store(database, from_room, to_colleague)

    assert [(caller.number, caller.line) for caller in await lost(database)] == [("0301", "0")]


async def test_given_a_caller_who_was_served_before_when_giving_up_then_he_is_lost(database: Database) -> None:
    await store(database, call("0.1", start=-600, operator=5, end=60), GAVE_UP)

    assert [caller.tries for caller in await lost(database)] == [1]


@pytest.mark.parametrize(
    "other",
    [
        replace(GAVE_UP, caller=""),
        replace(GAVE_UP, caller="anonymous"),
        replace(GAVE_UP, direction=Direction.OUTBOUND, caller="8001", line=NUMBER, outcome=Outcome.NO_ANSWER),
        replace(GAVE_UP, started_at=START - timedelta(days=3)),
    ],
    ids=["hidden", "no number", "our own call", "long ago"],
)
async def test_given_calls_of_no_lost_caller_when_listed_then_they_are_not(
    database: Database, other: CallSnapshot
) -> None:
    await store(database, other)

    assert await lost(database) == []


async def test_given_a_lost_caller_when_made_a_call_back_then_the_first_place_is_kept_and_done_ends_it(
    database: Database,
) -> None:
    await store(database, GAVE_UP, AGAIN)
    async with database.begin() as session:
        wanted = await wanted_for(session, NUMBER, START - timedelta(days=1), at(600))
        due, _ = await service.request(session, wanted, SYSTEM, at(600), AUDIT)
        assert (due.kind, due.place_at, due.linkedid) == ("lost_caller", at(0), "1.2")
    (caller,) = await lost(database)
    assert caller.due_call == due.id

    async with database.begin() as session:
        due = await session.merge(due)
        due.state, due.taken_by = "taken", "(system)"
        await session.flush()
        await service.finish(session, due.id, Nobody(), at(700), Finish(Result.REACHED), AUDIT)
    assert await lost(database) == []


async def test_given_no_lost_caller_when_a_call_back_is_wanted_then_there_is_none(database: Database) -> None:
    async with database.read() as session:
        with pytest.raises(NotFound):
            await wanted_for(session, NUMBER, START, at(600))


async def test_given_an_open_message_of_a_lost_caller_when_listed_then_it_is_no_call_back(database: Database) -> None:
    await store(database, GAVE_UP)
    async with database.begin() as session:
        wanted = Wanted(Kind.VOICEMAIL, NUMBER, "voicemail:1", at(80), at(80))
        await service.request(session, wanted, SYSTEM, at(80), AUDIT)

    assert [caller.due_call for caller in await lost(database)] == [None]


class Nobody:
    """Works for the house itself."""

    user_id = None
    username = "(system)"

    def may(self, permission: str) -> bool:
        return True
