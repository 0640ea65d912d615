"""The application with its floor running."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.application import Application


@pytest_asyncio.fixture
async def house(application: Application) -> AsyncIterator[Application]:
    """The application with its floor running."""
    await application.agents.start()
    yield application
    await application.agents.close()
