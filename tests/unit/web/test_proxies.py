"""Behind a proxy: whose word on the client's address and scheme is believed."""

from ipaddress import ip_network

import pytest
from aiohttp import web
from pytest_aiohttp.plugin import AiohttpClient

from callcenter.web.identity import address_of
from callcenter.web.middleware import behind_proxies

OURS = (ip_network("127.0.0.1/32"), ip_network("10.0.0.0/8"))


async def seen(aiohttp_client: AiohttpClient, headers: list[tuple[str, str]], *, trusted: bool = True) -> list[object]:
    async def tell(request: web.Request) -> web.Response:
        return web.json_response([address_of(request), request.secure])

    app = web.Application(middlewares=[behind_proxies(OURS if trusted else ())])
    app.router.add_get("/", tell)
    client = await aiohttp_client(app)
    told: list[object] = await (await client.get("/", headers=headers)).json()
    return told


@pytest.mark.parametrize(
    ("forwarded", "client"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("198.51.100.1, 192.0.2.7", "192.0.2.7"),
        ("192.0.2.7, 10.1.2.3", "192.0.2.7"),
        ("::ffff:10.1.2.3", "::ffff:10.1.2.3"),
        ("2001:db8::7", "2001:db8::7"),
        ("nobody knows", "127.0.0.1"),
        ("", "127.0.0.1"),
    ],
)
async def test_given_a_trusted_proxy_when_it_names_the_client_then_the_last_stranger_is_the_client(
    aiohttp_client: AiohttpClient, forwarded: str, client: str
) -> None:
    headers = [("X-Forwarded-For", forwarded), ("X-Forwarded-Proto", "https")]

    assert await seen(aiohttp_client, headers) == [client, True]


async def test_given_no_trusted_proxy_when_a_client_names_another_address_then_it_is_not_believed(
    aiohttp_client: AiohttpClient,
) -> None:
    headers = [("X-Forwarded-For", "192.0.2.7"), ("X-Forwarded-Proto", "https")]

    assert await seen(aiohttp_client, headers, trusted=False) == ["127.0.0.1", False]


async def test_given_an_invented_scheme_when_a_proxy_names_it_then_the_own_one_stays(
    aiohttp_client: AiohttpClient,
) -> None:
    assert await seen(aiohttp_client, [("X-Forwarded-Proto", "javascript")]) == ["127.0.0.1", False]
