"""Users and rights, the own account, and the audit log, as people use them."""

from __future__ import annotations

from datetime import timedelta

from playwright.async_api import BrowserContext, Page, expect

from callcenter.staff.roles import PERMISSIONS
from callcenter.staff.second_factor import code_at, step_at
from callcenter.staff.service import Origin
from tests.application import NOON, PASSWORD
from tests.browser.conftest import SignIn
from tests.browser.house import BrowserHouse
from tests.browser.test_sign_in import fill_in


async def test_given_a_new_colleague_when_added_then_the_password_shown_once_must_be_changed_at_sign_in(
    house: BrowserHouse, sign_in: SignIn
) -> None:
    page = await sign_in("admin", "/staff")
    await page.get_by_role("button", name="Add user").click()
    dialog = page.get_by_role("dialog", name="Add user")
    await dialog.get_by_label("User name").fill("lin.mei")
    await dialog.get_by_label("Name", exact=True).fill("Lin Mei")
    await dialog.get_by_role("button", name="Save").click()
    told = page.get_by_role("dialog", name="New password of lin.mei")
    password = await told.locator("code").inner_text()
    await told.get_by_role("button", name="Done").click()
    await expect(page.locator('[data-user="lin.mei"]')).to_contain_text("New password")
    await expect(page.get_by_text(password)).to_have_count(0)

    await page.context.clear_cookies()
    await page.goto(f"{house.address}/calls")
    await fill_in(page, "lin.mei", password)
    await expect(page).to_have_url(f"{house.address}/new-password?to=/calls")
    await page.goto(f"{house.address}/calls")
    await expect(page.get_by_text("This password was given to you.")).to_be_visible()
    await page.get_by_label("Current password").fill(password)
    await page.get_by_label("New password", exact=True).fill("hot springs at dawn")
    await page.get_by_label("New password again").fill("hot springs at dawn")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("heading", name="Call records")).to_be_visible()


async def test_given_a_user_when_deactivated_then_the_list_says_so_and_signing_in_is_refused(
    house: BrowserHouse, sign_in: SignIn
) -> None:
    page = await sign_in("admin", "/staff")
    row = page.locator('[data-user="operator"]')
    await row.get_by_role("button", name="Change").click()
    await page.get_by_text("May sign in").click()
    await page.get_by_role("button", name="Save").click()
    await expect(row).to_contain_text("Deactivated")
    await page.context.clear_cookies()
    await page.goto(house.address)
    await fill_in(page, "operator", PASSWORD)
    await expect(page.get_by_role("alert")).to_contain_text("The user name or the password is wrong.")


async def test_given_the_last_administrator_when_made_something_else_then_the_page_says_why_not(
    sign_in: SignIn,
) -> None:
    page = await sign_in("admin", "/staff")
    await page.locator('[data-user="admin"]').get_by_role("button", name="Change").click()
    await page.get_by_text("May sign in").click()
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("alert")).to_contain_text("At least one active administrator must remain.")


async def test_given_a_forgotten_password_when_reset_then_it_is_asked_first_and_shown_once(sign_in: SignIn) -> None:
    page = await sign_in("admin", "/staff")
    await page.locator('[data-user="operator"]').get_by_role("button", name="Reset password").click()
    await expect(page.get_by_text("Give Test operator a new password?")).to_be_visible()
    await page.get_by_role("button", name="Yes").click()
    told = page.get_by_role("dialog", name="New password of operator")
    await expect(told.get_by_text("This password is shown only now.")).to_be_visible()
    assert len(await told.locator("code").inner_text()) == 16


async def test_given_a_colleague_signed_in_when_the_session_is_ended_then_it_leaves_the_list(
    house: BrowserHouse, sign_in: SignIn
) -> None:
    token, _ = await house.application.logins.sign_in("operator", PASSWORD, Origin("192.0.2.7", "Firefox/142.0 Linux"))
    page = await sign_in("admin", "/staff?view=sessions")
    row = page.locator('[data-session="operator"]')
    await expect(row).to_contain_text("Firefox · Linux")
    await expect(row).to_contain_text("192.0.2.7")
    await expect(page.locator('[data-session="admin"]')).to_contain_text("This one")
    await row.get_by_role("button", name="End session").click()
    await expect(row).to_have_count(0)
    assert await house.application.logins.find(token, extend=False) is None


