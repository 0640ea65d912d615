"""A guest's history on one line of time: stays, bookings, calls, complaints, contacts, newest first.

Each slice that knows something of a guest fulfils `TimelineSource`; `main` hands the sources over.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.guests import store


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened with a guest.

    `kind` names the words that pages show (`call`, `contact`, `booking`, `stay`, `complaint` …), `subject` the thing
    itself (type, id), `detail` what else the words need, as JSON values.
    """

    at: datetime
    kind: str
    subject: tuple[str, str]
    detail: dict[str, Any] = field(default_factory=dict)


class TimelineSource(Protocol):
    """Knows a part of a guest's history."""

    async def happenings(
        self, session: AsyncSession, guest_ids: Collection[int], until: datetime | None, limit: int
    ) -> Sequence[Happening]:
        """Return at most `limit` happenings of the guest who is kept under `guest_ids`, newest first.

        `until`: none later than that, the instant itself included.
        """
        ...


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page ended: at this instant, `shown` happenings of which were already on it."""

    at: datetime
    shown: int


async def history(
    session: AsyncSession, sources: Sequence[TimelineSource], number: int, *, limit: int, after: Position | None = None
) -> tuple[list[Happening], Position | None]:
    """Return a page of the history of guest `number` and where the next one begins, None at the end.

    Raises:
        NotFound: there is no such card.
    """
    ids = await store.ids_of(session, number)
    until, skipped = (None, 0) if after is None else (after.at, after.shown)
    found: list[Happening] = []
    for source in sources:
        found += await source.happenings(session, ids, until, limit + skipped + 1)
    found.sort(key=lambda one: (one.at, one.kind, one.subject), reverse=True)
    page = found[skipped : skipped + limit]
    if len(found) <= skipped + limit:
        return page, None
    last = page[-1].at
    same = sum(one.at == last for one in page)
    before = skipped if after is not None and after.at == last else 0
    return page, Position(last, before + same)
