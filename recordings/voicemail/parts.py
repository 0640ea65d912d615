"""Puts this slice together for `main`."""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web

from callcenter.clock import Clock
from callcenter.db import Database
from callcenter.settings import Settings
from callcenter.staff.audit import AuditLog
from recordings.listening import Listenings
from recordings.store import Store
from recordings.voicemail import routes
from recordings.voicemail.filing import Filing

FIRST_LANGUAGE = "zh"
"""What a caller is taken to speak who chose no language."""


def build(
    app: web.Application,
    settings: Settings,
    database: Database,
    clock: Clock,
    audit: AuditLog,
    store: Store,
    listenings: Listenings,
    changed: Callable[[], None],
) -> Filing:
    """Add the routes to `app`, and return the task that files messages; `changed` is told of every change."""
    routes.setup(app, routes.VoicemailParts(store, listenings, clock, audit, changed))
    return Filing(database, settings.pbx.node, clock, audit, first_language=FIRST_LANGUAGE, changed=changed)
