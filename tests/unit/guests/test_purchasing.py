"""Abnormal purchasing alerts sales to visit (requirements 5): a cycle missed, a sharp fall."""

from __future__ import annotations

from dataclasses import replace

import pytest

from callcenter.guests.inactivity import Activity, owed
from callcenter.guests.kinds import Reason, Side
from callcenter.guests.purchasing import Purchase, cycle_of
from callcenter.guests.rules import GuestRules
from tests.application import NOON
from tests.unit.guests.conftest import days

REGULAR = tuple(Purchase(NOON + days(10 * place), 50_000) for place in range(4))
CUSTOMER = Activity(quiet_since=REGULAR[-1].at, purchases=REGULAR, service_owner=3, sales_owner=4)
ABNORMAL = {Reason.CYCLE_MISSED, Reason.SHARP_FALL}


def _alerts(activity: Activity, after_days: float, rules: GuestRules) -> list[tuple[Reason, Side, int | None]]:
    found = owed(activity, NOON + days(after_days), rules)
    return [(one.reason, one.side, one.owner) for one in found if one.reason in ABNORMAL]


@pytest.mark.parametrize(("after_days", "alerts"), [(39, []), (50, []), (51, [(Reason.CYCLE_MISSED, Side.SALES, 4)])])
def test_given_an_order_every_ten_days_when_two_cycles_pass_without_one_then_sales_is_to_visit(
    rules: GuestRules, after_days: float, alerts: list[tuple[Reason, Side, int]]
) -> None:
    assert _alerts(CUSTOMER, after_days, rules) == alerts


def test_given_two_orders_when_time_passes_then_that_is_no_cycle_that_could_be_missed(rules: GuestRules) -> None:
    assert cycle_of(REGULAR[:2]) is None
    assert _alerts(replace(CUSTOMER, purchases=REGULAR[:2]), 60, rules) == []


@pytest.mark.parametrize(("recent", "alerts"), [(100_000, [Reason.SHARP_FALL]), (100_100, [])])
def test_given_half_as_much_as_in_the_months_before_when_looked_at_then_sales_is_to_visit(
    rules: GuestRules, recent: int, alerts: list[Reason]
) -> None:
    bought = (*REGULAR, Purchase(NOON + days(110), recent))
    assert [reason for reason, *_ in _alerts(replace(CUSTOMER, purchases=bought), 125, rules)] == alerts


def test_given_a_visit_since_the_last_order_when_looked_at_then_nothing_is_owed_for_it_again(rules: GuestRules) -> None:
    visited = replace(CUSTOMER, sales_contacts=(NOON + days(45),))
    assert _alerts(visited, 60, rules) == []
