"""Roster by dragging and by keyboard, swaps and handovers as people use them."""

from __future__ import annotations

from playwright.async_api import Page, expect
from sqlalchemy import select

from callcenter.staff.models import User
from tests.browser.conftest import SignIn
from tests.browser.house import BrowserHouse

MONDAY, TUESDAY = "2026-11-16", "2026-11-17"
"""Of the week in which the tests' clock stands."""


async def _operator(house: BrowserHouse) -> int:
    async with house.application.database.read() as session:
        return (await session.scalars(select(User.id).where(User.username == "operator"))).one()


def _cell(page: Page, person: int, day: str) -> str:
    return f'[data-cell="{person}:{day}"]'


async def test_given_the_roster_when_a_shift_is_dragged_to_a_cell_and_on_to_another_then_it_moves(
    house: BrowserHouse, sign_in: SignIn
) -> None:
    operator = await _operator(house)
    page = await sign_in("supervisor", "/shifts")
    first, second = page.locator(_cell(page, operator, MONDAY)), page.locator(_cell(page, operator, TUESDAY))

    await page.locator('[data-palette="early"]').drag_to(first)
    await expect(first).to_contain_text("Early")
    await first.get_by_role("button").drag_to(second)
    await expect(second).to_contain_text("Early")
    await expect(first).not_to_contain_text("Early")
    await expect(page.locator(f'[data-short="{TUESDAY}"]')).to_contain_text("missing")

    await second.get_by_role("button").drag_to(page.locator("[data-bin]"))
    await expect(second).not_to_contain_text("Early")


async def test_given_the_roster_when_a_cell_is_pressed_by_keyboard_then_the_shifts_follow_each_other(
    house: BrowserHouse, sign_in: SignIn
) -> None:
    operator = await _operator(house)
    page = await sign_in("supervisor", "/shifts")
    cell = page.locator(_cell(page, operator, MONDAY))

    for shift in ("Early", "Late", "Night"):
        await cell.get_by_role("button").press("Enter")
        await expect(cell).to_contain_text(shift)


async def test_given_an_operator_when_looking_at_the_roster_then_nothing_can_be_changed(
    house: BrowserHouse, sign_in: SignIn
) -> None:
    page = await sign_in("operator", "/shifts")

    await expect(page.locator(_cell(page, await _operator(house), MONDAY))).to_be_visible()
    await expect(page.locator("[data-cell] button")).to_have_count(0)


async def test_given_a_handover_when_the_next_shift_signs_in_then_it_is_told_on_every_page_until_it_signs(
    sign_in: SignIn,
) -> None:
    page = await sign_in("operator", "/shifts?view=handovers")
    await page.get_by_role("combobox", name="Shift", exact=True).press("Enter")
    await page.get_by_role("option", name="Early").click()
    await page.get_by_label("Text").fill("The lift is out of order until 18:00.")
    await page.get_by_role("button", name="Hand over").click()
    await expect(page.locator("[data-handover]")).to_contain_text("Waits for the next shift to sign")

    page = await sign_in("supervisor", "/calls")
    await page.get_by_role("link", name="1 handovers wait").click()
    await expect(page.locator("[data-handover]")).to_contain_text("The lift is out of order")
    await page.get_by_role("button", name="I have read it: sign").click()
    await expect(page.locator("[data-handover]")).to_contain_text("Signed by Test supervisor")
    await expect(page.get_by_role("link", name="handovers wait")).to_have_count(0)
