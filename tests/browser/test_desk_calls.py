"""Calls at the desk: a real caller, a real exchange, a browser as the operator's telephone."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio
from playwright.async_api import BrowserContext, Page, expect

from callcenter.simulator.dialog import Dialog
from callcenter.simulator.rtp import Hearing
from tests.browser.desk_house import DeskHouse, running_desk_house
from tests.pbx.sound_checks import CALLER, FIRST, SECOND, channel_of, ear, recording_of
from tests.pbx.switchboard import MUSIC_TONE, Desk

pytestmark = pytest.mark.xdist_group("browser_desk_calls")
"""What is started for this module is started once."""

SETTLING = 0.8
LONG = 1.5
COMES_BACK = 15_000
"""Milliseconds within which a page that was away is a telephone again."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def house() -> AsyncIterator[DeskHouse]:
    """Serve a house for all tests here."""
    with running_desk_house() as running:
        await running.add_users()
        yield running


@dataclass(frozen=True)
class Talk:
    """An operator in a browser talks with a caller."""

    page: Page
    context: BrowserContext
    call: Dialog
    desk: Desk


async def span() -> tuple[float, float]:
    """Let some sound pass; return from when until when."""
    await asyncio.sleep(SETTLING)
    begin = time.monotonic()
    await asyncio.sleep(LONG)
    return begin, time.monotonic() - 0.2


async def rung(page: Page) -> None:
    """Wait until it rings at the desk."""
    await expect(page.get_by_test_id("state")).to_have_text("Ringing")


async def answered(page: Page) -> None:
    """Answer by key."""
    await rung(page)
    await page.keyboard.press("F2")
    await expect(page.get_by_test_id("state")).to_have_text("Talking")


@contextlib.asynccontextmanager
async def talking(house: DeskHouse, user: str) -> AsyncIterator[Talk]:
    """Let a caller be answered by key at a desk."""
    desk = house.board.next_desk()
    caller = house.board.guest(media=CALLER, hearing=Hearing.KEEP)
    async with house.browser(FIRST.frequency) as browser, caller as guest:
        context = await house.sign_in(browser, user)
        page = await house.open_desk(context, desk.first)
        await expect(page.get_by_test_id("phone")).to_contain_text("✓")
        await house.board.until_ready(f"op{desk.first}", desk.queue)
        call = guest.call(desk.number)
        await answered(page)
        await call.answered()
        yield Talk(page, context, call, desk)


async def test_given_an_operator_in_a_browser_when_a_caller_is_answered_by_key_then_both_hear_each_other(
    house: DeskHouse,
) -> None:
    async with talking(house, "op1") as talk:
        _, unique_id = await channel_of(house.board, talk.call)
        when = await span()
        await talk.page.keyboard.press("F9")
        await talk.call.ended()
        ear("caller", talk.call).has(FIRST, *when)
        recording = await recording_of(house.board, talk.call, unique_id)
        recording.heard.has(CALLER, *when)
        recording.said.has(FIRST, *when)
        record = await house.house.record(talk.call.call_id)
        assert record.operators == [talk.desk.first]


async def test_given_a_talk_in_a_browser_when_a_colleague_is_asked_and_connected_by_keys_then_each_hears_who_is_meant(
    house: DeskHouse,
) -> None:
    async with talking(house, "op2") as talk:
        colleague = house.board.phone(talk.desk.second, media=SECOND, hearing=Hearing.KEEP)
        async with colleague as other:
            await talk.page.keyboard.press("F8")
            await expect(talk.page.get_by_test_id("state")).to_contain_text("On hold")
            held = await span()
            await talk.page.keyboard.press("F8")
            await expect(talk.page.get_by_test_id("state")).to_have_text("Talking")
            resumed = await span()
            await talk.page.keyboard.press("F4")
            await talk.page.keyboard.type(talk.desk.second)
            await talk.page.keyboard.press("Enter")
            asked = await other.next_call()
            asked.answer()
            await expect(talk.page.get_by_test_id("state")).to_contain_text("With a colleague")
            consulting = await span()
            await talk.page.keyboard.press("F4")
            await expect(talk.page.get_by_test_id("state")).to_have_text("Idle")
            connected = await span()
            _, unique_id = await channel_of(house.board, talk.call)
            await talk.call.bye()
            caller = ear("caller", talk.call)
            caller.has(MUSIC_TONE, *held)
            caller.has_not(FIRST, *held)
            caller.has(FIRST, *resumed)
            caller.has(MUSIC_TONE, *consulting)
            caller.has(SECOND, *connected)
            ear("colleague", asked).has(FIRST, *consulting)
            ear("colleague", asked).has(CALLER, *connected)
            recording = await recording_of(house.board, talk.call, unique_id)
            recording.said.has(FIRST, *resumed)
            recording.said.has(SECOND, *connected)
            recording.heard.has(CALLER, *connected)


