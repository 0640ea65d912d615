"""The real application beside a test exchange: started, stopped, frozen and killed, and its books read from outside."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import signal
import socket
import time
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from http import HTTPStatus
from pathlib import Path

import yaml
from sqlalchemy import select

from callcenter.calls import service as calls
from callcenter.calls.models import Call
from callcenter.clock import SystemClock
from callcenter.db import Database
from callcenter.pbx.actions import Actions
from callcenter.pbx.bridge import AmiBridge
from callcenter.simulator.codecs import Tone
from callcenter.simulator.facts import CallFacts, Milestone
from callcenter.simulator.phone import Behaviour, Phone
from callcenter.telephony import CallSnapshot, LinkState, LinkStatus
from recordings import wav
from recordings.models import Recording
from tests.pbx.application_process import ApplicationProcess
from tests.pbx.switchboard import Switchboard, free_port

TOLERANCE = 0.3
"""Seconds by which a record may differ from what the phone itself saw."""
RECORDING_TOLERANCE = 0.5
STARTS_WITHIN = 60.0
WITHIN = 20.0
"""Seconds until a record, or a recording, must be in the books; two are the ingest's own patience."""
LOOK_AGAIN = 0.1
VOICE = Tone(440)
NORMAL_CLEARING = 16


class House:
    """One application with a database and a recordings folder of its own; `ami_port` leads it around the exchange's."""

    def __init__(
        self, board: Switchboard, folder: Path, *, ami_port: int | None = None, deadline_seconds: float = 5
    ) -> None:
        self.board = board
        self.folder = folder
        pbx = {"deadline_seconds": deadline_seconds} | ({} if ami_port is None else {"ami_port": ami_port})
        values = board.settings.model_dump(mode="json")
        values["pbx"] |= pbx
        values["http"] |= {"port": free_port(socket.SOCK_STREAM)}
        values["database"] = {"url": f"sqlite+aiosqlite:///{folder / 'house.db'}"}
        values["recording"] |= {"folder": str(folder / "recordings"), "min_free_mb": 1}
        self.settings = type(board.settings).model_validate(values)
        self.url = f"http://127.0.0.1:{self.settings.http.port}"
        self._process: ApplicationProcess | None = None

    @property
    def log(self) -> str:
        """Everything that the application wrote to its log."""
        return (self.folder / "application.log").read_text(encoding="utf-8", errors="replace")

    @property
    def node(self) -> str:
        """The name of the exchange in the records."""
        return self.settings.pbx.node

    # --- its life

    def start(self) -> None:
        """Start the application and wait until it says that it is ready, its link to the exchange included.

        Raises:
            AssertionError: it ended, or was not ready in time.
        """
        file = self.folder / "hotel.yaml"
        file.write_text(yaml.safe_dump(self.settings.model_dump(mode="json"), allow_unicode=True), encoding="utf-8")
        environment = {name: value for name, value in os.environ.items() if not name.startswith("CALLCENTER_")}
        environment |= {"CALLCENTER_CONFIG": str(file)}
        self._process = ApplicationProcess(environment, self.folder / "application.log")
        deadline = time.monotonic() + STARTS_WITHIN
        while not self.is_ready():
            assert not self._process.has_ended(), f"the application ended\n{self.log}"
            assert time.monotonic() < deadline, f"the application is not ready\n{self.log}"
            time.sleep(LOOK_AGAIN)

    async def started(self) -> None:
        """Start it, as `start`."""
        await asyncio.to_thread(self.start)

    def is_ready(self) -> bool:
        """Whether it says that it is ready."""
        try:
            with urllib.request.urlopen(f"{self.url}/ready", timeout=2) as response:
                return bool(response.status == HTTPStatus.OK)
        except OSError:
            return False

    def freeze(self) -> None:
        """Stop it where it stands (SIGSTOP)."""
        self._running().signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on (SIGCONT)."""
        self._running().signal(signal.SIGCONT)

    def kill(self) -> None:
        """End it without a chance to tidy up (SIGKILL)."""
        self._running().signal(signal.SIGKILL)
        self._running().wait()
        self._process = None

    def end(self) -> None:
        """End it as an administrator does (SIGTERM); it must do so in good time and order."""
        self._running().signal(signal.SIGTERM)
        assert self._running().wait(20) == 0, self.log
        self._process = None

    def close(self) -> None:
        """Leave nothing running, whatever happened."""
        if self._process is not None:
            self._process.signal(signal.SIGKILL)
            self._process.wait()

    def _running(self) -> ApplicationProcess:
        assert self._process is not None, "the application does not run"
        return self._process

    # --- its books

    @asynccontextmanager
    async def books(self) -> AsyncIterator[Database]:
        """Its database, beside it."""
        database = Database(self.settings.database_url)
        try:
            yield database
        finally:
            await database.close()

    async def records(self, call_ids: Collection[str]) -> list[Call]:
        """Every record of these calls, told by their SIP Call-IDs."""
        async with self.books() as database, database.read() as session:
            return list(await session.scalars(select(Call).where(Call.sip_call_id.in_(call_ids))))

    async def open_calls(self) -> list[CallSnapshot]:
        """The records that say that their call goes on."""
        async with self.books() as database, database.read() as session:
            return await calls.open_snapshots(session, self.node)

    async def until(self, holds: Callable[[], Awaitable[bool]], what: str, within: float = WITHIN) -> None:
        """Wait until something holds of the books, which tell nobody when they change."""
        deadline = time.monotonic() + within
        while not await holds():
            assert time.monotonic() < deadline, f"{what}: not within {within:g} s\n{self.log[-6000:]}"
            await asyncio.sleep(LOOK_AGAIN)

    async def record(
        self, call_id: str, holds: Callable[[Call], bool] = lambda call: call.ended_at is not None
    ) -> Call:
        """The one record of a call, once it is as wanted: ended, unless something else is asked for."""
        found: list[Call] = []

        async def is_there() -> bool:
            found[:] = await self.records([call_id])
            return any(holds(call) for call in found)

        await self.until(is_there, f"the record of {call_id}")
        assert len(found) == 1, f"{len(found)} records of {call_id}"
        return found[0]

    async def recordings(self, call: Call) -> list[Recording]:
        """The recordings that are tied to a call."""
        async with self.books() as database, database.read() as session:
            return list(await session.scalars(select(Recording).where(Recording.call_id == call.id)))

    async def recording(self, call: Call) -> Recording:
        """The one recording of a call, once it is in the books; its file is what the books say."""

        async def is_there() -> bool:
            return bool(await self.recordings(call))

        await self.until(is_there, f"the recording of {call.sip_call_id}")
        (recording,) = await self.recordings(call)
        file = self.settings.recordings_folder / recording.path
        content = file.read_bytes()
        assert hashlib.sha256(content).hexdigest() == recording.sha256
        assert len(content) == recording.size
        assert recording.channels == wav.CALL.channels
        assert recording.name == call.recording
        return recording

    async def audit(self, call: CallFacts, *, recorded: bool = True) -> Call:
        """Hold the record and the recording of a caller's call against what that caller's phone saw; return it."""
        record = await self.record(call.call_id)
        assert_true(record, call)
        if not recorded or not call.answered:
            assert await self.recordings(record) == []
            return record
        recording = await self.recording(record)
        assert abs(recording.seconds - call.talk_seconds) < RECORDING_TOLERANCE, (recording.seconds, call.talk_seconds)
        return record


def near(instant: datetime | None, seen: CallFacts, milestone: Milestone) -> bool:
    """Whether an instant of a record is when the phone saw that step."""
    return instant is not None and abs((instant - seen.milestones[milestone].wall).total_seconds()) < TOLERANCE


def assert_true(record: Call, seen: CallFacts) -> None:
    """What every record of an ended call from outside must share with its caller's phone, on a cadence of 1 s."""
    shown = {column.name: getattr(record, column.name) for column in Call.__table__.columns}
    told = f"{shown}\n{seen}"
    assert (record.direction, record.caller, record.line) == ("inbound", seen.caller, seen.number), told
    assert near(record.started_at, seen, Milestone.INVITE), told
    assert near(record.ended_at, seen, Milestone.ENDED), told
    assert not record.swept, told
    assert record.outcome != "open", told
    assert not record.late, told
    if not seen.answered:
        assert (record.answered_at, record.answered_by, record.seconds_to_answer) == (None, "none", None), told
        return
    rang = seen.ringing_seconds
    assert rang is not None, told
    assert near(record.answered_at, seen, Milestone.ANSWERED), told
    assert record.answered_by != "none", told
    assert record.seconds_to_answer is not None, told
    assert abs(record.seconds_to_answer - rang) < TOLERANCE, told
    # a caller who is answered at once has a ring on the line that no phone rang
    assert record.rings_to_answer == (0 if record.first_ring_at is None else seen.rings_heard(1)), told


