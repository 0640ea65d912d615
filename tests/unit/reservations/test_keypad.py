"""What a guest may do to a booking by keypad."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from callcenter.reservations.keypad import (
    Cancelling,
    Expected,
    arrival_meant,
    cancelling,
    expectable,
    fits,
    is_last_four,
)
from callcenter.reservations.models import Reservation
from callcenter.reservations.rules import BookingRules

ZONE = ZoneInfo("Asia/Shanghai")


def booking(**changes: object) -> Reservation:
    return Reservation(**{"kind": "individual", "state": "confirmed", "guarantee": "none", "group_id": None} | changes)


@pytest.mark.parametrize(
    ("given", "balance", "verdict"),
    [
        (booking(), 0, Cancelling.BY_KEYPAD),
        (booking(state="unconfirmed"), 0, Cancelling.BY_KEYPAD),
        (booking(), 10_000, Cancelling.BY_OPERATOR),
        (booking(guarantee="deposit"), 0, Cancelling.BY_OPERATOR),
        (booking(guarantee="prepaid"), 0, Cancelling.BY_OPERATOR),
        (booking(guarantee="agency"), 0, Cancelling.BY_OPERATOR),
        (booking(guarantee="company"), 0, Cancelling.BY_OPERATOR),
        (booking(kind="group"), 0, Cancelling.BY_OPERATOR),
        (booking(kind="meeting"), 0, Cancelling.BY_OPERATOR),
        (booking(group_id=7), 0, Cancelling.BY_OPERATOR),
        (booking(state="cancelled"), 0, Cancelling.NOT_AT_ALL),
        (booking(state="no_show"), 0, Cancelling.NOT_AT_ALL),
    ],
)
def test_given_a_booking_when_to_be_cancelled_by_keypad_then_only_where_nothing_and_nobody_else_stands_behind_it(
    given: Reservation, balance: int, verdict: Cancelling
) -> None:
    assert cancelling(given, balance) is verdict


@pytest.mark.parametrize(
    ("keyed", "today", "meant"),
    [
        ((12, 3), date(2026, 12, 1), date(2026, 12, 3)),
        ((12, 1), date(2026, 12, 1), date(2026, 12, 1)),
        ((11, 29), date(2026, 12, 1), date(2026, 11, 29)),
        ((11, 28), date(2026, 12, 1), date(2027, 11, 28)),
        ((1, 2), date(2026, 12, 1), date(2027, 1, 2)),
        ((12, 31), date(2027, 1, 1), date(2026, 12, 31)),
        ((2, 29), date(2027, 12, 1), date(2028, 2, 29)),
        ((2, 29), date(2026, 12, 1), None),
        ((13, 1), date(2026, 12, 1), None),
        ((0, 0), date(2026, 12, 1), None),
    ],
)
def test_given_month_and_day_when_keyed_then_the_next_such_date_is_meant_or_one_just_passed(
    keyed: tuple[int, int], today: date, meant: date | None
) -> None:
    assert arrival_meant(*keyed, today) == meant


@pytest.mark.parametrize(
    ("last", "is_one"), [("1234", True), ("123X", True), ("12X4", False), ("123", False), ("12345", False), ("", False)]
)
def test_given_four_signs_when_keyed_then_only_the_last_can_be_a_letter(last: str, is_one: bool) -> None:
    assert is_last_four(last) is is_one


@pytest.mark.parametrize(
    ("last", "is_right"), [("002x", False), ("002X", True), ("4321", True), ("1234", False), ("", False), ("21", False)]
)
def test_given_the_last_four_when_they_end_a_document_or_number_then_they_prove_the_guest(
    last: str, is_right: bool
) -> None:
    assert fits(last, ["11010519491231002x", "13800004321"]) is is_right


@pytest.mark.parametrize(
    ("keyed", "verdict"),
    [
        (time(19, 30), Expected.POSSIBLE),
        (time(16, 1), Expected.POSSIBLE),
        (time(16, 0), Expected.PAST),
        (time(6, 0), Expected.PAST),
        (time(5, 59), Expected.BY_OPERATOR),
        (time(0, 30), Expected.BY_OPERATOR),
    ],
)
def test_given_an_arrival_time_when_keyed_then_it_lies_ahead_and_the_nights_are_an_operators(
    keyed: time, verdict: Expected, rules: BookingRules
) -> None:
    now = datetime(2026, 12, 3, 16, 0, tzinfo=ZONE)
    assert expectable(date(2026, 12, 3), keyed, now, rules) is verdict
