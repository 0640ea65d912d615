"""Membership: real-name, one household one card, reviewed by a second person; stored value for members only."""

from __future__ import annotations

import pytest

from callcenter.db import Database
from callcenter.guests.acting import By
from callcenter.guests.card import Document
from callcenter.guests.kinds import DocumentType, MembershipState
from callcenter.guests.membership import (
    HouseholdHasCard,
    MembershipIncomplete,
    Memberships,
    NotAMember,
    NotApplied,
    SecondPersonNeeded,
    household_of,
)
from callcenter.guests.service import Guests
from callcenter.guests.work_models import Membership
from tests.unit.guests.conftest import BY, Operator, made
from tests.unit.guests.test_cards import ID_CARD

ADDRESS = "昆明市 五华区 试验路1号"
REVIEWER = By(Operator(username="sup1"))


@pytest.fixture
def memberships(guests: Guests) -> Memberships:
    return Memberships(guests.clock, guests.audit)


async def _applicant(database: Database, guests: Guests, name: str, *numbers: str, id_card: bool = True) -> int:
    card = await made(database, guests, name, *(numbers or ("13800000001",)))
    if id_card:
        async with database.begin() as session:
            await guests.add_document(session, card.id, Document(DocumentType.ID_CARD, ID_CARD), BY)
    return card.id


async def _apply(
    database: Database, memberships: Memberships, guest: int, address: str = ADDRESS, *, in_person: bool = False
) -> Membership:
    async with database.begin() as session:
        return await memberships.apply(session, guest, address, BY, in_person=in_person, signed=True)


async def _decide(database: Database, memberships: Memberships, row: Membership, by: By = REVIEWER) -> Membership:
    async with database.begin() as session:
        return await memberships.decide(session, row.id, MembershipState.ISSUED, "", by)


async def test_given_an_application_when_something_compulsory_is_missing_then_it_is_named(
    database: Database, guests: Guests, memberships: Memberships
) -> None:
    card = await made(database, guests, "张试验")
    with pytest.raises(MembershipIncomplete) as refused:
        async with database.begin() as session:
            await memberships.apply(session, card.id, " ", BY, in_person=False, signed=False)

    assert refused.value.params == {"missing": ["id_card", "number", "address", "signature"]}


async def test_given_a_household_with_a_card_when_another_of_it_applies_then_refused(
    database: Database, guests: Guests, memberships: Memberships
) -> None:
    first = await _applicant(database, guests, "张试验")
    second = await _applicant(database, guests, "李试验", "13800000002", id_card=False)
    await _apply(database, memberships, first)

    with pytest.raises(HouseholdHasCard) as refused:
        await _apply(database, memberships, second, "昆明市五华区,试验路 １ 号", in_person=True)

    assert refused.value.params == {"guest_id": first}
    assert (await _apply(database, memberships, second, "试验路2号", in_person=True)).id_missing


async def test_given_a_closed_card_when_the_household_applies_again_then_it_may(
    database: Database, guests: Guests, memberships: Memberships
) -> None:
    guest = await _applicant(database, guests, "张试验")
    issued = await _decide(database, memberships, await _apply(database, memberships, guest))
    async with database.begin() as session:
        await memberships.close(session, issued.id, "搬走", REVIEWER)

    assert (await _apply(database, memberships, guest)).state == MembershipState.APPLIED


async def test_given_an_application_when_decided_then_by_a_second_person_and_once(
    database: Database, guests: Guests, memberships: Memberships
) -> None:
    row = await _apply(database, memberships, await _applicant(database, guests, "张试验"))
    with pytest.raises(SecondPersonNeeded):
        await _decide(database, memberships, row, BY)
    issued = await _decide(database, memberships, row)

    assert (issued.state, issued.decided_by) == (MembershipState.ISSUED, "sup1")
    assert issued.card_number == f"M{row.id:07d}"
    with pytest.raises(NotApplied):
        await _decide(database, memberships, row)


async def test_given_an_applicant_in_person_without_id_card_when_reviewed_then_the_card_waits_for_it(
    database: Database, guests: Guests, memberships: Memberships
) -> None:
    guest = await _applicant(database, guests, "张试验", id_card=False)
    row = await _apply(database, memberships, guest, in_person=True)
    with pytest.raises(MembershipIncomplete):
        await _decide(database, memberships, row)
    async with database.begin() as session:
        await guests.add_document(session, guest, Document(DocumentType.ID_CARD, ID_CARD), BY)

    issued = await _decide(database, memberships, row)
    assert (issued.state, issued.id_missing) == (MembershipState.ISSUED, False)


async def test_given_stored_value_when_sold_then_only_to_members_and_reconciled_once(
    database: Database, guests: Guests, memberships: Memberships
) -> None:
    row = await _apply(database, memberships, await _applicant(database, guests, "张试验"))
    with pytest.raises(NotAMember):
        async with database.begin() as session:
            await memberships.sell(session, row.id, 50_000, "cash", BY)
    await _decide(database, memberships, row)
    async with database.begin() as session:
        sale = await memberships.sell(session, row.id, 50_000, "cash", BY)
        assert [sale.amount for sale, _, _ in await memberships.open_sales(session)] == [50_000]
    async with database.begin() as session:
        assert await memberships.reconcile(session, [sale.id], REVIEWER) == 1
        assert await memberships.reconcile(session, [sale.id], REVIEWER) == 0
        assert await memberships.open_sales(session) == []


@pytest.mark.parametrize("written", ["昆明市五华区试验路1号", "昆明市 五华区，试验路１号", "昆明市-五华区 试验路 1号."])
def test_given_one_address_however_written_when_compared_then_one_household(written: str) -> None:
    assert household_of(written) == household_of(ADDRESS)
