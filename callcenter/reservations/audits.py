"""Which bookings the evening audit, the no-show timer and the night audit touch: pure decisions.

The order of the three (requirements leave it open, so this is the house's decision):

1. The evening audit (18:00) removes today's unconfirmed arrivals.
2. The no-show timer looks at confirmed bookings only; unconfirmed ones are the audits' business.
3. The night audit (02:00) lets the no-show timer go first, then removes what is still unconfirmed of the day that it
   closes and of days before.

Whatever carries a deposit is never removed by any of them: a deposit does not vanish.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from callcenter.reservations.models import Reservation
from callcenter.reservations.rules import BookingRules
from callcenter.reservations.states import Kind, State


@dataclass(frozen=True, slots=True)
class Booked:
    """What these rules need to know of a booking. `balance`: deposit held, in fen; `allotted`: rooms were chosen."""

    kind: Kind
    state: State
    arrival: date
    arrives_at: datetime
    arrival_stated: bool
    entered_at: datetime
    guaranteed: bool
    balance: int
    contacts: int
    allotted: bool

    @classmethod
    def of(cls, booking: Reservation, balance: int, *, allotted: bool) -> Booked:
        """Take it from a booking."""
        return cls(
            Kind(booking.kind),
            State(booking.state),
            booking.arrival,
            booking.arrives_at,
            booking.arrival_stated,
            booking.entered_at,
            is_guaranteed(booking.guarantee, balance),
            balance,
            booking.contacts,
            allotted,
        )


def is_guaranteed(guarantee: str, balance: int) -> bool:
    """Tell whether a booking is guaranteed: by a deposit, prepaid, or by an agency or company."""
    return guarantee != "none" or balance > 0


def lapses_in_the_evening(booked: Booked, due: datetime, rules: BookingRules) -> bool:
    """Tell whether the evening audit due at `due` removes a booking: today's unconfirmed arrivals.

    Not those that agreed a later arrival, nor those entered since `rules.afternoon` (switchboard practice), nor
    any with a deposit.
    """
    today = rules.today(due)
    is_late_by_agreement = booked.arrival_stated and booked.arrives_at > due
    is_fresh = booked.entered_at >= rules.at(today, rules.afternoon)
    return (
        booked.state is State.UNCONFIRMED
        and booked.arrival == today
        and not is_late_by_agreement
        and not is_fresh
        and booked.balance == 0
    )


def day_closed(due: datetime, rules: BookingRules) -> date:
    """Return the date that the night audit due at `due` closes: the day before, if it runs after midnight."""
    local = due.astimezone(rules.zone)
    return local.date() - timedelta(days=1) if local.hour < 12 else local.date()


def lapses_at_night(booked: Booked, closed: date) -> bool:
    """Tell whether the night audit that closes `closed` removes a booking.

    Unconfirmed individual bookings and unconfirmed groups without rooms, of that day and before; never confirmed
    ones, never one with a deposit (requirements 3, night audit).
    """
    is_unallotted = booked.kind is not Kind.GROUP or not booked.allotted
    return booked.state is State.UNCONFIRMED and booked.arrival <= closed and is_unallotted and booked.balance == 0


def becomes_no_show(booked: Booked, now: datetime, rules: BookingRules) -> bool:
    """Tell whether the timer makes a booking a no-show.

    Confirmed, not guaranteed, `rules.no_show_after` past its expected arrival, and the guest was tried to be
    reached often enough: never because resting hours forbade a call (switchboard practice).
    """
    return (
        booked.state is State.CONFIRMED
        and not booked.guaranteed
        and booked.arrives_at + rules.no_show_after <= now
        and booked.contacts >= rules.no_show_contacts
    )


def held_until(booking: Reservation, balance: int, rules: BookingRules) -> datetime:
    """Return until when a booking is held for a guest who does not come; afterwards a person may release it.

    Guaranteed ones until `rules.hold_until` on the day after the arrival, others `rules.no_show_after` past it.
    """
    if is_guaranteed(booking.guarantee, balance):
        return rules.at(booking.arrival + timedelta(days=1), rules.hold_until)
    return booking.arrives_at + rules.no_show_after
