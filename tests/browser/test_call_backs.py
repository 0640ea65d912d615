"""Call-backs and lost callers as operators use them, and the way through the menu on a call's page."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import select

from callcenter.outbound import service
from callcenter.outbound.service import Finish, Kind, Result, Wanted
from callcenter.staff.audit import SYSTEM
from callcenter.staff.models import User
from callcenter.telephony import CallKey, CallSnapshot, MenuVisit, Outcome
from callcenter.web.identity import SignedIn
from tests.application import NOON
from tests.browser.conftest import SignIn
from tests.browser.house import BrowserHouse
from tests.unit.calls.builders import call

CALLER = "13812345678"


def given_up(linkedid: str, minutes_ago: float, waited: float = 95, **other: object) -> CallSnapshot:
    """A caller who hung up in the queue."""
    made = call(linkedid, system=10, end=waited, **other)  # type: ignore[arg-type]
    started = NOON - timedelta(minutes=minutes_ago)
    return replace(
        made,
        started_at=started,
        first_ring_at=started,
        answered_at=started + timedelta(seconds=10),
        ended_at=started + timedelta(seconds=waited),
    )


async def owe(
    house: BrowserHouse, number: str, minutes: float, kind: Kind = Kind.CALL_BACK, key: CallKey | None = None
) -> int:
    """A call-back to a caller who has been in line for so many minutes."""
    wanted = Wanted(
        kind=kind,
        number=number,
        source=f"{kind}:{number}",
        place_at=NOON - timedelta(minutes=minutes),
        due_at=NOON,
        language="en" if number.startswith("+") else "zh",
        line="4001",
        call=key,
    )
    async with house.application.database.begin() as session:
        due, _ = await service.request(session, wanted, SYSTEM, NOON, house.application.audit)
    return due.id


async def take(house: BrowserHouse, number: int, username: str, told: Finish | None = None) -> None:
    """A colleague takes a call-back on another screen, and perhaps finishes it."""
    outbound = house.application.outbound
    async with outbound.database.begin() as session:
        user = (await session.scalars(select(User).where(User.username == username))).one()
        by = SignedIn(user.id, username, user.name, user.role, frozenset(), "")
        await service.take(session, number, by, NOON, outbound.audit)
        if told is not None:
            await service.finish(session, number, by, NOON, told, outbound.audit)
    outbound.changed()


async def some(house: BrowserHouse) -> None:
    """A list as on a busy afternoon."""
    made = given_up("hotel-1", 12)
    await house.store(made)
    await owe(house, CALLER, 12, key=made.key)
    await owe(house, "+447700900123", 45, Kind.VOICEMAIL)
    await owe(house, "02155550000", 3, Kind.LOST_CALLER)


async def test_given_call_backs_when_shown_then_the_longest_waiting_stands_first(
    house: BrowserHouse, sign_in: SignIn
) -> None:
    await some(house)
    page = await sign_in("operator", "/call-backs")

    rows = page.locator("tr[data-due]")
    await expect(rows).to_have_count(3)
    assert [await row.get_attribute("data-due") for row in await rows.all()] == ["+447700900123", CALLER, "02155550000"]
    await expect(rows.nth(1)).to_contain_text("Asked in the queue")
    await expect(rows.nth(1)).to_contain_text("12:00")


async def test_given_a_call_back_when_taken_then_the_result_with_a_note_closes_it(
    house: BrowserHouse, sign_in: SignIn
) -> None:
    await owe(house, CALLER, 12)
    page = await sign_in("operator", "/call-backs")
    row = page.locator(f'tr[data-due="{CALLER}"]')
    await row.get_by_role("button", name="Take").click()
    await expect(row).to_contain_text("I am at it")
    await row.get_by_role("button", name="Enter result").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog.get_by_role("alert")).to_contain_text("Please choose a result.")
    await dialog.get_by_text("Reached", exact=True).click()
    await dialog.get_by_role("textbox", name="Note").fill("Wants a room with a view of the creek")
    await dialog.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Nobody to call back")).to_be_visible()

    await page.get_by_text("Done", exact=True).click()
    closed = page.locator(f'tr[data-closed="{CALLER}"]')
    await expect(closed).to_contain_text("Reached")
    await expect(closed).to_contain_text("Test operator")
    await expect(closed).to_contain_text("a view of the creek")


async def test_given_a_colleague_takes_a_call_back_then_the_page_of_others_shows_it_at_once(
    house: BrowserHouse, sign_in: SignIn
) -> None:
    number = await owe(house, CALLER, 12)
    page = await sign_in("operator", "/call-backs")
    row = page.locator(f'tr[data-due="{CALLER}"]')
    await expect(row.get_by_role("button", name="Take")).to_be_visible()

    await take(house, number, "supervisor")

    await expect(row).to_contain_text("Test supervisor is at it")
    await expect(row.get_by_role("button")).to_have_count(0)


async def test_given_a_call_back_when_given_back_then_it_is_open_with_a_note_for_the_next_one(
    house: BrowserHouse, sign_in: SignIn
) -> None:
    await owe(house, CALLER, 12)
    page = await sign_in("operator", "/call-backs")
    row = page.locator(f'tr[data-due="{CALLER}"]')
    await row.get_by_role("button", name="Take").click()
    await row.get_by_role("button", name="Give back").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("textbox", name="Note").fill("Nobody answers, try after three")
    await dialog.get_by_role("button", name="Give back").click()
    await expect(row.get_by_role("button", name="Take")).to_be_visible()
    await expect(page.get_by_text("Nobody answers, try after three")).to_be_visible()


async def test_given_a_lost_caller_when_made_a_call_back_then_it_is_on_the_list_of_call_backs(
    house: BrowserHouse, sign_in: SignIn
) -> None:
    await house.store(given_up("hotel-1", 40, 130), given_up("hotel-2", 12, 65))
    page = await sign_in("operator", "/call-backs?view=lost")
    row = page.locator(f'tr[data-lost="{CALLER}"]')
    await expect(row).to_contain_text("01:05")
    await expect(row).to_contain_text("longest 02:10")
    await expect(row.get_by_role("cell").nth(5)).to_have_text("2")
    await row.get_by_role("button", name="Make a call-back").click()
    await expect(row).to_contain_text("Is a call-back already")
    await page.get_by_text("To call back", exact=True).click()
    await expect(page.locator(f'tr[data-due="{CALLER}"]')).to_contain_text("Lost caller")


async def test_given_no_lost_callers_when_looked_at_then_the_page_says_so(sign_in: SignIn) -> None:
    page = await sign_in("operator", "/call-backs?view=lost")
    await expect(page.get_by_text("No lost callers")).to_be_visible()


async def test_given_a_role_without_the_right_when_looking_for_call_backs_then_the_page_is_not_theirs(
    sign_in: SignIn,
) -> None:
    page = await sign_in("front_desk", "/call-backs")
    await expect(page.get_by_text("You may not see this page.")).to_be_visible()
    await expect(page.get_by_role("link", name="Call-backs")).to_have_count(0)


@pytest.mark.parametrize(
    ("language", "path", "spoken"),
    [
        ("zh", "主菜单 → 酒店信息 → 设施和营业时间", "中文"),
        ("en", "Main menu → Information → Facilities and hours", "Chinese"),
    ],
)
async def test_given_a_caller_who_went_through_the_menu_when_the_call_is_shown_then_its_path_and_language_are(
    house: BrowserHouse, sign_in: SignIn, language: str, path: str, spoken: str
) -> None:
    made = given_up("hotel-1", 12)
    visit = MenuVisit(("main", "information", "facilities"), "zh", informed=True)
    ids = await house.store(replace(made, menu=visit, outcome=Outcome.CALL_BACK))
    page = await sign_in("operator")
    await speak(page, language)
    await page.goto(f"{house.address}/calls/{ids[made.key]}")
    await expect(page.get_by_text(path)).to_be_visible()
    await expect(page.locator(".facts")).to_contain_text(spoken)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(("width", "height"), [(1440, 900), (1280, 720)])
@pytest.mark.parametrize("view", ["due", "lost", "closed"])
async def test_given_a_screen_of_the_house_when_a_list_is_shown_then_nothing_sticks_out(
    house: BrowserHouse, sign_in: SignIn, language: str, width: int, height: int, view: str
) -> None:
    await some(house)
    await house.store(given_up("hotel-3", 90, 130, caller="13800000002"), given_up("hotel-4", 30, caller="02155550000"))
    page = await sign_in("supervisor")
    await speak(page, language)
    await page.set_viewport_size({"width": width, "height": height})
    other = await owe(house, "13800000009", 80)
    await take(house, other, "operator")
    done = await owe(house, "13800000010", 80)
    await take(house, done, "operator", Finish(Result.REACHED, "明天下午两点到店，需要两间标准间，一间要加床"))
    await page.goto(f"{house.address}/call-backs?view={view}")
    await expect(page.locator("tbody tr").first).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert await page.locator("section.panel").evaluate("panel => panel.scrollWidth <= panel.clientWidth")


async def speak(page: Page, language: str) -> None:
    await page.evaluate(f"localStorage.setItem('callcenter.language', '{language}')")
