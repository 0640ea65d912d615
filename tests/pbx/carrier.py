"""The outside world as a carrier with accounts: lets one register, and wants its password for every call as well."""

from __future__ import annotations

import asyncio
import hashlib
import re

from callcenter.simulator.phone import Phone
from callcenter.simulator.sip import Message, response_to, tag_of
from callcenter.simulator.transactions import Address

REALM = "carrier.invalid"
NONCE = "84f1c1ae6cbe5ua9c8e88dfa3ecm3459"


class Carrier(Phone):
    """A phone that is the carrier's side of a trunk. `contact_of_house` is where the account registered from."""

    def __init__(self, account: str, account_password: str) -> None:
        super().__init__("carrier", server=("127.0.0.1", 9))
        self.account = account
        self.account_password = account_password
        self.contact_of_house = ""
        self.refused = 0
        self.registered = asyncio.Event()

    def on_request(self, request: Message, source: Address) -> None:
        if request.method == "REGISTER":
            if self._is_let_in(request, source, 401):
                self._register(request, source)
        elif request.method == "INVITE" and not tag_of(request.get("to")):
            if request.call_id in self.dialogs or self._is_let_in(request, source, 407):
                super().on_request(request, source)
        else:
            super().on_request(request, source)

    @property
    def number_of_house(self) -> str:
        """The number under which the account registered: where calls for the account itself go."""
        contact = re.search(r"sip:([^@]+)@", self.contact_of_house)
        assert contact is not None, self.contact_of_house
        return contact[1]

    def _register(self, request: Message, source: Address) -> None:
        contact = request.get("contact")
        self.contact_of_house = contact
        headers = [("contact", re.sub(r";expires=\d+", "", contact) + ";expires=300"), ("expires", "300")]
        self._open_socket().respond(request, response_to(request, 200, to_tag="r", headers=headers), source)
        self.registered.set()

    def _is_let_in(self, request: Message, source: Address, challenge: int) -> bool:
        """Let the account in with its password; ask for it once, then refuse."""
        ask, answer = {
            401: ("www-authenticate", "authorization"),
            407: ("proxy-authenticate", "proxy-authorization"),
        }[challenge]
        given = dict(re.findall(r'(\w+)="?([^",]+)"?', request.get(answer)))
        if not given:
            headers = [(ask, f'Digest realm="{REALM}", nonce="{NONCE}", algorithm=MD5')]
            self._refuse(request, source, challenge, headers)
            return False
        if given["username"] == self.account and given["response"] == self._proof(request.method, given["uri"]):
            return True
        self.refused += 1
        self._refuse(request, source, 403, [])
        return False

    def _refuse(self, request: Message, source: Address, status: int, headers: list[tuple[str, str]]) -> None:
        self._open_socket().respond(request, response_to(request, status, to_tag="r", headers=headers), source)

    def _proof(self, method: str, uri: str) -> str:
        def hashed(text: str) -> str:
            return hashlib.md5(text.encode()).hexdigest()

        secret = hashed(f"{self.account}:{REALM}:{self.account_password}")
        return hashed(f"{secret}:{NONCE}:{hashed(f'{method}:{uri}')}")
