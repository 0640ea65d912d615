"""What is asked of the exchange, and what is never asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime

import pytest
import pytest_asyncio

from callcenter.clock import SettableClock
from callcenter.errors import PbxRefused, PbxUnavailable
from callcenter.pbx import actions as module
from callcenter.pbx.actions import OWN_CONTEXTS, Actions, Origination, Place
from callcenter.pbx.bridge import AmiBridge
from callcenter.pbx.wire import BadField
from callcenter.settings import ROOT
from callcenter.telephony import LinkState, LinkStatus, PhoneClass, RoomPhone
from tests.unit.pbx.fake_ami import SECRET, USERNAME, FakeAmi, Script, answer_list, response

DIALPLAN = [ROOT / "config" / "asterisk" / name for name in ("extensions.conf.j2", "emergency.conf.j2")]
CALLER = "PJSIP/trunk-0000729e"
PHONE = "PJSIP/op8001-000000a1"
TRANSFER = Place("transfer", "8002")
INJECTION = "x\r\n\r\nAction: Originate"

Asking = Callable[[Actions], Awaitable[object]]


@pytest_asyncio.fixture
async def actions(fake: FakeAmi) -> AsyncIterator[Actions]:
    def on_status(status: LinkStatus) -> None:
        if status.state is LinkState.UP:
            up.set()

    up = asyncio.Event()
    clock = SettableClock(datetime(2026, 5, 1, 4, 0, tzinfo=UTC))
    bridge = AmiBridge(
        "127.0.0.1", fake.port, USERNAME, SECRET, lambda fields, at: None, clock=clock, on_status=on_status
    )
    await bridge.start()
    async with asyncio.timeout(5):
        await up.wait()
    yield Actions(bridge)
    await bridge.close()


def sent(fake: FakeAmi) -> dict[str, str]:
    """The one action that was sent after the login, without its id."""
    _, action = fake.actions
    return {key: value for key, value in action.items() if key != "ActionID" or not value.startswith("action/")}


@pytest.mark.parametrize(
    ("asking", "expected"),
    [
        (
            lambda actions: actions.heartbeat(1795280779),
            {"Action": "Setvar", "Variable": "HOTEL_HEARTBEAT", "Value": "1795280779"},
        ),
        (
            lambda actions: actions.redirect(CALLER, TRANSFER),
            {"Action": "Redirect", "Channel": CALLER, "Context": "transfer", "Exten": "8002", "Priority": "1"},
        ),
        (lambda actions: actions.hangup(CALLER), {"Action": "Hangup", "Channel": CALLER, "Cause": "16"}),
        (
            lambda actions: actions.mixmonitor_mute(CALLER, muted=True),
            {"Action": "MixMonitorMute", "Channel": CALLER, "Direction": "both", "State": "1"},
        ),
        (
            lambda actions: actions.mixmonitor_mute(CALLER, muted=False),
            {"Action": "MixMonitorMute", "Channel": CALLER, "Direction": "both", "State": "0"},
        ),
        (lambda actions: actions.stop_mixmonitor(CALLER), {"Action": "StopMixMonitor", "Channel": CALLER}),
        (
            lambda actions: actions.queue_pause("PJSIP/op8001", "enquiries", paused=True, reason="午餐"),
            {
                "Action": "QueuePause",
                "Interface": "PJSIP/op8001",
                "Queue": "enquiries",
                "Paused": "true",
                "Reason": "午餐",
            },
        ),
        (
            lambda actions: actions.queue_add("PJSIP/op8001", "enquiries-wide", penalty=1, member_name="Li"),
            {
                "Action": "QueueAdd",
                "Interface": "PJSIP/op8001",
                "Queue": "enquiries-wide",
                "Penalty": "1",
                "MemberName": "Li",
            },
        ),
        (
            lambda actions: actions.queue_remove("PJSIP/op8001", "enquiries"),
            {"Action": "QueueRemove", "Interface": "PJSIP/op8001", "Queue": "enquiries"},
        ),
        (
            lambda actions: actions.interrupt_announcement(CALLER),
            {"Action": "PlayDTMF", "Channel": CALLER, "Digit": "D", "Receive": "true"},
        ),
        (
            lambda actions: actions.bridge(CALLER, PHONE),
            {"Action": "Bridge", "Channel1": CALLER, "Channel2": PHONE, "Tone": "no"},
        ),
        (
            lambda actions: actions.park(CALLER, back_to=PHONE, seconds=45),
            {"Action": "Park", "Channel": CALLER, "TimeoutChannel": PHONE, "Timeout": "45000"},
        ),
        (
            lambda actions: actions.originate(
                Origination("PJSIP/02065550143@trunk", TRANSFER, "out-1", "4001", 25, {"TASK": '7,"x"(y)'})
            ),
            {
                "Action": "Originate",
                "Channel": "PJSIP/02065550143@trunk",
                "Context": "transfer",
                "Exten": "8002",
                "Priority": "1",
                "Async": "true",
                "ActionID": "out-1",
                "ChannelId": "out-1",
                "OtherChannelId": "out-1-far",
                "Timeout": "25000",
                "CallerID": "4001",
                "Variable": r"TASK=7\,\"x\"\(y\)",
            },
        ),
        (
            lambda actions: actions.provision("norecord", "p-1", {"PROVISION_NUMBER": "123"}),
            {
                "Action": "Originate",
                "Channel": "Local/norecord@provision/n",
                "Application": "Hangup",
                "Data": "16",
                "Async": "true",
                "ActionID": "p-1",
                "ChannelId": "p-1",
                "OtherChannelId": "p-1-far",
                "Variable": "PROVISION_NUMBER=123",
            },
        ),
    ],
)
async def test_given_an_action_when_asked_then_exactly_this_is_sent(
    fake: FakeAmi, actions: Actions, asking: Asking, expected: dict[str, str]
) -> None:
    await asking(actions)
    assert sent(fake) == expected


def originate(channel: str, place: Place = TRANSFER, **rest: str) -> Asking:
    fields = {"channel_id": "out-1", "caller_number": "", **rest}
    return lambda actions: actions.originate(Origination(channel, place, fields["channel_id"], fields["caller_number"]))


@pytest.mark.parametrize(
    "asking",
    [
        originate("PJSIP/op8001", Place("dial-out", "02065550143")),
        originate("PJSIP/op8001", Place("", "8002")),
        originate("PJSIP/op8001", Place("transfer", "8002,1")),
        originate("Local/02065550143@dial-out"),
        originate("Local/8001@transfer,x/n"),
        originate("Local/8001@provision/n"),
        originate("PJSIP/02065550143@elsewhere"),
        originate("PJSIP/op8001&PJSIP/op8002"),
        originate("PJSIP/trunk/sip:x@y"),
        originate("DAHDI/1"),
        originate("PJSIP/op8001", channel_id="a/b"),
        originate("PJSIP/op8001", channel_id=INJECTION),
        originate("PJSIP/op8001", caller_number="Li <1>"),
        lambda actions: actions.redirect(CALLER, Place("outside", "02065550143")),
        lambda actions: actions.redirect("/^PJSIP/", TRANSFER),
        lambda actions: actions.hangup("/.*/"),
        lambda actions: actions.hangup(f"{CALLER}{INJECTION}"),
        lambda actions: actions.hangup(""),
        lambda actions: actions.mixmonitor_mute("/.*/", muted=True),
        lambda actions: actions.stop_mixmonitor("all"),
        lambda actions: actions.setvar_global("DB(norecord/1)", "1"),
        lambda actions: actions.setvar_global("SHELL(id)", "1"),
        lambda actions: actions.setvar_global("HOTEL_HEARTBEAT", INJECTION),
        lambda actions: actions.queue_pause("PJSIP/op8001", "", paused=True),
        lambda actions: actions.queue_pause("PJSIP/op8001", "enquiries-rescue", paused=True),
        lambda actions: actions.queue_pause("PJSIP/op8001", "enquiries", paused=True, reason=INJECTION),
        lambda actions: actions.queue_add("Local/1@outside", "enquiries", penalty=0),
        lambda actions: actions.queue_remove("PJSIP/op8001", "enquiries\n"),
        lambda actions: actions.bridge(CALLER, "/.*/"),
        lambda actions: actions.park("/.*/", back_to=PHONE, seconds=45),
        lambda actions: actions.db_get("norecord", "1 2"),
        lambda actions: actions.provision("x@outside", "p-1", {}),
        lambda actions: actions.provision("norecord", "p-1", {"SHELL(id)": "1"}),
        lambda actions: actions.exclude_from_recording("anonymous", "p-1", excluded=True),
        lambda actions: actions.set_message_lamp("0301)", "p-1", lit=True),
    ],
)
async def test_given_what_is_not_ours_when_asked_then_it_is_refused_and_nothing_is_sent(
    fake: FakeAmi, actions: Actions, asking: Asking
) -> None:
    with pytest.raises(BadField):
        await asking(actions)
    await actions.heartbeat(1)
    assert [action["Action"] for action in fake.actions] == ["Login", "Setvar"]


async def test_given_a_refusal_when_asked_then_the_reason_is_told(fake: FakeAmi, actions: Actions) -> None:
    fake.scripts["Redirect"] = lambda server, action: server.send(
        response(action, "Error", Message="Channel does not exist")
    )
    with pytest.raises(PbxRefused, match="Channel does not exist"):
        await actions.redirect(CALLER, TRANSFER)


async def test_given_a_value_in_astdb_when_read_then_it_is_told(fake: FakeAmi, actions: Actions) -> None:
    fake.scripts["DBGet"] = astdb({"norecord/123": "1"})
    assert await actions.db_get("norecord", "123") == "1"
    assert await actions.db_get("norecord", "124") is None


async def test_given_no_permission_when_astdb_is_read_then_it_is_not_taken_for_empty(
    fake: FakeAmi, actions: Actions
) -> None:
    fake.scripts["DBGet"] = lambda server, action: server.send(response(action, "Error", Message="Permission denied"))
    with pytest.raises(PbxRefused):
        await actions.db_get("norecord", "123")


@pytest.mark.parametrize(
    ("excluded", "before", "after"), [(True, {}, {"norecord/123": "1"}), (False, {"norecord/123": "1"}, {})]
)
async def test_given_a_number_when_its_recording_rule_changes_then_it_returns_once_astdb_holds_it(
    fake: FakeAmi,
    actions: Actions,
    monkeypatch: pytest.MonkeyPatch,
    excluded: bool,
    before: dict[str, str],
    after: dict[str, str],
) -> None:
    monkeypatch.setattr(module, "CONFIRM_INTERVAL", 0)
    values = dict(before)

    def read(server: FakeAmi, action: dict[str, str]) -> None:
        if server.count("DBGet") == 3:
            values.clear()
            values.update(after)
        astdb(values)(server, action)

    fake.scripts["DBGet"] = read
    await actions.exclude_from_recording("+123", "p-1", excluded=excluded)
    assert fake.count("DBGet") == 3
    written = fake.actions[1]
    assert written["Channel"] == "Local/norecord@provision/n"
    assert written["Variable"] == f"PROVISION_NUMBER=123\nPROVISION_EXCLUDED={'yes' if excluded else 'no'}"


async def test_given_a_recording_rule_that_is_not_written_when_tried_then_it_is_not_taken_for_done(
    fake: FakeAmi, actions: Actions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CONFIRM_INTERVAL", 0)
    fake.scripts["DBGet"] = astdb({})
    with pytest.raises(PbxUnavailable):
        await actions.exclude_from_recording("123", "p-1", excluded=True)
    assert fake.count("Originate") == 1


def astdb(values: dict[str, str]) -> Script:
    """Answer DBGet the way Asterisk 22 does."""

    def read(server: FakeAmi, action: dict[str, str]) -> None:
        value = values.get(f"{action['Family']}/{action['Key']}")
        if value is None:
            server.send(response(action, "Error", Message="Database entry not found"))
        else:
            item: dict[str, object] = {"Family": action["Family"], "Key": action["Key"], "Val": value}
            server.send(answer_list(action, "DBGetResponse", item))

    return read


def test_given_our_dialplan_when_calls_are_led_to_our_contexts_then_they_exist_and_reach_no_outside_number() -> None:
    sections: dict[str, list[str]] = {}
    for line in "\n".join(file.read_text(encoding="utf-8") for file in DIALPLAN).splitlines():
        if line.startswith("["):
            sections[line.strip("[]")] = []
        elif line.startswith(("include =>", "exten =>", " same =>")):
            list(sections.values())[-1].append(line)
    for context in OWN_CONTEXTS:
        assert not [line for line in sections[context] if "@trunk" in line or "outside" in line or "dial-out" in line]


async def test_given_excluded_numbers_when_asked_then_they_are_listed_in_order(fake: FakeAmi, actions: Actions) -> None:
    def tree(server: FakeAmi, action: dict[str, str]) -> None:
        keys = ("138", "0301")
        server.send(
            answer_list(action, "DBGetTreeResponse", *({"Key": f"/norecord/{key}", "Val": "1"} for key in keys))
        )

    fake.scripts["DBGetTree"] = tree

    assert await actions.numbers_not_recorded() == ["0301", "138"]


async def test_given_a_room_telephone_when_it_is_set_then_it_returns_once_astdb_holds_it(
    fake: FakeAmi, actions: Actions
) -> None:
    fake.scripts["DBGet"] = astdb({"room/0301": "national:held"})
    await actions.set_room_phone("0301", RoomPhone(PhoneClass.NATIONAL, connectable=False), "p-1")
    written = fake.actions[1]
    assert written["Channel"] == "Local/room@provision/n"
    assert (
        written["Variable"]
        == "PROVISION_ROOM=0301\nPROVISION_CLASS=national\nPROVISION_REACH=held\nPROVISION_ALLOWED=\nPROVISION_QUIET="
    )


async def test_given_callers_who_are_put_through_all_the_same_when_set_then_each_stands_between_marks(
    fake: FakeAmi, actions: Actions
) -> None:
    fake.scripts["DBGet"] = astdb({"room/0301": "local:held:n3800000001n0305n"})
    phone = RoomPhone(PhoneClass.LOCAL, connectable=False, allowed=("3800000001", "0305"))
    await actions.set_room_phone("0301", phone, "p-1")
    assert fake.actions[1]["Variable"].endswith(
        "PROVISION_REACH=held\nPROVISION_ALLOWED=n3800000001n0305n\nPROVISION_QUIET="
    )


async def test_given_a_message_lamp_when_lit_then_it_returns_once_the_exchange_knows_it(
    fake: FakeAmi, actions: Actions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CONFIRM_INTERVAL", 0)

    def read(server: FakeAmi, action: dict[str, str]) -> None:
        state = "INUSE" if server.count("Getvar") == 3 else "UNKNOWN"
        server.send(response(action, "Success", Variable=action["Variable"], Value=state))

    fake.scripts["Getvar"] = read
    await actions.set_message_lamp("0301", "p-1", lit=True)
    assert fake.count("Getvar") == 3
    assert fake.actions[1]["Channel"] == "Local/lamp@provision/n"
    assert fake.actions[1]["Variable"] == "PROVISION_ROOM=0301\nPROVISION_MESSAGES=1"
    assert fake.actions[2]["Variable"] == "DEVICE_STATE(MWI:0301@room)"


async def test_given_a_message_lamp_that_stays_as_it_was_when_put_out_then_it_is_not_taken_for_done(
    fake: FakeAmi, actions: Actions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CONFIRM_INTERVAL", 0)
    fake.scripts["Getvar"] = lambda server, action: server.send(
        response(action, "Success", Variable=action["Variable"], Value="INUSE")
    )
    with pytest.raises(PbxUnavailable):
        await actions.set_message_lamp("0301", "p-1", lit=False)
    assert fake.actions[1]["Variable"] == "PROVISION_ROOM=0301\nPROVISION_MESSAGES=0"


async def test_given_lamps_and_other_devices_when_read_then_the_rooms_whose_lamp_is_lit_are_told(
    fake: FakeAmi, actions: Actions
) -> None:
    states = {"MWI:0301@room": "INUSE", "MWI:0302@room": "NOT_INUSE", "PJSIP/room0303": "INUSE", "MWI:x@y": "INUSE"}

    def read(server: FakeAmi, action: dict[str, str]) -> None:
        events = ({"Device": device, "State": state} for device, state in states.items())
        server.send(answer_list(action, "DeviceStateChange", *events))

    fake.scripts["DeviceStateList"] = read
    assert await actions.message_lamps() == {"0301"}


@pytest.mark.parametrize("caller", ["", "12", "n", "13800000001:open", "38000000011"])
async def test_given_a_caller_that_is_no_key_when_set_then_nothing_is_asked_of_the_exchange(
    fake: FakeAmi, actions: Actions, caller: str
) -> None:
    with pytest.raises(BadField):
        await actions.set_room_phone("0301", RoomPhone(PhoneClass.LOCAL, connectable=False, allowed=(caller,)), "p-1")


async def test_given_a_room_telephone_that_is_not_written_when_tried_then_it_is_not_taken_for_done(
    fake: FakeAmi, actions: Actions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CONFIRM_INTERVAL", 0)
    fake.scripts["DBGet"] = astdb({"room/0301": "national:open"})
    with pytest.raises(PbxUnavailable):
        await actions.set_room_phone("0301", RoomPhone(PhoneClass.BARRED, connectable=True), "p-1")


async def test_given_room_telephones_in_astdb_when_read_then_what_makes_no_sense_counts_as_not_kept(
    fake: FakeAmi, actions: Actions
) -> None:
    kept = {"0301": "local:open", "0302": "internal:held", "0303": "", "0304": "royal:open", "0305": "local:ajar"}
    kept["0306"] = "local:held:n3800000001n0305n"

    def tree(server: FakeAmi, action: dict[str, str]) -> None:
        items = ({"Key": f"/room/{room}", "Val": value} for room, value in kept.items())
        server.send(answer_list(action, "DBGetTreeResponse", *items))

    fake.scripts["DBGetTree"] = tree
    assert await actions.room_phones() == {
        "0301": RoomPhone(PhoneClass.LOCAL, connectable=True),
        "0302": RoomPhone(PhoneClass.INTERNAL, connectable=False),
        "0306": RoomPhone(PhoneClass.LOCAL, connectable=False, allowed=("3800000001", "0305")),
    }
