"""Listening to a recording: it plays, moves by ranges, is noted, and is kept from those who may not."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from playwright.async_api import Page, Response, expect
from sqlalchemy import select

from callcenter.db import Database
from callcenter.staff.models import AuditEntry
from tests.browser.conftest import SignIn
from tests.browser.house import BrowserHouse
from tests.unit.calls.builders import call

TALKED = replace(call("5.1", operator=4, end=34, talk_seconds=30.0), recording="5.1")
SECONDS = 30.0


async def recorded(house: BrowserHouse) -> tuple[int, int]:
    ids = await house.store(TALKED)
    return ids[TALKED.key], await house.record(TALKED, SECONDS)


async def position(page: Page) -> float:
    return float(await page.evaluate("document.querySelector('audio').currentTime"))


async def test_given_a_recording_when_it_is_played_then_it_sounds_and_moves_and_is_noted_once(
    house: BrowserHouse, database: Database, sign_in: SignIn
) -> None:
    number, recording = await recorded(house)
    page = await sign_in("supervisor", f"/calls/{number}")
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer) if "/audio" in answer.url else None)
    await expect(page.get_by_text("00:00 / 00:30")).to_be_visible()
    await expect(page.get_by_text("Left: caller")).to_be_visible()
    assert answers == []  # opening the page is no listening

    slider = page.get_by_role("slider", name="Position")
    await page.get_by_role("button", name="Play").click()
    await expect(slider).to_have_attribute("aria-valuetext", re.compile("^00:0[1-9] of 00:30$"))
    assert await page.evaluate("document.querySelector('audio').duration") == SECONDS

    await page.get_by_role("button", name="Pause", exact=True).click()
    stood = await position(page)
    await page.locator("body").press("ArrowRight")
    assert await position(page) == pytest.approx(stood + 5, abs=0.1)
    await page.locator("body").press("ArrowLeft")
    assert await position(page) == pytest.approx(stood, abs=0.1)
    await page.get_by_label("Speed").select_option("2")
    assert await page.evaluate("document.querySelector('audio').playbackRate") == 2
    await slider.fill("28")
    await page.locator("h1").click()
    await page.keyboard.press("Space")
    await expect(page.get_by_role("button", name="Pause", exact=True)).to_be_visible()
    await expect(page.get_by_role("button", name="Play")).to_be_visible(timeout=10_000)
    assert await position(page) == SECONDS

    assert {answer.status for answer in answers} == {206}
    async with database.read() as session:
        entries = list(await session.scalars(select(AuditEntry).where(AuditEntry.action == "recording.listened")))
    assert [(entry.username, entry.subject_id) for entry in entries] == [("supervisor", str(recording))]


async def test_given_an_operator_when_a_recorded_call_opens_then_the_page_explains_why_it_cannot_be_heard(
    house: BrowserHouse, sign_in: SignIn
) -> None:
    number, _ = await recorded(house)
    page = await sign_in("operator", f"/calls/{number}")
    await expect(page.get_by_text("You may not listen to recordings.")).to_be_visible()
    await expect(page.get_by_text("needs a supervisor's rights")).to_be_visible()
    await expect(page.locator("audio")).to_have_count(0)


async def test_given_a_recording_whose_file_is_gone_when_it_is_played_then_the_page_says_so(
    house: BrowserHouse, sign_in: SignIn
) -> None:
    number, _ = await recorded(house)
    house.lose_recordings()
    page = await sign_in("supervisor", f"/calls/{number}")
    await page.get_by_role("button", name="Play").click()
    await expect(page.get_by_role("alert")).to_contain_text("The recording cannot be played.")


async def test_given_a_call_just_ended_when_its_recording_is_filed_then_the_player_comes_by_itself(
    house: BrowserHouse, sign_in: SignIn
) -> None:
    ids = await house.store(TALKED)
    page = await sign_in("supervisor", f"/calls/{ids[TALKED.key]}")
    await expect(page.get_by_text("the recording is not filed yet")).to_be_visible()
    await house.record(TALKED, SECONDS)
    await expect(page.get_by_role("button", name="Play")).to_be_visible()


async def test_given_a_call_without_recording_when_it_opens_then_it_says_so(
    house: BrowserHouse, sign_in: SignIn
) -> None:
    unrecorded = call("6.1", end=6)
    ids = await house.store(unrecorded)
    page = await sign_in("supervisor", f"/calls/{ids[unrecorded.key]}")
    await expect(page.get_by_text("This call has no recording.")).to_be_visible()
