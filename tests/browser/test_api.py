"""The browsable description of the API: for anyone, from local files only, in both languages."""

from __future__ import annotations

from playwright.async_api import BrowserContext, expect

from tests.browser.house import BrowserHouse


async def test_given_nobody_signed_in_when_the_api_page_is_opened_then_routes_models_and_permissions_are_shown(
    house: BrowserHouse, context: BrowserContext
) -> None:
    page = await context.new_page()
    outside: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: None if request.url.startswith(house.address) else outside.append(request.url))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)

    await page.goto(f"{house.address}/api")
    operation = page.locator('[data-operation="create_user"]')
    await expect(operation).to_contain_text("permission: staff.manage")
    await operation.locator("summary").click()
    await expect(operation).to_contain_text("NewUserIn")
    await expect(operation.get_by_role("row", name="username").first).to_contain_text("required")

    await page.get_by_label("Filter by address, name or permission").fill("post recording")
    await expect(page.locator("[data-operation]")).to_have_count(2)
    await page.get_by_role("button", name="中文").click()
    await expect(page.get_by_role("heading", name="接口说明")).to_be_visible()
    assert outside == []
    assert [text for text in complaints if "401" not in text] == []
