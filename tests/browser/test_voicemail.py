"""The mailbox: messages are listed, read, listened to, dealt with, in both languages."""

from __future__ import annotations

import re
from dataclasses import replace

from playwright.async_api import expect

from callcenter.telephony import MenuVisit
from tests.browser.conftest import SignIn
from tests.browser.house import BrowserHouse
from tests.unit.calls.builders import call

LEFT = replace(
    call("7.1", operator=None, end=40, talk_seconds=0.0),
    recording="7.1",
    menu=MenuVisit(("main", "message"), "zh", informed=True),
)
HIDDEN = replace(
    call("7.2", operator=None, end=60, talk_seconds=0.0),
    caller="",
    recording="7.2",
    menu=MenuVisit(("main", "message"), "en", informed=True),
)
WORDS = "你好，我想预订下周六的一间标准间，请给我回电话。"


async def left(house: BrowserHouse) -> tuple[int, int]:
    """A message that was written down, and one of a caller without a number that was not."""
    await house.store(LEFT, HIDDEN)
    return await house.leave_message(LEFT, 8, WORDS), await house.leave_message(HIDDEN, 3)


async def test_given_a_message_when_it_is_opened_and_played_then_it_is_read_and_heard(
    house: BrowserHouse, sign_in: SignIn
) -> None:
    number, _ = await left(house)
    page = await sign_in("operator", "/voicemail")
    row = page.locator(f"[data-voicemail-id='{number}']")
    await expect(row).to_contain_text("New")
    await expect(row).to_contain_text("Call-back due")
    await row.press("Enter")
    panel = page.get_by_role("region", name="Message")
    await expect(panel).to_contain_text(WORDS)
    await expect(panel).to_contain_text("Written down by a machine")
    await expect(panel.get_by_text("Left: caller")).to_have_count(0)
    await panel.get_by_role("button", name="Play").click()
    await expect(panel.get_by_role("slider")).to_have_attribute("aria-valuetext", re.compile("^00:0[1-9] of 00:08$"))
    await page.get_by_role("button", name="Refresh").click()
    await expect(row).to_contain_text("Heard")
    await expect(panel).to_contain_text("First heard by operator")
    await panel.get_by_role("link", name="Call record").click()
    await expect(page).to_have_url(re.compile("/calls/[0-9]+$"))
    await expect(page.get_by_role("heading", name="Message left")).to_be_visible()
    await page.get_by_role("link", name="Listen").click()
    await expect(page).to_have_url(re.compile(f"/voicemail.id={number}$"))


async def test_given_an_open_mailbox_when_a_message_comes_then_it_appears_by_itself(
    house: BrowserHouse, sign_in: SignIn
) -> None:
    page = await sign_in("operator", "/voicemail")
    await expect(page.get_by_text("No messages")).to_be_visible()
    await house.store(LEFT)
    number = await house.leave_message(LEFT, 4)
    house.application.live.publish_changed("voicemail")
    await expect(page.locator(f"[data-voicemail-id='{number}']")).to_be_visible()


async def test_given_a_message_when_it_is_done_then_it_leaves_the_new_ones_and_can_be_opened_again(
    house: BrowserHouse, sign_in: SignIn
) -> None:
    number, _ = await left(house)
    page = await sign_in("operator", "/voicemail?state=new")
    row = page.locator(f"[data-voicemail-id='{number}']")
    await row.click()
    await page.get_by_placeholder("Note on what was done").fill("booked for Saturday")
    await page.get_by_role("button", name="Done", exact=True).click()
    await expect(row).to_have_count(0)
    await expect(page.get_by_text("Note: booked for Saturday")).to_be_visible()
    await expect(page.get_by_text("Done 1")).to_be_visible()
    await page.get_by_role("button", name="Open again").click()
    await expect(row).to_contain_text("New")


async def test_given_a_caller_without_a_number_then_the_message_says_that_nobody_can_be_called(
    house: BrowserHouse, sign_in: SignIn
) -> None:
    _, number = await left(house)
    page = await sign_in("operator", f"/voicemail?id={number}")
    panel = page.get_by_role("region", name="Message")
    await expect(panel).to_contain_text("No number")
    await expect(panel).to_contain_text("hid the number, so no call-back is due by itself")
    await expect(panel).to_contain_text("No speech recognition is installed")


async def test_given_a_caller_without_a_number_when_one_is_entered_then_the_call_back_is_due(
    house: BrowserHouse, sign_in: SignIn
) -> None:
    _, number = await left(house)
    page = await sign_in("operator", f"/voicemail?id={number}")
    panel = page.get_by_role("region", name="Message")
    field = panel.get_by_label("If the message says a number")
    await field.fill("extension")
    await panel.get_by_role("button", name="Call back").click()
    await expect(panel.get_by_role("alert")).to_contain_text("3 to 20 digits")
    await field.fill("139 1234-5678")
    await field.press("Enter")
    await expect(panel).to_contain_text("Call-back due")
    await expect(panel.get_by_role("heading", name="13912345678")).to_be_visible()
    await expect(field).to_have_count(0)
    await panel.get_by_role("link", name="Call-backs").click()
    await expect(page).to_have_url(re.compile("/call-backs$"))
    await expect(page.locator("[data-due='13912345678']")).to_contain_text("Left a message")


async def test_given_chinese_then_the_mailbox_speaks_it(house: BrowserHouse, sign_in: SignIn) -> None:
    number, _ = await left(house)
    page = await sign_in("operator", f"/voicemail?id={number}")
    await page.get_by_role("button", name="中文").click()
    await expect(page.get_by_role("heading", name="留言信箱")).to_be_visible()
    row = page.locator(f"[data-voicemail-id='{number}']")
    await expect(row).to_contain_text("未听")
    await expect(row).to_contain_text("等待回电")
    await expect(page.get_by_role("region", name="内容")).to_contain_text("由机器识别")


async def test_given_no_messages_then_the_page_says_where_they_will_come_from(sign_in: SignIn) -> None:
    page = await sign_in("operator", "/voicemail")
    await expect(page.get_by_text("Callers who choose to leave a message")).to_be_visible()
