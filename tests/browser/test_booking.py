"""Booking by keyboard while the caller speaks."""

from __future__ import annotations

import re

import pytest_asyncio
from playwright.async_api import BrowserContext, Page, expect

from tests.application import NOON
from tests.browser.conftest import SignIn
from tests.browser.house import BrowserHouse
from tests.unit.calls.builders import call

MOST_KEYS = 30
"""Far less than what a minute holds: an operator presses two to three keys a second."""


class Keys:
    """A keyboard that counts how often it is pressed; text counts by letter."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self.pressed = 0

    async def press(self, *keys: str) -> None:
        for key in keys:
            self.pressed += 1
            await self._page.keyboard.press(key)

    async def write(self, text: str) -> None:
        self.pressed += len(text)
        await self._page.keyboard.type(text)


@pytest_asyncio.fixture(autouse=True, loop_scope="session")
async def rooms(house: BrowserHouse, context: BrowserContext) -> None:
    """The sample hotel's rooms, and a clock that goes: while it stands, Vue takes a key only once on its way up."""
    await house.application.add_rooms()
    await context.clock.install(time=NOON)
    await context.clock.resume()


async def test_given_a_caller_when_the_operator_books_by_keyboard_then_few_keys_do_it(
    house: BrowserHouse, sign_in: SignIn
) -> None:
    page = await sign_in("operator", "/calls")
    await expect(page.get_by_role("heading", name="Call records")).to_be_visible()
    keys = Keys(page)
    await keys.press("F2")
    await expect(page.get_by_role("radio", name="Deluxe double room")).to_have_count(1)
    await expect(page.locator("[name='room-type']:focus")).to_have_count(1)
    await keys.press("2", "Enter")
    await expect(page.get_by_label("Arrival")).to_be_focused()
    await keys.press("Enter")
    await keys.press("2", "Enter")
    await keys.write("Mrs Carter")
    await expect(page.get_by_text("Let me read that back: Mrs Carter")).to_contain_text(
        "arriving on Sunday 22 November at about 14:00, leaving on Tuesday 24 November, 2 nights"
    )
    await expect(page.get_by_text("¥1,376", exact=True)).to_be_visible()
    await keys.press("Control+Enter")
    done = page.get_by_role("status", name="Booked")
    await expect(done).to_contain_text("Confirmed")
    assert keys.pressed <= MOST_KEYS
    await done.get_by_role("link", name="Open the booking").press("Enter")
    await expect(page.get_by_text("Mrs Carter")).to_be_visible()
    await expect(page.get_by_role("region", name="Booking", exact=True)).to_contain_text("Deluxe double room")


async def test_given_a_call_when_it_is_booked_on_then_the_number_is_filled_in_and_the_call_linked(
    house: BrowserHouse, sign_in: SignIn
) -> None:
    (number,) = (await house.store(call("8.1"))).values()
    page = await sign_in("operator", f"/calls/{number}")
    await expect(page.get_by_role("heading", level=1)).to_be_visible()
    await page.keyboard.press("F2")
    await expect(page.get_by_role("textbox", name="Phone")).to_have_value(re.compile("^[0-9+]+$"))
    await expect(page.locator("[name='room-type']:focus")).to_have_count(1)
    await page.keyboard.press("1")
    await page.get_by_label("Name (surname is enough)").fill("王")
    await page.keyboard.press("Control+Enter")
    await page.get_by_role("link", name="Open the booking").click()
    await page.get_by_role("link", name="The call of this booking").click()
    await expect(page).to_have_url(re.compile(f"/calls/{number}$"))


async def test_given_no_name_when_it_is_saved_then_the_page_says_so_and_goes_there(sign_in: SignIn) -> None:
    page = await sign_in("operator", "/booking/new")
    await expect(page.locator("[name='room-type']:focus")).to_have_count(1)
    await page.keyboard.press("1")
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_text("Enter a name.")).to_be_visible()
    await expect(page.get_by_label("Name (surname is enough)")).to_be_focused()


async def test_given_a_discount_without_reason_or_beyond_the_ceiling_when_saved_then_it_is_refused(
    sign_in: SignIn,
) -> None:
    page = await sign_in("operator", "/booking/new")
    await expect(page.locator("[name='room-type']:focus")).to_have_count(1)
    await page.keyboard.press("1")
    await page.get_by_label("Name (surname is enough)").fill("Li")
    await page.get_by_label("Discount % (up to 10)").fill("15")
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_text("You may give at most 10%.")).to_be_visible()
    await page.get_by_label("Discount % (up to 10)").fill("10")
    await expect(page.get_by_text("A discount needs a reason.")).to_be_visible()
    await page.get_by_label("Reason for discount").fill("Third visit")
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_role("status", name="Booked")).to_be_visible()


async def test_given_a_deposit_when_it_is_booked_then_the_booking_is_confirmed_and_holds_it(sign_in: SignIn) -> None:
    page = await sign_in("operator", "/booking/new")
    await expect(page.locator("[name='room-type']:focus")).to_have_count(1)
    await page.keyboard.press("1")
    await page.get_by_label("Name (surname is enough)").fill("Zhao")
    await page.get_by_label("Confirm at once").uncheck()
    await page.get_by_label("Deposit (¥)").fill("200")
    await page.keyboard.press("Control+Enter")
    done = page.get_by_role("status", name="Booked")
    await expect(done).to_contain_text("Confirmed")
    await expect(done).to_contain_text("Deposit held: ¥200")


async def test_given_chinese_then_the_booking_panel_and_the_read_back_speak_it(sign_in: SignIn) -> None:
    page = await sign_in("operator", "/booking/new")
    await page.get_by_role("button", name="中文").click()
    await page.get_by_label("客人语言").select_option("zh")
    await page.locator("[name='room-type']").first.focus()
    await page.keyboard.press("3")
    await page.get_by_label("预定人（姓氏或全名）").fill("王女士")
    await expect(page.get_by_text("跟您核对一下")).to_contain_text("王女士，温泉套房一间，11月22日（周日）入住")
