"""Which contacts the house owes a customer (requirements 5: inactivity, dual ownership, abnormal purchasing). Pure.

More than a week without an order: one call within the next week. More than a month: at least two contacts a month.
More than two months and not followed by sales: the service desk follows, except customers who owe money.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from callcenter.guests.kinds import Reason, Side
from callcenter.guests.purchasing import Purchase, has_fallen, is_cycle_missed
from callcenter.guests.rules import GuestRules

MONTH: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Activity:
    """What is known of a customer: the last order (or when the card was made), and contacts, side by side."""

    quiet_since: datetime
    service_contacts: tuple[datetime, ...] = ()
    sales_contacts: tuple[datetime, ...] = ()
    purchases: tuple[Purchase, ...] = ()
    owing: bool = False
    level: str = ""
    service_owner: int | None = None
    sales_owner: int | None = None

    def owner(self, side: Side) -> int | None:
        """Return who looks after the customer on that side."""
        return self.service_owner if side is Side.SERVICE else self.sales_owner

    def contacts(self, side: Side) -> tuple[datetime, ...]:
        """Return when that side contacted the customer."""
        return self.service_contacts if side is Side.SERVICE else self.sales_contacts


@dataclass(frozen=True, slots=True)
class Owed:
    """A contact that is owed. `period` names what for: the same period is owed once."""

    reason: Reason
    period: str
    side: Side
    owner: int | None
    due_at: datetime


def owed(activity: Activity, now: datetime, rules: GuestRules) -> list[Owed]:
    """Return every contact that the rules ask for by now; one that was made counts."""
    rules_of_the_house = (_after_a_week, _after_a_month, _after_two_months, _regular, _abnormal)
    return [one for rule in rules_of_the_house for one in rule(activity, now, rules)]


def _after_a_week(activity: Activity, now: datetime, rules: GuestRules) -> Iterator[Owed]:
    begins = activity.quiet_since + timedelta(days=rules.inactivity.week_days)
    ends = begins + timedelta(days=rules.inactivity.call_within_days)
    if now <= begins or now - activity.quiet_since > timedelta(days=rules.inactivity.month_days):
        return
    made = [*activity.service_contacts, *activity.sales_contacts]
    if not any(begins < contact for contact in made):
        yield Owed(Reason.IDLE_WEEK, _day(activity.quiet_since), Side.SERVICE, activity.service_owner, ends)


def _after_a_month(activity: Activity, now: datetime, rules: GuestRules) -> Iterator[Owed]:
    first = activity.quiet_since + timedelta(days=rules.inactivity.month_days)
    if now <= first:
        return
    begins = first + (now - first) // MONTH * MONTH
    made = sum(begins < contact <= now for contact in (*activity.service_contacts, *activity.sales_contacts))
    wanted = rules.inactivity.contacts_a_month
    for place in range(made + 1, wanted + 1):
        due_at = begins + MONTH * place / wanted
        yield Owed(Reason.IDLE_MONTH, f"{_day(begins)}/{place}", Side.SERVICE, activity.service_owner, due_at)


def _after_two_months(activity: Activity, now: datetime, rules: GuestRules) -> Iterator[Owed]:
    begins = activity.quiet_since + timedelta(days=rules.inactivity.two_months_days)
    followed = any(activity.quiet_since < contact for contact in activity.sales_contacts)
    if now > begins and not followed and not activity.owing:
        due_at = begins + timedelta(days=rules.inactivity.call_within_days)
        period = _day(activity.quiet_since)
        yield Owed(Reason.IDLE_TWO_MONTHS, period, Side.SERVICE, activity.service_owner, due_at)


def _regular(activity: Activity, now: datetime, rules: GuestRules) -> Iterator[Owed]:
    """Owe what the level's cadence asks of each owner who is there."""
    for side in Side:
        every = rules.cadence.get((activity.level, side))
        if every is None or activity.owner(side) is None:
            continue
        last = max((activity.quiet_since, *activity.contacts(side)))
        if now - last >= every:
            yield Owed(Reason.REGULAR, f"{side.value}/{_day(last)}", side, activity.owner(side), last + every)


def _abnormal(activity: Activity, now: datetime, rules: GuestRules) -> Iterator[Owed]:
    """Let sales visit a customer who buys otherwise than usual; a visit since then counts."""
    if not activity.purchases:
        return
    last, due_at = max(one.at for one in activity.purchases), now + timedelta(days=rules.purchasing.visit_within_days)
    is_visited = any(last < contact for contact in activity.sales_contacts)
    owner = activity.owner(Side.SALES)
    if not is_visited and is_cycle_missed(activity.purchases, now, rules.purchasing):
        yield Owed(Reason.CYCLE_MISSED, _day(last), Side.SALES, owner, due_at)
    elif not is_visited and has_fallen(activity.purchases, now, rules.purchasing):
        yield Owed(Reason.SHARP_FALL, f"{now:%Y-%m}", Side.SALES, owner, due_at)


def _day(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d}"
