"""One test for each known defect of panoramisk 1.4: none of them reaches the house, over real TCP."""

from __future__ import annotations

import asyncio
from datetime import datetime

import pytest

from callcenter.errors import PbxRefused, PbxUnavailable
from callcenter.pbx.bridge import Backoff, Timing
from callcenter.pbx.wire import BadField, raw_value
from callcenter.telephony import LinkState
from tests.unit.pbx.fake_ami import SECRET, FakeAmi, answer_list, event, hang_up, response, silence
from tests.unit.pbx.link_owner import NEVER, SOON, Owner, bridge_to, expect_silence, linked


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
