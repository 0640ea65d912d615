"""The page of prompts: words in both languages, listening, an own recording, removing it."""

from __future__ import annotations

from playwright.async_api import BrowserContext, Page, expect

from tests.browser.conftest import SignIn
from tests.prompts import wav

GOODBYE = '[data-prompt="goodbye"]'


async def upload(page: Page, content: bytes) -> None:
    chooser = page.locator(f"{GOODBYE} input[type=file]").first
    await chooser.set_input_files({"name": "goodbye.wav", "mimeType": "audio/wav", "buffer": content})


async def test_given_a_manager_when_a_prompt_is_recorded_and_removed_then_the_page_shows_what_callers_hear(
    sign_in: SignIn,
) -> None:
    page = await sign_in("manager", "/prompts")
    row = page.locator(GOODBYE)
    await expect(row).to_contain_text("非常感谢您的来电，云溪温泉度假酒店时刻欢迎您的光临。")
    await expect(row).to_contain_text("Cloud Creek Hot Spring Resort looks forward to welcoming you.")
    await expect(page.locator('[data-prompt="info-directions"]')).to_contain_text("In the menu")
    await upload(page, wav(rate=44100, channels=2))
    await expect(row.get_by_role("button", name="Your own")).to_be_visible()
    await row.get_by_role("button", name="Your own").click()
    await expect(row.get_by_role("button", name="Stop")).to_be_visible()
    await row.get_by_role("button", name="Remove").click()
    await page.get_by_role("tooltip").get_by_role("button", name="Remove").click()
    await expect(row.get_by_role("button", name="Your own")).to_have_count(0)


async def test_given_a_file_that_is_no_sound_when_uploaded_then_the_reason_is_told_in_chinese(sign_in: SignIn) -> None:
    page = await sign_in("manager", "/prompts")
    await page.get_by_role("button", name="中文", exact=True).click()
    await page.get_by_label("按内容或名称查找").fill("时刻欢迎")
    await expect(page.locator("[data-prompt]")).to_have_count(1)
    await upload(page, b"an mp3, perhaps")
    await expect(page.get_by_text("请上传 WAV 格式的录音")).to_be_visible()
    await page.get_by_label("按内容或名称查找").fill("没有这样的话")
    await expect(page.get_by_text("没有符合条件的语音提示")).to_be_visible()


async def test_given_an_operator_when_signed_in_then_there_is_no_page_of_prompts(
    sign_in: SignIn, context: BrowserContext
) -> None:
    page = await sign_in("operator", "/")
    await expect(page.get_by_role("navigation").first).to_be_visible()
    await expect(page.get_by_role("link", name="Prompts")).to_have_count(0)
