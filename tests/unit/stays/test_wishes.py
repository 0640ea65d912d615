"""Messages, wake-up times and room telephones of guests in house; what the switchboard may know of them."""

from __future__ import annotations

from asyncio import sleep, timeout
from datetime import date, datetime, time, timedelta

import pytest
from sqlalchemy import select

from callcenter.calls.models import Call
from callcenter.errors import NotFound, PbxUnavailable
from callcenter.events import LinkChanged
from callcenter.guests.numbers import NumberNotValid
from callcenter.rooms.seeding import ensure_rooms
from callcenter.stays import messages, staying, wake_ups
from callcenter.stays.kinds import LineKind, RoomVacant, Source, StayType, WakeUpPast
from callcenter.stays.models import Stay, WakeUp
from callcenter.stays.parts import StayParts
from callcenter.stays.phones import ALARM, phone_of
from callcenter.stays.quiet import QuietRefused, set_quiet
from callcenter.stays.room_wake_ups import RoomWakeUps
from callcenter.telephony import LinkState, LinkStatus, PhoneClass, RoomPhone
from tests.application import Application
from tests.unit.stays.reception import TODAY, TOMORROW, ZONE, Colleague, Reception, at
from tests.unit.stays.test_staying import leave

OPERATOR = Colleague("operator", "op1")
OPEN, HELD = (RoomPhone(PhoneClass.LOCAL, connectable=reach) for reach in (True, False))


async def left_for(reception: Reception, stay: Stay, remind: str | None = "15:30") -> int:
    wanted = messages.NewMessage("李一", "赵六", "请回电", remind_at=None if remind is None else at(remind))
    async with reception.with_stay(stay) as (scope, mine):
        return (await messages.leave(scope, mine, wanted)).id


async def due(reception: Reception, clock: str) -> list[str]:
    async with reception.database.read() as session:
        return [room for _, _, room in await messages.due(session, at(clock))]


# --- messages


async def test_given_a_message_with_a_time_when_it_comes_then_it_appears_until_it_is_ticked_delivered(
    reception: Reception,
) -> None:
    number = await left_for(reception, await reception.check_in())
    assert (await due(reception, "15:29"), await due(reception, "15:30")) == ([], ["0301"])
    async with reception.work(OPERATOR) as scope:
        await messages.mark(scope, number, delivered=True, confidential=False)
    assert await due(reception, "18:00") == []
    async with reception.work(OPERATOR) as scope:
        await messages.mark(scope, number, delivered=False, confidential=False)
    assert await due(reception, "18:00") == ["0301"]


async def test_given_a_message_without_a_time_then_it_does_not_appear_by_itself(reception: Reception) -> None:
    await left_for(reception, await reception.check_in(), None)
    assert await due(reception, "23:00") == []


async def test_given_a_guest_who_has_left_then_messages_appear_no_more(reception: Reception) -> None:
    stay = await reception.check_in()
    await left_for(reception, stay)
    await leave(reception, stay)
    assert await due(reception, "18:00") == []


async def test_given_a_message_for_a_confidential_guest_when_the_switchboard_ticks_it_then_there_is_none(
    reception: Reception,
) -> None:
    number = await left_for(reception, await reception.check_in(confidential=True))
    with pytest.raises(NotFound):
        async with reception.work(OPERATOR) as scope:
            await messages.mark(scope, number, delivered=True, confidential=False)


# --- wake-up times


@pytest.mark.parametrize(
    ("keyed", "now", "due_at"),
    [
        ("06:30", "15:00", at("06:30", TOMORROW)),
        ("23:30", "15:00", at("23:30")),
        ("15:00", "15:00", at("15:00", TOMORROW)),
    ],
)
def test_given_a_time_of_day_when_asked_for_then_the_next_one_is_meant(keyed: str, now: str, due_at: object) -> None:
    assert wake_ups.next_time(time.fromisoformat(keyed), at(now), ZONE) == due_at


async def test_given_a_room_that_two_share_when_a_wake_up_is_set_on_its_phone_then_both_are_woken_once(
    reception: Reception,
) -> None:
    for bed in (1, 2):
        await reception.check_in(stay_type=StayType.SHARED, bed=bed, language="en")
    book = RoomWakeUps(reception.parts)
    for _ in range(2):
        await book.keep("0301", at("06:30", TOMORROW))
    assert await book.language("0301") == "en"
    async with reception.database.read() as session:
        kept = (await session.scalars(select(WakeUp))).all()
    assert [(one.due_at, one.source) for one in kept] == [(at("06:30", TOMORROW), Source.ROOM_PHONE)] * 2


async def test_given_a_vacant_room_when_a_wake_up_is_set_then_it_is_refused(reception: Reception) -> None:
    with pytest.raises(RoomVacant):
        await RoomWakeUps(reception.parts).keep("0301", at("06:30", TOMORROW))
    assert await RoomWakeUps(reception.parts).language("0301") == "zh"


