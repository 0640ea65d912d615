"""Any list taken along as a file, with the filters that the page shows."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from playwright.async_api import expect

from callcenter.web import export
from tests.browser.conftest import SignIn
from tests.browser.house import BrowserHouse
from tests.unit.calls.builders import call

BY_OPERATOR = call("1.1", start=0, operator=8, end=70, caller="13800001111", talk_seconds=62.0)
LATE = call("1.2", start=100, operator=17, end=60, caller="13800002222", line="4002", talk_seconds=43.0)
THREE_DAYS_AGO = call("1.4", start=-3 * 86_400, operator=4, end=30, caller="13800004444")


async def test_given_a_filtered_list_when_exported_by_keyboard_then_the_file_holds_what_the_page_shows(
    house: BrowserHouse, sign_in: SignIn, tmp_path: Path
) -> None:
    await house.store(BY_OPERATOR, LATE, THREE_DAYS_AGO)
    page = await sign_in("operator", "/calls?late=true")
    await expect(page.locator("tr[data-call-id]")).to_have_count(1)

    await page.get_by_role("button", name="Export").focus()
    async with page.expect_download() as downloading:
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("menuitem", name="Excel (XLSX)")).to_be_focused()
        await page.keyboard.press("ArrowDown")
        await expect(page.get_by_role("menuitem", name="CSV")).to_be_focused()
        await page.keyboard.press("Enter")
    download = await downloading.value

    assert download.suggested_filename == "Calls 2026-11-21.csv"
    await download.save_as(tmp_path / "calls.csv")
    with (tmp_path / "calls.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["Caller"], row["Started"]) for row in rows] == [("13800002222", "2026-11-21 09:31")]


async def test_given_a_list_longer_than_a_file_when_exported_then_the_page_says_how_long_one_may_be(
    house: BrowserHouse, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "MOST_ROWS", 1)
    await house.store(BY_OPERATOR, LATE)
    page = await sign_in("operator", "/calls")

    await page.get_by_role("button", name="Export").click()
    await page.get_by_role("menuitem", name="Excel (XLSX)").click()

    await expect(page.get_by_role("alert").filter(has_text="at most 1 rows")).to_be_visible()
