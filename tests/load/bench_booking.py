"""`./run bench booking`: bookings per second beside bare inserts, and the desk's searches at a tenth and at full size.

On SQLite (a file in the temporary folder) and on a private PostgreSQL (without fsync, as for tests). Bookings: 16 at
once, each in its own transaction with its change note and audit line; the baseline writes the same rows in as many
transactions, without asking, pricing or locking. Then everybody wants the last rooms of one type at once. The searches
are asked 200 times one after another, each in a transaction of its own, at a tenth of the size and at full size.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import statistics
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Boolean, Integer, Numeric, String, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls import service as call_service
from callcenter.calls.models import Call
from callcenter.clock import SettableClock
from callcenter.db import Base, Database, UtcDateTime, upgrade
from callcenter.guests.keys import Facts, keys_of
from callcenter.guests.models import Guest, GuestKey
from callcenter.guests.search import Search
from callcenter.reservations import allocation, availability, store
from callcenter.reservations import booking as bookings
from callcenter.reservations.booking import Wanted, WantedLine
from callcenter.reservations.models import Reservation, ReservationChange, ReservationLine
from callcenter.reservations.rules import NO_NOTE, BookingRules, Desk, TheHouse
from callcenter.reservations.states import Kind
from callcenter.rooms.models import Holder, Room, RoomNight, RoomType, TypeNight
from callcenter.rooms.nights import SoldOut, lock_type, nights_between
from callcenter.settings import load
from callcenter.staff.audit import AuditLog
from callcenter.staff.models import AuditEntry
from tests.load.rig import table, temporary_folder
from tests.postgres import running_postgres

AT_ONCE = 16
CHUNK = 2_000
COPIED = 50_000
"""Rows that the database copies in one statement: it must answer within its deadline."""

QUERIES = 200
TYPES = 10
TODAY = date(2026, 12, 1)
NOW = datetime(2026, 12, 1, 4, tzinfo=UTC)
YEAR = 365
BY = TheHouse("bench")
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
GIVEN = "伟芳娜敏静秀丽强磊军洋勇艳杰娟涛明超兰霞平刚桂英华玉萍红"


@dataclass(frozen=True, slots=True)
class Sizes:
    """What full size is."""

    bookings: int
    rooms: int
    guests: int
    calls: int


@dataclass(frozen=True, slots=True)
class Timing:
    """Milliseconds of many queries."""

    median: float
    p95: float


async def measure(database: Database, ask: Callable[[AsyncSession, int], Awaitable[object]]) -> Timing:
    """Ask `QUERIES` times, after ten that do not count."""
    taken = []
    for number in range(-10, QUERIES):
        begun = time.perf_counter()
        async with database.read() as session:
            await ask(session, number)
        if number >= 0:
            taken.append((time.perf_counter() - begun) * 1000)
    return Timing(statistics.median(taken), statistics.quantiles(taken, n=20)[18])


async def fill_hotel(database: Database, rooms: int) -> None:
    """Make a hotel of `TYPES` types with as many rooms each."""
    async with database.begin() as session:
        kinds = [
            RoomType(
                code=f"type{number}",
                name_zh=f"房型{number}",
                name_en=f"Type {number}",
                kind="guest",
                beds=1,
                capacity=2,
                price=40000 + 1000 * number,
                extra_bed_price=10000,
                overbooking=0,
            )
            for number in range(TYPES)
        ]
        session.add_all(kinds)
        await session.flush()
        values = [
            {
                "number": f"{number:05d}",
                "type_id": kinds[number % TYPES].id,
                "floor": str(number // 100),
                "beds": 1,
                "condition": "clean",
                "active": True,
            }
            for number in range(rooms)
        ]
        await session.execute(insert(Room), values)
        for kind in kinds:  # as in a house that has been booked for a while: the nights have their rows
            await lock_type(session, kind.id, TODAY, TODAY + timedelta(days=YEAR + 2))


def wish(number: int) -> Wanted:
    """Describe one of the bookings: two nights of some type within the next half year."""
    arrival = TODAY + timedelta(days=(number * 7) % 180)
    return Wanted(
        kind=Kind.INDIVIDUAL,
        lines=(WantedLine(f"type{number % TYPES}"),),
        arrival=arrival,
        departure=arrival + timedelta(days=2),
        booker=f"客人{number}",
        phone=f"+8613{number:09d}",
    )


async def book_all(database: Database, desk: Desk, count: int) -> float:
    """Make `count` bookings, `AT_ONCE` at a time; return bookings per second."""
    numbers = iter(range(count))

    async def desk_clerk() -> None:
        for number in numbers:
            async with database.begin() as session:
                await bookings.create(session, desk, wish(number), BY)

    begun = time.perf_counter()
    await asyncio.gather(*(desk_clerk() for _ in range(AT_ONCE)))
    return count / (time.perf_counter() - begun)


async def insert_all(database: Database, rows: Sequence[dict[type[Base], list[dict[str, Any]]]]) -> float:
    """Write the rows of bookings made before, a transaction each, `AT_ONCE` at a time; return transactions a second."""
    left = iter(rows)

    async def writer() -> None:
        for booked in left:
            async with database.begin() as session:
                for table_class, values in booked.items():
                    if table_class is TypeNight:
                        for night in values:
                            key = (TypeNight.type_id == night["type_id"], TypeNight.night == night["night"])
                            await session.execute(update(TypeNight).where(*key).values(sold=TypeNight.sold + 1))
                    else:
                        await session.execute(insert(table_class), values)

    begun = time.perf_counter()
    await asyncio.gather(*(writer() for _ in range(AT_ONCE)))
    return len(rows) / (time.perf_counter() - begun)


async def rows_of_bookings(database: Database) -> list[dict[type[Base], list[dict[str, Any]]]]:
    """Read every booking's rows, to be written again under new numbers."""
    shift = 1_000_000
    found: list[dict[type[Base], list[dict[str, Any]]]] = []
    async with database.read() as session:
        lines = {line.reservation_id: line for line in await session.scalars(select(ReservationLine))}
        changes = {one.reservation_id: one for one in await session.scalars(select(ReservationChange))}
        entries = {one.subject_id: one for one in await session.scalars(select(AuditEntry))}
        for one in (await session.scalars(select(Reservation))).all():
            booking = _values(one) | {
                "id": one.id + shift,
                "number": f"B{one.number}",
                "account": f"B{one.account}",
            }
            line = _values(lines[one.id]) | {"id": lines[one.id].id + shift, "reservation_id": one.id + shift}
            change = _values(changes[one.id]) | {"id": changes[one.id].id + shift, "reservation_id": one.id + shift}
            entry = _values(entries[one.number]) | {"id": entries[one.number].id + shift}
            nights = [
                {"type_id": lines[one.id].type_id, "night": night}
                for night in nights_between(one.arrival, one.departure)
            ]
            found.append(
                {
                    Reservation: [booking],
                    ReservationLine: [line],
                    ReservationChange: [change],
                    AuditEntry: [entry],
                    TypeNight: nights,
                }
            )
    return found


