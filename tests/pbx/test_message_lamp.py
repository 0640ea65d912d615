"""The message lamp on the room's telephone, as the telephone itself is told of it (requirements 4, telephone-room)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from callcenter.clock import SystemClock
from callcenter.pbx.actions import Actions
from callcenter.simulator.facts import WaitedTooLong
from callcenter.staff.passwords import Passwords
from callcenter.staff.roles import Role
from callcenter.staff.service import NewUser, ensure_users
from callcenter.stays.scope import StayRules
from tests.pbx.house import House, orders, running_house
from tests.pbx.switchboard import Desk, Switchboard, running_switchboard

PASSWORD = "a password for tests"
RELINKED_WITHIN = 45.0
"""Seconds until a link that was lost is up again and the lamps have been compared."""

pytestmark = pytest.mark.xdist_group("message_lamp")
"""What is started for this module is started once."""


@pytest.fixture(scope="module")
def switchboard(worker_id: str) -> Iterator[Switchboard]:
    """An exchange of this module's own, which it may start anew."""
    with running_switchboard(node=f"lamp_{worker_id}") as board:
        yield board


@pytest_asyncio.fixture
async def actions(switchboard: Switchboard) -> AsyncIterator[Actions]:
    async with orders(switchboard) as actions:
        yield actions


async def test_given_a_telephone_that_asks_for_nothing_when_its_lamp_is_lit_and_put_out_then_it_is_told(
    switchboard: Switchboard, actions: Actions, desk: Desk
) -> None:
    async with switchboard.phone(desk.room) as room, switchboard.phone(switchboard.next_desk().room) as other:
        await actions.set_message_lamp(desk.room, "lamp-1", lit=True)
        await room.until_lamp(lit=True)
        assert await actions.message_lamps() == {desk.room}
        await actions.set_message_lamp(desk.room, "lamp-2", lit=False)
        await room.until_lamp(lit=False)
        assert await actions.message_lamps() == set()
        assert other.lamp is not True


async def test_given_a_lamp_that_is_lit_when_the_telephone_comes_back_then_it_is_told_at_once(
    switchboard: Switchboard, actions: Actions, desk: Desk
) -> None:
    await actions.set_message_lamp(desk.room, "lamp-3", lit=True)
    for _ in range(2):
        async with switchboard.phone(desk.room) as room:
            await room.until_lamp(lit=True)
    await actions.set_message_lamp(desk.room, "lamp-4", lit=False)


async def test_given_a_telephone_that_subscribes_when_its_lamp_changes_then_it_is_told(
    switchboard: Switchboard, actions: Actions, desk: Desk
) -> None:
    async with switchboard.phone(desk.room) as room:
        await room.ask_for_lamp()
        await room.until_lamp(lit=False)
        await actions.set_message_lamp(desk.room, "lamp-5", lit=True)
        await room.until_lamp(lit=True)
        await actions.set_message_lamp(desk.room, "lamp-6", lit=False)
        await room.until_lamp(lit=False)


async def test_given_an_operator_s_phone_then_it_has_no_lamp(switchboard: Switchboard, desk: Desk) -> None:
    async with switchboard.phone(desk.first) as phone:
        with pytest.raises(WaitedTooLong):
            await phone.until_lamp(lit=False, within=0.5)


# --- with the application


class Reception:
    """Somebody of the front desk at the page."""

    def __init__(self, house: House, client: aiohttp.ClientSession, headers: dict[str, str]) -> None:
        self._house = house
        self._client = client
        self._headers = headers

    async def ask(self, method: str, path: str, **body: object) -> Any:
        async with self._client.request(method, path, json=body, headers=self._headers) as answer:
            assert answer.ok, await answer.text()
            return await answer.json()

    async def check_in(self, room: str) -> str:
        """Register a guest; return the path of the stay."""
        rules = StayRules.of(self._house.settings)
        departure = rules.day_of(SystemClock().now()) + timedelta(days=2)
        stay = await self.ask("POST", "stays", room=room, departure=str(departure), guests=[{"name": "Guest Example"}])
        return f"stays/{stay['id']}"

    async def leave_message(self, stay: str) -> str:
        """Leave a message; return its path."""
        message = await self.ask("POST", f"{stay}/messages", sender="Caller Example", content="Please ring back")
        return f"messages/{message['id']}"


@asynccontextmanager
async def reception(house: House) -> AsyncIterator[Reception]:
    async with house.books() as database, database.begin() as session:
        await ensure_users(session, [NewUser("desk", "Test", Role.FRONT_DESK)], Passwords(), SystemClock(), PASSWORD)
    async with aiohttp.ClientSession(f"{house.url}/api/v1/", cookie_jar=aiohttp.CookieJar(unsafe=True)) as client:
        answer = await client.post("session", json={"username": "desk", "password": PASSWORD})
        yield Reception(house, client, {"X-CSRF-Token": (await answer.json())["csrf"]})


async def test_given_a_message_then_the_lamp_follows_the_guest_to_another_room_until_the_message_is_ticked(
    switchboard: Switchboard, desk: Desk, tmp_path: Path
) -> None:
    other = switchboard.next_desk()
    with running_house(switchboard, tmp_path) as house:
        async with (
            switchboard.phone(desk.room) as first,
            switchboard.phone(other.room) as second,
            reception(house) as staff,
        ):
            stay = await staff.check_in(desk.room)
            message = await staff.leave_message(stay)
            await first.until_lamp(lit=True)
            await staff.ask("POST", f"{stay}/move", room=other.room, reason="noise")
            await second.until_lamp(lit=True)
            await first.until_lamp(lit=False)
            await staff.ask("PUT", f"{message}/delivered", delivered=True)
            await second.until_lamp(lit=False)
            await staff.ask("PUT", f"{message}/delivered", delivered=False)
            await second.until_lamp(lit=True)
            await staff.ask("POST", f"{stay}/check-out")
            await second.until_lamp(lit=False)


async def test_given_a_message_when_the_exchange_and_the_application_start_anew_then_the_lamp_is_lit_again(
    switchboard: Switchboard, desk: Desk, tmp_path: Path
) -> None:
    with running_house(switchboard, tmp_path) as house:
        async with reception(house) as staff:
            message = await staff.leave_message(await staff.check_in(desk.room))
            async with switchboard.phone(desk.room) as room:
                await room.until_lamp(lit=True)
            await asyncio.to_thread(switchboard.pbx.stop)
            await asyncio.to_thread(switchboard.pbx.start)
            await asyncio.to_thread(switchboard.pbx.wait_ready)
            async with switchboard.phone(desk.room) as room:
                await room.until_lamp(lit=True, within=RELINKED_WITHIN)
        house.kill()
        async with switchboard.phone(desk.room) as room:
            await room.until_lamp(lit=True)
        await asyncio.to_thread(switchboard.pbx.stop)
        await asyncio.to_thread(switchboard.pbx.start)
        await asyncio.to_thread(switchboard.pbx.wait_ready)
        await house.started()
        async with switchboard.phone(desk.room) as room, reception(house) as staff:
            await room.until_lamp(lit=True)
            await staff.ask("PUT", f"{message}/delivered", delivered=True)
            await room.until_lamp(lit=False)
