"""Connecting a caller with a guest over HTTP; every question and every answer that tells a room is on record."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from aiohttp import web
from pydantic import Field

from callcenter.calls import service as calls
from callcenter.calls.models import Call
from callcenter.stays import connecting
from callcenter.stays.parts import PARTS
from callcenter.telephony import CallKey
from callcenter.web.identity import address_of, requires, user_of
from callcenter.web.inputs import Id, Input, Text, body, path_id
from callcenter.web.openapi import Contract, documented
from callcenter.web.output import Output, answer, no_content

CONNECT = "stays.connect"

routes = web.RouteTableDef()


class AskedGuest(Input):
    """For whom the caller asks: the full name."""

    name: Annotated[Text, Field(min_length=1, max_length=64)]


class ChosenGuest(Input):
    """Which of the guests found."""

    stay: Id


class FoundGuest(Output):
    """A guest who can be connected; where is not said."""

    stay: int
    name: str


class FoundGuests(Output):
    """Whom the caller can be connected with; nobody for whoever is not registered and for who wants no calls alike."""

    items: list[FoundGuest]


class RevealedRoom(Output):
    """The room, for whoever needed it; the reading is on record."""

    room: str


@routes.post("/api/v1/calls/{id}/guest-search")
@documented(Contract(body=AskedGuest, answer=FoundGuests))
@requires(CONNECT)
async def find_guest_to_connect(request: web.Request) -> web.Response:
    """Look for the guest whom the caller wants to talk with, by full name."""
    asked = await body(request, AskedGuest)
    async with request.app[PARTS].database.begin() as session:
        call = await calls.one(session, path_id(request, "call"))
        found = await connecting.find(session, asked.name, call.caller)
        request.app[PARTS].audit(
            session,
            user_of(request),
            "guest_call.asked",
            ("call", call.id),
            after={"name": asked.name, "found": len(found)},
            address=address_of(request),
        )
    return answer(FoundGuests(items=[FoundGuest(stay=one.stay, name=one.name) for one in found]))


@routes.post("/api/v1/calls/{id}/guest-connection")
@documented(Contract(body=ChosenGuest, status=HTTPStatus.NO_CONTENT))
@requires(CONNECT)
async def connect_guest(request: web.Request) -> web.Response:
    """Put the caller through to the guest's room; at night the guest is asked first (the exchange does)."""
    call, room = await _chosen(request, "guest_call.connected")
    await request.app[PARTS].telephony.put_through(CallKey(call.node, call.linkedid), room)
    return no_content()


@routes.post("/api/v1/calls/{id}/guest-room")
@documented(Contract(body=ChosenGuest, answer=RevealedRoom))
@requires(CONNECT)
async def reveal_guest_room(request: web.Request) -> web.Response:
    """Tell the room of the guest whom the caller can be connected with; it is written down who read it."""
    _, room = await _chosen(request, "guest_call.revealed")
    return answer(RevealedRoom(room=room))


async def _chosen(request: web.Request, action: str) -> tuple[Call, str]:
    parts = request.app[PARTS]
    chosen = await body(request, ChosenGuest)
    number = path_id(request, "call")
    async with parts.work(user_of(request), address_of(request)) as scope:
        call = await calls.one(scope.session, number)
        stay, room = await connecting.room_to_connect(scope, chosen.stay, call.caller)
        parts.audit(
            scope.session,
            user_of(request),
            action,
            ("call", call.id),
            after={"stay": stay.number},
            address=address_of(request),
        )
    return call, room
