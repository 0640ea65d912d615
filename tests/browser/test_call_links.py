"""What a call was about: guest, booking and stay are found in one box, linked by keyboard and taken back."""

from __future__ import annotations

import pytest_asyncio
from playwright.async_api import BrowserContext, expect

from tests.application import NOON
from tests.browser.conftest import SignIn
from tests.browser.house import BrowserHouse
from tests.unit.calls.builders import call


@pytest_asyncio.fixture(autouse=True, loop_scope="session")
async def rooms(house: BrowserHouse, context: BrowserContext) -> None:
    """The sample hotel's rooms and a clock that goes."""
    await house.application.add_rooms()
    await context.clock.install(time=NOON)
    await context.clock.resume()


async def test_given_a_call_when_guest_booking_and_stay_are_linked_by_keyboard_then_each_leads_to_its_page_and_back(
    house: BrowserHouse, sign_in: SignIn
) -> None:
    (number,) = (await house.store(call(operator=4, end=60))).values()
    page = await sign_in("front_desk", "/calls")
    csrf = await page.evaluate("async () => (await (await fetch('/api/v1/session')).json()).csrf")
    for path, body in (
        ("/reservations", {"type": "suite", "booker": "林示例", "phone": "13800000001"}),
        ("/stays", {"room": "0301", "departure": "2026-11-23", "guests": [{"name": "林示例"}]}),
    ):
        made = await page.request.post(f"{house.address}/api/v1{path}", data=body, headers={"X-CSRF-Token": csrf})
        assert made.ok, await made.text()
    await page.goto(f"{house.address}/calls/{number}")

    box = page.get_by_role("combobox", name="Guest, booking or stay")
    for place, (kind, reason) in enumerate((("Guest", ""), ("Booking", "later arrival"), ("Stay", "extra towels"))):
        await box.fill("林示例")
        await expect(page.get_by_role("option")).to_have_count(3)
        for _ in range(place):
            await page.keyboard.press("ArrowDown")
        await expect(page.locator('[role="option"][aria-selected="true"]')).to_contain_text(kind)
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("textbox", name="Why (optional)")).to_be_focused()
        await page.keyboard.type(reason)
        await page.keyboard.press("Enter")
        await expect(box).to_be_focused()
    links = page.locator(".links li")
    await expect(links).to_have_count(3)
    await expect(links.nth(1)).to_contain_text("later arrival")

    await links.nth(1).get_by_role("link").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("26000001")
    await page.get_by_role("link", name="Guest card").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("林示例")
    await page.locator('[data-kind="booking"]').get_by_role("link").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("26000001")

    await page.goto(f"{house.address}/calls/{number}")
    await links.nth(2).get_by_role("button", name="Unlink").click()
    await page.get_by_role("dialog").get_by_role("textbox").fill("another guest")
    await page.get_by_role("dialog").get_by_role("button", name="Unlink").click()
    await expect(links.nth(2)).to_contain_text("another guest")
