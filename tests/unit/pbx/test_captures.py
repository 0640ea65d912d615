"""Real calls, replayed: the records say what the phones on both ends saw, and damage never hurts for long."""

from __future__ import annotations

import gzip
import io
import re
from dataclasses import dataclass, replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callcenter.pbx.facts import Fact
from callcenter.pbx.replay import NoCapture, replay
from callcenter.pbx.state import PbxState
from callcenter.pbx.tracker import Tracker
from callcenter.telephony import Answerer, CallSnapshot, Direction, Outcome, Side, TransferKind, TransferResult
from tests.unit.pbx.captures import (
    FOLDER,
    NAMES,
    NODE,
    TOLERANCE,
    calls_in,
    facts_of,
    feed_all,
    instant,
    long_after,
    raw,
)

BASE = 1795280000  # the phones' instants below are seconds after this


@dataclass(frozen=True)
class Saw:
    """One call as the phones saw it: instants of 180, 200 and the end, read from the .ua.log by hand."""

    caller: str
    ended: float
    outcome: Outcome
    cause: int
    rang: float | None = None
    answered: float | None = None
    by: Answerer = Answerer.NONE
    person: float | None = None
    operators: tuple[str, ...] = ()
    transfers: tuple[tuple[TransferKind, str, str, TransferResult, float], ...] = ()
    holds: tuple[tuple[Side, float, float], ...] = ()
    line: str = "85000"
    direction: Direction = Direction.INBOUND
    talk: float = 0.0


def answered(caller: str, rang: float, at: float, ended: float, *operators: str) -> Saw:
    """A queue call that an operator answered and that ended normally."""
    return Saw(
        f"+370600000{caller}", ended, Outcome.ANSWERED, 16, rang, at, Answerer.OPERATOR, at, operators, talk=ended - at
    )


def dialled(rang: float | None, ended: float, outcome: Outcome, cause: int, line: str = "37062000000") -> Saw:
    return Saw("+37052000000", ended, outcome, cause, rang, line=line, direction=Direction.OUTBOUND)


def confirmed(rang: float, at: float, ended: float, line: str) -> Saw:
    return replace(dialled(rang, ended, Outcome.ANSWERED, 16, line), answered=at, by=Answerer.SYSTEM)


def served(caller: str, at: float, ended: float, cause: int = 16, line: str = "85000") -> Saw:
    return Saw(f"+370600000{caller}", ended, Outcome.SERVED_BY_SYSTEM, cause, None, at, Answerer.SYSTEM, line=line)


BLIND, ATTENDED, REDIRECT, PARK = TransferKind.BLIND, TransferKind.ATTENDED, TransferKind.REDIRECT, TransferKind.PARK
COMPLETED, CANCELLED, NO_ANSWER = TransferResult.COMPLETED, TransferResult.CANCELLED, TransferResult.NO_ANSWER

