from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator

import pytest

from callcenter.simulator.facts import RegistrationRefused, WaitedTooLong
from callcenter.simulator.sip import Message, parse, response_to


class Registrar(asyncio.DatagramProtocol):
    """A registrar for one account: challenges, checks the digest by itself, remembers the contact."""

    def __init__(self, user: str, password: str, challenge: str) -> None:
        self.user, self.password, self.challenge = user, password, challenge
        self.contact: str | None = None
        self.expires: list[int] = []
        self.changed = asyncio.Event()

    def connection_made(self, transport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        request = parse(data)
        status, headers = self.judge(request)
        self.transport.sendto(response_to(request, status, to_tag="r", headers=headers).encode(), addr)

    def judge(self, request: Message) -> tuple[int, list[tuple[str, str]]]:
        given = dict(re.findall(r'(\w+)="?([^",]+)"?', request.get("authorization")))
        if not given:
            return 401, [("www-authenticate", self.challenge)]
        digest = hashlib.sha256 if "SHA-256" in self.challenge else hashlib.md5

        def hashed(text: str) -> str:
            return digest(text.encode()).hexdigest()

        secret = hashed(f"{self.user}:{given['realm']}:{self.password}")
        middle = f"{given['nonce']}:{given['nc']}:{given['cnonce']}:auth" if "qop" in given else given["nonce"]
        if given["response"] != hashed(f"{secret}:{middle}:{hashed('REGISTER:' + given['uri'])}"):
            return 403, []
        self.expires.append(int(request.get("expires")))
        self.contact = request.get("contact") if self.expires[-1] else None
        self.changed.set()
        return 200, []


@pytest.fixture
async def registrar() -> AsyncIterator:
    opened = []

    async def start(challenge: str = 'Digest realm="hotel", nonce="n1", qop="auth", opaque="o"') -> tuple:
        transport, server = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: Registrar("op8001", "secret", challenge), ("127.0.0.1", 0)
        )
        opened.append(transport)
        return server, transport.get_extra_info("sockname")

    yield start
    for transport in opened:
        transport.close()


@pytest.mark.parametrize(
    "challenge",
    [
        'Digest realm="hotel", nonce="n1", qop="auth,auth-int", opaque="o", algorithm=MD5',
        'Digest realm="hotel",nonce="n1",algorithm=SHA-256,qop="auth"',
        'Digest realm="hotel", nonce="n1"',
    ],
)
async def test_given_a_challenge_when_registering_then_the_digest_is_right_and_the_phone_can_leave(
    phone, registrar, challenge
):
    server, address = await registrar(challenge)
    desk = await phone("op8001", password="secret", server=address)
    await desk.register(expires=60)
    assert server.contact == f"<sip:op8001@127.0.0.1:{desk.port}>;expires=60"
    await desk.unregister()
    assert server.contact is None
    assert server.expires == [60, 0]


async def test_given_another_contact_when_registering_then_calls_are_asked_to_go_there(phone, registrar):
    server, address = await registrar()
    desk = await phone("op8001", password="secret", server=address)
    await desk.register(contact="sip:op8001@127.0.0.1:26060")
    assert server.contact == "<sip:op8001@127.0.0.1:26060>;expires=120"


async def test_given_a_short_expiry_when_half_of_it_has_passed_then_the_registration_is_renewed(phone, registrar):
    server, address = await registrar()
    desk = await phone("op8001", password="secret", server=address)
    await desk.register(expires=1)
    server.changed.clear()
    await asyncio.wait_for(server.changed.wait(), 2)
    assert server.expires == [1, 1]


async def test_given_a_wrong_password_when_registering_then_it_is_refused_with_the_status(phone, registrar):
    server, address = await registrar()
    desk = await phone("op8001", password="wrong", server=address)
    with pytest.raises(RegistrationRefused) as caught:
        await desk.register()
    assert caught.value.status == 403
    assert server.contact is None


async def test_given_a_challenge_of_an_unknown_kind_when_registering_then_it_is_refused(phone, registrar):
    _, address = await registrar('Digest realm="hotel", nonce="n1", algorithm=SHA-512-256')
    desk = await phone("op8001", password="secret", server=address)
    with pytest.raises(RegistrationRefused):
        await desk.register()


async def test_given_no_registrar_when_registering_then_the_wait_has_an_end(phone):
    desk = await phone("op8001", server=("127.0.0.1", 9))
    with pytest.raises(WaitedTooLong):
        await desk.register(within=0.2)