@pytest.mark.parametrize("days", [-1, 2])
async def test_given_a_time_that_has_passed_or_lies_after_the_departure_then_it_is_refused(
    reception: Reception, days: int
) -> None:
    stay = await reception.check_in()
    with pytest.raises(WakeUpPast):
        async with reception.with_stay(stay) as (scope, mine):
            await wake_ups.add(scope, mine, at("06:30", TODAY + timedelta(days=days)), Source.DESK)


# --- room telephones


async def test_given_who_is_registered_when_compared_then_only_what_differs_is_written(reception: Reception) -> None:
    await reception.check_in("0301", phone_class=PhoneClass.INTERNATIONAL)
    await reception.check_in("0302", confidential=True)
    rooms = len([room for block in reception.settings.rooms for room in block.extensions])
    assert await reception.parts.phones.compare() == rooms
    assert await reception.parts.phones.compare() == 0
    kept = reception.telephony.rooms
    assert kept["0301"] == RoomPhone(PhoneClass.INTERNATIONAL, connectable=True)
    assert kept["0302"] == HELD
    assert kept["0303"] == RoomPhone(PhoneClass.INTERNAL, connectable=False)


async def test_given_a_guest_who_becomes_confidential_when_compared_then_nobody_is_put_through_any_more(
    reception: Reception,
) -> None:
    stay = await reception.check_in()
    await reception.parts.phones.compare()
    assert reception.telephony.rooms["0301"] == OPEN
    async with reception.with_stay(stay) as (scope, mine):
        await staying.change(scope, mine, staying.Wishes(confidential=True))
    assert await reception.parts.phones.compare() == 1
    assert reception.telephony.rooms["0301"] == HELD


async def test_given_a_confidential_guest_who_expects_callers_when_compared_then_these_alone_are_put_through(
    reception: Reception,
) -> None:
    stay = await reception.check_in(confidential=True, allowed_callers=("138 0000 0001", "+8613800000001", "0302"))
    assert stay.allowed_callers == ["+8613800000001", "0302"]
    await reception.parts.phones.compare()
    allowed = RoomPhone(PhoneClass.LOCAL, connectable=False, allowed=("0302", "3800000001"))
    assert reception.telephony.rooms["0301"] == allowed

    async with reception.with_stay(stay) as (scope, mine):
        await staying.change(scope, mine, staying.Wishes(allowed_callers=()))
    await reception.parts.phones.compare()
    assert reception.telephony.rooms["0301"] == HELD
    assert await reception.actions(stay) == ["checked_in", "changed"]


async def test_given_a_confidential_guest_who_moves_when_compared_then_the_callers_follow_and_the_old_room_has_none(
    reception: Reception,
) -> None:
    stay = await reception.check_in(confidential=True, allowed_callers=("13800000001",))
    async with reception.with_stay(stay) as (scope, mine):
        await staying.move(scope, mine, "0303", 0, None, "太吵")
    await reception.parts.phones.compare()
    assert reception.telephony.rooms["0303"].allowed == ("3800000001",)
    assert reception.telephony.rooms["0301"].allowed == ()


async def test_given_a_caller_without_a_number_that_could_ring_when_allowed_then_refused(reception: Reception) -> None:
    with pytest.raises(NumberNotValid):
        await reception.check_in(confidential=True, allowed_callers=("我妈妈",))


async def test_given_a_guest_who_is_not_confidential_then_named_callers_change_nothing(reception: Reception) -> None:
    await reception.check_in(allowed_callers=("13800000001",))
    await reception.parts.phones.compare()
    assert reception.telephony.rooms["0301"] == OPEN


def test_given_several_who_share_a_room_then_the_highest_class_counts_and_one_confidential_guest_hides_it() -> None:
    local = Stay(phone_class="local", confidential=False, allowed_callers=[])
    barred = Stay(phone_class="barred", confidential=True, allowed_callers=[])
    assert phone_of([barred, local], PhoneClass.INTERNAL) == HELD
    assert phone_of([local], PhoneClass.INTERNAL) == OPEN
    assert phone_of([], PhoneClass.BARRED) == RoomPhone(PhoneClass.BARRED, connectable=False)


async def test_given_an_exchange_that_was_away_when_its_link_is_up_again_then_the_telephones_are_mended(
    reception: Reception,
) -> None:
    reception.telephony.failure = PbxUnavailable(reason="gone")
    await reception.parts.phones.start()
    try:
        async with timeout(5):
            while not any(alarm.code == ALARM for alarm in reception.alarms.current):
                await sleep(0.01)
        reception.telephony.failure = None
        reception.bus.publish(LinkChanged(LinkStatus(LinkState.UP, reception.clock.now())))
        async with timeout(5):
            while any(alarm.code == ALARM for alarm in reception.alarms.current):
                await sleep(0.01)
        assert reception.telephony.rooms["0301"].phone_class is PhoneClass.INTERNAL
    finally:
        await reception.parts.phones.close()


# --- calls from the room


