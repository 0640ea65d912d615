"""Calls rebuilt from CEL's file: the same as AMI told, wherever the reading begins and however it was cut."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from callcenter.pbx import cel, facts
from callcenter.pbx.replay import calls_of
from callcenter.pbx.state import LiveChannel, PbxState
from callcenter.telephony import CallSnapshot, Hold, MenuVisit, Outcome, RecordingPause, Side
from tests.unit.pbx.captures import FOLDER, NAMES, NODE, TOLERANCE, calls_in, instant, raw

PAIRED = [name for name in NAMES if (FOLDER / f"{name}.cel.csv").exists()]
NODE_OF = "pbx1"


def journal(name: str) -> Path:
    return FOLDER / f"{name}.cel.csv"


def rebuilt(path: Path) -> list[CallSnapshot]:
    return calls_of(cel.facts_from_cel(cel.CelFile(path).rows()), NODE)


@pytest.mark.parametrize("name", PAIRED)
def test_given_a_call_in_cel_when_rebuilt_then_it_is_the_call_that_ami_told(name):
    told, calls = calls_in(raw(name)), rebuilt(journal(name))

    assert len(told) == len(calls)
    for ours, live in zip(calls, told, strict=True):
        for field in ("key", "direction", "caller", "operators", "answered_by", "hangup_cause", "recording", "swept"):
            assert getattr(ours, field) == getattr(live, field), field
        for field in ("started_at", "answered_at", "operator_answered_at", "ended_at"):
            assert near(getattr(ours, field), getattr(live, field)), field
        assert ours.outcome is live.outcome
        assert name.startswith("rig-") or ours.sip_call_id == live.sip_call_id is not None
        assert ours.talk_seconds == pytest.approx(live.talk_seconds, abs=TOLERANCE)
        assert [move_of(move) for move in ours.transfers] == [move_of(move) for move in live.transfers]
        assert [wait.queue for wait in ours.queue_waits] == [wait.queue for wait in live.queue_waits]
        # a phone that refuses at once does not ring, but CEL sees only that it was called
        assert {(ring.operator, ring.answered) for ring in ours.rings} >= {
            (ring.operator, ring.answered) for ring in live.rings
        }


def near(one: object, other: object) -> bool:
    if one is None or other is None:
        return one is other
    return abs(one - other) < timedelta(seconds=TOLERANCE)  # type: ignore[operator]


def move_of(move: object) -> tuple[object, ...]:
    return (move.kind, move.from_party, move.to_party, move.result)  # type: ignore[attr-defined]


def test_given_a_dialled_number_when_dial_was_used_then_cel_tells_the_line_too():
    assert [call.line for call in rebuilt(journal("rig-14b-click-to-call"))] == ["+37063000002"]
    assert [call.line for call in rebuilt(journal("rig-04a-blind-refer"))] == ["85000"]


def row(kind: str, stamp: float, uniqueid: str, *, app: str = "", data: str = "", **more: str) -> bytes:
    """One line as cel_custom writes it, of a caller on channel 1.0."""
    columns = [kind, f"{stamp:.6f}", "+37060000001", more.get("exten", "4001"), "inbound"]
    columns += [more.get("channel", f"PJSIP/trunk-{uniqueid.replace('.', '')}"), app, data, uniqueid, "1.0", "", ""]
    columns += [more.get("userfield", ""), "", more.get("extra", "").replace('"', '""')]
    return (",".join(f'"{column}"' for column in columns) + "\n").encode()


BEGIN = [
    row("CHAN_START", 100, "1.0"),
    row("APP_START", 100.1, "1.0", app="Queue", data="enquiries,r,,,12", userfield="abc@host"),
    row("CHAN_START", 100.2, "1.1", exten="s", channel="PJSIP/op8001-11"),
    row("ANSWER", 103, "1.1", channel="PJSIP/op8001-11", app="AppQueue"),
    row("ANSWER", 103, "1.0", app="Queue"),
    row("BRIDGE_ENTER", 103.1, "1.1", channel="PJSIP/op8001-11", extra='{"bridge_id":"b"}', app="AppQueue"),
    row("BRIDGE_ENTER", 103.1, "1.0", extra='{"bridge_id":"b"}', app="Queue"),
]
END = [
    row("HANGUP", 120, "1.1", extra='{"hangupcause":16}', channel="PJSIP/op8001-11"),
    row("HANGUP", 120, "1.0", extra='{"hangupcause":16}'),
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cel.csv"


def test_given_a_call_that_began_and_ended_while_nobody_listened_when_caught_up_then_it_is_told_whole(path):
    path.write_bytes(b"".join(BEGIN + END))
    caught = cel.catch_up(path, 0, NODE_OF)

    (call,) = caught.ended
    assert (call.key.node, call.key.linkedid) == (NODE_OF, "1.0")
    assert (call.operators, call.outcome, call.sip_call_id) == (("8001",), Outcome.ANSWERED, "abc@host")
    assert (call.answered_at, call.ended_at) == (instant(103.1), instant(120))
    assert [(wait.queue, wait.ended_at) for wait in call.queue_waits] == [("enquiries", instant(103.1))]
    assert caught.tracker.open_calls() == []


def test_given_a_call_that_goes_on_when_caught_up_and_reconciled_then_its_answer_time_is_exact(path):
    path.write_bytes(b"".join(BEGIN))
    caught = cel.catch_up(path, 0, NODE_OF)
    channels = (
        LiveChannel("1.0", "1.0", "PJSIP/trunk-10", 6, "+37060000001", "inbound", "4001", "Queue", "b", 50),
        LiveChannel("1.1", "1.0", "PJSIP/op8001-11", 6, "8001", "operators", "4001", "AppQueue", "b", 50),
    )
    caught.tracker.reconcile(PbxState(instant(150), instant(0), channels))
    caught.tracker.feed(facts.HungUp(instant(160), "1.1", 16, 0))
    (call,) = caught.tracker.feed(facts.HungUp(instant(160), "1.0", 16, 0))

    assert caught.ended == ()
    assert call.answered_at == instant(103.1)
    assert call.talk_seconds == pytest.approx(56.9)
    assert not call.swept


def test_given_a_call_known_before_when_it_ended_meanwhile_then_its_holds_and_ringing_survive(path):
    path.write_bytes(b"".join(BEGIN))
    (open_call,) = cel.catch_up(path, 0, NODE_OF).tracker.open_calls()
    known = replace(open_call, first_ring_at=instant(100.7), holds=(Hold(Side.OPERATOR, instant(110)),))
    known = replace(known, recording_pauses=(RecordingPause(instant(111)),))
    path.write_bytes(b"".join(BEGIN + END))

    (call,) = cel.catch_up(path, 0, NODE_OF, [known]).ended

    assert call.holds == (Hold(Side.OPERATOR, instant(110), instant(120)),)
    assert call.recording_pauses == (RecordingPause(instant(111), instant(120)),)
    assert call.first_ring_at == instant(100.7)
    assert call.outcome is Outcome.ANSWERED


def test_given_a_call_known_before_when_cel_says_nothing_of_it_then_it_waits_for_the_state_of_the_exchange(path):
    path.write_bytes(b"".join(BEGIN))
    (known,) = cel.catch_up(path, 0, NODE_OF).tracker.open_calls()
    path.write_bytes(b"")
    caught = cel.catch_up(path, 0, NODE_OF, [known])
    assert caught.tracker.open_calls() == [known]

    (call,) = caught.tracker.reconcile(PbxState(instant(200), instant(0), ()))
    assert (call.swept, call.operators) == (True, ("8001",))


def test_given_a_queue_that_refuses_at_once_when_rebuilt_then_the_caller_was_never_in_it(path):
    refused = [
        row("CHAN_START", 100, "1.0"),
        row("APP_START", 100.1, "1.0", app="Queue", data="enquiries"),
        row("APP_END", 100.101, "1.0", app="Queue", data="enquiries"),
        row("ANSWER", 100.2, "1.0"),
        row("HANGUP", 110, "1.0", extra='{"hangupcause":16}'),
    ]
    path.write_bytes(b"".join(refused))
    (call,) = cel.catch_up(path, 0, NODE_OF).ended

    assert call.queue_waits == ()
    assert call.outcome is Outcome.SERVED_BY_SYSTEM


ANSWERED_BY_SYSTEM = [row("CHAN_START", 100, "1.0"), row("ANSWER", 100.2, "1.0")]
IN_QUEUE = [
    row("APP_START", 103, "1.0", app="Queue", data="enquiries"),
    row("APP_END", 110, "1.0", app="Queue", data="enquiries"),
]
HUNG_UP = row("HANGUP", 120, "1.0", extra='{"hangupcause":16}')


@pytest.mark.parametrize(
    ("told", "menu"),
    [
        ("en:yes:main/information/facilities", MenuVisit(("main", "information", "facilities"), "en", informed=True)),
        ("zh:no:main", MenuVisit(("main",), "zh", informed=False)),
        ("zh:yes:", None),
        ("", None),
    ],
)
def test_given_a_menu_in_the_event_log_when_rebuilt_then_the_call_tells_how_it_was_walked(path, told, menu):
    walked = row("HOTEL_MENU", 119, "1.0", extra=f'{{"extra":"{told}"}}')
    path.write_bytes(b"".join([*ANSWERED_BY_SYSTEM, walked, HUNG_UP]))
    (call,) = cel.catch_up(path, 0, NODE_OF).ended

    assert call.menu == menu


def test_given_a_call_back_was_stored_when_the_application_was_away_at_the_end_then_the_call_is_no_lost_one(path):
    asked = row("HOTEL_CALL_BACK", 112, "1.0", extra='{"extra":""}')
    path.write_bytes(b"".join([*ANSWERED_BY_SYSTEM, *IN_QUEUE, asked, HUNG_UP]))
    (call,) = cel.catch_up(path, 0, NODE_OF).ended
    path.write_bytes(b"".join([*ANSWERED_BY_SYSTEM, *IN_QUEUE, HUNG_UP]))
    (lost,) = cel.catch_up(path, 0, NODE_OF).ended

    assert (call.outcome, lost.outcome) == (Outcome.CALL_BACK, Outcome.ABANDONED)


def test_given_a_half_written_last_line_when_read_then_it_is_left_for_the_next_time(path):
    whole = b"".join(BEGIN)
    path.write_bytes(whole + END[0][:50])
    file = cel.CelFile(path)
    assert (len(list(file.rows())), file.end, file.garbage) == (len(BEGIN), len(whole), 0)

    path.write_bytes(whole + b"".join(END))
    assert [row.kind for row in file.rows()] == ["HANGUP", "HANGUP"]


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x00\xff\xfe\n",
        b'"CHAN_START","1"\n',
        b'"A","x","","","","","","","1.9","1.9","","","","",""\n',
        b'"A","1","","","","","","","1.9","1.9","","","","","{"\n',
        b'"A","1","","","","","","","1.9","1.9","","","","","[]"\n',
        b'"A","1e300","","","","","","","1.9","1.9","","","","",""\n',
        b'"","1","","","","","","","","","","","","",""\n',
    ],
)
def test_given_garbage_between_rows_when_read_then_it_is_counted_and_the_call_is_whole(path, garbage):
    path.write_bytes(b"".join(BEGIN) + garbage + b"\n" + b"".join(END))
    caught = cel.catch_up(path, 0, NODE_OF)

    assert caught.log.garbage == 1
    assert [call.outcome for call in caught.ended] == [Outcome.ANSWERED]


@pytest.mark.parametrize("name", PAIRED)
def test_given_a_file_cut_at_any_line_when_caught_up_then_nothing_is_ended_twice_or_lost(name, path):
    lines = journal(name).read_bytes().splitlines(keepends=True)
    expected = {call.key.linkedid for call in rebuilt(journal(name))}
    for cut in range(len(lines) + 1):
        path.write_bytes(b"".join(lines[:cut]))
        first = cel.catch_up(path, 0, NODE)
        offset = first.log.advance(first.tracker.open_linkedids())
        path.write_bytes(b"".join(lines))
        second = cel.catch_up(path, offset, NODE, first.tracker.open_calls())

        ended = [call for call in (*first.ended, *second.ended) if call.merged_into is None]
        assert expected == {call.key.linkedid for call in ended}
        assert second.tracker.open_calls() == []
        assert not any(call.swept for call in ended)


def test_given_nothing_open_when_advanced_twice_then_the_offset_is_the_end(path):
    path.write_bytes(b"".join(BEGIN + END))

    file = cel.CelFile(path)
    assert file.advance(set()) == 0, "the first look passes nothing: its news may be on the way"
    assert file.advance({"1.0"}) == 0
    assert file.advance(set()) == path.stat().st_size
    assert cel.CelFile(path, len(BEGIN[0])).advance({"1.0"}) == len(BEGIN[0])


def test_given_one_old_call_open_when_advanced_again_then_only_what_is_new_is_read(path, monkeypatch):
    path.write_bytes(b"".join(BEGIN))
    file = cel.CelFile(path)
    file.advance({"1.0"})
    path.write_bytes(b"x" * len(b"".join(BEGIN)) + b"".join(END))

    assert file.advance({"1.0"}) == 0
    assert (file.garbage, file.end) == (0, path.stat().st_size)


def test_given_a_file_begun_anew_or_missing_when_read_then_it_starts_at_its_beginning(path):
    assert list(cel.CelFile(path, 500).rows()) == []

    path.write_bytes(BEGIN[0])
    assert len(list(cel.CelFile(path, 10_000).rows())) == 1


def test_given_a_row_that_comes_while_the_file_is_put_aside_then_it_is_not_lost(path):
    path.write_bytes(b"".join(BEGIN))
    file = cel.CelFile(path)
    file.advance(set())
    path.write_bytes(b"".join(BEGIN + END))

    file.put_aside()
    assert path.read_bytes() == b"".join(END)
    assert [row.kind for row in file.rows()] == ["HANGUP", "HANGUP"]


NASTY = (
    '138\n"HANGUP","100.000000","x","","","","","","1.0","1.0","","","","","{""hangupcause"":16}"\n',
    "138\r\n\r\nEvent: Hangup\r\nUniqueid: 1.0\r\n\r\n",
    '"HANGUP","100.000000","',
    'x"HANGUP',
    '"',
    "\x00",
    "," * 200_000,
)


@pytest.mark.parametrize("number", NASTY)
def test_given_a_caller_whose_number_tries_to_write_rows_when_caught_up_then_it_is_one_number(path, number):
    birth = row("CHAN_START", 100, "1.0").replace(b"+37060000001", number.replace('"', '""').encode())
    path.write_bytes(b"".join([birth, *BEGIN[1:], *END]))
    caught = cel.catch_up(path, 0, NODE_OF)

    (call,) = caught.ended
    assert (caught.log.garbage, call.caller, call.ended_at) == (0, number, instant(120))


@pytest.mark.parametrize("torn", range(1, len(BEGIN[0]) - 1, 7))
@pytest.mark.parametrize("between", [b"", b"\n"])
def test_given_a_row_torn_anywhere_when_caught_up_then_the_rows_after_it_are_read(path, torn, between):
    path.write_bytes(BEGIN[0][:torn] + between + b"".join(BEGIN + END))
    file = cel.CelFile(path)
    kinds = [row.kind for row in file.rows()]

    lost_with_it = len(BEGIN) + len(END) - len(kinds)
    assert file.garbage == 1
    # a row that was glued on just behind a quote or a comma cannot be told from content
    assert lost_with_it == (not between and BEGIN[0][torn - 1 : torn] in (b'"', b","))


def test_given_json_nested_beyond_sense_when_caught_up_then_only_its_row_is_skipped(path):
    nested = row("BRIDGE_EXIT", 110, "1.0", extra='{"a":' + "[" * 200_000 + "]" * 200_000 + "}")
    path.write_bytes(b"".join([*BEGIN, nested, *END]))
    caught = cel.catch_up(path, 0, NODE_OF)

    assert (caught.log.garbage, len(caught.ended)) == (1, 1)


def test_given_more_garbage_than_a_row_can_be_when_caught_up_then_memory_stays_and_the_rest_is_read(path):
    path.write_bytes(b'"CHAN_START","1.000000","' + b"x" * (3 << 20) + b"\n" + b"".join(BEGIN + END))
    file = cel.CelFile(path)

    assert len(list(file.rows())) == len(BEGIN) + len(END)
    assert file.end == path.stat().st_size
    assert file.garbage <= 4


def test_given_a_known_call_whose_birth_is_not_in_the_file_when_its_end_is_then_it_ends_there_as_swept(path):
    path.write_bytes(b"".join(BEGIN))
    (known,) = cel.catch_up(path, 0, NODE_OF).tracker.open_calls()
    path.write_bytes(END[1])
    caught = cel.catch_up(path, 0, NODE_OF, [known])
    (call,) = caught.tracker.reconcile(PbxState(instant(500), instant(0), ()))

    assert (call.ended_at, call.swept, call.operators) == (instant(120), True, ("8001",))
    assert caught.tracker.open_calls() == []
