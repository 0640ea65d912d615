"""Due calls and lost callers over HTTP: who may, what is shown, and what becomes of it."""

from __future__ import annotations

from typing import Any

import pytest

from callcenter.calls import service as calls
from callcenter.outbound.service import Kind, Wanted
from callcenter.telephony import CallKey
from callcenter.web.identity import SignedIn
from tests.application import NOON, Application
from tests.unit.calls.builders import call

NUMBER = "13812345678"
GAVE_UP = call("1.1", system=10, end=70)


async def owed(application: Application) -> int:
    wanted = Wanted(
        Kind.CALL_BACK,
        NUMBER,
        "call_back:pbx1/1.1",
        NOON,
        NOON,
        language="en",
        line="4001",
        call=CallKey("pbx1", "1.1"),
    )
    return (await application.outbound.request(wanted)).id


async def stored(application: Application) -> int:
    async with application.database.begin() as session:
        ids = await calls.store(session, [GAVE_UP], application.cadences)
    return ids[GAVE_UP.key]


async def send(
    application: Application, csrf: dict[str, str], path: str, content: dict[str, Any] | None = None
) -> tuple[int, Any]:
    answer = await application.client.post(f"/api/v1{path}", json=content, headers=csrf)
    return answer.status, await answer.json(content_type=None)


async def read(application: Application, path: str) -> Any:
    answer = await application.client.get(f"/api/v1{path}")
    assert answer.status == 200, await answer.text()
    return (await answer.json())["items"]


async def test_given_a_due_call_when_listed_then_it_names_its_call_and_whose_it_is(application: Application) -> None:
    call_id, number = await stored(application), await owed(application)
    csrf = await application.sign_in("operator")

    (row,) = await read(application, "/due-calls")
    assert (row["id"], row["number"], row["state"], row["mine"]) == (number, NUMBER, "open", False)
    assert (row["call_id"], row["language"], row["taken_by"]) == (call_id, "en", None)

    status, row = await send(application, csrf, f"/due-calls/{number}/take")
    assert (status, row["state"], row["mine"], row["taken_by"]) == (200, "taken", True, "Test operator")

    await application.sign_in("supervisor")
    (row,) = await read(application, "/due-calls")
    assert (row["mine"], row["taken_by"]) == (False, "Test operator")


async def test_given_a_taken_due_call_when_finished_then_it_moves_to_the_closed_ones(application: Application) -> None:
    number = await owed(application)
    csrf = await application.sign_in("operator")
    await send(application, csrf, f"/due-calls/{number}/take")

    status, _ = await send(application, csrf, f"/due-calls/{number}/finish", {"outcome": "reached", "note": "booked"})

    assert status == 200
    assert await read(application, "/due-calls") == []
    (row,) = await read(application, "/due-calls/closed")
    assert (row["outcome"], row["note"], row["closed_by"]) == ("reached", "booked", "Test operator")


async def test_given_a_due_call_of_a_colleague_when_finished_then_a_supervisor_may_and_an_operator_may_not(
    application: Application,
) -> None:
    number = await owed(application)
    csrf = await application.sign_in("supervisor")
    await send(application, csrf, f"/due-calls/{number}/take")
    csrf = await application.sign_in("operator")

    status, problem = await send(application, csrf, f"/due-calls/{number}/finish", {"outcome": "reached"})
    assert (status, problem["code"]) == (409, "due_call_taken")
    status, problem = await send(application, csrf, f"/due-calls/{number}/take")
    assert (status, problem["code"]) == (409, "due_call_taken")

    csrf = await application.sign_in("manager")
    status, row = await send(application, csrf, f"/due-calls/{number}/give-back", {"note": "went home"})
    assert (status, row["state"], row["note"]) == (200, "open", "went home")


@pytest.mark.parametrize("content", [{}, {"outcome": "forgotten"}, {"outcome": "reached", "note": "x" * 1001}])
async def test_given_a_wrong_result_when_sent_then_it_is_refused_and_nothing_is_lost(
    application: Application, content: dict[str, Any]
) -> None:
    number = await owed(application)
    csrf = await application.sign_in("operator")
    await send(application, csrf, f"/due-calls/{number}/take")

    status, problem = await send(application, csrf, f"/due-calls/{number}/finish", content)

    assert (status, problem["code"]) == (422, "invalid_input")
    assert [row["state"] for row in await read(application, "/due-calls")] == ["taken"]


async def test_given_a_lost_caller_when_made_a_call_back_twice_then_there_is_one(application: Application) -> None:
    call_id = await stored(application)
    csrf = await application.sign_in("operator")
    (lost,) = await read(application, "/lost-callers")
    assert (lost["number"], lost["tries"], lost["call_id"], lost["due_call"]) == (NUMBER, 1, call_id, None)

    first = await send(application, csrf, "/lost-callers/call-back", {"number": NUMBER})
    again = await send(application, csrf, "/lost-callers/call-back", {"number": NUMBER})

    assert first[0] == again[0] == 201
    assert first[1]["id"] == again[1]["id"]
    (lost,) = await read(application, "/lost-callers")
    assert lost["due_call"] == first[1]["id"]


async def test_given_a_number_that_is_not_lost_when_made_a_call_back_then_it_is_not_found(
    application: Application,
) -> None:
    csrf = await application.sign_in("operator")

    status, problem = await send(application, csrf, "/lost-callers/call-back", {"number": NUMBER})

    assert (status, problem["code"]) == (404, "not_found")


async def test_given_a_change_when_made_then_pages_are_told_to_read_again(application: Application) -> None:
    user = SignedIn(1, "operator", "Test operator", "operator", frozenset(), "")
    client = application.live.join(user)
    client.messages.get_nowait()

    await owed(application)

    assert '"type":"changed"' in client.messages.get_nowait()
