"""Bookings over HTTP: the list, one booking, making and changing one, and what can be done to its state."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import Any

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import HouseError
from callcenter.guests.acting import By
from callcenter.reservations import acts, allocation, journal, shown, store
from callcenter.reservations import booking as bookings
from callcenter.reservations.bookers import with_card
from callcenter.reservations.models import Reservation
from callcenter.reservations.parts import PARTS, Act, act_on, note_of
from callcenter.reservations.rules import Booker, Desk, Note
from callcenter.reservations.schemas import (
    BookingChange,
    BookingIn,
    ChangeList,
    ChangeOut,
    CopiesIn,
    GroupChange,
    GroupIn,
    NoteIn,
    ReasonIn,
    ReinstateIn,
    ReservationDetail,
    ReservationFilter,
    ReservationList,
    ReservationPage,
)
from callcenter.reservations.states import Kind
from callcenter.web.app import DATABASE
from callcenter.web.identity import requires, user_of
from callcenter.web.inputs import body, position_of, query
from callcenter.web.openapi import Contract, documented
from callcenter.web.output import answer, one_page

routes = web.RouteTableDef()


class WrongKind(HouseError):
    """This address is for bookings of another kind; params: `number`, `kind`."""

    code = "wrong_kind"
    status = HTTPStatus.CONFLICT


@routes.get("/api/v1/reservations")
@documented(Contract(query=ReservationFilter, answer=ReservationPage))
@requires("reservations.read")
async def list_reservations(request: web.Request) -> web.Response:
    """Show bookings in the order asked for, usually the last entered first."""
    wanted = query(request, ReservationFilter)
    key = store.SORT_KEYS[wanted.sort]
    after = position_of(wanted.after, key.kind) if wanted.after else None
    order: dict[str, Any] = {"sort": wanted.sort, "way": wanted.order}
    async with request.app[DATABASE].read() as session:
        found = await store.page(session, wanted.conditions(), wanted.limit + 1, after, **order)
        page, cursor = one_page(found, wanted.limit, lambda one: (key.of(one), one.id))
        items = await shown.rows(session, page)
    return answer(ReservationPage(items=items, next=cursor))


@routes.post("/api/v1/reservations")
@documented(Contract(body=BookingIn, answer=ReservationDetail, status=HTTPStatus.CREATED))
@requires("reservations.write")
async def create_reservation(request: web.Request) -> web.Response:
    """Book a room, at once with a room number or confirmed where that is asked for."""
    wanted = await body(request, BookingIn)
    return await _create(request, wanted, wanted.room)


@routes.post("/api/v1/group-reservations")
@documented(Contract(body=GroupIn, answer=ReservationDetail, status=HTTPStatus.CREATED))
@requires("reservations.write")
async def create_group_reservation(request: web.Request) -> web.Response:
    """Book rooms or beds for a group, in reserve lines by type."""
    return await _create(request, await body(request, GroupIn), None)


@routes.get("/api/v1/reservations/{number}")
@documented(Contract(answer=ReservationDetail, ids="string"))
@requires("reservations.read")
async def show_reservation(request: web.Request) -> web.Response:
    """Show one booking with its lines, guests, money, and what can be done to it now."""
    async with request.app[DATABASE].read() as session:
        booking = await store.by_number(session, request.match_info["number"][:16])
        found = await shown.detail(session, booking, user_of(request), request.app[PARTS].desk)
    return answer(found)


@routes.get("/api/v1/reservations/{number}/changes")
@documented(Contract(answer=ChangeList, ids="string"))
@requires("reservations.read")
async def list_reservation_changes(request: web.Request) -> web.Response:
    """Show the change notes of a booking, oldest first."""
    async with request.app[DATABASE].read() as session:
        booking = await store.by_number(session, request.match_info["number"][:16])
        found = await journal.of(session, booking)
    return answer(ChangeList(items=[ChangeOut.model_validate(one) for one in found]))


@routes.put("/api/v1/reservations/{number}")
@documented(Contract(body=BookingChange, answer=ReservationDetail, ids="string"))
@requires("reservations.write")
async def change_reservation(request: web.Request) -> web.Response:
    """Set what is to be true of an individual booking."""
    return await _change(request, await body(request, BookingChange), Kind.INDIVIDUAL)


@routes.put("/api/v1/group-reservations/{number}")
@documented(Contract(body=GroupChange, answer=ReservationDetail, ids="string"))
@requires("reservations.write")
async def change_group_reservation(request: web.Request) -> web.Response:
    """Set what is to be true of a group booking; lines may go from rooms to beds and back."""
    return await _change(request, await body(request, GroupChange), Kind.GROUP)


@routes.delete("/api/v1/reservations/{number}")
@documented(Contract(answer=ReservationDetail, ids="string"))
@requires("reservations.write")
async def delete_reservation(request: web.Request) -> web.Response:
    """Delete an unconfirmed booking inside its delete window, or later with the right."""
    return answer(await act_on(request, acts.delete, note_of(request)))


@routes.post("/api/v1/reservations/{number}/confirm")
@documented(Contract(body=NoteIn, answer=ReservationDetail, ids="string"))
@requires("reservations.write")
async def confirm_reservation(request: web.Request) -> web.Response:
    """Confirm a booking."""
    return await _noted(request, acts.confirm, NoteIn)


@routes.post("/api/v1/reservations/{number}/unconfirm")
@documented(Contract(body=ReasonIn, answer=ReservationDetail, ids="string"))
@requires("reservations.unconfirm")
async def unconfirm_reservation(request: web.Request) -> web.Response:
    """Take a confirmation back, with a reason."""
    return await _noted(request, acts.unconfirm, ReasonIn)


@routes.post("/api/v1/reservations/{number}/approve")
@documented(Contract(body=NoteIn, answer=ReservationDetail, ids="string"))
@requires("reservations.below_former_price")
async def approve_reservation(request: web.Request) -> web.Response:
    """Agree to a price below the customer's former one."""
    return await _noted(request, acts.approve, NoteIn)


