"""Signing in and out, the own password, and the audit log over HTTP."""

from __future__ import annotations

from aiohttp import web

from callcenter.staff import audit
from callcenter.staff.models import AuditEntry
from callcenter.staff.schemas import (
    AuditFilter,
    AuditPage,
    AuditRow,
    Credentials,
    House,
    PasswordChange,
    SessionOut,
    UserOut,
)
from callcenter.staff.service import Logins, Person
from callcenter.web.app import DATABASE
from callcenter.web.identity import SignedIn, address_of, public, requires
from callcenter.web.inputs import body, from_cursor, query
from callcenter.web.output import answer, no_content, one_page

COOKIE = "callcenter_session"

HOUSE: web.AppKey[House] = web.AppKey("house", House)
LOGINS: web.AppKey[Logins] = web.AppKey("logins", Logins)
PERSON: web.RequestKey[Person] = web.RequestKey("person", Person)

routes = web.RouteTableDef()


def setup(app: web.Application, logins: Logins, house: House) -> None:
    """Add this slice's routes to `app`."""
    app[LOGINS] = logins
    app[HOUSE] = house
    app.add_routes(routes)


class CookieAuthenticator:
    """Finds the user behind a request by the session cookie."""

    def __init__(self, logins: Logins) -> None:
        self._logins = logins

    async def __call__(self, request: web.Request, *, extend: bool) -> SignedIn | None:
        """Return the signed-in user, or None; `extend` counts this as use of the session."""
        token = _token(request)
        person = await self._logins.find(token, extend=extend) if token else None
        if person is None:
            return None
        request[PERSON] = person
        return SignedIn(person.user_id, person.username, person.name, person.role, person.permissions, person.csrf)


@routes.post("/api/v1/session")
@public
async def sign_in(request: web.Request) -> web.Response:
    """Begin a session."""
    credentials = await body(request, Credentials)
    token, person = await request.app[LOGINS].sign_in(credentials.username, credentials.password, address_of(request))
    response = _session(request, person)
    response.set_cookie(COOKIE, token, httponly=True, samesite="Strict", secure=request.secure, path="/")
    return response


@routes.get("/api/v1/session")
@requires(None)
async def session(request: web.Request) -> web.Response:
    """Tell who is signed in."""
    return _session(request, request[PERSON])


@routes.delete("/api/v1/session")
@requires(None)
async def sign_out(request: web.Request) -> web.Response:
    """End the session."""
    await request.app[LOGINS].sign_out(_token(request), request[PERSON], address_of(request))
    response = no_content()
    response.del_cookie(COOKIE, path="/")
    return response


@routes.put("/api/v1/session/password")
@requires(None)
async def change_password(request: web.Request) -> web.Response:
    """Change the own password."""
    change = await body(request, PasswordChange)
    await request.app[LOGINS].change_password(
        _token(request), request[PERSON], change.current, change.new, address_of(request)
    )
    return no_content()


@routes.get("/api/v1/audit")
@requires("audit.read")
async def read_audit(request: web.Request) -> web.Response:
    """Show the audit log, newest first."""
    wanted = query(request, AuditFilter)
    async with request.app[DATABASE].read() as session:
        rows = await audit.page(
            session,
            user=wanted.user,
            action=wanted.action,
            begin=wanted.begin,
            end=wanted.end,
            limit=wanted.limit + 1,
            after=from_cursor(wanted.after) if wanted.after else None,
        )
    shown, cursor = one_page(rows, wanted.limit, lambda entry: (entry.at, entry.id))
    return answer(AuditPage(items=[_row(entry) for entry in shown], next=cursor))


def _session(request: web.Request, person: Person) -> web.Response:
    user = UserOut(
        id=person.user_id,
        username=person.username,
        name=person.name,
        role=person.role,
        permissions=sorted(person.permissions),
    )
    house = request.app[HOUSE]
    return answer(
        SessionOut(
            user=user,
            csrf=person.csrf,
            hotel=house.hotel,
            lines=house.lines,
            queues=house.queues,
            ring_cadence=house.ring_cadence,
        )
    )


def _row(entry: AuditEntry) -> AuditRow:
    return AuditRow(
        id=entry.id,
        at=entry.at,
        user=entry.username,
        action=entry.action,
        subject_type=entry.subject_type,
        subject_id=entry.subject_id,
        before=entry.before,
        after=entry.after,
        note=entry.note,
        address=entry.address,
    )


def _token(request: web.Request) -> str:
    token = request.cookies.get(COOKIE, "")
    return token if token.isascii() else ""