async def race(database: Database, desk: Desk, rooms: int) -> tuple[int, int]:
    """Let four times as many as there are rooms want one type for one night, each with a room at once.

    Returns:
        How many got one, and how many rooms are held twice.
    """
    night = TODAY + timedelta(days=200)
    wanted = replace(wish(0), arrival=night, departure=night + timedelta(days=1))

    async def want() -> bool:
        try:
            async with database.begin() as session:
                booking = await bookings.create(session, desk, wanted, BY)
                return await allocation.choose_any(session, desk, booking, BY, NO_NOTE)
        except SoldOut:
            return False

    made = 0
    for _ in range(4 * rooms // AT_ONCE + 1):
        made += (await asyncio.gather(*(want() for _ in range(AT_ONCE)))).count(True)
    async with database.read() as session:
        held = Counter(await session.scalars(select(RoomNight.room_id).where(RoomNight.night == night)))
    return made, sum(count - 1 for count in held.values())


async def fill_year(database: Database, share: float = 0.6) -> None:
    """Book a year: rows of stays of two nights that hold rooms, so that six rooms of ten are sold each night."""
    async with database.read() as session:
        found = (await session.scalars(select(Room).order_by(Room.number))).all()
    standard = _values(Reservation(**_standard()))
    booked: list[dict[str, Any]] = []
    lines: list[dict[str, Any]] = []
    held: list[dict[str, Any]] = []
    dice = random.Random(7)
    number = 5_000_000
    for room in found:
        day = TODAY
        while day < TODAY + timedelta(days=YEAR):
            if dice.random() < share:
                number += 1
                until = day + timedelta(days=2)
                booked.append(
                    standard
                    | {"id": number, "number": f"Y{number}", "account": f"YA{number}", "arrival": day}
                    | {"departure": until, "arrives_at": datetime(day.year, day.month, day.day, 6, tzinfo=UTC)}
                )
                lines.append(
                    {"id": number, "reservation_id": number, "type_id": room.type_id, "rooms": 1, "beds": 0}
                    | {"arrived": 0, "price": 1, "list_price": 1, "nightly": [1, 1]}
                )
                held += [
                    {"room_id": room.id, "night": night, "bed": 1, "holder": Holder.RESERVATION, "holder_id": number}
                    for night in nights_between(day, until)
                ]
            day += timedelta(days=2)
    await _insert(database, Reservation, booked)
    await _insert(database, ReservationLine, lines)
    await _insert(database, RoomNight, held)
    sold = Counter((line["type_id"], night["night"]) for line, night in _with_nights(lines, held))
    async with database.begin() as session:
        await session.execute(
            update(TypeNight),
            [{"type_id": type_id, "night": night, "sold": count} for (type_id, night), count in sold.items()],
        )


async def fill_guests(database: Database, count: int) -> None:
    """Make guest cards with the keys under which they are found."""
    cards: list[dict[str, Any]] = []
    keys: list[dict[str, Any]] = []
    for number in range(count):
        name = guest_name(number)
        phone = f"13{number:09d}"
        cards.append(_guest(number + 1, name))
        of_phone = {(int(kind), key) for kind, key in keys_of(Facts("", ("", ""), ((f"+86{phone}", phone),), ()))}
        keys += [
            {"kind": kind, "key": key, "guest_id": number + 1} for kind, key in sorted(_name_keys(name) | of_phone)
        ]
        if len(cards) == CHUNK:
            await _insert(database, Guest, cards)
            await _insert(database, GuestKey, keys)
            cards, keys = [], []
    await _insert(database, Guest, cards)
    await _insert(database, GuestKey, keys)


async def fill_calls(database: Database, count: int) -> None:
    """Make call records, three minutes apart: some thousands, then twice as many by the database itself, and again."""
    made = min(CHUNK, count)
    await _insert(database, Call, [_call(number) for number in range(made)])
    columns = [column.key for column in Call.__table__.columns]
    while made < count:
        more = min(made, count - made, COPIED)
        shift = {"id": f"id + {made}", "linkedid": f"'{made}.' || linkedid"}
        for name in ("started_at", "first_ring_at", "answered_at", "operator_answered_at", "ended_at", "known_until"):
            shift[name] = _earlier(database, name, 3 * made)
        wanted = ", ".join(shift.get(name, f'"{name}"') for name in columns)
        names = ", ".join(f'"{name}"' for name in columns)
        async with database.begin() as session:
            statement = f"INSERT INTO calls ({names}) SELECT {wanted} FROM calls WHERE id <= {more}"
            await session.execute(text(statement))
        made += more


def _earlier(database: Database, column: str, minutes: int) -> str:
    """Write, in the dialect in use, an instant so many minutes before that of a column."""
    if database.url.startswith("sqlite"):
        return f"strftime('%Y-%m-%d %H:%M:%f', {column}, '-{minutes} minutes') || '000'"
    return f"{column} - interval '{minutes} minutes'"


@cache
def _name_keys(name: str) -> frozenset[tuple[int, str]]:
    return frozenset((int(kind), key) for kind, key in keys_of(Facts(name, ("", ""), (), ())))


def guest_name(number: int) -> str:
    """Give one of 15,680 invented names."""
    return SURNAMES[number % 20] + GIVEN[number // 20 % 28] + GIVEN[number // 560 % 28]


async def searches(database: Database, guests: int, calls: int) -> dict[str, Timing]:
    """Time what the desk asks all day."""
    search = Search()
    dice = random.Random(11)
    names = [guest_name(dice.randrange(guests)) for _ in range(QUERIES + 10)]
    typed = [
        (names[each], names[each][:2], f"13{dice.randrange(guests):09d}", f"{dice.randrange(10_000):04d}")[each % 4]
        for each in range(QUERIES + 10)
    ]

    async def free(session: AsyncSession, number: int) -> object:
        return await availability.availability(session, TODAY, TODAY + timedelta(days=YEAR))

    async def days(session: AsyncSession, number: int) -> object:
        first = TODAY + timedelta(days=30 * (number % 11))
        return await availability.calendar(session, first, first + timedelta(days=31))

    async def guest(session: AsyncSession, number: int) -> object:
        return await search.find(session, typed[number])

    async def page(session: AsyncSession, number: int) -> object:
        at = NOW - timedelta(minutes=3 * dice.randrange(calls))
        return await call_service.page(session, call_service.CallQuery(), limit=50, after=(at, 1 << 60))

    async def listed(session: AsyncSession, number: int) -> object:
        query = store.BookingQuery(arrival_from=TODAY + timedelta(days=number % 300))
        return await store.page(session, query, 50)

    return {
        f"availability over {YEAR} nights": await measure(database, free),
        "hotel calendar of a month": await measure(database, days),
        "list of bookings by arrival": await measure(database, listed),
        "guest search": await measure(database, guest),
        "page of the call list": await measure(database, page),
    }


async def bench(url: str, other: str, sizes: Sizes) -> dict[str, Any]:
    """Measure one kind of database: bookings and full size in the database of `url`, a tenth in that of `other`."""
    clock = SettableClock(NOW)
    rules = replace(BookingRules.of(load(environment={})), zone=ZoneInfo("Asia/Shanghai"))
    desk = Desk(clock, rules, AuditLog(clock))
    results: dict[str, Any] = {}
    for name, address, part in (("a tenth", other, 10), ("full size", url, 1)):
        await upgrade(address)
        database = Database(address)
        rooms = sizes.rooms // part
        await fill_hotel(database, rooms)
        if part == 1:
            results["bookings/s"] = await book_all(database, desk, sizes.bookings)
            results["bare inserts/s"] = await insert_all(database, await rows_of_bookings(database))
            results["race"] = await race(database, desk, rooms // TYPES)
            await database.close()
            await _drop_hotel(address)
            database = Database(address)
        await fill_year(database)
        await fill_guests(database, sizes.guests // part)
        await fill_calls(database, sizes.calls // part)
        await _settle(database)
        results[name] = await searches(database, sizes.guests // part, sizes.calls // part)
        await database.close()
    return results


@contextmanager
def databases(kind: str, folder: Path) -> Iterator[tuple[str, str]]:
    """Give two empty databases of a kind."""
    if kind == "SQLite":
        yield (f"sqlite+aiosqlite:///{folder / 'full.db'}", f"sqlite+aiosqlite:///{folder / 'tenth.db'}")
        return
    with running_postgres() as server:
        for name in ("full", "tenth"):
            server.create(name, "template1")
        yield server.url("full"), server.url("tenth")


def main(arguments: Sequence[str]) -> int:
    """Measure and print; 1 where a room was sold twice."""
    parser = argparse.ArgumentParser(description="Bookings per second, and searches at a tenth and at full size.")
    parser.add_argument("--part", type=int, default=1, help="divide all sizes by this, for a quick look")
    part = parser.parse_args(arguments).part
    sizes = Sizes(bookings=2_000 // part, rooms=500, guests=200_000 // part, calls=1_000_000 // part)
    doubles = 0
    for kind in ("SQLite", "PostgreSQL"):
        with temporary_folder() as folder, databases(kind, folder) as (full, tenth):
            found = asyncio.run(bench(full, tenth, sizes))
        made, twice = found["race"]
        doubles += twice + abs(made - sizes.rooms // TYPES)
        ratio = found["bookings/s"] / found["bare inserts/s"]
        speed = (f"{found['bookings/s']:.0f}", f"{found['bare inserts/s']:.0f}", f"{ratio:.2f}", made, twice)
        heads = (kind, "bookings/s", "bare inserts/s", "ratio", "of 50 rooms sold", "twice")
        print(table(heads, [("bookings", *speed)]), flush=True)
        growth = []
        for name, full_size in found["full size"].items():
            small = found["a tenth"][name]
            growth.append((name, *_shown(small), *_shown(full_size), f"{full_size.p95 / small.p95:.2f}"))
        heads = (kind, "tenth: median ms", "p95", "full: median ms", "p95", "p95 grows ×")
        print(table(heads, growth), flush=True)
    return 1 if doubles else 0


def _shown(timing: Timing) -> tuple[str, str]:
    return f"{timing.median:.1f}", f"{timing.p95:.1f}"


def _values(row: Base) -> dict[str, Any]:
    return {column.key: getattr(row, column.key) for column in row.__mapper__.column_attrs}


def _standard() -> dict[str, Any]:
    texts = ("phone", "group_name", "group_type", "plan", "discount_reason", "company", "salesperson", "note")
    return dict.fromkeys(texts, "") | {
        "kind": "individual",
        "state": "confirmed",
        "guarantee": "none",
        "booker": "客人",
        "language": "zh",
        "arrival_stated": False,
        "persons": 1,
        "extra_beds": 0,
        "extra_bed_price": 0,
        "discount": 0,
        "total": 2,
        "approval": "",
        "source": "phone",
        "contacts": 0,
        "entered_by": "bench",
        "entered_at": NOW,
        "end_reason": "",
        "version": 1,
    }


def _guest(number: int, name: str) -> dict[str, Any]:
    return _plain_row(Guest) | {"id": number, "name": name, "stage": "customer", "level": "ordinary"}


def _plain_row(table_class: type[Base]) -> dict[str, Any]:
    """Fill every column that must not be empty with a plain value."""
    plain = ((UtcDateTime, NOW), (String, ""), (Boolean, False), (Numeric, 1.0), (Integer, 1))
    found: dict[str, Any] = {}
    for column in table_class.__table__.columns:
        if not column.nullable:
            fitting = (value for kind, value in plain if isinstance(column.type, kind))
            found[column.key] = next(fitting, [])
    return found


def _call(number: int) -> dict[str, Any]:
    at = NOW - timedelta(minutes=3 * number)
    times = dict.fromkeys(("started_at", "first_ring_at", "answered_at", "operator_answered_at"), at)
    values = {
        "id": number + 1,
        "node": "pbx1",
        "linkedid": f"{number}.0",
        "direction": "inbound",
        "caller": f"13{number % 200_000:09d}",
        "line": "4001",
        "quarter": int(at.timestamp()) // 900,
        "answered_by": "operator",
        "ended_at": at + timedelta(minutes=2),
        "outcome": "answered",
        "talk_seconds": 120.0,
        "swept": False,
        "late": False,
        "rank": 1,
        "known_until": at,
    }
    return _plain_row(Call) | times | values


def _with_nights(
    lines: Sequence[dict[str, Any]], held: Sequence[dict[str, Any]]
) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Pair each held night with its booking's line: two nights a booking, in the same order."""
    for at, line in enumerate(lines):
        yield line, held[2 * at]
        yield line, held[2 * at + 1]


async def _insert(database: Database, table_class: type[Base], rows: Sequence[dict[str, Any]]) -> None:
    """Write many rows as fast as the database takes them; this is not what is measured."""
    for start in range(0, len(rows), CHUNK):
        part = rows[start : start + CHUNK]
        async with database.begin() as session:
            if database.url.startswith("sqlite"):
                await session.execute(insert(table_class), part)
                continue
            connection = await (await session.connection()).get_raw_connection()
            columns = list(part[0])
            records = [tuple(_plain(row[name]) for name in columns) for row in part]
            copy = connection.driver_connection.copy_records_to_table  # type: ignore[union-attr]
            await copy(table_class.__tablename__, records=records, columns=columns)


def _plain(value: object) -> object:
    return json.dumps(value) if isinstance(value, list) else value


async def _drop_hotel(url: str) -> None:
    """Take the bookings of the first part out, so that the year begins with an empty hotel."""
    database = Database(url)
    async with database.begin() as session:
        for name in ("room_nights", "reservation_changes", "reservation_lines", "reservations"):
            await session.execute(Base.metadata.tables[name].delete())
        await session.execute(update(TypeNight).values(sold=0))
    await database.close()


async def _settle(database: Database) -> None:
    """Let the database gather its statistics, as it does by itself in a house that runs for days."""
    async with database.begin() as session:
        await session.execute(text("ANALYZE"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
