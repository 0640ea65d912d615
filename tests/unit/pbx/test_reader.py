"""Reading what exists now on the exchange."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from callcenter.clock import SettableClock
from callcenter.errors import PbxRefused, PbxUnavailable
from callcenter.pbx.bridge import AmiBridge, Timing
from callcenter.pbx.reader import read_state, restarted
from callcenter.pbx.state import LiveChannel, PbxState
from callcenter.telephony import LinkState, LinkStatus
from tests.unit.pbx.fake_ami import SECRET, USERNAME, FakeAmi, Script, answer_list, response

NOW = datetime(2026, 11, 21, 17, 6, 21, tzinfo=UTC)
STARTED = datetime(2026, 11, 21, 16, 17, 2, tzinfo=UTC)
CALLER: dict[str, object] = {
    "Channel": "PJSIP/trunk-0000729e",
    "ChannelState": 6,
    "CallerIDNum": "02065550143",
    "Context": "three-rings",
    "Exten": "4001",
    "Uniqueid": "1795280779.29358",
    "Linkedid": "1795280779.29358",
    "Application": "Queue",
    "Duration": "01:02:04",
    "BridgeId": "0588c231-0f18-47bc-b70b-6ba4e414e890",
}
NAMELESS = {**CALLER, "Uniqueid": "1795280779.29359", "CallerIDNum": "<unknown>", "ChannelState": 5, "BridgeId": ""}


@pytest.fixture
def fake(fake: FakeAmi) -> FakeAmi:
    fake.uptime = 2958
    fake.scripts["CoreStatus"] = core_status("2026-11-21", "16:17:02")
    fake.scripts["CoreShowChannels"] = lambda server, action: server.send(
        answer_list(action, "CoreShowChannel", CALLER, NAMELESS)
    )
    return fake


def core_status(date: str, time: str) -> Script:
    return lambda server, action: server.send(response(action, CoreStartupDate=date, CoreStartupTime=time))


async def read(fake: FakeAmi) -> PbxState:
    """Read the state the way the owner does: while the bridge synchronises."""
    clock = SettableClock(NOW)
    results: list[PbxState | BaseException] = []

    async def on_synced() -> None:
        try:
            results.append(await read_state(bridge, clock))
        except (PbxRefused, PbxUnavailable) as error:
            results.append(error)

    def on_status(status: LinkStatus) -> None:
        if status.state is LinkState.UP:
            ended.set()

    ended = asyncio.Event()
    bridge = AmiBridge(
        "127.0.0.1",
        fake.port,
        USERNAME,
        SECRET,
        lambda fields, at: None,
        clock=clock,
        on_synced=on_synced,
        on_status=on_status,
        timing=Timing(),
    )
    await bridge.start()
    async with asyncio.timeout(5):
        await ended.wait()
    await bridge.close()
    [result] = results
    if isinstance(result, BaseException):
        raise result
    return result


async def test_given_two_channels_when_read_then_all_that_exists_is_told(fake: FakeAmi) -> None:
    state = await read(fake)
    caller, nameless = state.channels
    assert caller == LiveChannel(
        uniqueid="1795280779.29358",
        linkedid="1795280779.29358",
        name="PJSIP/trunk-0000729e",
        state=6,
        caller_number="02065550143",
        context="three-rings",
        exten="4001",
        application="Queue",
        bridge_id="0588c231-0f18-47bc-b70b-6ba4e414e890",
        seconds=3724,
    )
    assert (nameless.caller_number, nameless.bridge_id, nameless.state) == ("", "", 5)
    assert state.read_at == NOW


async def test_given_no_channels_when_read_then_the_state_is_empty(fake: FakeAmi) -> None:
    fake.scripts["CoreShowChannels"] = lambda server, action: server.send(answer_list(action, "CoreShowChannel"))
    assert (await read(fake)).channels == ()


@pytest.mark.parametrize(
    ("date", "time"),
    [("2026-11-21", "16:17:02"), ("2026-11-22", "00:17:02"), ("2026-11-21", "09:47:02"), ("2026-11-21", "22:02:02")],
    ids=["utc", "shanghai", "minus 6:30", "plus 5:45"],
)
async def test_given_any_time_zone_of_the_exchange_when_read_then_its_start_is_exact(
    fake: FakeAmi, date: str, time: str
) -> None:
    fake.scripts["CoreStatus"] = core_status(date, time)
    assert (await read(fake)).started_at == STARTED


async def test_given_one_channel_that_makes_no_sense_when_read_then_the_others_are_told(fake: FakeAmi) -> None:
    torn = {key: CALLER[key] for key in ("Channel", "ChannelState", "CallerIDNum")}
    fake.scripts["CoreShowChannels"] = lambda server, action: server.send(
        answer_list(action, "CoreShowChannel", {**CALLER, "Duration": "soon"}, torn, CALLER)
    )
    (channel,) = (await read(fake)).channels
    assert channel.seconds == 3724


async def test_given_an_answer_that_makes_no_sense_when_read_then_it_is_an_error_with_a_name(fake: FakeAmi) -> None:
    fake.scripts["CoreStatus"] = core_status("yesterday", "noon")
    with pytest.raises(PbxUnavailable, match="cannot be understood"):
        await read(fake)


async def test_given_a_user_without_reporting_when_read_then_the_refusal_is_told(fake: FakeAmi) -> None:
    fake.scripts["CoreStatus"] = lambda server, action: server.send(
        response(action, "Error", Message="Permission denied")
    )
    with pytest.raises(PbxRefused, match="Permission denied"):
        await read(fake)


@pytest.mark.parametrize(("seconds", "expected"), [(0, False), (1, False), (-1, False), (2, True), (3600, True)])
def test_given_another_start_when_compared_then_the_exchange_has_restarted(seconds: int, expected: bool) -> None:
    state = PbxState(NOW, STARTED + timedelta(seconds=seconds), ())
    assert restarted(STARTED, state) is expected
