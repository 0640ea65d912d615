"""Lost callers: who gave up before anybody served them, and has not got through since (requirements 2, answer rate)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, and_, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from callcenter.calls.models import Call
from callcenter.errors import NotFound
from callcenter.outbound.models import DueCall
from callcenter.outbound.service import NUMBER, ONE_EACH, UNDONE, Kind, State, Wanted
from callcenter.telephony import CallKey, Direction, Outcome

MOST_CALLS = 2000
"""So many abandoned calls at most are looked through, the latest."""

OPERATOR_DIAL = "0"
"""What rooms dial to reach the operators: the three-ring rule does not count those calls, their callers are lost."""

_SHORTEST_NUMBER = 3

REFUSED = 21
"""How a call ends (Q.850) whose number is blocked: nobody is owed a call for it."""


@dataclass(frozen=True, slots=True)
class LostCaller:
    """A number that was not served. `waited_seconds`: in the last try; `longest_seconds`: in any of them.

    `language`: of the last menu, empty where there was none. `due_call`: the call-back that the number is owed already.
    """

    number: str
    line: str
    language: str
    tries: int
    first_at: datetime
    last_at: datetime
    waited_seconds: float
    longest_seconds: float
    call_id: int
    call: CallKey
    due_call: int | None


async def lost_callers(session: AsyncSession, since: datetime, number: str | None = None) -> list[LostCaller]:
    """Return those who gave up from `since` on, the latest first; `number`: only this one.

    A number is on the list no longer once a person talked with it, the system served it, or its call-back is done.
    Callers who hide their number cannot be told apart and are not on it.
    """
    statement = (
        select(Call)
        .where(
            Call.outcome == Outcome.ABANDONED,
            or_(Call.cadence.is_not(None), and_(Call.direction == Direction.INTERNAL, Call.line == OPERATOR_DIAL)),
            Call.started_at >= since,
            func.length(Call.caller) >= _SHORTEST_NUMBER,
            or_(Call.hangup_cause.is_(None), Call.hangup_cause != REFUSED),
            ~exists(_got_through()),
            ~exists(_called_back()),
        )
        .order_by(Call.started_at.desc(), Call.id.desc())
        .limit(MOST_CALLS)
    )
    if number is not None:
        statement = statement.where(Call.caller == number)
    tries: dict[str, list[Call]] = {}
    for call in await session.scalars(statement):
        if NUMBER.fullmatch(call.caller):
            tries.setdefault(call.caller, []).append(call)
    owed = await _owed(session, tries)
    return [_lost(calls, owed.get(caller)) for caller, calls in tries.items()]


async def wanted_for(session: AsyncSession, number: str, since: datetime, at: datetime) -> Wanted:
    """Return the call that a lost caller is owed, at the place in line of the first try.

    Raises:
        NotFound: the number is not, or no longer, that of a lost caller.
    """
    found = await lost_callers(session, since, number)
    if not found:
        raise NotFound(kind="lost_caller", id=number)
    (lost,) = found
    return Wanted(
        kind=Kind.LOST_CALLER,
        number=number,
        source=f"{Kind.LOST_CALLER}:{lost.call.node}/{lost.call.linkedid}",
        place_at=lost.first_at,
        due_at=at,
        language=lost.language,
        line=lost.line,
        call=lost.call,
    )


def _got_through() -> Select[int]:
    """A later call in which the number was served, by us or because we called it."""
    later = aliased(Call)
    inward = and_(
        later.caller == Call.caller,
        or_(
            later.operator_answered_at.is_not(None),
            later.outcome.in_((Outcome.ANSWERED, Outcome.SERVED_BY_SYSTEM, Outcome.CALL_BACK)),
        ),
    )
    outward = and_(later.direction == Direction.OUTBOUND, later.line == Call.caller, later.outcome == Outcome.ANSWERED)
    return select(later.id).where(later.started_at > Call.started_at, or_(inward, outward)).correlate(Call)


def _called_back() -> Select[int]:
    done = and_(DueCall.state == State.DONE, DueCall.closed_at > Call.started_at)
    return select(DueCall.id).where(DueCall.number == Call.caller, done).correlate(Call)


async def _owed(session: AsyncSession, numbers: Iterable[str]) -> dict[str, int]:
    statement = select(DueCall.number, DueCall.id).where(
        DueCall.number.in_(tuple(numbers)), DueCall.kind.in_(ONE_EACH), DueCall.state.in_(UNDONE)
    )
    return {number: due for number, due in await session.execute(statement)}


def _lost(calls: Sequence[Call], due_call: int | None) -> LostCaller:
    """Sum up the tries of one number, the latest first."""
    last, first = calls[0], calls[-1]
    waits = [((call.ended_at or call.started_at) - call.started_at).total_seconds() for call in calls]
    return LostCaller(
        number=last.caller,
        line=last.line,
        language=str((last.menu or {}).get("language", "")),
        tries=len(calls),
        first_at=first.started_at,
        last_at=last.started_at,
        waited_seconds=waits[0],
        longest_seconds=max(waits),
        call_id=last.id,
        call=CallKey(last.node, last.linkedid),
        due_call=due_call,
    )