SEEN: dict[str, tuple[Saw, ...]] = {
    "01-inbound-answered": (answered("01", 2015.055, 2022.104, 2032.140, "101"),),
    "02-abandoned": (Saw("+37060000002", 2039.164, Outcome.ABANDONED, 127, 2035.259),),
    "03-ivr-then-answered": (
        replace(
            answered("03", 2042.249, 2054.226, 2071.237, "101"),
            by=Answerer.SYSTEM,
            person=2062.482,
            talk=2071.237 - 2062.482,
        ),
    ),
    "04a-blind-refer": (
        replace(
            answered("04", 2074.326, 2075.363, 2083.914, "101", "102"),
            transfers=((BLIND, "101", "102", COMPLETED, 2077.402),),
            talk=(2077.402 - 2075.363) + (2083.914 - 2079.479),
        ),
    ),
    "04b-blind-ami": (
        replace(
            answered("05", 2087.013, 2088.051, 2096.107, "101", "201"),
            transfers=((BLIND, "101", "201", COMPLETED, 2090.087),),
            talk=(2090.087 - 2088.051) + (2096.107 - 2092.162),
        ),
    ),
    "05a-attended-refer": (
        replace(
            answered("08", 2137.565, 2138.604, 2151.320, "101", "201"),
            transfers=((ATTENDED, "101", "201", COMPLETED, 2146.300),),
            holds=((Side.OPERATOR, 2140.633, 2146.292),),
        ),
    ),
    "05c-attended-cancel": (
        replace(
            answered("10", 2170.112, 2171.150, 2182.682, "101"),
            transfers=((ATTENDED, "101", "201", CANCELLED, 2173.580),),
            holds=((Side.OPERATOR, 2173.430, 2178.927),),
        ),
    ),
    "06-reject-next": (answered("12", 2199.923, 2203.072, 2206.082, "102"),),
    "07-originate-confirm": (confirmed(2209.163, 2212.173, 2217.231, "37061000001"),),
    "07b-originate-amd-human": (confirmed(2220.251, 2222.258, 2229.889, "37061000002"),),
    "08-busy": (dialled(2249.627, 2250.641, Outcome.BUSY, 17),),
    "08-busy-local": (dialled(2285.852, 2286.869, Outcome.BUSY, 17, "+37062000001"),),
    "08-congestion": (dialled(None, 2255.852, Outcome.CONGESTION, 34),),
    "08-invalid": (dialled(None, 2261.067, Outcome.INVALID_NUMBER, 1),),
    "08-noanswer": (dialled(2239.600, 2245.427, Outcome.NO_ANSWER, 19),),
    "08-trunkdead": (dialled(None, 2276.360, Outcome.UNREACHABLE, 19),),
    "08-unavailable": (dialled(2280.598, 2281.617, Outcome.UNREACHABLE, 19),),
    "09-two-calls": (
        answered("21", 2291.008, 2293.053, 2298.372, "101"),
        replace(answered("22", 2291.315, 2294.346, 2297.351, "102"), line="85001"),
    ),
    "09c-nobody": (served("25", 2319.558, 2324.539, cause=0),),
    "10-hold": (
        replace(
            answered("26", 2328.691, 2329.727, 2339.832, "101"),
            holds=((Side.OPERATOR, 2331.758, 2334.782), (Side.CALLER, 2336.807, 2338.829)),
        ),
    ),
    "11-webrtc": (answered("27", 2348.896, 2351.277, 2359.012, "103"),),
    "12-mixmonitor": (
        replace(
            answered("", 2363.167, 2364.192, 2375.308, "201"), caller="101", line="201", direction=Direction.INTERNAL
        ),
    ),
    "13-park": (
        replace(
            answered("28", 2378.432, 2379.464, 2385.530, "101", "201"),
            transfers=((PARK, "101", "201", COMPLETED, 2380.476),),
            talk=(2380.476 - 2379.464) + (2385.530 - 2383.521),
        ),
    ),
    "14-operator-dials-out": (
        replace(
            answered("", 2416.748, 2418.791, 2421.798, "101"),
            caller="101",
            line="+37063000001",
            direction=Direction.OUTBOUND,
        ),
    ),
    "15-message": (served("29", 1998.907, 2010.939),),
    "20-agi-killed": (served("31", 702.314, 707.273, line="agihold"),),
    "21-agi-refused": (served("32", 711.028, 712.918),),
    "24-rebuild": (
        replace(
            answered("41", 779.611, 780.639, 784.569, "101"),
            holds=((Side.OPERATOR, 782.692, 784.569),),
        ),
        Saw("+37060000042", 785.105, Outcome.ABANDONED, 127),
        served("43", 780.656, 785.098, cause=0, line="agihold"),
    ),
    "rig-04c-redirect-ami": (
        replace(
            answered("06", 10798.072, 10799.073, 10807.077, "101", "201"),
            transfers=((REDIRECT, "101", "201", COMPLETED, 10801.078),),
            talk=(10801.078 - 10799.073) + (10807.077 - 10803.141),
        ),
    ),
    "rig-04d-blind-noanswer": (
        replace(
            answered("07", 10885.851, 10886.853, 10908.860, "101"),
            transfers=((BLIND, "101", "201", NO_ANSWER, 10888.859),),
            talk=10888.859 - 10886.853,
        ),
    ),
    "rig-05b-attended-ami": (
        replace(
            answered("09", 10826.800, 10827.803, 10839.258, "101", "201"),
            transfers=((ATTENDED, "101", "201", COMPLETED, 10835.254),),
            holds=((Side.OPERATOR, 10830.050, 10835.254),),
        ),
    ),
    "rig-05d-attended-busy": (
        replace(
            answered("11", 10911.955, 10912.956, 10922.959, "101"),
            transfers=((ATTENDED, "101", "201", NO_ANSWER, 10915.358),),
            holds=((Side.OPERATOR, 10915.200, 10915.661),),
        ),
    ),
    "rig-09b-second-waits": (
        answered("23", 10980.502, 10981.556, 10985.561, "101"),
        answered("24", 10988.651, 10989.655, 10994.565, "101"),
    ),
    "rig-14b-click-to-call": (
        replace(
            answered("", 10876.188, 10879.245, 10882.248, "101"),
            caller="101",
            line="+37063000002",
            direction=Direction.OUTBOUND,
        ),
    ),
    # A client that came in the middle: it was told of no call's beginning, and makes none up.
    "24-rebuild-hotel": (),
}
"""Per capture, the calls in the order of their start."""

