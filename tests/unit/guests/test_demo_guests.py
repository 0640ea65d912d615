"""The sample hotel knows who its simulated guests are: cards made once, of bookers too, found by their numbers."""

from __future__ import annotations

from sqlalchemy import select

from callcenter import demo_bookings, demo_guests
from callcenter.clock import SettableClock
from callcenter.db import Database
from callcenter.guests.service import Guests
from callcenter.reservations.models import Reservation
from callcenter.rooms.seeding import ensure_rooms
from callcenter.settings import load
from tests.application import NOON


async def test_given_a_house_without_cards_when_furnished_twice_then_the_samples_are_there_once_and_known_by_number(
    database: Database, guests: Guests
) -> None:
    settings, clock = load(environment={}), SettableClock(NOON)

    entered = [await demo_guests.furnish(database, settings, clock) for _ in range(2)]

    async with database.read() as session:
        callers = [demo_guests.caller_number(place) for place in range(len(demo_guests.SAMPLES))]
        known = await guests.of_numbers(session, callers)
    assert entered == [len(demo_guests.SAMPLES), 0]
    assert [known[caller][0].name for caller in callers] == [sample.name for sample in demo_guests.SAMPLES]
    assert all(sample.name.startswith(("示例", "Sample")) for sample in demo_guests.SAMPLES), "plainly invented"


async def test_given_sample_guests_when_the_sample_bookings_are_made_then_each_belongs_to_its_card(
    database: Database,
) -> None:
    settings, clock = load(environment={}), SettableClock(NOON)
    async with database.begin() as session:
        await ensure_rooms(session, settings)
    await demo_guests.furnish(database, settings, clock)
    await demo_bookings.furnish(database, settings, clock)

    async with database.read() as session:
        bookings = (await session.scalars(select(Reservation).order_by(Reservation.id))).all()
    assert [one.booker for one in bookings] == [sample.name for sample in demo_guests.SAMPLES[: len(bookings)]]
    assert all(one.guest_id for one in bookings)
