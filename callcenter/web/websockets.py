"""What every WebSocket of ours needs to look at first."""

from __future__ import annotations

from aiohttp import web


def same_origin(request: web.Request) -> bool:
    """Tell whether a page of our own asks: browsers send the cookie of ours along with any site's WebSocket."""
    origin = request.headers.get("Origin")
    return origin is None or origin.partition("://")[2] == request.host
