"""From AMI events to facts: what is believed, what nobody needs, and what is refused."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime

import pytest

from callcenter.pbx import facts
from callcenter.pbx.facts import BadFact, from_ami
from callcenter.pbx.wire import Splitter, parse
from tests.unit.pbx.captures import NAMES, instant, raw

RECEIVED = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
STAMP = "1795282014.965214"

NEW_CHANNEL = {
    "Event": "Newchannel",
    "Timestamp": STAMP,
    "Channel": "PJSIP/trunk-00000005",
    "ChannelState": "4",
    "CallerIDNum": "+37060000001",
    "Exten": "85000",
    "Uniqueid": "1795282014.5",
    "Linkedid": "1795282014.5",
}


def test_given_an_event_with_a_timestamp_when_read_then_the_fact_bears_it():
    assert from_ami(NEW_CHANNEL, RECEIVED) == facts.ChannelCreated(
        at=instant(float(STAMP)),
        uniqueid="1795282014.5",
        linkedid="1795282014.5",
        name="PJSIP/trunk-00000005",
        rings_in=True,
        number="+37060000001",
        exten="85000",
    )


def test_given_an_event_without_timestamp_when_read_then_the_instant_of_arrival_counts():
    fact = from_ami({"Event": "Hold", "Uniqueid": "1.2"}, RECEIVED)

    assert fact == facts.Held(RECEIVED, "1.2")


def test_given_a_channel_that_we_dial_when_it_is_created_then_it_does_not_ring_in_and_has_no_number():
    fact = from_ami(NEW_CHANNEL | {"ChannelState": "0", "CallerIDNum": "<unknown>"}, RECEIVED)

    assert isinstance(fact, facts.ChannelCreated)
    assert (fact.rings_in, fact.number) == (False, "")


@pytest.mark.parametrize(
    "event",
    [
        {"Event": "QueueCallerAbandon", "Uniqueid": "1.2"},
        {"Event": "AgentComplete", "Uniqueid": "1.2"},
        {"Event": "DialEnd", "DestUniqueid": "1.2", "DialStatus": "ANSWER"},
        {"Event": "Newstate", "Uniqueid": "1.2", "ChannelState": "5"},
        {"Event": "DialState", "DestUniqueid": "1.2", "DialStatus": "PROGRESS"},
        {"Event": "BlindTransfer", "Result": "Fail", "TransfererUniqueid": "1.2", "Extension": "8002"},
        {"Event": "AttendedTransfer", "Result": "Fail", "OrigTransfererUniqueid": "1.2"},
        {"Event": "UserEvent", "UserEvent": "HotelCall", "Stage": "end", "Uniqueid": "1.2"},
        {"Event": "UserEvent", "UserEvent": "Other", "SipCallId": "abc", "Uniqueid": "1.2"},
        {"Event": "VarSet", "Uniqueid": "1.2"},
        {"Response": "Success"},
    ],
)
def test_given_an_event_that_is_not_believed_or_not_needed_when_read_then_there_is_no_fact(event):
    assert from_ami(event, RECEIVED) is None


def test_given_a_holding_bridge_when_entered_then_there_is_no_fact_since_nobody_is_heard_there():
    event = {"Event": "BridgeEnter", "Uniqueid": "1.2", "BridgeUniqueid": "b", "BridgeTechnology": "holding_bridge"}

    assert from_ami(event, RECEIVED) is None
    assert from_ami(event | {"BridgeTechnology": "softmix"}, RECEIVED) == facts.BridgeEntered(
        RECEIVED, "1.2", "b", None
    )


def test_given_a_swap_when_a_channel_enters_then_the_replaced_one_is_told():
    event = {"Event": "BridgeEnter", "Uniqueid": "1.2", "BridgeUniqueid": "b", "SwapUniqueid": "1.1"}

    assert from_ami(event, RECEIVED) == facts.BridgeEntered(RECEIVED, "1.2", "b", "1.1")


def test_given_a_transfer_before_the_consultation_is_bridged_when_read_then_who_takes_whose_place_is_told():
    event = {
        "Event": "AttendedTransfer",
        "Result": "Success",
        "OrigTransfererUniqueid": "1.1",
        "SecondTransfererUniqueid": "1.2",
        "TransfereeUniqueid": "1.0",
        "DestType": "App",
        "DestApp": "Dial",
    }

    assert from_ami(event, RECEIVED) == facts.AttendedTransferred(RECEIVED, "1.1", "", "1.2", "1.0")
    bridged = event | {"DestType": "Bridge", "TransferTargetChannel": "PJSIP/op8002-1"}
    assert from_ami(bridged, RECEIVED) == facts.AttendedTransferred(RECEIVED, "1.1", "PJSIP/op8002-1")


@pytest.mark.parametrize(("state", "muted"), [("1", True), ("0", False)])
def test_given_a_recording_that_is_muted_when_read_then_it_is_told_so(state: str, muted: bool):
    event = {"Event": "MixMonitorMute", "Uniqueid": "1.2", "Direction": "both", "State": state}

    assert from_ami(event, RECEIVED) == facts.RecordingMuted(RECEIVED, "1.2", muted)


def test_given_an_originated_call_when_dialling_begins_then_number_and_presented_number_are_told():
    event = {
        "Event": "DialBegin",
        "DestUniqueid": "task-1",
        "DestConnectedLineNum": "+37052000000",
        "DialString": "37061000001@trunk",
    }

    assert from_ami(event, RECEIVED) == facts.Dialled(RECEIVED, "task-1", "37061000001", "+37052000000")


@pytest.mark.parametrize(("told", "informed"), [("yes", True), ("no", False), ("", False)])
def test_given_a_dialplan_event_with_a_menus_path_when_read_then_the_walk_is_told(told: str, informed: bool):
    event = {
        "Event": "UserEvent",
        "UserEvent": "HotelCall",
        "Stage": "menu",
        "Uniqueid": "1.2",
        "SipCallId": "abc@x",
        "Path": "main/information",
        "Language": "en",
        "Informed": told,
    }

    assert from_ami(event, RECEIVED) == facts.MenuTold(RECEIVED, "1.2", ("main", "information"), "en", informed)


def test_given_a_dialplan_event_of_a_call_back_when_read_then_the_wish_is_told():
    event = {"Event": "UserEvent", "UserEvent": "HotelCall", "Uniqueid": "1.2", "SipCallId": "abc@x", "CallBack": "yes"}

    assert from_ami(event, RECEIVED) == facts.CallBackAsked(RECEIVED, "1.2")


def test_given_a_dialplan_event_with_the_sip_call_id_when_read_then_only_that_is_believed():
    event = {
        "Event": "UserEvent",
        "UserEvent": "HotelCall",
        "Stage": "inbound",
        "SipCallId": "abc@x",
        "Uniqueid": "1.2",
    }

    assert from_ami(event, RECEIVED) == facts.SipCallIdTold(RECEIVED, "1.2", "abc@x")


@pytest.mark.parametrize(
    ("tech_cause", "sip"), [("486", 486), ("", 0), ("SIP 486", 0)], ids=["status", "none", "unreadable"]
)
def test_given_a_hangup_when_read_then_cause_and_sip_status_are_numbers(tech_cause, sip):
    event = {"Event": "Hangup", "Uniqueid": "1.2", "Cause": "17", "TechCause": tech_cause}

    assert from_ami(event, RECEIVED) == facts.HungUp(RECEIVED, "1.2", 17, sip)


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        ({"Uniqueid": ""}, "empty Uniqueid"),
        ({"Timestamp": "yesterday"}, "yesterday"),
        ({"Timestamp": "nan"}, "NaN"),
        ({"Timestamp": "1e300"}, "Newchannel"),
    ],
)
def test_given_nonsense_in_an_event_that_is_needed_when_read_then_it_is_refused_with_the_reason(damage, reason):
    with pytest.raises(BadFact, match=reason):
        from_ami(NEW_CHANNEL | damage, RECEIVED)


@pytest.mark.parametrize("field", ["Uniqueid", "Linkedid", "Channel", "ChannelState"])
def test_given_a_missing_field_in_an_event_that_is_needed_when_read_then_the_field_is_named(field):
    event = {key: value for key, value in NEW_CHANNEL.items() if key != field}

    with pytest.raises(BadFact, match=f"Newchannel without {field}"):
        from_ami(event, RECEIVED)


@pytest.mark.parametrize("name", NAMES)
def test_given_any_field_of_a_real_event_missing_when_read_then_it_is_a_fact_or_refused_but_never_an_accident(name):
    for block in Splitter().feed(raw(name)):
        message = parse(block)
        if from_ami(message, RECEIVED) is None:
            continue
        for field in message:
            damaged = {key: value for key, value in message.items() if key != field}
            with contextlib.suppress(BadFact):
                from_ami(damaged, RECEIVED)
