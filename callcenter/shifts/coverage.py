"""How many are planned in which hour, how many there must be, and how many past calls say; pure (requirements 2)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from math import exp

from callcenter.settings.shifts import Shift, Shifts

HOUR = timedelta(hours=1)
MOST_SEATS = 500

Hours = Mapping[datetime, int]
"""Seats in each hour of the hotel's clock, by its beginning (without a zone)."""


@dataclass(frozen=True, slots=True)
class Shortage:
    """An hour of the hotel's clock in which fewer are planned than must be there."""

    at: datetime
    planned: int
    wanted: int


def hours_of(day: date, shift: Shift) -> list[datetime]:
    """Return the hours that a shift beginning on `day` covers, also those of the next day."""
    begin, end = datetime.combine(day, shift.begin), datetime.combine(day, shift.end)
    if end <= begin:
        end += timedelta(days=1)
    first = begin.replace(minute=0)
    return [first + HOUR * number for number in range(int((end - first) / HOUR))]


def planned(entries: Iterable[tuple[date, str]], shifts: Mapping[str, Shift]) -> Counter[datetime]:
    """Count the seats of each hour; an entry of a shift that the settings no longer know counts nothing."""
    return Counter(hour for day, name in entries if name in shifts for hour in hours_of(day, shifts[name]))


def wanted_at(hour: datetime, rules: Shifts) -> int:
    """Return how many seats an hour must have at least: 8 by day and 2 by night in the house's procedures."""
    by_day = rules.day_begins <= hour.time() < rules.night_begins
    return rules.day_seats if by_day else rules.night_seats


def shortages(seats: Hours, first: date, days: int, rules: Shifts) -> list[Shortage]:
    """Return the hours of `days` days from `first` on that have too few seats."""
    begin = datetime.combine(first, time())
    hours = (begin + HOUR * number for number in range(24 * days))
    found = (Shortage(hour, seats.get(hour, 0), wanted_at(hour, rules)) for hour in hours)
    return [one for one in found if one.planned < one.wanted]


def worsened(before: Hours, after: Hours, rules: Shifts) -> list[Shortage]:
    """Return the hours in which a change leaves too few seats, and fewer than there were."""
    lost = [hour for hour in sorted(before) if after.get(hour, 0) < before[hour]]
    found = (Shortage(hour, after.get(hour, 0), wanted_at(hour, rules)) for hour in lost)
    return [one for one in found if one.planned < one.wanted]


def erlang_c(load: float, seats: int) -> float:
    """Return the share of callers who must wait with so many `seats` and a `load` in erlangs, 1 for all."""
    if load <= 0:
        return 0.0
    if seats <= load:
        return 1.0
    blocked = 1.0  # Erlang B by its recurrence, which does not overflow
    for number in range(1, seats + 1):
        blocked = load * blocked / (number + load * blocked)
    return seats * blocked / (seats - load * (1 - blocked))


def seats_needed(calls_an_hour: float, seconds_a_call: float, within: float, share: float) -> int:
    """Return the fewest seats with which `share` of the callers are answered `within` seconds (Erlang C)."""
    if calls_an_hour <= 0 or seconds_a_call <= 0:
        return 0
    load = calls_an_hour * seconds_a_call / 3600
    for seats in range(int(load) + 1, MOST_SEATS):
        late = erlang_c(load, seats) * exp(-(seats - load) * within / seconds_a_call)
        if 1 - late >= share:
            return seats
    return MOST_SEATS
