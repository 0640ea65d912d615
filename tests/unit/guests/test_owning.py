"""New customers are allocated in balance, contacted in time, claimed and decided; the day's cards are checked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.clock import SettableClock
from callcenter.db import Database
from callcenter.guests import store
from callcenter.guests.allocation import Candidate, choose
from callcenter.guests.card import Card, Draft, Origin
from callcenter.guests.checking import Checks, NotChecked, NotPotential
from callcenter.guests.follow_ups import FollowUpClosed, FollowUps
from callcenter.guests.kinds import Channel, ClaimState, FollowUpState, Reason, Side, Source, Stage
from callcenter.guests.ownership import AlreadyYours
from callcenter.guests.service import Guests
from callcenter.guests.work_models import FollowUp
from callcenter.staff.audit import AuditLog
from tests.application import NOON
from tests.unit.guests.conftest import BY, days, made

CALLER = Origin(Source.CALL, Stage.POTENTIAL)


@pytest.fixture
def follow_ups(database: Database, guests: Guests) -> FollowUps:
    return FollowUps(database, guests.clock, guests.rules, guests.audit)


async def _caller(database: Database, guests: Guests, name: str) -> Card:
    async with database.begin() as session:
        return await guests.create(session, Draft(name=name, question="温泉几点开"), BY, origin=CALLER)


async def _open(database: Database, follow_ups: FollowUps, **which: object) -> list[FollowUp]:
    async with database.read() as session:
        return list(await follow_ups.page(session, **which))  # type: ignore[arg-type]


def test_given_customers_and_abilities_when_a_new_one_comes_then_the_balance_decides() -> None:
    assert choose([Candidate(1, 10, 50), Candidate(2, 10, 100)]) == 2
    assert choose([Candidate(1, 4, 50), Candidate(2, 10, 100)]) == 1
    assert choose([Candidate(2, 5, 50), Candidate(1, 5, 50)]) == 1
    assert choose([Candidate(1, 0, 0)]) is None
    assert choose([]) is None


@given(st.lists(st.integers(1, 100), min_size=1, max_size=6), st.integers(0, 300))
def test_given_any_abilities_when_many_customers_are_given_then_each_share_is_within_one_of_the_ability(
    abilities: list[int], customers: int
) -> None:
    counts = dict.fromkeys(range(len(abilities)), 0)
    for _ in range(customers):
        chosen = choose([Candidate(user, counts[user], ability) for user, ability in enumerate(abilities)])
        assert chosen is not None
        counts[chosen] += 1

    total = sum(abilities)
    for user, ability in enumerate(abilities):
        assert abs(counts[user] - customers * ability / total) <= len(abilities)


async def test_given_a_caller_when_entered_as_potential_customer_then_owner_and_first_contact_in_a_week(
    database: Database, guests: Guests, follow_ups: FollowUps, staff: dict[str, int]
) -> None:
    async with database.begin() as session:
        for name in ("anna", "bert"):
            await guests.ownership.set_ability(session, staff[name], Side.SERVICE, 50, BY)
    cards = [await _caller(database, guests, f"来电{number}") for number in range(4)]

    owners = [card.guest.service_owner_id for card in cards]
    assert owners == [staff["anna"], staff["bert"], staff["anna"], staff["bert"]]
    assert cards[0].guest.first_contact_due_at == NOON + days(7)
    owed = await _open(database, follow_ups, owner_id=staff["bert"])
    assert [(row.guest_id, row.kind, row.due_at) for row in owed] == [
        (cards[1].id, Reason.FIRST_CONTACT, NOON + days(7)),
        (cards[3].id, Reason.FIRST_CONTACT, NOON + days(7)),
    ]


async def test_given_nobody_who_takes_customers_when_one_comes_then_the_deadline_runs_all_the_same(
    database: Database, guests: Guests, follow_ups: FollowUps
) -> None:
    card = await _caller(database, guests, "来电")

    (owed,) = await _open(database, follow_ups)
    assert (card.guest.service_owner_id, owed.owner_id, owed.due_at) == (None, None, NOON + days(7))


async def test_given_a_first_contact_when_made_then_the_follow_up_is_done_and_in_the_history(
    database: Database, guests: Guests, follow_ups: FollowUps, clock: SettableClock
) -> None:
    card = await _caller(database, guests, "来电")
    clock.advance(days(2))
    async with database.begin() as session:
        await follow_ups.contact(session, card.id, Channel.PHONE, Side.SERVICE, "介绍了温泉", BY)

    (done,) = await _open(database, follow_ups, state=FollowUpState.DONE)
    async with database.read() as session:
        guest = (await store.card(session, card.id)).guest
        (told,) = await follow_ups.happenings(session, [card.id], None, 10)
    assert (done.closed_by, done.note) == ("op1", "介绍了温泉")
    assert guest.first_contact_at == guest.last_contact_at == NOON + days(2)
    assert (told.kind, told.detail["note"]) == ("contact", "介绍了温泉")


async def test_given_customers_with_an_owner_when_generated_twice_then_each_contact_is_owed_once(
    database: Database, guests: Guests, follow_ups: FollowUps, staff: dict[str, int], clock: SettableClock
) -> None:
    owned, _free = await made(database, guests, "有主"), await made(database, guests, "无主")
    async with database.begin() as session:
        await guests.ownership.assign(session, owned.id, Side.SERVICE, staff["anna"], "老客户", BY)
    clock.advance(days(8))

    first = await follow_ups.generate(clock.now())
    second = await follow_ups.generate(clock.now())

    (owed,) = await _open(database, follow_ups)
    assert (first, second) == (1, 0)
    assert (owed.guest_id, owed.kind, owed.owner_id) == (owned.id, Reason.IDLE_WEEK, staff["anna"])
    async with database.begin() as session:
        await follow_ups.done(session, owed.id, Channel.PHONE, "已联系", BY)
    with pytest.raises(FollowUpClosed):
        async with database.begin() as session:
            await follow_ups.drop(session, owed.id, "再来一次", BY)
    assert await follow_ups.generate(clock.now()) == 0


async def test_given_a_customer_of_nobody_when_claimed_then_the_first_record_wins_and_the_second_is_a_dispute(
    database: Database, guests: Guests, staff: dict[str, int]
) -> None:
    card = await made(database, guests, "张试验")
    async with database.begin() as session:
        first = await guests.ownership.claim(session, card.id, Side.SALES, staff["anna"], "我的老客户", BY)
        second = await guests.ownership.claim(session, card.id, Side.SALES, staff["bert"], "我先接待", BY)
        disputes = await guests.ownership.disputes(session)

    assert (first.state, second.state) == (ClaimState.WON, ClaimState.STANDING)
    assert [claim.id for claim in disputes] == [second.id]
    with pytest.raises(AlreadyYours):
        async with database.begin() as session:
            await guests.ownership.claim(session, card.id, Side.SALES, staff["bert"], "", BY)
    async with database.read() as session:
        assert (await store.card(session, card.id)).guest.sales_owner_id == staff["anna"]
        claims = await guests.ownership.claims(session, card.id)
    assert [claim.user_id for claim in claims] == [staff["anna"], staff["bert"]]


async def test_given_a_dispute_when_the_manager_decides_then_owner_claims_and_open_follow_ups_follow(
    database: Database, guests: Guests, follow_ups: FollowUps, staff: dict[str, int]
) -> None:
    async with database.begin() as session:
        await guests.ownership.set_ability(session, staff["anna"], Side.SERVICE, 50, BY)
    card = await _caller(database, guests, "来电")
    async with database.begin() as session:
        claim = await guests.ownership.claim(session, card.id, Side.SERVICE, staff["bert"], "一周未联系", BY)
        await guests.ownership.assign(session, card.id, Side.SERVICE, staff["bert"], "超过一周未联系", BY)

    assert claim.state == ClaimState.WON
    (owed,) = await _open(database, follow_ups)
    async with database.read() as session:
        assert await guests.ownership.disputes(session) == []
        assert (await store.card(session, card.id)).guest.service_owner_id == owed.owner_id == staff["bert"]


async def test_given_a_new_card_when_checked_with_a_remark_then_it_comes_back_after_its_completion(
    database: Database, guests: Guests
) -> None:
    checks = Checks(guests.clock, AuditLog(guests.clock))
    card = await made(database, guests, "张试验")
    with pytest.raises(NotChecked):
        async with database.begin() as session:
            await checks.review(session, card.id, BY)
    async with database.begin() as session:
        await checks.check(session, card.id, "缺电话", BY)
    with pytest.raises(NotChecked):
        async with database.begin() as session:
            await checks.review(session, card.id, BY)

    async with database.begin() as session:
        completed = await guests.change(session, card.id, Draft(name="张试验", note="已补电话"), BY)
    assert (completed.guest.checked_at, completed.guest.check_remark) == (None, "")
    async with database.begin() as session:
        await checks.check(session, card.id, "", BY)
        reviewed = await checks.review(session, card.id, BY)
    assert (reviewed.reviewed_by, reviewed.checked_by) == ("op1", "op1")


async def test_given_a_potential_customer_when_converted_then_a_guest_and_only_once(
    database: Database, guests: Guests
) -> None:
    checks = Checks(guests.clock, AuditLog(guests.clock))
    card = await _caller(database, guests, "来电")
    async with database.begin() as session:
        assert (await checks.convert(session, card.id, BY)).stage == Stage.GUEST
    with pytest.raises(NotPotential):
        async with database.begin() as session:
            await checks.convert(session, card.id, BY)