def assert_talked(record: Call, caller: CallFacts, operator: CallFacts) -> None:
    """One operator answered this call, as that operator's phone says, and talked until the first of both hung up."""
    assert (record.outcome, [f"op{extension}" for extension in record.operators]) == ("answered", [operator.number])
    assert near(record.operator_answered_at, operator, Milestone.ANSWERED)
    ended = min(phone.milestones[Milestone.ENDED].monotonic for phone in (caller, operator))
    talked = ended - operator.milestones[Milestone.ANSWERED].monotonic
    assert abs(record.talk_seconds - talked) < TOLERANCE, (record.talk_seconds, talked)
    assert record.hangup_cause == NORMAL_CLEARING


@contextmanager
def running_house(board: Switchboard, folder: Path) -> Iterator[House]:
    """An application that is ready; ended afterwards, however it was left."""
    house = House(board, folder)
    try:
        house.start()
        yield house
    finally:
        house.close()
        if board.pbx.is_running():
            board.pbx.rx("database deltree room")  # what it said of its vacant rooms is nothing to the next test


@asynccontextmanager
async def orders(board: Switchboard) -> AsyncIterator[Actions]:
    """Actions on the exchange over a link of the test's own, with the application's rights."""
    up = asyncio.Event()

    def on_status(status: LinkStatus) -> None:
        if status.state is LinkState.UP:
            up.set()

    ami = board.settings.pbx.ami_port
    bridge = AmiBridge(
        "127.0.0.1",
        ami,
        "callcenter",
        board.secrets.ami,
        lambda message, at: None,
        clock=SystemClock(),
        on_status=on_status,
    )
    await bridge.start()
    try:
        async with asyncio.timeout(10):
            await up.wait()
        yield Actions(bridge)
    finally:
        await bridge.close()


