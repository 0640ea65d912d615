"""Meeting rooms over HTTP: who has which room on a day, and booking one."""

from __future__ import annotations

from datetime import date, datetime
from http import HTTPStatus
from typing import Annotated

from aiohttp import web
from pydantic import Field

from callcenter.reservations import acts, meetings, shown
from callcenter.reservations.parts import PARTS, note_of
from callcenter.reservations.planning_schemas import DayFilter
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
from callcenter.web.inputs import Id, Instant, Text, body, query
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


class MeetingOut(Output):
    """A meeting in the plan of a day."""

    number: str
    state: str
    booker: str
    persons: int
    begins: datetime
    ends: datetime


class MeetingRoomOut(Output):
    """A meeting room with the day's meetings; `price` in fen an hour."""

    number: str
    type: str
    capacity: int
    price: int
    meetings: list[MeetingOut]


class MeetingPlanOut(Output):
    """The meeting rooms on a day."""

    day: date
    rooms: list[MeetingRoomOut]


@routes.get("/api/v1/meetings")
@documented(Contract(query=DayFilter, answer=MeetingPlanOut))
@requires("reservations.read")
async def show_meetings(request: web.Request) -> web.Response:
    """Show the meeting rooms with their meetings of a day, today where none is given."""
    desk = request.app[PARTS].desk
    day = query(request, DayFilter).day or desk.rules.today(desk.clock.now())
    async with request.app[DATABASE].read() as session:
        found = await meetings.of_day(session, desk, day)
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
                    persons=one.persons,
                    begins=one.arrives_at,
                    ends=one.ends_at or one.arrives_at,
                )
                for one in held
            ],
        )
        for room, kind, held in found
    ]
    return answer(MeetingPlanOut(day=day, rooms=rooms))


@routes.post("/api/v1/meetings")
@documented(Contract(body=MeetingIn, answer=ReservationDetail, status=HTTPStatus.CREATED))
@requires("reservations.write")
async def book_meeting(request: web.Request) -> web.Response:
    """Book a meeting room; the booking is then handled like any other."""
    wanted = await body(request, MeetingIn)
    parts, by, note = request.app[PARTS], user_of(request), note_of(request, wanted)
    fields = {name: getattr(wanted, name) for name in meetings.WantedMeeting.__dataclass_fields__}
    async with request.app[DATABASE].begin() as session:
        booking = await meetings.create(session, parts.desk, meetings.WantedMeeting(**fields), by, note)
        if wanted.confirm:
            await acts.confirm(session, parts.desk, booking, by, note)
        await session.flush()
        found = await shown.detail(session, booking, by, parts.desk)
    parts.tell(found.number)
    return answer(found, HTTPStatus.CREATED)
