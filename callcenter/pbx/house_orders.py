"""What the house asks of the exchange that concerns no call going on: room telephones, lamps, emergencies."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping

from callcenter.pbx.actions import Actions, Origination, Place
from callcenter.telephony import RoomPhone

EMERGENCY_RING_SECONDS = 60.0


class HouseOrders:
    """A part of `Exchange`, which says what the attributes are."""

    actions: Actions
    _system_name: str
    _serves: Mapping[str, Collection[str]]
    _house_number: str

    async def room_phones(self) -> dict[str, RoomPhone]:
        """Return the room telephones that AstDB keeps a setting for."""
        return await self.actions.room_phones()

    async def set_room_phone(self, room: str, phone: RoomPhone) -> None:
        """Keep class of service and reachability of a room's telephone in AstDB."""
        await self.actions.set_room_phone(room, phone, f"{self._system_name}-room-{uuid.uuid4().hex}")

    async def message_lamps(self) -> set[str]:
        """Return the rooms whose message lamp is lit."""
        return await self.actions.message_lamps()

    async def set_message_lamp(self, room: str, *, lit: bool) -> None:
        """Light a room's message lamp or put it out."""
        await self.actions.set_message_lamp(room, f"{self._system_name}-lamp-{uuid.uuid4().hex}", lit=lit)

    async def block_caller(self, number: str, *, blocked: bool) -> None:
        """Refuse outside callers whose number ends in these digits, or let them ring again."""
        await self.actions.block_caller(number, f"{self._system_name}-block-{uuid.uuid4().hex}", blocked=blocked)

    async def ring_third_party(self, number: str, joined: str) -> None:
        """Ring somebody who joins the conversation of the channel `joined` when he answers."""
        await self.actions.originate(
            Origination(
                channel=self._party(number),
                place=Place("join", "s"),
                channel_id=f"{self._system_name}-third-{uuid.uuid4().hex}",
                caller_number=self._house_number,
                variables={"JOINED": joined},
            )
        )

    def _party(self, number: str) -> str:
        return f"PJSIP/op{number}" if number in self._serves else f"PJSIP/{number}@trunk"

    async def raise_emergency(self, conference: str) -> None:
        """Let the dialplan ring everybody who is alerted in an emergency."""
        await self.actions.raise_emergency(conference, f"{self._system_name}-emergency-{uuid.uuid4().hex}")

    async def call_into_emergency(self, conference: str, number: str) -> None:
        """Call one of our extensions or an outside number into an emergency's conference."""
        ours = number in self._serves
        await self.actions.originate(
            Origination(
                channel=self._party(number),
                place=Place("emergency-called", conference),
                channel_id=f"{self._system_name}-emergency-{uuid.uuid4().hex}",
                caller_number=conference if ours else self._house_number,
                ring_seconds=EMERGENCY_RING_SECONDS,
            )
        )
