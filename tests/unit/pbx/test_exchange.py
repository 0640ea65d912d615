"""Link, tracker and event log put together: what happens in which order, and what is never lost."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from callcenter.clock import SettableClock
from callcenter.events import CallChanged, Event, EventBus, LinkChanged
from callcenter.pbx import exchange as exchange_module
from callcenter.pbx.bridge import Timing
from callcenter.pbx.exchange import Exchange, staff_have_left
from callcenter.pbx.tracker import Leg
from callcenter.pbx.tracker_parties import PartyKind
from callcenter.settings import Pbx
from callcenter.telephony import CallKey, CallSnapshot, Direction, LinkState, Outcome
from tests.unit.pbx.fake_ami import SECRET, FakeAmi, Script, answer_list, event, response
from tests.unit.pbx.link_owner import NOW, SOON

NODE = "pbx1"
GUEST, OPERATOR, ROOM = "1777600000.1", "1777600000.2", "1777600000.3"
GUEST_NAME, OPERATOR_NAME, ROOM_NAME = "PJSIP/trunk-00000001", "PJSIP/op8001-00000002", "PJSIP/room0301-00000003"


@dataclass
class NotingMemory:
    """What outlives the application, as lists that a test can fill and read."""

    open: list[CallSnapshot] = field(default_factory=list)
    ended: set[CallKey] = field(default_factory=set)
    offsets: list[int] = field(default_factory=lambda: [0])
    asked: list[str] = field(default_factory=list)
    at_look: Callable[[], None] = lambda: None

    async def open_calls(self) -> list[CallSnapshot]:
        self.asked.append("open_calls")
        return self.open

    async def completed(self, keys: Collection[CallKey]) -> set[CallKey]:
        self.asked.append("completed")
        return self.ended & set(keys)

    async def event_log_offset(self) -> int:
        self.asked.append("event_log_offset")
        self.at_look()
        return self.offsets[-1]

    async def keep_event_log_offset(self, offset: int) -> None:
        self.offsets.append(offset)


class House:
    """An exchange to which a fake manager interface belongs, and what it told the house."""

    def __init__(
        self,
        fake: FakeAmi,
        event_log: Path,
        memory: NotingMemory,
        *,
        system_name: str = "",
        serves: dict[str, set[str]] | None = None,
    ) -> None:
        self.fake = fake
        self.event_log = event_log
        self.memory = memory
        self.news: list[CallSnapshot | LinkState] = []
        self._told = asyncio.Event()
        bus = EventBus()
        bus.subscribe(CallChanged, self._on_event)
        bus.subscribe(LinkChanged, self._on_event)
        self.exchange = Exchange(
            Pbx(node=NODE, ami_port=fake.port, heartbeat_seconds=0.5),
            SECRET,
            event_log,
            system_name=system_name,
            bus=bus,
            memory=memory,
            clock=SettableClock(NOW),
            timing=Timing(deadline=5, ping_interval=1000, unreachable=SOON, refused=SOON),
            serves=serves,
        )

    def _on_event(self, news: Event) -> None:
        if isinstance(news, CallChanged):
            self.news.append(news.call)
        elif isinstance(news, LinkChanged):
            self.news.append(news.status.state)
        self._told.set()

    @property
    def calls(self) -> list[CallSnapshot]:
        return [told for told in self.news if isinstance(told, CallSnapshot)]

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(5):
            while not holds():
                self._told.clear()
                await self._told.wait()

    def send(self, name: str, **fields: object) -> None:
        self.fake.send(event(name, **fields))

    def guest_calls(self) -> None:
        """A guest is answered by an operator, and is recorded."""
        self.send(
            "Newchannel",
            Channel=GUEST_NAME,
            ChannelState=4,
            Uniqueid=GUEST,
            Linkedid=GUEST,
            CallerIDNum="13900000001",
            Exten="4001",
        )
        self.send("MixMonitorStart", Channel=GUEST_NAME, Uniqueid=GUEST)
        self.dialled(OPERATOR_NAME, OPERATOR)
        for unique_id in (OPERATOR, GUEST):
            self.send("Newstate", ChannelState=6, Uniqueid=unique_id)
        self.bridged(GUEST, OPERATOR)

    def dialled(self, name: str, unique_id: str) -> None:
        self.send("Newchannel", Channel=name, ChannelState=0, Uniqueid=unique_id, Linkedid=GUEST)

    def bridged(self, *unique_ids: str) -> None:
        for unique_id in unique_ids:
            self.send("BridgeEnter", Uniqueid=unique_id, BridgeUniqueid="bridge", BridgeTechnology="softmix")

    def gone(self, unique_id: str) -> None:
        self.send("BridgeLeave", Uniqueid=unique_id, BridgeUniqueid="bridge")
        self.send("Hangup", Uniqueid=unique_id, Cause=16)


def core_status(started_at: datetime) -> Script:
    """Say since when this Asterisk runs."""
    return lambda server, action: server.send(
        response(action, CoreStartupDate=f"{started_at:%Y-%m-%d}", CoreStartupTime=f"{started_at:%H:%M:%S}")
    )


@pytest.fixture
def fake(fake: FakeAmi) -> FakeAmi:
    fake.scripts["CoreStatus"] = core_status(NOW - timedelta(days=1))
    fake.scripts["CoreShowChannels"] = lambda server, action: server.send(answer_list(action, "CoreShowChannel"))
    fake.uptime = 24 * 3600
    return fake


@pytest.fixture
def memory() -> NotingMemory:
    return NotingMemory()


@pytest.fixture
async def house(fake: FakeAmi, memory: NotingMemory, tmp_path: Path) -> AsyncIterator[House]:
    async with running(House(fake, tmp_path / "cel.csv", memory)) as linked:
        yield linked


@asynccontextmanager
async def running(house: House) -> AsyncIterator[House]:
    await house.exchange.start()
    try:
        await house.until(lambda: LinkState.UP in house.news)
        yield house
    finally:
        await house.exchange.close()


def row(kind: str, seconds: float, unique_id: str = GUEST, **extra: str) -> str:
    """One line of the event log, `seconds` from now."""
    at = (NOW + timedelta(seconds=seconds)).timestamp()
    columns = [kind, f"{at:.6f}", "13900000001", "4001", "from-trunk", GUEST_NAME, "", "", unique_id, unique_id]
    columns += ["", "", "", "", json.dumps(extra) if extra else ""]
    return ",".join('"{}"'.format(column.replace('"', '""')) for column in columns) + "\n"


def ended_call(unique_id: str, seconds: float) -> str:
    """The rows of a call that nobody answered."""
    return "".join(
        (
            row("CHAN_START", seconds, unique_id),
            row("HANGUP", seconds + 1, unique_id, hangupcause="16", hangupsource=GUEST_NAME),
            row("CHAN_END", seconds + 1, unique_id),
        )
    )


def an_open_call(linkedid: str) -> CallSnapshot:
    return CallSnapshot(CallKey(NODE, linkedid), Direction.INBOUND, "13900000009", "4001", NOW - timedelta(minutes=5))


# --- after each connect


async def test_given_a_connect_then_the_heartbeat_comes_first_and_the_state_before_the_link_is_up(
    house: House, fake: FakeAmi, memory: NotingMemory
) -> None:
    asked = [action["Action"] for action in fake.actions]
    assert asked[:4] == ["Login", "Setvar", "CoreStatus", "CoreShowChannels"]
    heartbeat = fake.actions[1]
    assert (heartbeat["Variable"], heartbeat["Value"]) == ("HOTEL_HEARTBEAT", str(int(NOW.timestamp())))
    assert memory.asked[0] == "open_calls"
    assert house.news == [LinkState.CONNECTING, LinkState.SYNCING, LinkState.UP]


async def test_given_news_while_the_state_is_read_then_they_follow_what_was_caught_up(
    fake: FakeAmi, memory: NotingMemory, tmp_path: Path
) -> None:
    log = tmp_path / "cel.csv"
    log.write_text(ended_call("1777590000.1", -60))
    house = House(fake, log, memory)

    def answer_late(server: FakeAmi, action: dict[str, str]) -> None:
        house.guest_calls()
        server.send(answer_list(action, "CoreShowChannel"))

    fake.scripts["CoreShowChannels"] = answer_late
    async with running(house):
        await house.until(lambda: any(call.operators for call in house.calls))
    caught_up, *news = house.calls
    assert (caught_up.key.linkedid, caught_up.outcome) == ("1777590000.1", Outcome.ABANDONED)
    assert {call.key.linkedid for call in news} == {GUEST}
    assert house.news.index(caught_up) < house.news.index(LinkState.UP)


async def test_given_a_persisted_call_that_lives_no_more_then_it_is_closed_and_marked(
    fake: FakeAmi, memory: NotingMemory, tmp_path: Path
) -> None:
    memory.open = [an_open_call("1777590000.7")]
    async with running(House(fake, tmp_path / "cel.csv", memory)) as house:
        (closed,) = house.calls
        assert (closed.key.linkedid, closed.swept, closed.outcome) == ("1777590000.7", True, Outcome.ABANDONED)
        assert house.exchange.open_calls() == []


async def test_given_a_call_whose_end_is_in_the_books_then_catching_up_does_not_tell_it_again(
    fake: FakeAmi, memory: NotingMemory, tmp_path: Path
) -> None:
    log = tmp_path / "cel.csv"
    log.write_text(ended_call("1777590000.1", -60) + ended_call("1777590000.2", -50))
    memory.ended = {CallKey(NODE, "1777590000.1")}
    async with running(House(fake, log, memory)) as house:
        assert [call.key.linkedid for call in house.calls] == ["1777590000.2"]


async def test_given_a_link_that_was_lost_then_the_calls_of_the_gap_are_told_from_the_event_log(
    house: House, fake: FakeAmi
) -> None:
    house.guest_calls()
    await house.until(lambda: any(call.operators for call in house.calls))
    house.event_log.write_text(ended_call("1777600001.1", 1) + ended_call(GUEST, -30))
    fake.cut()
    await house.until(lambda: house.news.count(LinkState.UP) == 2)
    ended = {call.key.linkedid: call for call in house.calls if call.ended_at is not None}
    assert ended.keys() == {"1777600001.1", GUEST}
    assert not any(call.swept for call in ended.values())
    assert house.exchange.open_calls() == []


async def test_given_asterisk_crashed_long_ago_then_its_calls_ended_when_it_was_last_heard_of(
    fake: FakeAmi, memory: NotingMemory, tmp_path: Path
) -> None:
    log = tmp_path / "cel.csv"
    crashed = row("CHAN_START", -3600) + row("ANSWER", -3590) + row("CHAN_START", -3500, "1777596500.2")
    log.write_text(crashed + ended_call("1777599900.1", -60))
    memory.open = [an_open_call(GUEST)]
    fake.scripts["CoreStatus"] = core_status(NOW - timedelta(seconds=600))
    fake.uptime = 600
    async with running(House(fake, log, memory)) as house:
        ended = {call.key.linkedid: call for call in house.calls}
        last_news = NOW - timedelta(seconds=3500)
        assert ended.keys() == {GUEST, "1777596500.2", "1777599900.1"}
        for linkedid in (GUEST, "1777596500.2"):
            assert (ended[linkedid].swept, ended[linkedid].ended_at) == (True, last_news)
        assert not ended["1777599900.1"].swept
        assert house.exchange.open_calls() == []


@pytest.mark.parametrize("has_ended", [True, False])
async def test_given_a_phone_picked_up_at_once_when_two_sources_tell_of_it_then_it_rang_before_it_was_answered(
    fake: FakeAmi, memory: NotingMemory, tmp_path: Path, has_ended: bool
) -> None:
    log = tmp_path / "cel.csv"
    answered = row("CHAN_START", -60) + row("ANSWER", -59.998)
    log.write_text(answered + row("HANGUP", -30) + row("CHAN_END", -30) if has_ended else answered)
    memory.open = [replace(an_open_call(GUEST), first_ring_at=NOW - timedelta(seconds=59.995))]
    alive = {"Channel": GUEST_NAME, "ChannelState": 6, "CallerIDNum": "13900000009", "Context": "from-trunk"}
    alive |= {"Exten": "4001", "Uniqueid": GUEST, "Linkedid": GUEST, "Application": "Queue", "Duration": "00:01:00"}
    living = [] if has_ended else [{**alive, "BridgeId": ""}]
    fake.scripts["CoreShowChannels"] = lambda server, action: server.send(
        answer_list(action, "CoreShowChannel", *living)
    )
    async with running(House(fake, log, memory)) as house:
        told = house.calls[-1]
        assert told.answered_at is not None
        assert told.first_ring_at == told.answered_at
        assert (told.ended_at is not None) is has_ended


# --- news


async def test_given_events_that_make_no_sense_then_they_are_counted_and_the_next_one_is_taken(house: House) -> None:
    house.send("Newchannel", Channel=GUEST_NAME)
    house.send("Hangup", Uniqueid=GUEST, Cause="sixteen")
    house.send("Newchannel", Channel=GUEST_NAME, ChannelState=4, Uniqueid=GUEST, Linkedid=GUEST, Exten="4001")
    await house.until(lambda: bool(house.calls))
    assert house.exchange.unusable == 2
    assert house.calls[0].line == "4001"


async def test_given_the_link_is_up_then_the_heartbeat_goes_on(house: House, fake: FakeAmi) -> None:
    again = await fake.asked("Setvar", times=3)
    assert again["Variable"] == "HOTEL_HEARTBEAT"


async def test_given_staff_leave_guests_alone_then_the_recording_is_ended_once_until_staff_come_back_and_leave_again(
    house: House, fake: FakeAmi
) -> None:
    house.guest_calls()
    house.dialled(ROOM_NAME, ROOM)
    house.send("Newstate", ChannelState=6, Uniqueid=ROOM)
    house.bridged(ROOM)
    house.gone(OPERATOR)
    stopped = await fake.asked("StopMixMonitor")
    assert stopped["Channel"] == GUEST_NAME
    house.send("Hold", Uniqueid=ROOM, Channel=ROOM_NAME)
    house.send("Unhold", Uniqueid=ROOM, Channel=ROOM_NAME)
    await house.until(lambda: bool(house.calls[-1].holds) and house.calls[-1].holds[0].ended_at is not None)
    back = "1777600000.9"
    house.dialled("PJSIP/op8002-00000009", back)
    house.send("Newstate", ChannelState=6, Uniqueid=back)
    house.bridged(back)
    await house.until(lambda: house.calls[-1].operators == ("8001", "8002"))
    assert fake.count("StopMixMonitor") == 1
    house.gone(back)
    await fake.asked("StopMixMonitor", times=2)


FIRST_IN_LINE = ("1777600000.8", "PJSIP/trunk-00000008")
SECOND_IN_LINE = ("1777600009.9", "PJSIP/trunk-00000009")


@pytest.fixture
def queue_rings_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange_module, "QUEUE_RINGS_WITHIN", 0.05)


async def two_wait(house: House) -> None:
    house.guest_calls()
    for uniqueid, name in (FIRST_IN_LINE, SECOND_IN_LINE):
        house.send("Newchannel", Channel=name, ChannelState=4, Uniqueid=uniqueid, Linkedid=uniqueid, Exten="4001")
        house.send("QueueCallerJoin", Uniqueid=uniqueid, Queue="enquiries", Position=1)
    await house.until(lambda: sum(bool(call.queue_waits) for call in house.calls) >= 2)


@pytest.mark.usefixtures("queue_rings_soon")
async def test_given_an_operators_talk_ends_then_the_first_in_line_is_talked_to_no_longer(
    fake: FakeAmi, memory: NotingMemory, tmp_path: Path
) -> None:
    async with running(House(fake, tmp_path / "cel.csv", memory, serves={"8001": {"enquiries"}})) as house:
        await two_wait(house)
        house.gone(OPERATOR)
        interrupted = await fake.asked("PlayDTMF")

    assert interrupted["Channel"] == FIRST_IN_LINE[1]
    assert fake.count("PlayDTMF") == 1


@pytest.mark.usefixtures("queue_rings_soon")
async def test_given_the_queue_rings_a_freed_operator_by_itself_then_only_the_next_free_one_interrupts_and_for_the_next(
    fake: FakeAmi, memory: NotingMemory, tmp_path: Path
) -> None:
    serves = {"8001": {"enquiries"}, "8002": {"enquiries"}}
    colleague = "1777600000.7"
    async with running(House(fake, tmp_path / "cel.csv", memory, serves=serves)) as house:
        await two_wait(house)
        house.dialled("PJSIP/op8002-00000007", colleague)
        house.send("Newstate", ChannelState=6, Uniqueid=colleague)
        house.gone(OPERATOR)
        house.send(
            "Newchannel",
            Channel="PJSIP/op8001-00000010",
            ChannelState=5,
            Uniqueid="1777600010.1",
            Linkedid=FIRST_IN_LINE[0],
        )
        house.gone(colleague)
        interrupted = await fake.asked("PlayDTMF")

    assert interrupted["Channel"] == SECOND_IN_LINE[1]
    assert fake.count("PlayDTMF") == 1


def leg(kind: PartyKind, *, is_up: bool = True, is_recorded: bool = False) -> Leg:
    return Leg("1", "PJSIP/x-1", kind, "1", is_up=is_up, is_main=is_recorded, is_recorded=is_recorded)


@pytest.mark.parametrize(
    ("legs", "left"),
    [
        ((), False),
        ((leg(PartyKind.OUTSIDE, is_recorded=True),), False),
        ((leg(PartyKind.OUTSIDE, is_recorded=True), leg(PartyKind.STAFF)), False),
        ((leg(PartyKind.OUTSIDE, is_recorded=True), leg(PartyKind.ROOM), leg(PartyKind.STAFF)), False),
        ((leg(PartyKind.OUTSIDE, is_recorded=True), leg(PartyKind.ROOM, is_up=False)), False),
        ((leg(PartyKind.OUTSIDE), leg(PartyKind.ROOM)), False),
        ((leg(PartyKind.OUTSIDE, is_recorded=True), leg(PartyKind.ROOM)), True),
        ((leg(PartyKind.OUTSIDE, is_recorded=True), leg(PartyKind.ROOM), leg(PartyKind.STAFF, is_up=False)), True),
    ],
)
def test_given_who_is_up_then_it_is_told_whether_guests_are_among_themselves(legs: tuple[Leg, ...], left: bool) -> None:
    assert staff_have_left(legs) is left


# --- what a caller writes himself

SYSTEM = "pbx0123456789abcdef"


def genuine(name: str, **fields: object) -> bytes:
    """An event as an Asterisk with a name sends it."""
    return event(name, Privilege="call,all", Timestamp=f"{NOW.timestamp():.6f}", SystemName=SYSTEM, **fields)


def ids(number: int) -> dict[str, str]:
    return {"Uniqueid": f"{SYSTEM}-1777600000.{number}", "Linkedid": f"{SYSTEM}-1777600000.1"}


NEW = {"Channel": GUEST_NAME, "ChannelState": 4, "CallerIDNum": "13900000001"}
BARE = {"Uniqueid": GUEST, "Linkedid": GUEST}


@pytest.mark.parametrize(
    "forged",
    [
        event("Hangup", **ids(1), Cause=16),
        event("Hangup", Privilege="call,all", Timestamp="1.0", **ids(1), Cause=16),
        event("Hangup", Privilege="call,all", Timestamp="1.0", SystemName="pbx", **ids(1), Cause=16),
        event("Hangup", SystemName=SYSTEM, Privilege="call,all", Timestamp="1.0", **ids(1), Cause=16),
        event("Newchannel", Privilege="call,all", Timestamp="1.0", **NEW, **ids(7)),
        event("FullyBooted", Privilege="system,all", Uptime=1),
        genuine("Newchannel", **NEW, Exten="4001", **BARE),
        genuine("Newchannel", **(NEW | {"CallerIDNum": "1\r\nUniqueid: 1.9"}), Exten="4001", **ids(7)),
        genuine("Newchannel", **(NEW | {"CallerIDNum": "1\nUniqueid: 1.9"}), Exten="4001", **ids(7)),
        genuine("Newchannel", **NEW, Exten="4001\r\nExten: 4002", **ids(7)),
        genuine("Hangup", **(NEW | {"CallerIDNum": "1\r\nUniqueid: 1777600000.1"})),
    ],
)
async def test_given_a_caller_who_writes_events_when_they_arrive_then_no_call_begins_changes_or_ends(
    fake: FakeAmi, memory: NotingMemory, tmp_path: Path, forged: bytes
) -> None:
    async with running(House(fake, tmp_path / "cel.csv", memory, system_name=SYSTEM)) as house:
        fake.send(genuine("Newchannel", **NEW, Exten="4001", **ids(1)))
        await house.until(lambda: bool(house.calls))
        before, actions = house.exchange.open_calls(), len(fake.actions)
        fake.send(forged)
        fake.send(genuine("Newstate", ChannelState=6, **ids(1)))
        await house.until(lambda: house.calls[-1].answered_at is not None)
        assert house.exchange.bridge.counters.forged == 1
        assert [call.key for call in house.exchange.open_calls()] == [call.key for call in before]
        assert {call.key for call in house.calls} == {call.key for call in before}
        assert {action["Action"] for action in fake.actions[actions:]} <= {"Setvar"}, "only the heartbeat"


async def test_given_a_caller_who_writes_into_a_list_when_the_state_is_read_then_his_item_is_left_out(
    fake: FakeAmi, memory: NotingMemory, tmp_path: Path
) -> None:
    alive = {"Channel": GUEST_NAME, "ChannelState": 6, "CallerIDNum": "1", "Context": "from-trunk", "Exten": "4001"}
    alive |= {"Application": "Queue", "Duration": "00:01:00", "BridgeId": ""}
    items = [alive | BARE, alive | ids(1)]
    fake.scripts["CoreShowChannels"] = lambda server, action: server.send(
        answer_list(action, "CoreShowChannel", *items)
    )
    async with running(House(fake, tmp_path / "cel.csv", memory, system_name=SYSTEM)) as house:
        (call,) = house.exchange.open_calls()
        assert call.key.linkedid == ids(1)["Linkedid"]


# --- the event log


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look after the event log without half a minute between."""
    monkeypatch.setattr(exchange_module, "SWEEP_SECONDS", 0.02)


