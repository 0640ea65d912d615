"""Special attention (特别提醒): whoever is entered by name is held against the list before saving (requirements 4).

The operator confirms who it is; what was found out stands in the audit log beside what was saved.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import HouseError, NotFound
from callcenter.guests import search, store
from callcenter.guests.models import Guest


class AttentionListed(HouseError):
    """The name stands on the special-attention list (特别提醒档案); params: `listed`, id, name, colour, reason of each.

    Whoever has confirmed the identity says so and saves all the same.
    """

    code = "attention_listed"
    status = HTTPStatus.CONFLICT


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody who is entered by name; `guest_id`: the card that was chosen, if one was."""

    name: str
    guest_id: int | None = None


async def listed(session: AsyncSession, people: Iterable[Named]) -> list[Guest]:
    """Return the cards on the list that any of these people may be, each once.

    Raises:
        NotFound: a card was chosen that does not exist.
    """
    found: dict[int, Guest] = {}
    for one in people:
        chosen = [] if one.guest_id is None else [await _chosen(session, one.guest_id)]
        for guest in (*chosen, *await search.listed(session, one.name)):
            if guest.attention_colour is not None:
                found[guest.id] = guest
    return list(found.values())


async def confirmed(session: AsyncSession, people: Iterable[Named], words: str) -> dict[str, Any]:
    """Return what the log says of people on the list, nothing where there are none; `words`: who it turned out to be.

    Raises:
        AttentionListed: somebody is on the list and there are no `words`.
        NotFound: a card was chosen that does not exist.
    """
    found = await listed(session, people)
    if not found:
        return {}
    must_be_seen(found, seen=bool(words.strip()))
    return {"attention": words.strip(), "attention_cards": [guest.id for guest in found]}


def must_be_seen(found: Sequence[Guest], *, seen: bool, besides: Collection[int] = ()) -> None:
    """Refuse what would be saved for people on the list before anybody has read why they are there.

    Raises:
        AttentionListed: it was not `seen`.
    """
    others = [guest for guest in found if guest.id not in besides]
    if others and not seen:
        raise AttentionListed(
            listed=[
                {"id": one.id, "name": one.name, "colour": one.attention_colour, "reason": one.attention_reason}
                for one in others
            ]
        )


async def _chosen(session: AsyncSession, guest_id: int) -> Guest:
    guests = await store.by_ids(session, [guest_id])
    if not guests:
        raise NotFound(kind="guest", id=guest_id)
    return guests[0]
