"""Adding this slice's routes to the application."""

from __future__ import annotations

from aiohttp import web

from callcenter.reservations import (
    audit_routes,
    feed_routes,
    figure_routes,
    meeting_routes,
    money_routes,
    notice_routes,
    planning_routes,
    print_routes,
    routes,
    tariff_routes,
)
from callcenter.reservations.parts import PARTS, ReservationParts


def setup(app: web.Application, parts: ReservationParts) -> None:
    """Add this slice's routes to `app`."""
    app[PARTS] = parts
    groups = (
        routes,
        money_routes,
        planning_routes,
        tariff_routes,
        figure_routes,
        meeting_routes,
        feed_routes,
        audit_routes,
        notice_routes,
        print_routes,
    )
    for group in groups:
        app.add_routes(group.routes)
