"""Signing in and out, and finding the page again that was wanted."""

from __future__ import annotations

from playwright.async_api import BrowserContext, Page, expect

from tests.application import PASSWORD
from tests.browser.conftest import SignIn
from tests.browser.house import BrowserHouse


async def fill_in(page: Page, username: str, password: str) -> None:
    await page.get_by_label("User name").fill(username)
    await page.get_by_label("Password").fill(password)
    await page.get_by_role("button", name="Sign in").click()


async def test_given_a_wrong_password_when_signing_in_then_it_says_so_and_stays(
    house: BrowserHouse, context: BrowserContext
) -> None:
    page = await context.new_page()
    await page.goto(house.address)
    await fill_in(page, "operator", "not the password")
    await expect(page.get_by_role("alert")).to_contain_text("The user name or the password is wrong.")
    await expect(page.get_by_label("Password")).to_have_value("")
    await expect(page).to_have_url(f"{house.address}/sign-in")


async def test_given_nobody_signed_in_when_a_page_is_opened_then_signing_in_leads_to_it(
    house: BrowserHouse, context: BrowserContext
) -> None:
    page = await context.new_page()
    await page.goto(f"{house.address}/calls?period=7days&late=true")
    await expect(page).to_have_url(f"{house.address}/sign-in?to=/calls?period=7days%26late=true")
    await fill_in(page, "operator", PASSWORD)
    await expect(page).to_have_url(f"{house.address}/calls?period=7days&late=true")
    await expect(page.get_by_role("heading", name="Call records")).to_be_visible()
    await expect(page.get_by_text("Cloud Creek Hot Spring Resort")).to_be_visible()


async def test_given_a_target_outside_the_house_when_signing_in_then_the_start_page_opens(
    house: BrowserHouse, context: BrowserContext
) -> None:
    page = await context.new_page()
    await page.goto(f"{house.address}/sign-in?to=//elsewhere.invalid/")
    await fill_in(page, "operator", PASSWORD)
    await expect(page).to_have_url(f"{house.address}/")


async def test_given_a_session_that_ended_when_something_is_asked_then_sign_in_leads_back(
    house: BrowserHouse, context: BrowserContext, sign_in: SignIn
) -> None:
    page = await sign_in("supervisor", "/figures?by=line")
    await expect(page.get_by_text("No inbound calls in this period")).to_be_visible()
    await context.clear_cookies()
    await page.get_by_text("Yesterday").click()
    await expect(page).to_have_url(f"{house.address}/sign-in?to=/figures?period=yesterday%26by=line")
    await fill_in(page, "supervisor", PASSWORD)
    await expect(page).to_have_url(f"{house.address}/figures?period=yesterday&by=line")


async def test_given_a_signed_in_user_when_signing_out_then_the_pages_are_closed(
    house: BrowserHouse, sign_in: SignIn
) -> None:
    page = await sign_in("operator")
    await page.get_by_role("button", name="User menu").click()
    await page.get_by_role("menuitem", name="Sign out").click()
    await expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    await page.goto(f"{house.address}/calls")
    await expect(page).to_have_url(f"{house.address}/sign-in?to=/calls")


async def test_given_a_new_password_when_it_is_changed_then_only_the_new_one_signs_in(
    house: BrowserHouse, sign_in: SignIn
) -> None:
    page = await sign_in("operator")
    await page.get_by_role("button", name="User menu").click()
    await page.get_by_role("menuitem", name="Change password").click()
    await page.get_by_label("Current password").fill(PASSWORD)
    await page.get_by_label("New password", exact=True).fill("short")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("alert")).to_contain_text("needs at least 10 characters")
    await page.get_by_label("New password", exact=True).fill("another long password")
    await page.get_by_label("New password again").fill("another long password")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("The password was changed.")).to_be_visible()
    await page.context.clear_cookies()
    await page.goto(house.address)
    await fill_in(page, "operator", PASSWORD)
    await expect(page.get_by_role("alert")).to_contain_text("The user name or the password is wrong.")
    await fill_in(page, "operator", "another long password")
    await expect(page.get_by_role("heading", name="Live calls")).to_be_visible()