async def looked(memory: NotingMemory, times: int) -> None:
    """Wait until the exchange has looked after its event log so often again."""
    enough = memory.asked.count("event_log_offset") + times
    async with asyncio.timeout(5):
        while memory.asked.count("event_log_offset") < enough:
            await asyncio.sleep(0.01)


@pytest.mark.usefixtures("often")
async def test_given_an_open_call_then_the_event_log_is_kept_from_its_first_row_on(
    house: House, memory: NotingMemory
) -> None:
    past = ended_call("1777590000.1", -60)
    house.event_log.write_text(past + row("CHAN_START", 0) + ended_call("1777600002.1", 2))
    house.guest_calls()
    await house.until(lambda: any(call.operators for call in house.calls))
    await looked(memory, 4)
    assert max(memory.offsets) == len(past)
    house.gone(OPERATOR)
    house.gone(GUEST)
    await house.until(lambda: house.calls[-1].ended_at is not None)
    await looked(memory, 4)
    assert memory.offsets[-1] == house.event_log.stat().st_size


@pytest.mark.usefixtures("often")
async def test_given_rows_of_a_call_of_which_no_news_came_yet_then_the_look_that_finds_them_does_not_pass_them(
    house: House, memory: NotingMemory
) -> None:
    past = ended_call("1777590000.1", -60)
    house.event_log.write_text(past)
    await looked(memory, 4)
    assert memory.offsets == [0, len(past)]
    offset_at_look: list[int] = []

    def write_at_first_look() -> None:
        if not offset_at_look:
            with house.event_log.open("a") as log:
                log.write(row("CHAN_START", 0))
        offset_at_look.append(memory.offsets[-1])

    memory.at_look = write_at_first_look
    await looked(memory, 4)
    assert offset_at_look[:2] == [len(past), len(past)]
    assert memory.offsets[-1] == house.event_log.stat().st_size


