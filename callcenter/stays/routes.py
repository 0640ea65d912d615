"""Stays over HTTP: check-in, the list of guests in house, one stay, and what can be done with it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from http import HTTPStatus

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.stays import (
    connect_routes,
    folio_routes,
    leaving,
    linking,
    message_routes,
    move_routes,
    reading,
    recognising_routes,
    staying,
)
from callcenter.stays.kinds import StayState
from callcenter.stays.models import Stay
from callcenter.stays.parts import PARTS, StayParts
from callcenter.stays.quiet import set_quiet
from callcenter.stays.schemas import (
    CheckIn,
    Commission,
    GroupIn,
    Link,
    Longer,
    Move,
    Overnight,
    Quiet,
    StayDetail,
    StayFilter,
    StayOut,
    StayPage,
    Why,
    Wish,
    detail,
)
from callcenter.stays.scope import Scope
from callcenter.web.identity import address_of, requires, user_of
from callcenter.web.inputs import body, from_cursor, path_id, query
from callcenter.web.openapi import Contract, documented
from callcenter.web.output import answer, one_page

SEE_CONFIDENTIAL = "stays.see_confidential"
SEE_DOCUMENTS = "stays.see_documents"

routes = web.RouteTableDef()

Deed = Callable[[Scope, Stay], Awaitable[object]]


def setup(app: web.Application, parts: StayParts) -> None:
    """Add this slice's routes to `app`."""
    app[PARTS] = parts
    app.add_routes(routes)
    app.add_routes(folio_routes.routes)
    app.add_routes(message_routes.routes)
    app.add_routes(connect_routes.routes)
    app.add_routes(recognising_routes.routes)
    app.add_routes(move_routes.routes)


@routes.get("/api/v1/stays")
@documented(Contract(query=StayFilter, answer=StayPage))
@requires("stays.read")
async def list_stays(request: web.Request) -> web.Response:
    """Show stays, the last registered first; confidential guests only to those who may see them."""
    wanted = query(request, StayFilter)
    after = from_cursor(wanted.after) if wanted.after else None
    async with request.app[PARTS].database.read() as session:
        rows = await reading.page(
            session, wanted.query(), confidential=sees(request), limit=wanted.limit + 1, after=after
        )
    shown, cursor = one_page(rows, wanted.limit, lambda row: (row.stay.registered_at, row.stay.id))
    return answer(StayPage(items=[StayOut.of(row) for row in shown], next=cursor))


@routes.post("/api/v1/stays")
@documented(Contract(body=CheckIn, answer=StayDetail, status=HTTPStatus.CREATED))
@requires("stays.manage")
async def check_in(request: web.Request) -> web.Response:
    """Register a guest, as a walk-in or from a booking."""
    wanted = await body(request, CheckIn)
    async with request.app[PARTS].work(user_of(request), address_of(request)) as scope:
        group = None if wanted.group is None else await linking.group_of(scope.session, wanted.group)
        stay = await request.app[PARTS].bookings.check_in(scope, wanted.registration(group), wanted.booking)
        shown = await _shown(request, scope.session, stay)
    return answer(shown, HTTPStatus.CREATED)


@routes.get("/api/v1/stays/{id}")
@documented(Contract(answer=StayDetail))
@requires("stays.read")
async def show_stay(request: web.Request) -> web.Response:
    """Show one stay with folio, messages, wake-up times and changes."""
    number = path_id(request, "stay")
    async with request.app[PARTS].database.read() as session:
        stay = await reading.one(session, number, confidential=sees(request))
        shown = await _shown(request, session, stay)
    return answer(shown)


@routes.patch("/api/v1/stays/{id}")
@documented(Contract(body=Wish, answer=StayDetail))
@requires("stays.manage")
async def change_stay(request: web.Request) -> web.Response:
    """Change telephone class, confidentiality, breakfasts, price and the like."""
    wanted = await body(request, Wish)
    wishes = staying.Wishes(**wanted.model_dump())
    return await _done(request, lambda scope, stay: staying.change(scope, stay, wishes))


@routes.put("/api/v1/stays/{id}/do-not-disturb")
@documented(Contract(body=Quiet, answer=StayDetail))
@requires("stays.do_not_disturb")
async def set_do_not_disturb(request: web.Request) -> web.Response:
    """Let only wake-up and emergency calls ring in the room until then, or end that."""
    wanted = await body(request, Quiet)
    return await _done(request, lambda scope, stay: set_quiet(scope, stay, wanted.until))


@routes.post("/api/v1/stays/{id}/extension")
@documented(Contract(body=Longer, answer=StayDetail))
@requires("stays.manage")
async def extend_stay(request: web.Request) -> web.Response:
    """Let the guest stay longer, by default a day."""
    wanted = await body(request, Longer)
    return await _done(request, lambda scope, stay: staying.extend(scope, stay, wanted.until))


