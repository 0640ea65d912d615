"""The line of waiting callers: the older call first, those whom the house prefers before, supervisors last word."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from callcenter.agents.places import moved, natural_priority, waiting
from callcenter.agents.priorities import Ahead, ahead
from callcenter.telephony import CallKey, CallSnapshot, Direction, QueueWait

START = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
TABLE = {"lost_before": 120, "vip": 300, "gold": 60}


def _caller(number: int, *, queue: str = "enquiries") -> CallSnapshot:
    began = START + timedelta(seconds=10 * number)
    wait = QueueWait(queue, began, 1)
    return CallSnapshot(
        CallKey("pbx1", str(number)), Direction.INBOUND, f"1380000000{number}", "4001", began, queue_waits=(wait,)
    )


CALLERS = [_caller(number) for number in (1, 2, 3)]


def _order(given: dict[CallKey, int]) -> list[str]:
    return [one.call.key.linkedid for one in waiting(CALLERS, given)]


def test_given_callers_in_one_queue_then_the_older_call_goes_first() -> None:
    assert _order({}) == ["1", "2", "3"]


def test_given_a_caller_who_was_lost_before_then_the_call_goes_before_those_of_less_than_the_table_s_seconds() -> None:
    third = CALLERS[2]

    assert _order({third.key: natural_priority(third) + 120}) == ["3", "1", "2"]
    assert _order({third.key: natural_priority(third) + 15}) == ["1", "3", "2"]


@pytest.mark.parametrize(("place", "order"), [(1, ["3", "1", "2"]), (2, ["1", "3", "2"]), (9, ["1", "2", "3"])])
def test_given_a_supervisor_who_moves_a_caller_then_the_line_is_in_that_order(place: int, order: list[str]) -> None:
    assert _order(moved(waiting(CALLERS, {}), CALLERS[2].key, place)) == order


def test_given_a_line_that_was_moved_then_whoever_comes_later_stands_behind_it() -> None:
    given = moved(waiting(CALLERS, {}), CALLERS[2].key, 1)

    assert min(given.values()) > natural_priority(_caller(4))


def test_given_two_queues_then_each_has_places_of_its_own() -> None:
    line = waiting([*CALLERS, _caller(0, queue="complaints")], {})

    assert [(one.queue, one.place) for one in line] == [
        ("complaints", 1),
        ("enquiries", 1),
        ("enquiries", 2),
        ("enquiries", 3),
    ]


@pytest.mark.parametrize(
    ("levels", "lost", "expected"),
    [
        ((), False, None),
        (("ordinary",), False, None),
        ((), True, Ahead(120, "lost_before")),
        (("gold",), True, Ahead(120, "lost_before")),
        (("vip", "gold"), True, Ahead(300, "vip")),
    ],
)
def test_given_what_is_known_of_a_caller_then_the_best_of_the_table_counts(
    levels: tuple[str, ...], lost: bool, expected: Ahead | None
) -> None:
    assert ahead(levels, lost, TABLE) == expected