async def called(reception: Reception, line: str, seconds: float, *, after: timedelta = timedelta(minutes=5)) -> None:
    began = reception.clock.now() + after
    values = {"operators": [], "rings": [], "transfers": [], "holds": [], "queue_waits": []}
    async with reception.database.begin() as session:
        session.add(
            Call(
                node="pbx1",
                linkedid=f"pbx-{line}-{began.timestamp()}",
                direction="outbound",
                caller="0301",
                line=line,
                started_at=began,
                quarter=0,
                answered_by="none",
                ended_at=began + timedelta(seconds=seconds + 5),
                outcome="answered" if seconds else "no_answer",
                talk_seconds=seconds,
                swept=False,
                late=False,
                rank=1,
                known_until=began,
                **values,
            )
        )


@pytest.mark.parametrize(
    ("line", "seconds", "fen"),
    [
        ("075588888888", 61, 120),
        ("0085221234567", 60, 800),
        ("62345678", 600, 0),
        ("075588888888", 0, 0),
        ("119", 300, 0),
    ],
)
async def test_given_a_call_from_the_room_when_charged_then_each_minute_begun_costs_its_rate_once(
    reception: Reception, line: str, seconds: float, fen: int
) -> None:
    stay = await reception.check_in()
    await called(reception, line, seconds)
    reception.clock.advance(timedelta(hours=1))
    for _ in range(2):
        await reception.parts.charge_calls()
    assert await reception.balance(stay) == fen
    assert [one.kind for one in await reception.lines(stay)] == ([LineKind.PHONE] if fen else [])


async def test_given_a_call_of_the_guest_before_when_charged_then_the_new_guest_does_not_pay_it(
    reception: Reception,
) -> None:
    first = await reception.check_in()
    await called(reception, "075588888888", 60, after=timedelta())
    reception.clock.advance(timedelta(minutes=10))
    await leave(reception, first)
    second = await reception.check_in()
    await reception.parts.charge_calls()
    assert await reception.balance(second) == 0
    assert sum(one.kind == LineKind.PHONE for one in await reception.lines(first)) == 1


# --- what the switchboard may know


async def test_given_a_confidential_guest_when_asked_for_over_http_then_the_answer_is_that_for_nobody(
    application: Application,
) -> None:
    async with application.database.begin() as session:
        await ensure_rooms(session, application.settings)
    stays: StayParts = application.stays
    reception = Reception(application.database, application.clock)
    reception.parts = stays
    hidden = await reception.check_in("0301", confidential=True, departure=date(2026, 11, 22))
    await application.sign_in("operator")
    answers = []
    for path in (f"/api/v1/stays/{hidden.id}", f"/api/v1/stays/{hidden.id + 1}"):
        answer = await application.client.get(path)
        problem = await answer.json()
        # what any two answers differ in: the id that was asked for, and the request's own
        answers.append((answer.status, {**problem, "params": {**problem["params"], "id": 0}, "request_id": ""}))
    assert answers[0] == answers[1]
    listed = await (await application.client.get("/api/v1/stays?room=0301")).json()
    assert listed == {"items": [], "next": None}
    await application.sign_in("front_desk")
    assert len((await (await application.client.get("/api/v1/stays?room=0301")).json())["items"]) == 1


# --- do not disturb


async def test_given_do_not_disturb_with_an_end_when_set_then_the_telephone_keeps_it_and_it_moves_with_the_guest(
    reception: Reception,
) -> None:
    stay = await reception.check_in()
    until = at("22:00")
    async with reception.with_stay(stay) as (scope, mine):
        await set_quiet(scope, mine, until + timedelta(microseconds=5))
        await set_quiet(scope, mine, until)
    await reception.parts.phones.compare()
    assert reception.telephony.rooms["0301"].quiet_until == until
    async with reception.with_stay(stay) as (scope, mine):
        await staying.move(scope, mine, "0303", 0, None, "太吵")
    await reception.parts.phones.compare()
    assert reception.telephony.rooms["0303"].quiet_until == until
    assert reception.telephony.rooms["0301"].quiet_until is None
    assert await reception.actions(stay) == ["checked_in", "quiet_set", "moved"]


@pytest.mark.parametrize("until", [at("14:59"), at("15:00", TODAY + timedelta(days=8))])
async def test_given_an_end_in_the_past_or_beyond_a_week_when_set_then_do_not_disturb_is_refused(
    reception: Reception, until: datetime
) -> None:
    stay = await reception.check_in()
    with pytest.raises(QuietRefused):
        async with reception.with_stay(stay) as (scope, mine):
            await set_quiet(scope, mine, until)


async def test_given_do_not_disturb_when_ended_then_the_telephone_rings_again(reception: Reception) -> None:
    stay = await reception.check_in()
    async with reception.with_stay(stay) as (scope, mine):
        await set_quiet(scope, mine, at("22:00"))
    async with reception.with_stay(stay) as (scope, mine):
        await set_quiet(scope, mine, None)
    await reception.parts.phones.compare()
    assert reception.telephony.rooms["0301"] == OPEN
