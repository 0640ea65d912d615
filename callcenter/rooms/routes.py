"""Rooms over HTTP: types and prices, rooms and their condition, rooms out of order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from zoneinfo import ZoneInfo

from aiohttp import web

from callcenter.clock import Clock
from callcenter.rooms import service
from callcenter.rooms.models import Outage, Room
from callcenter.rooms.schemas import (
    ConditionIn,
    OutageIn,
    OutageList,
    OutageOut,
    RoomList,
    RoomOut,
    RoomTypeList,
    RoomTypeOut,
    TypeIn,
)
from callcenter.staff.audit import AuditLog
from callcenter.web.app import DATABASE
from callcenter.web.identity import address_of, requires, user_of
from callcenter.web.inputs import body, path_id
from callcenter.web.live import LiveHub
from callcenter.web.openapi import Contract, documented
from callcenter.web.output import answer

SUBJECT = "rooms"


@dataclass(frozen=True, slots=True)
class RoomParts:
    """What these routes need: time, the hotel's zone, the log, and the pages that look."""

    clock: Clock
    zone: ZoneInfo
    audit: AuditLog
    live: LiveHub

    @property
    def today(self) -> date:
        """The hotel's date."""
        return self.clock.now().astimezone(self.zone).date()


PARTS: web.AppKey[RoomParts] = web.AppKey("room_parts", RoomParts)

routes = web.RouteTableDef()


def setup(app: web.Application, parts: RoomParts) -> None:
    """Add this slice's routes to `app`."""
    app[PARTS] = parts
    app.add_routes(routes)


@routes.get("/api/v1/room-types")
@documented(Contract(answer=RoomTypeList))
@requires("rooms.read")
async def list_room_types(request: web.Request) -> web.Response:
    """Show the room types with their prices."""
    async with request.app[DATABASE].read() as session:
        found = await service.all_types(session)
    return answer(RoomTypeList(items=[RoomTypeOut.model_validate(one) for one in found]))


@routes.put("/api/v1/room-types/{id}")
@documented(Contract(body=TypeIn, answer=RoomTypeOut))
@requires("rooms.manage")
async def change_room_type(request: web.Request) -> web.Response:
    """Set name, price and overbooking limit of a room type."""
    number = path_id(request, "room_type")
    wanted = await body(request, TypeIn)
    parts = request.app[PARTS]
    async with request.app[DATABASE].begin() as session:
        kind = await service.change_type(
            session,
            number,
            service.TypeFacts(**wanted.model_dump()),
            parts.today,
            user_of(request),
            parts.audit,
            address_of(request),
        )
    parts.live.publish_changed(SUBJECT, kind.code)
    return answer(RoomTypeOut.model_validate(kind))


@routes.get("/api/v1/rooms")
@documented(Contract(answer=RoomList))
@requires("rooms.read")
async def list_rooms(request: web.Request) -> web.Response:
    """Show every room."""
    async with request.app[DATABASE].read() as session:
        found = await service.all_rooms(session)
    return answer(RoomList(items=[_room(room, code) for room, code in found]))


@routes.put("/api/v1/rooms/{number}/condition")
@documented(Contract(body=ConditionIn, answer=RoomOut, ids="string"))
@requires("rooms.condition")
async def set_room_condition(request: web.Request) -> web.Response:
    """Note that a room is clean, or dirty."""
    wanted = await body(request, ConditionIn)
    parts = request.app[PARTS]
    async with request.app[DATABASE].begin() as session:
        room, code = await service.set_condition(
            session,
            request.match_info["number"][:8],
            wanted.condition,
            user_of(request),
            parts.audit,
            address_of(request),
        )
    parts.live.publish_changed(SUBJECT, room.number)
    return answer(_room(room, code))


@routes.get("/api/v1/room-outages")
@documented(Contract(answer=OutageList))
@requires("rooms.read")
async def list_room_outages(request: web.Request) -> web.Response:
    """Show the rooms that are or will be out of order."""
    async with request.app[DATABASE].read() as session:
        found = await service.outages(session, request.app[PARTS].today)
    return answer(OutageList(items=[_outage(one, number) for one, number in found]))


@routes.post("/api/v1/room-outages")
@documented(Contract(body=OutageIn, answer=OutageList, status=HTTPStatus.CREATED))
@requires("rooms.close")
async def close_rooms(request: web.Request) -> web.Response:
    """Take rooms out of order for some nights; all of them or none."""
    wanted = await body(request, OutageIn)
    parts = request.app[PARTS]
    async with request.app[DATABASE].begin() as session:
        closed = await service.close_rooms(
            session,
            wanted.rooms,
            wanted.first,
            wanted.until,
            wanted.reason,
            parts.clock.now(),
            user_of(request),
            parts.audit,
            address_of(request),
        )
    for _, room in closed:
        parts.live.publish_changed(SUBJECT, room)
    return answer(OutageList(items=[_outage(one, room) for one, room in closed]), HTTPStatus.CREATED)


@routes.delete("/api/v1/room-outages/{id}")
@documented(Contract(answer=OutageOut))
@requires("rooms.close")
async def reopen_room(request: web.Request) -> web.Response:
    """Let a room that was out of order again, from tonight on."""
    number = path_id(request, "outage")
    parts = request.app[PARTS]
    async with request.app[DATABASE].begin() as session:
        outage = await service.reopen_room(
            session, number, parts.clock.now(), parts.today, user_of(request), parts.audit, address_of(request)
        )
        room = await session.get_one(Room, outage.room_id)
    parts.live.publish_changed(SUBJECT, room.number)
    return answer(_outage(outage, room.number))


def _room(room: Room, code: str) -> RoomOut:
    return RoomOut(
        number=room.number,
        type=code,
        floor=room.floor,
        beds=room.beds,
        condition=room.condition,
        active=room.active,
    )


def _outage(outage: Outage, room: str) -> OutageOut:
    return OutageOut(
        id=outage.id,
        room=room,
        first=outage.first,
        until=outage.until,
        reason=outage.reason,
        entered_by=outage.entered_by,
        entered_at=outage.entered_at,
        ended_at=outage.ended_at,
    )
