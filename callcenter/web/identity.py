"""Who is asking, and may they: the signed-in user, the permission at the door, the CSRF token.

`web` knows no slice: the authenticator that turns a request into a user is handed to it.
"""

from __future__ import annotations

import functools
import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Protocol, TypeVar

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import HouseError, NotAuthenticated, NotPermitted

CSRF_HEADER = "X-CSRF-Token"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
H = TypeVar("H", bound=Handler)


class PasswordChangeRequired(HouseError):
    """The password was given by somebody else; nothing else is possible before it is changed."""

    code = "password_change_required"
    status = HTTPStatus.FORBIDDEN


class CsrfRefused(HouseError):
    """A change was asked for without the token that only our own pages know."""

    code = "csrf_refused"
    status = HTTPStatus.FORBIDDEN


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The user of this request, with the permissions of the role."""

    user_id: int
    username: str
    name: str
    role: str
    permissions: frozenset[str]
    csrf: str
    must_change_password: bool = False

    def may(self, permission: str) -> bool:
        """Tell whether the role has `permission`."""
        return permission in self.permissions


class Authenticator(Protocol):
    """Finds the user behind a request."""

    async def __call__(self, request: web.Request, *, extend: bool) -> SignedIn | None:
        """Return the signed-in user, or None; `extend` counts this as use of the session."""
        ...


class Audit(Protocol):
    """Writes a line into the audit log, in the caller's transaction."""

    def __call__(
        self,
        session: AsyncSession,
        user: SignedIn,
        action: str,
        subject: tuple[str, object],
        *,
        before: dict[str, Any] | None = None,
        after: dict[str, Any] | None = None,
        note: str = "",
        address: str = "",
    ) -> None:
        """Record that `user` did `action` to `subject` (type, id)."""
        ...


AUTHENTICATOR: web.AppKey[Authenticator] = web.AppKey("authenticator", Authenticator)
AUDIT: web.AppKey[Audit] = web.AppKey("audit", Audit)
USER: web.RequestKey[SignedIn] = web.RequestKey("user", SignedIn)


def requires(permission: str | None, *, before_password_change: bool = False) -> Callable[[Handler], Handler]:
    """Let a handler be reached only by a signed-in user who has `permission` (None: by any signed-in user).

    Unsafe methods also need the session's CSRF token. The permission stands on the handler as `permission`.
    `before_password_change`: also by one who must change a password given by somebody else first.
    """

    def decorate(handler: Handler) -> Handler:
        @functools.wraps(handler)
        async def guarded(request: web.Request) -> web.StreamResponse:
            user = await request.app[AUTHENTICATOR](request, extend=True)
            if user is None:
                raise NotAuthenticated
            if request.method not in SAFE_METHODS:
                _check_csrf(request, user)
            if user.must_change_password and not before_password_change:
                raise PasswordChangeRequired
            if permission is not None and not user.may(permission):
                raise NotPermitted(permission=permission)
            request[USER] = user
            return await handler(request)

        guarded.permission = permission  # type: ignore[attr-defined]
        return guarded

    return decorate


def public(handler: H) -> H:
    """Mark a handler that anyone may reach, so that a forgotten `requires` shows in the tests."""
    handler.public = True  # type: ignore[attr-defined]
    return handler


def user_of(request: web.Request) -> SignedIn:
    """Return the user whom `requires` let in."""
    return request[USER]


def address_of(request: web.Request) -> str:
    """Return the client's address: the other end of the socket, or whom a trusted proxy names."""
    return request.remote or ""


def _check_csrf(request: web.Request, user: SignedIn) -> None:
    sent = request.headers.get(CSRF_HEADER, "")
    if not hmac.compare_digest(sent.encode("utf-8", "surrogateescape"), user.csrf.encode()):
        raise CsrfRefused
