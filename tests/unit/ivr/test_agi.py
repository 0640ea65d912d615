"""The FastAGI server against whatever connects to it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from structlog.testing import capture_logs

from ivr.agi import AgiRefused, AgiServer, AgiSession, CallerGone, Limits

REQUEST = (
    b"agi_network: yes\nagi_network_script: menu/main\nagi_request: agi://127.0.0.1:4573/menu/main\n"
    b"agi_channel: PJSIP/trunk-00000001\nagi_uniqueid: 1700000000.1\nagi_callerid: 13800000001\n"
    b"agi_calleridname: \xc4\xe3\xba\xc3\nagi_accountcode: \nagi_arg_1: 4\n\n"
)
QUICK = Limits(request_seconds=0.2, reply_seconds=0.2)
Serve = Callable[[AgiSession], Awaitable[None]]
Start = Callable[..., Awaitable[AgiServer]]


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    """Start a server on a port of its own; ended afterwards."""
    servers: list[AgiServer] = []

    async def start(serve: Serve, limits: Limits = QUICK) -> AgiServer:
        server = AgiServer("127.0.0.1", 0, serve, limits=limits)
        await server.start()
        servers.append(server)
        return server

    yield start
    for server in servers:
        await server.close()


async def says_hello(agi: AgiSession) -> None:
    await agi.stream("zh/hello", 0.0)


async def connected(server: AgiServer) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", server.port)


async def until_alone(server: AgiServer) -> None:
    async with asyncio.timeout(5):
        while server.connections:
            await asyncio.sleep(0.01)


async def exchange(server: AgiServer, *replies: bytes) -> list[bytes]:
    """Connect as Asterisk does, answer each command by the next reply, and return the commands."""
    reader, writer = await connected(server)
    writer.write(REQUEST)
    commands = []
    for reply in replies:
        commands.append(await asyncio.wait_for(reader.readline(), 5))
        writer.write(reply)
    commands.append(await asyncio.wait_for(reader.read(), 5))
    writer.close()
    return commands


async def test_given_a_caller_when_connected_then_the_script_knows_who_and_what(start: Start) -> None:
    seen: list[tuple[str, str, str]] = []

    async def notes(agi: AgiSession) -> None:
        seen.append((agi.script, agi.argument, agi.uniqueid))

    assert await exchange(await start(notes)) == [b""]
    assert seen == [("menu/main", "4", "1700000000.1")]


async def test_given_commands_then_they_are_sent_as_asterisk_wants_them_and_keys_come_back(start: Start) -> None:
    keys: list[str] = []

    async def script(agi: AgiSession) -> None:
        keys.append(await agi.stream("zh/menu-main", 1.0))
        keys.append(await agi.stream("zh/closing", 1.0, keys=""))
        keys.append(await agi.wait_for_key(1.5))
        await agi.set_variables({"TIMEOUT(absolute)": "9.5", "MENU_RESULT": "queue"})

    replies = [b"200 result=42 endpos=4000\n", b"200 result=0 endpos=8000\n", b"200 result=0\n", b"200 result=0\n"]
    commands = await exchange(await start(script), *replies)
    assert commands == [
        b'STREAM FILE "zh/menu-main" "0123456789*#"\n',
        b'STREAM FILE "zh/closing" ""\n',
        b"WAIT FOR DIGIT 1500\n",
        b'EXEC MSet "TIMEOUT(absolute)=9.5,MENU_RESULT=queue"\n',
        b"",
    ]
    assert keys == ["*", "", ""]


@pytest.mark.parametrize(
    ("reply", "read"),
    [
        (b"200 result=0412\n", ("0412", False)),
        (b"200 result=00*\n", ("00*", False)),
        (b"200 result= (timeout)\n", ("", True)),
        (b"200 result=26 (timeout)\n", ("26", True)),
        (b"200 result=\n", ("", False)),
    ],
)
async def test_given_several_keys_when_read_then_one_command_reads_them_with_their_zeros(
    start: Start, reply: bytes, read: tuple[str, bool]
) -> None:
    keys: list[tuple[str, bool]] = []

    async def script(agi: AgiSession) -> None:
        keys.append(await agi.read_keys("zh/my-reservation-number", 2.0, 4.0, 8))

    commands = await exchange(await start(script), reply)
    assert commands == [b'GET DATA "zh/my-reservation-number" 4000 8\n', b""]
    assert keys == [read]


@pytest.mark.parametrize("reply", [b"200 result=-1\n", b"HANGUP\n", b"200 result=4;2\n"])
async def test_given_a_caller_who_hangs_up_or_nonsense_while_keys_are_read_then_the_script_ends(
    start: Start, reply: bytes
) -> None:
    keys: list[tuple[str, bool]] = []

    async def script(agi: AgiSession) -> None:
        keys.append(await agi.read_keys("", 0.0, 4.0, 8))

    await exchange(await start(script), reply)
    assert keys == []


@pytest.mark.parametrize(
    "reply", [b"HANGUP\n", b"200 result=-1 endpos=0\n", b"511 Command Not Permitted on a dead channel\n", b""]
)
async def test_given_a_caller_who_hangs_up_then_the_script_ends_without_a_warning(start: Start, reply: bytes) -> None:
    ended: list[type[BaseException]] = []

    async def script(agi: AgiSession) -> None:
        try:
            await agi.stream("zh/hello", 1.0)
        except CallerGone as gone:
            ended.append(type(gone))
            raise

    server = await start(script)
    with capture_logs() as logs:
        reader, writer = await connected(server)
        writer.write(REQUEST)
        await reader.readline()
        writer.write(reply)
        if not reply:
            writer.close()
        await until_alone(server)
        writer.close()
    assert ended == [CallerGone]
    assert [entry for entry in logs if entry["log_level"] != "debug"] == []


@pytest.mark.parametrize(
    "garbage",
    [
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 20 + b"\n",
        b"\x00" * 5000,
        b"\n",
        b"agi_callerid: 1\n\n",
        b"agi_request: agi://127.0.0.1/menu/main\n" * 200,
        b"agi_" + b"x" * 5000 + b": 1\n",
    ],
)
async def test_given_garbage_then_the_connection_ends_and_no_script_runs(start: Start, garbage: bytes) -> None:
    ran: list[AgiSession] = []

    async def notes(agi: AgiSession) -> None:
        ran.append(agi)

    server = await start(notes)
    with capture_logs() as logs:
        reader, writer = await connected(server)
        writer.write(garbage)
        # what was not read resets the connection: as good an end
        with contextlib.suppress(ConnectionResetError):
            assert await asyncio.wait_for(reader.read(), 5) == b""
        await until_alone(server)
    assert ran == []
    assert "error" not in {entry["log_level"] for entry in logs}


async def test_given_a_port_scan_then_nothing_is_left_and_nothing_is_said(start: Start) -> None:
    server = await start(says_hello)
    with capture_logs() as logs:
        for _ in range(50):
            _, writer = await connected(server)
            writer.transport.abort()
        await asyncio.sleep(0.05)
        await until_alone(server)
    assert [entry for entry in logs if entry["log_level"] != "debug"] == []


async def test_given_a_client_that_says_nothing_then_it_is_let_go_in_time(start: Start) -> None:
    server = await start(says_hello)
    reader, writer = await connected(server)
    assert await asyncio.wait_for(reader.read(), 2) == b""
    writer.close()


async def test_given_a_client_that_drips_then_its_whole_request_has_one_deadline(start: Start) -> None:
    server = await start(says_hello)
    _, writer = await connected(server)

    async def drip() -> None:
        with contextlib.suppress(ConnectionError):
            while server.connections:
                writer.write(b"agi_x: 1\n")
                await writer.drain()
                await asyncio.sleep(0.05)

    async with asyncio.timeout(1):
        while not server.connections:
            await asyncio.sleep(0)
        await drip()
    writer.close()


async def test_given_a_client_that_never_answers_a_command_then_the_script_ends(start: Start) -> None:
    server = await start(says_hello)
    assert await exchange(server) == [b'STREAM FILE "zh/hello" "0123456789*#"\n']
    await until_alone(server)


@pytest.mark.parametrize("reply", [b"510 Invalid or unknown command\n", b"520-Invalid command syntax.\n", b"what\n"])
async def test_given_a_command_that_is_refused_then_the_script_ends_with_a_warning(start: Start, reply: bytes) -> None:
    server = await start(says_hello)
    with capture_logs() as logs:
        await exchange(server, reply)
        await until_alone(server)
    assert [entry["event"] for entry in logs if entry["log_level"] == "warning"] == ["agi_refused"]


async def test_given_a_defect_in_a_script_then_it_is_logged_and_the_next_caller_is_served(start: Start) -> None:
    async def broken(agi: AgiSession) -> None:
        if agi.argument == "4":
            raise KeyError("defect")

    server = await start(broken)
    with capture_logs() as logs:
        assert await exchange(server) == [b""]
        assert await exchange(server) == [b""]
    assert [entry["event"] for entry in logs if entry["log_level"] == "error"] == ["agi_script_failed"] * 2


@pytest.mark.parametrize("value", ["a\nHANGUP", 'a"', "a,b=c", "${SECRET}", "a\\", "a\0"])
async def test_given_a_value_that_could_be_syntax_then_nothing_is_sent(start: Start, value: str) -> None:
    async def injects(agi: AgiSession) -> None:
        with pytest.raises(AgiRefused):
            await agi.set_variables({"NAME": value})
        with pytest.raises(AgiRefused):
            await agi.stream(value, 0.0)

    assert await exchange(await start(injects)) == [b""]


async def test_given_more_connections_than_allowed_then_the_rest_is_turned_away_and_the_others_are_served(
    start: Start,
) -> None:
    server = await start(says_hello, Limits(connections=2))
    held = [await connected(server) for _ in range(2)]
    async with asyncio.timeout(5):
        while server.connections < 2:
            await asyncio.sleep(0.01)
    reader, _ = await connected(server)
    with contextlib.suppress(ConnectionResetError):
        assert await asyncio.wait_for(reader.read(), 0.15) == b""
    reader, writer = held[0]
    writer.write(REQUEST)
    assert (await reader.readline()).startswith(b"STREAM FILE")
    for _, writer in held:
        writer.close()


async def test_given_100_callers_at_once_then_all_are_served_and_none_is_left(start: Start) -> None:
    async def long(agi: AgiSession) -> None:
        for _ in range(20):
            await agi.stream("zh/hello", 1.0)

    server = await start(long, Limits())
    tasks_before = len(asyncio.all_tasks())
    replies = [b"200 result=0 endpos=1\n"] * 20
    ended = await asyncio.gather(*(exchange(server, *replies) for _ in range(100)))
    assert all(len(commands) == 21 for commands in ended)
    await until_alone(server)
    assert len(asyncio.all_tasks()) == tasks_before


async def test_given_callers_inside_when_the_server_closes_then_they_are_let_go(start: Start) -> None:
    server = await start(says_hello, Limits())
    reader, writer = await connected(server)
    writer.write(REQUEST)
    await reader.readline()
    await server.close()
    assert await asyncio.wait_for(reader.read(), 2) == b""
    assert server.connections == 0
    writer.close()
