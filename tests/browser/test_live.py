"""The start page: calls come, change and go without a reload, also over a restart of the application."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from playwright.async_api import BrowserContext, expect

from callcenter.telephony import CallKey, LinkState, LinkStatus, Outcome, QueueWait, Ring
from tests.application import NOON
from tests.browser.conftest import SignIn
from tests.browser.house import BrowserHouse
from tests.unit.calls.builders import call

RINGING = replace(
    call(caller="13800001111"), started_at=NOON, first_ring_at=NOON, rings=(Ring("8003", NOON), Ring("8004", NOON))
)
ANSWERED = replace(
    RINGING,
    answered_at=NOON + timedelta(seconds=6),
    operator_answered_at=NOON + timedelta(seconds=6),
    operators=("8003",),
    rings=(),
    recording="1763688600.1",
)
ENDED = replace(ANSWERED, ended_at=NOON + timedelta(seconds=60), outcome=Outcome.ANSWERED)


async def test_given_the_start_page_when_a_call_comes_and_goes_then_it_is_seen_without_reload(
    house: BrowserHouse, context: BrowserContext, sign_in: SignIn
) -> None:
    page = await sign_in("operator")
    await expect(page.get_by_text("No calls at the moment")).to_be_visible()

    house.application.live.publish_call(RINGING)
    row = page.locator("tr[data-call]")
    await expect(row).to_contain_text("Ringing")
    await expect(row).to_contain_text("4001 Switchboard")
    await expect(row).to_contain_text("13800001111")
    await expect(row).to_contain_text("ringing: 8003 8004")
    await expect(row).to_contain_text("ring 1")
    await expect(page.locator('[data-summary="ringing"]')).to_contain_text("1")

    await context.clock.set_fixed_time(NOON + timedelta(seconds=6))
    await expect(row).to_contain_text("ring 2")
    await expect(row).to_contain_text("00:06")

    house.application.live.publish_call(ANSWERED)
    await expect(row).to_contain_text("Talking")
    await expect(row).to_contain_text("talking: 8003")
    await expect(row.get_by_role("img", name="being recorded")).to_be_visible()
    await expect(page.locator('[data-summary="talking"]')).to_contain_text("1")

    house.application.live.publish_call(ENDED)
    await expect(row).to_contain_text("Ended")
    await expect(row).to_have_count(0)
    await expect(page.get_by_text("No calls at the moment")).to_be_visible()


async def test_given_a_waiting_caller_when_the_page_opens_then_queue_and_place_are_shown(
    house: BrowserHouse, sign_in: SignIn
) -> None:
    waiting = replace(RINGING, rings=(), answered_at=NOON, queue_waits=(QueueWait("enquiries", NOON, position=2),))
    house.application.live.publish_call(waiting)
    page = await sign_in("operator")
    row = page.locator("tr[data-call]")
    await expect(row).to_contain_text("Waiting")
    await expect(row).to_contain_text("Enquiries, no. 2")


async def test_given_a_call_that_is_stored_when_its_number_is_clicked_then_its_page_opens(
    house: BrowserHouse, sign_in: SignIn
) -> None:
    page = await sign_in("operator")
    house.application.live.publish_call(RINGING)
    ids = await house.store(RINGING)
    house.application.live.note_ids(ids)
    await page.get_by_role("link", name="13800001111").click()
    await expect(page).to_have_url(f"{house.address}/calls/{ids[RINGING.key]}")
    await expect(page.get_by_text("The call is in progress")).to_be_visible()
    await expect(page.get_by_text("Operator answered")).to_have_count(0)

    await house.store(ANSWERED)
    house.application.live.publish_call(ANSWERED)
    await expect(page.locator('[data-kind="answered_by_operator"]')).to_contain_text("ext. 8003")


async def test_given_a_live_call_when_its_recording_is_paused_and_resumed_then_the_exchange_is_asked(
    house: BrowserHouse, sign_in: SignIn
) -> None:
    ids = await house.store(ANSWERED)
    page = await sign_in("operator", f"/calls/{ids[ANSWERED.key]}")
    await page.get_by_role("button", name="Pause recording").click()
    await expect(page.get_by_text("Recording is paused")).to_be_visible()
    await page.get_by_role("button", name="Resume recording").click()
    await expect(page.get_by_text("Recording is paused")).to_have_count(0)
    key = ANSWERED.key
    assert house.application.telephony.asked == [("pause", key), ("resume", key)]


async def test_given_a_restart_of_the_application_when_it_is_back_then_the_page_catches_up_by_itself(
    house: BrowserHouse, sign_in: SignIn
) -> None:
    page = await sign_in("operator")
    house.application.live.publish_call(RINGING)
    await expect(page.locator("tr[data-call]")).to_have_count(1)

    await house.stop()
    await expect(page.get_by_text("reconnecting")).to_be_visible()
    await expect(page.get_by_text("PBX: state unknown")).to_be_visible()

    await house.start()
    house.application.live.publish_call(replace(RINGING, key=CallKey("pbx1", "2.2"), caller="13800002222"))
    await expect(page.get_by_text("reconnecting")).to_have_count(0, timeout=20_000)
    await expect(page.locator("tr[data-call]")).to_have_count(1)
    await expect(page.locator("tr[data-call]")).to_contain_text("13800002222")
    await expect(page.get_by_text("PBX: connected")).to_be_visible()


async def test_given_a_break_when_the_page_is_back_then_it_also_learns_of_a_call_that_ended_meanwhile(
    house: BrowserHouse, sign_in: SignIn
) -> None:
    page = await sign_in("operator")
    house.application.live.publish_call(ANSWERED)
    row = page.locator("tr[data-call]")
    await expect(row).to_contain_text("Talking")

    await house.application.live.close()
    house.application.live.publish_call(ENDED)

    await expect(row).to_contain_text("Ended")
    await expect(row).to_have_count(0)


async def test_given_a_session_that_ended_when_the_live_connection_is_lost_then_sign_in_is_shown(
    house: BrowserHouse, context: BrowserContext, sign_in: SignIn
) -> None:
    page = await sign_in("operator")
    await expect(page.get_by_text("No calls at the moment")).to_be_visible()
    await context.clear_cookies()
    await house.stop()
    await house.start()
    await expect(page.get_by_role("button", name="Sign in")).to_be_visible(timeout=20_000)


async def test_given_a_lost_link_when_the_alarm_stands_then_banner_and_link_say_so_on_every_page(
    house: BrowserHouse, sign_in: SignIn
) -> None:
    page = await sign_in("operator", "/calls")
    await expect(page.get_by_text("PBX: connected")).to_be_visible()
    house.application.live.publish_link(LinkStatus(LinkState.DOWN, NOON, "connection refused"))
    house.application.alarms.set("pbx_link_down", reason="connection refused")
    await expect(page.get_by_text("PBX: link down")).to_be_visible()
    await expect(page.get_by_role("alert")).to_contain_text("The link to the PBX is down")
    await expect(page.get_by_role("alert")).to_contain_text("since 21 Nov 12:00:00")
    house.application.alarms.clear("pbx_link_down")
    await expect(page.get_by_role("alert")).to_have_count(0)


async def test_given_a_front_desk_user_when_a_call_rings_then_the_number_is_masked(
    house: BrowserHouse, sign_in: SignIn
) -> None:
    page = await sign_in("front_desk")
    house.application.live.publish_call(RINGING)
    await expect(page.locator("tr[data-call]")).to_contain_text("138****1111")
