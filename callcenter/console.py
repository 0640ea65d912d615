"""What the house may ask of the phones at its desks, and of the calls on them.

`pbx` fulfils this for Asterisk and `main` hands it over; nothing here names a protocol.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import Protocol

from callcenter.errors import HouseError
from callcenter.telephony import CallKey


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


class DeskCallState(StrEnum):
    """What a desk's phone is in the middle of.

    `CALLING`: it calls somebody who has not answered. `HOLDING`: the other party waits with music. `ASKING`: meanwhile
    a colleague's phone rings; `CONSULTING`: the colleague has answered. `CONFERENCE`: all three hear each other.
    """

    RINGING = "ringing"
    CALLING = "calling"
    TALKING = "talking"
    HOLDING = "holding"
    ASKING = "asking"
    CONSULTING = "consulting"
    CONFERENCE = "conference"


class PartyIs(StrEnum):
    """Whose phone a party of a call is at."""

    OUTSIDE = "outside"
    STAFF = "staff"
    ROOM = "room"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class DeskParty:
    """Another party of a desk's call; `is_held`: it waits with music."""

    kind: PartyIs
    number: str
    is_up: bool
    is_held: bool


@dataclass(frozen=True, slots=True)
class DeskCall:
    """The call that a desk's phone is in the middle of."""

    key: CallKey
    state: DeskCallState
    parties: tuple[DeskParty, ...]


class NoSuchCall(HouseError):
    """The phone is in the middle of no call, or the party in question has gone."""

    code = "no_desk_call"
    status = HTTPStatus.CONFLICT


class WrongMoment(HouseError):
    """What was asked for does not fit what the call is in the middle of."""

    code = "wrong_moment"
    status = HTTPStatus.CONFLICT


class Console(Protocol):
    """What a console does with the call on a phone. Targets are extensions, rooms and lines inside the house.

    Every verb raises NoSuchCall, WrongMoment, PbxUnavailable or PbxRefused.
    """

    def call_of(self, extension: str) -> DeskCall | None:
        """Tell what this phone is in the middle of, None when it is free."""
        ...

    async def hold(self, extension: str) -> None:
        """Let the other party wait with music."""
        ...

    async def resume(self, extension: str) -> None:
        """Talk again with whoever waits; one who was being asked meanwhile is let go."""
        ...

    async def consult(self, extension: str, target: str) -> None:
        """Let the other party wait and call `target`."""
        ...

    async def swap(self, extension: str) -> None:
        """Talk with the one who waits, and let the other wait."""
        ...

    async def complete(self, extension: str) -> None:
        """Connect the two and leave."""
        ...

    async def conference(self, extension: str) -> None:
        """Let all three talk with each other."""
        ...

    async def transfer(self, extension: str, target: str) -> None:
        """Send the other party to `target`; untaken it comes back to this phone."""
        ...

    async def park(self, extension: str) -> None:
        """Park the other party; unfetched it comes back to this phone."""
        ...

    async def give_back(self, extension: str) -> None:
        """The phone is lost: its caller hears music and comes back to it first, then to the queue."""
        ...

    async def send_digits(self, extension: str, digits: str) -> None:
        """Let the other party's end hear keys."""
        ...

    async def hang_up(self, extension: str) -> None:
        """End the talk, or what is being asked; a held caller is not dropped."""
        ...

    async def dial(self, extension: str, target: str) -> None:
        """Ring this phone and, when it is picked up, call `target`."""
        ...
