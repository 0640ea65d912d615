"""Operators over HTTP and by their phones: states, the time in each, and whom the queues ring."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from callcenter.agents.parts import AgentParts
from callcenter.agents.states import AgentState
from callcenter.events import CallChanged, PhoneChanged
from callcenter.telephony import Answerer, CallKey, CallSnapshot, Direction, PhoneActivity, PhoneState
from tests.application import NOON, Application

CALL = CallKey("pbx1", "pbx-1.1")


async def test_given_an_operator_when_signing_on_at_a_phone_then_it_is_available_and_not_paused(
    house: Application,
) -> None:
    state = await _sign_on(house, "operator", "8001")

    assert (state["agent"]["state"], state["agent"]["extension"]) == ("available", "8001")
    assert await _paused(house) == set()


async def test_given_a_phone_with_an_operator_when_another_signs_on_there_then_it_is_refused(
    house: Application,
) -> None:
    await _sign_on(house, "operator", "8001")

    csrf = await house.sign_in("supervisor")
    refused = await house.client.post("/api/v1/desk/me/sign-on", json={"extension": "8001"}, headers=csrf)

    assert (refused.status, (await refused.json())["code"]) == (409, "phone_taken")


async def test_given_an_operator_on_a_break_then_no_queue_rings_the_phone_until_the_break_ends(
    house: Application,
) -> None:
    await _sign_on(house, "operator", "8001")

    state = await _set(house, "operator", state="break", reason="meal")
    assert (state["agent"]["state"], state["agent"]["reason"]) == ("break", "meal")
    assert await _paused(house) == {"8001"}
    assert ("pause_phone", ("8001", True, "meal")) in house.telephony.asked

    await _set(house, "operator", state="available")
    assert await _paused(house) == set()


async def test_given_a_break_without_a_reason_of_the_house_then_it_is_refused(house: Application) -> None:
    await _sign_on(house, "operator", "8001")
    csrf = await house.sign_in("operator")

    refused = await house.client.post(
        "/api/v1/desk/me/state", json={"state": "break", "reason": "shopping"}, headers=csrf
    )

    assert (refused.status, (await refused.json())["code"]) == (422, "unknown_break_reason")


async def test_given_a_call_when_it_is_answered_and_ends_then_on_call_and_wrap_up_follow_and_the_time_is_kept(
    house: Application,
) -> None:
    await _sign_on(house, "operator", "8001")

    await _talks(house, "8001", Direction.INBOUND)
    assert _agent_state(house, "8001") is AgentState.ON_CALL
    assert await _paused(house) == {"8001"}

    house.clock.advance(timedelta(seconds=120))
    await _hangs_up(house, "8001", Direction.INBOUND)
    assert _agent_state(house, "8001") is AgentState.WRAP_UP
    assert await _paused(house) == {"8001"}

    house.clock.advance(timedelta(seconds=31))
    await house.agents.floor.end_wrap_ups()
    assert _agent_state(house, "8001") is AgentState.AVAILABLE
    assert await _paused(house) == set()

    await house.sign_in("supervisor")
    span = {"from": NOON.isoformat(), "to": (NOON + timedelta(hours=1)).isoformat()}
    times = await (await house.client.get("/api/v1/agents/times", params=span)).json()
    (row,) = times["items"]
    assert (row["on_call"], row["wrap_up"], row["available"]) == (120, 30, 1)


async def test_given_a_call_from_a_room_when_it_ends_then_the_operator_is_available_at_once(
    house: Application,
) -> None:
    await _sign_on(house, "operator", "8001")

    await _talks(house, "8001", Direction.INTERNAL)
    await _hangs_up(house, "8001", Direction.INTERNAL)

    assert _agent_state(house, "8001") is AgentState.AVAILABLE


async def test_given_a_wrap_up_when_it_is_extended_then_it_lasts_longer(house: Application) -> None:
    await _sign_on(house, "operator", "8001")
    await _talks(house, "8001", Direction.INBOUND)
    await _hangs_up(house, "8001", Direction.INBOUND)

    csrf = await house.sign_in("operator")
    answer = await house.client.post("/api/v1/desk/me/wrap-up/extension", headers=csrf)
    assert answer.status == 200, await answer.text()

    house.clock.advance(timedelta(seconds=89))
    await house.agents.floor.end_wrap_ups()
    assert _agent_state(house, "8001") is AgentState.WRAP_UP


async def test_given_the_last_operator_when_going_away_then_it_is_refused_until_another_is_on_duty(
    house: Application,
) -> None:
    await _sign_on(house, "operator", "8001")
    csrf = await house.sign_in("operator")
    refused = await house.client.post("/api/v1/desk/me/state", json={"state": "away"}, headers=csrf)
    assert (refused.status, (await refused.json())["code"]) == (409, "last_operator")

    await _sign_on(house, "manager", "8002")
    state = await _set(house, "operator", state="away")
    assert state["agent"] is None
    assert state["last_extension"] == "8001"
    assert await _paused(house) == {"8001"}


async def test_given_an_operator_on_a_break_when_the_application_starts_again_then_the_phone_is_paused_again(
    house: Application,
) -> None:
    await _sign_on(house, "operator", "8001")
    await _set(house, "operator", state="break", reason="rest")
    await house.agents.floor.close()  # as it ends
    house.telephony.paused = {"8001": False, "8002": True}

    again = AgentParts.build(
        house.settings,
        house.database,
        house.clock,
        house.audit,
        telephony=house.telephony,
        bus=house.bus,
        open_calls=lambda: house.open_calls,
        guests=house.guests.guests,
        changed=house.live.publish_changed,
    )
    await again.floor.start()
    await again.floor.pauses.settled()

    assert house.telephony.paused["8001"] is True
    assert house.telephony.paused["8002"] is False
    await again.floor.close()


async def test_given_two_causes_when_one_of_them_ends_then_the_phone_stays_paused(house: Application) -> None:
    await _sign_on(house, "operator", "8001")
    await _set(house, "operator", state="break", reason="rest")
    house.agents.floor.pauses.hold("8001", "phone")

    await _set(house, "operator", state="available")
    assert await _paused(house) == {"8001"}

    house.agents.floor.pauses.release("8001", "phone")
    assert await _paused(house) == set()


async def test_given_a_state_that_a_person_set_then_it_is_in_the_audit_log_with_before_and_after(
    house: Application,
) -> None:
    await _sign_on(house, "operator", "8001")
    await _set(house, "operator", state="break", reason="meal")

    await house.sign_in("manager")
    entries = (await (await house.client.get("/api/v1/audit?action=agent.state_set")).json())["items"]
    assert entries[0]["before"]["state"] == "available"
    assert entries[0]["after"] == {"state": "break", "reason": "meal"}


async def _sign_on(house: Application, who: str, extension: str) -> dict[str, Any]:
    csrf = await house.sign_in(who)
    answer = await house.client.post("/api/v1/desk/me/sign-on", json={"extension": extension}, headers=csrf)
    assert answer.status == 200, await answer.text()
    told: dict[str, Any] = await answer.json()
    return told


async def _set(house: Application, who: str, **wanted: str) -> dict[str, Any]:
    csrf = await house.sign_in(who)
    answer = await house.client.post("/api/v1/desk/me/state", json=wanted, headers=csrf)
    assert answer.status == 200, await answer.text()
    told: dict[str, Any] = await answer.json()
    return told


async def _paused(house: Application) -> set[str]:
    await house.agents.floor.pauses.settled()
    return {extension for extension, paused in house.telephony.paused.items() if paused}


def _agent_state(house: Application, extension: str) -> AgentState:
    agent = house.agents.floor.at_phone(extension)
    assert agent is not None
    return agent.standing.state


async def _talks(house: Application, extension: str, direction: Direction) -> None:
    house.bus.publish(CallChanged(_call(house, direction, ended=False)))
    house.bus.publish(PhoneChanged(PhoneActivity(extension, PhoneState.TALKING, CALL)))
    await house.agents.floor.caught_up()


async def _hangs_up(house: Application, extension: str, direction: Direction) -> None:
    house.bus.publish(CallChanged(_call(house, direction, ended=True)))
    house.bus.publish(PhoneChanged(PhoneActivity(extension, PhoneState.IDLE)))
    await house.agents.floor.caught_up()


def _call(house: Application, direction: Direction, *, ended: bool) -> CallSnapshot:
    now = house.clock.now()
    return CallSnapshot(
        CALL,
        direction,
        "13800000001",
        "4001",
        now,
        answered_at=now,
        answered_by=Answerer.OPERATOR,
        operator_answered_at=now,
        ended_at=now if ended else None,
        operators=("8001",),
    )
