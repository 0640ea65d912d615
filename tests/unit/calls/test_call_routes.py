"""Calls over HTTP: the list, one call, figures, pausing; who may see what."""

from typing import Any

import pytest
from sqlalchemy import select

from callcenter.calls import service
from callcenter.calls.routes import RecordingInfo
from callcenter.errors import PbxRefused, PbxUnavailable
from callcenter.staff.models import AuditEntry
from callcenter.telephony import (
    CallKey,
    CallSnapshot,
    Hold,
    Ring,
    Side,
    Transfer,
    TransferKind,
    TransferResult,
)
from tests.application import Application
from tests.unit.calls.builders import at, call

MOVED = call(
    operator=7,
    end=60,
    rings=(Ring("8001", at(0), at(7), answered=True),),
    holds=(Hold(Side.OPERATOR, at(15), at(21)),),
    transfers=(Transfer(TransferKind.BLIND, at(40), "8001", "13987654321", TransferResult.COMPLETED),),
    recording="1763688600.1",
    sip_call_id="a84b4c@192.0.2.1",
    talk_seconds=53.0,
)


@pytest.mark.parametrize(("order", "seconds"), [("newest", (4, 3, 2, 1, 0)), ("oldest", (0, 1, 2, 3, 4))])
async def test_given_calls_when_listed_page_by_page_then_each_comes_once_in_the_order_asked_for(
    application: Application, order: str, seconds: tuple[int, ...]
) -> None:
    await _store(application, *(call(f"{number}.0", start=number, end=3) for number in range(5)))
    await application.sign_in("operator")
    starts = []
    cursor: str | None = ""

    while cursor is not None:
        page = await _get(application, f"/api/v1/calls?limit=2&order={order}&after={cursor}")
        starts += [item["started_at"] for item in page["items"]]
        cursor = page["next"]

    assert starts == [f"2026-11-21T01:30:0{second}Z" for second in seconds]


async def test_given_an_ended_call_when_listed_then_it_has_the_contracts_fields(application: Application) -> None:
    (number,) = await _store(application, MOVED)
    application.recordings.by_call[number] = RecordingInfo(id=3, seconds=52.5)
    await application.sign_in("operator")

    (row,) = (await _get(application, "/api/v1/calls"))["items"]

    assert row == {
        "id": number,
        "direction": "inbound",
        "caller": "13812345678",
        "line": "4001",
        "started_at": "2026-11-21T01:30:00Z",
        "ended_at": "2026-11-21T01:31:00Z",
        "first_ring_at": "2026-11-21T01:30:00Z",
        "answered_at": "2026-11-21T01:30:07Z",
        "answered_by": "operator",
        "operator_answered_at": "2026-11-21T01:30:07Z",
        "seconds_to_answer": 7.0,
        "rings_to_answer": 2,
        "seconds_to_operator": 7.0,
        "rings_to_operator": 2,
        "late": False,
        "outcome": "answered",
        "hangup_cause": 16,
        "operators": ["8001"],
        "talk_seconds": 53.0,
        "recording": {"id": 3, "seconds": 52.5},
        "swept": False,
    }


async def test_given_one_call_when_shown_then_its_timeline_and_episodes_are_there(application: Application) -> None:
    (number,) = await _store(application, MOVED)
    await application.sign_in("operator")

    detail = await _get(application, f"/api/v1/calls/{number}")

    assert (detail["node"], detail["linkedid"], detail["sip_call_id"]) == ("pbx1", "1763688600.1", "a84b4c@192.0.2.1")
    assert [entry["kind"] for entry in detail["timeline"]] == [
        "started",
        "ringing",
        "ring_ended",
        "answered_by_operator",
        "recording_started",
        "hold",
        "unhold",
        "transfer",
        "ended",
    ]
    assert detail["transfers"] == [
        {
            "kind": "blind",
            "at": "2026-11-21T01:30:40Z",
            "from_party": "8001",
            "to_party": "13987654321",
            "result": "completed",
        }
    ]
    assert detail["holds"] == [
        {"by": "operator", "began_at": "2026-11-21T01:30:15Z", "ended_at": "2026-11-21T01:30:21Z"}
    ]


