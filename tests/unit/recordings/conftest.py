from __future__ import annotations

from pathlib import Path

import pytest

from callcenter.db import Database
from tests.unit.recordings.house import House


@pytest.fixture
def house(database: Database, tmp_path: Path) -> House:
    return House(database, tmp_path)
