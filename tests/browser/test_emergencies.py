"""An emergency as everybody at a screen sees it: the red band, the checklist, the record."""

from __future__ import annotations

from playwright.async_api import expect

from callcenter.emergencies import service
from callcenter.emergencies.dialled import Dialled
from callcenter.staff.audit import SYSTEM
from callcenter.telephony import CallKey
from tests.application import NOON
from tests.browser.conftest import SignIn
from tests.browser.house import BrowserHouse


async def dialled(house: BrowserHouse, place: str) -> None:
    """A room dials 119, as the exchange tells it."""
    async with house.application.emergencies.work(SYSTEM) as doing:
        await service.note_dialled(doing, Dialled(place, "119"), CallKey("pbx1", f"pbx-{place}"), NOON)


async def test_given_a_room_that_dials_119_when_any_page_is_open_then_the_place_shows_at_once(
    house: BrowserHouse, sign_in: SignIn
) -> None:
    page = await sign_in("operator", "/calls")
    await expect(page.get_by_role("heading", name="Call records")).to_be_visible()
    await dialled(house, "0412")
    band = page.get_by_role("alert").filter(has_text="0412")
    await expect(band).to_contain_text("the room dialled 119", timeout=2_000)
    await band.get_by_role("link", name="Open checklist").click()
    await expect(page.get_by_role("heading", name="Emergency: 0412")).to_be_visible()


async def test_given_an_emergency_when_the_checklist_is_worked_then_every_tick_stands_in_the_record(
    house: BrowserHouse, sign_in: SignIn
) -> None:
    await dialled(house, "0412")
    page = await sign_in("operator", "/emergencies/1")
    await page.get_by_text("Fire", exact=True).click()
    await page.get_by_text("Send security to the place").click()
    await expect(page.get_by_role("row", name="Done: Send security to the place")).to_contain_text("operator")
    await page.get_by_role("button", name="Call responders in (119)").click()
    await expect(page.get_by_role("row", name="Called 119")).to_be_visible()
    assert ("call_into_emergency", ("0412", "119")) in house.application.telephony.asked
    await page.get_by_label("Write down").fill("engine at the gate")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("row", name="engine at the gate")).to_be_visible()
    await page.get_by_role("button", name="Close").click()
    await page.get_by_role("textbox").last.fill("false alarm")
    await page.get_by_role("dialog").get_by_role("button", name="Close", exact=True).last.click()
    await expect(page.get_by_role("row", name="Closed: false alarm")).to_be_visible()
    await expect(page.get_by_role("alert").filter(has_text="0412")).to_have_count(0)


async def test_given_any_page_when_f10_is_pressed_twice_then_a_place_is_asked_and_everybody_is_alerted(
    house: BrowserHouse, sign_in: SignIn
) -> None:
    page = await sign_in("operator", "/calls")
    await expect(page.get_by_role("heading", name="Call records")).to_be_visible()
    await page.keyboard.press("F10")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await page.keyboard.press("F10")
    await page.get_by_label("Place").fill("lobby")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Emergency: lobby")).to_be_visible()
    assert ("raise_emergency", "000") in house.application.telephony.asked
