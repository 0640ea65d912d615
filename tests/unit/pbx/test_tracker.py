"""Calls that no capture shows: our dialplan's habits, rescues, restarts, and the flat memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from callcenter.pbx import facts
from callcenter.pbx.facts import Fact
from callcenter.pbx.state import LiveChannel, PbxState
from callcenter.pbx.tracker import REMEMBERED_ENDS, Tracker
from callcenter.pbx.tracker_parties import Party, PartyKind, party_of
from callcenter.telephony import (
    Answerer,
    CallKey,
    CallSnapshot,
    Direction,
    Hold,
    MenuVisit,
    Outcome,
    QueueWait,
    RecordingPause,
    Ring,
    Side,
    Transfer,
    TransferKind,
    TransferResult,
)

START = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
KEY = CallKey("pbx1", "1.0")


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


class House:
    """A tracker with the facts of a small story, told in seconds."""

    def __init__(self) -> None:
        self.tracker = Tracker("pbx1")
        self.told: dict[str, CallSnapshot] = {}
        self._names: dict[str, str] = {}

    def tell(self, *news: Fact) -> CallSnapshot:
        for fact in news:
            self.told |= {call.key.linkedid: call for call in self.tracker.feed(fact)}
        return self.told["1.0"]

    def caller(self, seconds: float = 0, uniqueid: str = "1.0", endpoint: str = "trunk") -> CallSnapshot:
        name = f"PJSIP/{endpoint}-{uniqueid.replace('.', '')}"
        return self.tell(facts.ChannelCreated(at(seconds), uniqueid, uniqueid, name, True, "+37060000001", "4001"))

    def phone(self, seconds: float, uniqueid: str, extension: str, linkedid: str = "1.0") -> CallSnapshot:
        """A phone of ours is called and rings."""
        name = f"PJSIP/op{extension}-{uniqueid.replace('.', '')}"
        return self.tell(
            facts.ChannelCreated(at(seconds), uniqueid, linkedid, name, False, extension, ""),
            facts.Ringing(at(seconds + 0.05), uniqueid),
        )

    def bridge(self, seconds: float, bridge: str, *uniqueids: str) -> CallSnapshot:
        return self.tell(*(facts.BridgeEntered(at(seconds), uniqueid, bridge, None) for uniqueid in uniqueids))

    def leave(self, seconds: float, bridge: str, *uniqueids: str) -> CallSnapshot:
        return self.tell(*(facts.BridgeLeft(at(seconds), uniqueid, bridge) for uniqueid in uniqueids))

    def talk(self, seconds: float, uniqueid: str = "1.1", extension: str = "8001", bridge: str = "b1") -> CallSnapshot:
        """An operator's phone rings, is picked up one second later, and talks with the caller."""
        self.phone(seconds, uniqueid, extension)
        self.tell(facts.ChannelUp(at(seconds + 1), uniqueid), facts.ChannelUp(at(seconds + 1), "1.0"))
        return self.bridge(seconds + 1, bridge, uniqueid, "1.0")

    def gone(self, seconds: float, *uniqueids: str, cause: int = 16, sip: int = 0) -> CallSnapshot:
        return self.tell(*(facts.HungUp(at(seconds), uniqueid, cause, sip) for uniqueid in uniqueids))


@pytest.fixture
def house() -> House:
    return House()


def state(seconds: float, *channels: LiveChannel) -> PbxState:
    return PbxState(at(seconds), at(-1000), channels)


def live(uniqueid: str, endpoint: str, *, linkedid: str = "1.0", up: bool = True, **fields: object) -> LiveChannel:
    values: dict[str, object] = {
        "caller_number": "+37060000001",
        "context": "inbound",
        "exten": "4001",
        "application": "Queue" if endpoint == "trunk" else "AppQueue",
        "bridge_id": "b1",
        "seconds": 20,
    }
    name = f"PJSIP/{endpoint}-{uniqueid.replace('.', '')}"
    return LiveChannel(uniqueid=uniqueid, linkedid=linkedid, name=name, state=6 if up else 4, **(values | fields))  # type: ignore[arg-type]


# --- who is who


