"""`./run bench guests`: the guest search among few and ten times as many cards, on SQLite and on PostgreSQL.

Every way of typing is measured: names, given names, pinyin, initials, numbers from the front and the end, documents,
a name with the end of a number, and what nobody has. Median and 95th percentile in milliseconds, and how they grow.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert, text

from callcenter.db import Database, upgrade
from callcenter.guests.documents import check_digit
from callcenter.guests.keys import Facts, keys_of
from callcenter.guests.models import Guest, GuestDocument, GuestKey, GuestNumber
from callcenter.guests.search import Search
from tests.load.rig import table
from tests.postgres import running_postgres

SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁于蒋蔡余杜叶程苏魏吕丁任沈"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂英华建国文志玉春红梅林晓雨欣怡子涵浩宇轩梓博思佳琪雪婷"
BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
BATCH = 2_000


@dataclass(frozen=True, slots=True)
class Person:
    """An invented guest."""

    number: int
    name: str
    mobile: str
    id_card: str


def people(count: int) -> Iterator[Person]:
    """Invent `count` guests, always the same; surnames as unevenly spread as they are."""
    chance = random.Random(count)
    for number in range(1, count + 1):
        surname = SURNAMES[min(int(chance.expovariate(0.12)), len(SURNAMES) - 1)]
        given = "".join(chance.choice(GIVEN) for _ in range(chance.choice((1, 2, 2))))
        mobile = f"1{chance.choice('3589')}{chance.randrange(10**9):09}"
        born = f"{chance.randrange(1950, 2006)}{chance.randrange(1, 13):02}{chance.randrange(1, 29):02}"
        body = f"530102{born}{chance.randrange(1000):03}"
        yield Person(number, surname + given, mobile, body + check_digit(body))


async def fill(database: Database, count: int) -> list[Person]:
    """Bring the invented guests into the database; return a sample of them."""
    everybody = list(people(count))
    for start in range(0, count, BATCH):
        part = everybody[start : start + BATCH]
        async with database.begin() as session:
            await session.execute(insert(Guest), [_guest(person) for person in part])
            await session.execute(insert(GuestNumber), [_number(person) for person in part])
            await session.execute(insert(GuestDocument), [_document(person) for person in part])
            await session.execute(insert(GuestKey), [row for person in part for row in _keys(person)])
    async with database.begin() as session:
        await session.execute(text("ANALYZE"))
    return random.Random(7).sample(everybody, min(200, count))


def questions(person: Person) -> dict[str, str]:
    """Say in which ways somebody may look for `person`."""
    return {
        "name": person.name,
        "surname": person.name[0],
        "given name": person.name[1:],
        "initials of two": "zw",
        "pinyin": "wangwei",
        "number": person.mobile,
        "front of a number": person.mobile[:5],
        "last four": person.mobile[-4:],
        "id card": person.id_card,
        "name and last four": f"{person.name} {person.mobile[-4:]}",
        "surname and last four": f"{person.name[0]} {person.mobile[-4:]}",
        "nobody": "阿里斯多芬",
    }


async def measure(database: Database, sample: Sequence[Person]) -> dict[str, list[float]]:
    """Ask every question of each of `sample`; return the milliseconds by kind of question."""
    taken: dict[str, list[float]] = {}
    search = Search()
    for person in sample:
        for kind, typed in questions(person).items():
            began = time.perf_counter()
            async with database.read() as session:
                await search.find(session, typed)
            taken.setdefault(kind, []).append(1000 * (time.perf_counter() - began))
    return taken


async def run(url: str, count: int) -> dict[str, list[float]]:
    """Measure among `count` cards in a fresh database."""
    await upgrade(url)
    database = Database(url)
    try:
        sample = await fill(database, count)
        await measure(database, sample[:10])
        return await measure(database, sample)
    finally:
        await database.close()


def main(arguments: Sequence[str]) -> int:
    """Print the figures of both databases."""
    parser = argparse.ArgumentParser(prog="./run bench guests", description=__doc__)
    parser.add_argument("--cards", type=int, default=200_000, help="cards in the large database")
    wanted = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="cc-bench-") as folder, running_postgres() as server:
        for kind in ("SQLite", "PostgreSQL"):
            results = []
            for count in (wanted.cards // 10, wanted.cards):
                server.create(f"guests{count}", "template1") if kind == "PostgreSQL" else None
                sqlite = f"sqlite+aiosqlite:///{Path(folder) / f'{count}.db'}"
                url = server.url(f"guests{count}") if kind == "PostgreSQL" else sqlite
                results.append(asyncio.run(run(url, count)))
            _print(kind, wanted.cards, *results)
    return 0


def _print(kind: str, cards: int, few: dict[str, list[float]], many: dict[str, list[float]]) -> None:
    rows = [_row(question, few[question], many[question]) for question in few]
    rows.append(_row("all", *([one for taken in part.values() for one in taken] for part in (few, many))))
    heads = ["typed", f"p50 {cards // 10}", "p95", f"p50 {cards}", "p95", "growth of p95"]
    sys.stdout.write(f"\n{kind}, milliseconds\n{table(heads, rows)}\n")


def _row(question: str, few: Sequence[float], many: Sequence[float]) -> list[str]:
    small, large = _percentiles(few), _percentiles(many)
    return [question, *(f"{value:.1f}" for value in (*small, *large)), f"{large[1] / small[1]:.2f}"]


def _percentiles(taken: Sequence[float]) -> tuple[float, float]:
    cuts = statistics.quantiles(taken, n=20)
    return cuts[9], cuts[18]


def _guest(person: Person) -> dict[str, Any]:
    at = BEGINNING + timedelta(seconds=person.number)
    empty = (
        "latin_surname",
        "latin_given",
        "origin",
        "address",
        "attention_reason",
        "contact_wish",
        "question",
        "note",
    )
    plain: dict[str, Any] = dict.fromkeys((*empty, "checked_by", "check_remark", "reviewed_by"), "")
    known = {"id": person.number, "name": person.name, "stage": "guest", "source": "import", "sex": "unknown"}
    rest = {"nationality": "CN", "language": "zh", "level": "ordinary", "do_not_call": False, "owing": False}
    return {**plain, **known, **rest, "contact_channels": [], "created_at": at, "created_by": "bench", "version": 1}


def _number(person: Person) -> dict[str, Any]:
    number = f"+86{person.mobile}"
    return {"guest_id": person.number, "position": 0, "number": number, "kind": "mobile", "note": ""}


def _document(person: Person) -> dict[str, Any]:
    return {"guest_id": person.number, "type": "id_card", "number": person.id_card, "country": ""}


def _keys(person: Person) -> Iterator[dict[str, Any]]:
    facts = Facts(person.name, ("", ""), ((f"+86{person.mobile}", person.mobile),), (person.id_card,))
    for kind, key in keys_of(facts):
        yield {"kind": int(kind), "key": key, "guest_id": person.number}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
