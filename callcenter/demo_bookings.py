"""Bookings of the sample hotel, so that its pages show something; the bookers are those of `demo_guests`, invented."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import func, select

from callcenter.clock import Clock
from callcenter.db import Database
from callcenter.demo_guests import caller_number
from callcenter.guests import store as guests
from callcenter.reservations import acts, allocation, booking, deposits
from callcenter.reservations.booking import Wanted, WantedLine
from callcenter.reservations.models import Reservation
from callcenter.reservations.rules import NO_NOTE, BookingRules, Desk, TheHouse
from callcenter.reservations.states import Kind
from callcenter.rooms.models import RoomType
from callcenter.settings import Settings
from callcenter.staff.audit import AuditLog

DEMO = TheHouse("demo")


@dataclass(frozen=True, slots=True)
class Sample:
    """A booking `after` days from today for `nights`; `deposit` in fen; `place`: its type's place among the types."""

    booker: str
    after: int
    nights: int
    place: int = 0
    rooms: int = 1
    language: str = "zh"
    confirmed: bool = False
    deposit: int = 0
    room: bool = False
    group: str = ""
    source: str = "phone"
    note: str = ""


SAMPLES = (
    Sample("示例 王女士", 0, 2, confirmed=True, room=True, note="需要安静的房间"),
    Sample("示例 李先生", 0, 1, place=1, deposit=20_000, room=True),
    Sample("Sample Mr Baker", 0, 3, place=2, language="en", confirmed=True),
    Sample("示例 陈小姐", 1, 1),
    Sample("示例 赵先生", 1, 2, place=1, confirmed=True, source="wechat"),
    Sample("Sample Ms Carter", 2, 4, place=1, language="en", deposit=50_000, source="website"),
    Sample("示例 周导", 3, 2, rooms=8, group="示例摄影团", source="agency", confirmed=True),
    Sample("示例 孙经理", 5, 3, place=2, confirmed=True, source="company"),
    Sample("示例 吴女士", 8, 2),
    Sample("示例 郑导", 12, 1, rooms=12, group="示例研学团", source="agency"),
)


async def furnish(database: Database, settings: Settings, clock: Clock) -> int:
    """Book the samples if the house has rooms and no booking yet; return how many were booked."""
    desk = Desk(clock, BookingRules.of(settings), AuditLog(clock))
    today = desk.rules.today(clock.now())
    async with database.begin() as session:
        statement = select(RoomType.code).where(RoomType.kind == "guest", RoomType.active).order_by(RoomType.price)
        types = (await session.scalars(statement)).all()
        if not types or await session.scalar(select(func.count()).select_from(Reservation)):
            return 0
        for number, sample in enumerate(SAMPLES):
            code = types[min(sample.place, len(types) - 1)]
            cards = (await guests.by_numbers(session, [f"+86{caller_number(number)}"])).values()
            guest_id = next((found[0] for found in cards), None)
            made = await booking.create(session, desk, _wanted(sample, number, code, today, guest_id), DEMO)
            if sample.deposit:
                method = deposits.Method.CASH
                await deposits.receive(session, desk, made, sample.deposit, method, "", DEMO, NO_NOTE)
            elif sample.confirmed:
                await acts.confirm(session, desk, made, DEMO)
            if sample.room:
                await allocation.choose_any(session, desk, made, DEMO, NO_NOTE)
    return len(SAMPLES)


def _wanted(sample: Sample, number: int, code: str, today: date, guest_id: int | None) -> Wanted:
    arrival = today + timedelta(days=sample.after)
    return Wanted(
        kind=Kind.GROUP if sample.group else Kind.INDIVIDUAL,
        lines=(WantedLine(code, sample.rooms),),
        arrival=arrival,
        departure=arrival + timedelta(days=sample.nights),
        booker=sample.booker,
        phone=caller_number(number),
        guest_id=guest_id,
        language=sample.language,
        group_name=sample.group,
        source=sample.source,
        note=sample.note,
    )
