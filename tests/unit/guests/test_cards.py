"""Making and changing cards: complete, in one form, warned of, logged, never overwritten."""

import pytest
from sqlalchemy import select

from callcenter.db import Database
from callcenter.errors import NotFound
from callcenter.guests import orders, store
from callcenter.guests.attention import AttentionListed
from callcenter.guests.card import AttentionReasonMissing, Document, Draft, NameMissing, Number, Origin, UnknownLevel
from callcenter.guests.documents import DocumentNotValid, check_digit
from callcenter.guests.kinds import Colour, DocumentType, Sex, Source, Stage
from callcenter.guests.service import DocumentKnown, GuestChanged, Guests
from callcenter.staff.models import AuditEntry
from tests.unit.guests.conftest import BY, made

ID_BODY = "53010219900307001"
ID_CARD = ID_BODY + check_digit(ID_BODY)
MOBILE = "+8613800000001"


async def test_given_an_id_card_when_a_card_is_made_then_origin_sex_and_birthday_are_filled_in(
    database: Database, guests: Guests
) -> None:
    async with database.begin() as session:
        card = await guests.create(session, Draft(name="张试验"), BY, papers=[Document(DocumentType.ID_CARD, ID_CARD)])

    assert card.guest.origin == "云南省昆明市五华区"
    assert (card.guest.sex, str(card.guest.birthday), card.guest.nationality) == ("male", "1990-03-07", "CN")
    assert [paper.number for paper in card.documents] == [ID_CARD]


async def test_given_what_the_operator_entered_when_an_id_card_says_otherwise_then_the_entry_stays(
    database: Database, guests: Guests
) -> None:
    async with database.begin() as session:
        draft = Draft(name="张试验", origin="北京", sex=Sex.FEMALE)
        card = await guests.create(session, draft, BY, papers=[Document(DocumentType.ID_CARD, ID_CARD)])

    assert (card.guest.origin, card.guest.sex) == ("北京", "female")


async def test_given_a_wrong_id_card_when_a_card_is_made_then_nothing_is_kept(
    database: Database, guests: Guests
) -> None:
    papers = [Document(DocumentType.ID_CARD, ID_BODY + "0")]
    with pytest.raises(DocumentNotValid):
        async with database.begin() as session:
            await guests.create(session, Draft(name="张试验"), BY, papers=papers)

    async with database.read() as session:
        assert await store.page(session) == []


async def test_given_numbers_as_dictated_when_a_card_is_made_then_each_is_kept_once_in_one_form(
    database: Database, guests: Guests
) -> None:
    card = await made(database, guests, "李试验", "138 0000 0001", "+86 13800000001", "010-66612345")

    assert [row.number for row in card.numbers] == [MOBILE, "+861066612345"]


@pytest.mark.parametrize(
    ("draft", "error"),
    [
        (Draft(), NameMissing),
        (Draft(name="  "), NameMissing),
        (Draft(name="李试验", level="platinum"), UnknownLevel),
        (Draft(name="李试验", attention_colour=Colour.AMBER), AttentionReasonMissing),
    ],
)
async def test_given_what_no_card_can_say_when_entered_then_refused_by_name(
    database: Database, guests: Guests, draft: Draft, error: type[Exception]
) -> None:
    with pytest.raises(error):
        async with database.begin() as session:
            await guests.create(session, draft, BY)


async def test_given_a_foreign_guest_when_only_the_latin_name_is_known_then_it_is_the_name(
    database: Database, guests: Guests
) -> None:
    async with database.begin() as session:
        card = await guests.create(session, Draft(latin_surname="Sample", latin_given="Ada", nationality="gb"), BY)

    assert (card.guest.name, card.guest.nationality) == ("Sample Ada", "GB")


async def test_given_a_name_on_the_special_attention_list_when_typed_then_warned_before_saving(
    database: Database, guests: Guests
) -> None:
    listed = await made(
        database, guests, "王试验", attention_colour=Colour.PURPLE, attention_reason="Left without paying"
    )

    with pytest.raises(AttentionListed) as warned:
        async with database.begin() as session:
            await guests.create(session, Draft(name="王试验"), BY)
    async with database.begin() as session:
        seen = await guests.create(session, Draft(name="王试验"), BY, attention_seen=True)

    assert warned.value.params["listed"] == [
        {"id": listed.id, "name": "王试验", "colour": "purple", "reason": "Left without paying"}
    ]
    assert seen.id != listed.id


@pytest.mark.parametrize("name", ["王试", "王试验验", "汪试验"])
async def test_given_another_name_when_typed_then_not_taken_for_the_listed_one(
    database: Database, guests: Guests, name: str
) -> None:
    await made(database, guests, "王试验", attention_colour=Colour.AMBER, attention_reason="Noise")

    async with database.begin() as session:
        assert (await guests.create(session, Draft(name=name), BY)).guest.name == name


async def test_given_a_listed_foreigner_when_the_name_is_typed_the_other_way_round_then_warned(
    database: Database, guests: Guests
) -> None:
    async with database.begin() as session:
        latin = Draft(
            latin_surname="Sample", latin_given="Ada", attention_colour=Colour.BLUE, attention_reason="Allergy"
        )
        await guests.create(session, latin, BY)

    with pytest.raises(AttentionListed):
        async with database.begin() as session:
            await guests.create(session, Draft(name="Ada SAMPLE"), BY)