async def test_given_a_role_that_may_not_see_numbers_when_it_looks_then_no_outside_number_is_in_the_answer(
    application: Application,
) -> None:
    (number,) = await _store(application, MOVED)
    await application.sign_in("front_desk")

    for path in ("/api/v1/calls", f"/api/v1/calls/{number}"):
        text = await (await application.client.get(path)).text()
        assert "13812345678" not in text
        assert "13987654321" not in text
        assert "138****5678" in text
        assert "8001" in text


async def test_given_a_role_that_may_not_see_numbers_when_it_searches_by_number_then_refused(
    application: Application,
) -> None:
    await application.sign_in("front_desk")

    answer = await application.client.get("/api/v1/calls?caller=1381")

    assert answer.status == 403
    assert (await answer.json())["params"] == {"permission": "calls.see_numbers"}


async def test_given_filters_in_the_address_when_listed_then_they_hold_together(application: Application) -> None:
    await _store(
        application, call("1.0", operator=3, end=9), call("2.0", operator=16, end=30), call("3.0", start=60, end=16)
    )
    await application.sign_in("operator")

    found = await _get(
        application,
        "/api/v1/calls?late=true&operator=8001&line=4001&answered_by=operator&direction=inbound&outcome=answered"
        "&from=2026-11-21T09:30:00%2B08:00&to=2026-11-21T01:31:00Z&caller=5678&limit=200",
    )

    assert [row["rings_to_answer"] for row in found["items"]] == [4]


@pytest.mark.parametrize(
    ("address", "field", "code"),
    [
        ("calls?limit=0", "limit", "greater_than_equal"),
        ("calls?limit=201", "limit", "less_than_equal"),
        ("calls?limit=many", "limit", "int_parsing"),
        ("calls?late=perhaps", "late", "bool_parsing"),
        ("calls?outcome=lost", "outcome", "enum"),
        ("calls?from=yesterday", "from", "datetime_from_date_parsing"),
        ("calls?from=2026-11-21T00:00:00", "from", "timezone_aware"),
        ("calls?from=0001-01-01T00:00:00Z", "from", "year_out_of_range"),
        ("calls?to=9999-12-31T23:59:59-14:00", "to", "year_out_of_range"),
        ("calls?caller=%25", "caller", "string_pattern_mismatch"),
        ("calls?line=%00", "line", "string_unicode"),
        ("calls?unknown=1", "unknown", "extra_forbidden"),
        ("calls?after=garbage", "after", "cursor"),
        ("calls?after=WyIyMDI2LTExLTIxVDAwOjAwOjAwWiIsOTk5OTk5OTk5OTk5OTk5OTk5OTk5OTld", "after", "cursor"),
        ("calls?after=中文", "after", "cursor"),
        ("calls/figures?from=2026-11-21T00:00:00Z", "to", "missing"),
        ("calls/figures?from=2026-11-21T00:00:00Z&to=2026-11-20T00:00:00Z", "", "range_reversed"),
        ("calls/figures?from=2024-11-21T00:00:00Z&to=2026-11-20T00:00:00Z", "", "range_too_long"),
        ("calls/figures?from=2026-11-21T00:00:00Z&to=2026-11-22T00:00:00Z&by=moon", "by", "enum"),
    ],
)
async def test_given_a_query_that_does_not_fit_when_asked_then_the_problem_names_the_field(
    application: Application, address: str, field: str, code: str
) -> None:
    await application.sign_in("admin")

    answer = await application.client.get(f"/api/v1/{address}")

    assert answer.status == 422
    (problem,) = (await answer.json())["params"]["problems"]
    assert (problem["field"], problem["code"]) == (field, code)


