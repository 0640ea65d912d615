"""A real Chromium looking at the real application."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from callcenter.db import Database
from tests.application import NOON, PASSWORD
from tests.browser.house import BrowserHouse

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
]
ZONE_OF_THE_BROWSER = "America/New_York"
"""Not the hotel's: times must be right all the same."""

SignIn = Callable[..., Awaitable[Page]]


@pytest.fixture
def database_kind() -> str:
    """Pages do not know the database: one kind is enough here."""
    return "sqlite"


@pytest_asyncio.fixture
async def house(database: Database, tmp_path: Path) -> AsyncIterator[BrowserHouse]:
    """Serve the application with one user of each role, named after it."""
    served = BrowserHouse(database, tmp_path)
    await served.application.add_users()
    await served.start()
    yield served
    await served.stop()


@pytest_asyncio.fixture
async def browser() -> AsyncIterator[Browser]:
    """Start the system's Chromium."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    assert chromium, "Chromium is not installed: apt-get install chromium"
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield started
        await started.close()


@pytest_asyncio.fixture
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    """Give a browser of a person who reads English; nothing that a page throws is overlooked."""
    opened = await browser.new_context(
        viewport={"width": 1280, "height": 720}, locale="en-GB", timezone_id=ZONE_OF_THE_BROWSER
    )
    opened.set_default_timeout(10_000)
    await opened.clock.set_fixed_time(NOON)
    failures: list[str] = []
    opened.on("weberror", lambda error: failures.append(str(error.error)))
    yield opened
    await opened.close()
    assert failures == []


@pytest.fixture
def sign_in(house: BrowserHouse, context: BrowserContext) -> SignIn:
    """Give a function that signs a role's user in without the form and opens a page."""

    async def open_page(role: str, path: str = "/") -> Page:
        answer = await context.request.post(
            f"{house.address}/api/v1/session", data={"username": role, "password": PASSWORD}
        )
        assert answer.ok, await answer.text()
        page = await context.new_page()
        await page.goto(house.address + path)
        return page

    return open_page