@pytest.mark.parametrize(
    ("name", "party"),
    [
        ("PJSIP/op8001-0000000a", Party(PartyKind.STAFF, "8001")),
        ("PJSIP/room0301-0000000a", Party(PartyKind.ROOM, "0301")),
        ("PJSIP/trunk-0000000a", Party(PartyKind.OUTSIDE, "+370")),
        ("PJSIP/trunk-south-0000000a", Party(PartyKind.OUTSIDE, "+370")),
        ("PJSIP/operetta-0000000a", Party(PartyKind.OUTSIDE, "+370")),
        ("Local/8002@transfer-00000001;1", Party(PartyKind.LOCAL, "8002")),
        ("Surrogate/PJSIP", None),
        ("", None),
    ],
)
def test_given_a_channel_name_when_read_then_the_endpoint_tells_whose_phone_it_is(name, party):
    assert party_of(name, "+370") == party


# --- our dialplan


def test_given_the_takeover_by_the_system_when_an_operator_answers_later_then_both_instants_are_told(house):
    house.caller()
    house.tell(facts.QueueJoined(at(0.1), "1.0", "enquiries-first", 1))
    house.phone(0.2, "1.1", "8001")
    house.tell(facts.QueueLeft(at(5), "1.0"), facts.QueueJoined(at(5.01), "1.0", "enquiries-wide", 1))
    house.gone(12, "1.1", cause=0)
    house.tell(facts.QueueLeft(at(12), "1.0"), facts.ChannelUp(at(12.01), "1.0"))
    house.tell(facts.QueueJoined(at(20), "1.0", "enquiries-rescue", 3))
    house.talk(25, "1.2", "8002")
    call = house.gone(40, "1.2", "1.0")

    assert (call.answered_by, call.answered_at) == (Answerer.SYSTEM, at(12.01))
    assert call.operator_answered_at == at(26)
    assert call.operators == ("8002",)
    assert call.outcome is Outcome.ANSWERED
    assert [(wait.queue, wait.began_at) for wait in call.queue_waits] == [("enquiries", at(0.1)), ("enquiries", at(20))]
    assert call.queue_waits[0].ended_at == at(12)


def test_given_the_systems_answer_when_the_caller_leaves_while_waiting_then_the_call_is_abandoned(house):
    house.caller()
    house.tell(facts.QueueJoined(at(0.1), "1.0", "enquiries", 1), facts.QueueLeft(at(10), "1.0"))
    house.tell(facts.ChannelUp(at(10), "1.0"), facts.QueueJoined(at(15), "1.0", "enquiries", 1))
    call = house.gone(30, "1.0")

    assert (call.outcome, call.answered_by) == (Outcome.ABANDONED, Answerer.SYSTEM)
    assert call.queue_waits[-1].ended_at == at(30)


@pytest.mark.parametrize("told", [False, True])
def test_given_a_waiting_caller_who_asked_to_be_called_back_when_leaving_then_the_call_is_not_abandoned(house, told):
    house.caller()
    house.tell(facts.ChannelUp(at(10), "1.0"), facts.QueueJoined(at(15), "1.0", "enquiries", 1))
    house.tell(facts.QueueLeft(at(25), "1.0"))
    if told:
        house.tell(facts.CallBackAsked(at(30), "1.0"))

    assert house.gone(35, "1.0").outcome is (Outcome.CALL_BACK if told else Outcome.ABANDONED)


def test_given_a_phone_that_rings_after_the_systems_answer_when_tracked_then_the_caller_did_not_hear_it_ring(house):
    house.caller()
    house.tell(facts.ChannelUp(at(0.1), "1.0"))

    assert house.phone(5, "1.1", "8001").first_ring_at is None


def test_given_an_operator_who_picks_up_as_the_system_answers_when_never_bridged_then_the_system_answered(house):
    house.caller()
    house.phone(0.1, "1.1", "8001")
    house.tell(facts.ChannelUp(at(12), "1.1"), facts.ChannelUp(at(12.01), "1.0"))
    assert house.told["1.0"].answered_by is Answerer.NONE

    call = house.gone(12.1, "1.1")
    assert (call.answered_by, call.answered_at) == (Answerer.SYSTEM, at(12.01))


def test_given_two_phones_ringing_when_one_answers_then_only_its_ring_is_answered(house):
    house.caller()
    house.phone(0.1, "1.1", "8001")
    house.phone(0.1, "1.2", "8002")
    house.tell(facts.ChannelUp(at(4), "1.2"), facts.ChannelUp(at(4), "1.0"))
    house.gone(4.05, "1.1", cause=26)
    call = house.bridge(4.1, "b1", "1.2", "1.0")

    assert [(ring.operator, ring.answered) for ring in call.rings] == [("8001", False), ("8002", True)]
    assert all(ring.ended_at is not None for ring in call.rings)
    assert call.operators == ("8002",)


