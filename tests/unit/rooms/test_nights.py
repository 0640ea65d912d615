"""The last room is sold once, whoever asks at the same time: the stock of a type, and the beds of a room."""

from __future__ import annotations

import asyncio
from datetime import date

import pytest
from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import IntegrityError

from callcenter.db import Database
from callcenter.rooms.models import Holder, Room, RoomNight, RoomType, TypeNight
from callcenter.rooms.nights import (
    RoomTaken,
    SoldOut,
    free_rooms,
    give_back,
    held_rooms,
    hold_type,
    nights_between,
    release_type,
    take_room,
)
from callcenter.rooms.seeding import ensure_rooms
from tests.sample import sample_settings

FIRST, UNTIL = date(2026, 12, 3), date(2026, 12, 6)
BUYERS = 50


async def test_given_one_suite_left_when_fifty_connections_book_it_at_once_then_one_gets_it(database: Database) -> None:
    suite = await _type(database, "suite")
    async with database.begin() as session:
        await hold_type(session, suite.id, FIRST, UNTIL, 3, overbook=False)

    async def buy(number: int) -> bool:
        try:
            async with database.begin() as session:
                await hold_type(session, suite.id, FIRST, UNTIL, 1, overbook=False)
                room = (await free_rooms(session, suite.id, FIRST, UNTIL))[0]
                await take_room(session, room, [1], FIRST, UNTIL, (Holder.RESERVATION, number))
        except SoldOut:
            return False
        return True

    bought = await asyncio.gather(*(buy(number) for number in range(BUYERS)))

    assert bought.count(True) == 1
    async with database.read() as session:
        assert set(await session.scalars(select(TypeNight.sold))) == {4}
        assert await session.scalar(select(func.count()).select_from(RoomNight)) == 3


async def test_given_fifty_who_only_look_and_then_take_when_they_want_one_room_then_the_table_lets_one_have_it(
    database: Database,
) -> None:
    """No lock at all, as a faulty program would do it: the key of the table is the last word."""
    await _type(database, "suite")
    async with database.read() as session:
        room = (await session.scalars(select(Room).where(Room.number == "0501"))).one()

    async def grab(number: int) -> bool:
        row = {"room_id": room.id, "night": FIRST, "bed": 1, "holder": Holder.RESERVATION, "holder_id": number}
        try:
            async with database.begin() as session:
                await session.execute(insert(RoomNight), [row])
        except IntegrityError:
            return False
        return True

    assert (await asyncio.gather(*(grab(number) for number in range(BUYERS)))).count(True) == 1


async def test_given_a_full_night_when_a_program_counts_up_without_looking_then_the_table_refuses(
    database: Database,
) -> None:
    suite = await _type(database, "suite")
    async with database.begin() as session:
        await hold_type(session, suite.id, FIRST, UNTIL, 4, overbook=False)

    with pytest.raises(IntegrityError):
        async with database.begin() as session:
            await session.execute(update(TypeNight).values(sold=TypeNight.sold + 1))


async def test_given_overbooking_of_one_when_sold_out_then_one_more_goes_with_the_right_and_a_second_never(
    database: Database,
) -> None:
    twin = await _type(database, "standard")
    async with database.begin() as session:
        assert not await hold_type(session, twin.id, FIRST, UNTIL, 20, overbook=True)

    async with database.begin() as session:
        with pytest.raises(SoldOut) as refused:
            await hold_type(session, twin.id, FIRST, UNTIL, 1, overbook=False)
        assert await hold_type(session, twin.id, FIRST, UNTIL, 1, overbook=True)

    assert refused.value.params == {"type": "standard", "night": "2026-12-03", "free": 0, "overbooking": 1}
    with pytest.raises(SoldOut):
        async with database.begin() as session:
            await hold_type(session, twin.id, FIRST, UNTIL, 1, overbook=True)


async def test_given_one_night_is_full_when_a_stay_over_it_is_wanted_then_nothing_of_it_is_held(
    database: Database,
) -> None:
    suite = await _type(database, "suite")
    async with database.begin() as session:
        await hold_type(session, suite.id, date(2026, 12, 4), date(2026, 12, 5), 4, overbook=False)

    with pytest.raises(SoldOut) as refused:
        async with database.begin() as session:
            await hold_type(session, suite.id, FIRST, UNTIL, 1, overbook=False)

    assert refused.value.params["night"] == "2026-12-04"
    async with database.read() as session:
        assert await session.scalar(select(func.sum(TypeNight.sold))) == 4


async def test_given_held_nights_when_released_then_they_can_be_sold_again(database: Database) -> None:
    suite = await _type(database, "suite")
    async with database.begin() as session:
        await hold_type(session, suite.id, FIRST, UNTIL, 4, overbook=False)
        await release_type(session, suite.id, FIRST, UNTIL, 1)
        await hold_type(session, suite.id, FIRST, UNTIL, 1, overbook=False)

    async with database.read() as session:
        assert list(await session.scalars(select(TypeNight.sold).order_by(TypeNight.night))) == [4, 4, 4]


async def test_given_one_bed_held_when_the_room_or_the_bed_is_wanted_then_taken_and_the_other_bed_is_free(
    database: Database,
) -> None:
    await _type(database, "standard")
    async with database.begin() as session:
        room = (await session.scalars(select(Room).where(Room.number == "0301"))).one()
        await take_room(session, room, [1], FIRST, UNTIL, (Holder.RESERVATION, 1))
        for beds in ([1, 2], [1]):
            with pytest.raises(RoomTaken) as refused:
                await take_room(session, room, beds, date(2026, 12, 5), UNTIL, (Holder.RESERVATION, 2))
            assert refused.value.params == {"room": "0301", "night": "2026-12-05"}
        await take_room(session, room, [2], FIRST, UNTIL, (Holder.RESERVATION, 2))

    async with database.read() as session:
        assert [(one.number, beds) for one, beds in await held_rooms(session, (Holder.RESERVATION, 2))] == [
            ("0301", [2])
        ]


async def test_given_the_next_guest_arrives_on_the_day_of_departure_when_both_hold_the_room_then_they_do_not_meet(
    database: Database,
) -> None:
    await _type(database, "suite")
    async with database.begin() as session:
        room = (await session.scalars(select(Room).where(Room.number == "0501"))).one()
        await take_room(session, room, [1], FIRST, UNTIL, (Holder.RESERVATION, 1))
        await take_room(session, room, [1], UNTIL, date(2026, 12, 7), (Holder.RESERVATION, 2))
        await give_back(session, (Holder.RESERVATION, 1), first=date(2026, 12, 4))
        nights = await session.scalars(select(RoomNight.night).order_by(RoomNight.night))

        assert list(nights) == [FIRST, UNTIL]


def test_given_arrival_and_departure_when_nights_are_counted_then_the_day_of_departure_is_none() -> None:
    assert nights_between(FIRST, UNTIL) == [date(2026, 12, 3), date(2026, 12, 4), date(2026, 12, 5)]


async def test_given_rooms_in_the_database_when_the_application_starts_again_then_changes_stay_and_nothing_doubles(
    database: Database,
) -> None:
    await _type(database, "suite")
    async with database.begin() as session:
        await session.execute(update(RoomType).where(RoomType.code == "suite").values(price=1))

    suite = await _type(database, "suite")

    async with database.read() as session:
        assert await session.scalar(select(func.count()).select_from(Room)) == 38
    assert suite.price == 1


async def _type(database: Database, code: str) -> RoomType:
    async with database.begin() as session:
        await ensure_rooms(session, sample_settings())
        return (await session.scalars(select(RoomType).where(RoomType.code == code))).one()
