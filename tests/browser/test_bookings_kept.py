"""Bookings after they were made: their page, the list, calendar and room chart, on all screens at once."""

from __future__ import annotations

import re
from typing import Any

import pytest_asyncio
from playwright.async_api import BrowserContext, Page, expect

from tests.application import NOON
from tests.browser.conftest import SignIn
from tests.browser.house import BrowserHouse

POST = """async ([path, body]) => {
  const session = await (await fetch('/api/v1/session')).json();
  const headers = { 'Content-Type': 'application/json', 'X-CSRF-Token': session.csrf };
  const answer = await fetch('/api/v1' + path, { method: 'POST', headers, body: JSON.stringify(body) });
  return [answer.status, await answer.json()];
}"""


@pytest_asyncio.fixture(autouse=True, loop_scope="session")
async def rooms(house: BrowserHouse, context: BrowserContext) -> None:
    """The sample hotel's rooms, and a clock that goes: while it stands, Vue takes a key only once on its way up."""
    await house.application.add_rooms()
    await context.clock.install(time=NOON)
    await context.clock.resume()


async def book(page: Page, **other: Any) -> str:
    """Book a suite for Mrs Carter and return the booking's number."""
    status, made = await page.evaluate(POST, ["/reservations", {"type": "suite", "booker": "Mrs Carter", **other}])
    assert status == 201, made
    return str(made["number"])


async def test_given_a_booking_when_confirmed_and_cancelled_then_the_reason_stands_in_its_history(
    sign_in: SignIn,
) -> None:
    page = await sign_in("operator", "/reservations")
    number = await book(page)
    row = page.locator(f"[data-number='{number}']")
    await expect(row).to_contain_text("Unconfirmed")
    await row.press("Enter")
    await page.get_by_role("button", name="Confirm", exact=True).click()
    history = page.get_by_role("region", name="History")
    await expect(history).to_contain_text("Unconfirmed → Confirmed")
    await expect(page.get_by_role("button", name=re.compile("^Delete"))).to_have_count(0)
    await page.get_by_role("button", name="Cancel booking").click()
    dialog = page.get_by_role("dialog", name="Cancel booking")
    await dialog.get_by_role("button", name="Cancel booking").click()
    await expect(dialog).to_contain_text("Please give a reason.")
    await dialog.get_by_label("Reason").fill("The journey was put off")
    await page.keyboard.press("Control+Enter")
    await expect(history).to_contain_text("Reason: The journey was put off")
    await expect(page.get_by_role("button", name="Change", exact=True)).to_have_count(0)


async def test_given_an_unconfirmed_booking_when_it_is_shown_then_the_time_until_its_lock_runs(sign_in: SignIn) -> None:
    page = await sign_in("operator", "/reservations")
    number = await book(page)
    await page.goto(page.url + f"/{number}")
    delete = page.get_by_role("button", name=re.compile("^Delete"))
    await expect(delete).to_contain_text(re.compile("locked in 1:59:[0-5][0-9]"))
    await delete.click()
    await page.get_by_role("button", name="Delete", exact=True).click()
    await expect(page.get_by_role("region", name="History")).to_contain_text("Deleted")


async def test_given_a_deposit_when_refunded_in_parts_then_both_are_records_and_the_rest_is_held(
    sign_in: SignIn,
) -> None:
    page = await sign_in("supervisor", "/reservations")
    number = await book(page)
    await page.goto(page.url + f"/{number}")
    money = page.get_by_role("region", name="Deposit")
    await money.get_by_role("button", name="Receive").click()
    await page.get_by_label("Amount (¥)").fill("300")
    await page.get_by_label("Paid by").select_option("cheque")
    await page.keyboard.press("Enter")
    await expect(money).to_contain_text("Held: ¥300")
    await money.get_by_role("button", name="Refund").click()
    await page.get_by_label("Amount (¥)").fill("100")
    await page.get_by_label("Reason").fill("A shorter stay")
    await page.keyboard.press("Enter")
    await expect(money).to_contain_text("Held: ¥200")
    await expect(money.get_by_role("row")).to_have_count(3)


