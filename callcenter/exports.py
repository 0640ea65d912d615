"""Every list of the house as a file: adds the export routes of all slices."""

from __future__ import annotations

from aiohttp import web

from callcenter.agents import exports as agents
from callcenter.calls import exports as calls
from callcenter.guests import exports as guests
from callcenter.outbound import exports as outbound
from callcenter.reservations import exports as reservations
from callcenter.rooms import exports as rooms
from callcenter.shifts import exports as shifts
from callcenter.staff import exports as staff
from callcenter.stays import exports as stays
from ivr import exports as ivr
from recordings import exports as recordings


def add_exports(app: web.Application) -> None:
    """Add them to `app`, which serves the lists themselves."""
    for one in (agents, calls, guests, outbound, reservations, rooms, shifts, staff, stays):
        app.add_routes(one.routes)


def add_sound_exports(app: web.Application) -> None:
    """Add those of what callers say and hear to `app`, where it serves these lists."""
    app.add_routes(recordings.routes)
    app.add_routes(ivr.routes)
