"""Supervisors over HTTP: joining calls, forcing states, changing places; each on record, and operators are told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from callcenter.agents.states import AgentState
from callcenter.calls import service as calls
from callcenter.calls.three_rings import Cadences
from callcenter.events import CallChanged, PhoneChanged
from callcenter.guests.models import Guest
from callcenter.staff.models import AuditEntry, User
from callcenter.telephony import (
    Answerer,
    CallKey,
    CallSnapshot,
    Direction,
    Outcome,
    PhoneActivity,
    PhoneState,
    QueueWait,
)
from tests.application import NOON, Application

CALL = CallKey("pbx1", "pbx-1.1")


@pytest.mark.parametrize(
    ("deed", "asked", "action"),
    [
        ("listen", "listen", "call.listened"),
        ("whisper", "whisper", "call.whispered"),
        ("barge", "barge", "call.barged"),
        ("take-over", "take_over", "call.taken_over"),
    ],
)
async def test_given_an_operator_on_a_call_when_a_supervisor_helps_then_the_exchange_does_it_and_it_is_on_record(
    house: Application, deed: str, asked: str, action: str
) -> None:
    operator = await _on_a_call(house)
    csrf = await _sign_on(house, "supervisor", "8101")

    answer = await house.client.post(f"/api/v1/agents/{operator}/{deed}", headers=csrf)

    assert answer.status == 204, await answer.text()
    assert (asked, ("8001", "8101")) in house.telephony.asked
    async with house.database.read() as session:
        entry = (await session.scalars(select(AuditEntry).where(AuditEntry.action == action))).one()
    assert (entry.username, entry.subject_id, entry.after) == (
        "supervisor",
        "pbx1/pbx-1.1",
        {"operator": "operator", "extension": "8001"},
    )


@pytest.mark.parametrize(("deed", "shown"), [("whisper", True), ("barge", True), ("listen", False)])
async def test_given_a_supervisor_on_the_call_then_the_operator_sees_it_unless_it_is_listening_only(
    house: Application, deed: str, shown: bool
) -> None:
    operator = await _on_a_call(house)
    csrf = await _sign_on(house, "supervisor", "8101")
    await house.client.post(f"/api/v1/agents/{operator}/{deed}", headers=csrf)

    board = await (await house.client.get("/api/v1/floor")).json()
    assert board["operators"][0]["helpers"] == [{"name": "Test supervisor", "how": deed}]
    await house.sign_in("operator")
    mine = await (await house.client.get("/api/v1/desk/me/state")).json()
    assert bool(mine["helped_by"]) is shown

    house.bus.publish(PhoneChanged(PhoneActivity("8101", PhoneState.IDLE)))
    mine = await (await house.client.get("/api/v1/desk/me/state")).json()
    assert mine["helped_by"] == []


async def test_given_a_supervisor_at_no_phone_when_listening_then_it_is_refused(house: Application) -> None:
    operator = await _on_a_call(house)
    csrf = await house.sign_in("supervisor")

    answer = await house.client.post(f"/api/v1/agents/{operator}/listen", headers=csrf)

    assert (answer.status, (await answer.json())["code"]) == (409, "agent_not_signed_on")


async def test_given_an_operator_without_a_call_when_a_supervisor_whispers_then_it_is_refused(
    house: Application,
) -> None:
    await _sign_on(house, "operator", "8001")
    csrf = await _sign_on(house, "supervisor", "8101")

    answer = await house.client.post(f"/api/v1/agents/{await _id(house, 'operator')}/whisper", headers=csrf)

    assert (answer.status, (await answer.json())["code"]) == (409, "agent_not_on_call")


async def test_given_the_last_operator_when_a_supervisor_sends_it_away_then_it_goes_and_it_is_on_record(
    house: Application,
) -> None:
    await _sign_on(house, "operator", "8001")
    csrf = await house.sign_in("supervisor")

    answer = await house.client.post(
        f"/api/v1/agents/{await _id(house, 'operator')}/state", json={"state": "away"}, headers=csrf
    )

    assert answer.status == 204, await answer.text()
    assert house.agents.floor.at_phone("8001") is None
    async with house.database.read() as session:
        entry = (await session.scalars(select(AuditEntry).where(AuditEntry.action == "agent.forced"))).one()
    assert (entry.username, entry.subject_id) == ("supervisor", "operator")


async def test_given_an_operator_on_a_call_when_a_state_is_forced_then_it_comes_after_the_call(
    house: Application,
) -> None:
    operator = await _on_a_call(house)
    csrf = await house.sign_in("supervisor")
    await house.client.post(
        f"/api/v1/agents/{operator}/state", json={"state": "break", "reason": "meeting"}, headers=csrf
    )

    house.bus.publish(PhoneChanged(PhoneActivity("8001", PhoneState.IDLE)))
    await house.agents.floor.caught_up()

    agent = house.agents.floor.at_phone("8001")
    assert agent is not None
    assert (agent.standing.state, agent.standing.set_by) == (AgentState.BREAK, "supervisor")


async def test_given_an_operator_when_a_supervisor_logs_it_out_then_its_sessions_end_and_the_phone_is_not_rung(
    house: Application,
) -> None:
    await _sign_on(house, "operator", "8001")
    operator = await _id(house, "operator")
    csrf = await house.sign_in("supervisor")

    answer = await house.client.post(f"/api/v1/agents/{operator}/log-out", headers=csrf)

    assert answer.status == 204, await answer.text()
    assert await house.staff.sessions.open(operator) == []
    await house.agents.floor.pauses.settled()
    assert house.telephony.paused["8001"] is True


async def test_given_waiting_callers_when_a_supervisor_moves_the_last_to_the_front_then_the_line_follows(
    house: Application,
) -> None:
    house.open_calls = [_waiting(number) for number in (1, 2, 3)]
    csrf = await house.sign_in("supervisor")

    answer = await house.client.post("/api/v1/floor/places", json={"call": "pbx1/w3", "place": 1}, headers=csrf)

    assert answer.status == 204, await answer.text()
    board = await (await house.client.get("/api/v1/floor")).json()
    assert [one["call"] for one in board["waiting"]] == ["pbx1/w3", "pbx1/w1", "pbx1/w2"]
    told = {key: priority for what, (key, _, priority) in _priorities(house) if what == "queue_priority"}
    assert told["w3"] > told["w1"] > told["w2"]
    async with house.database.read() as session:
        entry = (await session.scalars(select(AuditEntry).where(AuditEntry.action == "call.place_changed"))).one()
    assert (entry.before, entry.after) == ({"place": 3}, {"place": 1})


async def test_given_a_guest_of_a_high_level_when_it_waits_then_it_goes_ahead_and_the_board_says_why(
    house: Application,
) -> None:
    csrf = await house.sign_in("operator")
    made = await house.client.post(
        "/api/v1/guests", json={"name": "王小明", "numbers": [{"number": "13800000002"}]}, headers=csrf
    )
    assert made.status == 201, await made.text()
    async with house.database.begin() as session:
        (await session.scalars(select(Guest))).one().level = "vip"
    house.open_calls = [_waiting(1), _waiting(2)]

    for call in house.open_calls:
        house.bus.publish(CallChanged(call))
    await house.agents.priorities.caught_up()

    await house.sign_in("supervisor")
    board = await (await house.client.get("/api/v1/floor")).json()
    assert [(one["call"], one["ahead_reason"], one["ahead_seconds"]) for one in board["waiting"]] == [
        ("pbx1/w2", "vip", 300),
        ("pbx1/w1", "", 0),
    ]


async def test_given_a_caller_who_was_lost_before_when_it_waits_again_then_it_goes_ahead(house: Application) -> None:
    lost = CallSnapshot(
        CallKey("pbx1", "lost"),
        Direction.INBOUND,
        "13800000002",
        "4001",
        NOON - timedelta(hours=1),
        first_ring_at=NOON - timedelta(hours=1),
        ended_at=NOON - timedelta(minutes=59),
        outcome=Outcome.ABANDONED,
    )
    async with house.database.begin() as session:
        await calls.store(session, [lost], Cadences.of(house.settings))
    house.open_calls = [_waiting(1), _waiting(2)]

    for call in house.open_calls:
        house.bus.publish(CallChanged(call))
    await house.agents.priorities.caught_up()

    assert {key.linkedid: one.reason for key, one in house.agents.priorities.reasons.items()} == {"w2": "lost_before"}

    csrf = await _sign_on(house, "operator", "8001")
    house.bus.publish(PhoneChanged(PhoneActivity("8001", PhoneState.TALKING, house.open_calls[1].key)))
    await house.agents.floor.caught_up()
    mine = await (await house.client.get("/api/v1/desk/me/state", headers=csrf)).json()
    assert mine["ahead"] == {"reason": "lost_before", "seconds": 120}


async def test_given_calls_of_today_then_the_board_shows_lines_answer_rate_and_lost_callers(
    house: Application,
) -> None:
    async with house.database.begin() as session:
        await calls.store(session, [_ended(1, answered=True), _ended(2, answered=False)], Cadences.of(house.settings))
    house.open_calls = [_waiting(1)]

    await house.sign_in("supervisor")
    board = await (await house.client.get("/api/v1/floor")).json()

    assert (board["lines_in_use"], board["lines"]) == (1, 90)
    assert (board["answer_rate"], board["answer_rate_target"], board["within_three_rings"]) == (0.5, 0.9, 0.5)
    assert board["lost_callers"] == 1


def _ended(number: int, *, answered: bool) -> CallSnapshot:
    began = NOON - timedelta(hours=number)
    return CallSnapshot(
        CallKey("pbx1", f"e{number}"),
        Direction.INBOUND,
        f"1390000000{number}",
        "4001",
        began,
        first_ring_at=began,
        answered_at=began + timedelta(seconds=4) if answered else None,
        answered_by=Answerer.OPERATOR if answered else Answerer.NONE,
        operator_answered_at=began + timedelta(seconds=4) if answered else None,
        operators=("8001",) if answered else (),
        ended_at=began + timedelta(seconds=60),
        outcome=Outcome.ANSWERED if answered else Outcome.ABANDONED,
    )


def _waiting(number: int) -> CallSnapshot:
    began = NOON - timedelta(seconds=60 - number)
    wait = QueueWait("enquiries", began, number)
    return CallSnapshot(
        CallKey("pbx1", f"w{number}"), Direction.INBOUND, f"1380000000{number}", "4001", began, queue_waits=(wait,)
    )


def _priorities(house: Application) -> list[tuple[str, Any]]:
    return [(what, told) for what, told in house.telephony.asked if what == "queue_priority"]


async def _sign_on(house: Application, who: str, extension: str) -> dict[str, str]:
    csrf = await house.sign_in(who)
    answer = await house.client.post("/api/v1/desk/me/sign-on", json={"extension": extension}, headers=csrf)
    assert answer.status == 200, await answer.text()
    return csrf


async def _on_a_call(house: Application) -> int:
    """Let the operator talk with a caller; return the operator's id."""
    await _sign_on(house, "operator", "8001")
    house.bus.publish(PhoneChanged(PhoneActivity("8001", PhoneState.TALKING, CALL)))
    await house.agents.floor.caught_up()
    return await _id(house, "operator")


async def _id(house: Application, username: str) -> int:
    async with house.database.read() as session:
        return (await session.scalars(select(User.id).where(User.username == username))).one()
