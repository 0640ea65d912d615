from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest

from callcenter.simulator.phone import Phone
from callcenter.simulator.transactions import Timers

QUICK = Timers(t1=0.05, t2=0.4, give_up=3.2)

StartPhone = Callable[..., Any]


class LossyWire(asyncio.DatagramProtocol):
    """A UDP relay between two phones that loses the datagrams it is told to lose."""

    def __init__(self, lost: Callable[[bytes], bool]) -> None:
        self.lost = lost
        self.dropped: list[str] = []
        self.ends: list[tuple[str, int]] = []

    async def start(self) -> LossyWire:
        loop = asyncio.get_running_loop()
        self.transport, _ = await loop.create_datagram_endpoint(lambda: self, ("127.0.0.1", 0))
        self.address = ("127.0.0.1", self.transport.get_extra_info("sockname")[1])
        return self

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if addr not in self.ends:
            self.ends.append(addr)
        if self.lost(data):
            self.dropped.append(data.split(b"\r\n", 1)[0].decode())
            return
        other = next(end for end in self.ends if end != addr)
        self.transport.sendto(data, other)


@pytest.fixture
async def phone(wire: Callable[..., Any]) -> AsyncIterator[StartPhone]:
    """Start phones; all are closed after the test (before their wires), and nothing of them may be left."""
    before = asyncio.all_tasks()
    async with AsyncExitStack() as open_phones:

        async def start(user: str = "op8001", **settings: Any) -> Phone:
            settings.setdefault("server", ("127.0.0.1", 9))
            settings.setdefault("timers", QUICK)
            return await open_phones.enter_async_context(Phone(user, **settings))

        yield start
    assert asyncio.all_tasks() - before - {asyncio.current_task()} == set()


@pytest.fixture
async def wire() -> AsyncIterator[Callable[..., Any]]:
    """Start lossy wires."""
    wires: list[LossyWire] = []

    async def start(lost: Callable[[bytes], bool]) -> LossyWire:
        wires.append(await LossyWire(lost).start())
        return wires[-1]

    yield start
    for each in wires:
        each.transport.close()
