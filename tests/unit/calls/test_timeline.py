"""One call's timeline: everything in the order in which it happened."""

from callcenter.calls.timeline import timeline
from callcenter.telephony import Hold, QueueWait, RecordingPause, Ring, Side, Transfer, TransferKind, TransferResult
from tests.unit.calls.builders import at, call


def test_given_a_call_with_everything_when_told_then_each_thing_stands_at_its_time() -> None:
    story = timeline(
        call(
            system=13,
            operator=20,
            end=60,
            rings=(Ring("8001", at(0), at(12)), Ring("8002", at(15), at(20), answered=True)),
            queue_waits=(QueueWait("enquiries", at(14), 2, at(20)),),
            holds=(Hold(Side.OPERATOR, at(30), at(35)),),
            transfers=(Transfer(TransferKind.BLIND, at(40), "8002", "0301", TransferResult.COMPLETED),),
            operators=("8002",),
            recording="1.1",
            recording_pauses=(RecordingPause(at(45), at(50)), RecordingPause(at(55), at(60))),
        )
    )

    assert [((entry.at - at(0)).total_seconds(), entry.kind.value, entry.party) for entry in story] == [
        (0, "started", "13812345678"),
        (0, "ringing", "8001"),
        (12, "ring_ended", "8001"),
        (13, "answered_by_system", None),
        (13, "recording_started", None),
        (14, "queued", None),
        (15, "ringing", "8002"),
        (20, "left_queue", None),
        (20, "ring_ended", "8002"),
        (20, "answered_by_operator", "8002"),
        (30, "hold", "operator"),
        (35, "unhold", "operator"),
        (40, "transfer", "8002"),
        (45, "recording_paused", None),
        (50, "recording_resumed", None),
        (55, "recording_paused", None),
        (60, "ended", None),
    ]
    details = {entry.kind.value: entry.detail for entry in story}
    assert details["transfer"] == {"kind": "blind", "to": "0301", "result": "completed"}
    assert details["left_queue"] == {"queue": "enquiries", "seconds": 6.0}
    assert details["ended"] == {"outcome": "answered", "hangup_cause": 16, "swept": False}