async def channel_of(board: Switchboard, record: Call) -> str:
    """The name of the caller's channel, whose id is the call's."""
    for line in (await board.rx("core show channels concise")).splitlines():
        fields = line.split("!")
        if fields[-1] == record.linkedid:
            return fields[0]
    raise AssertionError(f"no channel {record.linkedid}")


@asynccontextmanager
async def phones(
    board: Switchboard, extensions: Iterable[str], on_call: Behaviour | None = None
) -> AsyncIterator[list[Phone]]:
    """Many phones of the house, registered side by side, all saying the same."""
    opened = [board.phone(extension, on_call, media=VOICE) for extension in extensions]
    async with contextlib.AsyncExitStack() as stack:
        yield await asyncio.gather(*(stack.enter_async_context(phone) for phone in opened))


class Cable:
    """The line between application and manager interface: while it is cut, nothing passes and nobody is told."""

    def __init__(self, to: int) -> None:
        self._to = to
        self._whole = asyncio.Event()
        self._whole.set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self.port = 0

    async def __aenter__(self) -> Cable:
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def cut(self) -> None:
        """Swallow whatever is sent from now on."""
        self._whole.clear()

    def mend(self) -> None:
        """Let what is sent from now on pass; what was swallowed is lost with its connections."""
        for task in self._tasks:
            task.cancel()
        self._whole.set()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        with contextlib.suppress(OSError, asyncio.CancelledError):
            try:
                if not self._whole.is_set():
                    await asyncio.Event().wait()
                there_reader, there_writer = await asyncio.open_connection("127.0.0.1", self._to)
                try:
                    await asyncio.gather(self._pass(reader, there_writer), self._pass(there_reader, writer))
                finally:
                    there_writer.transport.abort()
            finally:
                writer.transport.abort()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            if self._whole.is_set():
                writer.write(data)
                await writer.drain()
        writer.transport.abort()
