"""Roster, chores, swaps and handovers over HTTP."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from callcenter.calls import service as calls
from callcenter.settings.shifts import Shifts
from callcenter.shifts.roster import Rostering
from callcenter.shifts.routes import PARTS, ShiftParts
from callcenter.staff.models import AuditEntry, User
from callcenter.telephony import Answerer, CallKey, CallSnapshot, Direction, Outcome
from tests.application import NOON, Application

MONDAY, TUESDAY, WEDNESDAY = "2026-11-23", "2026-11-24", "2026-11-25"


async def test_given_a_week_when_a_supervisor_plans_then_it_is_on_the_roster_and_on_record(
    application: Application,
) -> None:
    operator = await _id(application, "operator")
    await _plan(application, operator, MONDAY, "early")

    roster = await _roster(application)

    assert roster["entries"] == [{"user_id": operator, "day": MONDAY, "shift": "early"}]
    async with application.database.read() as session:
        entry = (await session.scalars(select(AuditEntry).where(AuditEntry.action == "roster.planned"))).one()
    assert (entry.before, entry.after) == ({"day": MONDAY, "shift": None}, {"day": MONDAY, "shift": "early"})


async def test_given_too_few_seats_then_the_roster_warns_by_the_hour_by_day_and_by_night(
    application: Application,
) -> None:
    operator = await _id(application, "operator")
    await _plan(application, operator, MONDAY, "early")

    short = {one["at"]: (one["planned"], one["wanted"]) for one in (await _roster(application))["shortages"]}

    assert short[f"{MONDAY}T10:00"] == (1, 8)
    assert short[f"{MONDAY}T22:00"] == (0, 2)


async def test_given_a_seat_that_is_needed_when_taken_away_then_it_is_warned_of(application: Application) -> None:
    operator = await _id(application, "operator")
    await _plan(application, operator, MONDAY, "early")

    told = await _plan(application, operator, MONDAY, None)

    assert told["shortages"][0] == {"at": f"{MONDAY}T08:00", "planned": 0, "wanted": 8}


async def test_given_a_house_that_refuses_when_a_needed_seat_is_taken_away_then_it_stays(
    application: Application,
) -> None:
    old = application.web[PARTS]
    rules = Shifts(refuse_below=True, day_seats=1)
    rostering = Rostering(rules, old.rostering.zone, application.audit)
    application.web[PARTS] = ShiftParts(rules, rostering, old.database, old.clock, old.audit, old.lost_for)
    operator = await _id(application, "operator")
    await _plan(application, operator, MONDAY, "early")
    csrf = await application.sign_in("supervisor")

    refused = await application.client.put(
        "/api/v1/roster/entry", json={"user_id": operator, "day": MONDAY, "shift": None}, headers=csrf
    )

    assert (refused.status, (await refused.json())["code"]) == (409, "too_few_seats")
    assert len((await _roster(application))["entries"]) == 1


async def test_given_a_chore_when_given_to_somebody_else_then_only_that_one_has_it(application: Application) -> None:
    first, second = await _id(application, "operator"), await _id(application, "supervisor")
    csrf = await application.sign_in("supervisor")
    for user in (first, second):
        answer = await application.client.put(
            "/api/v1/roster/chore", json={"day": MONDAY, "chore": "tidy", "user_id": user}, headers=csrf
        )
        assert answer.status == 204, await answer.text()

    assert (await _roster(application))["chore_entries"] == [{"user_id": second, "day": MONDAY, "chore": "tidy"}]


async def test_given_a_swap_when_the_colleague_agrees_and_the_supervisor_approves_then_the_shifts_change_hands(
    application: Application,
) -> None:
    operator, other = await _id(application, "operator"), await _id(application, "manager")
    await _plan(application, operator, MONDAY, "early")
    await _plan(application, other, TUESDAY, "night")
    swap = await _ask(application, "operator", other, MONDAY, TUESDAY)

    await _answer(application, "manager", swap, 200)
    assert len((await _roster(application))["entries"]) == 2
    await _answer(application, "supervisor", swap, 200)

    entries = (await _roster(application))["entries"]
    assert entries == [
        {"user_id": other, "day": MONDAY, "shift": "early"},
        {"user_id": operator, "day": TUESDAY, "shift": "night"},
    ]


async def test_given_a_swap_when_the_asker_wants_to_approve_it_alone_then_it_is_refused(
    application: Application,
) -> None:
    operator, other = await _id(application, "operator"), await _id(application, "manager")
    await _plan(application, operator, MONDAY, "early")
    swap = await _ask(application, "operator", other, MONDAY, None)

    await _answer(application, "operator", swap, 403)


async def test_given_a_swap_when_the_colleague_works_that_day_already_then_it_cannot_be_approved(
    application: Application,
) -> None:
    operator, other = await _id(application, "operator"), await _id(application, "manager")
    await _plan(application, operator, MONDAY, "early")
    swap = await _ask(application, "operator", other, MONDAY, None)
    await _answer(application, "manager", swap, 200)
    await _plan(application, other, MONDAY, "night")

    await _answer(application, "supervisor", swap, 409)


async def test_given_past_calls_then_the_roster_says_how_many_seats_an_hour_needs_beside_those_planned(
    application: Application,
) -> None:
    # NOON is Saturday 12:00 at the hotel; the week before, twelve calls of five minutes came in that hour
    async with application.database.begin() as session:
        await calls.store(session, [_talk(number) for number in range(12)], application.cadences)

    needs = (await _roster(application))["needs"]

    (hour,) = [one for one in needs if one["at"] == "2026-11-28T12:00"]
    assert (hour["calls"], hour["needed"], hour["planned"]) == (3.0, 2, 0)


async def test_given_open_promises_and_lost_callers_when_a_handover_is_written_then_they_are_filled_in(
    application: Application,
) -> None:
    async with application.database.begin() as session:
        await calls.store(session, [_lost("13900000001"), _lost("13900000002")], application.cadences)
    csrf = await application.sign_in("operator")
    await application.client.post("/api/v1/lost-callers/call-back", json={"number": "13900000001"}, headers=csrf)

    answer = await application.client.post(
        "/api/v1/handovers", json={"shift": "early", "text": "405 房空调已报修"}, headers=csrf
    )

    assert answer.status == 201, await answer.text()
    written = await answer.json()
    assert [one["number"] for one in written["promises"]] == ["13900000001"]
    assert [one["number"] for one in written["lost"]] == ["13900000002"]


async def test_given_a_handover_then_the_next_one_signs_it_once_and_never_its_writer(application: Application) -> None:
    csrf = await application.sign_in("operator")
    written = await (await application.client.post("/api/v1/handovers", json={"shift": "early"}, headers=csrf)).json()
    path = f"/api/v1/handovers/{written['id']}/signature"

    own = await application.client.post(path, headers=csrf)
    assert (own.status, (await own.json())["code"]) == (409, "own_handover")

    csrf = await application.sign_in("supervisor")
    signed = await application.client.post(path, headers=csrf)
    assert (await signed.json())["signed_by"] == "Test supervisor"
    again = await application.client.post(path, headers=csrf)
    assert (again.status, (await again.json())["code"]) == (409, "handover_signed")


@pytest.mark.parametrize("shift", ["dawn"])
async def test_given_a_shift_that_the_house_does_not_have_then_nobody_is_planned_for_it(
    application: Application, shift: str
) -> None:
    csrf = await application.sign_in("supervisor")

    refused = await application.client.put(
        "/api/v1/roster/entry",
        json={"user_id": await _id(application, "operator"), "day": MONDAY, "shift": shift},
        headers=csrf,
    )

    assert (refused.status, (await refused.json())["code"]) == (422, "unknown_shift")


async def _plan(application: Application, user: int, day: str, shift: str | None) -> dict[str, Any]:
    csrf = await application.sign_in("supervisor")
    answer = await application.client.put(
        "/api/v1/roster/entry", json={"user_id": user, "day": day, "shift": shift}, headers=csrf
    )
    assert answer.status == 200, await answer.text()
    told: dict[str, Any] = await answer.json()
    return told


async def _roster(application: Application) -> dict[str, Any]:
    await application.sign_in("supervisor")
    answer = await application.client.get("/api/v1/roster", params={"first": MONDAY})
    assert answer.status == 200, await answer.text()
    told: dict[str, Any] = await answer.json()
    return told


async def _ask(application: Application, who: str, other: int, day: str, other_day: str | None) -> int:
    csrf = await application.sign_in(who)
    answer = await application.client.post(
        "/api/v1/shift-swaps", json={"other_id": other, "day": day, "other_day": other_day}, headers=csrf
    )
    assert answer.status == 201, await answer.text()
    number: int = (await answer.json())["id"]
    return number


async def _answer(application: Application, who: str, swap: int, status: int) -> None:
    csrf = await application.sign_in(who)
    answer = await application.client.post(f"/api/v1/shift-swaps/{swap}/answer", json={"yes": True}, headers=csrf)
    assert answer.status == status, await answer.text()


async def _id(application: Application, username: str) -> int:
    async with application.database.read() as session:
        return (await session.scalars(select(User.id).where(User.username == username))).one()


def _talk(number: int) -> CallSnapshot:
    began = NOON - timedelta(weeks=1) + timedelta(minutes=number)
    return CallSnapshot(
        CallKey("pbx1", f"t{number}"),
        Direction.INBOUND,
        "13900000009",
        "4001",
        began,
        first_ring_at=began,
        answered_at=began,
        answered_by=Answerer.OPERATOR,
        operator_answered_at=began,
        operators=("8001",),
        talk_seconds=300,
        ended_at=began + timedelta(seconds=300),
        outcome=Outcome.ANSWERED,
    )


def _lost(caller: str) -> CallSnapshot:
    began = NOON - timedelta(hours=1)
    return CallSnapshot(
        CallKey("pbx1", f"l{caller}"),
        Direction.INBOUND,
        caller,
        "4001",
        began,
        first_ring_at=began,
        ended_at=began + timedelta(seconds=20),
        outcome=Outcome.ABANDONED,
    )
