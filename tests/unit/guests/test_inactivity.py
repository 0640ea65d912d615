"""Which contacts are owed, by the clock (requirements 5, inactivity and dual ownership)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from callcenter.guests.inactivity import Activity, owed
from callcenter.guests.kinds import Reason, Side
from callcenter.guests.rules import GuestRules
from tests.application import NOON
from tests.unit.guests.conftest import days

QUIET = Activity(quiet_since=NOON, service_owner=3)


def _reasons(activity: Activity, after_days: float, rules: GuestRules) -> list[Reason]:
    return [one.reason for one in owed(activity, NOON + days(after_days), rules)]


@pytest.mark.parametrize(
    ("after_days", "reasons"),
    [
        (6, []),
        (7, []),
        (8, [Reason.IDLE_WEEK]),
        (29, [Reason.IDLE_WEEK]),
        (31, [Reason.IDLE_MONTH, Reason.IDLE_MONTH]),
        (61, [Reason.IDLE_MONTH, Reason.IDLE_MONTH, Reason.IDLE_TWO_MONTHS]),
    ],
)
def test_given_no_order_for_a_week_a_month_two_months_when_looked_at_then_the_stated_contacts_are_owed(
    rules: GuestRules, after_days: float, reasons: list[Reason]
) -> None:
    assert _reasons(QUIET, after_days, rules) == reasons


def test_given_a_week_without_order_when_owed_then_one_call_within_the_next_week_by_the_owner(
    rules: GuestRules,
) -> None:
    (call,) = owed(QUIET, NOON + days(8), rules)

    assert (call.side, call.owner, call.due_at) == (Side.SERVICE, 3, NOON + days(14))
    assert owed(replace(QUIET, service_contacts=(NOON + days(7.5),)), NOON + days(8), rules) == []


@pytest.mark.parametrize(("contacts", "left"), [(0, 2), (1, 1), (2, 0), (5, 0)])
def test_given_more_than_a_month_when_contacts_were_made_then_only_what_is_missing_to_two_is_owed(
    rules: GuestRules, contacts: int, left: int
) -> None:
    made = tuple(NOON + days(30.1) + timedelta(hours=number) for number in range(contacts))
    still = owed(replace(QUIET, service_contacts=made), NOON + days(40), rules)

    assert [one.reason for one in still] == [Reason.IDLE_MONTH] * left


def test_given_a_second_month_when_looked_at_then_two_more_contacts_with_periods_of_their_own(
    rules: GuestRules,
) -> None:
    first = {one.period for one in owed(QUIET, NOON + days(31), rules)}
    second = {one.period for one in owed(QUIET, NOON + days(91), rules) if one.reason is Reason.IDLE_MONTH}

    assert len(first) == len(second) == 2
    assert first.isdisjoint(second)


@pytest.mark.parametrize(
    "known", [{"owing": True}, {"sales_contacts": (NOON + days(20),)}], ids=["still owing", "followed by sales"]
)
def test_given_two_months_when_the_customer_owes_or_sales_follows_then_the_service_desk_does_not(
    rules: GuestRules, known: dict[str, object]
) -> None:
    assert Reason.IDLE_TWO_MONTHS not in _reasons(replace(QUIET, **known), 61, rules)  # type: ignore[arg-type]


def test_given_a_level_with_a_cadence_when_the_owner_is_late_then_a_regular_contact_is_owed_by_each_side(
    rules: GuestRules,
) -> None:
    cadence = {("vip", Side.SERVICE): days(3), ("vip", Side.SALES): days(7)}
    busy = replace(rules, cadence=cadence)
    customer = replace(QUIET, level="vip", sales_owner=5, service_contacts=(NOON + days(2),))

    assert owed(customer, NOON + days(4), busy) == []
    late = owed(customer, NOON + days(7), busy)
    assert [(one.reason, one.side, one.owner) for one in late] == [
        (Reason.REGULAR, Side.SERVICE, 3),
        (Reason.REGULAR, Side.SALES, 5),
    ]
    assert owed(replace(customer, sales_owner=None, service_owner=None), NOON + days(7), busy) == []
