"""Due calls: asking for one, taking it, giving it back, closing it.

A due call is a row with a due time; the list of open ones is ordered by the place in line that each caller keeps.
Every change is in the audit log, in the same transaction.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from http import HTTPStatus
from typing import Any, Protocol

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import HouseError, NotFound
from callcenter.outbound.models import DueCall
from callcenter.staff.audit import Actor, AuditLog
from callcenter.telephony import CallKey

NUMBER = re.compile(r"\+?[0-9]{3,20}")
SUPERVISE = "outbound.supervise"


class Kind(StrEnum):
    """Why a call is owed: asked for in the queue, a message that was left, or a caller who gave up."""

    CALL_BACK = "call_back"
    VOICEMAIL = "voicemail"
    LOST_CALLER = "lost_caller"


class State(StrEnum):
    """`TAKEN`: somebody is at it. `WITHDRAWN`: no longer needed, because the caller got through meanwhile."""

    OPEN = "open"
    TAKEN = "taken"
    DONE = "done"
    WITHDRAWN = "withdrawn"


class Result(StrEnum):
    """What became of a due call that is done."""

    REACHED = "reached"
    NOT_REACHED = "not_reached"
    WRONG_NUMBER = "wrong_number"
    NOT_WANTED = "not_wanted"


ONE_EACH = frozenset({Kind.CALL_BACK, Kind.LOST_CALLER})
"""Kinds of which a number has one at a time; each message that was left is a due call of its own."""

UNDONE = (State.OPEN, State.TAKEN)


class NumberUnusable(HouseError):
    """No call can be made to this number; params: `number`."""

    code = "number_unusable"
    status = HTTPStatus.UNPROCESSABLE_ENTITY


class DueCallTaken(HouseError):
    """Somebody else is at it; params: `by`."""

    code = "due_call_taken"
    status = HTTPStatus.CONFLICT


class DueCallNotTaken(HouseError):
    """Nobody has taken it, so it can be neither done nor given back."""

    code = "due_call_not_taken"
    status = HTTPStatus.CONFLICT


class DueCallClosed(HouseError):
    """It is done or withdrawn already; params: `by`."""

    code = "due_call_closed"
    status = HTTPStatus.CONFLICT


class Worker(Actor, Protocol):
    """Whoever works on due calls, with the permissions of the role."""

    def may(self, permission: str) -> bool:
        """Tell whether the role has `permission`."""
        ...


@dataclass(frozen=True, slots=True)
class Wanted:
    """A call to be owed from `due_at` on.

    `source` is unique for what the call is wanted for: asked again, nothing is added. `place_at`: since when the
    caller has been in line. `language`: the caller's, `zh` or `en`. `call`: the call that this comes from.
    """

    kind: Kind
    number: str
    source: str
    place_at: datetime
    due_at: datetime
    language: str = ""
    line: str = ""
    reason: str = ""
    call: CallKey | None = None


@dataclass(frozen=True, slots=True)
class Finish:
    """What became of a due call, and what there is to say of it."""

    result: Result
    note: str = ""


async def request(
    session: AsyncSession, wanted: Wanted, by: Actor, at: datetime, audit: AuditLog, address: str = ""
) -> tuple[DueCall, bool]:
    """Ask for a call; return the due call, and whether it is new.

    The same source again gives the same due call, and so does a number that is owed a call-back already: the place
    in line of its first wish is kept.

    Raises:
        NumberUnusable: no call can be made to the number.
    """
    if NUMBER.fullmatch(wanted.number) is None:
        raise NumberUnusable(number=wanted.number)
    values = {
        "kind": wanted.kind.value,
        "source": wanted.source,
        "number": wanted.number,
        "language": wanted.language,
        "line": wanted.line,
        "reason": wanted.reason,
        "due_at": wanted.due_at,
        "place_at": wanted.place_at,
        "node": wanted.call.node if wanted.call else None,
        "linkedid": wanted.call.linkedid if wanted.call else None,
        "created_at": at,
        "created_by": by.username,
        "state": State.OPEN.value,
        "note": "",
    }
    dialect = session.get_bind().dialect.name
    insert = sqlite.insert(DueCall) if dialect == "sqlite" else postgresql.insert(DueCall)
    statement = insert.values(values).on_conflict_do_nothing().returning(DueCall.id)
    while (number := await session.scalar(statement)) is None:
        if (known := await _known(session, wanted)) is not None:
            return known, False
        # it was closed in this very moment, and stands in the way no longer
    created = await session.get_one(DueCall, number)
    after = {"kind": created.kind, "number": created.number, "line": created.line, "reason": created.reason}
    audit(session, by, "due_call.requested", _subject(created), after=after, address=address)
    return created, True


async def undone(session: AsyncSession) -> Sequence[DueCall]:
    """Return the due calls that are not closed, in the order of the places that their callers keep."""
    statement = select(DueCall).where(DueCall.state.in_(UNDONE)).order_by(DueCall.place_at, DueCall.id)
    return (await session.scalars(statement)).all()


async def closed(session: AsyncSession, since: datetime, limit: int) -> Sequence[DueCall]:
    """Return at most `limit` due calls that were closed from `since` on, the latest first."""
    statement = select(DueCall).where(DueCall.closed_at >= since).order_by(DueCall.closed_at.desc()).limit(limit)
    return (await session.scalars(statement)).all()


async def take(
    session: AsyncSession, number: int, by: Worker, at: datetime, audit: AuditLog, address: str = ""
) -> DueCall:
    """Lock a due call to `by`; taking one's own again changes nothing.

    Raises:
        NotFound: there is none with this id.
        DueCallTaken: somebody else is at it.
        DueCallClosed: it is done or withdrawn.
    """
    due = await _locked(session, number)
    if due.state == State.TAKEN and due.taken_by_id == by.user_id:
        return due
    if due.state == State.TAKEN:
        raise DueCallTaken(by=due.taken_by)
    due.state, due.taken_by_id, due.taken_by, due.taken_at = State.TAKEN.value, by.user_id, by.username, at
    before, after = {"state": "open"}, {"state": "taken"}
    audit(session, by, "due_call.taken", _subject(due), before=before, after=after, address=address)
    return due


async def give_back(
    session: AsyncSession, number: int, by: Worker, note: str, audit: AuditLog, address: str = ""
) -> DueCall:
    """Open a due call to everybody again, at its place; `note` tells the next one what happened.

    Raises:
        NotFound: there is none with this id.
        DueCallNotTaken: nobody has taken it.
        DueCallTaken: somebody else has, and `by` lacks `outbound.supervise`.
        DueCallClosed: it is done or withdrawn.
    """
    due = await _in_hand(session, number, by)
    before = {"state": "taken", "taken_by": due.taken_by, "note": due.note}
    due.state, due.taken_by_id, due.taken_by, due.taken_at = State.OPEN.value, None, None, None
    due.note = note or due.note
    after = {"state": "open", "note": due.note}
    audit(session, by, "due_call.given_back", _subject(due), before=before, after=after, address=address)
    return due


async def finish(
    session: AsyncSession, number: int, by: Worker, at: datetime, told: Finish, audit: AuditLog, address: str = ""
) -> DueCall:
    """Close a due call that `by` has taken, with what became of it.

    Raises:
        NotFound: there is none with this id.
        DueCallNotTaken: nobody has taken it.
        DueCallTaken: somebody else has, and `by` lacks `outbound.supervise`.
        DueCallClosed: it is done or withdrawn.
    """
    due = await _in_hand(session, number, by)
    due.note = told.note or due.note
    _close(due, State.DONE, by, at)
    due.outcome = told.result.value
    after = {"state": "done", "outcome": due.outcome, "note": due.note}
    audit(session, by, "due_call.done", _subject(due), before={"state": "taken"}, after=after, address=address)
    return due


async def waiting_for(session: AsyncSession, numbers: Collection[str], kinds: Collection[Kind]) -> set[str]:
    """Return those of `numbers` to which a due call of `kinds` waits for somebody to take it."""
    there = select(DueCall.number).where(
        DueCall.number.in_(numbers), DueCall.kind.in_(kinds), DueCall.state == State.OPEN
    )
    return set(await session.scalars(there))


async def withdraw(
    session: AsyncSession,
    number: str,
    kinds: Collection[Kind],
    reached_at: datetime,
    by: Actor,
    at: datetime,
    audit: AuditLog,
) -> int:
    """Withdraw the open due calls of `kinds` to `number` that were asked for before it got through. Taken ones stay.

    Returns:
        How many were withdrawn.
    """
    statement = (
        update(DueCall)
        .where(
            DueCall.number == number,
            DueCall.kind.in_(kinds),
            DueCall.state == State.OPEN,
            DueCall.created_at <= reached_at,
        )
        .values(state=State.WITHDRAWN, closed_by=by.username, closed_at=at)
        .returning(DueCall.id)
    )
    ids = (await session.scalars(statement)).all()
    for one in ids:
        before, after = {"state": "open"}, {"state": "withdrawn"}
        audit(session, by, "due_call.withdrawn", ("due_call", one), before=before, after=after)
    return len(ids)


async def _known(session: AsyncSession, wanted: Wanted) -> DueCall | None:
    """Find what stood in the way of a new due call: the same source, or the number's undone call-back."""
    found = await session.scalar(select(DueCall).where(DueCall.source == wanted.source))
    if found is not None:
        return found
    same = select(DueCall).where(DueCall.number == wanted.number, DueCall.kind.in_(ONE_EACH), DueCall.state.in_(UNDONE))
    return (await session.scalars(same)).one_or_none()


async def _locked(session: AsyncSession, number: int) -> DueCall:
    due = await session.get(DueCall, number, with_for_update=True)
    if due is None:
        raise NotFound(kind="due_call", id=number)
    if due.state not in UNDONE:
        raise DueCallClosed(by=due.closed_by)
    return due


async def _in_hand(session: AsyncSession, number: int, by: Worker) -> DueCall:
    due = await _locked(session, number)
    if due.state != State.TAKEN:
        raise DueCallNotTaken
    if due.taken_by_id != by.user_id and not by.may(SUPERVISE):
        raise DueCallTaken(by=due.taken_by)
    return due


def _close(due: DueCall, state: State, by: Actor, at: datetime) -> None:
    due.state, due.closed_by, due.closed_at = state.value, by.username, at


def _subject(due: DueCall) -> tuple[str, Any]:
    return "due_call", due.id
