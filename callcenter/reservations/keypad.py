"""What a guest may hear of a booking and do to it by keypad: pure decisions (requirements 3, switchboard practice).

Found is only what is to come, was cancelled or became a no-show. Whoever is in the house, or was, is never found: so a
confidential guest cannot be told from one whom nobody knows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from callcenter.reservations.models import Reservation
from callcenter.reservations.rules import BookingRules
from callcenter.reservations.states import COMING, Kind, State

TOLD = COMING | {State.CANCELLED, State.NO_SHOW}
"""States of which a caller is told."""

NIGHT_ENDS = time(6)
"""Who keys an earlier time may mean the night before or after it: an operator asks."""

LATE = timedelta(days=2)
"""Bookings whose arrival is that long ago can still be asked for, above all no-shows."""

_FOUR_SIGNS = re.compile(r"[0-9]{3}[0-9X]")


class Cancelling(StrEnum):
    """Whether a booking can be cancelled by keypad."""

    BY_KEYPAD = "by_keypad"
    BY_OPERATOR = "by_operator"
    NOT_AT_ALL = "not_at_all"


class Expected(StrEnum):
    """What becomes of an arrival time that was keyed in."""

    POSSIBLE = "possible"
    PAST = "past"
    BY_OPERATOR = "by_operator"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who speaks: the call (its Linkedid), and the number that it shows, nothing where it is hidden."""

    linkedid: str
    number: str


@dataclass(frozen=True, slots=True)
class OwnBooking:
    """What is told of a booking: neither room nor name. `rooms`: how many of each type, by its code.

    `proved`: the caller is known to be the guest, by a document or by the number that the booking was made with.
    `expected`: in the hotel's zone.
    """

    number: str
    kind: Kind
    state: State
    arrival: date
    nights: int
    rooms: tuple[tuple[str, int], ...]
    expected: time
    deposit_held: bool
    cancelling: Cancelling
    proved: bool

    @property
    def is_coming(self) -> bool:
        """Whether the guest is still expected."""
        return self.state in COMING


def cancelling(booking: Reservation, balance: int) -> Cancelling:
    """Tell whether a guest may cancel alone: not where money or somebody else stands behind the booking.

    Prepaid, agency- and company-guaranteed bookings, groups, meetings and those with a deposit (`balance`, fen) are an
    operator's, who sees the penalty (switchboard practice, "Cancelling by keypad").
    """
    if State(booking.state) not in COMING:
        return Cancelling.NOT_AT_ALL
    is_alone = booking.kind == Kind.INDIVIDUAL and booking.group_id is None
    return Cancelling.BY_KEYPAD if is_alone and booking.guarantee == "none" and not balance else Cancelling.BY_OPERATOR


def arrival_meant(month: int, day: int, today: date) -> date | None:
    """Return the date that a caller means who keys in month and day: the next one, or one that has just passed.

    None where there is no such day.
    """
    earliest = today - LATE
    for year in (earliest.year, earliest.year + 1):
        try:
            meant = date(year, month, day)
        except ValueError:
            continue
        if meant >= earliest:
            return meant
    return None


def fits(last: str, numbers: Iterable[str]) -> bool:
    """Tell whether one of these document or telephone numbers ends in the four signs that were keyed in."""
    return is_last_four(last) and any(number.upper().endswith(last) for number in numbers)


def is_last_four(last: str) -> bool:
    """Tell whether these can be the last four of a document: digits, X only at the end (mainland identity cards)."""
    return _FOUR_SIGNS.fullmatch(last) is not None


def expectable(arrival: date, keyed: time, now: datetime, rules: BookingRules) -> Expected:
    """Tell whether a guest can be expected at the `keyed` time of the `arrival` date."""
    if keyed < NIGHT_ENDS:
        return Expected.BY_OPERATOR
    return Expected.POSSIBLE if rules.at(arrival, keyed) > now else Expected.PAST
