"""Abnormal purchasing (requirements 5): a cycle that was missed, a sharp fall; sales visits the customer. Pure.

The documents give no figures: what counts as abnormal is set (`guests.purchasing`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from callcenter.settings.guests import Purchasing

LEAST_PURCHASES: Final = 3
"""Two intervals at least: one alone is no cycle."""


@dataclass(frozen=True, slots=True)
class Purchase:
    """Something that a customer ordered; `amount` in fen."""

    at: datetime
    amount: int


def cycle_of(purchases: Sequence[Purchase]) -> timedelta | None:
    """Return how long it usually was from one purchase to the next, None where there were too few to tell."""
    moments = sorted(one.at for one in purchases)
    if len(moments) < LEAST_PURCHASES:
        return None
    return (moments[-1] - moments[0]) / (len(moments) - 1)


def is_cycle_missed(purchases: Sequence[Purchase], now: datetime, rules: Purchasing) -> bool:
    """Tell whether the customer has bought nothing for `rules.cycles_missed` usual intervals."""
    cycle = cycle_of(purchases)
    return cycle is not None and now - max(one.at for one in purchases) > cycle * rules.cycles_missed


def has_fallen(purchases: Sequence[Purchase], now: datetime, rules: Purchasing) -> bool:
    """Tell whether the last period's purchases are `rules.fall_percent` less than those of the period before."""
    period = timedelta(days=rules.period_days)
    recent = sum(one.amount for one in purchases if now - period < one.at <= now)
    before = sum(one.amount for one in purchases if now - 2 * period < one.at <= now - period)
    return before > 0 and recent * 100 <= before * (100 - rules.fall_percent)