def test_given_a_sip_call_id_when_told_then_it_is_in_the_record(house):
    house.caller()

    assert house.tell(facts.SipCallIdTold(at(0.1), "1.0", "abc@host")).sip_call_id == "abc@host"


def test_given_a_walk_through_a_menu_when_told_again_then_the_later_one_counts_and_survives_a_restart(house):
    house.caller()
    house.tell(facts.ChannelUp(at(0.1), "1.0"))
    house.tell(facts.MenuTold(at(9), "1.0", ("main",), "zh", False))
    told = house.tell(facts.MenuTold(at(20), "1.0", ("main", "facilities"), "en", True))
    assert told.menu == MenuVisit(("main", "facilities"), "en", informed=True)

    again = Tracker("pbx1")
    again.restore([told])
    (call,) = again.reconcile(state(21, live("1.0", "trunk")))
    assert call.menu == told.menu


def test_given_a_recorded_caller_when_recording_starts_again_then_the_name_stays(house):
    house.caller()
    house.tell(facts.RecordingStarted(at(0.1), "1.0"))
    house.phone(1, "1.1", "8001")

    assert house.tell(facts.RecordingStarted(at(5), "1.1")).recording == "1.0"


# --- holds and moves


def test_given_an_unhold_without_a_hold_when_a_refer_follows_then_there_is_no_hold(house):
    house.caller()
    house.talk(1)

    assert house.tell(facts.Unheld(at(5), "1.1")).holds == ()


def test_given_a_caller_held_by_our_console_when_taken_back_then_there_is_one_hold_and_the_talk_went_on(house):
    house.caller()
    house.talk(1)
    house.tell(facts.HeldByConsole(at(5), "1.1"))
    held = house.leave(5.1, "b1", "1.0", "1.1")
    house.tell(facts.UnheldByConsole(at(9), "1.1"))
    house.bridge(9.1, "b2", "1.0", "1.1")
    ended = house.tell(facts.HungUp(at(12), "1.1", 16, 0), facts.HungUp(at(12), "1.0", 16, 0))

    assert held.holds == (Hold(Side.OPERATOR, at(5)),)
    assert ended.holds == (Hold(Side.OPERATOR, at(5), at(9)),)
    assert ended.talk_seconds == pytest.approx(10, abs=0.2)
    assert ended.transfers == ()
    assert ended.operators == ("8001",)


def test_given_a_hold_when_the_holder_hangs_up_then_the_hold_ends(house):
    house.caller()
    house.talk(1)
    house.tell(facts.Held(at(5), "1.1"))
    house.gone(9, "1.1")

    assert house.told["1.0"].holds == (Hold(Side.OPERATOR, at(5), at(9)),)


def test_given_a_redirect_without_any_transfer_event_when_another_operator_is_reached_then_it_is_told(house):
    house.caller()
    house.talk(1)
    house.leave(5, "b1", "1.1", "1.0")
    house.gone(5.1, "1.1")
    call = house.talk(6, "1.2", "8002", bridge="b2")

    assert call.transfers == (Transfer(TransferKind.REDIRECT, at(5), "8001", "8002", TransferResult.COMPLETED),)
    assert call.talk_seconds == 3
    assert call.operators == ("8001", "8002")


def test_given_a_redirect_when_the_same_operator_is_reached_again_then_nothing_was_transferred(house):
    house.caller()
    house.talk(1)
    house.leave(5, "b1", "1.0", "1.1")
    house.gone(5.1, "1.1")
    call = house.talk(6, "1.2", "8001", bridge="b2")

    assert call.transfers == ()
    assert call.operators == ("8001",)


def test_given_an_operator_who_hangs_up_when_the_caller_goes_on_to_another_then_nothing_was_transferred(house):
    house.caller()
    house.talk(1)
    house.tell(facts.HangupRequested(at(5), "1.1"))
    house.leave(5, "b1", "1.1", "1.0")
    house.gone(5.1, "1.1")

    assert house.talk(6, "1.2", "8002", bridge="b2").transfers == ()


def test_given_a_blind_transfer_when_nobody_takes_it_and_the_operator_gets_the_caller_back_then_it_says_so(house):
    house.caller()
    house.talk(1)
    house.tell(facts.BlindTransferred(at(5), "1.1", "8002"))
    house.leave(5, "b1", "1.1", "1.0")
    house.gone(5.1, "1.1")
    assert house.told["1.0"].transfers[0].result is TransferResult.PENDING
    house.phone(6, "1.2", "8002")
    house.gone(20, "1.2", cause=0)
    call = house.talk(21, "1.3", "8001", bridge="b2")

    assert call.transfers == (Transfer(TransferKind.BLIND, at(5), "8001", "8002", TransferResult.NO_ANSWER),)


