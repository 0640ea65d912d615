"""Nothing is missed (requirements 5): callers of whom no card was made, and cards that nobody has checked."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest_asyncio

from callcenter.calls.models import Call
from tests.application import NOON, Application

DAY = {"from": "2026-11-21T00:00:00Z", "to": "2026-11-22T00:00:00Z"}


@pytest_asyncio.fixture
async def desk(application: Application) -> Application:
    csrf = await application.sign_in("operator")
    card = {"name": "林示例", "numbers": [{"number": "13800000077"}]}
    answer = await application.client.post("/api/v1/guests", json=card, headers=csrf)
    assert answer.status == 201, await answer.text()
    return application


async def talked(desk: Application, caller: str, at: datetime = NOON, **other: Any) -> int:
    """A call on record."""
    values: dict[str, Any] = {"operators": [], "rings": [], "transfers": [], "holds": [], "queue_waits": []}
    values |= {"direction": "inbound", "outcome": "answered", **other}
    async with desk.database.begin() as session:
        call = Call(
            node="pbx1",
            linkedid=f"pbx-{caller}-{at.timestamp()}-{values['direction']}-{values['outcome']}",
            caller=caller,
            line="4001",
            started_at=at,
            quarter=0,
            answered_by="operator",
            ended_at=at + timedelta(seconds=60),
            talk_seconds=50,
            swept=False,
            late=False,
            rank=1,
            known_until=at,
            **values,
        )
        session.add(call)
        await session.flush()
        return call.id


async def missed(desk: Application, role: str = "supervisor") -> list[dict[str, Any]]:
    await desk.sign_in(role)
    answer = await desk.client.get("/api/v1/missed-cards", params=DAY)
    assert answer.status == 200, await answer.text()
    found: list[dict[str, Any]] = (await answer.json())["items"]
    return found


async def test_given_the_days_callers_when_checked_then_those_on_no_card_are_listed_with_their_last_call(
    desk: Application,
) -> None:
    await talked(desk, "13800000077")
    await talked(desk, "13800000088")
    last = await talked(desk, "13800000088", NOON + timedelta(minutes=5))
    other = await talked(desk, "+8613800000099", NOON + timedelta(minutes=9))
    assert [(one["number"], one["calls"], one["call_id"]) for one in await missed(desk)] == [
        ("+8613800000099", 1, other),
        ("+8613800000088", 2, last),
    ]


async def test_given_calls_that_tell_of_nobody_new_when_checked_then_nothing_is_missed(desk: Application) -> None:
    await talked(desk, "13800000088", outcome="abandoned")
    await talked(desk, "13800000088", direction="outbound")
    await talked(desk, "13800000088", NOON - timedelta(days=1))
    await talked(desk, "0301")
    await talked(desk, "anonymous")
    linked = await talked(desk, "13800000066")
    csrf = await desk.sign_in("operator")
    (card,) = (await (await desk.client.get("/api/v1/guests")).json())["items"]
    link = {"subject_type": "guest", "subject_id": card["id"], "reason": "rang from the office"}
    answer = await desk.client.post(f"/api/v1/calls/{linked}/links", json=link, headers=csrf)
    assert answer.status < 300, await answer.text()
    assert await missed(desk) == []


async def test_given_a_card_that_nobody_has_checked_when_asked_for_then_it_is_listed_whatever_its_day(
    desk: Application,
) -> None:
    csrf = await desk.sign_in("supervisor")
    path = "/api/v1/guests?unchecked="
    (card,) = (await (await desk.client.get(f"{path}true")).json())["items"]
    assert (await (await desk.client.get(f"{path}false")).json())["items"] == []
    await desk.client.post(f"/api/v1/guests/{card['id']}/check", json={"remark": ""}, headers=csrf)
    assert (await (await desk.client.get(f"{path}true")).json())["items"] == []
    assert [one["id"] for one in (await (await desk.client.get(f"{path}false")).json())["items"]] == [card["id"]]
