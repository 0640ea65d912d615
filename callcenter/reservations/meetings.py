"""Meeting rooms (会议室预订): booked by the half hour, each half hour of a room once, by constraint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from http import HTTPStatus

from sqlalchemy import delete, func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import HouseError, NotFound
from callcenter.guests import attention
from callcenter.guests.attention import Named
from callcenter.reservations import journal, prices, store
from callcenter.reservations.models import MeetingSlot, Reservation
from callcenter.reservations.rules import Booker, Desk, Note
from callcenter.reservations.states import COMING, Kind, State, TransitionRefused
from callcenter.rooms.models import Room, RoomType

SLOT = timedelta(minutes=30)
LONGEST = timedelta(hours=24)


class MeetingTimesImpossible(HouseError):
    """A meeting begins in the future, on a half hour, and lasts half an hour to a day; params: `begins`, `ends`."""

    code = "meeting_times_impossible"
    status = HTTPStatus.UNPROCESSABLE_ENTITY


class MeetingRoomTaken(HouseError):
    """Another meeting has the room in a part of that time; params: `room`, `from` (the first half hour taken)."""

    code = "meeting_room_taken"
    status = HTTPStatus.CONFLICT


@dataclass(frozen=True, slots=True)
class WantedMeeting:
    """A meeting. `discount`: percent off the room's price an hour."""

    room: str
    begins: datetime
    ends: datetime
    booker: str
    phone: str = ""
    guest_id: int | None = None
    language: str = "zh"
    persons: int = 1
    discount: int = 0
    discount_reason: str = ""
    company: str = ""
    salesperson: str = ""
    source: str = "phone"
    note: str = ""
    guarantee: str = "none"
    call_id: int | None = None


