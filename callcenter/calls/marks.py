"""Nuisance, wrong and silent callers (telephone-room, calls): said once, shown with the next call of the number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from http import HTTPStatus

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.models import Call, CallerMark
from callcenter.errors import HouseError
from callcenter.telephony import Direction

KEY_DIGITS = 10
LEAST_DIGITS = 3
MOST_SHOWN = 20


class MarkKind(StrEnum):
    """What a caller was."""

    NUISANCE = "nuisance"
    WRONG_NUMBER = "wrong_number"
    SILENT = "silent"


class NoCallerToBlock(HouseError):
    """The caller shows no number, or is one of our own telephones."""

    code = "no_caller_to_block"
    status = HTTPStatus.CONFLICT


@dataclass(frozen=True, slots=True)
class Said:
    """What is said of a caller, and whether the number is refused from now on."""

    kind: MarkKind
    note: str = ""
    block: bool = False


def number_key(caller: str) -> str:
    """Return by what a number is known again however a line shows it: its last ten digits."""
    return "".join(letter for letter in caller if letter.isascii() and letter.isdigit())[-KEY_DIGITS:]


def blockable(call: Call) -> str:
    """Return the key under which the exchange can refuse this caller.

    Raises:
        NoCallerToBlock: there is no outside number to refuse.
    """
    key = number_key(call.caller)
    if call.direction != Direction.INBOUND or len(key) < LEAST_DIGITS:
        raise NoCallerToBlock
    return key


def mark(session: AsyncSession, call: Call, said: Said, by: str, now: datetime) -> CallerMark:
    """Write down what a caller was."""
    row = CallerMark(
        number=number_key(call.caller),
        kind=said.kind,
        call_id=call.id,
        note=said.note,
        at=now,
        by=by,
        blocked_at=now if said.block else None,
        unblocked_at=None,
        unblocked_by="",
    )
    session.add(row)
    return row


async def marks_of(session: AsyncSession, caller: str) -> Sequence[CallerMark]:
    """Return what was said of this number, the latest first; nothing for a hidden one."""
    key = number_key(caller)
    if len(key) < LEAST_DIGITS:
        return []
    statement = select(CallerMark).where(CallerMark.number == key).order_by(CallerMark.id.desc()).limit(MOST_SHOWN)
    return (await session.scalars(statement)).all()


def is_blocked(marks: Sequence[CallerMark]) -> bool:
    """Tell whether the exchange refuses the number of these marks."""
    return any(one.blocked_at is not None and one.unblocked_at is None for one in marks)


async def unblock(session: AsyncSession, call: Call, by: str, now: datetime) -> None:
    """Let the caller of this call ring again."""
    key = number_key(call.caller)
    standing = select(CallerMark).where(
        CallerMark.number == key, CallerMark.blocked_at.is_not(None), CallerMark.unblocked_at.is_(None)
    )
    for row in (await session.scalars(standing)).all():
        row.unblocked_at, row.unblocked_by = now, by
