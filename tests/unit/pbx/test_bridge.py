"""The link to the exchange, against a manager interface that misbehaves over real TCP."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest

from callcenter.clock import SettableClock
from callcenter.errors import PbxRefused, PbxUnavailable
from callcenter.pbx.bridge import Backoff, Timing
from callcenter.pbx.connection import Connection, Counters
from callcenter.pbx.wire import BadField
from callcenter.telephony import LinkState, LinkStatus
from tests.unit.pbx.fake_ami import FakeAmi, answer_list, event, response, silence
from tests.unit.pbx.link_owner import NEVER, NOW, SOON, Owner, bridge_to, linked


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
