"""Messages as the house works on them: heard, called back, done, opened again. Every change is in the audit log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.models import Call
from callcenter.db import beyond
from callcenter.errors import HouseError, NotFound
from callcenter.outbound import service as outbound
from callcenter.outbound.models import DueCall
from callcenter.staff.audit import Actor, AuditLog
from recordings.models import Recording
from recordings.voicemail.filing import wanted_for
from recordings.voicemail.models import State, Voicemail


class VoicemailDone(HouseError):
    """The message is done already; params: `by`."""

    code = "voicemail_done"
    status = HTTPStatus.CONFLICT


class VoicemailNotDone(HouseError):
    """The message is not done, so it need not be opened again."""

    code = "voicemail_not_done"
    status = HTTPStatus.CONFLICT


class VoicemailHasCallBack(HouseError):
    """The message is a due call already, whose number stands there."""

    code = "voicemail_has_call_back"
    status = HTTPStatus.CONFLICT


@dataclass(frozen=True, slots=True)
class Entry:
    """A message with its sound and with the due call that it became, if any."""

    voicemail: Voicemail
    recording: Recording
    due: DueCall | None


def _entries() -> Select[Voicemail, Recording, DueCall | None]:
    return (
        select(Voicemail, Recording, DueCall)
        .join(Recording, Recording.id == Voicemail.recording_id)
        .outerjoin(DueCall, DueCall.id == Voicemail.due_call_id)
    )


async def page(
    session: AsyncSession, *, state: State | None, call_id: int | None, limit: int, after: tuple[datetime, int] | None
) -> list[Entry]:
    """Read at most `limit` messages, newest first, beyond the position `after`; of one call if `call_id` is given."""
    statement = _entries().order_by(Voicemail.left_at.desc(), Voicemail.id.desc()).limit(limit)
    if state is not None:
        statement = statement.where(Voicemail.state == state.value)
    if call_id is not None:
        statement = statement.where(Recording.call_id == call_id)
    if after is not None:
        statement = statement.where(beyond(Voicemail.left_at, Voicemail.id, after))
    found = await session.execute(statement)
    return [Entry(voicemail, recording, due) for voicemail, recording, due in found]


async def counts(session: AsyncSession) -> dict[str, int]:
    """Count the messages by state."""
    found: Sequence[Any] = (
        await session.execute(select(Voicemail.state, func.count()).group_by(Voicemail.state))
    ).all()
    return {state.value: 0 for state in State} | {state: count for state, count in found}


async def get(session: AsyncSession, number: int) -> Entry:
    """Return a message.

    Raises:
        NotFound: there is none with this id.
    """
    row = (await session.execute(_entries().where(Voicemail.id == number))).one_or_none()
    if row is None:
        raise NotFound(kind="voicemail", id=number)
    voicemail, recording, due = row
    return Entry(voicemail, recording, due)


async def hear(session: AsyncSession, number: int, by: Actor, at: datetime, audit: AuditLog) -> bool:
    """Note that somebody has heard a message for the first time; return whether that is news.

    Raises:
        NotFound: there is none with this id.
    """
    voicemail = await _locked(session, number)
    if voicemail.state != State.NEW:
        return False
    voicemail.state, voicemail.heard_by, voicemail.heard_at = State.HEARD.value, by.username, at
    audit(session, by, "voicemail.heard", ("voicemail", number), before={"state": "new"}, after={"state": "heard"})
    return True


async def call_back(
    session: AsyncSession, number: int, phone: str, by: Actor, at: datetime, audit: AuditLog, address: str = ""
) -> None:
    """Give a message of a caller who hid the number the one to call back on, which makes it a due call.

    Raises:
        NotFound: there is none with this id.
        VoicemailDone: nothing is left to do about it.
        VoicemailHasCallBack: it is a due call already.
        NumberUnusable: no call can be made to the number.
    """
    voicemail = await _locked(session, number)
    if voicemail.state == State.DONE:
        raise VoicemailDone(by=voicemail.done_by)
    if voicemail.due_call_id is not None:
        raise VoicemailHasCallBack
    recording = await session.get_one(Recording, voicemail.recording_id)
    call = await session.get(Call, recording.call_id) if recording.call_id is not None else None
    before = {"number": voicemail.number}
    voicemail.number = phone
    due, _ = await outbound.request(session, wanted_for(voicemail, recording, call, at), by, at, audit, address)
    voicemail.due_call_id = due.id
    after = {"number": phone}
    audit(session, by, "voicemail.number_given", ("voicemail", number), before=before, after=after, address=address)


async def finish(session: AsyncSession, number: int, by: Actor, at: datetime, note: str, audit: AuditLog) -> None:
    """Say that nothing is left to do about a message.

    Raises:
        NotFound: there is none with this id.
        VoicemailDone: somebody has said so already.
    """
    voicemail = await _locked(session, number)
    if voicemail.state == State.DONE:
        raise VoicemailDone(by=voicemail.done_by)
    before = {"state": voicemail.state, "note": voicemail.note}
    voicemail.state, voicemail.done_by, voicemail.done_at = State.DONE.value, by.username, at
    voicemail.note = note or voicemail.note
    after = {"state": voicemail.state, "note": voicemail.note}
    audit(session, by, "voicemail.done", ("voicemail", number), before=before, after=after)


async def reopen(session: AsyncSession, number: int, by: Actor, audit: AuditLog) -> None:
    """Put a message back on the list of what is to be done.

    Raises:
        NotFound: there is none with this id.
        VoicemailNotDone: it is on that list.
    """
    voicemail = await _locked(session, number)
    if voicemail.state != State.DONE:
        raise VoicemailNotDone
    state = State.HEARD if voicemail.heard_at is not None else State.NEW
    voicemail.state, voicemail.done_by, voicemail.done_at = state.value, None, None
    audit(
        session, by, "voicemail.reopened", ("voicemail", number), before={"state": "done"}, after={"state": state.value}
    )


async def _locked(session: AsyncSession, number: int) -> Voicemail:
    voicemail = await session.scalar(select(Voicemail).where(Voicemail.id == number).with_for_update())
    if voicemail is None:
        raise NotFound(kind="voicemail", id=number)
    return voicemail
