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

    A number that could not be rung is left to the booking: its card has none, and the supervisor's check asks for it.
    """
    card_id = await card_of(session, guests, wanted.booker, wanted.phone, wanted.guest_id, wanted.source, by)
    return replace(wanted, guest_id=card_id)


async def card_of(
    session: AsyncSession, guests: Guests, booker: str, phone: str, chosen: int | None, source: str, by: By
) -> int | None:
    """Return the card of who books, the `chosen` one if there is; None for what an agency books."""
    if chosen is not None or source == AGENCY:
        return chosen
    number = phone if guests.plan.recognise(phone) is not None else ""
    return (await guests.find_or_create(session, booker, number, by)).id