async def test_given_roles_when_their_rights_are_shown_then_each_permission_has_words(sign_in: SignIn) -> None:
    page = await sign_in("admin", "/staff?view=rights")
    row = page.get_by_role("row", name="Listen to recordings")
    await expect(row.get_by_role("img", name="Yes")).to_have_count(3)
    await expect(page.get_by_role("row")).to_have_count(1 + len(frozenset().union(*PERMISSIONS.values())))


async def test_given_a_second_factor_when_set_up_on_the_page_then_the_next_sign_in_asks_for_its_code(
    house: BrowserHouse, context: BrowserContext, sign_in: SignIn
) -> None:
    page = await sign_in("operator")
    await page.get_by_role("button", name="User menu").click()
    await page.get_by_role("menuitem", name="My account").click()
    await expect(page.get_by_text("This one")).to_be_visible()
    await page.get_by_label("Current password").fill(PASSWORD)
    await page.get_by_role("button", name="Set up second factor").click()
    await expect(page.get_by_role("img", name="QR code for an authenticator")).to_be_visible()
    assert await _picture_is_drawn(page)
    secret = (await page.locator("code").inner_text()).replace(" ", "")
    await page.get_by_label("Code").fill(code_at(secret, step_at(NOON)))
    await page.get_by_role("button", name="Confirm").click()
    await expect(page.get_by_text("Recovery codes", exact=True)).to_be_visible()
    await expect(page.locator("code")).to_have_count(10)
    recovery = await page.locator("code").first.inner_text()

    await context.clear_cookies()
    house.application.clock.advance(timedelta(minutes=1))
    await page.goto(house.address)
    await fill_in(page, "operator", PASSWORD)
    await expect(page.get_by_label("Code")).to_be_focused()
    await page.get_by_label("Code").fill("000000")
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("alert")).to_contain_text("The code is wrong")
    await page.get_by_label("Code").fill(recovery)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("heading", name="Live calls")).to_be_visible()


async def test_given_what_was_done_when_the_audit_log_is_searched_then_operator_and_action_narrow_it(
    house: BrowserHouse, sign_in: SignIn
) -> None:
    page = await sign_in("admin", "/staff")
    row = page.locator('[data-user="operator"]')
    await row.get_by_role("button", name="Change").click()
    await page.get_by_role("dialog").get_by_label("Name", exact=True).fill("Wang Fang")
    await page.get_by_role("button", name="Save").click()
    await expect(row).to_contain_text("Wang Fang")

    await page.get_by_role("link", name="Audit log").click()
    await expect(page.locator("tr[data-action]")).to_have_count(2)
    changed = page.locator('tr[data-action="user.changed"]')
    await expect(changed.locator("del")).to_have_text("Test operator")
    await expect(changed.locator("ins")).to_have_text("Wang Fang")
    await page.get_by_role("combobox", name="Action").press("Enter")
    await page.get_by_role("option", name="User changed").click()
    await expect(page.locator("tr[data-action]")).to_have_count(1)
    await page.get_by_label("Operator").fill("nobody")
    await expect(page.get_by_text("No entries match")).to_be_visible()
    await expect(page).to_have_url(f"{house.address}/audit?user=nobody&action=user.changed")


async def test_given_a_manager_when_looking_for_users_then_the_page_is_not_theirs(sign_in: SignIn) -> None:
    page = await sign_in("manager", "/staff")
    await expect(page.get_by_text("You may not see this page.")).to_be_visible()
    await expect(page.get_by_role("link", name="Users and rights")).to_have_count(0)


async def _picture_is_drawn(page: Page) -> bool:
    return bool(await page.locator("img[alt^='QR code']").evaluate("image => image.complete && image.naturalWidth > 0"))
