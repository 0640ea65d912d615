"""The web application, without any slice: `main` creates it here and lets each slice add its routes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from zoneinfo import ZoneInfo

from aiohttp import web
from prometheus_client import CollectorRegistry, generate_latest

from callcenter.clock import Clock
from callcenter.db import Database
from callcenter.health import Alarms, Health
from callcenter.telephony import LinkStatus
from callcenter.web import live, openapi
from callcenter.web.identity import AUDIT, AUTHENTICATOR, Audit, Authenticator, public, requires
from callcenter.web.live import LIVE, LiveHub
from callcenter.web.middleware import (
    Networks,
    add_security_headers,
    behind_proxies,
    errors_to_problems,
    request_ids,
    request_metrics,
)
from callcenter.web.openapi import DOCUMENT, Contract, describe, documented
from callcenter.web.output import answer
from callcenter.web.pages import PAGES, page
from callcenter.web.schemas import AlarmOut, CheckOut, HealthOut, LinkOut, ReadyOut, StatusOut

MAX_BODY = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Parts:
    """What the web application is made of. `pages` is the folder of the built pages, `version` ours.

    `zone`: the hotel's. `trusted_proxies`: whose word on a client's address and scheme is believed.
    """

    clock: Clock
    zone: ZoneInfo
    database: Database
    authenticator: Authenticator
    audit: Audit
    health: Health
    alarms: Alarms
    live: LiveHub
    link_status: Callable[[], LinkStatus]
    metrics: CollectorRegistry
    pages: Path
    version: str
    trusted_proxies: Networks = ()


CLOCK: web.AppKey[Clock] = web.AppKey("clock", Clock)
ZONE: web.AppKey[ZoneInfo] = web.AppKey("zone", ZoneInfo)
DATABASE: web.AppKey[Database] = web.AppKey("database", Database)
PARTS: web.AppKey[Parts] = web.AppKey("parts", Parts)

routes = web.RouteTableDef()


def create_app(parts: Parts) -> web.Application:
    """Build the application: middlewares, health, metrics, status, live updates, pages. Slices add their routes."""
    app = web.Application(
        middlewares=[
            behind_proxies(parts.trusted_proxies),
            request_ids,
            request_metrics(parts.metrics),
            errors_to_problems,
        ],
        client_max_size=MAX_BODY,
    )
    app[PARTS] = parts
    app[CLOCK] = parts.clock
    app[ZONE] = parts.zone
    app[DATABASE] = parts.database
    app[AUTHENTICATOR] = parts.authenticator
    app[AUDIT] = parts.audit
    app[LIVE] = parts.live
    app[PAGES] = parts.pages
    app.on_response_prepare.append(add_security_headers)
    app.on_startup.append(_describe)
    app.on_shutdown.append(_close_live)
    app.add_routes(routes)
    app.add_routes(live.routes)
    app.add_routes(openapi.routes)
    app.router.add_get("/{path:.*}", page)
    return app


@routes.get("/health")
@documented(Contract(answer=HealthOut))
@public
async def health(request: web.Request) -> web.Response:
    """Say that this process serves."""
    return answer(HealthOut(status="ok"))


@routes.get("/ready")
@documented(Contract(answer=ReadyOut, also=(HTTPStatus.SERVICE_UNAVAILABLE,)))
@public
async def ready(request: web.Request) -> web.Response:
    """Say whether everything that the house needs works, check by check."""
    results = await request.app[PARTS].health.run()
    fit = all(result.ok for result in results)
    checks = [CheckOut(name=result.name, ok=result.ok, detail=result.detail) for result in results]
    return answer(ReadyOut(ready=fit, checks=checks), HTTPStatus.OK if fit else HTTPStatus.SERVICE_UNAVAILABLE)


@routes.get("/metrics")
@documented(Contract(media="text/plain"))
@public
async def metrics(request: web.Request) -> web.Response:
    """Give the figures that Prometheus collects."""
    body = generate_latest(request.app[PARTS].metrics)
    return web.Response(body=body, headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"})


@routes.get("/api/v1/status")
@documented(Contract(answer=StatusOut))
@requires(None)
async def status(request: web.Request) -> web.Response:
    """Tell the state of the link to the exchange, the standing alarms, our version and time."""
    parts = request.app[PARTS]
    link = parts.link_status()
    return answer(
        StatusOut(
            link=LinkOut(state=link.state, since=link.since, reason=link.reason),
            alarms=[AlarmOut(code=one.code, since=one.since, params=dict(one.params)) for one in parts.alarms.current],
            version=parts.version,
            now=parts.clock.now(),
        )
    )


async def _describe(app: web.Application) -> None:
    app[DOCUMENT] = describe(app, app[PARTS].version)


async def _close_live(app: web.Application) -> None:
    await app[LIVE].close()