def slots(begins: datetime, ends: datetime) -> range:
    """Return the half hours of a meeting, counted from 1970."""
    return range(int(begins.timestamp() // SLOT.total_seconds()), int(ends.timestamp() // SLOT.total_seconds()))


def check_times(begins: datetime, ends: datetime, now: datetime) -> None:
    """Refuse times that make no meeting.

    Raises:
        MeetingTimesImpossible: past, not on half hours, not after each other, or longer than a day.
    """
    is_even = all(moment.timestamp() % SLOT.total_seconds() == 0 for moment in (begins, ends))
    if not is_even or begins < now or not timedelta() < ends - begins <= LONGEST:
        raise MeetingTimesImpossible(begins=begins.isoformat(), ends=ends.isoformat())


async def create(session: AsyncSession, desk: Desk, wanted: WantedMeeting, by: Booker, note: Note) -> Reservation:
    """Book a meeting room; the booking is confirmed, cancelled and paid for like any other.

    Raises:
        MeetingTimesImpossible: see `check_times`.
        NotFound: there is no such meeting room.
        MeetingRoomTaken: another meeting has it.
        DiscountAboveCeiling, DiscountNeedsReason: see `prices.check_discount`.
        AttentionListed: the booker is on the special-attention list and `note` does not say who it is.
    """
    now, rules = desk.clock.now(), desk.rules
    confirmed = await attention.confirmed(session, [Named(wanted.booker, wanted.guest_id)], note.attention)
    check_times(wanted.begins, wanted.ends, now)
    room, kind = await _meeting_room(session, wanted.room)
    if wanted.discount:
        ceiling = await prices.ceiling_of(session, by, rules.ceilings)
        prices.check_discount(wanted.discount, wanted.discount_reason, ceiling)
    wanted_slots = slots(wanted.begins, wanted.ends)
    await _must_be_free(session, room, wanted_slots)
    number = await store.next_number(session, "booking", now.astimezone(rules.zone))
    same = {
        name: getattr(wanted, name)
        for name in WantedMeeting.__dataclass_fields__
        if name not in ("room", "begins", "ends")
    }
    booking = Reservation(
        number=number,
        account=f"A{number}",
        kind=Kind.MEETING.value,
        state=State.UNCONFIRMED.value,
        arrival=rules.today(wanted.begins),
        departure=rules.today(wanted.ends),
        arrives_at=wanted.begins,
        arrival_stated=True,
        ends_at=wanted.ends,
        group_name="",
        group_type="",
        plan="",
        extra_beds=0,
        extra_bed_price=0,
        total=prices.discounted(kind.price * len(wanted_slots) // 2, wanted.discount),
        approval="",
        contacts=0,
        version=0,
        end_reason="",
        entered_by_id=by.user_id,
        entered_by=by.username,
        entered_at=now,
        **same,
    )
    session.add(booking)
    await session.flush()
    await _take(session, booking, room, wanted_slots)
    after = {**journal.facts(booking), "room": room.number, **confirmed}
    journal.record(session, desk, booking, "created", by, note, state_before="", after=after)
    return booking


async def move(
    session: AsyncSession,
    desk: Desk,
    booking: Reservation,
    to: tuple[str, datetime, datetime],
    by: Booker,
    note: Note,
) -> None:
    """Move a meeting to another room or time, `to`: its room, begin and end; its discount stays, its price follows.

    Raises:
        TransitionRefused: it is no meeting, or nobody is expected any more.
        MeetingTimesImpossible: see `check_times`; a meeting that has begun is not moved.
        NotFound: there is no such meeting room.
        MeetingRoomTaken: another meeting has it.
    """
    number, begins, ends = to
    if booking.kind != Kind.MEETING or State(booking.state) not in COMING or booking.arrives_at < desk.clock.now():
        raise TransitionRefused(number=booking.number, state=booking.state, action="move")
    check_times(begins, ends, desk.clock.now())
    room, kind = await _meeting_room(session, number)
    before = {**journal.facts(booking), "room": (await rooms_of(session, [booking.id])).get(booking.id, "")}
    await give_back(session, booking)
    wanted = slots(begins, ends)
    await _must_be_free(session, room, wanted)
    await _take(session, booking, room, wanted)
    booking.arrival, booking.departure = desk.rules.today(begins), desk.rules.today(ends)
    booking.arrives_at, booking.ends_at = begins, ends
    booking.total = prices.discounted(kind.price * len(wanted) // 2, booking.discount)
    old, new = journal.differences(before, {**journal.facts(booking), "room": room.number})
    if new:
        journal.record(session, desk, booking, "moved", by, note, state_before=booking.state, before=old, after=new)


async def give_back(session: AsyncSession, booking: Reservation) -> None:
    """Let the half hours of a meeting that will not be held be booked again."""
    await session.execute(delete(MeetingSlot).where(MeetingSlot.reservation_id == booking.id))


async def rooms_of(session: AsyncSession, ids: Sequence[int]) -> dict[int, str]:
    """Return the meeting rooms of bookings, by booking."""
    statement = (
        select(MeetingSlot.reservation_id, Room.number)
        .join(Room, Room.id == MeetingSlot.room_id)
        .where(MeetingSlot.reservation_id.in_(ids))
        .distinct()
    )
    return {number: room for number, room in await session.execute(statement)}


async def of_days(
    session: AsyncSession, desk: Desk, day: date, days: int
) -> list[tuple[Room, RoomType, list[Reservation]]]:
    """Return the meeting rooms with their meetings of `days` days of the hotel from `day` on, in the order of time."""
    begin = desk.rules.at(day, datetime.min.time())
    end = desk.rules.at(day + timedelta(days=days), datetime.min.time())
    statement = (
        select(Room, RoomType)
        .join(RoomType, RoomType.id == Room.type_id)
        .where(Room.active, RoomType.kind == "meeting")
        .order_by(Room.number)
    )
    held = slots(begin, end)
    taken = (
        select(MeetingSlot.room_id, Reservation)
        .join(Reservation, Reservation.id == MeetingSlot.reservation_id)
        .where(MeetingSlot.slot >= held.start, MeetingSlot.slot < held.stop)
        .order_by(Reservation.arrives_at)
        .distinct()
    )
    meetings: dict[int, list[Reservation]] = {}
    for room_id, booking in await session.execute(taken):
        meetings.setdefault(room_id, []).append(booking)
    return [(room, kind, meetings.get(room.id, [])) for room, kind in await session.execute(statement)]


async def _meeting_room(session: AsyncSession, number: str) -> tuple[Room, RoomType]:
    statement = select(Room, RoomType).join(RoomType, RoomType.id == Room.type_id)
    statement = statement.where(Room.number == number, Room.active, RoomType.kind == "meeting")
    found = (await session.execute(statement)).one_or_none()
    if found is None:
        raise NotFound(kind="room", id=number)
    room, kind = found
    return room, kind


async def _take(session: AsyncSession, booking: Reservation, room: Room, wanted: range) -> None:
    rows = [{"room_id": room.id, "slot": slot, "reservation_id": booking.id} for slot in wanted]
    try:
        await session.execute(insert(MeetingSlot), rows)
    except IntegrityError as error:  # two desks at the same moment
        begins = datetime.fromtimestamp(wanted.start * SLOT.total_seconds(), UTC)
        raise MeetingRoomTaken(room=room.number, **{"from": begins.isoformat()}) from error


async def _must_be_free(session: AsyncSession, room: Room, wanted: range) -> None:
    first = await session.scalar(
        select(func.min(MeetingSlot.slot)).where(
            MeetingSlot.room_id == room.id, MeetingSlot.slot >= wanted.start, MeetingSlot.slot < wanted.stop
        )
    )
    if first is not None:
        begins = datetime.fromtimestamp(first * SLOT.total_seconds(), UTC)
        raise MeetingRoomTaken(room=room.number, **{"from": begins.isoformat()})
