"""Whoever owns a link to the exchange, in tests: remembers what it was told, and waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from callcenter.clock import SettableClock
from callcenter.pbx.bridge import AmiBridge, Backoff, Timing
from callcenter.telephony import LinkState, LinkStatus
from tests.unit.pbx.fake_ami import SECRET, USERNAME, FakeAmi

NOW = datetime(2026, 5, 1, 4, 0, tzinfo=UTC)
SOON = Backoff(first=0.01, cap=0.02)
NEVER = Backoff(first=1000, cap=1000)
QUICK = Timing(deadline=5, ping_interval=1000, unreachable=SOON, refused=SOON)


class Owner:
    """Whoever owns the bridge: remembers what it was told, and waits for it."""

    def __init__(self) -> None:
        self.events: list[dict[str, str]] = []
        self.statuses: list[LinkStatus] = []
        self.bridge: AmiBridge
        self._changed = asyncio.Event()

    def message(self, fields: dict[str, str], at: datetime) -> None:
        assert at == NOW
        self.events.append(fields)
        self._changed.set()

    def status(self, status: LinkStatus) -> None:
        self.statuses.append(status)
        self._changed.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(5):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    async def state(self, state: LinkState, times: int = 1) -> LinkStatus:
        await self.until(lambda: sum(status.state is state for status in self.statuses) >= times)
        return [status for status in self.statuses if status.state is state][-1]

    def values(self, key: str) -> list[str]:
        return [fields[key] for fields in self.events if key in fields]


def bridge_to(fake: FakeAmi, owner: Owner, timing: Timing = QUICK, secret: str = SECRET, **rest: Any) -> AmiBridge:
    rest = {"on_message": owner.message, "on_status": owner.status, "clock": SettableClock(NOW), **rest}
    return AmiBridge("127.0.0.1", fake.port, USERNAME, secret, timing=timing, chance=lambda: 0.0, **rest)


@asynccontextmanager
async def linked(fake: FakeAmi, owner: Owner, timing: Timing = QUICK, **rest: Any) -> AsyncIterator[AmiBridge]:
    bridge = bridge_to(fake, owner, timing, **rest)
    await bridge.start()
    try:
        await owner.state(LinkState.UP)
        yield bridge
    finally:
        await bridge.close()


async def expect_silence(waiting: Awaitable[object]) -> None:
    """Give what must not happen a fair chance to happen."""
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(waiting, 0.2)