@pytest.mark.parametrize("number", ["0", "17", "-1", "1.5", "abc", "٣", "9" * 19, "9" * 40, "%00", "%ff", "1%27--"])
async def test_given_an_id_that_no_call_has_when_asked_then_not_found(application: Application, number: str) -> None:
    csrf = await application.sign_in("admin")

    shown = await application.client.get(f"/api/v1/calls/{number}")
    paused = await application.client.post(f"/api/v1/calls/{number}/recording/pause", headers=csrf)

    assert (shown.status, paused.status) == (404, 404)


async def test_given_calls_when_a_supervisor_asks_for_figures_then_hours_and_total_come(
    application: Application,
) -> None:
    await _store(application, call("1.0", operator=4, end=9), call("2.0", system=13, end=30))
    await application.sign_in("supervisor")

    found = await _get(application, "/api/v1/calls/figures?from=2026-11-21T00:00:00Z&to=2026-11-22T00:00:00Z&by=hour")

    expected = {
        "calls": 2,
        "answered_by_operator": 1,
        "answered_by_system": 1,
        "abandoned": 1,
        "late": 0,
        "within_three_rings_by_person": 1,
        "seconds_to_answer_avg": 8.5,
    }
    assert found == {
        "rows": [{"key": "2026-11-21T09:00:00+08:00", **expected}],
        "total": {"key": "total", **expected},
    }


@pytest.mark.parametrize("action", ["pause", "resume"])
async def test_given_a_call_when_an_operator_pauses_its_recording_then_the_exchange_is_asked_and_it_is_audited(
    application: Application, action: str
) -> None:
    (number,) = await _store(application, call(operator=7))
    csrf = await application.sign_in("operator")

    answer = await application.client.post(f"/api/v1/calls/{number}/recording/{action}", headers=csrf)

    assert answer.status == 204
    assert application.telephony.asked == [(action, CallKey("pbx1", "1763688600.1"))]
    async with application.database.read() as session:
        entry = (await session.scalars(select(AuditEntry).where(AuditEntry.subject_type == "call"))).one()
    assert (entry.username, entry.action, entry.subject_id) == ("operator", f"recording.{action}d", str(number))


@pytest.mark.parametrize(
    ("failure", "status", "code"),
    [
        (PbxUnavailable(reason="no link"), 503, "pbx_unavailable"),
        (PbxRefused(action="pause", reason="no such channel"), 502, "pbx_refused"),
    ],
)
async def test_given_an_exchange_that_fails_when_pausing_then_it_is_said_and_nothing_is_audited(
    application: Application, failure: PbxUnavailable, status: int, code: str
) -> None:
    (number,) = await _store(application, call(operator=7))
    csrf = await application.sign_in("operator")
    application.telephony.failure = failure

    answer = await application.client.post(f"/api/v1/calls/{number}/recording/pause", headers=csrf)

    assert (answer.status, (await answer.json())["code"]) == (status, code)
    async with application.database.read() as session:
        entries = (await session.scalars(select(AuditEntry.action).where(AuditEntry.subject_type == "call"))).all()
    assert entries == []


async def _store(application: Application, *calls: CallSnapshot) -> list[int]:
    async with application.database.begin() as session:
        return list((await service.store(session, calls, application.cadences)).values())


async def _get(application: Application, path: str) -> Any:
    answer = await application.client.get(path)
    assert answer.status == 200, await answer.text()
    return await answer.json()


@pytest.mark.parametrize("guess", [{"line": "13987654321"}, {"operator": "13987654321"}, {"line": "+8613987654321"}])
async def test_given_a_role_that_may_not_see_numbers_when_it_guesses_an_outside_number_then_it_is_refused(
    application: Application, guess: dict[str, str]
) -> None:
    await application.sign_in("front_desk")

    answer = await application.client.get("/api/v1/calls", params=guess)

    assert (answer.status, (await answer.json())["code"]) == (403, "not_permitted")


@pytest.mark.parametrize("own", [{"line": "4001"}, {"operator": "8001"}])
async def test_given_a_role_that_may_not_see_numbers_when_it_filters_by_our_own_then_it_may(
    application: Application, own: dict[str, str]
) -> None:
    await application.sign_in("front_desk")

    assert (await application.client.get("/api/v1/calls", params=own)).status == 200