@routes.post("/api/v1/stays/{id}/overnight")
@documented(Contract(body=Overnight, answer=StayDetail))
@requires("stays.manage")
async def make_overnight(request: web.Request) -> web.Response:
    """Turn an hourly stay into one overnight, at a final price."""
    wanted = await body(request, Overnight)
    return await _done(
        request, lambda scope, stay: staying.overnight(scope, stay, wanted.price, wanted.until, wanted.reason)
    )


@routes.post("/api/v1/stays/{id}/move")
@documented(Contract(body=Move, answer=StayDetail))
@requires("stays.manage")
async def move_stay(request: web.Request) -> web.Response:
    """Move the guest to another room, with a reason."""
    wanted = await body(request, Move)
    return await _done(
        request,
        lambda scope, stay: staying.move(scope, stay, wanted.room, wanted.bed, wanted.price, wanted.reason),
    )


@routes.post("/api/v1/stays/{id}/link")
@documented(Contract(body=Link, answer=StayDetail))
@requires("stays.manage")
async def link_stays(request: web.Request) -> web.Response:
    """Link two rooms."""
    wanted = await body(request, Link)

    async def link(scope: Scope, stay: Stay) -> None:
        other = await reading.one(scope.session, wanted.stay, confidential=sees(request))
        await linking.link(scope, stay, other)

    return await _done(request, link)


@routes.delete("/api/v1/stays/{id}/link")
@documented(Contract(answer=StayDetail))
@requires("stays.manage")
async def unlink_stay(request: web.Request) -> web.Response:
    """Take a room out of its link."""
    return await _done(request, linking.unlink)


@routes.put("/api/v1/stays/{id}/group")
@documented(Contract(body=GroupIn, answer=StayDetail))
@requires("stays.manage")
async def set_group(request: web.Request) -> web.Response:
    """Let the guest join a group or leave it."""
    wanted = await body(request, GroupIn)
    return await _done(request, lambda scope, stay: linking.set_group(scope, stay, wanted.group, wanted.reason))


@routes.put("/api/v1/stays/{id}/commission")
@documented(Contract(body=Commission, answer=StayDetail))
@requires("folio.reverse")
async def set_commission(request: web.Request) -> web.Response:
    """Begin, change or end a commission from a night on; what was posted otherwise is reversed."""
    wanted = await body(request, Commission)
    return await _done(
        request,
        lambda scope, stay: staying.set_commission(scope, stay, wanted.amount, wanted.since, wanted.reason),
    )


@routes.post("/api/v1/stays/{id}/check-out")
@documented(Contract(answer=StayDetail))
@requires("stays.manage")
async def check_out(request: web.Request) -> web.Response:
    """Let the guest leave; the folio must be settled."""
    tariff = request.app[PARTS].tariff
    # a transaction of its own: what is still owed stays on the folio when the check-out is refused for it
    await _done(request, lambda scope, stay: leaving.charge_what_is_due(scope, stay, tariff))
    bookings = request.app[PARTS].bookings
    return await _done(request, lambda scope, stay: leaving.check_out(scope, stay, bookings))


@routes.delete("/api/v1/stays/{id}/check-out")
@documented(Contract(body=Why, answer=StayDetail))
@requires("stays.manage")
async def revoke_check_out(request: web.Request) -> web.Response:
    """Revoke today's check-out."""
    wanted = await body(request, Why)
    bookings = request.app[PARTS].bookings
    return await _done(request, lambda scope, stay: leaving.revoke(scope, stay, wanted.reason, bookings))


def sees(request: web.Request) -> bool:
    """Whether confidential guests exist for whoever asks."""
    return user_of(request).may(SEE_CONFIDENTIAL)


async def _done(request: web.Request, deed: Deed) -> web.Response:
    number = path_id(request, "stay")
    async with request.app[PARTS].work(user_of(request), address_of(request)) as scope:
        stay = await reading.one(scope.session, number, confidential=sees(request))
        await deed(scope, stay)
        await scope.session.flush()
        shown = await _shown(request, scope.session, stay)
    return answer(shown)


async def _shown(request: web.Request, session: AsyncSession, stay: Stay) -> StayDetail:
    found = await reading.whole(session, stay, confidential=sees(request))
    waits = stay.state == StayState.IN_HOUSE and found.row.messages > 0
    lamp = request.app[PARTS].phones.lamps.of_room(found.row.room, waits=waits)
    return detail(found, lamp, documents=user_of(request).may(SEE_DOCUMENTS))
