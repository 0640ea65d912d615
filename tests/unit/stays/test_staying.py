"""While a guest stays: extension, move, hours to a night, linked rooms, groups, check-out and its revocation."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from callcenter.errors import NotFound
from callcenter.rooms.models import Condition, Holder, RoomNight, TypeNight
from callcenter.rooms.nights import RoomTaken, take_room
from callcenter.stays import folio, leaving, linking, messages, moves, staying, wake_ups
from callcenter.stays.kinds import (
    CheckOutIsOld,
    DepartureRefused,
    FolioOpen,
    LineKind,
    NotHourly,
    PaymentMethod,
    ReasonMissing,
    RoomOccupied,
    Source,
    StayEnded,
    StayGoesOn,
    StayState,
    StayType,
    WakeUpState,
)
from callcenter.stays.models import Stay, StayChange
from callcenter.stays.phones import wanted_phones
from callcenter.telephony import PhoneClass, RoomPhone
from tests.unit.stays.reception import MANAGER, TODAY, TOMORROW, Reception, at

AFTER = TOMORROW + timedelta(days=1)
STANDARD = 48_800


async def nights_of(reception: Reception, room: str) -> set[date]:
    """The nights in which somebody holds a room."""
    number = (await reception.room(room)).id
    async with reception.database.read() as session:
        return set(await session.scalars(select(RoomNight.night).where(RoomNight.room_id == number)))


async def sold(reception: Reception) -> dict[date, int]:
    """How many rooms are sold, by night."""
    async with reception.database.read() as session:
        return {night: number for night, number in await session.execute(select(TypeNight.night, TypeNight.sold))}


async def pay(reception: Reception, stay: Stay, amount: int) -> None:
    async with reception.with_stay(stay) as (scope, mine):
        await folio.post(scope, mine, folio.Posting(LineKind.PAYMENT, amount, method=PaymentMethod.CASH))


async def leave(reception: Reception, stay: Stay) -> None:
    """Let a guest pay what is due and check out."""
    async with reception.with_stay(stay) as (scope, mine):
        await leaving.charge_what_is_due(scope, mine, reception.parts.tariff)
    if owed := await reception.balance(stay):
        await pay(reception, stay, owed)
    async with reception.with_stay(stay) as (scope, mine):
        await leaving.check_out(scope, mine, reception.parts.bookings)


# --- extension


async def test_given_no_day_is_said_when_extended_then_it_is_one_day_more(reception: Reception) -> None:
    stay = await reception.check_in()
    async with reception.with_stay(stay) as (scope, mine):
        await staying.extend(scope, mine)
    assert ((await reception.again(stay)).departure, await nights_of(reception, "0301")) == (AFTER, {TODAY, TOMORROW})


async def test_given_the_room_is_promised_to_another_when_extended_then_it_is_refused(reception: Reception) -> None:
    stay = await reception.check_in()
    room = await reception.room("0301")
    async with reception.database.begin() as session:
        await take_room(session, room, [1, 2], TOMORROW, AFTER, (Holder.RESERVATION, 1))
    with pytest.raises(RoomTaken):
        async with reception.with_stay(stay) as (scope, mine):
            await staying.extend(scope, mine)
    assert (await reception.again(stay)).departure == TOMORROW


async def test_given_an_earlier_departure_when_set_then_the_nights_after_it_are_free_again(
    reception: Reception,
) -> None:
    stay = await reception.check_in(departure=AFTER)
    async with reception.with_stay(stay) as (scope, mine):
        await staying.extend(scope, mine, TOMORROW)
    assert await nights_of(reception, "0301") == {TODAY}
    assert await sold(reception) == {TODAY: 1, TOMORROW: 0}


@pytest.mark.parametrize("until", [TODAY, TODAY - timedelta(days=1)])
async def test_given_a_departure_that_cannot_be_when_extended_then_it_is_refused(
    reception: Reception, until: date
) -> None:
    stay = await reception.check_in()
    with pytest.raises(DepartureRefused):
        async with reception.with_stay(stay) as (scope, mine):
            await staying.extend(scope, mine, until)


# --- from hours to a night


async def test_given_an_hourly_stay_when_it_becomes_one_overnight_then_the_hours_are_taken_back_for_a_final_price(
    reception: Reception,
) -> None:
    stay = await reception.check_in(stay_type=StayType.HOURLY, price=12_000)
    async with reception.with_stay(stay) as (scope, mine):
        await staying.overnight(scope, mine, 45_000, None, "太晚了，不走了")
    assert await reception.balance(stay) == 0
    await reception.close_night(TODAY)
    assert await reception.balance(stay) == 45_000
    assert await nights_of(reception, "0301") == {TODAY}
    assert await reception.actions(stay) == [
        "checked_in",
        "folio_posted",
        "folio_reversed",
        "made_overnight",
        "folio_posted",
    ]


async def test_given_a_normal_stay_when_made_overnight_then_it_is_refused(reception: Reception) -> None:
    stay = await reception.check_in()
    with pytest.raises(NotHourly):
        async with reception.with_stay(stay) as (scope, mine):
            await staying.overnight(scope, mine, 45_000, None, "误操作")


# --- another room


async def test_given_a_move_when_the_guest_changes_rooms_then_telephone_messages_and_wake_ups_follow(
    reception: Reception,
) -> None:
    stay = await reception.check_in(departure=AFTER, phone_class=PhoneClass.NATIONAL)
    async with reception.with_stay(stay) as (scope, mine):
        await wake_ups.add(scope, mine, at("06:30", TOMORROW), Source.DESK)
        await messages.leave(scope, mine, messages.NewMessage("李一", "赵六", "请回电", remind_at=at("15:30")))
    async with reception.with_stay(stay) as (scope, mine):
        await staying.move(scope, mine, "0302", 0, None, "空调漏水")
    async with reception.database.read() as session:
        phones = await wanted_phones(session, ["0301", "0302"], PhoneClass.INTERNAL)
        ((_, _, message_room),) = await messages.due(session, at("15:30"))
        (woken,) = await wake_ups.in_room(session, "0302")
        assert [one.due_at for one in await wake_ups.due_of(session, woken.id)] == [at("06:30", TOMORROW)]
    assert phones == {
        "0301": RoomPhone(PhoneClass.INTERNAL, connectable=False),
        "0302": RoomPhone(PhoneClass.NATIONAL, connectable=True),
    }
    assert message_room == "0302"
    assert (await nights_of(reception, "0301"), await nights_of(reception, "0302")) == (set(), {TODAY, TOMORROW})
    assert (await reception.room("0301")).condition == Condition.DIRTY
    assert set((await sold(reception)).values()) == {1}


async def test_given_a_move_when_logged_then_rooms_prices_and_reason_can_be_looked_up(reception: Reception) -> None:
    stay = await reception.check_in()
    async with reception.with_stay(stay, MANAGER) as (scope, mine):
        await staying.move(scope, mine, "0401", 0, 60_000, "升级补偿")
    async with reception.database.read() as session:
        (change,) = await session.scalars(select(StayChange).where(StayChange.action == "moved"))
    assert (change.before, change.after) == (
        {"room": "0301", "price": STANDARD},
        {"room": "0401", "price": 60_000},
    )
    assert (change.why, change.by) == ("升级补偿", "manager1")


async def test_given_no_reason_when_moved_then_it_is_refused(reception: Reception) -> None:
    stay = await reception.check_in()
    with pytest.raises(ReasonMissing):
        async with reception.with_stay(stay) as (scope, mine):
            await staying.move(scope, mine, "0302", 0, None, "   ")


@pytest.mark.parametrize("to", ["0301", "0302"])
async def test_given_the_same_or_an_occupied_room_when_moved_then_it_is_refused(reception: Reception, to: str) -> None:
    stay = await reception.check_in("0301")
    await reception.check_in("0302")
    with pytest.raises(RoomOccupied):
        async with reception.with_stay(stay) as (scope, mine):
            await staying.move(scope, mine, to, 0, None, "想换")
    assert await nights_of(reception, "0301") == {TODAY}


# --- wishes


async def test_given_wishes_when_changed_then_only_what_differs_is_logged(reception: Reception) -> None:
    stay = await reception.check_in()
    async with reception.with_stay(stay) as (scope, mine):
        await staying.change(scope, mine, staying.Wishes(confidential=True, breakfasts=0))
        await staying.change(scope, mine, staying.Wishes(confidential=True))
    async with reception.database.read() as session:
        changes = (await session.scalars(select(StayChange).where(StayChange.action == "changed"))).all()
    assert [(change.before, change.after) for change in changes] == [({"confidential": False}, {"confidential": True})]


# --- linked rooms, groups


async def test_given_linked_rooms_when_a_third_is_linked_and_one_unlinked_then_two_stay_linked(
    reception: Reception,
) -> None:
    stays = [await reception.check_in(room) for room in ("0301", "0302", "0303")]
    async with reception.work() as scope:
        one, two, three = [await scope.session.get_one(Stay, stay.id) for stay in stays]
        await linking.link(scope, one, two)
        await linking.link(scope, three, two)
        assert one.link_id == two.link_id == three.link_id is not None
        await linking.unlink(scope, one)
        assert one.link_id is None
        assert two.link_id == three.link_id is not None
        await linking.unlink(scope, two)
        assert three.link_id is None


async def test_given_a_room_when_linked_to_itself_then_it_is_refused(reception: Reception) -> None:
    stay = await reception.check_in()
    with pytest.raises(NotFound):
        async with reception.with_stay(stay) as (scope, mine):
            await linking.link(scope, mine, mine)


async def test_given_no_such_group_when_joined_then_it_is_refused(reception: Reception) -> None:
    stay = await reception.check_in()
    with pytest.raises(NotFound):
        async with reception.with_stay(stay) as (scope, mine):
            await linking.set_group(scope, mine, "G0000009", "入团")


# --- check-out


async def test_given_an_open_folio_when_checking_out_then_it_is_refused_and_what_is_due_stays_on_it(
    reception: Reception,
) -> None:
    stay = await reception.check_in()
    async with reception.with_stay(stay) as (scope, mine):
        await leaving.charge_what_is_due(scope, mine, reception.parts.tariff)
    with pytest.raises(FolioOpen):
        async with reception.with_stay(stay) as (scope, mine):
            await leaving.check_out(scope, mine, reception.parts.bookings)
    assert await reception.balance(stay) == STANDARD


async def test_given_a_settled_folio_when_checked_out_then_nights_phone_wake_ups_and_room_are_given_back(
    reception: Reception,
) -> None:
    stay = await reception.check_in(departure=AFTER, phone_class=PhoneClass.INTERNATIONAL)
    async with reception.with_stay(stay) as (scope, mine):
        await wake_ups.add(scope, mine, at("06:30", TOMORROW), Source.DESK)
    await leave(reception, stay)
    left = await reception.again(stay)
    assert (left.state, left.left_by) == (StayState.CHECKED_OUT, "desk1")
    assert (await reception.room("0301")).condition == Condition.DIRTY
    assert await nights_of(reception, "0301") == set()
    async with reception.database.read() as session:
        assert await wake_ups.due_of(session, stay.id) == []
        phones = await wanted_phones(session, ["0301"], PhoneClass.INTERNAL)
    assert phones["0301"] == RoomPhone(PhoneClass.INTERNAL, connectable=False)


async def test_given_a_guest_who_has_left_when_anything_is_done_then_it_is_refused(reception: Reception) -> None:
    stay = await reception.check_in()
    await leave(reception, stay)
    for deed in (
        lambda scope, mine: staying.extend(scope, mine),
        lambda scope, mine: staying.move(scope, mine, "0302", 0, None, "换"),
        lambda scope, mine: staying.change(scope, mine, staying.Wishes(note="x")),
        lambda scope, mine: folio.post(scope, mine, folio.Posting(LineKind.SERVICE, 100)),
        lambda scope, mine: wake_ups.add(scope, mine, at("06:30", TOMORROW), Source.DESK),
        lambda scope, mine: messages.leave(scope, mine, messages.NewMessage("", "赵六", "请回电")),
        lambda scope, mine: leaving.check_out(scope, mine, reception.parts.bookings),
    ):
        with pytest.raises(StayEnded):
            async with reception.with_stay(stay) as (scope, mine):
                await deed(scope, mine)


async def test_given_a_check_out_of_today_when_revoked_then_room_nights_and_wake_ups_are_back(
    reception: Reception,
) -> None:
    stay = await reception.check_in(departure=AFTER)
    async with reception.with_stay(stay) as (scope, mine):
        await wake_ups.add(scope, mine, at("06:30", TOMORROW), Source.DESK)
        cancelled = await wake_ups.add(scope, mine, at("07:30", TOMORROW), Source.DESK)
        await wake_ups.cancel(scope, cancelled.id)
    reception.clock.advance(timedelta(minutes=5))
    await leave(reception, stay)
    reception.clock.advance(timedelta(minutes=5))
    async with reception.with_stay(stay) as (scope, mine):
        await leaving.revoke(scope, mine, "客人回来了", reception.parts.bookings)
    again = await reception.again(stay)
    assert (again.state, again.left_at, await nights_of(reception, "0301")) == (
        StayState.IN_HOUSE,
        None,
        {TODAY, TOMORROW},
    )
    async with reception.database.read() as session:
        assert [(one.due_at, one.state) for one in await wake_ups.due_of(session, stay.id)] == [
            (at("06:30", TOMORROW), WakeUpState.DUE)
        ]


async def test_given_a_check_out_of_yesterday_when_revoked_then_it_is_refused(reception: Reception) -> None:
    stay = await reception.check_in()
    await leave(reception, stay)
    reception.clock.set(at("02:00", TOMORROW))
    with pytest.raises(CheckOutIsOld):
        async with reception.with_stay(stay) as (scope, mine):
            await leaving.revoke(scope, mine, "客人回来了", reception.parts.bookings)


async def test_given_the_room_was_let_again_when_the_check_out_is_revoked_then_it_is_refused(
    reception: Reception,
) -> None:
    stay = await reception.check_in()
    await leave(reception, stay)
    await reception.check_in()
    with pytest.raises(RoomOccupied):
        async with reception.with_stay(stay) as (scope, mine):
            await leaving.revoke(scope, mine, "客人回来了", reception.parts.bookings)


async def test_given_a_guest_in_house_when_a_check_out_is_revoked_then_it_is_refused(reception: Reception) -> None:
    stay = await reception.check_in()
    with pytest.raises(StayGoesOn):
        async with reception.with_stay(stay) as (scope, mine):
            await leaving.revoke(scope, mine, "误操作", reception.parts.bookings)


async def test_given_a_guest_in_a_shared_room_when_the_bed_is_changed_then_only_the_other_bed_is_held(
    reception: Reception,
) -> None:
    stay = await reception.check_in("0301", bed=1, stay_type=StayType.SHARED)
    with pytest.raises(RoomOccupied):
        async with reception.with_stay(stay) as (scope, mine):
            await staying.move(scope, mine, "0301", 1, None, "靠窗")
    async with reception.with_stay(stay) as (scope, mine):
        await staying.move(scope, mine, "0301", 2, None, "靠窗")
    number = (await reception.room("0301")).id
    async with reception.database.read() as session:
        assert set(await session.scalars(select(RoomNight.bed).where(RoomNight.room_id == number))) == {2}
    assert (await sold(reception))[TODAY] == 1
    assert (await reception.room("0301")).condition == Condition.CLEAN


async def test_given_room_changes_when_looked_up_by_room_or_day_then_from_to_price_and_reason_are_told(
    reception: Reception,
) -> None:
    stay = await reception.check_in("0301")
    hidden = await reception.check_in("0303", confidential=True)
    for one, room in ((stay, "0302"), (hidden, "0304")):
        async with reception.with_stay(one) as (scope, mine):
            await staying.move(scope, mine, room, 0, None, "空调")

    async def told(room: str | None = None, *, confidential: bool = True) -> list[tuple[str, str, str]]:
        async with reception.database.read() as session:
            found = await moves.page(session, at("00:00"), None, room, confidential=confidential, limit=9)
        return [(move.old_room, move.new_room, move.change.why) for move in found]

    assert await told() == [("0303", "0304", "空调"), ("0301", "0302", "空调")]
    assert await told("0302") == await told("0301") == [("0301", "0302", "空调")]
    assert await told("0305") == []
    assert await told(confidential=False) == [("0301", "0302", "空调")]
