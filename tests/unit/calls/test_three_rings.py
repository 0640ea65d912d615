"""Requirements 1: external calls are answered within three rings; later than the third is flagged."""

import pytest

from callcenter.calls.three_rings import Account, Cadences, account
from callcenter.settings import load
from callcenter.telephony import Direction
from tests.unit.calls.builders import call


@pytest.mark.parametrize(
    ("cadence", "answered", "rings", "late"),
    [
        (5.0, 0.0, 1, False),
        (5.0, 4.999999, 1, False),
        (5.0, 5.0, 2, False),
        (5.0, 10.0, 3, False),
        (5.0, 14.9, 3, False),
        (5.0, 14.999999, 3, False),
        (5.0, 15.0, 4, True),
        (5.0, 15.1, 4, True),
        (5.0, 60.0, 13, True),
        (1.0, 2.999999, 3, False),
        (1.0, 3.0, 4, True),
        (6.0, 17.9, 3, False),
        (0.7, 2.1, 4, True),
    ],
)
def test_given_an_answer_then_rings_are_counted_and_late_is_the_start_of_the_fourth(
    cadence: float, answered: float, rings: int, late: bool
) -> None:
    found = account(call(operator=answered), cadence)

    assert (found.rings_to_answer, found.late) == (rings, late)


def test_given_setup_time_before_the_first_ring_when_answered_then_only_ringing_counts() -> None:
    found = account(call(ring=2.0, operator=16.5), 5.0)

    assert found == Account(5.0, 14.5, 3, 14.5, 3, False)


def test_given_the_system_answered_in_time_when_an_operator_follows_later_then_not_late_and_both_counted() -> None:
    found = account(call(system=13.0, operator=41.0), 5.0)

    assert found == Account(5.0, 13.0, 3, 41.0, 9, False)


def test_given_no_ringing_when_the_system_answers_at_once_then_no_ring_was_needed() -> None:
    found = account(call(ring=None, system=0.4), 5.0)

    assert (found.rings_to_answer, found.seconds_to_answer, found.late) == (0, 0.4, False)


def test_given_a_menu_first_call_when_operators_ring_after_the_answer_then_those_rings_are_not_the_callers() -> None:
    found = account(call(ring=30.0, system=0.5, operator=33.0), 5.0)

    assert (found.rings_to_answer, found.rings_to_operator, found.late) == (0, 0, False)


@pytest.mark.parametrize(("gave_up", "late"), [(14.9, False), (15.0, True)])
def test_given_nobody_answered_when_the_caller_gave_up_then_late_if_the_fourth_ring_had_started(
    gave_up: float, late: bool
) -> None:
    assert account(call(end=gave_up), 5.0).late is late


def test_given_silence_without_any_ring_when_the_caller_gives_up_after_three_cadences_then_late() -> None:
    assert account(call(ring=None, end=15.0), 5.0).late


def test_given_a_call_still_ringing_when_accounted_then_nothing_is_said_yet() -> None:
    assert account(call(), 5.0) == Account(cadence=5.0)


@pytest.mark.parametrize(
    ("direction", "line", "cadence"),
    [
        (Direction.INBOUND, "4001", 5.0),
        (Direction.INBOUND, "4002", 1.0),
        (Direction.INBOUND, "unknown", 5.0),
        (Direction.INTERNAL, "4002", 1.0),
        (Direction.INTERNAL, "0301", None),
        (Direction.OUTBOUND, "4001", None),
    ],
)
def test_given_a_call_then_the_rule_applies_to_outside_calls_and_to_our_lines_by_their_own_cadence(
    direction: Direction, line: str, cadence: float | None
) -> None:
    cadences = Cadences(house=5.0, lines={"4001": 5.0, "4002": 1.0})

    assert cadences.in_force(call(direction=direction, line=line)) == cadence


def test_given_settings_when_cadences_are_taken_then_each_line_has_its_own_or_the_houses() -> None:
    settings = load(environment={"CALLCENTER_THREE_RINGS__RING_CADENCE": "4", "CALLCENTER_THREE_RINGS__GUARD": "2"})

    assert Cadences.of(settings) == Cadences(4.0, {"4001": 4.0, "4002": 4.0, "4003": 4.0})
