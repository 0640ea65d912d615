"""Calls at the desk: a real caller, a real exchange, a browser as the operator's telephone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest_asyncio
from playwright.async_api import expect

from callcenter.simulator.rtp import Hearing
from tests.browser.desk_house import DeskHouse, running_desk_house
from tests.pbx.sound_checks import CALLER, FIRST, channel_of, ear, recording_of


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def house() -> AsyncIterator[DeskHouse]:
    """Serve a house for all tests here."""
    with running_desk_house() as running:
        await running.add_users()
        yield running


async def test_given_an_operator_in_a_browser_when_a_caller_is_answered_by_key_then_both_hear_each_other(
    house: DeskHouse,
) -> None:
    desk = house.board.next_desk()
    async with (
        house.browser(FIRST.frequency) as browser,
        house.board.guest(media=CALLER, hearing=Hearing.KEEP) as guest,
    ):
        context = await house.sign_in(browser, "op1")
        page = await house.open_desk(context, desk.first)
        await expect(page.get_by_test_id("trouble")).to_have_text("none")
        await house.board.until_ready(f"op{desk.first}", desk.queue)

        call = guest.call(desk.number)
        await expect(page.get_by_test_id("sound")).to_have_text("ringing")
        await page.keyboard.press("F2")
        await call.answered()
        await expect(page.get_by_test_id("sound")).to_have_text("talking")
        _, unique_id = await channel_of(house.board, call)
        talk_from = asyncio.get_running_loop().time()
        await asyncio.sleep(3)
        talk_to = asyncio.get_running_loop().time()
        await page.keyboard.press("F9")
        await call.ended()
        ear("caller", call).has(FIRST, talk_from + 0.7, talk_to - 0.2)
        recording = await recording_of(house.board, call, unique_id)
        recording.heard.has(CALLER, talk_from + 0.7, talk_to - 0.2)
        recording.said.has(FIRST, talk_from + 0.7, talk_to - 0.2)
        record = await house.house.record(call.call_id)
        assert record.operators == [desk.first]
