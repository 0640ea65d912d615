"""The supervisors' board and deeds as they go in and out over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from callcenter.agents.places import Waiting
from callcenter.agents.priorities import Ahead
from callcenter.agents.schemas import AgentOut, BreakReasonOut, HelperOut, Reason
from callcenter.agents.states import AgentState
from callcenter.web.inputs import Input, Text
from callcenter.web.output import Output

CallName = Annotated[Text, Field(pattern=r"^[a-z][a-z0-9_]{0,30}/[A-Za-z0-9._-]{1,64}$")]


class OperatorOut(AgentOut):
    """An operator on the board, and who is on the call too."""

    helpers: list[HelperOut]


class WaitingOut(Output):
    """A caller who waits. `call`: as the live messages name it.

    `ahead_reason`: why the caller goes before others (`lost_before` or a level of guests), empty for none.
    """

    call: str
    queue: str
    place: int
    since: datetime
    ahead_reason: str
    ahead_seconds: int


class BoardOut(Output):
    """What the supervisors' board shows beside the live calls. Rates are shares, null before the first call."""

    operators: list[OperatorOut]
    waiting: list[WaitingOut]
    lines_in_use: int
    lines: int
    calls_today: int
    answer_rate: float | None
    answer_rate_target: float
    within_three_rings: float | None
    lost_callers: int
    break_reasons: list[BreakReasonOut]


class ForcedStateIn(Input):
    """The state that somebody is to have; `reason`: of a break."""

    state: Literal[AgentState.AVAILABLE, AgentState.BREAK, AgentState.AWAY]
    reason: Reason = ""


class PlaceIn(Input):
    """At which place of the line a waiting caller is to stand, counted from 1."""

    call: CallName
    place: int = Field(ge=1, le=1000)


def waiting_out(one: Waiting, ahead: Ahead | None) -> WaitingOut:
    """Describe a waiting caller."""
    return WaitingOut(
        call=f"{one.call.key.node}/{one.call.key.linkedid}",
        queue=one.queue,
        place=one.place,
        since=one.since,
        ahead_reason=ahead.reason if ahead else "",
        ahead_seconds=ahead.seconds if ahead else 0,
    )
