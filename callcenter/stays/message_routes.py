"""Messages for guests and wake-up times over HTTP."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web

from callcenter.stays import messages, reading, wake_ups
from callcenter.stays.kinds import Source
from callcenter.stays.message_schemas import (
    DueMessageOut,
    DueMessages,
    MessageIn,
    MessageOut,
    RoomWakeUpIn,
    RoomWakeUpOut,
    RoomWakeUps,
    Tick,
    WakeUpIn,
    WakeUpOut,
    WakeUps,
)
from callcenter.stays.parts import PARTS
from callcenter.web.identity import address_of, requires, user_of
from callcenter.web.inputs import body, path_id
from callcenter.web.openapi import Contract, documented
from callcenter.web.output import answer, no_content

SEE_CONFIDENTIAL = "stays.see_confidential"

routes = web.RouteTableDef()


@routes.get("/api/v1/messages/due")
@documented(Contract(answer=DueMessages))
@requires("messages.write")
async def due_messages(request: web.Request) -> web.Response:
    """Show the messages whose time has come and that nobody has ticked delivered."""
    parts = request.app[PARTS]
    sees = user_of(request).may(SEE_CONFIDENTIAL)
    async with parts.database.read() as session:
        found = await messages.due(session, parts.clock.now())
    items = [
        DueMessageOut(**MessageOut.of(message).model_dump(), room=room)
        for message, stay, room in found
        if sees or not stay.confidential
    ]
    return answer(DueMessages(popups=parts.rules.message_popups, items=items))


@routes.post("/api/v1/stays/{id}/messages")
@documented(Contract(body=MessageIn, answer=MessageOut, status=HTTPStatus.CREATED))
@requires("messages.write")
async def leave_message(request: web.Request) -> web.Response:
    """Write down a message for a guest."""
    number = path_id(request, "stay")
    wanted = await body(request, MessageIn)
    async with request.app[PARTS].work(user_of(request), address_of(request)) as scope:
        stay = await reading.one(scope.session, number, confidential=user_of(request).may(SEE_CONFIDENTIAL))
        message = await messages.leave(scope, stay, messages.NewMessage(**wanted.model_dump()))
    return answer(MessageOut.of(message), HTTPStatus.CREATED)


@routes.put("/api/v1/messages/{id}/delivered")
@documented(Contract(body=Tick, answer=MessageOut))
@requires("messages.write")
async def tick_message(request: web.Request) -> web.Response:
    """Tick a message delivered, or take the tick back."""
    number = path_id(request, "message")
    wanted = await body(request, Tick)
    async with request.app[PARTS].work(user_of(request), address_of(request)) as scope:
        message = await messages.mark(
            scope, number, delivered=wanted.delivered, confidential=user_of(request).may(SEE_CONFIDENTIAL)
        )
    return answer(MessageOut.of(message))


@routes.get("/api/v1/wake-ups")
@documented(Contract(answer=RoomWakeUps))
@requires("wake_ups.write")
async def list_wake_ups(request: web.Request) -> web.Response:
    """Show every wake-up time that is due, earliest first."""
    sees = user_of(request).may(SEE_CONFIDENTIAL)
    async with request.app[PARTS].database.read() as session:
        found = await reading.due_wake_ups(session, confidential=sees)
    items = [
        RoomWakeUpOut(**WakeUpOut.of(wake_up).model_dump(), room=row.room, guests=list(row.guests))
        for wake_up, row in found
    ]
    return answer(RoomWakeUps(items=items))


@routes.post("/api/v1/wake-ups")
@documented(Contract(body=RoomWakeUpIn, answer=WakeUps, status=HTTPStatus.CREATED))
@requires("wake_ups.write")
async def set_room_wake_up(request: web.Request) -> web.Response:
    """Set a wake-up time for a room, without learning who is registered there."""
    wanted = await body(request, RoomWakeUpIn)
    async with request.app[PARTS].work(user_of(request), address_of(request)) as scope:
        made = await wake_ups.add_for_room(scope, wanted.room, wanted.at, Source.DESK)
    return answer(WakeUps(items=[WakeUpOut.of(wake_up) for wake_up in made]), HTTPStatus.CREATED)


@routes.post("/api/v1/stays/{id}/wake-ups")
@documented(Contract(body=WakeUpIn, answer=WakeUpOut, status=HTTPStatus.CREATED))
@requires("wake_ups.write")
async def set_wake_up(request: web.Request) -> web.Response:
    """Set a wake-up time for a guest."""
    number = path_id(request, "stay")
    wanted = await body(request, WakeUpIn)
    async with request.app[PARTS].work(user_of(request), address_of(request)) as scope:
        stay = await reading.one(scope.session, number, confidential=user_of(request).may(SEE_CONFIDENTIAL))
        wake_up = await wake_ups.add(scope, stay, wanted.at, Source.DESK)
    return answer(WakeUpOut.of(wake_up), HTTPStatus.CREATED)


@routes.delete("/api/v1/wake-ups/{id}")
@documented(Contract(status=HTTPStatus.NO_CONTENT))
@requires("wake_ups.write")
async def cancel_wake_up(request: web.Request) -> web.Response:
    """Cancel a wake-up time."""
    number = path_id(request, "wake_up")
    async with request.app[PARTS].work(user_of(request), address_of(request)) as scope:
        await wake_ups.cancel(scope, number)
    return no_content()
