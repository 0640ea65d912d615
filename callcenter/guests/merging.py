"""Two cards of one guest become one, after a look at what will happen, and can become two again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from http import HTTPStatus
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import HouseError, NotFound
from callcenter.guests import store
from callcenter.guests.acting import By
from callcenter.guests.card import Card
from callcenter.guests.kinds import Sex, Stage
from callcenter.guests.models import Guest, GuestDocument, GuestNumber
from callcenter.guests.service import Guests
from callcenter.guests.work_models import GuestMerge

FILLED: Final = (
    "latin_surname", "latin_given", "sex", "birthday", "nationality", "origin", "address", "company_id",
    "attention_colour", "attention_reason", "contact_wish", "question", "note", "service_owner_id", "sales_owner_id",
)  # fmt: skip
"""What the kept card takes over where it says nothing itself."""

LATER: Final = ("last_contact_at", "last_order_at")
EMPTY: Final = (None, "", Sex.UNKNOWN.value)


class MergeOfOne(HouseError):
    """A card cannot be merged into itself; params: `id`."""

    code = "merge_of_one"
    status = HTTPStatus.CONFLICT


class MergeBuried(HouseError):
    """The kept card was itself merged into another since; that merge is undone first; params: `into`."""

    code = "merge_buried"
    status = HTTPStatus.CONFLICT


@dataclass(frozen=True, slots=True)
class Plan:
    """What merging would do. `changes`: column → value that the kept card takes over.

    `conflicts`: column → (kept value, value that stays readable on the double only).
    """

    changes: dict[str, Any]
    conflicts: dict[str, tuple[Any, Any]]
    numbers: tuple[GuestNumber, ...]
    documents: tuple[GuestDocument, ...]


def plan(kept: Card, gone: Card) -> Plan:
    """Work out what merging `gone` into `kept` does; nothing that the kept card says is overwritten."""
    ours, theirs = kept.guest, gone.guest
    pairs = {name: (getattr(ours, name), getattr(theirs, name)) for name in FILLED}
    changes = {name: other for name, (own, other) in pairs.items() if own in EMPTY and other not in EMPTY}
    conflicts = {name: pair for name, pair in pairs.items() if not set(pair) & set(EMPTY) and pair[0] != pair[1]}
    if ours.name != theirs.name:
        conflicts["name"] = (ours.name, theirs.name)
    if "attention_colour" not in changes:
        changes.pop("attention_reason", None)
    for name in ("do_not_call", "owing"):
        if getattr(theirs, name) and not getattr(ours, name):
            changes[name] = True
    if theirs.stage == Stage.GUEST and ours.stage != Stage.GUEST:
        changes["stage"] = Stage.GUEST.value
    for name in LATER:
        own, other = getattr(ours, name), getattr(theirs, name)
        if other is not None and (own is None or other > own):
            changes[name] = other
    known = {row.number for row in kept.numbers}
    held = {(row.type, row.number) for row in kept.documents}
    return Plan(
        changes,
        conflicts,
        tuple(row for row in gone.numbers if row.number not in known),
        tuple(row for row in gone.documents if (row.type, row.number) not in held),
    )


class Merging:
    """Merges cards and undoes it, in the caller's transaction."""

    def __init__(self, guests: Guests) -> None:
        self._guests = guests

    async def preview(self, session: AsyncSession, kept_id: int, gone_id: int) -> tuple[Card, Card, Plan]:
        """Return both cards and what merging would do.

        Raises:
            NotFound: one of them does not exist.
            MergeOfOne: they are one already.
        """
        kept, gone = await self._pair(session, kept_id, gone_id, locked=False)
        return kept, gone, plan(kept, gone)

    async def merge(self, session: AsyncSession, kept_id: int, gone_id: int, reason: str, by: By) -> GuestMerge:
        """Let card `gone_id` become part of card `kept_id`.

        Raises:
            NotFound: one of them does not exist.
            MergeOfOne: they are one already.
        """
        kept, gone = await self._pair(session, kept_id, gone_id, locked=True)
        wanted = plan(kept, gone)
        moved = {
            "before": {name: _json(getattr(kept.guest, name)) for name in wanted.changes},
            "after": {name: _json(value) for name, value in wanted.changes.items()},
            "numbers": [row.id for row in wanted.numbers],
            "documents": [row.id for row in wanted.documents],
            "cards": list(gone.merged),
        }
        for name, value in wanted.changes.items():
            setattr(kept.guest, name, value)
        for position, row in enumerate(wanted.numbers, start=len(kept.numbers)):
            row.guest_id, row.position = kept.id, position
        for paper in wanted.documents:
            paper.guest_id = kept.id
        await session.execute(update(Guest).where(Guest.merged_into_id == gone.id).values(merged_into_id=kept.id))
        gone.guest.merged_into_id = kept.id
        kept.guest.version += 1
        done = GuestMerge(
            kept_id=kept.id,
            gone_id=gone.id,
            merged_at=self._guests.clock.now(),
            merged_by=by.actor.username,
            reason=reason,
            moved=moved,
            undone_by="",
        )
        session.add(done)
        await store.write_keys(session, [kept.id, gone.id], self._guests.plan)
        self._log(session, "guest.merged", done, reason, by)
        return done

    async def undo(self, session: AsyncSession, merge_id: int, by: By) -> GuestMerge:
        """Make two cards of one again; what was changed on the kept card since stays.

        Raises:
            NotFound: there is no such merge, or it was undone already.
            MergeBuried: the kept card became part of another one since.
        """
        done = await session.get(GuestMerge, merge_id, with_for_update=True)
        if done is None or done.undone_at is not None:
            raise NotFound(kind="guest_merge", id=merge_id)
        kept = await session.get_one(Guest, done.kept_id, with_for_update=True)
        gone = await session.get_one(Guest, done.gone_id, with_for_update=True)
        if kept.merged_into_id is not None:
            raise MergeBuried(into=kept.merged_into_id)
        for name, taken in done.moved["after"].items():
            if _json(getattr(kept, name)) == taken:
                setattr(kept, name, _value(name, done.moved["before"][name]))
        await _give_back(session, GuestNumber, done.moved["numbers"], kept.id, gone.id)
        await _give_back(session, GuestDocument, done.moved["documents"], kept.id, gone.id)
        cards = (Guest.id.in_(done.moved["cards"]), Guest.merged_into_id == kept.id)
        await session.execute(update(Guest).where(*cards).values(merged_into_id=gone.id))
        gone.merged_into_id = None
        kept.version += 1
        gone.version += 1
        done.undone_at, done.undone_by = self._guests.clock.now(), by.actor.username
        await store.write_keys(session, [kept.id, gone.id], self._guests.plan)
        self._log(session, "guest.unmerged", done, "", by)
        return done

    async def of_card(self, session: AsyncSession, kept_id: int) -> Sequence[GuestMerge]:
        """Return the merges into a card that stand, the newest first."""
        standing = select(GuestMerge).where(GuestMerge.kept_id == kept_id, GuestMerge.undone_at.is_(None))
        return (await session.scalars(standing.order_by(GuestMerge.id.desc()))).all()

    async def _pair(self, session: AsyncSession, kept_id: int, gone_id: int, *, locked: bool) -> tuple[Card, Card]:
        """Read both cards, locked in the order of their ids so that two merges never wait for each other."""
        found = {number: await store.card(session, number, locked=locked) for number in sorted({kept_id, gone_id})}
        kept, gone = found[kept_id], found[gone_id]
        if kept.id == gone.id:
            raise MergeOfOne(id=kept.id)
        return kept, gone

    def _log(self, session: AsyncSession, action: str, done: GuestMerge, note: str, by: By) -> None:
        after = {"gone": done.gone_id, "taken_over": sorted(done.moved["after"])}
        subject = ("guest", done.kept_id)
        self._guests.audit(session, by.actor, action, subject, after=after, note=note, address=by.address)


async def _give_back(
    session: AsyncSession, table: type[GuestNumber | GuestDocument], rows: Sequence[int], kept: int, gone: int
) -> None:
    theirs = (table.id.in_(rows), table.guest_id == kept)
    await session.execute(update(table).where(*theirs).values(guest_id=gone))


def _json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | datetime) else value


def _value(name: str, stored: Any) -> Any:
    if stored is None:
        return None
    if name in LATER:
        return datetime.fromisoformat(stored)
    return date.fromisoformat(stored) if name == "birthday" else stored
