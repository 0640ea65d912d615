"""Calls and guests over HTTP: linked and unlinked with a reason, on record, shown in the guest's history."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from callcenter.calls.service import store
from callcenter.staff.models import AuditEntry
from tests.application import Application
from tests.unit.calls.builders import call


async def _call(application: Application, linkedid: str = "1763688600.1", start: float = 0) -> int:
    async with application.database.begin() as session:
        ids = await store(session, [call(linkedid, start=start, operator=3, end=60)], application.cadences)
    return next(iter(ids.values()))


async def _guest(application: Application, csrf: dict[str, str], name: str) -> int:
    answer = await application.client.post("/api/v1/guests", headers=csrf, json={"name": name})
    return int((await answer.json())["id"])


async def _history(application: Application, guest: int, **query: Any) -> dict[str, Any]:
    answer = await application.client.get(f"/api/v1/guests/{guest}/history", params=query)
    history: dict[str, Any] = await answer.json()
    return history


async def test_given_a_call_when_linked_and_unlinked_then_page_history_and_audit_log_say_so(
    application: Application,
) -> None:
    csrf = await application.sign_in("operator")
    number, guest = await _call(application), await _guest(application, csrf, "张试验")
    address = f"/api/v1/calls/{number}/links"
    wanted = {"subject_type": "guest", "subject_id": guest, "reason": "自报姓名"}

    linked = await application.client.post(address, headers=csrf, json=wanted)
    before = await _history(application, guest)
    link = (await linked.json())["items"][0]
    removal = f"/api/v1/call-links/{link['id']}/removal"
    unlinked = await application.client.post(removal, headers=csrf, json={"reason": "同名"})
    after = await _history(application, guest)

    assert linked.status == 201
    assert (link["name"], link["linked_by"], link["reason"], link["how"]) == (
        "张试验",
        "operator",
        "自报姓名",
        "by_hand",
    )
    assert [(one["kind"], one["subject_id"]) for one in before["items"]] == [("call", str(number))]
    assert (await unlinked.json())["items"][0]["unlink_reason"] == "同名"
    assert after["items"] == []
    async with application.database.read() as session:
        entries = (await session.scalars(select(AuditEntry).where(AuditEntry.subject_type == "call"))).all()
    assert [(entry.action, entry.note) for entry in entries] == [("call.linked", "自报姓名"), ("call.unlinked", "同名")]


async def test_given_what_calls_are_not_about_when_linked_then_refused(application: Application) -> None:
    csrf = await application.sign_in("operator")
    address = f"/api/v1/calls/{await _call(application)}/links"

    kind = await application.client.post(address, headers=csrf, json={"subject_type": "ghost", "subject_id": 1})
    guest = await application.client.post(address, headers=csrf, json={"subject_type": "guest", "subject_id": 1})
    gone = await application.client.post(
        "/api/v1/calls/4711/links", headers=csrf, json={"subject_type": "guest", "subject_id": 1}
    )

    assert [answer.status for answer in (kind, guest, gone)] == [422, 404, 404]


async def test_given_many_calls_of_a_guest_when_the_history_is_paged_then_each_is_shown_once(
    application: Application,
) -> None:
    csrf = await application.sign_in("operator")
    guest = await _guest(application, csrf, "张试验")
    numbers = []
    for place, start in enumerate((0, 60, 60, 60, 120)):
        number = await _call(application, f"1763688600.{place + 1}", start)
        await application.client.post(
            f"/api/v1/calls/{number}/links", headers=csrf, json={"subject_type": "guest", "subject_id": guest}
        )
        numbers.append(str(number))

    shown: list[str] = []
    page = await _history(application, guest, limit=2)
    while True:
        shown += [one["subject_id"] for one in page["items"]]
        if page["next"] is None:
            break
        page = await _history(application, guest, limit=2, after=page["next"])

    assert sorted(shown) == sorted(numbers)
    assert (shown[0], shown[-1]) == (numbers[-1], numbers[0])
