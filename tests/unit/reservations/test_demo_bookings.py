"""The sample hotel has bookings, made once, by the house's own rules."""

from __future__ import annotations

from sqlalchemy import select

from callcenter.clock import SettableClock
from callcenter.db import Database
from callcenter.demo_bookings import SAMPLES, furnish
from callcenter.reservations import store
from callcenter.reservations.models import Reservation
from callcenter.rooms.seeding import ensure_rooms
from tests.application import NOON
from tests.sample import sample_settings


async def test_given_a_house_without_bookings_when_furnished_twice_then_the_samples_are_booked_once(
    database: Database,
) -> None:
    settings, clock = sample_settings(), SettableClock(NOON)
    async with database.begin() as session:
        await ensure_rooms(session, settings)

    booked = [await furnish(database, settings, clock) for _ in range(2)]

    async with database.read() as session:
        found = (await session.scalars(select(Reservation).order_by(Reservation.id))).all()
        balances = await store.balances(session, [one.id for one in found])
    assert booked == [len(SAMPLES), 0]
    assert [one.booker for one in found] == [sample.booker for sample in SAMPLES]
    assert sum(balances.values()) == sum(sample.deposit for sample in SAMPLES)
    confirmed = [sample.confirmed or bool(sample.deposit) for sample in SAMPLES]
    assert [one.state == "confirmed" for one in found] == confirmed


async def test_given_a_house_without_rooms_when_furnished_then_nothing_is_booked(database: Database) -> None:
    assert await furnish(database, sample_settings(), SettableClock(NOON)) == 0
