"""Who telephones with what: one person for each phone, one tab for each person, and only while the page is heard."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from aiohttp import ClientWebSocketResponse, WSMsgType, WSServerHandshakeError, web
from pytest_aiohttp.plugin import AiohttpServer

from callcenter.desk import phone_routes, phones
from callcenter.desk.phone_routes import CLOSED_ELSEWHERE
from tests.application import Application

TAB = "0123456789abcdef"
OTHER_TAB = "fedcba9876543210"
SECONDS = 5


async def _take(application: Application, csrf: dict[str, str], **wish: Any) -> tuple[int, dict[str, Any]]:
    body = {"extension": "8001", "kind": "browser", "tab": TAB, **wish}
    answer = await application.client.post("/api/v1/desk/phone", headers=csrf, json=body)
    return answer.status, await answer.json()


async def _line(application: Application, tab: str = TAB) -> ClientWebSocketResponse:
    socket = await application.client.ws_connect("/api/v1/desk/line", params={"tab": tab})
    await _until_pinged(socket)
    return socket


async def _until_pinged(socket: ClientWebSocketResponse) -> None:
    told = [json.loads((await socket.receive(timeout=SECONDS)).data) for _ in range(2)]
    assert sorted(message["type"] for message in told) == ["call", "ping"]
    await socket.send_str('{"type":"pong"}')


async def test_given_a_free_phone_when_a_browser_takes_it_then_it_gets_an_account_that_the_list_does_not_show(
    application: Application,
) -> None:
    csrf = await application.sign_in("operator")

    status, taken = await _take(application, csrf)
    shown = await (await application.client.get("/api/v1/desk/phones")).json()

    assert status == 200
    assert taken["account"] == {
        "address": "sip:op8001@hotel.invalid",
        "username": "op8001",
        "password": "password 1",
    }
    assert shown["items"][0] == {"extension": "8001", "taken_by": "Test operator", "mine": True, "busy": False}
    assert shown["items"][1] == {"extension": "8002", "taken_by": None, "mine": False, "busy": False}


async def test_given_a_phone_in_use_when_somebody_else_wants_it_then_refused(application: Application) -> None:
    await _take(application, await application.sign_in("operator"))

    status, refusal = await _take(application, await application.sign_in("supervisor"))

    assert (status, refusal["code"]) == (409, "desk_phone_taken")


async def test_given_somebody_signed_on_at_a_phone_when_another_wants_it_then_refused_and_no_account_is_left(
    application: Application,
) -> None:
    csrf = await application.sign_in("operator")
    await application.client.post("/api/v1/desk/me/sign-on", headers=csrf, json={"extension": "8001"})

    status, refusal = await _take(application, await application.sign_in("supervisor"))

    assert (status, refusal["code"]) == (409, "phone_taken")
    assert application.browsers.accounts == {}


async def test_given_a_desk_in_one_tab_when_opened_in_another_then_it_moves_only_when_asked_and_the_first_is_told(
    application: Application,
) -> None:
    csrf = await application.sign_in("operator")
    await _take(application, csrf)
    first = await _line(application)

    refused = await _take(application, csrf, tab=OTHER_TAB)
    moved = await _take(application, csrf, tab=OTHER_TAB, take_over=True)
    told = await first.receive(timeout=SECONDS)

    assert (refused[0], refused[1]["code"]) == (409, "desk_open_elsewhere")
    assert moved[0] == 200
    assert (told.type, first.close_code) == (WSMsgType.CLOSE, CLOSED_ELSEWHERE)
    with pytest.raises(WSServerHandshakeError):
        await application.client.ws_connect("/api/v1/desk/line", params={"tab": TAB})


async def test_given_a_desk_telephone_when_taken_then_there_is_no_account_and_no_way_for_a_browser(
    application: Application,
) -> None:
    csrf = await application.sign_in("operator")
    await _take(application, csrf)

    status, taken = await _take(application, csrf, kind="desk")
    await _line(application)

    assert (status, taken["account"], application.browsers.accounts) == (200, None, {})
    with pytest.raises(WSServerHandshakeError):
        await application.client.ws_connect("/api/v1/desk/sip", params={"tab": TAB})


async def test_given_somebody_at_a_phone_when_another_is_taken_then_the_first_is_free(application: Application) -> None:
    csrf = await application.sign_in("operator")
    await _take(application, csrf)

    await _take(application, csrf, extension="8002")

    assert list(application.browsers.accounts) == ["8002"]
    assert [seat.extension for seat in application.desk.seats()] == ["8002"]


async def test_given_a_phone_when_its_owner_signs_out_then_its_password_is_worth_nothing_any_more(
    application: Application,
) -> None:
    csrf = await application.sign_in("operator")
    await _take(application, csrf)
    await application.client.delete("/api/v1/session", headers=csrf)

    await application.desk.end_with_sessions()

    assert application.browsers.accounts == {}
    assert application.desk.seats() == []


async def test_given_a_new_session_when_the_same_phone_is_taken_then_the_password_is_another(
    application: Application,
) -> None:
    _, first = await _take(application, await application.sign_in("operator"))

    _, second = await _take(application, await application.sign_in("operator"))

    assert first["account"]["password"] != second["account"]["password"]


async def test_given_an_extension_that_is_no_staff_phone_when_wanted_then_refused(application: Application) -> None:
    status, refusal = await _take(application, await application.sign_in("operator"), extension="0301")

    assert (status, refusal["code"]) == (422, "desk_phone_unknown")


async def test_given_a_page_that_falls_silent_when_the_deadline_passes_then_its_way_to_the_exchange_is_closed(
    application: Application, aiohttp_server: AiohttpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(phones, "LOST_SECONDS", 0.5)
    monkeypatch.setattr(phone_routes, "PING_SECONDS", 0.1)
    exchange = await _exchange(application, aiohttp_server)
    csrf = await application.sign_in("operator")
    await _take(application, csrf)
    line = await _line(application)
    sip = await application.client.ws_connect("/api/v1/desk/sip", params={"tab": TAB}, protocols=("sip",))
    await sip.send_str("OPTIONS")
    assert (await sip.receive(timeout=SECONDS)).data == "200 to OPTIONS"

    assert (await sip.receive(timeout=SECONDS)).type is WSMsgType.CLOSE
    await asyncio.wait_for(exchange.wait(), SECONDS)
    with pytest.raises(WSServerHandshakeError):
        await application.client.ws_connect("/api/v1/desk/sip", params={"tab": TAB})
    await line.send_str('{"type":"pong"}')
    await _until_a_way_opens(application)


async def test_given_a_page_of_another_site_when_it_knocks_with_our_cookie_then_it_is_refused(
    application: Application,
) -> None:
    await _take(application, await application.sign_in("operator"))

    for address in ("/api/v1/desk/line", "/api/v1/desk/sip"):
        with pytest.raises(WSServerHandshakeError) as refusal:
            await application.client.ws_connect(address, params={"tab": TAB}, headers={"Origin": "https://evil.test"})
        assert refusal.value.status == 403


async def _exchange(application: Application, server: AiohttpServer) -> asyncio.Event:
    """Stand in for the exchange: answers every text; the event tells that its caller has gone."""
    gone = asyncio.Event()

    async def answer(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(protocols=("sip",))
        await socket.prepare(request)
        async for message in socket:
            await socket.send_str(f"200 to {message.data}")
        gone.set()
        return socket

    app = web.Application()
    app.router.add_get("/ws", answer)
    served = await server(app)
    application.web[phone_routes.PARTS].exchange = str(served.make_url("/ws"))
    return gone


async def _until_a_way_opens(application: Application) -> None:
    async with asyncio.timeout(SECONDS):
        while True:
            try:
                await application.client.ws_connect("/api/v1/desk/sip", params={"tab": TAB})
                return
            except WSServerHandshakeError:
                await asyncio.sleep(0.01)
