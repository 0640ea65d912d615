"""Who is on a channel: an outside party, one of our staff, a room, or only the exchange talking with itself."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from callcenter.telephony import PhoneActivity, PhoneState

if TYPE_CHECKING:
    from callcenter.pbx.tracker_call import Call


class PartyKind(StrEnum):
    """Whose phone a channel leads to, told by the endpoint's name."""

    OUTSIDE = "outside"
    STAFF = "staff"
    ROOM = "room"
    LOCAL = "local"


@dataclass(frozen=True, slots=True)
class Party:
    """One party; `number` is its extension, or the outside number where it is known."""

    kind: PartyKind
    number: str


@dataclass(slots=True, eq=False)
class Channel:
    """One live channel as the tracker knows it.

    `bridged_at` is when its bridge last changed: older news about its bridge is stale.
    `refused_at`: its far end asked for the hang-up. `heir`: the channel (uniqueid) that has taken its place in its
    call, and so in its bridge.
    """

    uniqueid: str
    name: str
    party: Party
    rings_in: bool
    created_at: datetime
    call: Call
    up_at: datetime | None = None
    bridge: str | None = None
    bridged_at: datetime | None = None
    rang: bool = False
    refused_at: datetime | None = None
    heir: str = ""
    gone: bool = False

    @property
    def is_person(self) -> bool:
        """Whether somebody can be talked with there: a Local half is a wire inside the exchange."""
        return self.party.kind is not PartyKind.LOCAL


_ENDPOINT = re.compile(r"PJSIP/(?:(?P<staff>op(?=\d))|(?P<room>room(?=\d)))?(?P<name>.+)-[0-9a-f]+")
_LOCAL = re.compile(r"Local/(?P<number>[^@]*)@.*;[12]")


def party_of(name: str, number: str = "") -> Party | None:
    """Tell who is on the channel of this name, or None for a helper channel that belongs to nobody.

    Endpoints are called op<extension>, room<number>, and anything else is the world outside, whose
    `number` the name does not tell.
    """
    if match := _ENDPOINT.fullmatch(name):
        if match["staff"]:
            return Party(PartyKind.STAFF, match["name"])
        if match["room"]:
            return Party(PartyKind.ROOM, match["name"])
        return Party(PartyKind.OUTSIDE, number)
    if match := _LOCAL.fullmatch(name):
        return Party(PartyKind.LOCAL, match["number"])
    return None


def activity_of(channels: Iterable[Channel], extension: str) -> PhoneActivity:
    """Tell what a phone of our staff does; where it has several calls, the one that talks and began last counts."""
    own = [one for one in channels if one.party.kind is PartyKind.STAFF and one.party.number == extension]
    if not own:
        return PhoneActivity(extension, PhoneState.IDLE)
    latest = max(own, key=lambda channel: (channel.up_at is not None, channel.created_at))
    state = PhoneState.RINGING if latest.up_at is None else PhoneState.TALKING
    return PhoneActivity(extension, state, latest.call.key)


def other_half(local_name: str) -> str:
    """Name the second end of a Local channel: what enters one end leaves at the other."""
    return local_name[:-1] + ("2" if local_name.endswith("1") else "1")
