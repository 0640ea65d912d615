"""The house's rules about bookings, each as a test of its own: delete window, discounts, deposits, no-shows …"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from callcenter.reservations import acts, allocation, arrivals, deposits, journal, prices, store
from callcenter.reservations import booking as bookings
from callcenter.reservations.booking import WantedLine
from callcenter.reservations.deposits import Method, PaymentKind
from callcenter.reservations.models import DiscountCeiling, Rate, RatePlan, Reservation, ReservationLine, Season
from callcenter.reservations.rules import BookingRules
from callcenter.reservations.states import Kind, TransitionRefused
from callcenter.rooms.models import Holder, RoomType, TypeNight
from callcenter.rooms.nights import RoomTaken, SoldOut, held_rooms, take_room
from callcenter.staff.models import AuditEntry
from tests.unit.reservations.conftest import TODAY, WHY, House, wish

TOMORROW, DAY_AFTER = date(2026, 12, 2), date(2026, 12, 3)


@pytest.mark.parametrize(
    ("clock", "who", "refused"),
    [
        ("12:29", "operator", None),
        ("12:30", "operator", acts.BookingIsLocked),
        ("12:30", "supervisor", None),
        ("10:31", "front_desk", acts.BookingIsLocked),
    ],
)
async def test_given_a_booking_entered_at_1030_when_deleted_then_only_by_its_operator_until_1230_or_with_the_right(
    house: House, clock: str, who: str, refused: type[Exception] | None
) -> None:
    number = await house.booked(arrival_time=time(22))
    house.at(clock)
    async with house.database.begin() as session:
        booking = await store.locked(session, number)
        if refused is not None:
            with pytest.raises(refused):
                await acts.delete(session, house.desk, booking, house.by(who), WHY)
            return
        await acts.delete(session, house.desk, booking, house.by(who), WHY)

    assert await house.state(number) == "deleted"


async def test_given_a_locked_group_when_deleted_then_the_right_for_groups_is_asked_for(house: House) -> None:
    number = await house.booked(kind=Kind.GROUP, lines=(WantedLine("standard", 2),))
    house.at("13:00")
    async with house.database.begin() as session:
        booking = await store.locked(session, number)
        asked: list[str] = []
        by = house.by("supervisor")

        class Asking:
            username, user_id, role = by.username, by.user_id, by.role

            def may(self, permission: str) -> bool:
                asked.append(permission)
                return True

        await acts.delete(session, house.desk, booking, Asking(), WHY)

    assert asked == ["reservations.delete_locked_group"]


async def test_given_a_confirmed_booking_when_deleted_by_anybody_then_refused_and_it_can_only_be_cancelled_with_reason(
    house: House,
) -> None:
    number = await house.booked()
    async with house.database.begin() as session:
        booking = await store.locked(session, number)
        await acts.confirm(session, house.desk, booking, house.by())
        with pytest.raises(acts.BookingIsConfirmed):
            await acts.delete(session, house.desk, booking, house.by("admin"), WHY)
        with pytest.raises(acts.ReasonNeeded):
            await acts.cancel(session, house.desk, booking, house.by(), replace(WHY, why=" "))
        await acts.cancel(session, house.desk, booking, house.by(), WHY)

        assert (booking.state, booking.end_reason) == ("cancelled", WHY.why)
        assert await _sold(session) == [0]


async def test_given_a_deposit_in_parts_when_the_first_is_taken_then_the_booking_is_confirmed_and_all_parts_stay(
    house: House,
) -> None:
    number = await house.booked()
    async with house.database.begin() as session:
        booking = await store.locked(session, number)
        for amount, method in ((20000, Method.CHEQUE), (10000, Method.CASH), (5000, Method.POINTS)):
            await deposits.receive(session, house.desk, booking, amount, method, "", house.by(), WHY)
            assert booking.state == "confirmed"
        await acts.cancel(session, house.desk, booking, house.by(), WHY)

        assert await store.balance_of(session, booking) == 35000, "cancelling does not make it vanish"
        by = house.by("supervisor")
        await deposits.pay_out(session, house.desk, booking, PaymentKind.REFUND, 30000, Method.CASH, "", by, WHY)
        await deposits.pay_out(session, house.desk, booking, PaymentKind.FORFEIT, 5000, Method.CASH, "", by, WHY)
        assert await store.balance_of(session, booking) == 0
        with pytest.raises(deposits.BeyondDeposit):
            await deposits.pay_out(session, house.desk, booking, PaymentKind.REFUND, 1, Method.CASH, "", by, WHY)
        assert [one.number for one in await store.payments_of(session, booking)] == [
            f"P2600000{count}" for count in range(1, 6)
        ]


async def test_given_a_deposit_when_an_unconfirmed_booking_is_deleted_then_refused_until_it_is_given_back(
    house: House,
) -> None:
    number = await house.booked()
    async with house.database.begin() as session:
        booking = await store.locked(session, number)
        await deposits.receive(session, house.desk, booking, 100, Method.CASH, "", house.by(), WHY)
        await acts.unconfirm(session, house.desk, booking, house.by("supervisor"), WHY)
        with pytest.raises(acts.DepositHeld):
            await acts.delete(session, house.desk, booking, house.by("admin"), WHY)


async def test_given_an_ended_booking_when_a_deposit_is_brought_then_refused(house: House) -> None:
    number = await house.booked()
    async with house.database.begin() as session:
        booking = await store.locked(session, number)
        await acts.cancel(session, house.desk, booking, house.by(), WHY)
        with pytest.raises(TransitionRefused):
            await deposits.receive(session, house.desk, booking, 100, Method.CASH, "", house.by(), WHY)


@pytest.mark.parametrize(
    ("role", "wanted", "refused"),
    [
        ("operator", {"discount": 10, "discount_reason": "regular"}, None),
        ("operator", {"discount": 11, "discount_reason": "regular"}, prices.DiscountAboveCeiling),
        ("supervisor", {"discount": 20, "discount_reason": "regular"}, None),
        ("operator", {"discount": 5}, prices.DiscountNeedsReason),
        ("department", {"discount": 1, "discount_reason": "regular"}, prices.DiscountAboveCeiling),
        ("operator", {"lines": (WantedLine("suite", price=151920),), "discount_reason": "regular"}, None),
        (
            "operator",
            {"lines": (WantedLine("suite", price=151919),), "discount_reason": "regular"},
            prices.DiscountAboveCeiling,
        ),
        ("operator", {"lines": (WantedLine("suite", price=200000),)}, None),
        ("operator", {"extra_beds": 1, "extra_bed_price": 18000, "discount_reason": "regular"}, None),
        ("operator", {"extra_beds": 1, "extra_bed_price": 18000}, prices.DiscountNeedsReason),
        (
            "operator",
            {"extra_beds": 1, "extra_bed_price": 17900, "discount_reason": "regular"},
            prices.DiscountAboveCeiling,
        ),
        ("operator", {"extra_bed_price": 0}, None),
    ],
)
async def test_given_a_discount_when_booked_then_only_within_the_operators_ceiling_and_with_a_reason(
    house: House, role: str, wanted: dict[str, Any], refused: type[Exception] | None
) -> None:
    async with house.database.begin() as session:
        if refused is None:
            await house.book(session, role, **wanted)
            return
        with pytest.raises(refused):
            await house.book(session, role, **wanted)


async def test_given_a_ceiling_of_ones_own_when_a_discount_is_given_then_it_counts_instead_of_the_roles(
    house: House,
) -> None:
    async with house.database.begin() as session:
        session.add(DiscountCeiling(user_id=house.by().user_id, percent=30))
        await session.flush()
        booking = await house.book(session, discount=30, discount_reason="opening week")

        assert booking.total == 118200


async def test_given_a_price_below_the_customers_former_one_when_booked_then_a_manager_agrees_before_confirmation(
    house: House,
) -> None:
    former = await house.booked()
    async with house.database.begin() as session:
        await acts.confirm(session, house.desk, await store.locked(session, former), house.by())
    number = await house.booked(discount=10, discount_reason="asked nicely")

    async with house.database.begin() as session:
        booking = await store.locked(session, number)
        assert booking.approval == "wanted"
        with pytest.raises(acts.ApprovalWanted):
            await acts.confirm(session, house.desk, booking, house.by())
        await deposits.receive(session, house.desk, booking, 100, Method.CASH, "", house.by(), WHY)
        assert booking.state == "unconfirmed", "a deposit does not confirm what a manager has to agree to"
        await acts.approve(session, house.desk, booking, house.by("manager"), WHY)

        assert (booking.state, booking.approval) == ("confirmed", "given")


async def test_given_a_cheaper_season_when_the_list_price_is_below_the_former_one_then_nobody_has_to_agree(
    house: House,
) -> None:
    assert not prices.needs_approval(80000, 80000, 100000)
    assert prices.needs_approval(79000, 80000, 100000)
    assert not prices.needs_approval(79000, 80000, None)


async def test_given_more_than_the_stock_when_booked_then_only_with_the_right_and_up_to_the_types_limit(
    house: House,
) -> None:
    async with house.database.begin() as session:
        lines = (WantedLine("standard", 20),)
        await house.book(session, kind=Kind.GROUP, lines=lines)
    one = wish(lines=(WantedLine("standard"),))
    cases = (("operator", True, bookings.OverbookingNotPermitted), ("supervisor", False, SoldOut))
    for role, overbook, refusal in cases:
        with pytest.raises(refusal):
            async with house.database.begin() as session:
                await bookings.create(session, house.desk, one, house.by(role), overbook=overbook)
    async with house.database.begin() as session:
        await bookings.create(session, house.desk, one, house.by("supervisor"), overbook=True)
    with pytest.raises(SoldOut):
        async with house.database.begin() as session:
            await bookings.create(session, house.desk, one, house.by("supervisor"), overbook=True)


async def test_given_copies_for_further_rooms_when_made_then_each_has_its_own_order_and_account_number(
    house: House,
) -> None:
    number = await house.booked()
    async with house.database.begin() as session:
        booking = await store.locked(session, number)
        made = await bookings.copies(session, house.desk, booking, 3, house.by(), WHY, overbook=False)

        assert [one.number for one in made] == ["26000002", "26000003", "26000004"]
        assert len({one.account for one in (booking, *made)}) == 4
        assert {one.copied_from for one in made} == {number}
        assert await _sold(session) == [4]


async def test_given_bookings_refused_in_between_when_numbered_then_no_number_is_missing(house: House) -> None:
    numbers = []
    for discount in (0, 99, 0):
        try:
            numbers.append(await house.booked(discount=discount, discount_reason="x"))
        except prices.DiscountAboveCeiling:
            numbers.append("refused")

    assert numbers == ["26000001", "refused", "26000002"]


@pytest.mark.parametrize(
    ("arrival", "departure", "reason"),
    [
        (date(2026, 11, 30), TOMORROW, "past"),
        (TODAY, TODAY, "order"),
        (TOMORROW, TODAY, "order"),
        (TODAY, TODAY + timedelta(days=181), "too_long"),
    ],
)
async def test_given_dates_that_make_no_stay_when_booked_then_refused_with_the_reason(
    house: House, arrival: date, departure: date, reason: str
) -> None:
    with pytest.raises(bookings.DatesImpossible) as refused:
        await house.booked(arrival=arrival, departure=departure)

    assert refused.value.params["reason"] == reason


async def test_given_a_guest_at_one_in_the_night_when_booked_then_it_is_still_the_evening_before(house: House) -> None:
    house.at("2026-12-02T01:00")

    number = await house.booked(arrival=TODAY, departure=TOMORROW)

    assert await house.state(number) == "unconfirmed"


async def test_given_a_booking_whose_dates_move_when_changed_then_room_stock_and_price_move_along(house: House) -> None:
    number = await house.booked()
    async with house.database.begin() as session:
        booking = await store.locked(session, number)
        await allocation.choose(session, house.desk, booking, [allocation.Choice("0502")], house.by(), WHY)
        later = wish(arrival=TOMORROW, departure=date(2026, 12, 4))
        await bookings.change(session, house.desk, booking, later, house.by(), WHY)

        assert booking.total == 2 * 168800
        assert await _sold(session) == [0, 1, 1]
        assert [room.number for room, _ in await held_rooms(session, (Holder.RESERVATION, booking.id))] == ["0502"]
        last = (await journal.of(session, booking))[-1]
        assert last.before is not None
        assert last.after is not None
        assert (last.before["arrival"], last.after["arrival"]) == ("2026-12-01", "2026-12-02")


async def test_given_another_holds_the_room_in_the_new_nights_when_changed_then_refused_and_nothing_moves(
    house: House,
) -> None:
    numbers = [await house.booked(), await house.booked(arrival=TOMORROW, departure=DAY_AFTER)]
    async with house.database.begin() as session:
        for number in numbers:
            booking = await store.locked(session, number)
            await allocation.choose(session, house.desk, booking, [allocation.Choice("0501")], house.by(), WHY)
    with pytest.raises(RoomTaken):
        async with house.database.begin() as session:
            await _stay_longer(session, house, numbers[0])

    async with house.database.read() as session:
        assert await _sold(session) == [1, 1]


async def test_given_a_room_of_another_type_when_chosen_then_the_stock_follows_the_price_stays_and_why_is_written(
    house: House,
) -> None:
    number = await house.booked(lines=(WantedLine("deluxe"),))
    async with house.database.begin() as session:
        booking = await store.locked(session, number)
        suite = [allocation.Choice("0504")]
        with pytest.raises(acts.ReasonNeeded):
            await allocation.choose(session, house.desk, booking, suite, house.by(), replace(WHY, why=""))
        await allocation.choose(session, house.desk, booking, suite, house.by(), WHY)

        sold = select(RoomType.code, TypeNight.sold).join(TypeNight, TypeNight.type_id == RoomType.id)
        assert {code: count for code, count in await session.execute(sold)} == {"deluxe": 0, "suite": 1}
        assert booking.total == 68800


async def test_given_a_group_when_it_chooses_rooms_and_beds_then_shown_as_the_house_writes_them(house: House) -> None:
    lines = (WantedLine("standard", rooms=1), WantedLine("standard", rooms=0, beds=3))
    number = await house.booked(kind=Kind.GROUP, lines=lines, group_name="Choir")
    async with house.database.begin() as session:
        group = await store.locked(session, number)
        choices = [allocation.Choice("0301"), allocation.Choice("0302"), allocation.Choice("0303", (1,))]
        await allocation.choose(session, house.desk, group, choices, house.by(), WHY)
        held = await held_rooms(session, (Holder.RESERVATION, group.id))

        assert [allocation.label(room, beds) for room, beds in held] == ["0301", "0302", "0303[1]"]
        assert await _sold(session) == [3], "three beds need two rooms of two"
        more = [*choices[:2], allocation.Choice("0303", (1, 2))]
        with pytest.raises(allocation.BeyondReserved):
            await allocation.choose(session, house.desk, group, more, house.by(), WHY)


async def test_given_a_group_booked_by_rooms_when_switched_to_beds_then_stock_and_price_follow(house: House) -> None:
    number = await house.booked(kind=Kind.GROUP, lines=(WantedLine("standard", 5),), group_name="Choir")
    async with house.database.begin() as session:
        group = await store.locked(session, number)
        beds = wish(kind=Kind.GROUP, lines=(WantedLine("standard", rooms=0, beds=9),), group_name="Choir")
        await bookings.change(session, house.desk, group, beds, house.by(), WHY)
        line = (await store.lines_of(session, [group.id]))[group.id][0]

        assert (line.rooms, line.beds, line.price, group.total) == (5, 9, 24400, 9 * 24400)


async def test_given_a_group_with_two_beds_of_a_room_when_a_bed_is_switched_then_the_other_room_has_it(
    house: House,
) -> None:
    number = await house.booked(kind=Kind.GROUP, lines=(WantedLine("standard", rooms=0, beds=2),))
    async with house.database.begin() as session:
        group = await store.locked(session, number)
        for choices in ([allocation.Choice("0301", (1,))], [allocation.Choice("0305", (2,))]):
            await allocation.choose(session, house.desk, group, choices, house.by(), WHY)
        held = await held_rooms(session, (Holder.RESERVATION, group.id))

        assert [allocation.label(room, beds) for room, beds in held] == ["0305[2]"]


async def test_given_one_price_for_a_group_when_set_then_it_holds_for_all_its_rooms(house: House) -> None:
    lines = (WantedLine("standard", 4, price=45000), WantedLine("deluxe", 1, price=45000))
    number = await house.booked("admin", kind=Kind.GROUP, lines=lines, discount_reason="contract")
    async with house.database.read() as session:
        assert (await store.by_number(session, number)).total == 5 * 45000


async def test_given_a_no_show_whose_room_was_taken_when_reinstated_then_refused_and_possible_without_the_room(
    house: House,
) -> None:
    number = await _no_show_with_room(house, "0501")
    other = await house.booked(arrival_time=time(23))
    async with house.database.begin() as session:
        booking = await store.locked(session, other)
        await allocation.choose(session, house.desk, booking, [allocation.Choice("0501")], house.by(), WHY)
    with pytest.raises(RoomTaken):
        async with house.database.begin() as session:
            await acts.reinstate(session, house.desk, await store.locked(session, number), None, house.by(), WHY)

    assert await house.state(number) == "no_show"
    async with house.database.begin() as session:
        await acts.reinstate(session, house.desk, await store.locked(session, number), [], house.by(), WHY)
    assert await house.state(number) == "confirmed"


async def test_given_a_no_show_when_its_type_is_sold_out_by_now_then_it_cannot_be_reinstated(house: House) -> None:
    number = await _no_show_with_room(house, "0501")
    for _ in range(4):
        await house.booked(arrival_time=time(23))
    with pytest.raises(SoldOut):
        async with house.database.begin() as session:
            await acts.reinstate(session, house.desk, await store.locked(session, number), [], house.by(), WHY)


async def test_given_a_no_show_of_yesterday_when_it_comes_today_then_it_is_held_from_today_on(house: House) -> None:
    number = await _no_show_with_room(house, "0501", departure=date(2026, 12, 4))
    house.at("2026-12-02T09:00")
    async with house.database.begin() as session:
        booking = await store.locked(session, number)
        await acts.reinstate(session, house.desk, booking, None, house.by(), WHY)

        assert (booking.arrival, booking.departure) == (TOMORROW, date(2026, 12, 4))
        assert await _sold(session) == [0, 1, 1]


async def test_given_a_booking_with_a_room_when_its_guest_arrives_then_the_stay_can_take_the_room_over(
    house: House,
) -> None:
    number = await house.booked(departure=DAY_AFTER, extra_beds=1)
    async with house.database.begin() as session:
        booking = await store.locked(session, number)
        with pytest.raises(arrivals.RoomMissing):
            await arrivals.hand_over(session, house.desk, booking, "0501", house.by())
    async with house.database.begin() as session:
        booking = await store.locked(session, number)
        await allocation.choose(session, house.desk, booking, [allocation.Choice("0501")], house.by(), WHY)
        got = await arrivals.hand_over(session, house.desk, booking, "0501", house.by())
        assert await _sold(session) == [0, 0]
        await take_room(session, got.room, got.beds, got.first, got.until, (Holder.STAY, 1))
        assert (booking.state, got.price, got.until, got.extra_beds) == ("checked_in", 168800, DAY_AFTER, 1)
        await arrivals.departed(session, house.desk, booking, house.by())
        await arrivals.returned(session, house.desk, booking, house.by(), WHY)

        assert booking.state == "checked_in"


async def test_given_a_group_when_its_rooms_arrive_one_by_one_then_the_others_are_held_until_the_last_has_left(
    house: House,
) -> None:
    number = await house.booked(kind=Kind.GROUP, lines=(WantedLine("standard", 3),), departure=DAY_AFTER)
    async with house.database.begin() as session:
        group = await store.locked(session, number)
        choices = [allocation.Choice("0301"), allocation.Choice("0302")]
        await allocation.choose(session, house.desk, group, choices, house.by(), WHY)
        await arrivals.hand_over(session, house.desk, group, "0301", house.by())
        assert (await _sold(session), group.state) == ([2, 2], "checked_in")
        await allocation.choose(
            session, house.desk, group, [allocation.Choice("0302"), allocation.Choice("0303")], house.by(), WHY
        )
        await arrivals.hand_over(session, house.desk, group, "0303", house.by())
        await arrivals.departed(session, house.desk, group, house.by())

        assert (await _sold(session), group.state) == ([0, 0], "checked_out")


async def test_given_two_beds_of_one_room_when_their_guests_arrive_apart_then_the_room_counts_once(
    house: House,
) -> None:
    number = await house.booked(kind=Kind.GROUP, lines=(WantedLine("standard", rooms=0, beds=2),))
    async with house.database.begin() as session:
        group = await store.locked(session, number)
        choices = [allocation.Choice("0301", (1, 2))]
        await allocation.choose(session, house.desk, group, choices, house.by(), WHY)
        for bed in (1, 2):
            got = await arrivals.hand_over(session, house.desk, group, "0301", house.by(), bed=bed)
            await take_room(session, got.room, got.beds, got.first, got.until, (Holder.STAY, bed))

        assert await _sold(session) == [1]


async def test_given_seasons_and_weekdays_when_priced_then_the_highest_season_with_a_price_for_the_day_counts(
    house: House,
) -> None:
    async with house.database.begin() as session:
        suite = await session.scalar(select(RoomType.id).where(RoomType.code == "suite"))
        plan = RatePlan(code="weekend", name_zh="周末", name_en="Weekend", breakfasts=2, active=True)
        winter = Season(name_zh="冬季", name_en="Winter", first=TODAY, last=date(2026, 12, 31), rank=1)
        festival = Season(name_zh="节日", name_en="Festival", first=DAY_AFTER, last=DAY_AFTER, rank=9)
        session.add_all([plan, winter, festival])
        await session.flush()
        session.add_all(
            Rate(plan_id=plan.id, type_id=suite, season_id=season, weekdays=days, price=price)
            for season, days, price in (
                (None, "1234567", 150000),
                (winter.id, "12345", 140000),
                (winter.id, "67", 180000),
                (festival.id, "1234567", 250000),
            )
        )
        await session.flush()
        booking = await house.book(session, plan="weekend", departure=date(2026, 12, 6))
        line = (await session.scalars(select(ReservationLine))).one()

        assert line.nightly == [140000, 140000, 250000, 140000, 180000]
        assert booking.total == sum(line.nightly)
        with pytest.raises(prices.UnknownPlan):
            await house.book(session, plan="summer")


@pytest.mark.parametrize(
    ("price", "percent", "left"),
    [(168800, 10, 151900), (48800, 15, 41500), (48801, 10, 43921), (100, 100, 0), (100, 0, 100)],
)
def test_given_a_price_when_a_discount_is_taken_off_then_whole_yuan_stay_whole(
    price: int, percent: int, left: int
) -> None:
    assert prices.discounted(price, percent) == left


@pytest.mark.parametrize(
    ("clock", "wanted"),
    [("2026-11-30T23:59", 0), ("2026-12-01T00:00", 0), ("2026-12-01T00:01", 168800)],
)
def test_given_a_late_cancellation_when_the_penalty_is_asked_for_then_it_is_the_first_night(
    clock: str, wanted: int, house: House, rules: BookingRules
) -> None:
    booking = Reservation(arrives_at=rules.at(TODAY, time(18)), total=168800 * 2)

    assert acts.penalty(booking, 168800, house.at(clock), rules) == wanted


async def test_given_any_act_when_done_then_change_note_and_audit_log_say_who_when_before_after_and_why(
    house: House,
) -> None:
    number = await house.booked()
    async with house.database.begin() as session:
        booking = await store.locked(session, number)
        await acts.confirm(
            session, house.desk, booking, house.by(), replace(WHY, asked="sure?", told="front_desk", agreed=True)
        )
        await acts.unconfirm(session, house.desk, booking, house.by("supervisor"), WHY)
        await acts.cancel(session, house.desk, booking, house.by("front_desk"), WHY)
        notes = await journal.of(session, booking)
        lines = (await session.scalars(select(AuditEntry).order_by(AuditEntry.id))).all()

    assert [(one.by, one.action, one.state_before, one.state_after, one.why) for one in notes] == [
        ("operator", "created", "", "unconfirmed", WHY.why),
        ("operator", "confirmed", "unconfirmed", "confirmed", WHY.why),
        ("supervisor", "unconfirmed", "confirmed", "unconfirmed", WHY.why),
        ("front_desk", "cancelled", "unconfirmed", "cancelled", WHY.why),
    ]
    assert (notes[1].asked, notes[1].told, notes[1].agreed) == ("sure?", "front_desk", True)
    assert [(one.username, one.action, one.subject_id) for one in lines] == [
        (note.by, f"reservation.{note.action}", number) for note in notes
    ]
    assert {note.at for note in notes} == {house.clock.now()}


async def test_given_two_who_change_one_booking_when_the_second_has_an_old_version_then_refused(house: House) -> None:
    number = await house.booked()
    async with house.database.begin() as session:
        await acts.confirm(session, house.desk, await store.locked(session, number, 1), house.by())
    with pytest.raises(store.BookingChanged):
        async with house.database.begin() as session:
            await store.locked(session, number, 1)


async def _no_show_with_room(house: House, room: str, **wanted: Any) -> str:
    number = await house.booked(**wanted)
    async with house.database.begin() as session:
        booking = await store.locked(session, number)
        await allocation.choose(session, house.desk, booking, [allocation.Choice(room)], house.by(), WHY)
        await acts.confirm(session, house.desk, booking, house.by())
        await acts.note_contact(session, house.desk, booking, house.by(), WHY)
    house.at("19:00")
    await house.audits.no_shows()
    assert await house.state(number) == "no_show"
    return number


async def _stay_longer(session: Any, house: House, number: str) -> None:
    booking = await store.locked(session, number)
    await bookings.change(session, house.desk, booking, wish(departure=DAY_AFTER), house.by(), WHY)


async def _sold(session: Any) -> list[int]:
    statement = select(func.sum(TypeNight.sold)).group_by(TypeNight.night).order_by(TypeNight.night)
    return list(await session.scalars(statement))
