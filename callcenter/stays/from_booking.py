"""Check-in from a booking: its data carry over, its nights and deposits become the stay's (requirements 3, 4)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import NotFound
from callcenter.reservations.models import Reservation, ReservationGuest, ReservationLine
from callcenter.stays import checking_in
from callcenter.stays.checking_in import Person, Registration
from callcenter.stays.models import Stay
from callcenter.stays.scope import Scope


async def check_in(scope: Scope, wanted: Registration, booking: str | None) -> Stay:
    """Register a guest, as a walk-in or from the booking with this number.

    Raises:
        NotFound: there is no such booking.
        TransitionRefused: the booking is in no state in which its guest can arrive.
        and whatever `checking_in.check_in` raises.
    """
    number = await next_number(scope.session, "stay")
    if booking is None:
        return await checking_in.check_in(scope, wanted, number=number)
    found = await _booking(scope.session, booking)
    return await _arrive(scope, found, wanted, number)
