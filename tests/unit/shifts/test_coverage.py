"""Seats by the hour: what the three shifts give, what there must be, and what Erlang C says."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from callcenter.settings.shifts import Shifts
from callcenter.shifts.coverage import erlang_c, hours_of, planned, seats_needed, shortages, worsened

RULES = Shifts(day_seats=2, night_seats=1)
MONDAY = date(2026, 11, 23)
TUESDAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("shift", "first", "last", "hours"),
    [
        ("early", datetime(2026, 11, 23, 8), datetime(2026, 11, 23, 19), 12),
        ("late", datetime(2026, 11, 23, 9), datetime(2026, 11, 23, 20), 12),
        ("night", datetime(2026, 11, 23, 20), datetime(2026, 11, 24, 7), 12),
    ],
)
def test_given_the_three_shifts_of_the_house_then_they_cover_these_hours(
    shift: str, first: datetime, last: datetime, hours: int
) -> None:
    covered = hours_of(MONDAY, RULES.shifts[shift])

    assert (covered[0], covered[-1], len(covered)) == (first, last, hours)


def test_given_the_defaults_then_eight_seats_by_day_and_two_by_night_are_wanted() -> None:
    assert (Shifts().day_seats, Shifts().night_seats) == (8, 2)


def test_given_a_day_with_an_early_a_late_and_a_night_shift_then_only_the_hours_with_one_of_two_are_short() -> None:
    seats = planned([(MONDAY, "early"), (MONDAY, "late"), (MONDAY, "night")], RULES.shifts)

    short = [one for one in shortages(seats, MONDAY, 1, RULES) if one.at.hour >= 8]

    assert [(one.at.hour, one.planned, one.wanted) for one in short] == [(8, 1, 2)]


def test_given_a_night_shift_of_the_day_before_then_the_morning_has_its_seat() -> None:
    seats = planned([(MONDAY, "night")], RULES.shifts)

    assert not [one for one in shortages(seats, TUESDAY, 1, RULES) if one.at.hour < 8]


def test_given_a_change_that_takes_a_needed_seat_then_it_is_told_and_one_too_many_is_not() -> None:
    three = [(MONDAY, "early")] * 3
    many, two, one = (planned(three[:number], RULES.shifts) for number in (3, 2, 1))

    assert worsened(many, two, RULES) == []
    assert [short.planned for short in worsened(two, one, RULES)] == [1] * 12


def test_given_more_seats_than_before_but_still_too_few_then_the_change_made_nothing_worse() -> None:
    assert worsened(planned([], RULES.shifts), planned([(MONDAY, "early")], RULES.shifts), RULES) == []


def test_given_the_textbook_case_then_erlang_c_is_as_the_tables_say() -> None:
    # 10 erlangs on 14 agents: 17.4 % wait; 100 calls in half an hour of 180 s each, 80 % within 20 s: 14 agents
    assert erlang_c(10, 14) == pytest.approx(0.1741, abs=0.0005)
    assert seats_needed(200, 180, 20, 0.8) == 14


@pytest.mark.parametrize(("calls", "seconds", "seats"), [(0, 180, 0), (1, 60, 1)])
def test_given_hardly_any_calls_then_hardly_any_seat_is_needed(calls: float, seconds: float, seats: int) -> None:
    assert seats_needed(calls, seconds, 15, 0.9) == seats


def test_given_more_load_than_seats_then_everybody_waits() -> None:
    assert erlang_c(5, 5) == 1.0
