"""Filing messages: each kept one becomes a row and, where the caller can be called, a due call, exactly once.

What is filed is decided by the books of recordings alone, not by any event: a message that was taken in before a crash,
or found again after one, is filed at the next look.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.models import Call
from callcenter.clock import Clock
from callcenter.db import Database
from callcenter.errors import HouseError
from callcenter.outbound import service as outbound
from callcenter.outbound.models import DueCall
from callcenter.staff.audit import SYSTEM, AuditLog
from callcenter.telephony import CallKey
from recordings.models import MESSAGES, Recording
from recordings.voicemail.models import State, TextState, Voicemail

log = structlog.get_logger(__name__)

PATIENCE = timedelta(minutes=2)
"""So long a message waits for the record of its call, which tells who left it."""
AT_ONCE = 50
EVERY_SECONDS = 5.0


def is_ripe(recording: Recording, call: Call | None, now: datetime) -> bool:
    """Tell whether a message can be filed: its call has ended, or is still not known after `PATIENCE`."""
    return call.ended_at is not None if call is not None else recording.created_at + PATIENCE <= now


def voicemail_of(recording: Recording, call: Call | None, first_language: str) -> Voicemail:
    """Describe a message by what is known of its call."""
    menu = call.menu if call is not None else None
    return Voicemail(
        recording_id=recording.id,
        number=call.caller if call is not None and outbound.NUMBER.fullmatch(call.caller) else "",
        line=call.line if call is not None else "",
        language=(menu or {}).get("language") or first_language,
        left_at=(call.ended_at if call is not None else None) or recording.created_at,
        state=State.NEW.value,
        note="",
        text_state=TextState.PENDING.value,
    )


def wanted_for(voicemail: Voicemail, recording: Recording, call: Call | None, at: datetime) -> outbound.Wanted:
    """Describe the call back that a message with a number asks for, due from `at` on; asked again, nothing is added."""
    return outbound.Wanted(
        kind=outbound.Kind.VOICEMAIL,
        number=voicemail.number,
        source=f"voicemail:{recording.node}/{recording.name}",
        place_at=call.started_at if call is not None else voicemail.left_at,
        due_at=at,
        language=voicemail.language,
        line=voicemail.line,
        call=CallKey(call.node, call.linkedid) if call is not None else None,
    )


class Filing:
    """Owns the task. `changed` is told when something was filed."""

    def __init__(
        self,
        database: Database,
        node: str,
        clock: Clock,
        audit: AuditLog,
        *,
        first_language: str,
        changed: Callable[[], None],
        every_seconds: float = EVERY_SECONDS,
    ) -> None:
        self._database = database
        self._node = node
        self._clock = clock
        self._audit = audit
        self._first_language = first_language
        self._changed = changed
        self._every_seconds = every_seconds
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to look for messages."""
        self._task = asyncio.create_task(self._run(), name="voicemail-filing")

    async def close(self) -> None:
        """Stop looking."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def file_once(self) -> int:
        """File what is ripe; return how many messages.

        Raises:
            DatabaseUnavailable: the books cannot be read or written; nothing is lost, the next look finds it.
        """
        async with self._database.read() as session:
            waiting = await _unfiled(session, self._node)
        ripe = [recording.id for recording, call in waiting if is_ripe(recording, call, self._clock.now())]
        for number in ripe:
            await self._file(number)
        if ripe:
            self._changed()
        return len(ripe)

    async def _file(self, recording_id: int) -> None:
        async with self._database.begin() as session:
            recording = await session.get_one(Recording, recording_id)
            call = await session.get(Call, recording.call_id) if recording.call_id is not None else None
            voicemail = voicemail_of(recording, call, self._first_language)
            due = await self._due_call(session, recording, voicemail, call)
            voicemail.due_call_id = due.id if due is not None else None
            session.add(voicemail)
            await session.flush()
        log.info(
            "voicemail_filed",
            call_id=call.linkedid if call is not None else recording.name,
            voicemail=voicemail.id,
            due_call=voicemail.due_call_id,
        )

    async def _due_call(
        self, session: AsyncSession, recording: Recording, voicemail: Voicemail, call: Call | None
    ) -> DueCall | None:
        """Ask for a call back; a caller without a number that can be called is only on the list of messages."""
        if not voicemail.number:
            return None
        wanted = wanted_for(voicemail, recording, call, self._clock.now())
        due, _ = await outbound.request(session, wanted, SYSTEM, self._clock.now(), self._audit)
        return due

    async def _run(self) -> None:
        while True:
            try:
                await self.file_once()
            except (HouseError, SQLAlchemyError):
                log.exception("voicemail_filing_failed")
            await asyncio.sleep(self._every_seconds)


async def _unfiled(session: AsyncSession, node: str) -> list[tuple[Recording, Call | None]]:
    found = await session.execute(
        select(Recording, Call)
        .outerjoin(Call, Call.id == Recording.call_id)
        .outerjoin(Voicemail, Voicemail.recording_id == Recording.id)
        .where(MESSAGES, Recording.node == node, Voicemail.id.is_(None))
        .order_by(Recording.id)
        .limit(AT_ONCE)
    )
    return [(recording, call) for recording, call in found]
