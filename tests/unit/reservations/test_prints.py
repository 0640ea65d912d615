"""What is printed is on record (requirements 11)."""

from __future__ import annotations

from sqlalchemy import select

from callcenter.staff.models import AuditEntry
from tests.application import Application


async def test_given_a_form_when_printed_then_who_printed_which_days_is_in_the_audit_log(
    application: Application,
) -> None:
    csrf = await application.sign_in("front_desk")
    wanted = {"form": "rooms", "from": "2026-11-21", "to": "2026-11-27"}
    answer = await application.client.post("/api/v1/prints", json=wanted, headers=csrf)
    assert answer.status == 204
    async with application.database.read() as session:
        (line,) = await session.scalars(select(AuditEntry).where(AuditEntry.action == "form.printed"))
    assert (line.username, line.subject_type, line.subject_id) == ("front_desk", "form", "rooms")
    assert line.after == {"from": "2026-11-21", "to": "2026-11-27"}


async def test_given_a_form_that_there_is_not_when_printed_then_refused(application: Application) -> None:
    csrf = await application.sign_in("front_desk")
    wanted = {"form": "guests", "from": "2026-11-21", "to": "2026-11-27"}
    answer = await application.client.post("/api/v1/prints", json=wanted, headers=csrf)
    assert answer.status == 422
