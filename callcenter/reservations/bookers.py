"""Whose customer card a booking belongs to: who books is entered at once, so that nobody is missed (requirements 5)."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.guests.acting import By
from callcenter.guests.service import Guests
from callcenter.reservations.booking import Wanted

AGENCY = "agency"
"""Agencies leave numbers that mean nobody and expire (telephone room), so no card is made of them."""


async def with_card(session: AsyncSession, guests: Guests, wanted: Wanted, by: By) -> Wanted:
    """Return the booking with the card of its booker, found by name and number or made.

    Without a number that could be rung nothing is known that a card could be found by again, and none is made.
    """
    if wanted.guest_id is not None or wanted.source == AGENCY or guests.plan.recognise(wanted.phone) is None:
        return wanted
    card = await guests.find_or_create(session, wanted.booker, wanted.phone, by)
    return replace(wanted, guest_id=card.id)