def test_given_a_blind_transfer_when_the_caller_leaves_before_anybody_takes_it_then_it_was_not_answered(house):
    house.caller()
    house.talk(1)
    house.tell(facts.BlindTransferred(at(5), "1.1", "8002"))
    house.leave(5, "b1", "1.1", "1.0")
    call = house.gone(6, "1.1", "1.0")

    assert call.transfers[0].result is TransferResult.NO_ANSWER
    assert call.outcome is Outcome.ANSWERED


def test_given_a_blind_transfer_that_nobody_took_when_a_third_operator_answers_then_it_still_says_so(house):
    house.caller()
    house.talk(1)
    house.tell(facts.BlindTransferred(at(5), "1.1", "8002"))
    house.leave(5, "b1", "1.1", "1.0")
    house.gone(5.1, "1.1")
    house.phone(6, "1.2", "8002")
    house.gone(20, "1.2", cause=0)
    call = house.talk(30, "1.3", "8003", bridge="b2")

    assert call.transfers == (Transfer(TransferKind.BLIND, at(5), "8001", "8002", TransferResult.NO_ANSWER),)
    assert call.operators == ("8001", "8003")


def test_given_a_blind_transfer_to_a_line_when_any_operator_takes_it_then_it_is_completed(house):
    house.caller()
    house.talk(1)
    house.tell(facts.BlindTransferred(at(5), "1.1", "4002"))
    house.leave(5, "b1", "1.1", "1.0")
    house.gone(5.1, "1.1")
    call = house.talk(30, "1.3", "8003", bridge="b2")

    assert call.transfers == (Transfer(TransferKind.BLIND, at(5), "8001", "4002", TransferResult.COMPLETED),)


def test_given_an_exchange_talking_with_itself_when_tracked_then_there_is_no_call(house):
    for half, rings_in in ((1, False), (2, True)):
        name = f"Local/norecord@provision-00000001;{half}"
        birth = facts.ChannelCreated(at(0), f"5.{half}", "5.1", name, rings_in, "", "norecord")
        assert house.tracker.feed(birth) == []
    assert house.tracker.open_calls() == []

    for half in (1, 2):
        assert house.tracker.feed(facts.HungUp(at(1), f"5.{half}", 16, 0)) == []
    assert house.tracker.sizes()["calls"] == 0


def test_given_a_parked_caller_when_nobody_fetches_it_in_time_then_the_parking_was_not_answered(house):
    house.caller()
    house.talk(1)
    house.leave(5, "b1", "1.0")
    house.tell(facts.Parked(at(5), "1.0", "701", "PJSIP/op8001"))
    house.gone(6, "1.1")
    house.tell(facts.ParkingTimedOut(at(50), "1.0"))
    call = house.talk(51, "1.2", "8001", bridge="b2")

    assert call.transfers == (Transfer(TransferKind.PARK, at(5), "8001", "701", TransferResult.NO_ANSWER),)


def test_given_a_consultation_with_another_guests_call_when_they_meet_then_both_keep_their_records(house):
    house.caller()
    house.caller(1, "2.0")
    house.talk(2)
    house.leave(5, "b1", "1.1")
    house.bridge(6, "b1", "2.0")

    assert {call.key.linkedid for call in house.tracker.open_calls()} == {"1.0", "2.0"}
    assert house.told["2.0"].merged_into is None


def test_given_two_guests_in_one_bridge_when_tracked_then_neither_was_answered_by_a_person(house):
    house.caller()
    house.caller(1, "2.0")
    house.bridge(6, "lot", "1.0", "2.0")

    assert all(call.operator_answered_at is None for call in house.tracker.open_calls())


def test_given_an_operators_own_call_when_it_dials_outside_and_back_then_the_outside_party_is_the_main_one(house):
    house.caller(endpoint="op8001")
    assert house.told["1.0"].direction is Direction.INTERNAL

    house.tell(facts.ChannelCreated(at(1), "1.1", "1.0", "PJSIP/trunk-00000001", False, "", "s"))
    call = house.tell(facts.Dialled(at(1), "1.1", "37061000001", "8001"))

    assert (call.direction, call.caller, call.line) == (Direction.OUTBOUND, "8001", "37061000001")
    assert [leg.uniqueid for leg in house.tracker.channels_of(KEY) if leg.is_main] == ["1.1"]


