"""Numbers and rooms that are never recorded are kept by the exchange; every change is in the audit log."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_aiohttp.plugin import AiohttpClient
from sqlalchemy import select

from callcenter.db import Database
from callcenter.staff.models import AuditEntry
from recordings import exclusions
from tests.application import Application


@pytest.fixture
async def application(database: Database, tmp_path: Path, aiohttp_client: AiohttpClient) -> Application:
    application = Application(database, tmp_path / "pages")
    exclusions.setup(application.web, exclusions.ExclusionParts(application.telephony))
    await application.add_users()
    application.client = await aiohttp_client(application.web)
    return application


async def test_given_a_supervisor_when_a_number_is_excluded_and_taken_back_then_the_exchange_and_the_audit_log_know(
    application: Application, database: Database
) -> None:
    token = await application.sign_in("supervisor")
    for method in ("PUT", "DELETE"):
        answer = await application.client.request(method, "/api/v1/recording-exclusions/13812345678", headers=token)
        assert answer.status == 204

    assert application.telephony.asked == [("exclude", ("13812345678", True)), ("exclude", ("13812345678", False))]
    async with database.read() as session:
        entries = await session.scalars(select(AuditEntry).where(AuditEntry.subject_type == "number"))
        actions = [(entry.action, entry.subject_id, entry.username) for entry in entries]
    assert actions == [
        ("recording.excluded", "13812345678", "supervisor"),
        ("recording.included", "13812345678", "supervisor"),
    ]


async def test_given_a_supervisor_when_asking_then_the_exchanges_list_is_shown(application: Application) -> None:
    await application.sign_in("supervisor")
    answer = await application.client.get("/api/v1/recording-exclusions")
    assert await answer.json() == {"numbers": ["0301", "13812345678"]}


@pytest.mark.parametrize("number", ["anonymous", "12", "1" * 21, "123;drop"])
async def test_given_no_number_when_excluding_then_it_is_refused(application: Application, number: str) -> None:
    token = await application.sign_in("supervisor")
    answer = await application.client.put(f"/api/v1/recording-exclusions/{number}", headers=token)
    assert (answer.status, (await answer.json())["code"]) == (422, "invalid_input")
    assert application.telephony.asked == []


async def test_given_an_operator_when_excluding_then_it_is_not_permitted(application: Application) -> None:
    token = await application.sign_in("operator")
    answer = await application.client.put("/api/v1/recording-exclusions/13812345678", headers=token)
    assert (answer.status, (await answer.json())["code"]) == (403, "not_permitted")
