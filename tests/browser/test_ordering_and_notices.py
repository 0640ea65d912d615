"""Lists sorted and put in groups at their heads; a change that the next role is told of at once."""

from __future__ import annotations

from typing import Any

import pytest_asyncio
from playwright.async_api import BrowserContext, Page, expect

from tests.application import NOON
from tests.browser.conftest import SignIn
from tests.browser.house import BrowserHouse
from tests.browser.test_bookings_kept import POST


@pytest_asyncio.fixture(autouse=True, loop_scope="session")
async def rooms(house: BrowserHouse, context: BrowserContext) -> None:
    """The sample hotel's rooms, and a clock that goes: while it stands, Vue takes a key only once on its way up."""
    await house.application.add_rooms()
    await context.clock.install(time=NOON)
    await context.clock.resume()


async def book(page: Page, booker: str, **other: Any) -> str:
    """Book a room and return the booking's number."""
    status, made = await page.evaluate(POST, ["/reservations", {"type": "standard", "booker": booker, **other}])
    assert status == 201, made
    return str(made["number"])


async def shown(page: Page) -> list[str]:
    """The numbers of the bookings in the order in which they stand."""
    found = await page.locator("tr[data-number]").all()
    return [str(await row.get_attribute("data-number")) for row in found]


async def test_given_a_list_when_a_head_is_pressed_and_dragged_then_it_is_sorted_and_stands_in_groups(
    sign_in: SignIn,
) -> None:
    page = await sign_in("supervisor", "/reservations")
    first = await book(page, "Mrs Carter", arrival="2026-12-03", departure="2026-12-05")
    second = await book(page, "Mr Adams", arrival="2026-12-01", departure="2026-12-02", confirm=True)
    third = await book(page, "Ms Baker", arrival="2026-12-02", departure="2026-12-03")
    await page.reload()
    await expect(page.locator("tr[data-number]")).to_have_count(3)
    assert await shown(page) == [third, second, first]

    head = page.get_by_role("columnheader", name="Sort by Arrival")
    await head.get_by_role("button").click()
    await expect(head).to_have_attribute("aria-sort", "ascending")
    await expect(page.locator("tr[data-number]").first).to_have_attribute("data-number", second)
    assert await shown(page) == [second, third, first]
    await head.get_by_role("button").click()
    await expect(page.locator("tr[data-number]").first).to_have_attribute("data-number", first)
    await page.reload()
    await expect(page.locator("tr[data-number]").first).to_have_attribute("data-number", first)

    choice = page.get_by_label("Group by")
    await page.get_by_role("columnheader", name="Sort by State").drag_to(choice)
    await expect(choice).to_have_value("state")
    groups = page.locator(".group-row")
    await expect(groups).to_have_count(2)
    await expect(groups.first).to_contain_text("Confirmed 1")
    await expect(groups.last).to_contain_text("Unconfirmed 2")
    await choice.select_option("")
    await expect(groups).to_have_count(0)


async def test_given_a_change_that_the_guest_asked_for_when_saved_then_confirmed_first_and_the_desk_is_told(
    sign_in: SignIn, context: BrowserContext, house: BrowserHouse
) -> None:
    page = await sign_in("operator", "/reservations")
    number = await book(page, "Mrs Carter")
    await page.goto(f"{house.address}/reservations/{number}")
    await page.get_by_role("button", name="Cancel booking").click()
    dialog = page.get_by_role("dialog", name="Cancel booking")
    await dialog.get_by_label("Reason").fill("journey put off")
    await dialog.get_by_label("What the guest asked for").fill("to come in spring")
    await dialog.get_by_label("Tell").select_option("front_desk")
    await dialog.get_by_role("button", name="Cancel booking").click()
    await expect(dialog).to_contain_text("confirm with the guest")
    await dialog.get_by_text("Confirmed with the guest").click()
    await dialog.get_by_role("button", name="Cancel booking").click()
    history = page.get_by_role("region", name="History")
    await expect(history).to_contain_text("Asked for: to come in spring. Confirmed with the guest, dealt with.")
    await expect(history).to_contain_text("not read yet")

    desk = await sign_in("front_desk", "/rooms")
    notice = desk.locator("[data-notice]")
    await expect(notice).to_contain_text(f"Cancelled: booking {number}")
    await expect(notice).to_contain_text("to come in spring · journey put off")
    await notice.get_by_role("button", name="Read").click()
    await expect(notice).to_have_count(0)
    await desk.goto(f"{house.address}/reservations/{number}")
    await expect(desk.get_by_role("region", name="History")).to_contain_text("read by front_desk")
