"""People who work at phones, as the application knows them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp

from callcenter.clock import SystemClock
from callcenter.staff.passwords import Passwords
from callcenter.staff.roles import Role
from callcenter.staff.service import NewUser, ensure_users
from tests.pbx.house import House

PASSWORD = "a password for tests"


@asynccontextmanager
async def operator_at(house: House, extension: str) -> AsyncIterator[aiohttp.ClientSession]:
    """Somebody who has signed on at a phone over HTTP."""
    async with house.books() as database, database.begin() as session:
        await ensure_users(session, [NewUser("anna", "Anna", Role.OPERATOR)], Passwords(), SystemClock(), PASSWORD)
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(f"{house.url}/api/v1/", cookie_jar=jar) as client:
        signed_in = await client.post("session", json={"username": "anna", "password": PASSWORD})
        client.headers["X-CSRF-Token"] = (await signed_in.json())["csrf"]
        answer = await client.post("desk/me/sign-on", json={"extension": extension})
        assert answer.status == 200, await answer.text()
        yield client
