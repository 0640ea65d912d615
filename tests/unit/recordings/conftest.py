from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from callcenter.db import Database, upgrade
from tests.unit.recordings.house import House


@pytest.fixture
async def house(database_url: str, tmp_path: Path) -> AsyncIterator[House]:
    await upgrade(database_url)
    database = Database(database_url)
    yield House(database, tmp_path)
    await database.close()
