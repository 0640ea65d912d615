"""The desk put together."""

from __future__ import annotations

from aiohttp import web

from callcenter.console import BrowserPhones, Console
from callcenter.db import Database
from callcenter.desk import phone_routes
from callcenter.desk.news import DeskNews
from callcenter.desk.phones import DeskPhones
from callcenter.events import EventBus
from callcenter.settings import Settings
from callcenter.staff.audit import AuditLog
from callcenter.staff.sessions import Sessions


def build(
    app: web.Application,
    settings: Settings,
    database: Database,
    audit: AuditLog,
    sessions: Sessions,
    browsers: BrowserPhones,
    console: Console,
    bus: EventBus,
) -> DeskPhones:
    """Add the desk to `app`; return the phones, to be started and closed."""
    extensions = [extension for block in settings.phones for extension in block.extensions]
    phones = DeskPhones(extensions, browsers, console, sessions, database, audit)
    # a wildcard is no address to connect to
    host = "127.0.0.1" if settings.pbx.bind == "0.0.0.0" else settings.pbx.bind
    exchange = f"ws://{host}:{settings.pbx.http_port}/ws"
    phone_routes.setup(
        app, phone_routes.DeskParts(phones, console, exchange, DeskNews(bus), settings.desk.remind_seconds)
    )
    return phones
