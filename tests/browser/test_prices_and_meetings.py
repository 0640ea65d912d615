"""Prices and rules, meeting rooms, calendar addresses and the audits, as a manager keeps them."""

from __future__ import annotations

import re
from typing import Any

import pytest_asyncio
from playwright.async_api import BrowserContext, Page, expect

from callcenter.health import Alarms
from callcenter.schedule import Schedule
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
    """The sample hotel's rooms, and a clock that goes."""
    await house.application.add_rooms()
    await context.clock.install(time=NOON)
    await context.clock.resume()


async def test_given_a_type_when_price_and_overbooking_limit_are_set_then_the_list_and_the_booking_page_have_them(
    sign_in: SignIn,
) -> None:
    page = await sign_in("manager", "/rates")
    row = page.locator("[data-type='suite']")
    await row.get_by_role("button", name="Change").click()
    dialog = page.get_by_role("dialog", name="Change room type: Hot spring suite")
    await dialog.get_by_label("List price").fill("dear")
    await page.keyboard.press("Enter")
    await expect(dialog).to_contain_text("Please give names, amounts and whole numbers.")
    await dialog.get_by_label("List price").fill("1800")
    await dialog.get_by_label("Overbooking limit").fill("2")
    await page.keyboard.press("Enter")
    await expect(row).to_contain_text("1,800")
    await expect(row.get_by_role("cell").nth(5)).to_have_text("2")


async def test_given_nights_chosen_by_keyboard_when_priced_then_they_stand_out_until_the_usual_price_is_back(
    sign_in: SignIn,
) -> None:
    page = await sign_in("manager", "/rates?tab=days")
    first = page.locator("[data-price='suite-2026-11-27']")
    last = page.locator("[data-price='suite-2026-11-28']")
    await first.press("Enter")
    await last.click(modifiers=["Shift"])
    await page.get_by_label("Price (¥ a night)").fill("1999")
    await page.keyboard.press("Enter")
    await expect(first).to_have_text("1,999")
    await expect(last).to_have_class(re.compile("price--own"))
    await page.get_by_role("button", name="Usual price again").click()
    await page.get_by_role("dialog").get_by_role("button", name="Yes").click()
    await expect(last).to_have_text("1,688")


async def test_given_a_season_when_a_plan_is_sold_in_it_then_the_days_cost_that_and_removing_it_asks_first(
    sign_in: SignIn,
) -> None:
    page = await sign_in("manager", "/rates?tab=seasons")
    await page.get_by_role("button", name="New season").click()
    for label, value in (("Chinese name", "周末"), ("English name", "Weekend"), ("First day", "2026-11-27")):
        await page.get_by_label(label).fill(value)
    await page.get_by_label("Last day").fill("2026-11-29")
    await page.keyboard.press("Enter")
    await expect(page.locator("[data-season='Weekend']")).to_contain_text("2026-11-29")

    await page.get_by_text("Rate plans", exact=True).click()
    await page.get_by_role("button", name="New plan").click()
    dialog = page.get_by_role("dialog", name="New plan")
    for label, value in (("Code", "best"), ("Chinese name", "优惠价"), ("English name", "Best price")):
        await dialog.get_by_label(label).fill(value)
    await dialog.get_by_role("button", name="Add a price").click()
    await dialog.get_by_label("Room type").select_option("suite")
    await dialog.get_by_label("Season").select_option(label="Weekend")
    await dialog.get_by_label("¥ a night").fill("1500")
    await dialog.get_by_role("button", name="Save").click()
    await expect(page.locator("[data-plan='best']")).to_contain_text("Best price")

    await page.get_by_text("Prices by day", exact=True).click()
    await page.get_by_role("combobox", name="Rate plan").select_option("best")
    await expect(page.locator("[data-price='suite-2026-11-28']")).to_have_text("1,500")
    await page.get_by_text("Seasons", exact=True).click()
    await page.get_by_role("button", name="Remove").click()
    await page.get_by_role("dialog").get_by_role("button", name="Yes").click()
    await expect(page.get_by_text("There is no season yet.")).to_be_visible()


async def test_given_ceilings_when_an_administrator_sets_them_then_a_manager_sees_and_cannot_change_them(
    sign_in: SignIn,
) -> None:
    page = await sign_in("admin", "/rates?tab=ceilings")
    await page.get_by_role("combobox", name="User").select_option(index=1)
    await page.get_by_role("textbox", name="At most %").fill("35")
    await page.get_by_role("region", name="People (before the role)").get_by_role("button", name="Save").click()
    await page.get_by_role("dialog").get_by_role("button", name="Yes").click()
    await expect(page.get_by_role("region", name="People (before the role)")).to_contain_text("35")
    role = page.locator("[data-role='operator']")
    await role.get_by_role("textbox").fill("12")
    await role.get_by_role("button", name="Save").click()
    await page.get_by_role("dialog").get_by_role("button", name="Yes").click()
    await expect(role.get_by_role("button", name="Save")).to_be_disabled()
    await expect(role.get_by_role("textbox")).to_have_value("12")

    manager = await sign_in("manager", "/rates?tab=ceilings")
    await expect(manager.get_by_text("Discount ceilings are set by administrators.")).to_be_visible()
    await expect(manager.locator("[data-role='operator']")).to_contain_text("12")


