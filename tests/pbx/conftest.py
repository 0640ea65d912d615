"""A private exchange for each worker of the test run, and a line of its own for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.pbx.switchboard import Desk, Switchboard, running_switchboard


@pytest.fixture(scope="session")
def switchboard(worker_id: str) -> Iterator[Switchboard]:
    """The exchange of this worker: the application is taken to be dead unless the test sends heartbeats."""
    with running_switchboard(node=f"test_{worker_id}") as board:
        yield board


@pytest.fixture
def desk(switchboard: Switchboard) -> Desk:
    """A line with a cadence of 1 s, its queue and its phones, for this test alone."""
    return switchboard.next_desk()
