"""The list of bookings as a file: what the list shows, for those who may, on record."""

from __future__ import annotations

import csv
import io

from openpyxl import load_workbook
from sqlalchemy import select

from callcenter.staff.models import AuditEntry
from tests.application import Application


async def _book(application: Application) -> str:
    csrf = await application.sign_in("supervisor")
    await application.add_rooms()
    for booker, kind in (("林示例", "suite"), ("Sample Carter", "standard")):
        answer = await application.client.post(
            "/api/v1/reservations", json={"type": kind, "booker": booker}, headers=csrf
        )
        assert answer.status == 201
    return "/api/v1/reservations/export"


async def test_given_a_filtered_list_when_exported_as_csv_then_only_its_rows_in_yuan(application: Application) -> None:
    address = await _book(application)

    answer = await application.client.get(address, params={"format": "csv", "type": "suite"})
    rows = list(csv.DictReader(io.StringIO((await answer.read()).decode("utf-8-sig"))))

    assert [(row["预定人"], row["总价（元）"], row["预离店日期"]) for row in rows] == [("林示例", "1688", "2026-11-23")]


async def test_given_a_list_when_exported_as_xlsx_then_the_export_is_in_the_audit_log(application: Application) -> None:
    address = await _book(application)

    answer = await application.client.get(address, params={"format": "xlsx"}, headers={"Accept-Language": "en"})
    sheet = load_workbook(io.BytesIO(await answer.read())).active
    assert sheet is not None
    names = [row[4] for row in sheet.iter_rows(values_only=True)]
    async with application.database.read() as session:
        entry = (await session.scalars(select(AuditEntry).where(AuditEntry.action == "list.exported"))).one()

    assert names == ["Booked by", "Sample Carter", "林示例"]
    assert (entry.username, entry.after) == ("supervisor", {"rows": 2, "format": "xlsx", "filter": "format=xlsx"})


async def test_given_an_operator_when_exporting_then_refused(application: Application) -> None:
    address = await _book(application)
    await application.sign_in("operator")

    answer = await application.client.get(address, params={"format": "csv"})

    assert answer.status == 403