def test_given_a_colleague_who_is_busy_when_dialled_then_the_internal_call_was_busy(house):
    house.caller(endpoint="op8001")
    house.tell(facts.ChannelCreated(at(1), "1.1", "1.0", "PJSIP/op8002-00000001", False, "", "s"))
    call = house.gone(2, "1.1", "1.0", cause=17, sip=486)

    assert call.outcome is Outcome.BUSY


@pytest.mark.parametrize(
    ("cause", "sip", "rang", "refused", "outcome"),
    [
        (21, 603, True, True, Outcome.REJECTED),
        (17, 486, True, True, Outcome.BUSY),
        (34, 503, False, True, Outcome.CONGESTION),
        (1, 404, False, True, Outcome.INVALID_NUMBER),
        (19, 480, True, True, Outcome.UNREACHABLE),
        (19, 480, True, False, Outcome.NO_ANSWER),
        (19, 480, False, False, Outcome.UNREACHABLE),
        (0, 0, True, False, Outcome.NO_ANSWER),
        (0, 0, False, False, Outcome.FAILED),
        (20, 0, False, True, Outcome.UNREACHABLE),
    ],
)
def test_given_a_number_outside_when_it_does_not_answer_then_the_hangup_says_why(
    house, cause, sip, rang, refused, outcome
):
    house.tell(facts.ChannelCreated(at(0), "1.0", "1.0", "PJSIP/trunk-00000001", False, "", "s"))
    if rang:
        house.tell(facts.Ringing(at(1), "1.0"))
    if refused:
        house.tell(facts.HangupRequested(at(2), "1.0"))

    assert house.gone(2, "1.0", cause=cause, sip=sip).outcome is outcome


# --- acting on calls


def test_given_a_call_when_its_channels_are_asked_for_then_names_and_roles_are_told(house):
    house.caller()
    house.tell(facts.RecordingStarted(at(0.1), "1.0"))
    house.talk(1)
    guest, operator = house.tracker.channels_of(KEY)

    assert (guest.name, guest.kind, guest.is_main, guest.is_recorded) == (
        "PJSIP/trunk-10",
        PartyKind.OUTSIDE,
        True,
        True,
    )
    assert (operator.name, operator.kind, operator.number) == ("PJSIP/op8001-11", PartyKind.STAFF, "8001")
    assert (operator.is_main, operator.is_recorded, operator.is_up) == (False, False, True)


def test_given_an_unknown_or_ended_call_when_its_channels_are_asked_for_then_there_are_none(house):
    house.caller()
    house.gone(1, "1.0")

    assert house.tracker.channels_of(KEY) == ()
    assert house.tracker.channels_of(CallKey("other", "1.0")) == ()


def test_given_a_fact_that_changes_nothing_when_fed_then_no_snapshot_is_told(house):
    house.caller()

    assert house.tracker.feed(facts.Unheld(at(1), "1.0")) == []
    assert house.tracker.feed(facts.Held(at(1), "9.9")) == []


# --- restart, reconciliation, sweeping


def persisted(**changes: object) -> CallSnapshot:
    """A call as the database had it when the application died, 100 s into the talk."""
    call = CallSnapshot(
        key=KEY,
        direction=Direction.INBOUND,
        caller="+37060000001",
        line="4001",
        started_at=at(0),
        first_ring_at=at(0.1),
        answered_at=at(7),
        answered_by=Answerer.OPERATOR,
        operator_answered_at=at(7),
        operators=("8001",),
        holds=(Hold(Side.OPERATOR, at(60)),),
        recording="1.0",
        sip_call_id="abc@host",
    )
    return replace(call, **changes)  # type: ignore[arg-type]


def test_given_an_open_call_when_the_application_restarts_then_what_the_exchange_cannot_tell_survives(house):
    house.tracker.restore([persisted()])
    house.tracker.reconcile(state(100, live("1.0", "trunk"), live("1.1", "op8001")))
    house.tell(facts.Unheld(at(110), "1.1"))
    house.leave(120, "b1", "1.0", "1.1")
    call = house.gone(120, "1.1", "1.0")

    assert (call.answered_at, call.first_ring_at) == (at(7), at(0.1))
    assert call.holds == (Hold(Side.OPERATOR, at(60), at(110)),)
    assert (call.outcome, call.hangup_cause, call.swept) == (Outcome.ANSWERED, 16, False)
    assert (call.operators, call.recording, call.sip_call_id) == (("8001",), "1.0", "abc@host")