@pytest.mark.usefixtures("often")
async def test_given_a_long_event_log_then_it_is_begun_anew_once_no_call_is_open(
    house: House, memory: NotingMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange_module, "LOG_BYTES", 100)
    rows = ended_call("1777590000.1", -60)
    house.guest_calls()
    await house.until(lambda: any(call.operators for call in house.calls))
    house.event_log.write_text(rows)
    await looked(memory, 4)
    assert house.event_log.exists()
    house.gone(OPERATOR)
    house.gone(GUEST)
    await house.until(lambda: house.calls[-1].ended_at is not None)
    await looked(memory, 4)
    assert house.event_log.with_suffix(".csv.1").read_text() == rows
    assert memory.offsets[-1] == 0
    assert not house.event_log.exists()


@pytest.mark.usefixtures("often")
async def test_given_a_look_that_fails_in_any_way_then_the_next_one_comes_all_the_same(
    house: House, memory: NotingMemory
) -> None:
    failures = [RecursionError("deep"), RuntimeError("strange")]

    def fail() -> None:
        if failures:
            raise failures.pop()

    memory.at_look = fail
    house.event_log.write_text(ended_call("1777590000.1", -60))
    await looked(memory, 6)
    assert memory.offsets[-1] == house.event_log.stat().st_size


