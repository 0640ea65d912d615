"""How a call ended, judged at its end from what is known of it."""

from __future__ import annotations

from dataclasses import dataclass

from callcenter.telephony import Answerer, Direction, Outcome

# SIP statuses and Q.850 causes of a dialled party that never answered, as measured of Asterisk 22:
# the SIP status says it more exactly and is asked first.
_BY_SIP = {
    486: Outcome.BUSY,
    600: Outcome.BUSY,
    603: Outcome.REJECTED,
    404: Outcome.INVALID_NUMBER,
    484: Outcome.INVALID_NUMBER,
    410: Outcome.INVALID_NUMBER,
    503: Outcome.CONGESTION,
}
_BY_CAUSE = {
    1: Outcome.INVALID_NUMBER,
    22: Outcome.INVALID_NUMBER,
    28: Outcome.INVALID_NUMBER,
    17: Outcome.BUSY,
    21: Outcome.REJECTED,
    34: Outcome.CONGESTION,
    38: Outcome.CONGESTION,
    42: Outcome.CONGESTION,
    3: Outcome.UNREACHABLE,
    18: Outcome.UNREACHABLE,
    20: Outcome.UNREACHABLE,
    27: Outcome.UNREACHABLE,
}
_NO_ANSWER_CAUSE = 19


@dataclass(frozen=True, slots=True)
class DialledEnd:
    """The end of a dialled party that never answered.

    `rang`: its phone rang; `refused`: its side ended the attempt, not a time-out of ours. Cause 19 with status 480
    means both "nobody answered" and "not reachable", and only these two tell which.
    """

    cause: int
    sip: int
    rang: bool
    refused: bool


def outcome_of_caller(answered_by: Answerer, *, person: bool, queued: bool) -> Outcome:
    """Judge the call of somebody who called us.

    `person`: a person talked with the caller. `queued`: the caller waited for a person in some queue. A caller
    whom the system answered and who was, at some time, waiting for a person has abandoned when none came.
    """
    if person:
        return Outcome.ANSWERED
    if answered_by is Answerer.SYSTEM and not queued:
        return Outcome.SERVED_BY_SYSTEM
    return Outcome.ABANDONED


def outcome_of_dialled(end: DialledEnd) -> Outcome:
    """Judge a call that we made and that was never answered."""
    told = _BY_SIP.get(end.sip) or _BY_CAUSE.get(end.cause)
    if told is not None:
        return told
    if end.cause == _NO_ANSWER_CAUSE:
        return Outcome.NO_ANSWER if end.rang and not end.refused else Outcome.UNREACHABLE
    return Outcome.NO_ANSWER if end.rang else Outcome.FAILED


def is_dialled(direction: Direction, *, queued: bool) -> bool:
    """Tell whether a call is judged by the party it dialled: calls outside, and colleague to colleague."""
    return direction is Direction.OUTBOUND or (direction is Direction.INTERNAL and not queued)
