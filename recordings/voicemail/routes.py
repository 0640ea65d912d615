"""Messages over HTTP: the list, one of them, its sound, and what is done about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

from aiohttp import web

from callcenter.clock import Clock
from callcenter.staff.audit import AuditLog
from callcenter.web.app import DATABASE
from callcenter.web.identity import address_of, requires, user_of
from callcenter.web.inputs import body, from_cursor, path_id, query
from callcenter.web.masking import mask
from callcenter.web.openapi import Contract, documented
from callcenter.web.output import answer, no_content, one_page
from recordings.listening import Listenings
from recordings.playing import SOUND, play
from recordings.store import Store
from recordings.voicemail import service
from recordings.voicemail.schemas import (
    CallBackIn,
    DoneIn,
    VoicemailCounts,
    VoicemailFilter,
    VoicemailOut,
    VoicemailPage,
    voicemail_out,
)

PERMISSION = "voicemail.handle"


@dataclass(frozen=True, slots=True)
class VoicemailParts:
    """What these routes need. `changed` is told of every change, for the pages that are open."""

    store: Store
    listenings: Listenings
    clock: Clock
    audit: AuditLog
    changed: Callable[[], None]


PARTS: web.AppKey[VoicemailParts] = web.AppKey("voicemail_parts", VoicemailParts)

routes = web.RouteTableDef()


def setup(app: web.Application, parts: VoicemailParts) -> None:
    """Add this slice's routes to `app`."""
    app[PARTS] = parts
    app.add_routes(routes)


@routes.get("/api/v1/voicemail")
@documented(Contract(query=VoicemailFilter, answer=VoicemailPage))
@requires(PERMISSION)
async def list_voicemail(request: web.Request) -> web.Response:
    """Show the messages that callers left, newest first."""
    wanted = query(request, VoicemailFilter)
    async with request.app[DATABASE].read() as session:
        entries = await service.page(
            session,
            state=wanted.state,
            call_id=wanted.call,
            limit=wanted.limit + 1,
            after=from_cursor(wanted.after) if wanted.after else None,
        )
        counts = await service.counts(session)
    shown, cursor = one_page(entries, wanted.limit, lambda entry: (entry.voicemail.left_at, entry.voicemail.id))
    items = [voicemail_out(entry, _mask_for(request)) for entry in shown]
    return answer(VoicemailPage(items=items, next=cursor, counts=VoicemailCounts(**counts)))


@routes.get("/api/v1/voicemail/{id}")
@documented(Contract(answer=VoicemailOut))
@requires(PERMISSION)
async def show_voicemail(request: web.Request) -> web.Response:
    """Show one message."""
    return answer(voicemail_out(await _entry(request), _mask_for(request)))


@routes.get("/api/v1/voicemail/{id}/audio")
@documented(SOUND)
@requires(PERMISSION)
async def play_voicemail(request: web.Request) -> web.StreamResponse:
    """Send the sound, or the part that the player asks for; the listening is noted first.

    The message counts as heard once the player has got it to its end; one that broke off leaves it new.
    """
    parts = request.app[PARTS]
    entry = await _entry(request)
    played = await play(request, entry.recording, parts.store, parts.listenings)
    if played.to_the_end:
        async with request.app[DATABASE].begin() as session:
            heard = await service.hear(session, entry.voicemail.id, user_of(request), parts.clock.now(), parts.audit)
        if heard:
            parts.changed()
    return played.response


@routes.post("/api/v1/voicemail/{id}/call-back")
@documented(Contract(body=CallBackIn, status=HTTPStatus.NO_CONTENT))
@requires(PERMISSION)
async def call_voicemail_back(request: web.Request) -> web.Response:
    """Enter the number to call back on for a message whose caller hid it: it becomes a due call."""
    parts, number = request.app[PARTS], path_id(request, "voicemail")
    given = await body(request, CallBackIn)
    async with request.app[DATABASE].begin() as session:
        by, now = user_of(request), parts.clock.now()
        await service.call_back(session, number, given.number, by, now, parts.audit, address_of(request))
    parts.changed()
    return no_content()


@routes.post("/api/v1/voicemail/{id}/done")
@documented(Contract(body=DoneIn, status=HTTPStatus.NO_CONTENT))
@requires(PERMISSION)
async def finish_voicemail(request: web.Request) -> web.Response:
    """Say that nothing is left to do about a message."""
    parts, number = request.app[PARTS], path_id(request, "voicemail")
    given = await body(request, DoneIn)
    async with request.app[DATABASE].begin() as session:
        await service.finish(session, number, user_of(request), parts.clock.now(), given.note, parts.audit)
    parts.changed()
    return no_content()


@routes.post("/api/v1/voicemail/{id}/reopen")
@documented(Contract(status=HTTPStatus.NO_CONTENT))
@requires(PERMISSION)
async def reopen_voicemail(request: web.Request) -> web.Response:
    """Put a message back on the list of what is to be done."""
    parts, number = request.app[PARTS], path_id(request, "voicemail")
    async with request.app[DATABASE].begin() as session:
        await service.reopen(session, number, user_of(request), parts.audit)
    parts.changed()
    return no_content()


async def _entry(request: web.Request) -> service.Entry:
    number = path_id(request, "voicemail")
    async with request.app[DATABASE].read() as session:
        return await service.get(session, number)


def _mask_for(request: web.Request) -> Callable[[str], str]:
    return str if user_of(request).may("calls.see_numbers") else mask