RECORDED = {"01", "03", "04a", "04b", "05a", "05c", "06", "07", "07b", "09", "10", "11", "12", "13"}
"""Captures whose recording is taken from the channel that the call is named after."""


def near(ours: object, phone: float | None) -> bool:
    if phone is None or ours is None:
        return ours is phone
    return abs((ours - instant(BASE + phone)).total_seconds()) <= TOLERANCE  # type: ignore[operator]


def assert_same(call: CallSnapshot, saw: Saw) -> None:
    told = (call.direction, call.caller, call.line, call.answered_by, call.operators, call.outcome, call.hangup_cause)
    assert told == (saw.direction, saw.caller, saw.line, saw.by, saw.operators, saw.outcome, saw.cause)
    assert near(call.first_ring_at, saw.rang)
    assert near(call.answered_at, saw.answered)
    assert near(call.operator_answered_at, saw.person)
    assert near(call.ended_at, saw.ended)
    assert call.talk_seconds == pytest.approx(saw.talk, abs=TOLERANCE)
    moves = [(move.kind, move.from_party, move.to_party, move.result) for move in call.transfers]
    assert moves == [move[:4] for move in saw.transfers]
    assert all(near(ours.at, move[4]) for ours, move in zip(call.transfers, saw.transfers, strict=True))
    assert [hold.by for hold in call.holds] == [hold[0] for hold in saw.holds]
    for ours, (_, began, ended) in zip(call.holds, saw.holds, strict=True):
        assert near(ours.began_at, began)
        assert near(ours.ended_at, ended)


def test_given_the_captures_when_counted_then_every_one_has_its_expectation():
    assert set(SEEN) >= {name for name in NAMES if not (FOLDER / f"{name}.cel.csv").exists()}


@pytest.mark.parametrize("name", SEEN)
def test_given_a_capture_when_replayed_then_the_records_say_what_the_phones_saw(name):
    calls = calls_in(raw(name))

    assert len(calls) == len(SEEN[name])
    for call, saw in zip(calls, SEEN[name], strict=True):
        assert_same(call, saw)


@pytest.mark.parametrize("name", NAMES)
def test_given_an_undamaged_capture_when_replayed_then_the_sweeper_has_nothing_to_do(name):
    facts = facts_of(name)
    tracker = Tracker(NODE)
    told = feed_all(tracker, facts)

    assert tracker.open_calls() == []
    assert tracker.sweep(long_after(facts)) == []
    assert not any(call.swept for call in told.values())


@pytest.mark.parametrize("name", NAMES)
def test_given_a_capture_when_all_user_events_are_stripped_then_the_records_are_the_same(name):
    data = raw(name)
    stripped = re.sub(rb"Event: UserEvent\r\n(?:[^\r]+\r\n)*\r\n", b"", data)

    assert b"Event: UserEvent" not in stripped
    assert calls_in(stripped) == [replace(call, sip_call_id=None) for call in calls_in(data)]


@pytest.mark.parametrize("name", NAMES)
def test_given_recorded_calls_when_replayed_then_the_recording_is_the_recorded_channels_uniqueid(name):
    recorded_self = [call.recording == call.key.linkedid for call in calls_in(raw(name)) if call.recording]

    if name.removeprefix("rig-").split("-")[0] in RECORDED:
        assert recorded_self
        assert all(recorded_self)
    if "14-operator-dials-out" in name:  # recorded on the outside party's channel, which is the second one
        assert recorded_self == [False]


def test_given_a_rejecting_phone_when_the_next_one_answers_then_both_rings_are_told():
    (call,) = calls_in(raw("06-reject-next"))
    first, second = call.rings

    assert (first.operator, first.answered) == ("101", False)
    assert (second.operator, second.answered) == ("102", True)
    assert near(first.began_at, 2199.920)
    assert near(first.ended_at, 2201.433)
    assert near(second.began_at, 2201.529)
    assert near(second.ended_at, 2203.039)


