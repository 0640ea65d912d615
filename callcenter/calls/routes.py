"""Calls over HTTP: the list, one call, the figures, pausing a recording."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Protocol
from zoneinfo import ZoneInfo

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls import interpreter_routes, links, mark_routes, service
from callcenter.calls.figures import figures
from callcenter.calls.links import SubjectNames
from callcenter.calls.models import Call
from callcenter.calls.schemas import (
    CallDetail,
    CallFilter,
    CallLinkIn,
    CallLinkList,
    CallPage,
    CallUnlinkIn,
    FiguresFilter,
    FiguresOut,
    Mask,
    RecordingOut,
    SubjectFilter,
    SubjectList,
    SubjectOut,
    call_detail,
    call_link,
    call_row,
    figures_row,
)
from callcenter.errors import NotPermitted
from callcenter.settings.interpreters import Interpreter
from callcenter.telephony import CallKey, Telephony
from callcenter.web.app import CLOCK, DATABASE
from callcenter.web.identity import AUDIT, address_of, requires, user_of
from callcenter.web.inputs import body, from_cursor, path_id, query
from callcenter.web.masking import mask
from callcenter.web.openapi import Contract, documented
from callcenter.web.output import answer, no_content, one_page


@dataclass(frozen=True, slots=True)
class RecordingInfo:
    """What a call's page needs to know of its recording; `seconds` is its length."""

    id: int
    seconds: float


class RecordingLookup(Protocol):
    """Finds the recordings of calls; `recordings` fulfils it and `main` hands it over."""

    async def for_calls(self, session: AsyncSession, rows: Sequence[Call]) -> dict[int, RecordingInfo]:
        """Return the recording of each of `rows` that has one, by the call's id."""
        ...


@dataclass(frozen=True, slots=True)
class CallParts:
    """What these routes need: the exchange, the recordings, and the hotel's zone for hours.

    `subjects`: what calls can be about, by type, and who knows their names.
    """

    telephony: Telephony
    recordings: RecordingLookup
    zone: ZoneInfo
    subjects: Mapping[str, SubjectNames] = field(default_factory=dict)
    interpreters: tuple[Interpreter, ...] = ()


PARTS: web.AppKey[CallParts] = web.AppKey("call_parts", CallParts)

routes = web.RouteTableDef()


def setup(app: web.Application, parts: CallParts) -> None:
    """Add this slice's routes to `app`."""
    app[PARTS] = parts
    app[mark_routes.TELEPHONY] = parts.telephony
    app.add_routes(routes)
    app[interpreter_routes.INTERPRETERS] = parts.interpreters
    app.add_routes(mark_routes.routes)
    app.add_routes(interpreter_routes.routes)


@routes.get("/api/v1/calls")
@documented(Contract(query=CallFilter, answer=CallPage))
@requires("calls.read")
async def list_calls(request: web.Request) -> web.Response:
    """Show calls in the order asked for, usually the newest first."""
    wanted = query(request, CallFilter)
    if not user_of(request).may("calls.see_numbers") and _asks_for_hidden_number(wanted):
        raise NotPermitted(permission="calls.see_numbers")
    after = from_cursor(wanted.after) if wanted.after else None
    async with request.app[DATABASE].read() as session:
        rows = await service.page(session, wanted.query(), limit=wanted.limit + 1, after=after, order=wanted.order)
        shown, cursor = one_page(rows, wanted.limit, lambda call: (call.started_at, call.id))
        recordings = await request.app[PARTS].recordings.for_calls(session, shown)
    hide = _mask_for(request)
    return answer(CallPage(items=[call_row(call, _out(recordings, call), hide) for call in shown], next=cursor))


@routes.get("/api/v1/calls/figures")
@documented(Contract(query=FiguresFilter, answer=FiguresOut))
@requires("figures.read")
async def show_figures(request: web.Request) -> web.Response:
    """Show the three-ring figures by hour or line."""
    wanted = query(request, FiguresFilter)
    async with request.app[DATABASE].read() as session:
        rows, total = await figures(session, wanted.begin, wanted.end, wanted.by, request.app[PARTS].zone)
    return answer(FiguresOut(rows=[figures_row(row) for row in rows], total=figures_row(total)))


@routes.get("/api/v1/calls/{id}")
@documented(Contract(answer=CallDetail))
@requires("calls.read")
async def show_call(request: web.Request) -> web.Response:
    """Show one call with its timeline."""
    number = path_id(request, "call")
    async with request.app[DATABASE].read() as session:
        call = await service.one(session, number)
        recordings = await request.app[PARTS].recordings.for_calls(session, [call])
    return answer(call_detail(call, _out(recordings, call), _mask_for(request)))