async def test_given_a_card_when_changed_then_before_and_after_are_in_the_audit_log(
    database: Database, guests: Guests
) -> None:
    card = await made(database, guests, "李试验", MOBILE)
    async with database.begin() as session:
        draft = Draft(name="李试验", level="gold", numbers=(Number("13800000002"),))
        await guests.change(session, card.id, draft, BY, version=1)

    async with database.read() as session:
        entries = (await session.scalars(select(AuditEntry).order_by(AuditEntry.id))).all()
    assert [entry.action for entry in entries] == ["guest.created", "guest.changed"]
    assert entries[1].before == {"level": "ordinary", "numbers": [MOBILE]}
    assert entries[1].after == {"level": "gold", "numbers": ["+8613800000002"]}
    assert (entries[1].subject_type, entries[1].subject_id, entries[1].username) == ("guest", str(card.id), "op1")


async def test_given_nothing_new_when_saved_then_nothing_is_logged_and_the_version_stays(
    database: Database, guests: Guests
) -> None:
    card = await made(database, guests, "李试验", MOBILE)
    async with database.begin() as session:
        again = await guests.change(session, card.id, Draft(name="李试验", numbers=(Number(MOBILE),)), BY)

    assert again.guest.version == 1


async def test_given_a_card_that_somebody_else_changed_when_saved_from_an_old_page_then_refused(
    database: Database, guests: Guests
) -> None:
    card = await made(database, guests, "李试验")
    async with database.begin() as session:
        await guests.change(session, card.id, Draft(name="李试验", note="Likes tea"), BY, version=1)

    with pytest.raises(GuestChanged):
        async with database.begin() as session:
            await guests.change(session, card.id, Draft(name="李试验", note="Likes coffee"), BY, version=1)


async def test_given_a_document_of_another_card_when_entered_again_then_that_card_is_named(
    database: Database, guests: Guests
) -> None:
    paper = Document(DocumentType.ID_CARD, ID_CARD)
    async with database.begin() as session:
        first = await guests.create(session, Draft(name="张试验"), BY, papers=[paper])
    second = await made(database, guests, "张另一")

    with pytest.raises(DocumentKnown) as refused:
        async with database.begin() as session:
            await guests.add_document(session, second.id, paper, BY)
    assert refused.value.params == {"id": first.id}


async def test_given_a_document_when_added_revealed_and_removed_then_each_is_logged_without_its_number(
    database: Database, guests: Guests
) -> None:
    card = await made(database, guests, "张试验")
    async with database.begin() as session:
        card = await guests.add_document(session, card.id, Document(DocumentType.ID_CARD, ID_CARD), BY)
        paper = card.documents[0]
        shown = await guests.reveal_document(session, paper.id, BY)
        await guests.remove_document(session, paper.id, BY)

    async with database.read() as session:
        entries = (await session.scalars(select(AuditEntry).order_by(AuditEntry.id))).all()
        gone = await store.card(session, card.id)
    assert shown == ID_CARD
    assert (card.guest.sex, gone.documents) == ("male", ())
    actions = ["guest.created", "guest.document_added", "guest.document_revealed", "guest.document_removed"]
    assert [entry.action for entry in entries] == actions
    assert not any(ID_CARD in str((entry.before, entry.after, entry.note)) for entry in entries)


async def test_given_callers_numbers_when_looked_up_then_their_guests_are_known_in_any_form(
    database: Database, guests: Guests
) -> None:
    card = await made(database, guests, "李试验", MOBILE)
    family = await made(database, guests, "李家人", MOBILE)

    async with database.read() as session:
        one = await guests.of_number(session, "008613800000001")
        many = await guests.of_numbers(session, ["13800000001", "anonymous", "13900000000"])

    assert [guest.id for guest in one] == [card.id, family.id]
    assert {number: [guest.id for guest in found] for number, found in many.items()} == {
        "13800000001": [card.id, family.id]
    }


async def test_given_a_booker_when_found_or_made_then_one_card_for_one_name_and_number(
    database: Database, guests: Guests
) -> None:
    async with database.begin() as session:
        first = await guests.find_or_create(session, "赵试验", "13800000003", BY)
        again = await guests.find_or_create(session, " 赵试验 ", "+86 138 0000 0003", BY)
        other = await guests.find_or_create(session, "钱试验", "13800000003", BY)

    assert first.id == again.id != other.id
    assert first.guest.source == Source.BOOKING


async def test_given_a_potential_customer_when_something_is_ordered_then_it_is_a_guest(
    database: Database, guests: Guests
) -> None:
    async with database.begin() as session:
        caller = Origin(Source.CALL, Stage.POTENTIAL)
        card = await guests.create(session, Draft(name="孙试验", question="有温泉吗"), BY, origin=caller)
        assert card.guest.stage == Stage.POTENTIAL
        await orders.note(session, card.id, guests.clock.now(), BY.actor, guests.audit)

    async with database.read() as session:
        guest = (await store.card(session, card.id)).guest
    assert (guest.stage, guest.last_order_at) == (Stage.GUEST, guests.clock.now())


async def test_given_no_such_card_when_asked_for_then_not_found(database: Database, guests: Guests) -> None:
    async with database.begin() as session:
        with pytest.raises(NotFound):
            await guests.change(session, 4711, Draft(name="x"), BY)
