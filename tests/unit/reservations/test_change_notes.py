"""The change note of requirements 11: what was asked, confirmed with the customer, done, and told to the next role."""

from __future__ import annotations

from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import select

from callcenter.staff.models import AuditEntry
from tests.application import Application

ASKED = {"why": "flight delayed", "asked": "a day later"}


@pytest_asyncio.fixture
async def desk(application: Application) -> Application:
    await application.add_rooms()
    return application


async def ask(
    desk: Application, method: str, path: str, csrf: dict[str, str], body: dict[str, Any] | None = None
) -> Any:
    """Do something that is to succeed; return the answer."""
    async with desk.client.request(method, f"/api/v1{path}", json=body, headers=csrf) as answer:
        assert answer.ok, await answer.text()
        return None if answer.status == 204 else await answer.json()


async def booked(desk: Application, csrf: dict[str, str]) -> str:
    return str((await ask(desk, "POST", "/reservations", csrf, {"type": "suite", "booker": "林示例"}))["number"])


async def waiting(desk: Application, role: str) -> list[dict[str, Any]]:
    """What is shown to a role that nobody of it has read."""
    found: list[dict[str, Any]] = (await ask(desk, "GET", "/change-notices", await desk.sign_in(role)))["items"]
    return found


@pytest.mark.parametrize(("words", "status"), [({}, 422), ({"agreed": False}, 422), ({"agreed": True}, 200)])
async def test_given_what_a_customer_asked_for_when_changed_then_only_after_it_was_confirmed_with_the_customer(
    desk: Application, words: dict[str, bool], status: int
) -> None:
    csrf = await desk.sign_in("operator")
    number = await booked(desk, csrf)
    path = f"/api/v1/reservations/{number}"
    answer = await desk.client.post(f"{path}/confirm", json={**ASKED, **words}, headers=csrf)
    assert answer.status == status
    if status != 200:
        assert (await answer.json())["code"] == "change_not_agreed"
    (*_, note) = (await ask(desk, "GET", f"/reservations/{number}/changes", csrf))["items"]
    expected = ("confirmed", "a day later", True) if status == 200 else ("created", "", False)
    assert (note["action"], note["asked"], note["agreed"]) == expected


async def test_given_a_change_that_nobody_asked_for_when_made_then_nothing_need_be_confirmed(desk: Application) -> None:
    csrf = await desk.sign_in("operator")
    number = await booked(desk, csrf)
    done = await ask(desk, "POST", f"/reservations/{number}/confirm", csrf, {"why": "paid"})
    assert done["state"] == "confirmed"


async def test_given_a_change_when_the_next_role_is_told_then_it_stays_before_that_role_until_one_has_read_it(
    desk: Application,
) -> None:
    csrf = await desk.sign_in("operator")
    number = await booked(desk, csrf)
    await ask(desk, "POST", f"/reservations/{number}/confirm", csrf, {**ASKED, "agreed": True, "told": "front_desk"})
    assert await waiting(desk, "operator") == []
    assert await waiting(desk, "supervisor") == []

    (notice,) = await waiting(desk, "front_desk")
    assert (notice["number"], notice["action"], notice["asked"]) == (number, "confirmed", "a day later")
    csrf = await desk.sign_in("front_desk")
    for _ in range(2):
        await ask(desk, "PUT", f"/change-notices/{notice['id']}/read", csrf)
    assert await waiting(desk, "front_desk") == []

    (*_, note) = (await ask(desk, "GET", f"/reservations/{number}/changes", csrf))["items"]
    assert (note["told"], note["seen_by"], note["seen_at"] is not None) == ("front_desk", "front_desk", True)
    async with desk.database.read() as session:
        lines = select(AuditEntry).where(AuditEntry.action == "reservation.notice_read")
        (line,) = await session.scalars(lines)
    assert (line.username, line.subject_id) == ("front_desk", number)


async def test_given_a_notice_for_another_role_when_read_then_there_is_none(desk: Application) -> None:
    csrf = await desk.sign_in("operator")
    number = await booked(desk, csrf)
    await ask(desk, "POST", f"/reservations/{number}/confirm", csrf, {"why": "paid", "told": "department"})
    (notice,) = await waiting(desk, "department")
    csrf = await desk.sign_in("operator")
    answer = await desk.client.put(f"/api/v1/change-notices/{notice['id']}/read", headers=csrf)
    assert answer.status == 404
