"""The room chart: several rooms out of order at once, linked rooms by mouse and by keyboard."""

from __future__ import annotations

from typing import Any

import pytest_asyncio
from playwright.async_api import BrowserContext, Page, expect

from tests.application import NOON
from tests.browser.conftest import SignIn
from tests.browser.house import BrowserHouse
from tests.browser.test_prices_and_meetings import POST


@pytest_asyncio.fixture(autouse=True, loop_scope="session")
async def rooms(house: BrowserHouse, context: BrowserContext) -> None:
    """The sample hotel's rooms, and a clock that goes."""
    await house.application.add_rooms()
    await context.clock.install(time=NOON)
    await context.clock.resume()


async def test_given_rooms_picked_by_mouse_and_keyboard_when_taken_out_of_order_then_all_of_them_are(
    sign_in: SignIn,
) -> None:
    page = await sign_in("supervisor", "/rooms")
    await page.locator("[data-room='0301']").click(modifiers=["Control"])
    await page.locator("[data-room='0303']").press("Space")
    await page.get_by_role("button", name="Out of order", exact=True).click()
    dialog = page.get_by_role("dialog", name="Take 2 rooms out of order")
    await expect(dialog).to_contain_text("0301、0303")
    await dialog.get_by_label("Reason").fill("New carpets")
    await page.keyboard.press("Enter")
    for room, state in (("0301", "Out of order"), ("0302", "Vacant"), ("0303", "Out of order")):
        await expect(page.locator(f"[data-room='{room}']")).to_contain_text(state)


async def test_given_one_room_that_is_booked_when_several_are_taken_out_of_order_then_none_is_and_it_is_named(
    sign_in: SignIn,
) -> None:
    page = await sign_in("supervisor", "/rooms")
    wanted = {"type": "standard", "booker": "Mrs Carter", "arrival": "2026-11-22", "room": "0302"}
    status, made = await page.evaluate(POST, ["/reservations", wanted])
    assert status == 201, made
    for room in ("0301", "0302"):
        await page.locator(f"[data-room='{room}']").press("Space")
    await page.locator("[data-room='0301']").click(button="right")
    await page.get_by_role("menuitem", name="Out of order").press("Enter")
    dialog = page.get_by_role("dialog", name="Take 2 rooms out of order")
    await dialog.get_by_label("To the morning of").fill("2026-11-24")
    await dialog.get_by_label("Reason").fill("New carpets")
    await page.keyboard.press("Enter")
    await expect(dialog).to_contain_text("0302")
    await dialog.get_by_role("button", name="Close").last.click()
    await expect(page.locator("[data-room='0301']")).to_contain_text("Vacant")


async def test_given_two_rooms_with_guests_when_one_is_dragged_onto_the_other_then_they_are_linked_after_asking(
    sign_in: SignIn,
) -> None:
    page = await sign_in("front_desk", "/rooms")
    for room in ("0301", "0302"):
        await _check_in(page, room)
    await page.reload()
    one, two = page.locator("[data-room='0301']"), page.locator("[data-room='0302']")
    await one.drag_to(two)
    await page.get_by_role("dialog").get_by_role("button", name="Yes").click()
    await expect(one).to_contain_text("Linked with 0302")
    await expect(two).to_contain_text("Linked with 0301")

    await two.click(button="right")
    await page.get_by_role("menuitem", name="Link no longer").press("Enter")
    await page.get_by_role("dialog").get_by_role("button", name="Yes").click()
    await expect(one).not_to_contain_text("Linked with")


async def test_given_no_mouse_when_a_room_is_linked_from_its_menu_then_the_other_is_chosen_by_keyboard(
    sign_in: SignIn,
) -> None:
    page = await sign_in("front_desk", "/rooms")
    for room in ("0301", "0305"):
        await _check_in(page, room)
    await page.reload()
    room = page.locator("[data-room='0301']")
    await room.focus()
    await room.dispatch_event("contextmenu")
    await page.get_by_role("menuitem", name="Link with").press("Enter")
    await page.get_by_role("dialog").get_by_role("button", name="0305").press("Enter")
    await page.get_by_role("button", name="Yes").press("Enter")
    await expect(room).to_contain_text("Linked with 0305")


async def _check_in(page: Page, room: str) -> None:
    wanted: dict[str, Any] = {"room": room, "departure": "2026-11-23", "guests": [{"name": f"Guest of {room}"}]}
    status, made = await page.evaluate(POST, ["/stays", wanted])
    assert status == 201, made