@routes.post("/api/v1/calls/{id}/recording/pause")
@documented(Contract(status=HTTPStatus.NO_CONTENT))
@requires("recordings.pause")
async def pause_recording(request: web.Request) -> web.Response:
    """Record silence until the recording is resumed."""
    return await _switch(request, request.app[PARTS].telephony.pause_recording, "recording.paused")


@routes.post("/api/v1/calls/{id}/recording/resume")
@documented(Contract(status=HTTPStatus.NO_CONTENT))
@requires("recordings.pause")
async def resume_recording(request: web.Request) -> web.Response:
    """Record sound again."""
    return await _switch(request, request.app[PARTS].telephony.resume_recording, "recording.resumed")


@routes.get("/api/v1/calls/{id}/links")
@documented(Contract(answer=CallLinkList))
@requires("calls.read")
async def list_links(request: web.Request) -> web.Response:
    """Show what a call was about, and what it was once thought to be about."""
    number = path_id(request, "call")
    async with request.app[DATABASE].read() as session:
        await service.one(session, number)
        return answer(await _links(request, session, number))


@routes.get("/api/v1/call-subjects")
@documented(Contract(query=SubjectFilter, answer=SubjectList))
@requires("calls.link")
async def find_subjects(request: web.Request) -> web.Response:
    """Look for what a call was about, among every kind of thing that the user may see."""
    wanted, user = query(request, SubjectFilter), user_of(request)
    visible = {kind: known for kind, known in request.app[PARTS].subjects.items() if user.may(known.permission)}
    async with request.app[DATABASE].read() as session:
        found = await links.find(session, wanted.q, visible, wanted.limit, by_number=user.may("guests.see_numbers"))
    items = [
        SubjectOut(subject_type=kind, subject_id=number, name=called.name, key=called.key)
        for (kind, number), called in found
    ]
    return answer(SubjectList(items=items))


@routes.post("/api/v1/calls/{id}/links")
@documented(Contract(body=CallLinkIn, answer=CallLinkList, status=HTTPStatus.CREATED))
@requires("calls.link")
async def link_call(request: web.Request) -> web.Response:
    """Link a call to what it was about."""
    number = path_id(request, "call")
    wanted = await body(request, CallLinkIn)
    subject = (wanted.subject_type, wanted.subject_id)
    user, now = user_of(request), request.app[CLOCK].now()
    async with request.app[DATABASE].begin() as session:
        await links.check_subject(session, subject, request.app[PARTS].subjects)
        made = await links.link(session, number, subject, by=user.username, at=now, reason=wanted.reason)
        if made is not None:
            after = {"subject": wanted.subject_type, "id": wanted.subject_id}
            request.app[AUDIT](
                session,
                user,
                "call.linked",
                ("call", number),
                after=after,
                note=wanted.reason,
                address=address_of(request),
            )
        return answer(await _links(request, session, number), HTTPStatus.CREATED)


@routes.post("/api/v1/call-links/{id}/removal")
@documented(Contract(body=CallUnlinkIn, answer=CallLinkList))
@requires("calls.link")
async def unlink_call(request: web.Request) -> web.Response:
    """Take a link back, with a reason."""
    number = path_id(request, "call_link")
    wanted = await body(request, CallUnlinkIn)
    user, now = user_of(request), request.app[CLOCK].now()
    async with request.app[DATABASE].begin() as session:
        gone = await links.unlink(session, number, by=user.username, at=now, reason=wanted.reason)
        request.app[AUDIT](
            session,
            user,
            "call.unlinked",
            ("call", gone.call_id),
            before={"subject": gone.subject_type, "id": gone.subject_id},
            note=wanted.reason,
            address=address_of(request),
        )
        return answer(await _links(request, session, gone.call_id))


async def _links(request: web.Request, session: AsyncSession, call_id: int) -> CallLinkList:
    found = await links.named(session, await links.of_call(session, call_id), request.app[PARTS].subjects)
    return CallLinkList(items=[call_link(one) for one in found])


async def _switch(request: web.Request, act: Callable[[CallKey], Awaitable[None]], action: str) -> web.Response:
    number = path_id(request, "call")
    async with request.app[DATABASE].read() as session:
        call = await service.one(session, number)
    await act(CallKey(call.node, call.linkedid))
    async with request.app[DATABASE].begin() as session:
        request.app[AUDIT](session, user_of(request), action, ("call", number), address=address_of(request))
    return no_content()


def _asks_for_hidden_number(wanted: CallFilter) -> bool:
    """Whether the answer would confirm a guessed number that is masked when shown; our own lines are no secret."""
    return wanted.caller is not None or any(mask(text) != text for text in (wanted.line, wanted.operator) if text)


def _mask_for(request: web.Request) -> Mask:
    return str if user_of(request).may("calls.see_numbers") else mask


def _out(recordings: dict[int, RecordingInfo], call: Call) -> RecordingOut | None:
    found = recordings.get(call.id)
    return None if found is None else RecordingOut(id=found.id, seconds=found.seconds)
