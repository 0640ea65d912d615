"""The audit log: who did what, when, with before and after; read newest first by those who may."""

from datetime import timedelta
from typing import Any

from tests.application import Application


async def test_given_entries_when_read_page_by_page_then_each_comes_once_newest_first(
    application: Application,
) -> None:
    await _record(application, *(("recording.listened", str(number)) for number in range(5)))
    await application.sign_in("manager")
    seen: list[str] = []
    cursor: str | None = ""

    while cursor is not None:
        page = await _get(application, f"/api/v1/audit?action=recording.listened&limit=2&after={cursor}")
        seen += [item["subject_id"] for item in page["items"]]
        cursor = page["next"]

    assert seen == ["4", "3", "2", "1", "0"]


async def test_given_an_entry_when_read_then_it_has_the_contracts_fields(application: Application) -> None:
    await _record(application, ("password.changed", "7"))
    await application.sign_in("manager")

    (item,) = (await _get(application, "/api/v1/audit?user=op1"))["items"]

    assert item.pop("id") > 0
    assert item == {
        "at": "2026-11-21T04:00:00Z",
        "user": "op1",
        "action": "password.changed",
        "subject_type": "thing",
        "subject_id": "7",
        "before": {"state": "旧"},
        "after": None,
        "note": "why",
        "address": "192.0.2.1",
    }


async def test_given_a_span_when_read_then_only_entries_within_it_come(application: Application) -> None:
    await _record(application, ("a", "1"))
    application.clock.advance(timedelta(hours=1))
    await _record(application, ("a", "2"))
    await application.sign_in("manager")

    found = await _get(application, "/api/v1/audit?action=a&from=2026-11-21T04:30:00Z&to=2026-11-21T06:00:00Z")

    assert [item["subject_id"] for item in found["items"]] == ["2"]


class _Someone:
    user_id = None
    username = "op1"


async def _record(application: Application, *actions: tuple[str, str]) -> None:
    async with application.database.begin() as session:
        for action, subject in actions:
            application.audit(
                session,
                _Someone(),
                action,
                ("thing", subject),
                before={"state": "旧"},
                note="why",
                address="192.0.2.1",
            )
            await session.flush()


async def _get(application: Application, path: str) -> Any:
    answer = await application.client.get(path)
    assert answer.status == 200, await answer.text()
    return await answer.json()
