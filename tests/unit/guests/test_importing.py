"""Guests from a file: looked through first, brought in once, resumed after a crash, wrong lines handed back."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from callcenter.db import Database
from callcenter.guests import importing, store
from callcenter.guests.csv_file import FileNotReadable, decoded, read
from callcenter.guests.importing import ImportNotReady, Imports
from callcenter.guests.kinds import ImportState
from callcenter.guests.service import Guests
from callcenter.guests.work_models import GuestImport
from tests.unit.guests.conftest import BY, made
from tests.unit.guests.test_cards import ID_CARD

FILE = f"""姓名,电话,级别,身份证号,请勿致电,无关
赵一,13800000001；13800000002,金卡,{ID_CARD},是,x
钱二,13800000003,,,,
孙三,123,,,,
李四,13800000004,,530102199003070019,,
周五,13800000005,钻石,,,
,13800000006,,,,
""".encode()


@pytest_asyncio.fixture
async def imports(database: Database, guests: Guests) -> AsyncIterator[Imports]:
    started = Imports(database, guests)
    await started.start()
    yield started
    await started.close()


async def _row(database: Database, number: int) -> GuestImport:
    async with database.read() as session:
        return await importing.one(session, number)


async def _names(database: Database) -> list[str]:
    async with database.read() as session:
        return sorted(guest.name for guest in await store.page(session, limit=200))


async def test_given_a_file_when_looked_through_then_nothing_is_changed_and_every_mistake_is_told(
    database: Database, imports: Imports
) -> None:
    number = await imports.hand_over("list.csv", FILE, BY)
    await imports.settled()

    row = await _row(database, number)
    assert (row.state, row.total, row.done, row.created, row.known) == (ImportState.CHECKED, 6, 6, 2, 0)
    assert [(error["line"], error["code"]) for error in row.errors] == [
        (4, "number_not_valid"),
        (5, "id_card_not_valid"),
        (6, "unknown_level"),
        (7, "guest_name_missing"),
    ]
    assert await _names(database) == []


async def test_given_a_file_when_brought_in_then_good_lines_are_cards_and_the_content_is_forgotten(
    database: Database, imports: Imports
) -> None:
    number = await imports.hand_over("list.csv", FILE, BY)
    await imports.settled()
    await imports.bring_in(number, BY)
    await imports.settled()

    row = await _row(database, number)
    assert (row.state, row.created, len(row.errors), row.content) == (ImportState.DONE, 2, 4, "")
    async with database.read() as session:
        card = (await store.cards(session, [(await store.by_document(session, ID_CARD))[0]]))[0]
    assert (card.guest.name, card.guest.level, card.guest.do_not_call) == ("赵一", "gold", True)
    assert (card.guest.source, card.guest.sex, len(card.numbers)) == ("import", "male", 2)
    with pytest.raises(ImportNotReady):
        await imports.bring_in(number, BY)


async def test_given_guests_who_have_a_card_when_their_file_comes_again_then_they_are_left_alone(
    database: Database, guests: Guests, imports: Imports
) -> None:
    await made(database, guests, "钱二", "13800000003")
    for _ in range(2):
        number = await imports.hand_over("list.csv", FILE, BY)
        await imports.settled()
        await imports.bring_in(number, BY)
        await imports.settled()

    assert await _names(database) == ["赵一", "钱二"]
    assert (await _row(database, number)).known == 2


async def test_given_a_crash_in_the_middle_when_the_application_returns_then_the_file_goes_on_where_it_was(
    database: Database, guests: Guests
) -> None:
    lines = "姓名,电话\n" + "".join(f"客{n},138000{n:05}\n" for n in range(250))
    first = Imports(database, guests)
    number = await first.hand_over("long.csv", lines.encode(), BY)
    async with database.begin() as session:
        row = await session.get_one(GuestImport, number)
        row.state, row.done, row.created = ImportState.RUNNING.value, 100, 100

    second = Imports(database, guests)
    await second.start()
    await second.settled()
    await second.close()

    row = await _row(database, number)
    assert (row.state, row.done, row.created) == (ImportState.DONE, 250, 250)
    assert len(await _names(database)) == 150


async def test_given_a_file_when_given_up_then_nothing_of_it_is_kept(database: Database, imports: Imports) -> None:
    number = await imports.hand_over("list.csv", FILE, BY)
    await imports.settled()
    await imports.give_up(number, BY)

    row = await _row(database, number)
    assert (row.state, row.content, row.errors) == (ImportState.GIVEN_UP, "", [])


def test_given_a_spreadsheets_encodings_and_separators_when_read_then_the_same_lines() -> None:
    files = [
        "姓名,电话\n赵一,138".encode("utf-8-sig"),
        "姓名;电话\n赵一;138".encode("gb18030"),
        "姓名\t电话\n赵一\t138".encode(),
        'name,phone\n"赵一",138'.encode(),
    ]
    for content in files:
        assert [line.values for line in read(decoded(content)).lines] == [{"name": "赵一", "numbers": "138"}]


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00a", "电话\n138".encode(), "姓名\n".encode(), b"\x00\x01"])
def test_given_what_is_no_list_of_guests_when_read_then_refused(content: bytes) -> None:
    with pytest.raises(FileNotReadable):
        read(decoded(content))
