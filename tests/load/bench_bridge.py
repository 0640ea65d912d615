"""How many events a second pass through bridge, facts and tracker: `./run bench bridge [--million]`.

A fake exchange streams whole calls, many at once, over TCP as fast as it is read. One after the other read it, each in
a process of its own: our bridge with tracker, our bridge alone, panoramisk alone, and a reader written by hand that
does nothing but make dictionaries. Costs are CPU time, since the machine may be shared; ratios are of one run.
Exits 1 if fewer than 6,500 events fit into a second of one core, if the calls tracked are not the calls sent, or, with
`--million`, if memory grows.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import multiprocessing
import os
import select
import socket
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from typing import Any

import structlog
from panoramisk import Manager

from callcenter.clock import SystemClock
from callcenter.pbx.bridge import AmiBridge
from callcenter.pbx.facts import from_ami
from callcenter.pbx.tracker import Tracker
from tests.load.ami_traffic import ABANDONED_EVERY, calls_for, stream

REQUIRED_PER_SECOND = 6_500
CHUNK = 64 * 1024
SAMPLE_EVERY = 50_000
# Memory may waver, but not by more than this over what it was after the first fifth.
MEMORY_SLACK_MB = 2.0
LAST = "BenchEnd"


@dataclass
class Result:
    """What one reader did: seconds of the wall clock and of CPU from the first event to the last."""

    events: int = 0
    wall: float = 0.0
    cpu: float = 0.0
    outcomes: Counter[str] = field(default_factory=Counter)
    left_open: int = 0
    swept: int = 0
    overflows: int = 0
    memory: list[tuple[int, float]] = field(default_factory=list)


class Stopwatch:
    """Counts events, takes the time from the first to the last, and samples memory on the way."""

    def __init__(self) -> None:
        self.result = Result()
        self.done = asyncio.Event()
        self._began = (0.0, 0.0)

    def event(self, name: str) -> None:
        """Count one event."""
        result = self.result
        if result.events == 0:
            self._began = (time.perf_counter(), time.process_time())
        if name == LAST:
            result.wall = time.perf_counter() - self._began[0]
            result.cpu = time.process_time() - self._began[1]
            self.done.set()
            return
        result.events += 1
        if result.events % SAMPLE_EVERY == 0:
            result.memory.append((result.events, memory_mb()))


def memory_mb() -> float:
    """The resident memory of this process."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


async def through_tracker(port: int) -> Result:
    """Read with our bridge, facts and tracker."""
    watch = Stopwatch()
    tracker = Tracker("pbx1")
    outcomes = watch.result.outcomes

    def on_message(fields: dict[str, str], at: datetime) -> None:
        fact = from_ami(fields, at)
        if fact is not None:
            for call in tracker.feed(fact):
                if call.ended_at is not None:
                    outcomes[call.outcome.value] += 1
                    watch.result.swept += call.swept
        if fields["Event"] != "FullyBooted":
            watch.event(fields["Event"])

    result = await through_bridge(port, watch, on_message)
    result.left_open = len(tracker.open_calls())
    return result


async def bridge_alone(port: int) -> Result:
    """Read with our bridge and count."""
    watch = Stopwatch()

    def on_message(fields: dict[str, str], at: datetime) -> None:
        if fields["Event"] != "FullyBooted":
            watch.event(fields["Event"])

    return await through_bridge(port, watch, on_message)


async def through_bridge(port: int, watch: Stopwatch, on_message: Callable[[dict[str, str], datetime], None]) -> Result:
    """Run our bridge until the last event."""
    bridge = AmiBridge("127.0.0.1", port, "bench", "bench", on_message, clock=SystemClock())
    await bridge.start()
    await watch.done.wait()
    await bridge.close()
    watch.result.overflows = bridge.counters.overflows
    return watch.result


async def panoramisk_alone(port: int) -> Result:
    """Read with panoramisk as it comes, with one callback for everything."""
    watch = Stopwatch()

    def on_event(manager: Manager, message: Any) -> None:
        if message.event != "FullyBooted":
            watch.event(message.event)

    manager = Manager(loop=asyncio.get_running_loop(), host="127.0.0.1", port=port, username="bench", secret="bench")
    manager.register_event("*", on_event)
    await manager.connect()
    await watch.done.wait()
    manager.close()
    return watch.result


class HandWritten(asyncio.Protocol):
    """The least that gives a dictionary for each event: no limits, no deadlines, no actions but the login."""

    def __init__(self, watch: Stopwatch) -> None:
        self._watch = watch
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        transport.write(b"Action: Login\r\nActionID: 1\r\nUsername: bench\r\nSecret: bench\r\n\r\n")

    def data_received(self, data: bytes) -> None:
        *blocks, self._rest = (self._rest + data).split(b"\r\n\r\n")
        for block in blocks:
            fields = {}
            for line in block.decode().split("\r\n"):
                key, _, value = line.partition(": ")
                fields[key] = value
            if fields.get("Event", "FullyBooted") != "FullyBooted":
                self._watch.event(fields["Event"])


async def hand_written(port: int) -> Result:
    """Read with the least code that can."""
    watch = Stopwatch()
    transport, _ = await asyncio.get_running_loop().create_connection(lambda: HandWritten(watch), "127.0.0.1", port)
    await watch.done.wait()
    transport.close()
    return watch.result


READERS: dict[str, Callable[[int], Coroutine[Any, Any, Result]]] = {
    "bridge and tracker": through_tracker,
    "bridge alone": bridge_alone,
    "panoramisk alone": panoramisk_alone,
    "by hand": hand_written,
}


