"""Due calls and lost callers as they go in and out over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from pydantic import Field

from callcenter.outbound.lost_callers import LostCaller
from callcenter.outbound.models import DueCall
from callcenter.outbound.service import NUMBER, Kind, Result, State
from callcenter.web.inputs import Input, Text
from callcenter.web.output import Output

Note = Annotated[Text, Field(max_length=1000)]


class DueCallOut(Output):
    """A call that the house owes. `place_at`: since when the caller was in line; `mine`: the asking user has taken it.

    `taken_by` and `closed_by` are people's names where they are known. `call_id`: the call that it came from.
    """

    id: int
    kind: Kind
    number: str
    language: str
    line: str
    reason: str
    due_at: datetime
    place_at: datetime
    created_at: datetime
    state: State
    taken_by: str | None
    taken_at: datetime | None
    mine: bool
    closed_by: str | None
    closed_at: datetime | None
    outcome: Result | None
    note: str
    call_id: int | None


class DueCallList(Output):
    """Due calls, in order."""

    items: list[DueCallOut]


class GiveBackIn(Input):
    """What the next one should know."""

    note: Note = ""


class FinishIn(Input):
    """What became of it."""

    outcome: Result
    note: Note = ""


class LostCallerOut(Output):
    """A caller who gave up and has not got through since; `due_call`: the call-back that the number is owed already."""

    number: str
    line: str
    language: str
    tries: int
    first_at: datetime
    last_at: datetime
    waited_seconds: float
    longest_seconds: float
    call_id: int
    due_call: int | None


class LostCallerList(Output):
    """Lost callers, the latest first."""

    items: list[LostCallerOut]


class LostCallerIn(Input):
    """Which lost caller is to be called back."""

    number: Annotated[str, Field(pattern=f"^{NUMBER.pattern}$")]


def due_call_out(due: DueCall, user_id: int, names: Mapping[str, str], call_id: int | None) -> DueCallOut:
    """Describe a due call to the user with `user_id`; `names`: people's names by their user names."""
    return DueCallOut(
        id=due.id,
        kind=Kind(due.kind),
        number=due.number,
        language=due.language,
        line=due.line,
        reason=due.reason,
        due_at=due.due_at,
        place_at=due.place_at,
        created_at=due.created_at,
        state=State(due.state),
        taken_by=None if due.taken_by is None else names.get(due.taken_by, due.taken_by),
        taken_at=due.taken_at,
        mine=due.taken_by_id == user_id,
        closed_by=None if due.closed_by is None else names.get(due.closed_by, due.closed_by),
        closed_at=due.closed_at,
        outcome=None if due.outcome is None else Result(due.outcome),
        note=due.note,
        call_id=call_id,
    )


def lost_caller_out(lost: LostCaller) -> LostCallerOut:
    """Describe a lost caller."""
    return LostCallerOut.model_validate(lost, from_attributes=True)
