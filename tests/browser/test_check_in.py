"""Check-in at the reception: who is recognised fills the form in, a late no-show is registered from its page."""

from __future__ import annotations

from datetime import timedelta

import pytest_asyncio
from playwright.async_api import BrowserContext, Page, expect

from callcenter.reservations import acts, store
from callcenter.reservations.rules import Note
from tests.application import NOON
from tests.browser.conftest import SignIn
from tests.browser.house import BrowserHouse
from tests.browser.test_bookings_kept import POST
from tests.unit.stays.reception import Colleague

CARD = {
    "name": "钱示例",
    "numbers": [{"number": "13800000081"}],
    "address": "示例路 8 号",
    "documents": [{"type": "id_card", "number": "110101199001011237"}],
}


@pytest_asyncio.fixture(autouse=True, loop_scope="session")
async def rooms(house: BrowserHouse, context: BrowserContext) -> None:
    """The sample hotel's rooms, and a clock that goes."""
    await house.application.add_rooms()
    await context.clock.install(time=NOON)
    await context.clock.resume()


async def sent(page: Page, path: str, body: dict[str, object]) -> dict[str, object]:
    """Do something at the reception without its page."""
    status, made = await page.evaluate(POST, [path, body])
    assert status == 201, made
    return dict(made)


async def test_given_a_guest_of_the_house_when_the_name_is_typed_and_confirmed_then_the_form_fills_itself_in(
    sign_in: SignIn,
) -> None:
    page = await sign_in("front_desk", "/stays/new")
    await sent(page, "/guests", CARD)
    await page.locator('input[name="room"]').fill("0301")
    await page.locator('input[name="name-0"]').fill("钱示例")
    known = page.get_by_role("region", name="Is it one of these guests? Choosing fills the form in")
    await known.get_by_role("button", name="钱示例").click()

    await expect(page.locator('input[name="address-0"]')).to_have_value("示例路 8 号")
    await expect(page.locator('input[name="document-0"]')).to_have_attribute("placeholder", "110***********1237")
    await page.get_by_role("button", name="Check in", exact=True).click()
    await expect(page.get_by_role("region", name="Stay")).to_contain_text("110101199001011237")


async def test_given_a_booking_when_its_guest_arrives_then_its_data_stand_in_the_form(sign_in: SignIn) -> None:
    page = await sign_in("front_desk", "/stays")
    booking = {"type": "suite", "booker": "Carter", "phone": "13800000082", "arrival": "2026-11-21", "room": "0501"}
    made = await sent(page, "/reservations", {**booking, "company": "Example Ltd", "departure": "2026-11-23"})
    await page.goto(page.url.replace("/stays", f"/stays/new?booking={made['number']}"))

    await expect(page.locator('input[name="room"]')).to_have_value("0501")
    await expect(page.locator('input[name="name-0"]')).to_have_value("Carter")
    await expect(page.get_by_label("Departure")).to_have_value("2026-11-23")
    await expect(page.locator('input[name="price"]')).to_have_attribute("placeholder", "Empty: 1,688.00 as booked")
    await page.get_by_role("button", name="Check in", exact=True).click()
    await expect(page.get_by_role("region", name="Stay")).to_contain_text("Example Ltd")


async def test_given_a_no_show_who_comes_late_when_checked_in_from_the_page_then_the_booking_is_back(
    house: BrowserHouse, sign_in: SignIn
) -> None:
    page = await sign_in("front_desk", "/stays")
    booking = {"type": "suite", "booker": "Carter", "arrival": "2026-11-21", "room": "0501", "confirm": True}
    made = await sent(page, "/reservations", {**booking, "departure": "2026-11-23"})
    application = house.application
    application.clock.set(NOON + timedelta(hours=4))
    desk = application.stays.bookings.desk
    async with application.database.begin() as session:
        late = await store.locked(session, str(made["number"]))
        await acts.no_show(session, desk, late, Colleague(), Note(why="nobody came"))

    await page.goto(page.url.replace("/stays", "/no-shows"))
    await page.get_by_role("button", name="Check in").click()
    await expect(page.get_by_text("is a no-show; checking in brings it back")).to_be_visible()
    await page.locator('input[name="room"]').fill("0502")
    await page.get_by_role("button", name="Check in", exact=True).click()
    await expect(page.get_by_role("heading", name="Room 0502")).to_be_visible()


async def test_given_a_suite_for_today_when_booked_then_the_room_is_asked_for_and_chosen_at_once(
    sign_in: SignIn,
) -> None:
    page = await sign_in("operator", "/booking/new?arrival=2026-11-21&type=suite")
    await expect(page.get_by_text("Arrives today: choose")).to_be_visible()
    await page.locator('select[name="room"]').select_option("0502")
    await page.get_by_label("Name (surname is enough)").fill("Mrs Carter")
    await page.keyboard.press("Control+Enter")
    await page.get_by_role("link", name="Open the booking").click()
    await expect(page.get_by_role("region", name="Booking", exact=True)).to_contain_text("0502")
