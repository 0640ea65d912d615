"""What is free, over HTTP: availability, prices, hotel calendar, room chart."""

from __future__ import annotations

from datetime import date, timedelta

from aiohttp import web
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.reservations import availability, chart, free, prices
from callcenter.reservations import booking as bookings
from callcenter.reservations.models import RatePlan
from callcenter.reservations.parts import PARTS
from callcenter.reservations.planning_schemas import (
    AvailabilityFilter,
    AvailabilityOut,
    CalendarDayOut,
    CalendarOut,
    ChartOut,
    ChartRoomOut,
    ClosedOut,
    DayFilter,
    FormOut,
    FreeRoomFilter,
    FreeRoomList,
    NightOut,
    OccupantOut,
    OfferIn,
    OfferOut,
    PlanOut,
    SpanFilter,
    TypeOut,
)
from callcenter.reservations.schemas import LineOut
from callcenter.reservations.states import Kind
from callcenter.web.app import DATABASE
from callcenter.web.identity import requires, user_of
from callcenter.web.inputs import body, query
from callcenter.web.openapi import Contract, documented
from callcenter.web.output import answer

routes = web.RouteTableDef()


@routes.get("/api/v1/reservation-form")
@documented(Contract(answer=FormOut))
@requires("reservations.read")
async def show_reservation_form(request: web.Request) -> web.Response:
    """Tell what the booking form begins with: default dates, the operator's discount ceiling, rate plans."""
    desk = request.app[PARTS].desk
    today = desk.rules.today(desk.clock.now())
    arrival, departure = bookings.default_dates(None, today)
    async with request.app[DATABASE].read() as session:
        ceiling = await prices.ceiling_of(session, user_of(request), desk.rules.ceilings)
        plans = await session.scalars(select(RatePlan).where(RatePlan.active).order_by(RatePlan.code))
        shown = [PlanOut.model_validate(plan) for plan in plans]
    return answer(
        FormOut(
            today=today,
            arrival=arrival,
            departure=departure,
            arrival_time=f"{desk.rules.arrival:%H:%M}",
            departure_time=f"{desk.rules.departure:%H:%M}",
            discount_ceiling=ceiling,
            plans=shown,
        )
    )


@routes.get("/api/v1/availability")
@documented(Contract(query=AvailabilityFilter, answer=AvailabilityOut))
@requires("reservations.read")
async def show_availability(request: web.Request) -> web.Response:
    """Show what is free by type and night, with list prices."""
    wanted = query(request, AvailabilityFilter)
    async with request.app[DATABASE].read() as session:
        found = await availability.availability(session, wanted.first, wanted.until, wanted.plan or "", wanted.type)
    return answer(AvailabilityOut(types=[_type(one) for one in found]))


@routes.get("/api/v1/free-rooms")
@documented(Contract(query=FreeRoomFilter, answer=FreeRoomList))
@requires("reservations.read")
async def list_rooms_to_choose(request: web.Request) -> web.Response:
    """Show the rooms of a type that a booking of these nights could have at once, clean ones first."""
    wanted = query(request, FreeRoomFilter)
    async with request.app[DATABASE].read() as session:
        residents = request.app[PARTS].residents
        items = await free.rooms_of_type(session, residents, wanted.type, wanted.first, wanted.until)
    return answer(FreeRoomList(items=items))


