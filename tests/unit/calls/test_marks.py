"""Nuisance, wrong and silent callers: what is said once is shown with the next call; blocking needs the right."""

from __future__ import annotations

from typing import Any

from callcenter.calls import service as calls
from callcenter.outbound.lost_callers import lost_callers
from tests.application import NOON, Application
from tests.unit.calls.builders import START, call

CALLER = "+8613800000042"


async def stored(application: Application, linkedid: str, **other: object) -> int:
    made = call(linkedid, **{"caller": CALLER, "operator": 5, "end": 60, **other})  # type: ignore[arg-type]
    async with application.database.begin() as session:
        return (await calls.store(session, [made], application.cadences))[made.key]


async def send(
    application: Application, csrf: dict[str, str], method: str, path: str, content: dict[str, Any] | None = None
) -> tuple[int, Any]:
    answer = await application.client.request(method, f"/api/v1{path}", json=content, headers=csrf)
    return answer.status, await answer.json()


async def test_given_a_nuisance_when_marked_and_blocked_then_the_next_call_shows_it_and_a_supervisor_unblocks(
    application: Application,
) -> None:
    first, csrf = await stored(application, "1.1"), await application.sign_in("operator")
    said = {"kind": "nuisance", "note": "abusive", "block": True}
    assert (await send(application, csrf, "POST", f"/calls/{first}/caller-marks", said))[0] == 201
    assert ("block_caller", ("3800000042", True)) in application.telephony.asked
    again = await stored(application, "1.2", caller="013800000042")
    _, shown = await send(application, csrf, "GET", f"/calls/{again}/caller-marks")
    assert shown["blocked"] is True
    assert [(one["kind"], one["note"], one["call_id"]) for one in shown["items"]] == [("nuisance", "abusive", first)]
    assert (await send(application, csrf, "DELETE", f"/calls/{again}/caller-block"))[0] == 403
    csrf = await application.sign_in("supervisor")
    _, freed = await send(application, csrf, "DELETE", f"/calls/{again}/caller-block")
    assert (freed["blocked"], freed["items"][0]["unblocked_by"]) == (False, "supervisor")
    assert ("block_caller", ("3800000042", False)) in application.telephony.asked


async def test_given_a_wrong_number_when_closed_with_one_key_then_the_call_is_ended_and_nobody_is_blocked(
    application: Application,
) -> None:
    number, csrf = await stored(application, "1.1", end=None), await application.sign_in("operator")
    said = {"kind": "wrong_number", "hang_up": True}
    _, shown = await send(application, csrf, "POST", f"/calls/{number}/caller-marks", said)
    assert shown["blocked"] is False
    assert [action for action, _ in application.telephony.asked] == ["hang_up"]


async def test_given_a_hidden_number_when_blocking_then_there_is_nothing_to_block(application: Application) -> None:
    number, csrf = await stored(application, "1.1", caller="anonymous"), await application.sign_in("operator")
    said = {"kind": "nuisance", "block": True}
    assert (await send(application, csrf, "POST", f"/calls/{number}/caller-marks", said))[0] == 409
    _, shown = await send(application, csrf, "GET", f"/calls/{number}/caller-marks")
    assert shown == {"blocked": False, "items": []}


async def test_given_a_blocked_number_when_it_calls_again_then_it_is_no_lost_caller(application: Application) -> None:
    await stored(application, "1.1", operator=None, end=0, hangup_cause=21)
    await stored(application, "1.2", operator=None, end=9, hangup_cause=16, caller="13800000043")
    async with application.database.read() as session:
        found = await lost_callers(session, min(START, NOON))
    assert [lost.number for lost in found] == ["13800000043"]


async def test_given_a_listed_interpreter_when_called_then_he_joins_and_an_unlisted_one_is_refused(
    application: Application,
) -> None:
    number, csrf = await stored(application, "1.1", end=None), await application.sign_in("operator")
    answer = await application.client.get("/api/v1/interpreters")
    assert await answer.json() == {"items": [{"language": "ja", "name": "佐藤"}]}
    path = f"/api/v1/calls/{number}/interpreter"
    called = await application.client.post(path, json={"language": "ja", "name": "佐藤"}, headers=csrf)
    assert called.status == 204
    assert ("add_third_party", ("1.1", "13900000081")) in application.telephony.asked
    refused = await application.client.post(path, json={"language": "ko", "name": "佐藤"}, headers=csrf)
    assert refused.status == 404
