"""A fake exchange, and an owner of a link to it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.unit.pbx.fake_ami import FakeAmi
from tests.unit.pbx.link_owner import Owner


@pytest_asyncio.fixture
async def fake() -> AsyncIterator[FakeAmi]:
    server = await FakeAmi().start()
    yield server
    await server.stop()


@pytest.fixture
def owner() -> Owner:
    return Owner()