async def test_given_a_booking_when_a_room_is_chosen_then_the_chart_shows_it_due_in_and_leads_to_it(
    house: BrowserHouse, sign_in: SignIn, context: BrowserContext
) -> None:
    page = await sign_in("operator", "/reservations")
    number = await book(page, arrival="2026-11-21")
    chart = await context.new_page()
    await chart.goto(house.address + "/rooms")
    room = chart.locator("[data-room='0502']")
    await expect(room).to_contain_text("Vacant")
    await page.goto(f"{house.address}/reservations/{number}")
    await page.get_by_role("button", name="Choose rooms").click()
    await page.get_by_role("button", name="0502, vacant now").click()
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("region", name="Booking", exact=True)).to_contain_text("0502")
    await expect(room).to_contain_text("Due in")
    await expect(room).to_contain_text("Mrs Carter")
    await room.click(button="right")
    await chart.get_by_role("menuitem", name="Open the booking").press("Enter")
    await expect(chart).to_have_url(re.compile(f"/reservations/{number}$"))


async def test_given_the_calendar_when_a_day_is_right_clicked_then_a_booking_of_that_day_and_type_begins(
    sign_in: SignIn,
) -> None:
    page = await sign_in("operator", "/calendar")
    await book(page, arrival="2026-11-25", departure="2026-11-26")
    night = page.locator("[data-night='suite-2026-11-25']")
    await expect(night).to_have_text("3/4")
    await night.click(button="right")
    await page.get_by_role("menuitem", name="New booking").click()
    await expect(page.get_by_label("Arrival")).to_have_value("2026-11-25")
    await expect(page.get_by_role("radio", name="Hot spring suite")).to_be_checked()


async def test_given_a_dirty_room_when_it_was_cleaned_then_the_chart_says_so(sign_in: SignIn) -> None:
    page = await sign_in("supervisor", "/rooms")
    room = page.locator("[data-room='0301']")
    await room.click(button="right")
    await page.get_by_role("menuitem", name="Dirty now").click()
    await expect(room).to_contain_text("Dirty")
    await room.focus()
    await room.click(button="right")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("menu")).to_have_count(0)
    await expect(room).to_be_focused()
    await room.click(button="right")
    await page.get_by_role("menuitem", name="Clean now").click()
    await expect(room).not_to_contain_text("Dirty")


async def test_given_a_group_of_rooms_and_beds_when_booked_then_its_lines_and_beds_are_kept(sign_in: SignIn) -> None:
    page = await sign_in("supervisor", "/reservations")
    await page.get_by_role("button", name="New group").click()
    dialog = page.get_by_role("dialog", name="New group")
    await dialog.get_by_label("Group name").fill("Photographers")
    await dialog.get_by_label("Ordered by").fill("Ms Guide")
    await dialog.get_by_label("Quantity").fill("3")
    await dialog.get_by_label("Unit").select_option("beds")
    await dialog.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Photographers")).to_be_visible()
    await expect(page.get_by_text("Beds: 3")).to_be_visible()
    await page.get_by_role("button", name="Choose rooms").click()
    for bed in ("0301, bed 1", "0301, bed 2", "0302, bed 1"):
        await page.get_by_role("button", name=bed, exact=True).click()
    await page.get_by_role("dialog", name="Choose rooms").get_by_role("button", name="Save").click()
    await expect(page.get_by_role("region", name="Booking", exact=True)).to_contain_text("0301 0302[1]")


async def test_given_figures_when_a_supervisor_looks_then_salespeople_are_compared_and_operators_are_not_let_in(
    sign_in: SignIn,
) -> None:
    page = await sign_in("supervisor", "/reservations")
    await book(page, salesperson="Sales One")
    number = await book(page, salesperson="Sales One")
    await page.evaluate(POST, [f"/reservations/{number}/cancel", {"why": "illness"}])
    await page.get_by_text("More", exact=True).click()
    await page.get_by_role("link", name="Booking figures").click()
    compared = page.get_by_role("region", name="Salespeople: bookings and cancellations")
    await expect(compared.get_by_role("row", name="Sales One")).to_have_text(
        re.compile("Sales One.*2.*1.*1.*0.*0.*50%")
    )
