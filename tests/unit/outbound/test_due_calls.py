"""Due calls: asked for once, kept in the order of the places in line, locked to who takes them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import select

from callcenter.clock import SettableClock
from callcenter.db import Database
from callcenter.errors import NotFound
from callcenter.outbound import service
from callcenter.outbound.models import DueCall
from callcenter.outbound.service import Finish, Kind, Result, State, Wanted
from callcenter.staff.audit import SYSTEM, AuditLog
from callcenter.staff.models import AuditEntry, User
from callcenter.telephony import CallKey
from tests.application import NOON

AUDIT = AuditLog(SettableClock(NOON))


@dataclass(frozen=True)
class Operator:
    user_id: int
    username: str
    permissions: frozenset[str] = frozenset()

    def may(self, permission: str) -> bool:
        return permission in self.permissions


ONE, TWO = Operator(1, "op1"), Operator(2, "op2")
SUPERVISOR = Operator(3, "sup1", frozenset({"outbound.supervise"}))


def wish(number: str = "13812345678", *, waited: float = 60, kind: Kind = Kind.CALL_BACK, source: str = "") -> Wanted:
    return Wanted(
        kind=kind,
        number=number,
        source=source or f"{kind}:pbx1/{number}",
        place_at=NOON - timedelta(seconds=waited),
        due_at=NOON,
        language="en",
        line="4001",
        call=CallKey("pbx1", f"hotel-{number}"),
    )


async def ask(database: Database, wanted: Wanted) -> tuple[int, bool]:
    async with database.begin() as session:
        due, new = await service.request(session, wanted, SYSTEM, NOON, AUDIT)
        return due.id, new


async def taken(database: Database, by: Operator) -> int:
    async with database.begin() as session:
        for user in (ONE, TWO, SUPERVISOR):
            session.add(_user(user))
    number, _ = await ask(database, wish())
    async with database.begin() as session:
        await service.take(session, number, by, NOON, AUDIT)
    return number


async def test_given_a_caller_when_the_same_wish_comes_twice_then_one_call_is_owed(database: Database) -> None:
    first = await ask(database, wish())
    again = await ask(database, wish())

    assert first[1] is True
    assert again == (first[0], False)


async def test_given_a_number_that_is_owed_a_call_back_when_it_calls_and_asks_anew_then_the_first_place_is_kept(
    database: Database,
) -> None:
    first, _ = await ask(database, wish(waited=600))
    again, new = await ask(database, wish(waited=10, source="call_back:pbx1/later"))
    lost, new_as_lost = await ask(database, wish(waited=10, kind=Kind.LOST_CALLER))

    assert (again, new) == (lost, new_as_lost) == (first, False)
    async with database.read() as session:
        (due,) = await service.undone(session)
    assert due.place_at == NOON - timedelta(seconds=600)


async def test_given_two_messages_of_one_number_when_asked_for_then_each_is_a_due_call(database: Database) -> None:
    first, _ = await ask(database, wish(kind=Kind.VOICEMAIL, source="voicemail:1"))
    second, new = await ask(database, wish(kind=Kind.VOICEMAIL, source="voicemail:2"))

    assert new
    assert first != second


async def test_given_a_done_call_back_when_the_number_asks_anew_then_another_is_owed(database: Database) -> None:
    number = await taken(database, ONE)
    async with database.begin() as session:
        await service.finish(session, number, ONE, NOON, Finish(Result.REACHED, ""), AUDIT)

    _, new = await ask(database, wish(source="call_back:pbx1/next-day"))

    assert new


@pytest.mark.parametrize("number", ["", "12", "138-1234", "anonymous", "+", "1" * 21])
async def test_given_no_number_that_can_be_called_when_a_call_is_wanted_then_it_is_refused(
    database: Database, number: str
) -> None:
    with pytest.raises(service.NumberUnusable):
        await ask(database, wish(number))


async def test_given_callers_who_waited_differently_long_when_listed_then_the_longest_waiting_is_first(
    database: Database,
) -> None:
    for number, waited in (("13800000001", 30), ("13800000002", 300), ("13800000003", 120)):
        await ask(database, wish(number, waited=waited))

    async with database.read() as session:
        listed = [due.number for due in await service.undone(session)]

    assert listed == ["13800000002", "13800000003", "13800000001"]


async def test_given_a_due_call_when_taken_then_others_are_refused_and_the_taker_may_take_it_again(
    database: Database,
) -> None:
    number = await taken(database, ONE)

    async with database.begin() as session:
        assert (await service.take(session, number, ONE, NOON, AUDIT)).taken_by == "op1"
        with pytest.raises(service.DueCallTaken):
            await service.take(session, number, TWO, NOON, AUDIT)


async def test_given_two_operators_when_they_take_one_due_call_at_once_then_one_gets_it(database: Database) -> None:
    async with database.begin() as session:
        for user in (ONE, TWO):
            session.add(_user(user))
    number, _ = await ask(database, wish())

    async def take(by: Operator) -> str:
        async with database.begin() as session:
            return (await service.take(session, number, by, NOON, AUDIT)).taken_by or ""

    outcomes = await asyncio.gather(take(ONE), take(TWO), return_exceptions=True)

    assert sum(isinstance(outcome, service.DueCallTaken) for outcome in outcomes) == 1
    assert {outcome for outcome in outcomes if isinstance(outcome, str)} < {"op1", "op2"}


async def test_given_a_taken_due_call_when_given_back_then_it_is_open_at_its_old_place_with_the_note(
    database: Database,
) -> None:
    number = await taken(database, ONE)
    await ask(database, wish("13800000009", waited=5))

    async with database.begin() as session:
        await service.give_back(session, number, ONE, "nobody answers, try after three", AUDIT)

    async with database.read() as session:
        first = (await service.undone(session))[0]
    assert (first.id, first.state, first.taken_by, first.note) == (
        number,
        State.OPEN,
        None,
        "nobody answers, try after three",
    )


async def test_given_a_due_call_of_a_colleague_when_finished_then_only_a_supervisor_may(database: Database) -> None:
    number = await taken(database, ONE)

    async with database.begin() as session:
        with pytest.raises(service.DueCallTaken):
            await service.finish(session, number, TWO, NOON, Finish(Result.REACHED, ""), AUDIT)
        with pytest.raises(service.DueCallTaken):
            await service.give_back(session, number, TWO, "", AUDIT)
        done = await service.finish(session, number, SUPERVISOR, NOON, Finish(Result.NOT_REACHED, "three tries"), AUDIT)

    assert (done.state, done.closed_by, done.outcome, done.note) == ("done", "sup1", "not_reached", "three tries")


async def test_given_a_due_call_that_nobody_took_when_finished_or_given_back_then_it_must_be_taken_first(
    database: Database,
) -> None:
    number, _ = await ask(database, wish())

    async with database.begin() as session:
        with pytest.raises(service.DueCallNotTaken):
            await service.finish(session, number, ONE, NOON, Finish(Result.REACHED, ""), AUDIT)
        with pytest.raises(service.DueCallNotTaken):
            await service.give_back(session, number, ONE, "", AUDIT)


async def test_given_a_done_due_call_when_taken_again_then_it_is_closed(database: Database) -> None:
    number = await taken(database, ONE)

    async with database.begin() as session:
        await service.finish(session, number, ONE, NOON, Finish(Result.REACHED, ""), AUDIT)
        with pytest.raises(service.DueCallClosed):
            await service.take(session, number, ONE, NOON, AUDIT)
        with pytest.raises(NotFound):
            await service.take(session, number + 1, ONE, NOON, AUDIT)
    async with database.read() as session:
        assert [due.id for due in await service.closed(session, NOON, 10)] == [number]


async def test_given_a_caller_who_got_through_when_withdrawn_then_open_ones_go_and_messages_stay(
    database: Database,
) -> None:
    await ask(database, wish())
    message, _ = await ask(database, wish(kind=Kind.VOICEMAIL, source="voicemail:1"))

    async with database.begin() as session:
        gone = await service.withdraw(session, "13812345678", service.ONE_EACH, NOON, SYSTEM, NOON, AUDIT)

    assert gone == 1
    async with database.read() as session:
        assert [due.id for due in await service.undone(session)] == [message]


async def test_given_a_wish_that_came_after_the_caller_was_served_when_withdrawn_then_it_stays(
    database: Database,
) -> None:
    await ask(database, wish())

    async with database.begin() as session:
        earlier = NOON - timedelta(seconds=1)
        assert await service.withdraw(session, "13812345678", service.ONE_EACH, earlier, SYSTEM, NOON, AUDIT) == 0


async def test_given_what_was_done_to_a_due_call_when_the_audit_log_is_read_then_every_step_is_there(
    database: Database,
) -> None:
    number = await taken(database, ONE)
    async with database.begin() as session:
        await service.give_back(session, number, ONE, "busy", AUDIT)
        await service.take(session, number, TWO, NOON, AUDIT)
        await service.finish(session, number, TWO, NOON, Finish(Result.REACHED, ""), AUDIT)

    async with database.read() as session:
        entries = (await session.scalars(select(AuditEntry).order_by(AuditEntry.id))).all()
        due = (await session.scalars(select(DueCall))).one()
    assert [(entry.username, entry.action, entry.subject_id) for entry in entries] == [
        ("(system)", "due_call.requested", str(number)),
        ("op1", "due_call.taken", str(number)),
        ("op1", "due_call.given_back", str(number)),
        ("op2", "due_call.taken", str(number)),
        ("op2", "due_call.done", str(number)),
    ]
    assert (due.note, entries[-1].after) == ("busy", {"state": "done", "outcome": "reached", "note": "busy"})


def _user(operator: Operator) -> User:
    return User(
        id=operator.user_id,
        username=operator.username,
        name=operator.username,
        role="operator",
        password_hash="",
        active=True,
        created_at=NOON,
        password_changed_at=NOON,
    )
