"""Chinese and English are equals: every page in both, switched at once and remembered."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Browser, expect

from tests.application import NOON
from tests.browser.conftest import SignIn
from tests.browser.house import BrowserHouse
from tests.unit.calls.builders import call

HAN = re.compile(r"[\u4e00-\u9fff]")


async def test_given_english_when_chinese_is_chosen_then_everything_changes_at_once_and_stays(
    house: BrowserHouse, sign_in: SignIn
) -> None:
    page = await sign_in("operator", "/calls")
    await expect(page.get_by_role("heading", name="Call records")).to_be_visible()
    await page.get_by_role("button", name="中文").click()
    await expect(page.get_by_role("heading", name="通话记录")).to_be_visible()
    await expect(page.get_by_text("云溪温泉度假酒店")).to_be_visible()
    await expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    await page.goto(f"{house.address}/calls/4711")
    await expect(page.get_by_role("alert")).to_contain_text("所请求的内容不存在。")
    await expect(page).to_have_title("通话详情 · 云溪温泉度假酒店")


@pytest.mark.parametrize(
    ("locale", "heading"), [("zh-CN", "电话总机"), ("en-GB", "Switchboard"), ("fr-FR", "Switchboard")]
)
async def test_given_a_browsers_language_when_the_first_page_opens_then_it_is_followed(
    house: BrowserHouse, browser: Browser, locale: str, heading: str
) -> None:
    context = await browser.new_context(locale=locale)
    page = await context.new_page()
    await page.goto(house.address)
    await expect(page.get_by_role("heading", name=heading)).to_be_visible()
    await context.close()


PAGES = [
    "/",
    "/calls",
    "/calls/{id}",
    "/call-backs",
    "/call-backs?view=lost",
    "/call-backs?view=closed",
    "/figures",
    "/audit",
    "/staff",
    "/staff?view=sessions",
    "/staff?view=rights",
    "/account",
    "/nowhere",
]


@pytest.mark.parametrize("path", PAGES)
async def test_given_english_when_any_page_is_read_then_nothing_on_it_is_chinese(
    house: BrowserHouse, sign_in: SignIn, path: str
) -> None:
    one = call("7.1", operator=4, end=30, talk_seconds=26.0)
    ids = await house.store(one)
    house.application.live.publish_call(call("7.2", start=(NOON - one.started_at).total_seconds()))
    page = await sign_in("admin", path.format(id=ids[one.key]))
    await expect(page.get_by_text("PBX: connected")).to_be_visible()
    await expect(page.locator("[aria-busy=true], [role=status] .el-skeleton")).to_have_count(0)
    words = (await page.locator("body").inner_text()).replace("中文", "")
    assert not HAN.search(words), words


@pytest.mark.parametrize("path", ["/", "/calls/{id}", "/nowhere"])
async def test_given_a_small_screen_when_a_page_is_open_then_nothing_needs_scrolling(
    house: BrowserHouse, sign_in: SignIn, path: str
) -> None:
    one = call("7.1", operator=4, end=30, talk_seconds=26.0)
    ids = await house.store(one)
    page = await sign_in("manager", path.format(id=ids[one.key]))
    await expect(page.get_by_text("PBX: connected")).to_be_visible()
    await expect(page.locator("[aria-busy=true], [role=status] .el-skeleton")).to_have_count(0)
    await page.wait_for_load_state("networkidle")
    size = await page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
    assert size == [1280, 720]
