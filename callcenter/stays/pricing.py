"""The price of a stay: a discount stays within what the operator may give, and has a reason (requirements 3, 4)."""

from __future__ import annotations

from dataclasses import dataclass

from callcenter.stays.kinds import DiscountTooHigh, StayType
from callcenter.stays.scope import reason_of


@dataclass(frozen=True, slots=True)
class Price:
    """What is agreed, in fen a night (an hourly stay: for its time); `discount` in percent of the list price."""

    list_price: int
    price: int
    discount: int


def agreed(
    list_price: int, price: int | None, ceiling: int, reason: str, stay_type: StayType, rate: int | None = None
) -> Price:
    """Return the price of a stay; without a wish it is the list price, and a free room costs nothing.

    `rate`: the discount in percent that `price` was made with; it counts, not what rounding makes of it.

    Raises:
        ReasonMissing: less than the list price, or a free room, without a reason.
        DiscountTooHigh: more than `ceiling` percent are taken off. A free room is all of it taken off.
    """
    wanted = 0 if stay_type is StayType.FREE else list_price if price is None else price
    percent = percent_off(list_price, wanted) if rate is None or stay_type is StayType.FREE else rate
    if stay_type is StayType.HOURLY:
        return Price(list_price, wanted, 0)
    if percent > 0 or stay_type is StayType.FREE:
        reason_of(reason, "discount")
    if percent > ceiling:
        raise DiscountTooHigh(percent=percent, ceiling=ceiling)
    return Price(list_price, wanted, percent)


def percent_off(list_price: int, price: int) -> int:
    """Return how much is taken off, rounded up, so that a ceiling is not passed by a fraction; dearer is none."""
    if list_price <= 0 or price >= list_price:
        return 0
    return -(-(list_price - price) * 100 // list_price)
