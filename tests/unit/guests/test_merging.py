"""Two cards become one: nothing of the kept card is overwritten, nothing of the double lost, and it can be undone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from callcenter.db import Database
from callcenter.errors import NotFound
from callcenter.guests import store
from callcenter.guests.card import Document, Draft, draft_of
from callcenter.guests.kinds import Colour, DocumentType
from callcenter.guests.merging import MergeBuried, MergeOfOne, Merging
from callcenter.guests.search import Search
from callcenter.guests.service import Guests
from tests.unit.guests.conftest import BY, made
from tests.unit.guests.test_cards import ID_CARD


@pytest.fixture
def merging(guests: Guests) -> Merging:
    return Merging(guests)


async def _two(database: Database, guests: Guests) -> tuple[int, int]:
    kept = await made(database, guests, "张试验", "13800000001", origin="北京")
    gone = await made(
        database, guests, "张实验", "13800000001", "13800000002",
        origin="上海", address="试验路 1 号", attention_colour=Colour.AMBER, attention_reason="怕吵", do_not_call=True,
    )  # fmt: skip
    async with database.begin() as session:
        await guests.add_document(session, gone.id, Document(DocumentType.ID_CARD, ID_CARD), BY)
    return kept.id, gone.id


async def test_given_two_cards_when_previewed_then_what_is_taken_over_and_what_differs_is_shown(
    database: Database, guests: Guests, merging: Merging
) -> None:
    kept, gone = await _two(database, guests)

    async with database.read() as session:
        _, _, plan = await merging.preview(session, kept, gone)

    assert plan.changes["address"] == "试验路 1 号"
    assert (plan.changes["attention_colour"], plan.changes["do_not_call"]) == ("amber", True)
    assert plan.conflicts == {"origin": ("北京", "上海"), "name": ("张试验", "张实验")}
    assert [row.number for row in plan.numbers] == ["+8613800000002"]


async def test_given_two_cards_when_merged_then_found_as_one_under_every_name_and_number(
    database: Database, guests: Guests, merging: Merging
) -> None:
    kept, gone = await _two(database, guests)
    async with database.begin() as session:
        await merging.merge(session, kept, gone, "同一人", BY)

    async with database.read() as session:
        card = await store.card(session, gone)
        hits = {text: [one.id for one in await Search().find(session, text)] for text in ("张实验", "0002", ID_CARD)}
        listed = [one.id for one in await store.page(session)]
        assert await store.ids_of(session, gone) == (kept, gone)
    assert (card.id, card.guest.name, card.guest.origin, card.guest.address) == (kept, "张试验", "北京", "试验路 1 号")
    assert [row.number for row in card.numbers] == ["+8613800000001", "+8613800000002"]
    assert hits == {"张实验": [kept], "0002": [kept], ID_CARD: [kept]}
    assert listed == [kept]


async def test_given_a_merge_when_undone_then_both_cards_are_as_before_except_what_was_changed_since(
    database: Database, guests: Guests, merging: Merging
) -> None:
    kept, gone = await _two(database, guests)
    async with database.read() as session:
        before = [draft_of(await store.card(session, number)) for number in (kept, gone)]
    async with database.begin() as session:
        done = await merging.merge(session, kept, gone, "同一人", BY)
        merged = await store.card(session, kept)
        await guests.change(session, kept, _noted(draft_of(merged)), BY, attention_seen=True)
    async with database.begin() as session:
        await merging.undo(session, done.id, BY)

    async with database.read() as session:
        after = [draft_of(await store.card(session, number)) for number in (kept, gone)]
        hits = [one.id for one in await Search().find(session, "0002")]
    assert after[1] == before[1]
    assert after[0] == _noted(before[0])
    assert hits == [gone]
    with pytest.raises(NotFound):
        async with database.begin() as session:
            await merging.undo(session, done.id, BY)


async def test_given_a_chain_of_merges_when_undone_then_only_from_its_end(
    database: Database, guests: Guests, merging: Merging
) -> None:
    first, second, third = [(await made(database, guests, name)).id for name in ("甲一", "乙一", "丙一")]
    async with database.begin() as session:
        inner = await merging.merge(session, second, third, "", BY)
        outer = await merging.merge(session, first, second, "", BY)
        assert await store.current_id(session, third) == first
    with pytest.raises(MergeBuried):
        async with database.begin() as session:
            await merging.undo(session, inner.id, BY)
    async with database.begin() as session:
        await merging.undo(session, outer.id, BY)
        assert await store.current_id(session, third) == second
        await merging.undo(session, inner.id, BY)

    async with database.read() as session:
        assert [await store.current_id(session, number) for number in (first, second, third)] == [first, second, third]


async def test_given_one_card_when_merged_into_itself_then_refused(
    database: Database, guests: Guests, merging: Merging
) -> None:
    card = await made(database, guests, "张试验")
    with pytest.raises(MergeOfOne):
        async with database.begin() as session:
            await merging.merge(session, card.id, card.id, "", BY)


def _noted(draft: Draft) -> Draft:
    return replace(draft, note="新备注")
