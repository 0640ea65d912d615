"""Puts this slice together for `main`."""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web

from callcenter.clock import Clock
from callcenter.db import Database
from callcenter.outbound.parts import CHANGED as DUE_CALLS
from callcenter.settings import Settings
from callcenter.staff.audit import AuditLog
from recordings.listening import Listenings
from recordings.speech.engine import SpeechEngine
from recordings.store import Store
from recordings.voicemail import routes
from recordings.voicemail.filing import Filing
from recordings.voicemail.writing import Writing

SUBJECT = "voicemail"
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
    engine: SpeechEngine,
    tell: Callable[[str], None],
) -> tuple[Filing, Writing]:
    """Add the routes to `app`; return the tasks that file messages and write them down.

    `tell`: hears which lists have changed.
    """

    def changed() -> None:
        tell(SUBJECT)
        tell(DUE_CALLS)  # they are shown with what became of their messages, and the other way round

    routes.setup(app, routes.VoicemailParts(store, listenings, clock, audit, changed))
    node = settings.pbx.node
    return (
        Filing(database, node, clock, audit, first_language=FIRST_LANGUAGE, changed=changed),
        Writing(database, store, engine, node, changed=changed),
    )