def test_given_two_stays_in_a_queue_when_the_system_answered_between_then_both_are_told():
    (call,) = calls_in(raw("03-ivr-then-answered"))
    first, second = call.queue_waits

    assert (first.queue, first.position) == ("operators", 1)
    assert near(first.ended_at, 2054.226)
    assert near(second.began_at, 2059.390)
    assert near(second.ended_at, 2062.482)


def test_given_a_consultation_with_its_own_linkedid_when_it_becomes_a_transfer_then_its_record_points_to_the_call():
    told = feed_all(Tracker(NODE), facts_of("05a-attended-refer"))
    consultation, call = told["1795282141.26"], told["1795282137.24"]

    assert consultation.merged_into == call.key
    assert near(consultation.ended_at, 2146.300)
    assert call.merged_into is None


def test_given_a_capture_when_printed_then_the_record_has_the_promised_fields_in_seconds():
    (record,) = replay(io.BytesIO(raw("05a-attended-refer")))

    assert record["seconds_to_first_ring"] == pytest.approx(0.079, abs=0.001)
    assert record["seconds_to_answer"] == pytest.approx(1.115, abs=0.001)
    assert record["answered_by"] == "operator"
    assert record["operators"] == ["101", "201"]
    assert record["transfers"] == [
        {"kind": "attended", "from": "101", "to": "201", "result": "completed", "seconds_to_transfer": 8.817}
    ]
    assert record["holds"] == [{"by": "operator", "seconds_to_start": 3.138, "duration": 5.67}]
    assert record["talk_seconds"] == pytest.approx(12.73, abs=0.01)
    assert (record["outcome"], record["hangup_cause"], record["swept"]) == ("answered", 16, False)


# --- our own dialplan


def test_given_the_takeover_when_the_caller_gives_up_waiting_then_both_stays_and_the_sip_call_id_are_told():
    (call,) = calls_in(raw("hotel-takeover"))

    assert near(call.first_ring_at, 11618.658)
    assert near(call.answered_at, 11621.165)
    assert (call.answered_by, call.outcome) == (Answerer.SYSTEM, Outcome.ABANDONED)
    assert [wait.queue for wait in call.queue_waits] == ["q4101", "q4101"]
    assert call.recording == call.key.linkedid
    assert call.sip_call_id


def test_given_a_blind_transfer_that_the_exchange_refuses_when_tracked_then_there_was_none():
    (call,) = calls_in(raw("hotel-blind"))

    assert call.transfers == ()
    assert call.operators == ("6061",)
    assert call.talk_seconds == pytest.approx(11658.858 - 11654.854, abs=TOLERANCE)


def test_given_a_bridge_mixed_by_softmix_when_transferred_with_a_consultation_then_it_is_told_whole():
    (call,) = calls_in(raw("hotel-holdatt"))

    (move,) = call.transfers
    assert (move.kind, move.from_party, move.to_party, move.result) == (ATTENDED, "6051", "6054", COMPLETED)
    (hold,) = call.holds
    assert near(hold.began_at, 11649.757)
    assert near(hold.ended_at, 11651.069)


@pytest.mark.parametrize("name", ["hotel-refer-instant", "hotel-refer-ringing"])
def test_given_a_consultation_not_yet_bridged_when_the_guest_takes_its_place_then_one_call_tells_of_both(name):
    (call,) = [call for call in calls_in(raw(name)) if call.merged_into is None]
    seen = dict(reversed(line.split(maxsplit=1)) for line in (FOLDER / f"{name}.ua.log").read_text().splitlines())

    (move,) = call.transfers
    assert (move.kind, move.from_party, move.to_party, move.result) == (ATTENDED, "6001", "6004", COMPLETED)
    assert call.operators == ("6001", "6004")
    assert near(move.at, float(seen["REFER replaces"]) - BASE)
    rang = float(seen["second phone 200"]) - float(seen["REFER replaces"]) if "second phone 200" in seen else 0
    connected = float(seen["caller BYE"]) - float(seen["200"]) - rang
    assert call.talk_seconds == pytest.approx(connected, abs=2 * TOLERANCE)


# --- damage


