"""What happens around every request: its id, its metrics, its errors, the headers that keep browsers careful."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any, Final

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from prometheus_client import CollectorRegistry, Counter, Histogram

from callcenter.errors import HouseError
from callcenter.web.problems import http_problem, problem

log = structlog.get_logger(__name__)

REQUEST_ID_HEADER: Final = "X-Request-Id"
Networks = Sequence[IPv4Network | IPv6Network]
_REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}")

SECURITY_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
        "font-src 'self' data:; media-src 'self' blob:; connect-src 'self'; object-src 'none'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(self)",
}


def behind_proxies(trusted: Networks) -> Middleware:
    """Believe the proxies in `trusted`, and nobody else, about the client's address and whether it speaks TLS.

    The client is the last address of `X-Forwarded-For` that is no trusted proxy: what stands before it was written
    by the client itself. `Host` must be passed on unchanged.
    """

    @web.middleware
    async def unveiled(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not _is_trusted(request.remote or "", trusted):
            return await handler(request)
        told: dict[str, Any] = {}
        for address in reversed(_listed(request, "X-Forwarded-For")):
            if _address(address) is None:
                break
            told["remote"] = address
            if not _is_trusted(address, trusted):
                break
        scheme = (_listed(request, "X-Forwarded-Proto") or [""])[-1].lower()
        if scheme in ("http", "https"):
            told["scheme"] = scheme
        return await handler(request.clone(**told) if told else request)

    return unveiled


@web.middleware
async def request_ids(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Give every request an id that its log lines, its answer and its problem document carry."""
    sent = request.headers.get(REQUEST_ID_HEADER, "")
    request_id = sent if _REQUEST_ID.fullmatch(sent) else secrets.token_hex(8)
    with structlog.contextvars.bound_contextvars(request_id=request_id):
        response = await handler(request)
        if not response.prepared:
            response.headers[REQUEST_ID_HEADER] = request_id
        return response


@web.middleware
async def errors_to_problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer every error with a problem document; unforeseen ones are logged with their traceback."""
    try:
        return await handler(request)
    except HouseError as error:
        if error.status >= web.HTTPInternalServerError.status_code:
            log.warning("request_failed", method=request.method, path=request.path, error=str(error))
        return problem(request, error)
    except web.HTTPException as error:
        if error.status < web.HTTPBadRequest.status_code:
            raise
        return http_problem(request, error)
    except Exception:
        log.exception("request_broke", method=request.method, path=request.path)
        return problem(request, HouseError())


def request_metrics(registry: CollectorRegistry) -> Middleware:
    """Count and time requests by route, method and status."""
    total = Counter("http_requests", "Requests answered", ["method", "route", "status"], registry=registry)
    seconds = Histogram("http_request_seconds", "Seconds until the answer was complete", ["route"], registry=registry)

    @web.middleware
    async def measured(request: web.Request, handler: Handler) -> web.StreamResponse:
        began = time.perf_counter()
        response = await handler(request)
        resource = request.match_info.route.resource
        route = resource.canonical if resource else "none"
        total.labels(_known(request.method), route, response.status).inc()
        if not isinstance(response, web.WebSocketResponse):
            seconds.labels(route).observe(time.perf_counter() - began)
        return response

    return measured


async def add_security_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Tell browsers what our pages may load and who may frame them; answers of the API are never cached."""
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    if request.path.startswith("/api/"):
        response.headers.setdefault("Cache-Control", "no-store")


def _known(method: str) -> str:
    """Keep invented methods from growing the metrics without end."""
    return method if method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} else "other"


def _listed(request: web.Request, header: str) -> list[str]:
    return [part.strip() for value in request.headers.getall(header, []) for part in value.split(",") if part.strip()]


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address


def _is_trusted(text: str, trusted: Networks) -> bool:
    address = _address(text)
    return address is not None and any(address in network for network in trusted)
