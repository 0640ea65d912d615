"""One box finds a guest by number, name, pinyin, initials, document; by room and booking through those who know."""

from collections.abc import Sequence

import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.db import Database
from callcenter.guests.card import Document, Draft, Number
from callcenter.guests.kinds import DocumentType
from callcenter.guests.search import Search
from callcenter.guests.service import Guests
from tests.unit.guests.conftest import BY, made


@pytest_asyncio.fixture
async def people(database: Database, guests: Guests) -> dict[int, str]:
    """Enter some people and return their names by id."""
    async with database.begin() as session:
        ada = await guests.create(
            session,
            Draft(latin_surname="Sämple", latin_given="Ada", numbers=(Number("+44 7700 900123"),)),
            BY,
            papers=[Document(DocumentType.PASSPORT, "E12345678", "GB")],
        )
    cards = [
        ada,
        await made(database, guests, "张小明", "13800000001"),
        await made(database, guests, "张晓敏", "13900000002"),
        await made(database, guests, "曾阿姨", "010-66612345"),
        await made(database, guests, "王小明", "13800000004"),
    ]
    return {card.id: card.guest.name for card in cards}


async def _found(database: Database, text: str, **how: bool) -> list[str]:
    async with database.read() as session:
        return [guest.name for guest in await Search().find(session, text, **how)]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("张小明", ["张小明"]),
        ("张", ["张小明", "张晓敏"]),
        ("小明", ["张小明", "王小明"]),
        ("张 小 明", ["张小明"]),
        ("zhangxiaoming", ["张小明"]),
        ("Zhang Xiaoming", ["张小明"]),
        ("xiaom", ["张小明", "张晓敏", "王小明"]),
        ("zxm", ["张小明", "张晓敏"]),
        ("zeng", ["曾阿姨"]),
        ("ada sample", ["Sämple Ada"]),
        ("SÄMPLE", ["Sämple Ada"]),
        ("13800000001", ["张小明"]),
        ("+86 138 0000 0001", ["张小明"]),
        ("008613800000001", ["张小明"]),
        ("1380000", ["张小明", "王小明"]),
        ("0004", ["王小明"]),
        ("2345", ["曾阿姨"]),
        ("010 6661", ["曾阿姨"]),
        ("07700 900123", ["Sämple Ada"]),
        ("7700900123", ["Sämple Ada"]),
        ("e12345678", ["Sämple Ada"]),
        ("345678", ["Sämple Ada"]),
        ("小明 0004", ["王小明"]),
        ("zxm 0001", ["张小明"]),
        ("张小明 0004", []),
        ("nobody", []),
        ("   ", []),
        ("%_*?\\", []),
    ],
)
async def test_given_what_an_operator_types_when_searched_then_the_guests_who_fit_are_shown(
    database: Database, people: dict[int, str], typed: str, found: list[str]
) -> None:
    assert sorted(await _found(database, typed)) == sorted(found)


async def test_given_an_exact_name_when_others_begin_with_it_then_it_comes_first(
    database: Database, guests: Guests
) -> None:
    for name in ("林一一", "林一"):
        await made(database, guests, name)

    assert await _found(database, "林一") == ["林一", "林一一"]


@pytest.mark.parametrize("typed", ["13800000001", "0001", "E12345678", "zxm 0001"])
async def test_given_one_who_may_not_see_numbers_when_a_number_is_guessed_then_nothing_confirms_it(
    database: Database, people: dict[int, str], typed: str
) -> None:
    assert await _found(database, typed, by_number=False) == []
    assert await _found(database, "张小明", by_number=False) == ["张小明"]


async def test_given_a_card_that_was_renamed_when_searched_then_only_the_new_name_finds_it(
    database: Database, guests: Guests
) -> None:
    card = await made(database, guests, "何旧名", "13800000005")
    async with database.begin() as session:
        await guests.change(session, card.id, Draft(name="何新名", numbers=(Number("13800000006"),)), BY)

    assert await _found(database, "何旧名") == []
    assert await _found(database, "13800000005") == []
    assert await _found(database, "何新名 0006") == ["何新名"]


async def test_given_a_room_or_booking_number_when_another_slice_knows_it_then_its_guest_comes_first(
    database: Database, people: dict[int, str]
) -> None:
    class Rooms:
        async def find_guests(self, session: AsyncSession, text: str, limit: int) -> Sequence[int]:
            return [number for number, name in people.items() if text == "0301" and name == "曾阿姨"]

    async with database.read() as session:
        found = await Search([Rooms()]).find(session, " 0301 ")

    assert [guest.name for guest in found] == ["曾阿姨"]