async def test_given_a_talk_when_the_page_is_reloaded_then_the_caller_hears_music_and_is_given_back_to_the_operator(
    house: DeskHouse,
) -> None:
    async with talking(house, "op3") as talk:
        _, unique_id = await channel_of(house.board, talk.call)
        await talk.page.reload()
        await answered(talk.page)
        back = await span()
        await talk.call.bye()
        ear("caller", talk.call).has(FIRST, *back)
        recording = await recording_of(house.board, talk.call, unique_id)
        recording.said.has(FIRST, *back)
        recording.heard.has(CALLER, *back)


async def test_given_a_desk_when_its_connection_is_cut_then_no_call_rings_it_within_five_seconds_and_it_comes_back(
    house: DeskHouse,
) -> None:
    desk = house.board.next_desk()
    async with house.browser(FIRST.frequency) as browser:
        context = await house.sign_in(browser, "op1")
        page = await house.open_desk(context, desk.first)
        await expect(page.get_by_test_id("phone")).to_contain_text("✓")
        await house.board.until_state(desk.first, "Not in use")
        house.house.freeze()
        try:
            await expect(page.get_by_test_id("trouble")).to_contain_text("Connection lost", timeout=COMES_BACK)
        finally:
            house.house.thaw()
        await expect(page.get_by_test_id("phone")).to_contain_text("✓", timeout=COMES_BACK)
        await house.board.until_state(desk.first, "Not in use", within=15)

        standing_still = asyncio.create_task(
            page.evaluate("() => { const held = Date.now() + 9000; while (Date.now() < held); }")
        )
        await house.board.until_state(desk.first, "Unavailable", within=5)
        await standing_still
        await expect(page.get_by_test_id("phone")).to_contain_text("✓", timeout=COMES_BACK)
        await house.board.until_state(desk.first, "Not in use", within=15)


async def test_given_a_desk_when_opened_in_a_second_tab_then_it_says_so_and_moves_there_when_asked(
    house: DeskHouse,
) -> None:
    desk = house.board.next_desk()
    async with house.browser(FIRST.frequency) as browser:
        context = await house.sign_in(browser, "op2")
        first = await house.open_desk(context, desk.first)
        await expect(first.get_by_test_id("phone")).to_contain_text("✓")
        second = await house.open_desk(context, desk.first)
        await expect(second.get_by_test_id("trouble")).to_contain_text("another window")
        await second.get_by_role("button", name="Move it here").click()
        await expect(second.get_by_test_id("phone")).to_contain_text("✓")
        await expect(first.get_by_test_id("trouble")).to_contain_text("another window")


async def test_given_no_microphone_when_a_desk_is_opened_then_it_says_so_and_the_phone_cannot_be_rung(
    house: DeskHouse,
) -> None:
    desk = house.board.next_desk()
    async with house.browser(FIRST.frequency, "--deny-permission-prompts") as browser:
        context = await house.sign_in(browser, "op3")
        page = await house.open_desk(context, desk.first)
        await expect(page.get_by_test_id("trouble")).to_contain_text("No microphone")
        await house.board.until_state(desk.first, "Unavailable")
