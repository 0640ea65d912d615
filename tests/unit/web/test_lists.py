"""Any list as a file: every list of the API has its export, which holds what the list shows, on record."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from callcenter.staff.models import AuditEntry
from callcenter.staff.roles import Role
from callcenter.web import export as exporting
from tests.application import Application

NOT_FILES = {
    "/api/v1/status": "the bar at the top of every page",
    "/api/v1/desk/me/state": "what one person does now, and choices of a form",
    "/api/v1/desk/phones": "choices of a form",
    "/api/v1/floor": "the moment, on a board",
    "/api/v1/roster": "a week to plan in, and a picture of it",
    "/api/v1/shift-swaps": "questions that wait for an answer",
    "/api/v1/handovers/draft": "part of a form",
    "/ready": "for machines",
    "/api/v1/session": "who is signed in",
    "/api/v1/roles": "what the roles may do: part of the program",
    "/api/v1/guest-levels": "choices of a form, from the settings",
    "/api/v1/reservation-form": "choices of a form",
    "/api/v1/availability": "an offer while booking",
    "/api/v1/reservations/{number}/free-rooms": "an offer while booking",
    "/api/v1/room-chart": "a picture of one day; rooms and bookings are files of their own",
    "/api/v1/room-plan": "a picture; rooms and bookings are files of their own",
    "/api/v1/guests/search": "a search box",
    "/api/v1/call-subjects": "a search box",
    "/api/v1/guests/name-check": "a check while typing",
    "/api/v1/free-rooms": "a choice while booking",
    "/api/v1/known-persons": "a check while typing",
    "/api/v1/guests/{id}/merge-preview": "a question before merging",
    "/api/v1/guests/{id}": "one card",
    "/api/v1/guests/{id}/history": "part of one card's page",
    "/api/v1/guests/{id}/claims": "part of one card's page",
    "/api/v1/guests/{id}/merges": "part of one card's page",
    "/api/v1/guests/{id}/memberships": "part of one card's page",
    "/api/v1/calls/{id}": "one call",
    "/api/v1/calls/{id}/links": "part of one call's page",
    "/api/v1/reservations/{number}": "one booking, which is printed",
    "/api/v1/reservations/{number}/changes": "part of one booking's page",
    "/api/v1/change-notices": "a pop-up: what one's own role has not read yet; the notes stand with the bookings",
    "/api/v1/calls/{id}/caller-marks": "part of one call's page",
    "/api/v1/interpreters": "choices of a form, from the settings",
    "/api/v1/emergencies": "the way to records, each of which is printed",
    "/api/v1/emergencies/{id}": "one emergency, which is printed",
    "/api/v1/stays/{id}": "one stay, whose folio is printed",
}
"""Answers that hold lists and are no lists to take along, because."""

SPAN = {"from": "2026-11-01", "to": "2026-12-01"}
INSTANTS = {"from": "2026-11-21T00:00:00Z", "to": "2026-11-22T00:00:00Z"}
ASKED = {
    "/api/v1/agents/times": INSTANTS,
    "/api/v1/calls/figures": INSTANTS,
    "/api/v1/missed-cards": INSTANTS,
    "/api/v1/day-prices": SPAN,
    "/api/v1/hotel-calendar": SPAN,
    "/api/v1/reservation-figures": SPAN,
    "/api/v1/audit-runs": SPAN,
}
"""What these lists must be asked with."""


def _lists(document: dict[str, Any]) -> Iterator[str]:
    """Go through the addresses whose answer holds a list."""
    schemas = document["components"]["schemas"]
    for path, methods in document["paths"].items():
        content = methods.get("get", {}).get("responses", {}).get("200", {}).get("content", {})
        reference = content.get("application/json", {}).get("schema", {}).get("$ref", "")
        model = schemas.get(reference.rpartition("/")[2], {})
        if any(field.get("type") == "array" for field in model.get("properties", {}).values()):
            yield path


def _files(document: dict[str, Any]) -> list[str]:
    return [path for path in document["paths"] if "/export" in path]


async def _document(application: Application) -> dict[str, Any]:
    document: dict[str, Any] = await (await application.client.get("/api/v1/openapi.json")).json()
    return document


async def test_given_a_list_of_the_api_when_it_has_no_file_then_it_is_an_exception_with_a_reason(
    whole: Application,
) -> None:
    document = await _document(whole)

    lists, files = set(_lists(document)), _files(document)

    without = {path for path in lists if not any(file.startswith(f"{path}/export") for file in files)}
    assert without == set(NOT_FILES)
    assert {file.partition("/export")[0] for file in files} == lists - without


async def test_given_every_file_when_fetched_then_its_headings_are_there_in_both_kinds_and_it_is_on_record(
    whole: Application,
) -> None:
    document = await _document(whole)
    await whole.sign_in("admin")

    for path in _files(document):
        asked = ASKED.get(path.partition("/export")[0], {})
        answer = await whole.client.get(path, params={**asked, "format": "csv"}, headers={"Accept-Language": "en"})
        assert answer.status == 200, (path, await answer.text())
        headings = next(csv.reader(io.StringIO((await answer.read()).decode("utf-8-sig"))))
        answer = await whole.client.get(path, params={**asked, "format": "xlsx"}, headers={"Accept-Language": "zh"})
        sheet = load_workbook(io.BytesIO(await answer.read())).active
        assert sheet is not None
        assert len(headings) == len(set(headings)) == sheet.max_column, path
        assert not {str(cell.value) for cell in sheet[1]} & set(headings), path

    async with whole.database.read() as session:
        entries = (await session.scalars(select(AuditEntry).where(AuditEntry.action == "list.exported"))).all()
    assert len(entries) == 2 * len(_files(document))
    assert all(entry.username == "admin" and entry.after is not None for entry in entries)


async def test_given_every_file_when_described_then_it_takes_the_filters_of_its_list_and_not_its_paging(
    whole: Application,
) -> None:
    document = await _document(whole)

    for path in _files(document):
        own = document["paths"][path]["get"]
        of_list = document["paths"][path.partition("/export")[0]]["get"]
        taken = {one["name"] for one in own["parameters"]}
        assert taken == {one["name"] for one in of_list["parameters"]} - {"limit", "after"} | {"format"}, path
        assert own["x-permission"] == of_list["x-permission"] or own["x-permission"].endswith(".export"), path


async def test_given_a_list_of_several_pages_when_exported_then_every_row_is_in_the_file_once(
    whole: Application,
) -> None:
    async with whole.database.begin() as session:
        for number in range(450):
            session.add(_entry(whole, number, "user.changed"))
        session.add(_entry(whole, 999, "user.created"))
    await whole.sign_in("manager")

    answer = await whole.client.get("/api/v1/audit/export", params={"format": "csv", "action": "user.changed"})

    rows = list(csv.DictReader(io.StringIO((await answer.read()).decode("utf-8-sig"))))
    assert sorted(int(row["对象编号"]) for row in rows) == list(range(450))


async def test_given_a_list_longer_than_a_file_when_exported_then_refused_with_the_limit_and_nothing_on_record(
    whole: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "MOST_ROWS", len(Role) - 1)
    await whole.sign_in("admin")

    answer = await whole.client.get("/api/v1/users/export")

    assert (answer.status, (await answer.json())["code"]) == (422, "too_many_rows")
    async with whole.database.read() as session:
        assert (await session.scalars(select(AuditEntry).where(AuditEntry.action == "list.exported"))).all() == []


async def test_given_a_filter_that_the_list_refuses_when_exported_then_refused_likewise(whole: Application) -> None:
    await whole.sign_in("admin")

    backwards = {"from": SPAN["to"], "to": SPAN["from"]}
    answer = await whole.client.get("/api/v1/reservation-figures/export/days", params=backwards)
    paged = await whole.client.get("/api/v1/audit/export", params={"limit": "1"})

    assert (answer.status, paged.status) == (422, 422)


def _entry(application: Application, number: int, action: str) -> AuditEntry:
    return AuditEntry(
        at=application.clock.now(),
        user_id=None,
        username="somebody",
        action=action,
        subject_type="user",
        subject_id=str(number),
        note="",
        address="",
    )
