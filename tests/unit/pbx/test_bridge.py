"""The link to the exchange, against a manager interface that misbehaves over real TCP.

The first half holds one test for each defect of panoramisk 1.4 that must not reach the house.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from callcenter.clock import SettableClock
from callcenter.errors import PbxRefused, PbxUnavailable
from callcenter.pbx.bridge import AmiBridge, Backoff, Timing
from callcenter.pbx.connection import Connection, Counters
from callcenter.pbx.wire import BadField, raw_value
from callcenter.telephony import LinkState, LinkStatus
from tests.unit.pbx.fake_ami import SECRET, USERNAME, FakeAmi, answer_list, event, hang_up, response, silence

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


@pytest_asyncio.fixture
async def fake() -> AsyncIterator[FakeAmi]:
    server = await FakeAmi().start()
    yield server
    await server.stop()


@pytest.fixture
def owner() -> Owner:
    return Owner()


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


# One test for each known defect of panoramisk 1.4.


async def test_given_a_value_with_a_line_end_when_sent_then_it_is_refused_and_nothing_is_sent(
    fake: FakeAmi, owner: Owner
) -> None:
    async with linked(fake, owner) as bridge:
        with pytest.raises(BadField):
            await bridge.action("Setvar", {"Variable": "GUEST", "Value": "Li\r\n\r\nAction: Originate\r\nData: id"})
        await bridge.action("Ping")
        assert [action["Action"] for action in fake.actions] == ["Login", "Ping"]


async def test_given_a_drop_before_the_response_when_reconnected_then_originate_is_not_repeated(
    fake: FakeAmi, owner: Owner
) -> None:
    fake.scripts["Originate"] = hang_up
    async with linked(fake, owner) as bridge:
        with pytest.raises(PbxUnavailable):
            await bridge.action("Originate", {"Channel": "PJSIP/room0301", "Async": "true"})
        await owner.state(LinkState.UP, 2)
        await bridge.action("Ping")
        assert fake.count("Originate") == 1


async def test_given_the_link_down_when_an_action_is_asked_then_it_fails_at_once_and_is_never_sent(
    fake: FakeAmi, owner: Owner
) -> None:
    async with linked(fake, owner) as bridge:
        await fake.stop()
        await owner.state(LinkState.DOWN)
        with pytest.raises(PbxUnavailable):
            await bridge.action("Originate", {"Channel": "PJSIP/room0301"})
        await fake.start()
        await owner.state(LinkState.UP, 2)
        await bridge.action("Ping")
        assert fake.count("Originate") == 0


async def test_given_a_list_begun_when_the_link_drops_then_it_fails(fake: FakeAmi, owner: Owner) -> None:
    def begin(server: FakeAmi, action: dict[str, str]) -> None:
        server.send(response(action, EventList="start", Message="Channels will follow"))

    fake.scripts["CoreShowChannels"] = begin
    async with linked(fake, owner) as bridge:
        asking = asyncio.create_task(bridge.list_action("CoreShowChannels"))
        await fake.asked("CoreShowChannels")
        await bridge.action("Ping")
        fake.cut()
        with pytest.raises(PbxUnavailable):
            await asking


async def test_given_a_waiting_action_when_the_bridge_closes_then_it_fails(fake: FakeAmi, owner: Owner) -> None:
    fake.scripts["QueuePause"] = silence
    async with linked(fake, owner) as bridge:
        asking = asyncio.create_task(bridge.action("QueuePause", {"Queue": "enquiries"}))
        await fake.asked("QueuePause")
        await bridge.close()
        with pytest.raises(PbxUnavailable, match="closed"):
            await asking


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("QueueAdd", "Added interface to queue"),
        ("Originate", "Originate successfully queued"),
        ("Status", "Channel status will follow"),
    ],
)
async def test_given_an_answer_that_looks_like_a_list_when_asked_singly_then_the_first_response_ends_it(
    fake: FakeAmi, owner: Owner, name: str, message: str
) -> None:
    fake.scripts[name] = lambda server, action: server.send(response(action, Message=message))
    async with linked(fake, owner) as bridge:
        assert (await bridge.action(name, {"Async": "true"}))["Message"] == message


async def test_given_no_fully_booted_when_the_wait_is_over_then_the_link_is_down_and_says_why(
    fake: FakeAmi, owner: Owner
) -> None:
    fake.boots = False
    bridge = bridge_to(fake, owner, Timing(boot=0.05, unreachable=NEVER))
    await bridge.start()
    status = await owner.state(LinkState.DOWN)
    assert "FullyBooted" in status.reason
    with pytest.raises(PbxUnavailable):
        await bridge.action("QueuePause", {"Queue": "enquiries"})
    await bridge.close()


async def test_given_originate_without_async_when_both_answers_come_then_the_connection_stays(
    fake: FakeAmi, owner: Owner
) -> None:
    def originate(server: FakeAmi, action: dict[str, str]) -> None:
        server.send(event("OriginateResponse", ActionID=action["ActionID"], Response="Failure", Reason=5))
        server.send(response(action, "Error", Message="Originate failed"))

    fake.scripts["Originate"] = originate
    async with linked(fake, owner) as bridge:
        with pytest.raises(PbxRefused, match="Originate failed"):
            await bridge.action("Originate", {"Channel": "PJSIP/room0301"})
        await bridge.action("Ping")
        assert fake.connections == 1


async def test_given_a_handler_that_raises_when_events_come_then_all_others_are_handed_on(
    fake: FakeAmi, owner: Owner
) -> None:
    def message(fields: dict[str, str], at: datetime) -> None:
        owner.message(fields, at)
        if fields.get("N") == "2":
            raise ValueError("a defect of ours")

    async with linked(fake, owner, on_message=message) as bridge:
        fake.send(b"".join(event("Test", N=number) for number in range(1, 6)))
        await owner.until(lambda: len(owner.values("N")) == 5)
        await bridge.action("Ping")
        assert owner.values("N") == ["1", "2", "3", "4", "5"]
        assert bridge.counters.failures == 1
        assert fake.connections == 1


async def test_given_a_flood_of_events_when_handed_on_then_their_order_is_kept_and_none_is_lost(
    fake: FakeAmi, owner: Owner
) -> None:
    async with linked(fake, owner, queue_limit=12_000) as bridge:
        fake.send(b"".join(event("Test", N=number) for number in range(50_000)))
        await owner.until(lambda: len(owner.events) >= 50_000)
        assert owner.values("N") == [str(number) for number in range(50_000)]
        assert bridge.counters.overflows == 0


async def test_given_a_character_split_over_two_reads_when_put_together_then_nothing_is_lost(
    fake: FakeAmi, owner: Owner
) -> None:
    raw = event("Test", CallerIDName="云溪温泉")
    middle = raw.index("溪".encode()) + 1
    async with linked(fake, owner) as bridge:
        fake.send(raw[:middle])
        # By the time that a question has reached the other side, the first half has been read here.
        fake.scripts["Ping"] = silence
        asking = asyncio.create_task(bridge.action("Ping"))
        await fake.asked("Ping")
        fake.send(raw[middle:])
        fake.send(response(fake.actions[-1]))
        await asking
        assert owner.values("CallerIDName") == ["云溪温泉"]


async def test_given_a_name_in_gbk_when_handed_on_then_its_bytes_are_kept(fake: FakeAmi, owner: Owner) -> None:
    async with linked(fake, owner):
        fake.send(b"Event: Test\r\nCallerIDName: " + "云溪".encode("gbk") + b"\r\n\r\n")
        await owner.until(lambda: bool(owner.values("CallerIDName")))
        assert raw_value(owner.events[-1], "CallerIDName").decode("gbk") == "云溪"


async def test_given_a_peer_that_stopped_answering_when_a_ping_is_due_then_the_link_is_dropped(
    fake: FakeAmi, owner: Owner
) -> None:
    fake.scripts["Ping"] = silence
    async with linked(fake, owner, Timing(deadline=0.3, ping_interval=0.01, unreachable=SOON)):
        await owner.until(lambda: "no answer to Ping within 0.3 s" in [status.reason for status in owner.statuses])
        await fake.connected(2)


async def test_given_a_link_that_is_up_when_pinged_then_the_library_pings_no_more(fake: FakeAmi, owner: Owner) -> None:
    async with linked(fake, owner) as bridge:
        assert bridge._connection is not None
        assert bridge._connection.factory.pinger.cancelled()


async def test_given_answers_after_their_deadline_when_they_come_then_they_are_thrown_away(
    fake: FakeAmi, owner: Owner
) -> None:
    fake.scripts["Slow"] = silence
    async with linked(fake, owner, Timing(deadline=0.3, ping_interval=1000, unreachable=SOON)) as bridge:
        results = await asyncio.gather(*(bridge.action("Slow") for _ in range(50)), return_exceptions=True)
        assert all(isinstance(result, PbxUnavailable) for result in results)
        assert bridge._connection is not None
        assert bridge._connection.responses == {}
        for action in fake.actions:
            if action["Action"] == "Slow":
                fake.send(response(action))
        fake.send(event("Test", N=1))
        await owner.until(lambda: owner.values("N") == ["1"])
        assert (bridge.counters.timeouts, bridge.counters.late) == (50, 50)


async def test_given_input_without_an_end_when_it_grows_then_the_link_is_dropped_and_rebuilt(
    fake: FakeAmi, owner: Owner
) -> None:
    async with linked(fake, owner) as bridge:
        fake.send(b"Response: Success\r\n" + b"Output: " + b"x" * (2 << 20))
        await owner.state(LinkState.UP, 2)
        assert bridge.counters.overflows == 1


async def test_given_a_wrong_secret_when_refused_then_the_link_says_so_and_does_not_hammer(
    fake: FakeAmi, owner: Owner
) -> None:
    bridge = bridge_to(fake, owner, Timing(refused=NEVER, unreachable=SOON), secret="wrong")
    await bridge.start()
    status = await owner.state(LinkState.REFUSED)
    assert status.reason == "Login refused: Authentication failed"
    await expect_silence(fake.connected(2))
    assert fake.count("Login") == 1
    assert bridge.counters.refusals == 1
    await bridge.close()


async def test_given_a_refused_link_when_the_secret_is_right_again_then_it_comes_up(
    fake: FakeAmi, owner: Owner
) -> None:
    fake.secret = "not yet"
    bridge = bridge_to(fake, owner)
    await bridge.start()
    await owner.state(LinkState.REFUSED)
    await fake.connected(3)
    assert {status.state for status in owner.statuses} == {LinkState.CONNECTING, LinkState.REFUSED}
    fake.secret = SECRET
    await owner.state(LinkState.UP)
    await bridge.close()


async def test_given_a_failed_originate_when_its_event_comes_then_it_is_handed_on_as_an_event(
    fake: FakeAmi, owner: Owner
) -> None:
    def originate(server: FakeAmi, action: dict[str, str]) -> None:
        server.send(response(action, Message="Originate successfully queued"))
        server.send(event("OriginateResponse", ActionID=action["ActionID"], Response="Failure", Reason=5))

    fake.scripts["Originate"] = originate
    async with linked(fake, owner) as bridge:
        answer = await bridge.action("Originate", {"ActionID": "call-1", "Async": "true"})
        assert answer["Message"] == "Originate successfully queued"
        await owner.until(lambda: owner.values("Reason") == ["5"])
        assert owner.events[-1]["Response"] == "Failure"
        assert owner.events[-1]["ActionID"] == "call-1"


async def test_given_a_link_being_rebuilt_when_closed_then_it_stays_closed(fake: FakeAmi, owner: Owner) -> None:
    bridge = bridge_to(fake, owner, Timing(unreachable=Backoff(first=0.05, cap=0.05)))
    await bridge.start()
    await owner.state(LinkState.UP)
    fake.cut()
    await owner.state(LinkState.DOWN)
    await bridge.close()
    await expect_silence(fake.connected(2))
    assert bridge.status.reason == "closed"


async def test_given_events_in_a_gap_when_the_link_is_back_then_the_state_is_read_again(
    fake: FakeAmi, owner: Owner
) -> None:
    reads: list[list[dict[str, str]]] = []

    async def read() -> None:
        reads.append(await owner.bridge.list_action("CoreShowChannels"))

    fake.scripts["CoreShowChannels"] = lambda server, action: server.send(
        answer_list(action, "CoreShowChannel", {"Channel": f"PJSIP/trunk-{server.connections}"})
    )
    owner.bridge = bridge_to(fake, owner, on_synced=read)
    await owner.bridge.start()
    await owner.state(LinkState.UP)
    fake.cut()
    await owner.state(LinkState.UP, 2)
    assert [channel["Channel"] for [channel] in reads] == ["PJSIP/trunk-1", "PJSIP/trunk-2"]
    assert (owner.bridge.counters.connects, owner.bridge.counters.reconnects) == (2, 1)
    await owner.bridge.close()


# The bridge's own rules.


async def test_given_events_during_the_reading_of_the_state_when_read_then_they_follow_it_in_order(
    fake: FakeAmi, owner: Owner
) -> None:
    async def read() -> None:
        fake.send(event("Test", N=1) + event("Test", N=2))
        await owner.bridge.action("CoreStatus")
        fake.send(event("Test", N=3))
        await owner.bridge.action("CoreStatus")
        assert owner.events == []
        assert owner.bridge.status.state is LinkState.SYNCING
        owner.events.append({"N": "state read"})

    known_when_up: list[str] = []

    def status(status: LinkStatus) -> None:
        if status.state is LinkState.UP:
            known_when_up.extend(owner.values("N"))
        owner.status(status)

    owner.bridge = bridge_to(fake, owner, on_synced=read, on_status=status)
    await owner.bridge.start()
    await owner.state(LinkState.UP)
    assert known_when_up == owner.values("N") == ["state read", "1", "2", "3"]
    assert [status.state for status in owner.statuses] == [LinkState.CONNECTING, LinkState.SYNCING, LinkState.UP]
    await owner.bridge.close()


async def test_given_more_events_than_there_is_room_for_when_reading_the_state_then_it_begins_anew(
    fake: FakeAmi, owner: Owner
) -> None:
    attempts: list[int] = []

    async def read() -> None:
        attempts.append(len(attempts))
        if len(attempts) == 1:
            fake.send(b"".join(event("Test", N=number) for number in range(200)))
            await owner.bridge.action("Never")

    fake.scripts["Never"] = silence
    owner.bridge = bridge_to(fake, owner, on_synced=read, queue_limit=100)
    await owner.bridge.start()
    await owner.state(LinkState.UP)
    assert attempts == [0, 1]
    assert owner.bridge.counters.overflows == 1
    assert owner.values("N") == []
    await owner.bridge.close()


async def test_given_a_state_that_cannot_be_read_when_it_fails_then_the_link_is_tried_again(
    fake: FakeAmi, owner: Owner
) -> None:
    fake.scripts["CoreStatus"] = lambda server, action: server.send(
        response(action, "Error", Message="Permission denied")
    )

    async def read() -> None:
        await owner.bridge.action("CoreStatus")

    owner.bridge = bridge_to(fake, owner, on_synced=read)
    await owner.bridge.start()
    status = await owner.state(LinkState.DOWN)
    assert "Permission denied" in status.reason
    del fake.scripts["CoreStatus"]
    await owner.state(LinkState.UP)
    await owner.bridge.close()


async def test_given_a_state_that_is_never_read_when_the_wait_is_over_then_the_link_is_dropped(
    fake: FakeAmi, owner: Owner
) -> None:
    bridge = bridge_to(fake, owner, Timing(sync=0.05, unreachable=NEVER), on_synced=asyncio.Event().wait)
    await bridge.start()
    assert "was not read" in (await owner.state(LinkState.DOWN)).reason
    await bridge.close()


async def test_given_nobody_there_when_started_then_the_link_says_so_and_comes_up_later(owner: Owner) -> None:
    fake = await FakeAmi().start()
    await fake.stop()
    bridge = bridge_to(fake, owner)
    await bridge.start()
    assert (await owner.state(LinkState.DOWN)).reason == f"cannot connect to 127.0.0.1:{fake.port}: Connection refused"
    await fake.start()
    await owner.state(LinkState.UP)
    await bridge.close()
    await fake.stop()


async def test_given_something_else_on_the_port_when_connected_then_the_deadline_ends_it(
    fake: FakeAmi, owner: Owner
) -> None:
    fake.greeting = b"HTTP/1.1 400 Bad Request\r\n\r\n"
    fake.scripts["Login"] = silence
    bridge = bridge_to(fake, owner, Timing(deadline=0.3, unreachable=NEVER))
    await bridge.start()
    assert "no answer from" in (await owner.state(LinkState.DOWN)).reason
    assert bridge.counters.malformed == 1
    await bridge.close()


async def test_given_a_malformed_message_when_it_comes_then_it_is_counted_and_the_next_is_read(
    fake: FakeAmi, owner: Owner
) -> None:
    async with linked(fake, owner) as bridge:
        fake.send(b"Nonsense: 1\r\n\r\nstill nonsense\r\n\r\n" + event("Test", N=1))
        await owner.until(lambda: owner.values("N") == ["1"])
        assert bridge.counters.malformed == 2


async def test_given_events_just_before_the_link_breaks_when_handed_on_then_none_is_missing(
    fake: FakeAmi, owner: Owner
) -> None:
    def message(fields: dict[str, str], at: datetime) -> None:
        owner.message(fields, at)
        if fields.get("N") == "0":
            fake.cut()

    async with linked(fake, owner, on_message=message):
        fake.send(b"".join(event("Test", N=number) for number in range(1000)))
        await owner.state(LinkState.DOWN)
        assert owner.values("N") == [str(number) for number in range(1000)]


async def test_given_a_list_without_end_when_its_deadline_passes_then_late_items_are_no_events(
    fake: FakeAmi, owner: Owner
) -> None:
    fake.scripts["Status"] = lambda server, action: server.send(response(action, EventList="start"))
    async with linked(fake, owner, Timing(deadline=0.3, ping_interval=1000)) as bridge:
        with pytest.raises(PbxUnavailable, match="no end of Status"):
            await bridge.list_action("Status")
        fake.send(event("Status", ActionID=fake.actions[-1]["ActionID"], Channel="PJSIP/trunk-1") + event("Test", N=1))
        await owner.until(lambda: owner.values("N") == ["1"])
        assert owner.values("Channel") == []
        assert bridge.counters.late == 1


async def test_given_a_list_when_complete_then_its_items_come_in_order_without_the_end(
    fake: FakeAmi, owner: Owner
) -> None:
    items: list[dict[str, object]] = [{"Channel": f"PJSIP/trunk-{number}"} for number in range(3)]
    fake.scripts["CoreShowChannels"] = lambda server, action: server.send(
        answer_list(action, "CoreShowChannel", *items)
    )
    async with linked(fake, owner) as bridge:
        listed = await bridge.list_action("CoreShowChannels")
        assert [item["Channel"] for item in listed] == ["PJSIP/trunk-0", "PJSIP/trunk-1", "PJSIP/trunk-2"]


async def test_given_a_refused_action_when_answered_then_the_reason_is_told(fake: FakeAmi, owner: Owner) -> None:
    fake.scripts["Hangup"] = lambda server, action: server.send(response(action, "Error", Message="No such channel"))
    async with linked(fake, owner) as bridge:
        with pytest.raises(PbxRefused) as refused:
            await bridge.action("Hangup", {"Channel": "PJSIP/trunk-1"})
        assert refused.value.params == {"action": "Hangup", "reason": "No such channel"}


async def test_given_a_status_listener_that_raises_when_the_link_changes_then_the_link_lives_on(
    fake: FakeAmi, owner: Owner
) -> None:
    def status(status: LinkStatus) -> None:
        owner.status(status)
        raise ValueError("a defect of ours")

    async with linked(fake, owner, on_status=status) as bridge:
        fake.cut()
        await owner.state(LinkState.UP, 2)
        await bridge.action("Ping")


async def test_given_the_uptime_when_booted_then_the_start_of_the_exchange_is_known(
    fake: FakeAmi, owner: Owner
) -> None:
    async with linked(fake, owner) as bridge:
        assert bridge.started_about == NOW - timedelta(seconds=100)


async def test_given_a_cancelled_action_when_its_answer_comes_then_nothing_is_left(fake: FakeAmi, owner: Owner) -> None:
    fake.scripts["Slow"] = silence
    async with linked(fake, owner) as bridge:
        asking = asyncio.create_task(bridge.action("Slow"))
        action = await fake.asked("Slow")
        asking.cancel()
        fake.send(response(action))
        await bridge.action("Ping")
        assert asking.cancelled()
        assert bridge._connection is not None
        assert bridge._connection.responses == {}


@pytest.mark.parametrize(
    ("failures", "chance", "seconds"),
    [(1, 0.0, 0.5), (2, 0.0, 1.0), (5, 0.0, 8.0), (7, 0.0, 30.0), (10_000, 0.0, 30.0), (1, 1.0, 0.25), (99, 0.5, 22.5)],
)
def test_given_failures_in_a_row_when_waiting_then_the_delay_doubles_to_its_cap(
    failures: int, chance: float, seconds: float
) -> None:
    assert Backoff(first=0.5, cap=30).delay(failures, chance) == seconds


async def test_given_a_link_that_proved_itself_when_a_ping_is_answered_then_the_delays_begin_anew(
    fake: FakeAmi, owner: Owner
) -> None:
    pings: list[dict[str, str]] = []

    def hold_back(server: FakeAmi, action: dict[str, str]) -> None:
        if server.connections == 2:
            pings.append(action)

    fake.scripts["Ping"] = hold_back
    async with linked(fake, owner, Timing(deadline=5, ping_interval=0.02, unreachable=SOON)) as bridge:
        fake.cut()
        await owner.state(LinkState.UP, 2)
        while not pings:
            await fake.asked("Ping", fake.count("Ping") + 1)
        assert bridge._failures == 1
        fake.send(response(pings[0]))
        await bridge.action("CoreStatus")
        assert bridge._failures == 0


async def test_given_half_a_message_when_the_link_breaks_then_it_does_not_spoil_the_next_one(
    fake: FakeAmi, owner: Owner
) -> None:
    async with linked(fake, owner) as bridge:
        fake.send(b"Event: Test\r\nHalf: ")
        fake.cut()
        await owner.state(LinkState.UP, 2)
        fake.send(event("Test", N=1))
        await owner.until(lambda: owner.values("N") == ["1"])
        assert bridge.counters.malformed == 0
        assert owner.values("Half") == []


async def test_given_a_peer_that_hangs_up_at_once_when_tried_then_the_link_is_down_and_comes_up_later(
    fake: FakeAmi, owner: Owner
) -> None:
    fake.slams = True
    bridge = bridge_to(fake, owner)
    await bridge.start()
    await fake.connected(5)
    assert "internal error" not in (await owner.state(LinkState.DOWN)).reason
    fake.slams = False
    await owner.state(LinkState.UP)
    await bridge.close()


async def test_given_a_connection_that_has_dropped_when_sent_over_then_the_answer_is_that_it_is_gone() -> None:
    connection = Connection(SettableClock(NOW), Counters(), queue_limit=1)
    connection.drop("the cable was cut")
    with pytest.raises(PbxUnavailable, match="the cable was cut"):
        await connection.send({"Action": "Ping"})
    with pytest.raises(PbxUnavailable, match="the cable was cut"):
        await connection.ask_list("Status", {}, 5)


def test_given_a_secret_with_a_line_end_when_the_bridge_is_made_then_it_is_refused(owner: Owner) -> None:
    with pytest.raises(BadField):
        bridge_to(FakeAmi(), owner, secret="x\r\nAction: Originate")