@routes.post("/api/v1/reservations/{number}/cancel")
@documented(Contract(body=ReasonIn, answer=ReservationDetail, ids="string"))
@requires("reservations.cancel")
async def cancel_reservation(request: web.Request) -> web.Response:
    """Cancel a booking with a reason; its deposit stays on the books."""
    return await _noted(request, acts.cancel, ReasonIn)


@routes.post("/api/v1/reservations/{number}/no-show")
@documented(Contract(body=NoteIn, answer=ReservationDetail, ids="string"))
@requires("reservations.release")
async def release_reservation(request: web.Request) -> web.Response:
    """Release the rooms of a guest who did not come; guaranteed bookings from noon of the next day on."""
    return await _noted(request, acts.no_show, NoteIn)


@routes.post("/api/v1/reservations/{number}/contacts")
@documented(Contract(body=ReasonIn, answer=ReservationDetail, ids="string"))
@requires("reservations.write")
async def note_reservation_contact(request: web.Request) -> web.Response:
    """Note an attempt to reach the guest about the arrival, and what came of it."""
    return await _noted(request, acts.note_contact, ReasonIn)


@routes.post("/api/v1/reservations/{number}/reinstate")
@documented(Contract(body=ReinstateIn, answer=ReservationDetail, ids="string"))
@requires("reservations.write")
async def reinstate_reservation(request: web.Request) -> web.Response:
    """Bring a no-show back, unless its room was taken meanwhile."""
    wanted = await body(request, ReinstateIn)
    rooms = None if wanted.rooms is None else [(one.room, one.beds) for one in wanted.rooms]
    act = partial(_reinstate, rooms=rooms, overbook=wanted.overbook)
    return answer(await act_on(request, act, note_of(request, wanted)))


@routes.post("/api/v1/reservations/{number}/copies")
@documented(Contract(body=CopiesIn, answer=ReservationList, status=HTTPStatus.CREATED, ids="string"))
@requires("reservations.write")
async def copy_reservation(request: web.Request) -> web.Response:
    """Book further rooms for the same booker, each with an order number of its own."""
    wanted = await body(request, CopiesIn)
    parts, by, note = request.app[PARTS], user_of(request), note_of(request, wanted)
    async with request.app[DATABASE].begin() as session:
        booking = await store.locked(session, request.match_info["number"][:16])
        made = await bookings.copies(session, parts.desk, booking, wanted.count, by, note, overbook=wanted.overbook)
        await session.flush()
        items = [await shown.detail(session, one, by, parts.desk) for one in made]
    for one in items:
        parts.tell(one.number)
    return answer(ReservationList(items=items), HTTPStatus.CREATED)


async def _create(request: web.Request, wanted: BookingIn | GroupIn, room: str | None) -> web.Response:
    parts, by, note = request.app[PARTS], user_of(request), note_of(request, wanted)
    today = parts.desk.rules.today(parts.desk.clock.now())
    arrival, departure = bookings.default_dates(wanted.arrival, today)
    async with request.app[DATABASE].begin() as session:
        known = await with_card(session, parts.guests, wanted.wanted(arrival, departure), By(by, note.address))
        booking = await bookings.create(session, parts.desk, known, by, note, overbook=wanted.overbook)
        if room is not None:
            choice = [allocation.Choice(room)]
            await allocation.choose(session, parts.desk, booking, choice, by, note, overbook=wanted.overbook)
        if wanted.confirm and booking.approval != "wanted":
            await acts.confirm(session, parts.desk, booking, by, note)
        await session.flush()
        found = await shown.detail(session, booking, by, parts.desk)
    parts.tell(found.number)
    return answer(found, HTTPStatus.CREATED)


async def _change(request: web.Request, wanted: BookingChange | GroupChange, kind: Kind) -> web.Response:
    async def act(session: AsyncSession, desk: Desk, booking: Reservation, by: Booker, note: Note) -> None:
        if booking.kind != kind:
            raise WrongKind(number=booking.number, kind=booking.kind)
        target = wanted.wanted(booking.arrival, booking.departure)
        await bookings.change(session, desk, booking, target, by, note, overbook=wanted.overbook)

    return answer(await act_on(request, act, note_of(request, wanted), wanted.version))


async def _noted(request: web.Request, act: Act, model: type[NoteIn]) -> web.Response:
    words = await body(request, model)
    return answer(await act_on(request, act, note_of(request, words)))


async def _reinstate(
    session: AsyncSession,
    desk: Desk,
    booking: Reservation,
    by: Booker,
    note: Note,
    *,
    rooms: list[tuple[str, list[int]]] | None,
    overbook: bool,
) -> None:
    await acts.reinstate(session, desk, booking, rooms, by, note, overbook=overbook)