def test_given_a_restored_talk_when_it_ends_then_the_talk_before_the_restart_counts(house):
    house.tracker.restore([persisted()])
    house.tracker.reconcile(state(100, live("1.0", "trunk", seconds=100), live("1.1", "op8001", seconds=99)))

    assert house.gone(120, "1.1", "1.0").talk_seconds == pytest.approx(113)


def test_given_phones_that_rang_when_the_application_died_when_it_returns_then_only_the_living_one_still_rings(house):
    ringing = persisted(
        answered_at=None,
        answered_by=Answerer.NONE,
        operator_answered_at=None,
        operators=(),
        holds=(),
        rings=(Ring("8001", at(1)), Ring("8002", at(2))),
        queue_waits=(QueueWait("enquiries", at(0.5), 1),),
    )
    house.tracker.restore([ringing])
    phones = (live("1.0", "trunk", up=False, bridge_id=""), live("1.2", "op8002", up=False, bridge_id=""))
    (call,) = house.tracker.reconcile(state(10, *phones))
    assert call.rings == (Ring("8001", at(1), at(2)), Ring("8002", at(2)))

    house.tell(facts.ChannelUp(at(12), "1.2"), facts.ChannelUp(at(12), "1.0"))
    call = house.bridge(12.1, "b1", "1.2", "1.0")
    assert call.rings[1] == Ring("8002", at(2), at(12), answered=True)
    assert (call.answered_by, call.answered_at) == (Answerer.OPERATOR, at(12.1))
    assert call.queue_waits == (QueueWait("enquiries", at(0.5), 1, at(12.1)),)


def test_given_a_restored_call_when_the_exchange_no_longer_knows_it_then_it_is_closed_and_marked(house):
    house.tracker.restore([persisted()])
    (call,) = house.tracker.reconcile(state(100))

    assert call.swept
    assert call.ended_at == at(60)
    assert call.holds == (Hold(Side.OPERATOR, at(60), at(60)),)
    assert house.tracker.open_calls() == []


def test_given_a_call_that_ended_while_the_link_was_down_when_reconciled_then_it_ends_at_the_last_news(house):
    house.caller()
    house.talk(1)
    house.caller(30, "2.0")
    changed = house.tracker.reconcile(state(90, live("2.0", "trunk", linkedid="2.0", up=False, bridge_id="")))

    (ended,) = [call for call in changed if call.ended_at]
    assert (ended.key, ended.ended_at, ended.swept) == (KEY, at(30), True)
    assert ended.talk_seconds == pytest.approx(28)
    assert [call.key.linkedid for call in house.tracker.open_calls()] == ["2.0"]


def test_given_a_live_call_that_nobody_knows_when_reconciled_then_it_is_created_from_the_state(house):
    (call,) = house.tracker.reconcile(state(100, live("1.0", "trunk"), live("1.1", "op8001", seconds=15)))

    assert (call.direction, call.caller, call.line) == (Direction.INBOUND, "+37060000001", "4001")
    assert (call.started_at, call.answered_at) == (at(80), at(85))
    assert (call.answered_by, call.operators) == (Answerer.OPERATOR, ("8001",))
    assert not call.swept


def test_given_a_live_call_in_the_queue_when_reconciled_then_the_system_has_answered_it(house):
    (call,) = house.tracker.reconcile(state(100, live("1.0", "trunk", bridge_id="")))

    assert (call.answered_by, call.answered_at) == (Answerer.SYSTEM, at(80))


def test_given_an_operator_who_dialled_outside_when_reconciled_then_the_call_is_outbound(house):
    channels = (live("1.0", "op8001", application="Dial"), live("1.1", "trunk", application="AppDial"))
    (call,) = house.tracker.reconcile(state(100, *channels))

    assert (call.direction, call.operators) == (Direction.OUTBOUND, ("8001",))


def test_given_calls_in_order_when_reconciled_then_they_stay_as_they_are(house):
    house.caller()
    before = house.talk(1)

    assert house.tracker.reconcile(state(50, live("1.0", "trunk"), live("1.1", "op8001"))) == []
    assert house.tracker.open_calls() == [before]


def test_given_facts_from_before_the_state_when_they_come_after_it_then_nothing_is_doubled(house):
    (house.told["1.0"],) = house.tracker.reconcile(state(100, live("1.0", "trunk"), live("1.1", "op8001")))
    house.talk(97)
    call = house.gone(120, "1.1", "1.0")

    assert call.operators == ("8001",)
    assert call.transfers == ()
    assert house.tracker.open_calls() == []


