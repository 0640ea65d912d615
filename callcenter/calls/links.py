"""What a call was about: links to a guest, a booking, a stay … as (subject type, id), with who linked, when and why.

`calls` knows no subject: who keeps them says what they are called (`SubjectNames`) and whose number a caller's is
(`Recogniser`); `main` hands both over. An unlinked link stays on record.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from http import HTTPStatus
from typing import Protocol

from sqlalchemy import delete, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.models import Call, CallLink
from callcenter.db import insert_into
from callcenter.errors import HouseError, NotFound
from callcenter.telephony import CallKey

BY_NUMBER = "(number)"
"""Who linked where nobody did: the caller's number told. No user can have this name."""

Subject = tuple[str, int]


class Linked(StrEnum):
    """How a link came to be."""

    BY_HAND = "by_hand"
    BY_NUMBER = "by_number"


class UnknownSubject(HouseError):
    """Calls are not linked to things of this kind; params: `type`."""

    code = "unknown_subject"
    status = HTTPStatus.UNPROCESSABLE_ENTITY


@dataclass(frozen=True, slots=True)
class Called:
    """What a subject is called; `key`: how its page is addressed."""

    name: str
    key: str


GONE = Called("", "")


class SubjectNames(Protocol):
    """Knows the subjects of one type."""

    @property
    def permission(self) -> str:
        """The permission without which nobody may look for these subjects."""
        ...

    async def names(self, session: AsyncSession, numbers: Collection[int]) -> Mapping[int, Called]:
        """Return what each of these subjects is called; those that do not exist are left out."""
        ...

    async def find(self, session: AsyncSession, text: str, limit: int, *, by_number: bool) -> Sequence[int]:
        """Return at most `limit` subjects that fit `text`, the likeliest first.

        `by_number`: False for those who may not see numbers; they could else confirm a guessed one.
        """
        ...


class Recogniser(Protocol):
    """Knows whose number a caller's is."""

    async def subjects_of(self, session: AsyncSession, numbers: Collection[str]) -> Mapping[str, Sequence[Subject]]:
        """Return whom each of `numbers` (as the exchange shows them) may belong to."""
        ...


@dataclass(frozen=True, slots=True)
class NamedLink:
    """A link and what its subject is called; empty where the subject is gone."""

    link: CallLink
    called: Called


async def of_call(session: AsyncSession, call_id: int) -> Sequence[CallLink]:
    """Return the links of a call, unlinked ones too, the oldest first."""
    return (await session.scalars(select(CallLink).where(CallLink.call_id == call_id).order_by(CallLink.id))).all()


async def link(
    session: AsyncSession,
    call_id: int,
    subject: Subject,
    *,
    by: str,
    at: datetime,
    reason: str = "",
    how: Linked = Linked.BY_HAND,
) -> CallLink | None:
    """Link a call to `subject`; None where it is linked already.

    Raises:
        NotFound: there is no such call.
    """
    if await session.scalar(select(Call.id).where(Call.id == call_id).with_for_update()) is None:
        raise NotFound(kind="call", id=call_id)
    subject_type, subject_id = subject
    values = {
        "call_id": call_id,
        "subject_type": subject_type,
        "subject_id": subject_id,
        "how": how.value,
        "linked_at": at,
        "linked_by": by,
        "reason": reason,
        "unlinked_by": "",
        "unlink_reason": "",
    }
    fresh = insert_into(session, CallLink).values(values).on_conflict_do_nothing().returning(CallLink.id)
    number = await session.scalar(fresh)
    return None if number is None else await session.get(CallLink, number)


async def unlink(session: AsyncSession, number: int, *, by: str, at: datetime, reason: str) -> CallLink:
    """Take a link back.

    Raises:
        NotFound: there is no such link, or it was taken back already.
    """
    found = await session.get(CallLink, number, with_for_update=True)
    if found is None or found.unlinked_at is not None:
        raise NotFound(kind="call_link", id=number)
    found.unlinked_at, found.unlinked_by, found.unlink_reason = at, by, reason
    return found


async def ever_linked(session: AsyncSession, call_ids: Collection[int]) -> set[int]:
    """Return those of `call_ids` that are or were linked to anything."""
    return set(await session.scalars(select(CallLink.call_id).where(CallLink.call_id.in_(call_ids))))


async def calls_of(
    session: AsyncSession, subject_type: str, subject_ids: Collection[int], *, until: datetime | None, limit: int
) -> list[Call]:
    """Return at most `limit` calls that are linked to any of these subjects, newest first, none after `until`."""
    about = select(CallLink.call_id).where(
        CallLink.subject_type == subject_type, CallLink.subject_id.in_(subject_ids), CallLink.unlinked_at.is_(None)
    )
    statement = select(Call).where(Call.id.in_(about)).order_by(Call.started_at.desc(), Call.id.desc()).limit(limit)
    if until is not None:
        statement = statement.where(Call.started_at <= until)
    return list(await session.scalars(statement))


async def drop_merged(session: AsyncSession, merged: Mapping[CallKey, CallKey], ids: Mapping[CallKey, int]) -> None:
    """Remove the records of calls that turned out to be legs of another (`merged`: leg → call); their links go over.

    `ids` are those of the calls that were just written.
    """
    legs = [(key.node, key.linkedid) for key in merged]
    statement = select(Call.id, Call.node, Call.linkedid).where(tuple_(Call.node, Call.linkedid).in_(legs))
    for number, node, linkedid in (await session.execute(statement)).all():
        whole = ids.get(merged[CallKey(node, linkedid)])
        if whole is not None:
            known = select(CallLink.subject_type, CallLink.subject_id).where(
                CallLink.call_id == whole, CallLink.unlinked_at.is_(None)
            )
            pair = tuple_(CallLink.subject_type, CallLink.subject_id)
            moved = update(CallLink).where(CallLink.call_id == number, pair.not_in(known)).values(call_id=whole)
            await session.execute(moved)
        await session.execute(delete(Call).where(Call.id == number))


async def named(
    session: AsyncSession, found: Sequence[CallLink], subjects: Mapping[str, SubjectNames]
) -> list[NamedLink]:
    """Say what the subjects of `found` are called."""
    names: dict[Subject, Called] = {}
    for kind in {one.subject_type for one in found} & subjects.keys():
        numbers = {one.subject_id for one in found if one.subject_type == kind}
        told = await subjects[kind].names(session, numbers)
        names |= {(kind, number): name for number, name in told.items()}
    return [NamedLink(one, names.get((one.subject_type, one.subject_id), GONE)) for one in found]


async def find(
    session: AsyncSession, text: str, subjects: Mapping[str, SubjectNames], limit: int, *, by_number: bool
) -> list[tuple[Subject, Called]]:
    """Look for `text` among the subjects of every type, at most `limit` of each."""
    found: list[tuple[Subject, Called]] = []
    for kind, known in subjects.items():
        numbers = await known.find(session, text, limit, by_number=by_number)
        told = await known.names(session, numbers)
        found += [((kind, number), told[number]) for number in numbers if number in told]
    return found


async def check_subject(session: AsyncSession, subject: Subject, subjects: Mapping[str, SubjectNames]) -> None:
    """See that there is such a subject.

    Raises:
        UnknownSubject: calls are not linked to this kind of thing.
        NotFound: there is none with this id.
    """
    kind, number = subject
    if kind not in subjects:
        raise UnknownSubject(type=kind)
    if number not in await subjects[kind].names(session, [number]):
        raise NotFound(kind=kind, id=number)
