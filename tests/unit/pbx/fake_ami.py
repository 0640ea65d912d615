"""A manager interface over real TCP, after Asterisk's published protocol, that fails when it is told to."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

BANNER = b"Asterisk Call Manager/11.0.0\r\n"
USERNAME = "callcenter"
SECRET = "an-invented-secret"

Action = dict[str, str]
Script = Callable[["FakeAmi", Action], Awaitable[None] | None]


def block(*fields: tuple[str, object]) -> bytes:
    """Write one message."""
    return "".join(f"{key}: {value}\r\n" for key, value in fields).encode() + b"\r\n"


def event(name: str, **fields: object) -> bytes:
    """Write one event."""
    return block(("Event", name), *fields.items())


def response(action: Action, kind: str = "Success", **fields: object) -> bytes:
    """Write the answer to `action`."""
    return block(("Response", kind), ("ActionID", action["ActionID"]), *fields.items())


def answer_list(action: Action, name: str, *items: dict[str, object]) -> bytes:
    """Write a whole list: start, items, end."""
    written = response(action, EventList="start", Message="list will follow")
    for item in items:
        written += block(("Event", name), ("ActionID", action["ActionID"]), *item.items())
    end = (("ActionID", action["ActionID"]), ("EventList", "Complete"), ("ListItems", len(items)))
    return written + block(("Event", f"{name}Complete"), *end)


def silence(server: FakeAmi, action: Action) -> None:
    """Do not answer."""


def hang_up(server: FakeAmi, action: Action) -> None:
    """Break the link instead of answering."""
    server.cut()


class FakeAmi:
    """Serves any number of connections; `scripts` answers an action by name, all others succeed.

    `actions` is everything that was asked, logins and pings included, in order of arrival.
    """

    def __init__(self) -> None:
        self.port = 0
        self.secret = SECRET
        self.boots = True
        self.slams = False
        self.greeting = BANNER
        self.uptime = 100
        self.scripts: dict[str, Script] = {"Ping": lambda fake, action: fake.send(response(action, Ping="Pong"))}
        self.actions: list[Action] = []
        self.connections = 0
        self._writers: list[asyncio.StreamWriter] = []
        self._server: asyncio.Server | None = None
        self._changed = asyncio.Condition()

    async def start(self) -> FakeAmi:
        """Listen, on the port of the last time if there was one."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, limit=1 << 20)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def stop(self) -> None:
        """Stop listening and break every link."""
        if self._server is not None:
            self._server.close()
        self.cut()

    def cut(self) -> None:
        """Break every link without a word."""
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    def send(self, data: bytes) -> None:
        """Write to whoever connected last."""
        self._writers[-1].write(data)

    async def asked(self, name: str, times: int = 1) -> Action:
        """Wait until `name` was asked `times` times; return the last one."""
        async with asyncio.timeout(5), self._changed:
            await self._changed.wait_for(lambda: self.count(name) >= times)
        return [action for action in self.actions if action["Action"] == name][times - 1]

    async def connected(self, times: int) -> None:
        """Wait until somebody connected for the `times`th time."""
        async with asyncio.timeout(5), self._changed:
            await self._changed.wait_for(lambda: self.connections >= times)

    def count(self, name: str) -> int:
        """How often `name` was asked."""
        return sum(action["Action"] == name for action in self.actions)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        self.connections += 1
        await self._tell()
        if self.slams:
            self.cut()
            return
        writer.write(self.greeting)
        try:
            while True:
                await self._take(await reader.readuntil(b"\r\n\r\n"))
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def _take(self, raw: bytes) -> None:
        action: Action = {}
        for line in raw.decode().strip().split("\r\n"):
            key, _, value = line.partition(": ")
            action[key] = f"{action[key]}\n{value}" if key in action else value
        self.actions.append(action)
        script = self.scripts.get(action["Action"])
        if script is not None:
            waiting = script(self, action)
            if waiting is not None:
                await waiting
        elif action["Action"] == "Login":
            self._log_in(action)
        else:
            self.send(response(action))
        await self._tell()

    def _log_in(self, action: Action) -> None:
        if (action["Username"], action["Secret"]) != (USERNAME, self.secret):
            self.send(response(action, "Error", Message="Authentication failed"))
            self._writers.pop().close()
            return
        self.send(response(action, Message="Authentication accepted"))
        if self.boots:
            self.send(event("FullyBooted", Uptime=self.uptime, LastReload=self.uptime, Status="Fully Booted"))

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()
