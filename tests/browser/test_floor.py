"""The supervisors' board: operators, waiting callers and today's figures, what is done there, and the wall screen."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest_asyncio
from playwright.async_api import BrowserContext, expect
from sqlalchemy import select

from callcenter.agents.states import AgentState
from callcenter.events import PhoneChanged
from callcenter.staff.models import User
from callcenter.telephony import CallKey, PhoneActivity, PhoneState, QueueWait
from callcenter.web.identity import SignedIn
from tests.application import NOON
from tests.browser.conftest import SignIn
from tests.browser.house import BrowserHouse
from tests.unit.calls.builders import call

TALKED_OF = CallKey("pbx1", "talk.1")


@pytest_asyncio.fixture(loop_scope="session")
async def floor(house: BrowserHouse) -> AsyncIterator[BrowserHouse]:
    """Two operators at their phones, one of them on a call."""
    agents = house.application.agents
    await agents.start()
    async with house.application.database.read() as session:
        people = {user.username: user for user in (await session.scalars(select(User))).all()}
    for name, extension in (("operator", "8001"), ("supervisor", "8101"), ("manager", "8002")):
        user = people[name]
        who = SignedIn(user.id, user.username, user.name, user.role, frozenset(), "")
        await agents.floor.sign_on(who, extension, "")
        if name == "manager":
            await agents.floor.set_state(user.id, AgentState.BREAK, "meal", who, "")
    house.application.bus.publish(PhoneChanged(PhoneActivity("8001", PhoneState.TALKING, TALKED_OF)))
    await agents.floor.caught_up()
    yield house
    await agents.close()


def _let_callers_wait(house: BrowserHouse) -> None:
    for number in (1, 2):
        began = NOON - timedelta(seconds=40 - number)
        waiting = replace(
            call(f"wait.{number}", caller=f"1380000000{number}"),
            started_at=began,
            first_ring_at=began,
            answered_at=began + timedelta(seconds=13),
            queue_waits=(QueueWait("enquiries", began, number),),
        )
        house.application.open_calls.append(waiting)
        house.application.live.publish_call(waiting)


async def test_given_operators_and_waiting_callers_then_the_board_shows_them_and_a_caller_can_be_moved(
    floor: BrowserHouse, sign_in: SignIn
) -> None:
    _let_callers_wait(floor)
    page = await sign_in("supervisor", "/floor")

    operator = page.locator('[data-operator="8001"]')
    await expect(operator).to_contain_text("On a call")
    await expect(page.locator('[data-operator="8002"]')).to_contain_text("Meal")
    await expect(page.locator('[data-tile="waiting"]')).to_contain_text("2")
    await expect(page.locator('[data-tile="lines"]')).to_contain_text("of 90")
    second = page.locator('[data-waiting="pbx1/wait.2"]')
    await expect(second).to_contain_text("Enquiries · 2")

    await second.get_by_role("button", name="To the front").click()
    await expect(second).to_contain_text("Enquiries · 1")
    await expect(page.locator("[data-waiting]").first).to_contain_text("13800000002")


async def test_given_an_operator_on_a_call_when_the_supervisor_whispers_then_the_phone_rings_and_the_board_shows_it(
    floor: BrowserHouse, sign_in: SignIn
) -> None:
    page = await sign_in("supervisor", "/floor")
    operator = page.locator('[data-operator="8001"]')

    await operator.get_by_role("button", name="Actions for").click()
    await page.locator('[data-deed="whisper"]:visible').click()

    await expect(page.get_by_text("Your phone rings: answer it.")).to_be_visible()
    await expect(operator).to_contain_text("Test supervisor whispers")
    assert ("whisper", ("8001", "8101")) in floor.application.telephony.asked


async def test_given_somebody_to_be_logged_out_then_it_is_asked_once_and_done(
    floor: BrowserHouse, sign_in: SignIn
) -> None:
    page = await sign_in("supervisor", "/floor")

    await page.locator('[data-operator="8002"]').get_by_role("button", name="Actions for").click()
    await page.locator('[data-deed="log-out"]:visible').click()
    await page.get_by_role("button", name="Sign off and log out").click()

    await expect(page.locator('[data-operator="8002"]')).to_have_count(0)


async def test_given_the_wall_screen_then_its_letters_can_be_read_from_five_metres_and_nothing_is_cut_off(
    floor: BrowserHouse, context: BrowserContext, sign_in: SignIn
) -> None:
    _let_callers_wait(floor)
    page = await sign_in("supervisor", "/floor/wall")
    await page.set_viewport_size({"width": 1920, "height": 1080})

    await expect(page.locator("[data-waiting]")).to_have_count(2)
    await expect(page.locator('[data-operator="8001"]')).to_contain_text("On a call")
    sizes = await page.locator("[data-waiting] *, [data-operator] *, dd").evaluate_all(
        "all => all.filter(one => one.textContent.trim()).map(one => parseFloat(getComputedStyle(one).fontSize))"
    )
    assert min(sizes) >= 34
    assert await page.evaluate("document.documentElement.scrollHeight <= innerHeight")
