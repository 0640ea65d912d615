"""Meeting rooms over HTTP: who has which room on a day, and booking one."""

from __future__ import annotations

from datetime import date, datetime
from http import HTTPStatus
from typing import Annotated

from aiohttp import web
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.guests.acting import By
from callcenter.reservations import acts, meetings, shown
from callcenter.reservations.bookers import card_of
from callcenter.reservations.models import Reservation
from callcenter.reservations.parts import PARTS, act_on, note_of
from callcenter.reservations.rules import Booker, Desk, Note
from callcenter.reservations.schemas import (
    Guarantee,
    Language,
    Long,
    NoteIn,
    Phone,
    ReservationDetail,
    Short,
    Words,
)
from callcenter.web.app import DATABASE
from callcenter.web.identity import requires, user_of
from callcenter.web.inputs import MAX_ID, Day, Id, Input, Instant, Text, body, query
from callcenter.web.openapi import Contract, documented
from callcenter.web.output import Output, answer

routes = web.RouteTableDef()


class MeetingIn(NoteIn):
    """A meeting room wanted from `begins` to `ends`, both on a half hour."""

    room: Annotated[str, Field(pattern=r"^[0-9A-Za-z-]{1,8}$")]
    begins: Instant
    ends: Instant
    booker: Annotated[Text, Field(min_length=1, max_length=128)]
    phone: Phone = ""
    guest_id: Id | None = None
    language: Language = "zh"
    persons: int = Field(default=1, ge=1, le=2000)
    discount: int = Field(default=0, ge=0, le=100)
    discount_reason: Words = ""
    company: Annotated[Text, Field(max_length=128)] = ""
    salesperson: Short = ""
    source: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")] = "phone"
    note: Long = ""
    guarantee: Guarantee = "none"
    call_id: Id | None = None
    confirm: bool = False


class MeetingMove(NoteIn):
    """Where a meeting is to be; `version` is the one that was seen."""

    room: Annotated[str, Field(pattern=r"^[0-9A-Za-z-]{1,8}$")]
    begins: Instant
    ends: Instant
    version: int | None = Field(default=None, ge=0, le=MAX_ID)


class MeetingFilter(Input):
    """A day, today where none is given, and how many days from it on."""

    day: Day | None = Field(default=None, alias="date")
    days: int = Field(default=1, ge=1, le=14)


class MeetingOut(Output):
    """A meeting in the plan. `total` in fen."""

    number: str
    state: str
    booker: str
    company: str
    phone: str
    total: int
    version: int
    persons: int
    begins: datetime
    ends: datetime


class MeetingRoomOut(Output):
    """A meeting room with its meetings; `price` in fen an hour."""

    number: str
    type: str
    capacity: int
    price: int
    meetings: list[MeetingOut]


class MeetingPlanOut(Output):
    """The meeting rooms on `days` days from `day` on."""

    day: date
    days: int
    rooms: list[MeetingRoomOut]


@routes.get("/api/v1/meetings")
@documented(Contract(query=MeetingFilter, answer=MeetingPlanOut))
@requires("reservations.read")
async def show_meetings(request: web.Request) -> web.Response:
    """Show the meeting rooms with their meetings of some days, from today on where no day is given."""
    desk = request.app[PARTS].desk
    wanted = query(request, MeetingFilter)
    day = wanted.day or desk.rules.today(desk.clock.now())
    async with request.app[DATABASE].read() as session:
        found = await meetings.of_days(session, desk, day, wanted.days)
    rooms = [
        MeetingRoomOut(
            number=room.number,
            type=kind.code,
            capacity=kind.capacity,
            price=kind.price,
            meetings=[
                MeetingOut(
                    number=one.number,
                    state=one.state,
                    booker=one.booker,
                    company=one.company,
                    phone=one.phone,
                    total=one.total,
                    version=one.version,
                    persons=one.persons,
                    begins=one.arrives_at,
                    ends=one.ends_at or one.arrives_at,
                )
                for one in held
            ],
        )
        for room, kind, held in found
    ]
    return answer(MeetingPlanOut(day=day, days=wanted.days, rooms=rooms))


@routes.post("/api/v1/meetings")
@documented(Contract(body=MeetingIn, answer=ReservationDetail, status=HTTPStatus.CREATED))
@requires("reservations.write")
async def book_meeting(request: web.Request) -> web.Response:
    """Book a meeting room; the booking is then handled like any other."""
    wanted = await body(request, MeetingIn)
    parts, by, note = request.app[PARTS], user_of(request), note_of(request, wanted)
    fields = {name: getattr(wanted, name) for name in meetings.WantedMeeting.__dataclass_fields__}
    async with request.app[DATABASE].begin() as session:
        fields["guest_id"] = await card_of(
            session, parts.guests, wanted.booker, wanted.phone, wanted.guest_id, wanted.source, By(by, note.address)
        )
        booking = await meetings.create(session, parts.desk, meetings.WantedMeeting(**fields), by, note)
        if wanted.confirm:
            await acts.confirm(session, parts.desk, booking, by, note)
        await session.flush()
        found = await shown.detail(session, booking, by, parts.desk)
    parts.tell(found.number)
    return answer(found, HTTPStatus.CREATED)


@routes.put("/api/v1/meetings/{number}")
@documented(Contract(body=MeetingMove, answer=ReservationDetail, ids="string"))
@requires("reservations.write")
async def move_meeting(request: web.Request) -> web.Response:
    """Move a meeting to another room or time; the reason goes into its change notes."""
    wanted = await body(request, MeetingMove)
    to = (wanted.room, wanted.begins, wanted.ends)

    async def move(session: AsyncSession, desk: Desk, booking: Reservation, by: Booker, note: Note) -> None:
        await meetings.move(session, desk, booking, to, by, note)

    return answer(await act_on(request, move, note_of(request, wanted), wanted.version))
