"""Operators' states with the real application and exchange: who is rung, who is not, and who is when it is dead."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import aiohttp
import pytest

from callcenter.simulator.behaviours import answers, passing
from tests.pbx.house import VOICE, House, orders, running_house
from tests.pbx.operators import operator_at
from tests.pbx.switchboard import Desk, Switchboard

TALK = 1.0
WITHIN = 10.0


@pytest.fixture
def house(switchboard: Switchboard, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The living application, which these tests may kill."""
    with running_house(switchboard, tmp_path_factory.mktemp("house")) as running:
        yield running


async def until_state(client: aiohttp.ClientSession, wanted: str) -> dict[str, Any]:
    """Wait until the operator is in a state; the page would hear of it by a live message."""
    async with asyncio.timeout(WITHIN):
        while True:
            agent: dict[str, Any] = json.loads(await (await client.get("desk/me/state")).text())["agent"]
            if agent["state"] == wanted:
                return agent
            await asyncio.sleep(0.05)


async def test_given_a_call_that_ends_then_wrap_up_keeps_the_phone_silent_until_the_application_is_dead(
    house: House, switchboard: Switchboard, desk: Desk
) -> None:
    async with (
        switchboard.phone(desk.first, answers(), media=VOICE) as phone,
        switchboard.guest(media=VOICE) as guest,
        operator_at(house, desk.first) as client,
    ):
        call = guest.call(desk.number)
        talk = await phone.next_call()
        await talk.answered()
        await until_state(client, "on_call")
        await passing(talk, TALK)
        await call.bye()
        agent = await until_state(client, "wrap_up")
        assert agent["ends_at"] is not None
        for queue in desk.queues_with_breaks:
            assert "paused" in await switchboard.rx(f"queue show {queue}")
        assert "paused" not in await switchboard.rx(f"queue show {desk.queue}-rescue")

        second = guest.call(desk.number)
        await second.answered()  # by the system: nobody is free
        house.kill()
        taken = await phone.next_call(within=60)
        await taken.answered()
        await second.bye()


async def test_given_an_operator_who_comes_back_from_a_break_then_the_waiting_caller_is_rung_through(
    house: House, switchboard: Switchboard, desk: Desk
) -> None:
    async with (
        switchboard.phone(desk.first, answers(), media=VOICE) as phone,
        switchboard.guest(media=VOICE) as guest,
        operator_at(house, desk.first) as client,
    ):
        asked = await client.post("desk/me/state", json={"state": "break", "reason": "meal"})
        assert asked.status == 200, await asked.text()
        await switchboard.until(f"queue show {desk.queue}-first", lambda text: "paused:meal" in text)
        call = guest.call(desk.number)
        await call.answered()  # by the system

        await client.post("desk/me/state", json={"state": "available"})
        talk = await phone.next_call(within=40)
        await talk.answered()
        await call.bye()


async def test_given_a_call_back_with_one_click_then_the_own_phone_rings_and_then_the_number_is_called(
    switchboard: Switchboard, desk: Desk
) -> None:
    await switchboard.beat()
    name = (await switchboard.rx("core show settings")).partition("System name:")[2].split()[0]
    async with (
        switchboard.phone(desk.first, answers(), media=VOICE) as phone,
        switchboard.carrier(answers(), media=VOICE) as outside,
        orders(switchboard) as actions,
    ):
        await actions.call_out(desk.first, "02065550143", f"{name}-call-{desk.number}")
        talk = await phone.next_call()
        await talk.answered()
        reached = await outside.next_call()
        await reached.answered()
        assert reached.number == "02065550143"
        await talk.bye()
        await reached.ended()