def test_given_calls_that_were_joined_while_the_link_was_down_when_reconciled_then_they_are_one(house):
    house.caller()
    house.talk(1)
    house.tell(facts.ChannelCreated(at(5), "2.0", "2.0", "PJSIP/op8001-20", True, "8001", "8002"))
    house.tell(facts.ChannelCreated(at(5), "2.1", "2.0", "PJSIP/op8002-21", False, "8002", "s"))
    changed = house.tracker.reconcile(state(20, live("1.0", "trunk"), live("2.1", "op8002")))

    (merged,) = [call for call in changed if call.merged_into]
    assert (merged.key.linkedid, merged.merged_into) == ("2.0", KEY)
    (call,) = house.tracker.open_calls()
    assert call.operators == ("8001", "8002")


def test_given_an_ended_call_when_restored_then_it_stays_ended(house):
    house.caller()
    house.gone(5, "1.0")
    house.tracker.restore([persisted(), persisted(key=CallKey("pbx1", "3.0"), ended_at=at(3))])

    assert house.tracker.open_calls() == []


def test_given_a_lost_hangup_of_a_leg_when_the_caller_has_gone_then_the_sweeper_closes_the_call(house):
    house.caller()
    house.talk(1)
    house.gone(10, "1.0")

    assert house.tracker.sweep(at(30)) == []
    (call,) = house.tracker.sweep(at(80))
    assert (call.ended_at, call.swept, call.outcome) == (at(10), True, Outcome.ANSWERED)
    assert house.tracker.open_calls() == []


def test_given_a_long_talk_when_swept_then_it_goes_on(house):
    house.caller()
    house.talk(1)

    assert house.tracker.sweep(at(5 * 3600)) == []
    assert len(house.tracker.open_calls()) == 1


def test_given_a_late_birth_of_a_channel_that_has_ended_when_fed_then_no_call_is_opened(house):
    house.caller()
    house.gone(5, "1.0")
    house.caller(0)
    assert house.tracker.open_calls() == []

    house.tracker.feed(facts.HungUp(at(9), "7.0", 16, 0))
    house.caller(8, "7.0")
    assert house.tracker.open_calls() == []


# --- memory


def many_calls(count: int) -> Iterator[Fact]:
    """Calls of twenty facts each, five open at a time, some of whose hang-ups are never told."""
    for number in range(count):
        caller, phone, bridge = f"{number}.0", f"{number}.1", f"b{number}"
        begin = number * 2.0
        yield facts.ChannelCreated(at(begin), caller, caller, f"PJSIP/trunk-{number:08x}", True, "+370", "4001")
        yield facts.QueueJoined(at(begin), caller, "enquiries", 1)
        yield facts.ChannelCreated(at(begin), phone, caller, f"PJSIP/op8001-{number:08x}", False, "8001", "s")
        yield facts.Dialled(at(begin), phone, "op8001", "")
        yield facts.Ringing(at(begin), phone)
        yield facts.ChannelUp(at(begin + 1), phone)
        yield facts.QueueLeft(at(begin + 1), caller)
        yield facts.ChannelUp(at(begin + 1), caller)
        yield facts.RecordingStarted(at(begin + 1), caller)
        yield facts.BridgeEntered(at(begin + 1), phone, bridge, None)
        yield facts.BridgeEntered(at(begin + 1), caller, bridge, None)
        yield facts.Held(at(begin + 2), phone)
        yield facts.Unheld(at(begin + 3), phone)
        yield facts.BridgeEntered(at(begin + 3), f"stray{number}", bridge, None)
        yield facts.BridgeLeft(at(begin + 4), phone, bridge)
        yield facts.BridgeLeft(at(begin + 4), caller, bridge)
        yield facts.HangupRequested(at(begin + 4), caller)
        yield facts.HungUp(at(begin + 4), f"stray{number}", 16, 0)
        if number % 100:
            yield facts.HungUp(at(begin + 4), phone, 16, 0)
        yield facts.HungUp(at(begin + 4), caller, 16, 0)


def test_given_200000_events_with_lost_and_stray_ones_when_tracked_then_the_structures_stay_small():
    tracker = Tracker("pbx1")
    largest: dict[str, int] = {}
    for count, fact in enumerate(many_calls(10_000)):
        tracker.feed(fact)
        if count % 2000 == 0:
            tracker.sweep(fact.at)
            largest = {name: max(size, largest.get(name, 0)) for name, size in tracker.sizes().items()}
    tracker.sweep(at(1e6))

    assert largest["ends"] == REMEMBERED_ENDS
    assert max(size for name, size in largest.items() if name != "ends") <= 10
    assert tracker.sizes() == {"channels": 0, "locals": 0, "bridges": 0, "calls": 0, "ends": REMEMBERED_ENDS}


