"""Guests and calls: whose number a caller's is, what a linked guest is called, calls in a guest's history."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls import links
from callcenter.calls.links import Called, Subject
from callcenter.guests import store
from callcenter.guests.search import Search
from callcenter.guests.service import Guests
from callcenter.guests.timeline import Happening

GUEST = "guest"
"""The type of subject under which calls are linked to guests."""


class GuestSubjects:
    """Fulfils `calls.links.SubjectNames` and `Recogniser` for guests."""

    permission = "guests.read"

    def __init__(self, guests: Guests, search: Search) -> None:
        self._guests = guests
        self._search = search

    async def find(self, session: AsyncSession, text: str, limit: int, *, by_number: bool) -> Sequence[int]:
        """Return the guests that the search box finds."""
        return [guest.id for guest in await self._search.find(session, text, by_number=by_number, limit=limit)]

    async def names(self, session: AsyncSession, numbers: Collection[int]) -> Mapping[int, Called]:
        """Return the names of these guests; of a merged card the name of what it became."""
        found = await store.cards(session, await store.by_ids(session, sorted(numbers)))
        wanted = set(numbers)
        return {
            number: Called(card.guest.name, str(card.id)) for card in found for number in card.ids if number in wanted
        }

    async def subjects_of(self, session: AsyncSession, numbers: Collection[str]) -> Mapping[str, Sequence[Subject]]:
        """Return the guests of each number."""
        found = await self._guests.of_numbers(session, numbers)
        return {number: [(GUEST, guest.id) for guest in guests] for number, guests in found.items()}


class CallHistory:
    """Tells a guest's calls (fulfils `TimelineSource`)."""

    async def happenings(
        self, session: AsyncSession, guest_ids: Collection[int], until: datetime | None, limit: int
    ) -> Sequence[Happening]:
        """Return the linked calls, newest first."""
        return [
            Happening(
                call.started_at,
                "call",
                ("call", str(call.id)),
                {
                    "direction": call.direction,
                    "outcome": call.outcome,
                    "talk_seconds": call.talk_seconds,
                    "operators": list(call.operators),
                },
            )
            for call in await links.calls_of(session, GUEST, guest_ids, until=until, limit=limit)
        ]
