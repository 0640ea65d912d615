"""Guests in house as the reception and the switchboard see them: check-in, folio, messages, wake-up times."""

from __future__ import annotations

from datetime import date, timedelta

import pytest_asyncio
from playwright.async_api import Page, expect

from callcenter.rooms.seeding import ensure_rooms
from callcenter.staff.roles import Role, permissions_of
from callcenter.stays import messages
from callcenter.stays.checking_in import Registration
from callcenter.stays.models import Stay
from callcenter.stays.persons import Person
from tests.application import NOON
from tests.browser.conftest import SignIn
from tests.browser.house import BrowserHouse
from tests.unit.stays.reception import Colleague

TOMORROW = date(2026, 11, 22)


@pytest_asyncio.fixture(autouse=True, loop_scope="session")
async def rooms(house: BrowserHouse) -> None:
    """The rooms of the sample hotel."""
    async with house.application.database.begin() as session:
        await ensure_rooms(session, house.application.settings)


async def guest(house: BrowserHouse, room: str, name: str, *, confidential: bool = False) -> Stay:
    """Somebody who is in the house already."""
    form = Registration(room=room, departure=TOMORROW, persons=(Person(name),), confidential=confidential)
    async with house.application.stays.work(Colleague()) as scope:
        return await house.application.stays.bookings.check_in(scope, form, None)


async def leave_message(house: BrowserHouse, stay: Stay, content: str) -> None:
    """Somebody has left a message that is due now."""
    async with house.application.stays.work(Colleague()) as scope:
        mine = await scope.session.get_one(Stay, stay.id)
        wanted = messages.NewMessage("Mr Li", "Ms Zhao", content, remind_at=NOON - timedelta(minutes=1))
        await messages.leave(scope, mine, wanted)


async def confirm(page: Page, name: str) -> None:
    """Press the button of the question that is asked."""
    await page.get_by_role("dialog").get_by_role("button", name=name).click()


async def test_given_a_walk_in_when_checked_in_paid_and_checked_out_then_the_pages_follow(
    house: BrowserHouse, sign_in: SignIn
) -> None:
    page = await sign_in("front_desk", "/stays")
    await page.get_by_role("button", name="Check in").click()
    await page.get_by_label("Room", exact=True).fill("0301")
    await page.get_by_label("Name", exact=True).fill("Li Yi")
    await page.get_by_label("Document number").fill("110101199001011237")
    await page.get_by_label("Wake-up").fill("06:30")
    await page.get_by_role("button", name="Check in").click()
    await expect(page.get_by_role("heading", name="Room 0301")).to_be_visible()
    await expect(page.get_by_role("region", name="Messages and wake-ups")).to_contain_text("22 Nov 06:30")

    await page.get_by_role("button", name="Check out").click()
    await confirm(page, "Check out")
    await expect(page.get_by_text("Please settle the folio first")).to_be_visible()
    await expect(page.get_by_test_id("balance")).to_have_text("The guest owes 488.00 yuan")
    await page.get_by_role("button", name="Payment").click()
    await page.get_by_role("dialog").get_by_role("button", name="Payment").click()
    await expect(page.get_by_test_id("balance")).to_have_text("Settled")
    await page.get_by_role("button", name="Check out").click()
    await confirm(page, "Check out")
    await expect(page.get_by_text("Departed")).to_be_visible()
    await expect(page.get_by_role("button", name="Revoke check-out")).to_be_visible()