async def test_given_a_calendar_address_when_made_then_it_is_shown_once_works_and_can_be_revoked(
    house: BrowserHouse, sign_in: SignIn, context: BrowserContext
) -> None:
    page = await sign_in("manager", "/rates?tab=feeds")
    await page.get_by_label("Subscriber").fill("Room centre")
    await page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Calendar address of Room centre")
    address = (await dialog.locator("code").text_content() or "").strip()
    assert address.startswith(house.address)
    assert (await context.request.get(address)).headers["content-type"] == "text/calendar; charset=utf-8"
    await dialog.get_by_role("button", name="Done").click()
    row = page.locator("[data-feed='Room centre']")
    await row.get_by_role("button", name="Revoke").click()
    await page.get_by_role("dialog").get_by_role("button", name="Yes").click()
    await expect(row).to_contain_text("Revoked")
    assert (await context.request.get(address)).status == 404


async def test_given_the_meeting_rooms_when_booked_by_keyboard_moved_and_cancelled_then_the_calendar_follows(
    sign_in: SignIn,
) -> None:
    page = await sign_in("operator", "/meetings?day=2026-11-23")
    await page.locator("[data-free='M1-2026-11-23-09:00']").focus()
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("ArrowDown")
    await expect(page.locator("[data-free='M2-2026-11-23-09:30']")).to_be_focused()
    await page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Book a meeting room")
    await dialog.get_by_label("Booked by").fill("Mr Planner")
    await page.keyboard.press("Enter")
    meeting = page.locator("[data-meeting]")
    await expect(meeting).to_contain_text("Mr Planner")
    await expect(meeting).to_contain_text("09:30–11:30")

    await meeting.press("Enter")
    await page.get_by_role("menuitem", name="Move").press("Enter")
    dialog = page.get_by_role("dialog", name=re.compile("^Move "))
    await dialog.get_by_label("Meeting room").select_option("M1")
    await dialog.get_by_label("Begins").select_option(label="14:00")
    await dialog.get_by_role("button", name="Move").click()
    await expect(dialog).to_contain_text("Please give a reason.")
    await dialog.get_by_label("Why it is moved").fill("The train is late")
    await page.keyboard.press("Enter")
    await expect(meeting).to_contain_text("14:00–16:00")
    await expect(page.locator("[data-free='M2-2026-11-23-09:30']")).to_be_visible()

    await meeting.click()
    await page.get_by_role("menuitem", name="Cancel the meeting").press("Enter")
    await page.get_by_role("dialog").get_by_label("Reason").fill("Put off")
    await page.keyboard.press("Control+Enter")
    await expect(meeting).to_have_count(0)


async def test_given_a_week_of_meetings_when_one_is_opened_then_its_booking_is_shown(sign_in: SignIn) -> None:
    page = await sign_in("operator", "/meetings?day=2026-11-23&view=week")
    number = await _meet(page, begins="2026-11-25T02:00:00Z", ends="2026-11-25T05:00:00Z")
    meeting = page.locator(f"[data-meeting='{number}']")
    await expect(meeting).to_contain_text("10:00–13:00")
    await meeting.click()
    await page.get_by_role("menuitem", name="Open the booking").press("Enter")
    await expect(page).to_have_url(re.compile(f"/reservations/{number}$"))
    await expect(page.get_by_role("region", name="Booking", exact=True)).to_contain_text("M1")


async def test_given_an_audit_that_removed_a_booking_when_looked_up_then_it_is_shown_with_a_link(
    house: BrowserHouse, sign_in: SignIn
) -> None:
    page = await sign_in("supervisor", "/audit-runs")
    wanted = {"type": "suite", "booker": "Mrs Carter", "arrival": "2026-11-21"}
    status, made = await page.evaluate(POST, ["/reservations", wanted])
    assert status == 201, made
    application = house.application
    schedule = Schedule(
        application.database, application.clock, application.settings.hotel.zone, "node1", Alarms(application.clock)
    )
    application.reservations.schedule(schedule)
    await schedule.run_due()
    application.clock.set(NOON.replace(hour=13))
    await schedule.run_due()
    await page.reload()
    run = page.locator("[data-run='2026-11-21-evening_audit']")
    await expect(run).to_contain_text("Made up for later")
    await run.get_by_role("link", name=made["number"]).click()
    await expect(page).to_have_url(re.compile(f"/reservations/{made['number']}$"))


async def _meet(page: Page, **times: Any) -> str:
    wanted = {"room": "M1", "booker": "Mr Planner", "company": "Tea Traders", **times}
    status, made = await page.evaluate(POST, ["/meetings", wanted])
    assert status == 201, made
    return str(made["number"])
