"""Which live channel is in which bridge, and who hears whom."""

from __future__ import annotations

from callcenter.pbx.tracker_parties import Channel, PartyKind, other_half


class Bridges:
    """Every bridge with the channels in it; an empty bridge is forgotten."""

    def __init__(self) -> None:
        self._members: dict[str, dict[str, Channel]] = {}
        self._locals: dict[str, Channel] = {}

    def born(self, channel: Channel) -> None:
        """Know a new channel, if it is one end of a Local channel and so leads further."""
        if not channel.is_person:
            self._locals[channel.name] = channel

    def gone(self, channel: Channel) -> None:
        """Forget a channel that has ended."""
        self.take_out(channel)
        self._locals.pop(channel.name, None)

    def put_into(self, channel: Channel, bridge: str) -> None:
        """A channel is in this bridge, and in no other."""
        self.take_out(channel)
        channel.bridge = bridge
        self._members.setdefault(bridge, {})[channel.uniqueid] = channel

    def take_out(self, channel: Channel) -> None:
        """A channel is in no bridge."""
        if channel.bridge is None:
            return
        members = self._members[channel.bridge]
        del members[channel.uniqueid]
        if not members:
            del self._members[channel.bridge]
        channel.bridge = None

    def members(self, bridge: str) -> list[Channel]:
        """The channels in a bridge, in the order in which they came."""
        return list(self._members.get(bridge, {}).values())

    def company_of(self, channel: Channel) -> list[Channel]:
        """Who is heard on a channel now: those in its bridge, and beyond the Local channels in it.

        Guests of other calls do not count: parked callers share a bridge without hearing each other.
        """
        company: list[Channel] = []
        seen: set[str] = set()
        bridges = [channel.bridge]
        while bridges:
            bridge = bridges.pop()
            if bridge is None or bridge in seen:
                continue
            seen.add(bridge)
            for member in self._members[bridge].values():
                if not member.is_person:
                    half = self._locals.get(other_half(member.name))
                    bridges.append(half.bridge if half else None)
                elif member is not channel and not _is_guest_of_another_call(member, channel):
                    company.append(member)
        return company

    def sizes(self) -> dict[str, int]:
        """How many bridges and Local ends are known."""
        return {"bridges": len(self._members), "locals": len(self._locals)}


def _is_guest_of_another_call(member: Channel, channel: Channel) -> bool:
    return member.call is not channel.call and member.party.kind is PartyKind.OUTSIDE
