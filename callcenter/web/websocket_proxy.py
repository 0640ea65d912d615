"""Passing a browser's WebSocket on to a server of our own, so that pages need to know one address only."""

from __future__ import annotations

import asyncio

import structlog
from aiohttp import ClientError, ClientSession, ClientTimeout, ClientWebSocketResponse, WSCloseCode, WSMsgType, web

from callcenter.errors import PbxUnavailable

log = structlog.get_logger(__name__)

CONNECT_SECONDS = 5.0
CLOSE_SECONDS = 2.0
PING_SECONDS = 10.0
MAX_MESSAGE = 65536
Socket = web.WebSocketResponse | ClientWebSocketResponse


async def pass_on(
    request: web.Request, address: str, protocol: str, ended: asyncio.Event, refused: int
) -> web.StreamResponse:
    """Carry text between the browser and `address` until one of them closes, or `ended` is set.

    `refused`: with what code the browser is told then.

    Raises:
        PbxUnavailable: nobody answers at `address`.
    """
    browser = web.WebSocketResponse(protocols=(protocol,), heartbeat=PING_SECONDS, max_msg_size=MAX_MESSAGE)
    if not browser.can_prepare(request).ok:
        raise web.HTTPBadRequest
    async with ClientSession(timeout=ClientTimeout(total=None, connect=CONNECT_SECONDS)) as client:
        try:
            server = await client.ws_connect(address, protocols=(protocol,), max_msg_size=MAX_MESSAGE)
        except (ClientError, TimeoutError, OSError) as error:
            raise PbxUnavailable(reason="the exchange takes no browser phones") from error
        try:
            await browser.prepare(request)
            await _until_one_ends(browser, server, ended)
        finally:
            await _close(server, WSCloseCode.OK)
            await _close(browser, refused if ended.is_set() else WSCloseCode.GOING_AWAY)
    return browser


async def _until_one_ends(
    browser: web.WebSocketResponse, server: ClientWebSocketResponse, ended: asyncio.Event
) -> None:
    tasks = [
        asyncio.create_task(_carry(browser, server), name="sip-from-browser"),
        asyncio.create_task(_carry(server, browser), name="sip-to-browser"),
        asyncio.create_task(ended.wait(), name="sip-ended"),
    ]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        for outcome in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(outcome, Exception) and not isinstance(outcome, ConnectionError | TimeoutError):
                log.error("websocket_proxy_broke", exc_info=outcome)


async def _carry(source: Socket, target: Socket) -> None:
    async for message in source:
        if message.type is WSMsgType.TEXT:
            await target.send_str(message.data)
        elif message.type is WSMsgType.BINARY:
            await target.send_bytes(message.data)


async def _close(socket: Socket, code: int) -> None:
    try:
        async with asyncio.timeout(CLOSE_SECONDS):
            await socket.close(code=code)
    except (ConnectionError, TimeoutError):
        log.info("websocket_gone")
