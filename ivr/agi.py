"""Our FastAGI server: Asterisk connects once for each caller, and a coroutine talks that caller through.

Whatever reaches the port is believed only as far as its limits: every read and write has a deadline, lines and
connections are counted, and a caller who hangs up, a port scan or garbage end the connection without a word of
traceback. AGISTATUS says SUCCESS even for a server that was killed, so a script counts as done only by the variable
that its last command sets; the dialplan looks at nothing else.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import structlog
from structlog.contextvars import bind_contextvars

log = structlog.get_logger(__name__)

ANY_KEY = "0123456789*#"

_REPLY = re.compile(r"(\d{3}) result=(-?\d+)(?: \((\w+)\))?")
_KEYS = re.compile(r"200 result=(-1|[0-9*]*)( \(timeout\))?$")
_SCRIPT = re.compile(r"agi://[^/]*/([a-z0-9_/-]{1,100})")
_UNSAFE = re.compile(r"[\x00-\x1f\x7f\"\\,$]")


class CallerGone(Exception):
    """The caller hung up, or the exchange took the caller away; nothing more can be said."""


class AgiRefused(Exception):
    """Who connected does not speak AGI, exceeds a limit or refused a command; the message says which."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a connection may take. Seconds, bytes, and numbers at once.

    `request_seconds`: from the connection to the end of what Asterisk tells of the call.
    `reply_seconds`: for a reply, beyond the time that the command itself takes.
    """

    request_seconds: float = 5.0
    reply_seconds: float = 5.0
    line_bytes: int = 2048
    request_lines: int = 100
    connections: int = 400


class AgiSession:
    """One caller's connection. Every command raises `CallerGone`, `AgiRefused` or `TimeoutError`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, limits: Limits) -> None:
        self._reader = reader
        self._writer = writer
        self._limits = limits
        self.request: Mapping[str, str] = {}

    @property
    def script(self) -> str:
        """The path of the script that the dialplan asks for, without its host; empty when it makes no sense."""
        match = _SCRIPT.fullmatch(self.request.get("agi_request", ""))
        return match[1] if match else ""

    @property
    def argument(self) -> str:
        """The first argument that the dialplan gives."""
        return self.request.get("agi_arg_1", "")

    @property
    def arguments(self) -> tuple[str, ...]:
        """All arguments that the dialplan gives, empty ones included."""
        count = sum(key.startswith("agi_arg_") for key in self.request)
        return tuple(self.request.get(f"agi_arg_{number}", "") for number in range(1, count + 1))

    @property
    def uniqueid(self) -> str:
        """The caller's channel."""
        return self.request.get("agi_uniqueid", "")

    async def read_request(self) -> None:
        """Read what Asterisk tells of the call before the first command."""
        request: dict[str, str] = {}
        async with asyncio.timeout(self._limits.request_seconds):
            for _ in range(self._limits.request_lines):
                line = await self._line()
                if not line:
                    if "agi_request" not in request:
                        raise AgiRefused("a request without its script")
                    self.request = request
                    return
                key, colon, value = line.partition(": ")
                if not key.startswith("agi_") or not (colon or line.endswith(":")):
                    raise AgiRefused("no AGI request")
                request[key.removesuffix(":")] = value
        raise AgiRefused(f"more than {self._limits.request_lines} lines of request")

    async def stream(self, prompt: str, seconds: float, *, keys: str = ANY_KEY) -> str:
        """Play a prompt of `seconds`; return the key that interrupted it, or nothing when it was heard out.

        Keys other than `keys` are ignored. A prompt that does not exist is passed over by the exchange.
        """
        return _key(await self._command(f'STREAM FILE {_quoted(prompt)} "{keys}"', seconds))

    async def wait_for_key(self, seconds: float) -> str:
        """Wait for a key and return it, or nothing when none is pressed in time."""
        return _key(await self._command(f"WAIT FOR DIGIT {round(1000 * seconds)}", seconds))

    async def read_keys(self, prompt: str, prompt_seconds: float, seconds: float, count: int) -> tuple[str, bool]:
        """Play a prompt (empty: none) and read up to `count` keys, `seconds` at most before each.

        One command reads them all: a key pressed between two commands is lost.

        Returns:
            The keys, and whether there were too few in time; the pound key ends them and is not among them.
        """
        longest = prompt_seconds + seconds * count
        line = await self._replied(f"GET DATA {_quoted(prompt)} {round(1000 * seconds)} {count}", longest)
        match = _KEYS.match(line)
        if match is None:
            raise AgiRefused(f"GET DATA was answered by {line[:80]!r}")
        if match[1] == "-1":
            raise CallerGone
        return match[1], bool(match[2])

    async def record(self, file: Path, seconds: float, silence_seconds: int) -> str:
        """Record the caller into `file` (raw signed linear, suffix .sln) until silence, a key, or `seconds` are over.

        Returns:
            The key that ended it, or nothing.
        """
        name = _quoted(str(file.with_suffix("")))
        command = f'RECORD FILE {name} sln "{ANY_KEY}" {round(1000 * seconds)} s={silence_seconds}'
        result, reason = await self._answer(command, seconds)
        # where no key ended it the result is some number of milliseconds
        return _key(result if reason == "dtmf" else min(result, 0))

    async def set_variables(self, values: Mapping[str, str]) -> None:
        """Set variables of the caller's channel, writable functions included, in the order given."""
        for key, value in values.items():
            if _UNSAFE.search(key + value):
                raise AgiRefused(f"{key}={value!r} is no variable that can be set")
        given = ",".join(f"{key}={value}" for key, value in values.items())
        await self._command(f'EXEC MSet "{given}"', 0.0)

    async def _command(self, command: str, takes_seconds: float) -> int:
        return (await self._answer(command, takes_seconds))[0]

    async def _answer(self, command: str, takes_seconds: float) -> tuple[int, str]:
        """Give a command and return its result, and the word in brackets that some replies add."""
        line = await self._replied(command, takes_seconds)
        match = _REPLY.match(line)
        if match is None or match[1] != "200":
            raise AgiRefused(f"{command.partition(' ')[0]} was answered by {line[:80]!r}")
        return int(match[2]), match[3] or ""

    async def _replied(self, command: str, takes_seconds: float) -> str:
        """Give a command and return the line that answers it."""
        async with asyncio.timeout(self._limits.reply_seconds + takes_seconds):
            self._writer.write(command.encode() + b"\n")
            await self._writer.drain()
            line = await self._line()
        if line == "HANGUP" or line.startswith("511"):
            raise CallerGone
        return line

    async def _line(self) -> str:
        try:
            line = await self._reader.readuntil(b"\n")
        except asyncio.LimitOverrunError as error:
            raise AgiRefused(f"a line of more than {self._limits.line_bytes} bytes") from error
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            raise CallerGone from error
        return line.decode("utf-8", "replace").rstrip("\r\n")


