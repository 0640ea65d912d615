"""Does the carrier answer? Asked with SIP OPTIONS from a port of our own, so that no call is disturbed."""

from __future__ import annotations

import asyncio
import re
import secrets

from callcenter.operations.findings import Finding, Subject, fine, note, wrong
from callcenter.settings import Pbx

ANSWER_SECONDS = 3.0
REPEAT_SECONDS = 0.5
SIP_PORT = 5060
_URI = re.compile(r"sips?:(?:[^@;]*@)?(?P<host>\[[^\]]+\]|[^:;]+)(?::(?P<port>\d+))?")


class _Answer(asyncio.DatagramProtocol):
    """Waits for the first datagram, or for word that nobody is there."""

    def __init__(self) -> None:
        self.first: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    def datagram_received(self, data: bytes, addr: tuple[str | int, ...]) -> None:
        """Take the first answer."""
        if not self.first.done():
            self.first.set_result(data)

    def error_received(self, exc: Exception) -> None:
        """The other machine says that nobody listens there."""
        if not self.first.done():
            self.first.set_exception(exc)


async def check_carrier(pbx: Pbx) -> Finding:
    """Look whether the carrier that outside calls go to answers at all; what it answers does not matter."""
    contact = pbx.trunk_contact
    if contact == Pbx.model_fields["trunk_contact"].default:
        return note(Subject.TRUNK, "trunk_unset")
    matched = _URI.match(contact)
    if matched is None:
        return wrong(Subject.TRUNK, "trunk_silent", contact=contact, reason="not an address")
    try:
        answer = await _ask(contact, matched["host"].strip("[]"), int(matched["port"] or SIP_PORT))
    except TimeoutError:
        return wrong(Subject.TRUNK, "trunk_silent", contact=contact, reason=f"nothing within {ANSWER_SECONDS:g} s")
    except OSError as error:
        return wrong(Subject.TRUNK, "trunk_silent", contact=contact, reason=error.strerror or error)
    status = answer.split(b"\r\n", 1)[0].decode(errors="replace").removeprefix("SIP/2.0 ")
    return fine(Subject.TRUNK, "trunk_reachable", contact=contact, status=status)


async def _ask(contact: str, host: str, port: int) -> bytes:
    transport, protocol = await asyncio.get_running_loop().create_datagram_endpoint(_Answer, remote_addr=(host, port))
    try:
        question = _options(contact, *transport.get_extra_info("sockname")[:2])
        async with asyncio.timeout(ANSWER_SECONDS):
            while True:
                transport.sendto(question)
                done, _ = await asyncio.wait([protocol.first], timeout=REPEAT_SECONDS)
                if done:
                    return protocol.first.result()
    finally:
        protocol.first.cancel()
        transport.close()


def _options(contact: str, host: str, port: int) -> bytes:
    here = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    lines = [
        f"OPTIONS {contact} SIP/2.0",
        f"Via: SIP/2.0/UDP {here};rport;branch=z9hG4bK{secrets.token_hex(8)}",
        "Max-Forwards: 70",
        f"From: <sip:doctor@{here}>;tag={secrets.token_hex(4)}",
        f"To: <{contact}>",
        f"Call-ID: {secrets.token_hex(12)}",
        "CSeq: 1 OPTIONS",
        f"Contact: <sip:doctor@{here}>",
        "Accept: application/sdp",
        "Content-Length: 0",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()
