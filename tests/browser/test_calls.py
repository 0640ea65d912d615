"""The list of calls, one call, and the figures."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from playwright.async_api import expect

from callcenter.telephony import Direction, Hold, QueueWait, Ring, Side, Transfer, TransferKind, TransferResult
from tests.browser.conftest import SignIn
from tests.browser.house import BrowserHouse
from tests.unit.calls.builders import at, call

BY_OPERATOR = call("1.1", start=0, operator=8, end=70, caller="13800001111", talk_seconds=62.0)
LATE = call("1.2", start=100, operator=17, end=60, caller="13800002222", line="4002", talk_seconds=43.0)
GIVEN_UP = call("1.3", start=200, end=6, caller="13800003333")
THREE_DAYS_AGO = call("1.4", start=-3 * 86_400, operator=4, end=30, caller="13800004444")


async def test_given_calls_when_the_list_opens_then_todays_are_shown_newest_first(
    house: BrowserHouse, sign_in: SignIn
) -> None:
    await house.store(BY_OPERATOR, LATE, GIVEN_UP, THREE_DAYS_AGO)
    page = await sign_in("operator", "/calls")
    rows = page.locator("tr[data-call-id]")
    await expect(rows).to_have_count(3)
    await expect(rows.nth(0)).to_contain_text("13800003333")
    await expect(rows.nth(0)).to_contain_text("Abandoned")
    await expect(rows.nth(1)).to_contain_text("Late")
    await expect(rows.nth(1)).to_contain_text("4002 Complaints and suggestions")
    await expect(rows.nth(2)).to_contain_text("21 Nov 09:30:00")
    await expect(rows.nth(2)).to_contain_text("01:02")


async def test_given_the_list_when_it_is_filtered_then_address_and_rows_follow_and_a_reload_keeps_them(
    house: BrowserHouse, sign_in: SignIn
) -> None:
    await house.store(BY_OPERATOR, LATE, GIVEN_UP, THREE_DAYS_AGO)
    page = await sign_in("operator", "/calls")
    rows = page.locator("tr[data-call-id]")
    await page.get_by_text("7 days").click()
    await expect(rows).to_have_count(4)
    await page.get_by_text("Late only").click()
    await expect(rows).to_have_count(1)
    await expect(page).to_have_url(f"{house.address}/calls?period=7days&late=true")
    await page.reload()
    await expect(rows).to_have_count(1)
    await expect(rows).to_contain_text("13800002222")
    await page.get_by_role("button", name="Clear filters").click()
    await expect(rows).to_have_count(4)
    await page.get_by_label("Caller number").fill("0000 3333")
    await expect(rows).to_have_count(1)
    await expect(rows).to_contain_text("13800003333")
    await page.get_by_label("Caller number").fill("999999")
    await expect(page.get_by_text("No calls match these filters")).to_be_visible()


async def test_given_the_list_when_the_head_of_the_time_is_pressed_by_keyboard_then_the_oldest_come_first(
    house: BrowserHouse, sign_in: SignIn
) -> None:
    await house.store(BY_OPERATOR, LATE, GIVEN_UP)
    page = await sign_in("operator", "/calls")
    rows = page.locator("tr[data-call-id]")
    await expect(rows.nth(0)).to_contain_text("13800003333")

    await page.get_by_role("button", name="Sort by Time").press("Enter")

    await expect(rows.nth(0)).to_contain_text("13800001111")
    await expect(page).to_have_url(f"{house.address}/calls?order=oldest")
    await expect(page.get_by_role("columnheader", name="Sort by Time")).to_have_attribute("aria-sort", "ascending")


async def test_given_a_choice_of_outcome_when_it_is_picked_with_the_keyboard_then_the_list_is_narrowed(
    house: BrowserHouse, sign_in: SignIn
) -> None:
    await house.store(BY_OPERATOR, GIVEN_UP)
    page = await sign_in("operator", "/calls")
    await page.get_by_role("combobox", name="Outcome").focus()
    await page.keyboard.press("Enter")
    await page.get_by_role("option", name="Abandoned").click()
    await expect(page.locator("tr[data-call-id]")).to_have_count(1)
    await expect(page.locator("tr[data-call-id]")).to_contain_text("13800003333")
    await expect(page).to_have_url(f"{house.address}/calls?outcome=abandoned")


async def test_given_more_calls_than_a_page_when_more_is_wanted_then_they_are_appended(
    house: BrowserHouse, sign_in: SignIn
) -> None:
    await house.store(*(call(f"2.{number}", start=number, operator=3, end=9) for number in range(60)))
    page = await sign_in("operator", "/calls")
    rows = page.locator("tr[data-call-id]")
    await expect(rows).to_have_count(50)
    await page.get_by_role("button", name="Show more").click()
    await expect(rows).to_have_count(60)
    await expect(page.get_by_text("All shown")).to_be_visible()
    times = await rows.locator("td:first-child").all_inner_texts()
    assert times == sorted(set(times), reverse=True)
    assert len(times) == 60


async def test_given_a_row_when_enter_is_pressed_then_the_call_opens_and_back_keeps_the_filters(
    house: BrowserHouse, sign_in: SignIn
) -> None:
    ids = await house.store(BY_OPERATOR)
    page = await sign_in("operator", "/calls?period=7days")
    await page.locator("tr[data-call-id]").focus()
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(f"{house.address}/calls/{ids[BY_OPERATOR.key]}")
    await page.get_by_text("Back to call records").click()
    await expect(page).to_have_url(f"{house.address}/calls?period=7days")


async def test_given_a_call_with_everything_when_it_opens_then_its_course_is_told_in_order(
    house: BrowserHouse, sign_in: SignIn
) -> None:
    whole = replace(
        call("3.1", system=13, operator=40, end=120, talk_seconds=80.0),
        operators=("8003", "8017"),
        rings=(Ring("8001", at(0), at(5)), Ring("8003", at(36), at(40), answered=True)),
        queue_waits=(QueueWait("enquiries", at(20), 2, at(40)),),
        holds=(Hold(Side.OPERATOR, at(60), at(75)),),
        transfers=(Transfer(TransferKind.BLIND, at(80), "8003", "8017", TransferResult.COMPLETED),),
        recording="3.1",
    )
    ids = await house.store(whole)
    page = await sign_in("operator", f"/calls/{ids[whole.key]}")
    await expect(page.locator("[data-kind]").first).to_contain_text("Call began")
    kinds = await page.locator("[data-kind]").evaluate_all("entries => entries.map(entry => entry.dataset.kind)")
    assert kinds == [
        "started",
        "ringing",
        "ring_ended",
        "answered_by_system",
        "recording_started",
        "queued",
        "ringing",
        "left_queue",
        "ring_ended",
        "answered_by_operator",
        "hold",
        "unhold",
        "transfer",
        "ended",
    ]
    await expect(page.locator('[data-kind="queued"]')).to_contain_text("Enquiries")
    await expect(page.locator('[data-kind="queued"]')).to_contain_text("no. 2 in line")
    await expect(page.locator('[data-kind="transfer"]')).to_contain_text("→ 8017")
    await expect(page.get_by_text("System answered at 13.0 s (ring 3)")).to_be_visible()
    await expect(page.get_by_text("Operator answered at 40 s")).to_be_visible()
    await expect(page.get_by_text("Hold by operator")).to_be_visible()


async def test_given_no_such_call_when_its_page_opens_then_it_says_so(house: BrowserHouse, sign_in: SignIn) -> None:
    page = await sign_in("operator", "/calls/4711")
    await expect(page.get_by_role("alert")).to_contain_text("What you asked for does not exist.")


async def test_given_calls_when_the_figures_open_then_people_within_three_rings_are_the_headline(
    house: BrowserHouse, sign_in: SignIn
) -> None:
    by_system = call("1.5", start=400, system=13, operator=50, end=90)
    outbound = replace(call("1.6", start=500, operator=5, end=30), direction=Direction.OUTBOUND)
    await house.store(BY_OPERATOR, LATE, GIVEN_UP, by_system, outbound)
    page = await sign_in("supervisor", "/figures")
    await expect(page.locator('[data-figure="headline"]')).to_contain_text("25%")
    await expect(page.locator('[data-figure="headline"]')).to_contain_text("1 of 4")
    await expect(page.locator('[data-figure="system"]')).to_contain_text("1")
    await expect(page.locator('[data-figure="late"]')).to_contain_text("1")
    await expect(page.locator("tbody th", has_text="09:00")).to_be_visible()
    await page.get_by_text("By line").click()
    await expect(page.locator("tbody tr", has_text="4002 Complaints and suggestions").locator("td").first).to_have_text(
        "1"
    )
    await expect(page).to_have_url(f"{house.address}/figures?by=line")


async def test_given_an_operator_when_the_figures_are_opened_then_they_are_refused_in_words(
    house: BrowserHouse, sign_in: SignIn
) -> None:
    page = await sign_in("operator", "/figures")
    await expect(page.get_by_text("You may not see this page.")).to_be_visible()
    await expect(page.get_by_role("link", name="Figures")).to_have_count(0)


async def test_given_an_application_that_is_away_when_the_list_is_refreshed_then_it_says_so_and_recovers(
    house: BrowserHouse, sign_in: SignIn
) -> None:
    await house.store(BY_OPERATOR)
    page = await sign_in("department", "/calls")
    await expect(page.locator("tr[data-call-id]")).to_have_count(1)
    await house.stop()
    await page.get_by_role("button", name="Refresh").click()
    await expect(page.get_by_role("alert")).to_contain_text("The application cannot be reached.")
    await house.start()
    await page.get_by_role("button", name="Try again").click()
    await expect(page.get_by_role("alert")).to_have_count(0)


async def test_given_a_clock_shortly_before_midnight_in_the_hotel_when_today_is_shown_then_it_is_the_hotels_day(
    house: BrowserHouse, sign_in: SignIn
) -> None:
    tomorrow = replace(BY_OPERATOR, started_at=at(0) + timedelta(hours=15), ended_at=at(60) + timedelta(hours=15))
    await house.store(tomorrow)
    page = await sign_in("operator", "/calls")
    await expect(page.get_by_text("No calls in this period")).to_be_visible()
    await page.context.clock.set_fixed_time(at(0) + timedelta(hours=15, minutes=1))
    await page.get_by_role("button", name="Refresh").click()
    await expect(page.locator("tr[data-call-id]")).to_contain_text("22 Nov 00:30:00")