def chunks(messages: Iterable[bytes]) -> Iterator[bytes]:
    """Join messages into pieces of a size that a busy exchange writes."""
    waiting: list[bytes] = []
    size = 0
    for message in messages:
        waiting.append(message)
        size += len(message)
        if size >= CHUNK:
            yield b"".join(waiting)
            waiting, size = [], 0
    yield b"".join(waiting)


def serve(calls: int, clients: int, pipe: Pipe, *, ahead: bool) -> None:
    """Be the exchange for `clients` clients, one after the other; `ahead`: everything is made before the first."""
    made = list(chunks(stream(calls))) if ahead else None
    with socket.create_server(("127.0.0.1", 0)) as server:
        pipe.send(server.getsockname()[1])
        for _ in range(clients):
            connection, _ = server.accept()
            with connection:
                connection.sendall(b"Asterisk Call Manager/11.0.0\r\n")
                answer_actions(connection)
                connection.sendall(b"Event: FullyBooted\r\nPrivilege: system,all\r\nUptime: 9\r\n\r\n")
                for chunk in made or chunks(stream(calls)):
                    while select.select([connection], [], [], 0)[0]:
                        answer_actions(connection)
                    connection.sendall(chunk)
                connection.sendall(f"Event: {LAST}\r\nPrivilege: system,all\r\n\r\n".encode())
                while answer_actions(connection):
                    pass


def answer_actions(connection: socket.socket) -> bool:
    """Answer what was asked, login or ping, with success; False when the client has gone."""
    asked = b""
    while not asked.endswith(b"\r\n\r\n"):
        data = connection.recv(CHUNK)
        if not data:
            return False
        asked += data
    for action in asked.decode().split("\r\n\r\n")[:-1]:
        fields = dict(line.split(": ", 1) for line in action.split("\r\n"))
        connection.sendall(f"Response: Success\r\nActionID: {fields['ActionID']}\r\nMessage: yes\r\n\r\n".encode())
    return True


def read(name: str, port: int, pipe: Pipe) -> None:
    """Be one client, in a process of its own."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    logging.disable(logging.ERROR)
    pipe.send(asyncio.run(READERS[name](port)))


def run(names: list[str], calls: int, *, ahead: bool) -> list[Result]:
    """Let each of `names` read the same stream; return their results in that order."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    server = context.Process(target=serve, args=(calls, len(names), theirs), kwargs={"ahead": ahead})
    server.start()
    port = ours.recv()
    results = []
    for name in names:
        here, there = context.Pipe()
        client = context.Process(target=read, args=(name, port, there))
        client.start()
        there.close()
        results.append(here.recv())
        client.join()
    server.join()
    return results


def faults_of(result: Result, calls: int) -> list[str]:
    """Say what is wrong with the calls that were tracked."""
    abandoned = -(-calls // ABANDONED_EVERY)
    expected = Counter({"answered": calls - abandoned, "abandoned": abandoned})
    faults = []
    if result.outcomes != expected:
        faults.append(f"tracked {dict(result.outcomes)}, sent {dict(expected)}")
    faults += [
        f"{count} calls {what}" for count, what in ((result.left_open, "left open"), (result.swept, "swept")) if count
    ]
    if result.overflows:
        faults.append(f"{result.overflows} connections dropped")
    return faults


def compare(events: int, rounds: int) -> list[str]:
    """Measure every reader, print the table, return what is not as required."""
    calls = calls_for(events)
    names = list(READERS)
    print(f"{calls:,} calls, about {events:,} events, {rounds} rounds; medians of CPU time")
    results: dict[str, list[Result]] = {name: [] for name in names}
    for _ in range(rounds):
        for name, result in zip(names, run(names, calls, ahead=True), strict=True):
            results[name].append(result)
    cost = {name: statistics.median(result.cpu / result.events for result in results[name]) for name in names}
    print(f"{'':20}{'events/s of CPU':>16}{'events/s, wall':>16}{'µs/event':>10}{'× panoramisk':>14}{'× by hand':>11}")
    for name in names:
        wall = statistics.median(result.events / result.wall for result in results[name])
        print(
            f"{name:20}{1 / cost[name]:>16,.0f}{wall:>16,.0f}{cost[name] * 1e6:>10.1f}"
            f"{cost['panoramisk alone'] / cost[name]:>14.2f}{cost['by hand'] / cost[name]:>11.2f}"
        )
    faults = [fault for result in results["bridge and tracker"] for fault in faults_of(result, calls)]
    if len({result.events for name in names for result in results[name]}) != 1:
        faults.append("not every reader saw every event")
    if 1 / cost["bridge and tracker"] < REQUIRED_PER_SECOND:
        faults.append(f"fewer than {REQUIRED_PER_SECOND:,} events/s on one core")
    return faults


def million() -> list[str]:
    """Let a million events pass through bridge and tracker, print memory on the way, return what is wrong."""
    calls = calls_for(1_000_000)
    [result] = run(["bridge and tracker"], calls, ahead=False)
    print(f"{calls:,} calls, {result.events:,} events, {result.events / result.cpu:,.0f} events/s of CPU")
    for count, used in result.memory:
        print(f"{count:>12,} events {used:>8.1f} MB")
    settled = next(used for count, used in result.memory if count >= result.events / 5)
    faults = faults_of(result, calls)
    highest = max(used for _, used in result.memory)
    if highest > settled + MEMORY_SLACK_MB:
        faults.append(f"memory grew from {settled:.1f} to {highest:.1f} MB")
    return faults


def main() -> int:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--million", action="store_true", help="watch memory over a million events instead")
    options = parser.parse_args()
    faults = million() if options.million else compare(options.events, options.rounds)
    for fault in faults:
        print(f"FAULT: {fault}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
