"""Signing in and out, and what belongs to the signed-in person: password, second factor, own sessions."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import hdrs, web

from callcenter.staff import audit_routes, user_routes
from callcenter.staff.parts import PARTS, PERSON, StaffParts
from callcenter.staff.schemas import (
    CodeIn,
    Credentials,
    EnrolmentOut,
    PasswordChange,
    PasswordIn,
    RecoveryCodesOut,
    SessionList,
    SessionOut,
    UserOut,
    session_row,
)
from callcenter.staff.service import Logins, Origin, Person
from callcenter.web.identity import SignedIn, address_of, public, requires
from callcenter.web.inputs import body
from callcenter.web.openapi import Contract, documented
from callcenter.web.output import answer, no_content

COOKIE = "callcenter_session"
BROWSER_LENGTH = 256


routes = web.RouteTableDef()


def setup(app: web.Application, parts: StaffParts) -> None:
    """Add this slice's routes to `app`."""
    app[PARTS] = parts
    for table in (routes, user_routes.routes, audit_routes.routes):
        app.add_routes(table)


class CookieAuthenticator:
    """Finds the user behind a request by the session cookie."""

    def __init__(self, logins: Logins) -> None:
        self._logins = logins

    async def __call__(self, request: web.Request, *, extend: bool) -> SignedIn | None:
        """Return the signed-in user, or None; `extend` counts this as use of the session."""
        token = _token(request)
        person = await self._logins.find(token, extend=extend) if token else None
        if person is not None:
            request[PERSON] = person
        return person


@routes.post("/api/v1/session")
@documented(Contract(body=Credentials, answer=SessionOut))
@public
async def sign_in(request: web.Request) -> web.Response:
    """Begin a session."""
    credentials = await body(request, Credentials)
    token, person = await request.app[PARTS].logins.sign_in(
        credentials.username, credentials.password, Origin(address_of(request), _browser(request)), credentials.code
    )
    response = _session(request, person)
    response.set_cookie(COOKIE, token, httponly=True, samesite="Strict", secure=request.secure, path="/")
    return response


@routes.get("/api/v1/session")
@documented(Contract(answer=SessionOut))
@requires(None, before_password_change=True)
async def session(request: web.Request) -> web.Response:
    """Tell who is signed in."""
    return _session(request, request[PERSON])


@routes.delete("/api/v1/session")
@documented(Contract(status=HTTPStatus.NO_CONTENT))
@requires(None, before_password_change=True)
async def sign_out(request: web.Request) -> web.Response:
    """End the session."""
    await request.app[PARTS].logins.sign_out(_token(request), request[PERSON], address_of(request))
    response = no_content()
    response.del_cookie(COOKIE, path="/")
    return response


@routes.put("/api/v1/session/password")
@documented(Contract(body=PasswordChange, status=HTTPStatus.NO_CONTENT))
@requires(None, before_password_change=True)
async def change_password(request: web.Request) -> web.Response:
    """Change the own password."""
    change = await body(request, PasswordChange)
    await request.app[PARTS].logins.change_password(
        _token(request), request[PERSON], change.current, change.new, address_of(request)
    )
    return no_content()


@routes.get("/api/v1/account/sessions")
@documented(Contract(answer=SessionList))
@requires(None)
async def own_sessions(request: web.Request) -> web.Response:
    """Show where one is signed in oneself."""
    person = request[PERSON]
    found = await request.app[PARTS].sessions.open(person.user_id)
    return answer(SessionList(items=[session_row(one, person.session_id) for one in found]))


@routes.delete("/api/v1/account/sessions/{id}")
@documented(Contract(status=HTTPStatus.NO_CONTENT, ids="string"))
@requires(None)
async def revoke_own_session(request: web.Request) -> web.Response:
    """End one of the own sessions."""
    person = request[PERSON]
    await request.app[PARTS].sessions.revoke(
        request.match_info["id"], person, address_of(request), user_id=person.user_id
    )
    return no_content()


@routes.post("/api/v1/account/second-factor")
@documented(Contract(body=PasswordIn, answer=EnrolmentOut))
@requires(None)
async def begin_second_factor(request: web.Request) -> web.Response:
    """Invent a secret for a second factor, to be confirmed by a first code."""
    given = await body(request, PasswordIn)
    enrolment = await request.app[PARTS].second_factors.begin(request[PERSON], given.password, address_of(request))
    return answer(EnrolmentOut(secret=enrolment.secret, uri=enrolment.uri, qr=enrolment.qr))


@routes.put("/api/v1/account/second-factor")
@documented(Contract(body=CodeIn, answer=RecoveryCodesOut))
@requires(None)
async def confirm_second_factor(request: web.Request) -> web.Response:
    """Confirm the second factor; the recovery codes are told only now."""
    given = await body(request, CodeIn)
    codes = await request.app[PARTS].second_factors.confirm(request[PERSON], given.code, address_of(request))
    return answer(RecoveryCodesOut(recovery_codes=codes))


@routes.post("/api/v1/account/second-factor/removal")
@documented(Contract(body=PasswordIn, status=HTTPStatus.NO_CONTENT))
@requires(None)
async def remove_own_second_factor(request: web.Request) -> web.Response:
    """Remove the own second factor."""
    given = await body(request, PasswordIn)
    await request.app[PARTS].second_factors.remove(request[PERSON], given.password, address_of(request))
    return no_content()


def _session(request: web.Request, person: Person) -> web.Response:
    user = UserOut(
        id=person.user_id,
        username=person.username,
        name=person.name,
        role=person.role,
        permissions=sorted(person.permissions),
        must_change_password=person.must_change_password,
        second_factor=person.second_factor,
    )
    house = request.app[PARTS].house
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


def _token(request: web.Request) -> str:
    token = request.cookies.get(COOKIE, "")
    return token if token.isascii() else ""


def _browser(request: web.Request) -> str:
    """What the browser says of itself; whatever a database could not hold is left out."""
    said = request.headers.get(hdrs.USER_AGENT, "")[:BROWSER_LENGTH]
    return "".join(character for character in said if character.isprintable())
