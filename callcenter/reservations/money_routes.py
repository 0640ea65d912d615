"""Deposits, persons and rooms of a booking over HTTP."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.reservations import allocation, deposits, free, persons, store
from callcenter.reservations.models import Reservation
from callcenter.reservations.parts import PARTS, act_on, note_of
from callcenter.reservations.planning_schemas import FreeRoomList
from callcenter.reservations.rules import Booker, Desk, Note
from callcenter.reservations.schemas import (
    NoteIn,
    PaymentIn,
    PayOutIn,
    PersonsIn,
    ReservationDetail,
    RoomsIn,
)
from callcenter.web.app import DATABASE
from callcenter.web.identity import requires
from callcenter.web.inputs import body
from callcenter.web.openapi import Contract, documented
from callcenter.web.output import answer

routes = web.RouteTableDef()


@routes.post("/api/v1/reservations/{number}/deposits")
@documented(Contract(body=PaymentIn, answer=ReservationDetail, status=HTTPStatus.CREATED, ids="string"))
@requires("reservations.payments")
async def receive_deposit(request: web.Request) -> web.Response:
    """Take a deposit or a part of it; the first one confirms the booking."""
    wanted = await body(request, PaymentIn)

    async def act(session: AsyncSession, desk: Desk, booking: Reservation, by: Booker, note: Note) -> None:
        await deposits.receive(session, desk, booking, wanted.amount, wanted.method, wanted.reference, by, note)

    return answer(await act_on(request, act, note_of(request, wanted)), HTTPStatus.CREATED)


@routes.post("/api/v1/reservations/{number}/refunds")
@documented(Contract(body=PayOutIn, answer=ReservationDetail, status=HTTPStatus.CREATED, ids="string"))
@requires("reservations.refund")
async def refund_deposit(request: web.Request) -> web.Response:
    """Give a deposit back, whole or in part, with a reason."""
    return await _pay_out(request, deposits.PaymentKind.REFUND)


@routes.post("/api/v1/reservations/{number}/forfeits")
@documented(Contract(body=PayOutIn, answer=ReservationDetail, status=HTTPStatus.CREATED, ids="string"))
@requires("reservations.refund")
async def forfeit_deposit(request: web.Request) -> web.Response:
    """Keep a deposit, whole or in part, with a reason."""
    return await _pay_out(request, deposits.PaymentKind.FORFEIT)


@routes.put("/api/v1/reservations/{number}/guests")
@documented(Contract(body=PersonsIn, answer=ReservationDetail, ids="string"))
@requires("reservations.write")
async def set_reservation_guests(request: web.Request) -> web.Response:
    """Set the persons of a booking; a document number sent back masked, as it was shown, stays what it was."""
    wanted = await body(request, PersonsIn)

    async def act(session: AsyncSession, desk: Desk, booking: Reservation, by: Booker, note: Note) -> None:
        await persons.put(session, desk, booking, wanted.persons(), by, note)

    return answer(await act_on(request, act, note_of(request, wanted)))


@routes.put("/api/v1/reservations/{number}/rooms")
@documented(Contract(body=RoomsIn, answer=ReservationDetail, ids="string"))
@requires("reservations.write")
async def choose_rooms(request: web.Request) -> web.Response:
    """Choose the rooms that a booking holds, whole or by beds."""
    wanted = await body(request, RoomsIn)
    choices = [allocation.Choice(one.room, tuple(one.beds)) for one in wanted.rooms]

    async def act(session: AsyncSession, desk: Desk, booking: Reservation, by: Booker, note: Note) -> None:
        await allocation.choose(session, desk, booking, choices, by, note, overbook=wanted.overbook)

    return answer(await act_on(request, act, note_of(request, wanted)))


@routes.post("/api/v1/reservations/{number}/rooms/automatic")
@documented(Contract(body=NoteIn, answer=ReservationDetail, ids="string"))
@requires("reservations.write")
async def choose_room_automatically(request: web.Request) -> web.Response:
    """Choose a free room for an individual booking; where none is free it stays without."""
    words = await body(request, NoteIn)
    return answer(await act_on(request, allocation.choose_any, note_of(request, words)))


@routes.get("/api/v1/reservations/{number}/free-rooms")
@documented(Contract(answer=FreeRoomList, ids="string"))
@requires("reservations.read")
async def list_free_rooms(request: web.Request) -> web.Response:
    """Show the rooms that a booking could get for all its nights, of its own types first."""
    async with request.app[DATABASE].read() as session:
        booking = await store.by_number(session, request.match_info["number"][:16])
        parts = request.app[PARTS]
        today = parts.desk.rules.today(parts.desk.clock.now())
        items = await free.rooms_for(session, parts.residents, booking, today)
    return answer(FreeRoomList(items=items))


async def _pay_out(request: web.Request, kind: deposits.PaymentKind) -> web.Response:
    wanted = await body(request, PayOutIn)

    async def act(session: AsyncSession, desk: Desk, booking: Reservation, by: Booker, note: Note) -> None:
        await deposits.pay_out(session, desk, booking, kind, wanted.amount, wanted.method, wanted.reference, by, note)

    return answer(await act_on(request, act, note_of(request, wanted)), HTTPStatus.CREATED)