@routes.post("/api/v1/reservation-offers")
@documented(Contract(body=OfferIn, answer=OfferOut))
@requires("reservations.read")
async def offer_reservation(request: web.Request) -> web.Response:
    """Price a booking without making it, and tell how many such rooms are free."""
    wanted = await body(request, OfferIn)
    rules = request.app[PARTS].desk.rules
    bookings.check_dates(wanted.arrival, wanted.departure, wanted.arrival, rules.longest_stay)
    asked = bookings.Wanted(
        kind=Kind.INDIVIDUAL,
        lines=(bookings.WantedLine(wanted.type, price=wanted.price),),
        arrival=wanted.arrival,
        departure=wanted.departure,
        plan=wanted.plan or "",
        discount=wanted.discount,
        extra_beds=wanted.extra_beds,
        extra_bed_price=wanted.extra_bed_price,
        guest_id=wanted.guest_id,
        phone=wanted.phone,
    )
    async with request.app[DATABASE].read() as session:
        offered = await bookings.offer(session, asked)
        line = offered.lines[0]
        former = await bookings.former_price(session, asked, line.type.id, None)
        ceiling = await prices.ceiling_of(session, user_of(request), rules.ceilings)
        stock = await availability.availability(session, wanted.arrival, wanted.departure, type_code=wanted.type)
    return answer(
        OfferOut(
            line=LineOut(
                type=line.type.code,
                rooms=line.rooms,
                beds=line.beds,
                price=line.price,
                list_price=line.list_price,
                nightly=list(line.nightly),
            ),
            total=offered.total,
            discount=offered.discount,
            ceiling=ceiling,
            extra_bed_price=offered.extra_bed_price,
            former_price=former,
            approval_wanted=prices.needs_approval(line.price, line.list_price, former),
            free=stock[0].free if stock else 0,
            overbooking=stock[0].overbooking if stock else 0,
        )
    )


@routes.get("/api/v1/hotel-calendar")
@documented(Contract(query=SpanFilter, answer=CalendarOut))
@requires("reservations.read")
async def show_hotel_calendar(request: web.Request) -> web.Response:
    """Show the hotel calendar: arrivals, departures, rooms staying and free, day by day."""
    wanted = query(request, SpanFilter)
    async with request.app[DATABASE].read() as session:
        days = await availability.calendar(session, wanted.first, wanted.until)
    return answer(CalendarOut(days=[CalendarDayOut.model_validate(day) for day in days]))


@routes.get("/api/v1/room-chart")
@documented(Contract(query=DayFilter, answer=ChartOut))
@requires("reservations.read")
async def show_room_chart(request: web.Request) -> web.Response:
    """Show what each room is on a day, today where none is given."""
    desk = request.app[PARTS].desk
    day = query(request, DayFilter).day or desk.rules.today(desk.clock.now())
    async with request.app[DATABASE].read() as session:
        found = await _read_chart(request, session, day, day + timedelta(days=1))
    return answer(_chart(found, day))


@routes.get("/api/v1/room-plan")
@documented(Contract(query=SpanFilter, answer=ChartOut))
@requires("reservations.read")
async def show_room_plan(request: web.Request) -> web.Response:
    """Show who holds which room over a span of days."""
    wanted = query(request, SpanFilter)
    async with request.app[DATABASE].read() as session:
        found = await _read_chart(request, session, wanted.first, wanted.until)
    return answer(_chart(found, wanted.first))


async def _read_chart(request: web.Request, session: AsyncSession, first: date, until: date) -> list[chart.ChartRoom]:
    may = user_of(request).may("stays.see_confidential")
    return await chart.chart(session, request.app[PARTS].residents, first, until, confidential=may)


def _chart(found: list[chart.ChartRoom], day: date) -> ChartOut:
    return ChartOut(
        day=day,
        rooms=[
            ChartRoomOut(
                number=one.room.number,
                type=one.type.code,
                floor=one.room.floor,
                beds=one.room.beds,
                condition=one.room.condition,
                state=chart.room_state(one, day).value,
                occupants=[OccupantOut.model_validate(held) for held in one.occupants],
                closed=[ClosedOut.model_validate(closed) for closed in one.closed],
            )
            for one in found
        ],
    )


def _type(stock: availability.TypeStock) -> TypeOut:
    return TypeOut(
        type=stock.type.code,
        name_zh=stock.type.name_zh,
        name_en=stock.type.name_en,
        free=stock.free,
        overbooking=stock.overbooking,
        total=stock.total,
        nights=[
            NightOut(
                night=night.night,
                rooms=night.rooms,
                sold=night.sold,
                free=night.free,
                overbooking=night.overbooking,
                price=night.price,
            )
            for night in stock.nights
        ],
    )