@pytest.mark.usefixtures("often")
async def test_given_a_call_that_comes_while_the_event_log_is_put_aside_then_it_stays_in_it(
    house: House, memory: NotingMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange_module, "LOG_BYTES", 100)
    rows = ended_call("1777590000.1", -60)
    keep = memory.keep_event_log_offset

    async def keep_while_a_call_comes(offset: int) -> None:
        with house.event_log.open("a") as log:
            log.write(row("CHAN_START", 0) if offset == 0 else "")
        await keep(offset)

    monkeypatch.setattr(memory, "keep_event_log_offset", keep_while_a_call_comes)
    house.event_log.write_text(rows)
    await looked(memory, 4)
    assert house.event_log.read_text().startswith(rows + row("CHAN_START", 0))


# --- what the log says


async def test_given_a_call_when_it_ends_then_its_log_line_has_its_id_and_nobody_s_number(house: House) -> None:
    with capture_logs() as lines:
        house.guest_calls()
        for unique_id in (OPERATOR, GUEST):
            house.gone(unique_id)
        await house.until(lambda: any(call.ended_at for call in house.calls))
    (ended,) = [line for line in lines if line["event"] == "call_ended"]
    assert (ended["call_id"], ended["line"], ended["outcome"]) == (GUEST, "4001", "answered")
    assert "13900000001" not in str(ended)


