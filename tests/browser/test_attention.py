"""Listed names and wrong ID numbers at the booking panel and at the check-in, by keyboard, in both languages."""

from __future__ import annotations

import re

import pytest
import pytest_asyncio
from playwright.async_api import BrowserContext, Page, expect

from callcenter.guests.kinds import Colour
from tests.application import NOON
from tests.browser.conftest import SignIn
from tests.browser.house import BrowserHouse
from tests.browser.test_guests import enter


@pytest_asyncio.fixture(autouse=True, loop_scope="session")
async def rooms(house: BrowserHouse, context: BrowserContext) -> None:
    """The sample hotel's rooms, somebody on the list, and a clock that goes."""
    await house.application.add_rooms()
    await enter(house, "高试验", attention_colour=Colour.AMBER, attention_reason="Left without paying")
    await context.clock.install(time=NOON)
    await context.clock.resume()


async def test_given_a_listed_booker_when_saved_then_the_identity_is_asked_by_keyboard_and_stands_in_the_history(
    sign_in: SignIn,
) -> None:
    page = await sign_in("operator", "/booking/new")
    await expect(page.locator("[name='room-type']:focus")).to_have_count(1)
    await page.keyboard.press("1")
    await page.get_by_label("Name (surname is enough)").fill("高试验")
    await page.keyboard.press("Control+Enter")

    dialog = page.get_by_role("dialog", name="Special attention: confirm the identity first")
    await expect(dialog).to_contain_text("Left without paying")
    await expect(dialog.get_by_role("textbox")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(page.get_by_text("This name is on the special-attention list")).to_be_visible()

    await page.keyboard.press("Control+Enter")
    await expect(dialog.get_by_role("textbox")).to_be_focused()
    await page.keyboard.press("2")
    await expect(dialog.get_by_role("textbox")).to_have_value("Confirmed: same name, another person")
    await page.keyboard.press("Enter")
    await expect(dialog).to_be_hidden()
    done = page.get_by_role("status", name="Booked")
    await done.get_by_role("link", name="Open the booking").click()
    await expect(page.get_by_role("region", name="Booking", exact=True)).to_contain_text("Entered by operator")


@pytest.mark.parametrize(
    ("chinese", "words"), [(False, "This ID card number is not valid"), (True, "身份证号码有误")], ids=["en", "zh"]
)
async def test_given_a_wrong_id_number_when_checked_in_then_the_field_says_so_in_the_houses_words(
    sign_in: SignIn, chinese: bool, words: str
) -> None:
    page = await sign_in("front_desk", "/stays/new")
    if chinese:
        await _speak_chinese(page)
    await page.locator('input[name="room"]').fill("0301")
    await page.locator('input[name="name-0"]').fill("林示例")
    await page.locator('input[name="document-0"]').fill("990101199001011232")
    await page.locator('.check-in button[type="submit"]').click()

    field = page.locator(".el-form-item", has=page.locator('input[name="document-0"]'))
    await expect(field.locator(".el-form-item__error")).to_have_text(words)


async def test_given_a_listed_guest_when_checked_in_then_the_desk_confirms_who_it_is(sign_in: SignIn) -> None:
    page = await sign_in("front_desk", "/stays/new")
    await page.locator('input[name="room"]').fill("0301")
    await page.locator('input[name="name-0"]').fill("高试验")
    await page.get_by_role("button", name="Check in", exact=True).click()

    dialog = page.get_by_role("dialog", name="Special attention: confirm the identity first")
    await expect(dialog.get_by_role("textbox")).to_be_focused()
    await page.keyboard.press("1")
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile(r"/stays/1$"))


async def _speak_chinese(page: Page) -> None:
    await page.get_by_role("button", name="中文").click()
