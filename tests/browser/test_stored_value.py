"""Stored value: money is taken at the member's card, and reconciled with finance on a page of its own."""

from __future__ import annotations

from typing import Any

from playwright.async_api import Page, expect

from tests.browser.conftest import SignIn
from tests.browser.test_prices_and_meetings import POST

ID_CARD = "110105199003070025"


async def test_given_a_member_when_topped_up_then_a_supervisor_reconciles_it_once(sign_in: SignIn) -> None:
    page = await sign_in("operator", "/guests")
    guest = await _post(
        page,
        "/guests",
        {
            "name": "张试验",
            "numbers": [{"number": "13800000009"}],
            "documents": [{"type": "id_card", "number": ID_CARD}],
        },
    )
    applied = await _post(
        page, f"/guests/{guest['id']}/memberships", {"address": "试验路1号", "in_person": True, "signed": True}
    )
    page = await sign_in("supervisor", f"/guests/{guest['id']}")
    await _post(page, f"/memberships/{applied['items'][0]['id']}/decision", {"issue": True, "remark": ""})
    await page.reload()
    await page.get_by_role("button", name="Top up").click()
    dialog = page.get_by_role("dialog", name="Top up for 张试验")
    await dialog.get_by_role("button", name="Top up").click()
    await expect(dialog).to_contain_text("Please give an amount")
    await dialog.get_by_label("Amount (¥)").fill("500")
    await dialog.get_by_label("Paid by").select_option("wechat")
    await dialog.get_by_role("button", name="Top up").click()
    await page.get_by_role("dialog").get_by_role("button", name="Yes").click()
    await expect(page.get_by_text("¥500 paid in; it is reconciled with finance the next day.")).to_be_visible()

    await page.goto(page.url.partition("/guests")[0] + "/guests?tab=storedValue")
    row = page.get_by_role("row", name="张试验")
    await expect(row).to_contain_text("WeChat")
    await row.get_by_role("checkbox").check()
    await expect(page.get_by_text("1 chosen, ¥500")).to_be_visible()
    await page.get_by_role("button", name="Reconciled").click()
    await page.get_by_role("dialog").get_by_role("button", name="Yes").click()
    await expect(page.get_by_text("Nothing waits to be reconciled")).to_be_visible()


async def _post(page: Page, path: str, body: dict[str, Any]) -> Any:
    status, made = await page.evaluate(POST, [path, body])
    assert status in (200, 201), made
    return made