async def test_given_a_wrong_line_when_reversed_with_a_reason_then_both_lines_stand(
    house: BrowserHouse, sign_in: SignIn
) -> None:
    stay = await guest(house, "0302", "Wang Er")
    page = await sign_in("front_desk", f"/stays/{stay.id}")
    await page.get_by_role("button", name="Post", exact=True).click()
    await page.get_by_role("dialog").get_by_label("Amount").fill("88.50")
    await confirm(page, "Post")
    folio = page.get_by_role("region", name="Folio")
    await folio.get_by_role("button", name="Reverse").click()
    await confirm(page, "Reverse")
    await expect(page.get_by_role("dialog")).to_contain_text("Please give a reason.")
    await page.get_by_role("dialog").get_by_label("Reason").fill("wrong room")
    await confirm(page, "Reverse")
    await expect(folio).to_contain_text("-88.50")
    await expect(folio).to_contain_text("Reversed")
    await expect(page.get_by_test_id("balance")).to_have_text("Settled")


async def test_given_a_due_message_when_it_pops_up_then_typing_goes_on_and_the_tick_ends_it(
    house: BrowserHouse, sign_in: SignIn
) -> None:
    stay = await guest(house, "0303", "Mr Li")
    page = await sign_in("operator", "/stays")
    box = page.get_by_role("textbox", name="Guest name")
    await box.click()
    await leave_message(house, stay, "Please call back about dinner")
    toast = page.locator("aside.toast")
    await expect(toast).to_contain_text("Message for room 0303")
    await expect(box).to_be_focused()
    place = await toast.bounding_box()
    assert place is not None
    assert (place["width"], place["height"]) == (320, 96)
    assert place["x"] + place["width"] <= 1280
    await toast.get_by_role("button", name="Delivered").click()
    await expect(toast).to_have_count(0)
    await page.reload()
    await expect(page.get_by_role("heading", name="In house")).to_be_visible()
    await expect(toast).to_have_count(0)


async def test_given_a_confidential_guest_when_the_switchboard_looks_then_nobody_is_there(
    house: BrowserHouse, sign_in: SignIn
) -> None:
    assert "stays.see_confidential" not in permissions_of(Role.OPERATOR)
    hidden = await guest(house, "0501", "Hidden Guest", confidential=True)
    await guest(house, "0304", "Open Guest")
    page = await sign_in("operator", "/stays")
    await expect(page.locator('[data-room="0304"]')).to_be_visible()
    await expect(page.locator('[data-room="0501"]')).to_have_count(0)
    await page.goto(f"{house.address}/stays/{hidden.id}")
    await expect(page.get_by_role("alert")).to_contain_text("does not exist")


async def test_given_a_confidential_guest_when_checked_in_then_the_callers_that_are_expected_stand_on_the_page(
    sign_in: SignIn,
) -> None:
    page = await sign_in("front_desk", "/stays/new")
    await page.get_by_label("Room", exact=True).fill("0302")
    await page.get_by_label("Name", exact=True).fill("Hidden Guest")
    await page.get_by_text("Confidential", exact=True).click()
    await page.get_by_label("Alias").fill("Mr Example")
    await page.get_by_label("Callers put through (numbers)").fill("13800000001, 0305")
    await page.get_by_role("button", name="Check in").click()
    facts = page.get_by_role("region", name="Stay")
    await expect(facts).to_contain_text("+8613800000001 0305")

    await page.get_by_role("button", name="Change", exact=True).click()
    await page.get_by_role("dialog").get_by_label("Callers put through (numbers)").fill("")
    await page.get_by_role("dialog").get_by_role("button", name="Save").click()
    await expect(facts).not_to_contain_text("+8613800000001")


async def test_given_a_room_when_a_wake_up_is_set_then_it_is_on_the_list_until_cancelled(
    house: BrowserHouse, sign_in: SignIn
) -> None:
    await guest(house, "0305", "Sun Wu")
    page = await sign_in("operator", "/stays?view=wake_ups&room=0305")
    await page.get_by_label("Time").fill("07:15")
    await page.get_by_role("button", name="Set wake-up").click()
    row = page.locator('tr[data-room="0305"]')
    await expect(row).to_contain_text("22 Nov 07:15")
    await row.get_by_role("button", name="Cancel").click()
    await expect(page.get_by_text("No wake-ups")).to_be_visible()
