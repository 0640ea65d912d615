"""The folio: nights posted once at the night audit, the day's lines edited, later ones reversed, lines moved."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from callcenter.errors import NotPermitted
from callcenter.settings import load
from callcenter.stays import folio, staying
from callcenter.stays.kinds import LineAudited, LineKind, LineReversed, PaymentMethod, ReasonMissing, StayType
from callcenter.stays.models import AuditedNight, FolioLine, Stay
from callcenter.stays.scope import StayRules
from tests.unit.stays.reception import MANAGER, TODAY, TOMORROW, Colleague, Reception, at
from tests.unit.stays.test_staying import leave

STANDARD = 48_800
LATER = TODAY + timedelta(days=5)


async def post(reception: Reception, stay: Stay, kind: LineKind, amount: int) -> FolioLine:
    async with reception.with_stay(stay) as (scope, mine):
        return await folio.post(scope, mine, folio.Posting(kind, amount, "测试", PaymentMethod.CASH))


async def reverse(reception: Reception, stay: Stay, line: FolioLine, **by: object) -> FolioLine:
    async with reception.with_stay(stay, **by) as (scope, mine):  # type: ignore[arg-type]
        return await folio.reverse(scope, mine, await folio.line_of(scope.session, line.id), "打错了")


async def edit(reception: Reception, stay: Stay, line: FolioLine, amount: int, why: str = "打错了") -> None:
    async with reception.with_stay(stay) as (scope, mine):
        await folio.edit(scope, mine, await folio.line_of(scope.session, line.id), amount, "更正", why)


async def test_given_guests_in_house_when_the_night_is_audited_then_room_and_extra_beds_are_posted_once(
    reception: Reception,
) -> None:
    stay = await reception.check_in(extra_beds=2, departure=LATER)
    await reception.close_night(TODAY)
    await reception.parts.close_nights(at("02:00", TOMORROW))
    assert [(line.kind, line.amount, line.day) for line in await reception.lines(stay)] == [
        (LineKind.ROOM, STANDARD, TODAY),
        (LineKind.EXTRA_BED, 24_000, TODAY),
    ]


async def test_given_nights_missed_while_the_application_was_away_when_it_returns_then_each_is_posted_once(
    reception: Reception,
) -> None:
    stay = await reception.check_in(departure=LATER)
    await reception.close_night(TODAY)
    await reception.close_night(TODAY + timedelta(days=3))
    days = [line.day for line in await reception.lines(stay)]
    assert days == [TODAY + timedelta(days=day) for day in range(4)]
    async with reception.database.read() as session:
        assert list(await session.scalars(select(AuditedNight.night).order_by(AuditedNight.night))) == days


@pytest.mark.parametrize(
    ("form", "posted"),
    [
        ({}, STANDARD),
        ({"stay_type": StayType.LONG}, STANDARD),
        ({"stay_type": StayType.SHARED, "bed": 1}, STANDARD),
        ({"stay_type": StayType.FREE, "reason": "招待"}, 0),
    ],
)
async def test_given_a_stay_type_when_a_night_is_audited_then_it_costs_what_it_should(
    reception: Reception, form: dict[str, object], posted: int
) -> None:
    stay = await reception.check_in(by=Colleague("admin", "admin"), **form)
    await reception.close_night(TODAY)
    assert await reception.balance(stay) == posted


async def test_given_a_guest_who_leaves_before_any_audit_then_one_night_is_charged_and_never_again(
    reception: Reception,
) -> None:
    stay = await reception.check_in()
    await leave(reception, stay)
    await reception.close_night(TODAY)
    assert [line.amount for line in await reception.lines(stay)] == [STANDARD, -STANDARD]


async def test_given_a_line_of_today_when_edited_then_amount_and_reason_are_in_the_log(reception: Reception) -> None:
    stay = await reception.check_in()
    line = await post(reception, stay, LineKind.SERVICE, 5_000)
    await edit(reception, stay, line, 4_000)
    assert await reception.balance(stay) == 4_000
    assert "folio_edited" in await reception.actions(stay)
    with pytest.raises(ReasonMissing):
        await edit(reception, stay, line, 3_000, "")


async def test_given_a_line_of_an_audited_day_when_edited_then_only_a_reversal_is_allowed(reception: Reception) -> None:
    stay = await reception.check_in(departure=LATER)
    line = await post(reception, stay, LineKind.SERVICE, 5_000)
    await reception.close_night(TODAY)
    with pytest.raises(LineAudited):
        await edit(reception, stay, line, 4_000)
    with pytest.raises(NotPermitted):
        await reverse(reception, stay, line)
    back = await reverse(reception, stay, line, by=MANAGER)
    assert (back.amount, back.day, back.reverses_id) == (-5_000, TOMORROW, line.id)
    assert await reception.balance(stay) == STANDARD


async def test_given_a_reversed_line_when_reversed_or_edited_again_then_it_is_refused(reception: Reception) -> None:
    stay = await reception.check_in()
    line = await post(reception, stay, LineKind.SERVICE, 5_000)
    back = await reverse(reception, stay, line)
    for again in (line, back):
        with pytest.raises(LineReversed):
            await reverse(reception, stay, again)
        with pytest.raises(LineReversed):
            await edit(reception, stay, again, 1)


async def test_given_a_wrong_account_when_a_line_is_transferred_then_both_folios_balance_and_tell_it(
    reception: Reception,
) -> None:
    wrong, right = await reception.check_in("0301"), await reception.check_in("0302")
    line = await post(reception, wrong, LineKind.SERVICE, 8_800)
    async with reception.with_stay(wrong) as (scope, mine):
        to = await scope.session.get_one(Stay, right.id)
        await folio.transfer(scope, mine, await folio.line_of(scope.session, line.id), to, "挂错房间")
    assert (await reception.balance(wrong), await reception.balance(right)) == (0, 8_800)
    here, there = (await reception.lines(wrong))[-1], (await reception.lines(right))[-1]
    assert (here.transfer_id, there.transfer_id) == (there.id, here.id)
    assert "folio_received" in await reception.actions(right)


async def test_given_payments_and_refunds_when_posted_then_the_balance_is_what_the_guest_owes(
    reception: Reception,
) -> None:
    stay = await reception.check_in()
    for kind, amount in ((LineKind.SERVICE, 10_000), (LineKind.PAYMENT, 15_000), (LineKind.REFUND, 2_000)):
        await post(reception, stay, kind, amount)
    assert await reception.balance(stay) == -3_000


async def test_given_a_commission_that_ends_during_the_stay_then_what_was_posted_since_is_reversed_in_red(
    reception: Reception,
) -> None:
    stay = await reception.check_in(commission=5_000, departure=LATER)
    await reception.close_night(TODAY + timedelta(days=2))
    async with reception.with_stay(stay, MANAGER) as (scope, mine):
        await staying.set_commission(scope, mine, 0, TOMORROW, "协议终止")
    commission = [line.amount for line in await reception.lines(stay) if line.kind == LineKind.COMMISSION]
    assert commission == [5_000, 5_000, 5_000, -5_000, -5_000]
    assert await reception.balance(stay) == 3 * STANDARD
    await reception.close_night(TODAY + timedelta(days=3))
    assert sum(line.kind == LineKind.COMMISSION for line in await reception.lines(stay)) == 5


async def test_given_a_commission_that_starts_during_the_stay_then_the_nights_since_are_posted(
    reception: Reception,
) -> None:
    stay = await reception.check_in(departure=LATER)
    await reception.close_night(TODAY + timedelta(days=1))
    async with reception.with_stay(stay, MANAGER) as (scope, mine):
        await staying.set_commission(scope, mine, 4_000, TOMORROW, "补录协议")
    owed = [(line.day, line.amount) for line in await reception.lines(stay) if line.kind == LineKind.COMMISSION]
    assert owed == [(TOMORROW, 4_000)]


@pytest.mark.parametrize(("clock", "day"), [("01:59", TODAY - timedelta(days=1)), ("02:00", TODAY), ("23:59", TODAY)])
def test_given_an_hour_when_the_hotels_day_is_asked_then_it_begins_with_the_night_audit(clock: str, day: date) -> None:
    assert StayRules.of(load(environment={})).day_of(at(clock)) == day
