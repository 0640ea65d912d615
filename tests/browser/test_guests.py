"""Guests: found with Ctrl+K, entered with a warning, merged and undone, followed up, brought in from a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from callcenter.guests.card import Draft, Number, Origin
from callcenter.guests.kinds import Colour, Source, Stage
from callcenter.guests.service import By
from tests.browser.conftest import SignIn
from tests.browser.house import BrowserHouse
from tests.unit.calls.builders import call


class Clerk:
    """Somebody who entered cards before the test began."""

    user_id = None
    username = "op1"


async def enter(house: BrowserHouse, name: str, *numbers: str, origin: Origin | None = None, **more: Any) -> int:
    """Enter a card and return its id."""
    guests = house.application.guests.guests
    draft = Draft(name=name, numbers=tuple(Number(number) for number in numbers), **more)
    async with house.application.database.begin() as session:
        card = await guests.create(session, draft, By(Clerk()), origin=origin or Origin(), attention_seen=True)
    return card.id


async def test_given_a_caller_on_the_line_when_ctrl_k_and_initials_are_typed_then_enter_opens_the_card(
    house: BrowserHouse, sign_in: SignIn
) -> None:
    await enter(house, "张试验", "13800000001", attention_colour=Colour.PURPLE, attention_reason="Quiet room")
    await enter(house, "王试验", "13800000002")
    page = await sign_in("operator", "/calls")

    await expect(page.get_by_role("button", name="Find a guest")).to_be_visible()
    await page.keyboard.press("Control+k")
    await page.get_by_role("dialog").get_by_role("textbox").fill("zsy")
    await expect(page.get_by_role("option")).to_have_count(1)
    await page.keyboard.press("Enter")

    await expect(page.get_by_role("heading", level=1)).to_contain_text("张试验")
    await expect(page.locator("strong", has_text="+8613800000001")).to_be_visible()
    await expect(page.locator(".card__attention")).to_contain_text("Quiet room")


async def test_given_a_listed_name_when_a_card_is_entered_then_saved_only_after_the_warning_was_confirmed(
    house: BrowserHouse, sign_in: SignIn
) -> None:
    await enter(house, "李试验", attention_colour=Colour.AMBER, attention_reason="Left without paying")
    page = await sign_in("operator", "/guests")

    await page.get_by_role("button", name="New guest").click()
    await page.get_by_role("textbox", name="Name", exact=True).fill("李试验")
    await expect(page.get_by_text("Guests of this name: 李试验 Left without paying")).to_be_visible()
    await page.get_by_role("textbox", name="Number", exact=True).fill("138 0000 0003")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Please confirm the identity first: Left without paying")).to_be_visible()
    await page.get_by_role("button", name="Confirmed, save").click()

    await expect(page).to_have_url(f"{house.address}/guests/2")
    await expect(page.get_by_text("+8613800000003")).to_be_visible()


async def test_given_a_wrong_id_card_when_entered_then_the_card_says_so_in_red(
    house: BrowserHouse, sign_in: SignIn
) -> None:
    number = await enter(house, "赵试验")
    page = await sign_in("front_desk", f"/guests/{number}")

    await page.get_by_role("textbox", name="Document number").fill("530102199003070019")
    await page.get_by_role("button", name="Add document").click()

    await expect(page.get_by_role("alert").filter(has_text="This ID card number cannot be right")).not_to_have_count(0)


async def test_given_a_double_when_merged_and_undone_then_both_cards_are_there_again(
    house: BrowserHouse, sign_in: SignIn
) -> None:
    kept = await enter(house, "孙试验", "13800000005")
    gone = await enter(house, "孙实验", "13800000006", address="Sample Road 1")
    page = await sign_in("supervisor", f"/guests/{kept}")

    await page.get_by_role("button", name="Merge double").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("combobox").fill("孙实验")
    await page.get_by_role("option", name="孙实验").click()
    await expect(dialog.get_by_text("Takes over: Address")).to_be_visible()
    await dialog.get_by_role("textbox", name="Reason").fill("Same person")
    await dialog.get_by_role("button", name="Merge", exact=True).click()
    await expect(page.locator("strong", has_text="+8613800000006")).to_be_visible()
    await page.get_by_role("button", name="Undo merge").click()
    await page.get_by_role("button", name="Yes").click()

    await expect(page.locator("strong", has_text="+8613800000006")).to_have_count(0)
    await page.goto(f"{house.address}/guests/{gone}")
    await expect(page.get_by_role("heading", level=1)).to_contain_text("孙实验")


async def test_given_a_potential_customer_when_contacted_then_the_follow_up_is_done(
    house: BrowserHouse, sign_in: SignIn
) -> None:
    await enter(house, "周试验", question="Hours of the springs", origin=Origin(Source.CALL, Stage.POTENTIAL))
    page = await sign_in("operator", "/guests?tab=followUps")

    await expect(page.get_by_role("cell", name="First contact")).to_be_visible()
    await page.get_by_role("button", name="Contacted").click()
    await page.get_by_role("dialog").get_by_role("button", name="Save").click()

    await expect(page.get_by_text("No follow-up is owed")).to_be_visible()


async def test_given_a_file_of_guests_when_looked_through_and_brought_in_then_they_are_in_the_list(
    house: BrowserHouse, sign_in: SignIn, tmp_path: Path
) -> None:
    file = tmp_path / "guests.csv"
    file.write_text("姓名,电话\n吴试验,13800000007\n郑试验,12\n", encoding="utf-8")
    imports = house.application.guests.imports
    await imports.start()
    page = await sign_in("manager", "/guests?tab=imports")

    await page.get_by_label("Choose a CSV file").set_input_files(file)
    row = page.locator("[data-import]")
    await expect(row).to_contain_text("checked, waits for you")
    await row.get_by_role("button", name="Bring in").click()
    await page.get_by_role("dialog").get_by_role("button", name="Bring in").click()
    await expect(row).to_contain_text("brought in")
    await expect(row.get_by_role("link", name="Wrong lines as file")).to_be_visible()
    await page.goto(f"{house.address}/guests")

    await expect(page.get_by_text("吴试验")).to_be_visible()
    await imports.close()


async def test_given_a_call_when_linked_to_a_guest_then_the_call_and_the_guest_show_each_other(
    house: BrowserHouse, sign_in: SignIn
) -> None:
    guest = await enter(house, "冯试验", "13800000008")
    (number,) = (await house.store(call(operator=3, end=60))).values()
    page = await sign_in("operator", f"/calls/{number}")

    await page.get_by_role("combobox").fill("冯试验")
    await page.get_by_role("option", name="冯试验").click()
    await page.get_by_role("textbox", name="Why (optional)").press("Enter")
    await page.get_by_role("link", name="冯试验").click()

    await expect(page).to_have_url(f"{house.address}/guests/{guest}")
    await expect(page.locator("[data-kind=call]")).to_contain_text("Call")


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("width", [1280, 1440])
async def test_given_every_page_of_guests_when_shown_in_either_language_then_nothing_sticks_out(
    house: BrowserHouse, sign_in: SignIn, language: str, width: int
) -> None:
    card = await enter(
        house, "张试验", "13800000001", "010-66612345",
        latin_surname="Zhang", latin_given="Shiyan", level="vip", do_not_call=True, contact_wish="14:00 – 18:00",
        attention_colour=Colour.PURPLE, attention_reason="Peanut allergy", address="昆明市试验路 1 号", note="A\nB",
    )  # fmt: skip
    await enter(
        house,
        "来电试验",
        "13800000009",
        question="温泉几点开放，能带孩子吗？",
        origin=Origin(Source.CALL, Stage.POTENTIAL),
    )
    page = await sign_in("admin", "/guests")
    await page.set_viewport_size({"width": width, "height": 720 if width == 1280 else 900})
    await page.evaluate("name => localStorage.setItem('callcenter.language', name)", language)

    paths = [f"/guests/{card}", "/guests"]
    paths += [f"/guests?tab={name}" for name in ("potential", "followUps", "checks", "waiting", "companies", "owners")]
    for path in paths:
        await page.goto(house.address + path)
        await expect(page.locator("h1")).to_be_visible()
        await page.wait_for_load_state("networkidle")
        assert await _sticks_out(page) == 0, path


async def _sticks_out(page: Page) -> int:
    """By how many pixels the page is wider than the window."""
    return int(await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))
