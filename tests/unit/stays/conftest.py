"""A reception with the rooms of the sample hotel, on each kind of database."""

from __future__ import annotations

import pytest_asyncio

from callcenter.db import Database
from tests.unit.stays.reception import Reception


@pytest_asyncio.fixture
async def reception(database: Database) -> Reception:
    return await Reception(database).open()