def test_given_an_operator_with_two_guests_when_joining_them_then_the_transfer_names_the_second_and_is_completed(house):
    house.caller()
    house.talk(1)
    other = facts.ChannelCreated(at(5), "2.0", "2.0", "PJSIP/trunk-20", True, "+37060000002", "4001")
    line_two = facts.ChannelCreated(at(5), "2.1", "2.0", "PJSIP/op8001-21", False, "8001", "")
    house.tell(other, line_two, facts.ChannelUp(at(6), "2.1"), facts.ChannelUp(at(6), "2.0"))
    house.bridge(6, "b2", "2.0", "2.1")
    house.tell(facts.AttendedTransferred(at(10), "1.1", "PJSIP/trunk-20"))
    house.leave(10, "b1", "1.0", "1.1")
    house.bridge(10, "b2", "1.0")
    house.gone(10, "1.1", "2.1")
    call = house.gone(20, "1.0", "2.0")

    (transfer,) = call.transfers
    assert (transfer.kind, transfer.from_party) == (TransferKind.ATTENDED, "8001")
    assert (transfer.to_party, transfer.result) == ("+37060000002", TransferResult.COMPLETED)


def test_given_an_operator_who_called_a_party_outside_when_joining_it_with_the_guest_then_its_number_is_told(house):
    house.caller()
    house.talk(1)
    mine = facts.ChannelCreated(at(5), "2.0", "2.0", "PJSIP/op8001-20", True, "8001", "+37060000002")
    theirs = facts.ChannelCreated(at(5), "2.1", "2.0", "PJSIP/trunk-21", False, "", "s")
    house.tell(mine, theirs, facts.Dialled(at(5), "2.1", "+37060000002", "8001"), facts.ChannelUp(at(6), "2.1"))
    house.tell(facts.RecordingStarted(at(6), "2.1"))
    house.bridge(6, "b2", "2.0", "2.1")
    house.tell(facts.AttendedTransferred(at(10), "1.1", "PJSIP/trunk-21"))
    call = house.bridge(10, "b1", "2.1")

    (transfer,) = call.transfers
    assert (transfer.to_party, transfer.result) == ("+37060000002", TransferResult.COMPLETED)
    merged = house.told["2.0"]
    assert (merged.merged_into, merged.recording) == (KEY, "2.1")


def test_given_a_recording_paused_twice_when_told_again_or_cut_short_then_the_record_holds_both_pauses(house):
    house.caller()
    house.tell(facts.RecordingStarted(at(0), "1.0"))
    house.talk(1)
    for seconds, muted in ((3, True), (3, True), (4, False), (4, False), (8, True)):
        call = house.tell(facts.RecordingMuted(at(seconds), "1.0", muted))
    assert call.recording_pauses == (RecordingPause(at(3), at(4)), RecordingPause(at(8)))

    house.tell(facts.RecordingMuted(at(9), "1.1", False))
    call = house.gone(10, "1.1", "1.0")
    assert call.recording_pauses == (RecordingPause(at(3), at(4)), RecordingPause(at(8), at(10)))


def test_given_a_consultation_picked_up_that_instant_when_the_guest_takes_its_place_then_both_operators_are_told(house):
    house.caller()
    house.talk(1)
    asking = facts.ChannelCreated(at(5), "2.0", "2.0", "PJSIP/op8001-20", True, "8001", "8002")
    house.tell(asking)
    house.phone(5, "2.1", "8002", linkedid="2.0")
    house.tell(facts.ChannelUp(at(6), "2.1"), facts.ChannelUp(at(6), "2.0"))
    house.tell(facts.AttendedTransferred(at(6), "1.1", "", "2.0", "1.0"))
    house.bridge(6, "b2", "2.1", "2.0")
    house.leave(6, "b1", "1.0", "1.1")
    house.tell(facts.SipCallIdTold(at(6), "2.0", "the guest's"))
    house.gone(6, "1.1", "2.0")
    house.leave(20, "b2", "1.0", "2.1")
    call = house.gone(20, "2.1", "1.0")

    assert call.operators == ("8001", "8002")
    assert call.talk_seconds == 18
    (transfer,) = call.transfers
    assert (transfer.from_party, transfer.to_party, transfer.result) == ("8001", "8002", TransferResult.COMPLETED)
    assert house.told["2.0"].merged_into == KEY
