"""Guest cards over HTTP: masked for those who need not know, revealed on record, exported on record."""

from __future__ import annotations

import io
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from callcenter.staff.models import AuditEntry
from tests.application import Application
from tests.unit.guests.test_cards import ID_CARD

ADDRESS = "/api/v1/guests"
MASKED_ID = "530***********" + ID_CARD[-4:]


async def _make(application: Application, csrf: dict[str, str], **card: Any) -> dict[str, Any]:
    answer = await application.client.post(ADDRESS, headers=csrf, json={"name": "张试验", **card})
    assert answer.status == 201, await answer.text()
    made: dict[str, Any] = await answer.json()
    return made


async def _logged(application: Application, action: str) -> AuditEntry:
    async with application.database.read() as session:
        return (await session.scalars(select(AuditEntry).where(AuditEntry.action == action))).one()


async def test_given_a_card_when_made_read_changed_and_listed_then_it_says_what_was_entered(
    application: Application,
) -> None:
    csrf = await application.sign_in("operator")
    made = await _make(application, csrf, numbers=[{"number": "138 0000 0001"}], note="喜欢\n安静")
    change = {"name": "张试验", "level": "vip", "version": made["version"], "numbers": [{"number": "13800000002"}]}
    changed = await application.client.put(f"{ADDRESS}/{made['id']}", headers=csrf, json=change)
    listed = await application.client.get(ADDRESS)
    shown = await application.client.get(f"{ADDRESS}/{made['id']}")

    assert made["numbers"] == [{"number": "+8613800000001", "kind": "mobile", "note": ""}]
    assert (made["note"], made["created_by"]) == ("喜欢\n安静", "operator")
    assert (await changed.json())["level"] == "vip"
    assert [row["id"] for row in (await listed.json())["items"]] == [made["id"]]
    assert (await shown.json())["numbers"][0]["number"] == "+8613800000002"


async def test_given_a_department_when_it_reads_a_card_then_numbers_and_documents_are_masked(
    application: Application,
) -> None:
    csrf = await application.sign_in("operator")
    papers = [{"type": "id_card", "number": ID_CARD}]
    made = await _make(application, csrf, numbers=[{"number": "13800000001"}], documents=papers)
    await application.sign_in("department")

    shown = await (await application.client.get(f"{ADDRESS}/{made['id']}")).json()
    guessed = await (await application.client.get(f"{ADDRESS}/search", params={"q": "13800000001"})).json()
    by_name = await (await application.client.get(f"{ADDRESS}/search", params={"q": "zsy"})).json()

    assert shown["numbers"][0]["number"] == "+86****0001"
    assert shown["documents"][0]["number"] == MASKED_ID
    assert guessed["items"] == []
    assert [row["id"] for row in by_name["items"]] == [made["id"]]


async def test_given_a_document_when_the_front_desk_reveals_it_then_the_reveal_is_logged(
    application: Application,
) -> None:
    csrf = await application.sign_in("front_desk")
    made = await _make(application, csrf, documents=[{"type": "id_card", "number": ID_CARD}])
    assert made["documents"][0]["number"] == MASKED_ID

    paper = made["documents"][0]["id"]
    revealed = await application.client.post(f"/api/v1/guest-documents/{paper}/reveal", headers=csrf)

    assert (await revealed.json())["number"] == ID_CARD
    entry = await _logged(application, "guest.document_revealed")
    assert (entry.username, entry.subject_id, entry.note) == ("front_desk", str(made["id"]), f"id_card {MASKED_ID}")


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
async def test_given_the_list_of_guests_when_exported_then_a_file_and_a_line_in_the_audit_log(
    application: Application, kind: str
) -> None:
    csrf = await application.sign_in("supervisor")
    await _make(application, csrf, numbers=[{"number": "13800000001"}])

    answer = await application.client.get(f"{ADDRESS}/export", params={"format": kind, "stage": "guest"})
    content = await answer.read()

    if kind == "csv":
        assert "张试验" in content.decode("utf-8-sig")
    else:
        sheet = load_workbook(io.BytesIO(content)).active
        assert sheet is not None
        assert [sheet["C2"].value, sheet["F2"].value] == ["张试验", "+8613800000001"]
    entry = await _logged(application, "list.exported")
    assert entry.after == {"rows": 1, "format": kind, "filter": f"format={kind}&stage=guest"}


async def test_given_a_listed_name_when_saved_then_the_page_is_told_whom_to_check(application: Application) -> None:
    csrf = await application.sign_in("operator")
    await _make(application, csrf, attention_colour="amber", attention_reason="投诉过噪音")

    warned = await application.client.post(ADDRESS, headers=csrf, json={"name": "张试验"})
    checked = await (await application.client.get(f"{ADDRESS}/name-check", params={"name": "张试验"})).json()
    seen = await application.client.post(ADDRESS, headers=csrf, json={"name": "张试验", "attention_seen": True})

    assert (warned.status, (await warned.json())["code"]) == (409, "attention_listed")
    assert [row["attention_reason"] for row in checked["attention"]] == ["投诉过噪音"]
    assert seen.status == 201


async def test_given_a_wrong_id_card_when_entered_then_the_words_of_the_house_are_shown(
    application: Application,
) -> None:
    csrf = await application.sign_in("operator")
    wrong = {"name": "张试验", "documents": [{"type": "id_card", "number": "530102199003070019"}]}

    answer = await application.client.post(ADDRESS, headers={**csrf, "Accept-Language": "zh"}, json=wrong)

    assert (answer.status, (await answer.json())["detail"]) == (422, "身份证号码有误")


async def test_given_a_company_when_filed_late_then_it_shows_and_cards_name_it(application: Application) -> None:
    csrf = await application.sign_in("supervisor")
    company = {"code": "C-001", "name": "试验旅行社", "contract_signed_on": "2026-11-10"}
    filed = await (await application.client.post("/api/v1/companies", headers=csrf, json=company)).json()
    again = await application.client.post("/api/v1/companies", headers=csrf, json=company)
    change = {**company, "contract_signed_on": "2026-11-18"}
    changed = await application.client.put(f"/api/v1/companies/{filed['id']}", headers=csrf, json=change)
    found = await (await application.client.get("/api/v1/companies", params={"q": "旅行"})).json()
    card = await _make(application, csrf, company_id=filed["id"])
    unknown = await application.client.post(ADDRESS, headers=csrf, json={"name": "李试验", "company_id": 4711})

    assert filed["filed_late"] is True
    assert (again.status, (await again.json())["code"]) == (409, "company_code_taken")
    assert (await changed.json())["filed_late"] is False
    assert [one["code"] for one in found["items"]] == ["C-001"]
    assert card["company"] == {"id": filed["id"], "code": "C-001", "name": "试验旅行社"}
    assert unknown.status == 404


async def test_given_many_cards_when_paged_then_each_is_shown_once(application: Application) -> None:
    csrf = await application.sign_in("operator")
    made = [(await _make(application, csrf, name=f"客{number}"))["id"] for number in range(5)]

    first = await (await application.client.get(ADDRESS, params={"limit": 3})).json()
    second = await (await application.client.get(ADDRESS, params={"limit": 3, "after": first["next"]})).json()

    assert [row["id"] for row in first["items"] + second["items"]] == made[::-1]
    assert second["next"] is None
