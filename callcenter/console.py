"""What the house may ask of the phones at its desks, and of the calls on them.

`pbx` fulfils this for Asterisk and `main` hands it over; nothing here names a protocol.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class PhoneKind(StrEnum):
    """What an operator telephones with: the page in the browser, or a telephone beside it."""

    BROWSER = "browser"
    DESK = "desk"


@dataclass(frozen=True, slots=True)
class PhoneAccount:
    """What a browser registers with at the exchange; `address` is the account's name there as a URI."""

    address: str
    username: str
    password: str


class BrowserPhones(Protocol):
    """Phones that browsers are for a while. While one is, the telephone with the same extension cannot register.

    Every method raises PbxUnavailable when the exchange cannot be told.
    """

    async def admit(self, extension: str, owner: str) -> PhoneAccount:
        """Let a browser be this phone until `dismiss`; the same owner gets the same account again, others a new one."""
        ...

    async def dismiss(self, extension: str) -> None:
        """Let the browser be this phone no more: its password is worth nothing from now on."""
        ...

    def owners(self) -> Mapping[str, str]:
        """Return whose browser is which phone, by extension; it outlasts the application."""
        ...