class AgiServer:
    """Listens for Asterisk on `host` and `port`, and hands each caller's session to `serve`."""

    def __init__(
        self, host: str, port: int, serve: Callable[[AgiSession], Awaitable[None]], *, limits: Limits | None = None
    ) -> None:
        self._address = (host, port)
        self._serve = serve
        self._limits = limits or Limits()
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        """The port that is listened on, also when the system chose it."""
        assert self._server is not None, "the server does not run"
        return int(self._server.sockets[0].getsockname()[1])

    @property
    def connections(self) -> int:
        """How many callers are connected now."""
        return len(self._tasks)

    async def start(self) -> None:
        """Begin to listen.

        Raises:
            OSError: the port is not free.
        """
        host, port = self._address
        self._server = await asyncio.start_server(self._connected, host, port, limit=self._limits.line_bytes)

    async def close(self) -> None:
        """Stop listening and end every connection: the dialplan serves those callers from here on."""
        if self._server is not None:
            self._server.close()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Begin to serve a connection, in a task of our own: one that asyncio makes complains when it is cancelled."""
        if len(self._tasks) >= self._limits.connections:
            log.warning("agi_connection_refused", connections=len(self._tasks))
            writer.transport.abort()
            return
        session = AgiSession(reader, writer, self._limits)
        task = asyncio.create_task(self._talk(session, writer), name="agi-session")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _talk(self, session: AgiSession, writer: asyncio.StreamWriter) -> None:
        try:
            await session.read_request()
            bind_contextvars(call_id=session.uniqueid)  # in whatever is logged for this caller, by whomever
            await self._serve(session)
        except CallerGone:
            log.debug("agi_caller_gone")
        except AgiRefused as error:
            log.warning("agi_refused", reason=str(error))
        except TimeoutError:
            log.warning("agi_timed_out")
        except OSError as error:
            log.info("agi_connection_lost", reason=str(error))
        except Exception:  # a defect of one script must not end the server; the caller goes on in the dialplan
            log.exception("agi_script_failed", script=session.script)
        finally:
            # what is still unsent is for nobody, and a close that waits for a dead peer would never end
            writer.transport.abort()


def _key(result: int) -> str:
    if result < 0:
        raise CallerGone
    return chr(result) if result else ""


def _quoted(text: str) -> str:
    if _UNSAFE.search(text):
        raise AgiRefused(f"{text!r} is no name of a prompt")
    return f'"{text}"'