@pytest.mark.parametrize("name", NAMES)
def test_given_a_capture_when_cut_after_or_before_any_fact_then_nothing_stays_open(name):
    facts = facts_of(name)
    for cut in range(len(facts) + 1):
        for part in (facts[:cut], facts[cut:]):
            tracker = Tracker(NODE)
            feed_all(tracker, part)
            swept = tracker.sweep(long_after(part))

            assert tracker.open_calls() == []
            assert all(call.swept for call in swept)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_given_a_capture_when_cut_at_any_byte_then_nothing_raises_and_every_call_ends(name, data):
    whole = raw(name)
    begin = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(begin, len(whole)))

    for part in (whole[:end], whole[begin:end]):
        assert all(call.ended_at is not None for call in calls_in(part))


FACTS = {name: facts_of(name) for name in NAMES}


@st.composite
def damaged(draw: st.DrawFn) -> list[Fact]:
    """The facts of some captures after one another, some dropped, some told twice, some out of order."""
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True))
    facts = [fact for name in names for fact in FACTS[name]]
    index = st.integers(0, max(len(facts) - 1, 0))
    for dropped in sorted(draw(st.sets(index, max_size=8)), reverse=True):
        facts[dropped : dropped + 1] = []
    if not facts:
        return facts
    index = st.integers(0, len(facts) - 1)
    for one, other in draw(st.lists(st.tuples(index, index), max_size=6)):
        facts[one], facts[other] = facts[other], facts[one]
    for source, target in draw(st.lists(st.tuples(index, index), max_size=8)):
        facts.insert(target, facts[source])
    return facts


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(facts=damaged())
def test_given_events_dropped_doubled_and_swapped_when_tracked_then_no_call_stays_open(facts):
    swept, reconciled = Tracker(NODE), Tracker(NODE)
    for tracker in (swept, reconciled):
        feed_all(tracker, facts)
    later = long_after(facts)

    swept.sweep(later)
    reconciled.reconcile(PbxState(later, later, ()))

    for tracker in (swept, reconciled):
        assert tracker.open_calls() == []
        assert {name: size for name, size in tracker.sizes().items() if size} == {"ends": tracker.sizes()["ends"]} or (
            not any(tracker.sizes().values())
        )


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_given_events_told_twice_when_tracked_then_the_records_are_the_same(name, data):
    facts = FACTS[name]
    once = feed_all(Tracker(NODE), facts)
    doubled = list(facts)
    if facts:
        copies = st.lists(st.tuples(st.integers(0, len(facts) - 1), st.integers(0, 5)), max_size=12)
        for source, delay in sorted(data.draw(copies), reverse=True):
            doubled.insert(source + 1 + delay, facts[source])
    assert feed_all(Tracker(NODE), doubled) == once


@pytest.mark.parametrize("name", [name for name in NAMES if FACTS[name]])
def test_given_every_event_told_twice_at_once_when_tracked_then_the_records_are_the_same(name):
    doubled = [fact for fact in FACTS[name] for _ in range(2)]

    assert feed_all(Tracker(NODE), doubled) == feed_all(Tracker(NODE), FACTS[name])


def test_given_all_captures_when_interleaved_then_each_calls_record_is_as_it_is_alone():
    names = [name for name in NAMES if name not in ("24-rebuild-hotel", "rig-07-originate-confirm")]
    # left out: a second client's news of the same calls, and a second use of the same channel id
    alone = {key: call for name in names for key, call in feed_all(Tracker(NODE), FACTS[name]).items()}
    turns = [(index / len(FACTS[name]), name, fact) for name in names for index, fact in enumerate(FACTS[name])]
    mixed = [fact for _, _, fact in sorted(turns, key=lambda turn: turn[:2])]

    assert feed_all(Tracker(NODE), mixed) == alone


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (gzip.compress(b"Event: Hangup\r\n\r\n", mtime=0), "compressed"),
        (b"", "no message"),
        (b"a picture, perhaps\x00\r\n\r\nof a cat\r\n\r\n", "no message"),
        (b"x" * (2 << 20), "without the end"),
    ],
)
def test_given_a_file_that_is_no_capture_when_replayed_then_it_says_so(content: bytes, reason: str) -> None:
    with pytest.raises(NoCapture, match=reason):
        list(replay(io.BytesIO(content)))


def test_given_a_capture_without_calls_when_replayed_then_there_are_none() -> None:
    assert list(replay(io.BytesIO(b"Asterisk Call Manager/11.0.0\r\nResponse: Success\r\n\r\n"))) == []