async def test_given_an_order_that_fails_then_its_log_line_has_the_call_s_id(house: House, fake: FakeAmi) -> None:
    failed = asyncio.Event()

    def refuse(server: FakeAmi, action: dict[str, str]) -> None:
        server.send(response(action, "Error", Message="No such channel"))
        failed.set()

    fake.scripts["StopMixMonitor"] = refuse
    with capture_logs() as lines:
        house.guest_calls()
        house.dialled(ROOM_NAME, ROOM)
        house.send("Newstate", ChannelState=6, Uniqueid=ROOM)
        house.bridged(ROOM)
        house.gone(OPERATOR)
        async with asyncio.timeout(5):
            await failed.wait()
            while not any(line["event"] == "order_failed" for line in lines):
                await asyncio.sleep(0)
    (line,) = [line for line in lines if line["event"] == "order_failed"]
    assert line["call_id"] == GUEST


async def test_given_news_that_cannot_be_used_then_its_log_line_has_the_call_s_id(house: House) -> None:
    with capture_logs() as lines:
        house.send("Hangup", Uniqueid=GUEST, Linkedid=GUEST, Cause="sixteen")
        house.guest_calls()
        await house.until(lambda: bool(house.calls))
    assert [line["call_id"] for line in lines if line["event"] == "ami_event_unusable"] == [GUEST]
