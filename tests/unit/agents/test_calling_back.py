"""Calling back with one click: the call is taken, locked to its taker, and made from the own phone."""

from __future__ import annotations

from datetime import timedelta

from callcenter.calls import service as calls
from callcenter.telephony import CallKey, CallSnapshot, Direction, Outcome
from tests.application import NOON, Application


async def test_given_a_lost_caller_when_called_back_then_it_is_taken_and_the_own_phone_calls_the_number(
    house: Application,
) -> None:
    due = await _lost_and_owed(house)
    csrf = await house.sign_in("operator")
    await house.client.post("/api/v1/desk/me/sign-on", json={"extension": "8001"}, headers=csrf)

    answer = await house.client.post("/api/v1/desk/me/call-back", json={"due_call": due}, headers=csrf)

    assert answer.status == 204, await answer.text()
    assert ("call_out", ("8001", "13900000001")) in house.telephony.asked
    csrf = await house.sign_in("manager")
    await house.client.post("/api/v1/desk/me/sign-on", json={"extension": "8002"}, headers=csrf)
    refused = await house.client.post("/api/v1/desk/me/call-back", json={"due_call": due}, headers=csrf)
    assert (refused.status, (await refused.json())["code"]) == (409, "due_call_taken")


async def test_given_somebody_at_no_phone_when_calling_back_then_it_is_refused_and_nothing_is_taken(
    house: Application,
) -> None:
    due = await _lost_and_owed(house)
    csrf = await house.sign_in("operator")

    refused = await house.client.post("/api/v1/desk/me/call-back", json={"due_call": due}, headers=csrf)

    assert (refused.status, (await refused.json())["code"]) == (409, "agent_not_signed_on")
    (row,) = (await (await house.client.get("/api/v1/due-calls")).json())["items"]
    assert row["state"] == "open"


async def _lost_and_owed(house: Application) -> int:
    began = NOON - timedelta(hours=1)
    lost = CallSnapshot(
        CallKey("pbx1", "lost"),
        Direction.INBOUND,
        "13900000001",
        "4001",
        began,
        first_ring_at=began,
        ended_at=began + timedelta(seconds=20),
        outcome=Outcome.ABANDONED,
    )
    async with house.database.begin() as session:
        await calls.store(session, [lost], house.cadences)
    csrf = await house.sign_in("operator")
    made = await house.client.post("/api/v1/lost-callers/call-back", json={"number": "13900000001"}, headers=csrf)
    assert made.status == 201, await made.text()
    number: int = (await made.json())["id"]
    return number
