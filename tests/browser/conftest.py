"""A real Chromium looking at the real application.

One Chromium serves a whole worker, since starting it takes longer than most tests; each test has a context of its own
in it. It belongs to one event loop, so every test and asynchronous fixture here must run in the session's loop.
"""

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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run every test of this folder in the session's loop."""
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here) and pytest_asyncio.is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest.fixture
def database_kind() -> str:
    """Pages do not know the database: one kind is enough here."""
    return "sqlite"


@pytest_asyncio.fixture(loop_scope="session")
async def database(database_url: str) -> AsyncIterator[Database]:
    """Open a fresh database with the newest schema, in the session's loop."""
    opened = Database(database_url)
    yield opened
    await opened.close()


@pytest_asyncio.fixture(loop_scope="session")
async def house(database: Database, tmp_path: Path) -> AsyncIterator[BrowserHouse]:
    """Serve the application with one user of each role, named after it."""
    served = BrowserHouse(database, tmp_path)
    await served.application.add_users()
    await served.start()
    yield served
    await served.stop()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Start the system's Chromium, once for all tests of a worker."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    assert chromium, "Chromium is not installed: apt-get install chromium"
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield started
        await started.close()


@pytest_asyncio.fixture(loop_scope="session")
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
