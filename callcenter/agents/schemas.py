"""Operators' states as they go in and out over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from callcenter.agents.states import AgentState
from callcenter.agents.store import Agent, StateTimes
from callcenter.agents.supervising import Helper
from callcenter.settings import Words
from callcenter.telephony import Help
from callcenter.web.inputs import Id, Input, Instant
from callcenter.web.output import Output

PhoneNumber = Annotated[str, Field(pattern=r"^[0-9]{3,6}$")]
Reason = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,30}$|^$")]


class AgentOut(Output):
    """What one operator does since when.

    `reason`: of a break. `ends_at`: when the wrap-up ends by itself. `then`: what follows the call that goes on.
    `call`: the call that this is about, as the live messages name it. `set_by`: who forced the state. `paused_by`: why
    queues do not ring the phone (`state`, or what else is the case), empty when they do.
    """

    user_id: int
    username: str
    name: str
    extension: str
    state: AgentState
    reason: str
    since: datetime
    ends_at: datetime | None
    extended: int
    then: AgentState | None
    then_reason: str
    call: str | None
    set_by: str
    paused_by: list[str]


class BreakReasonOut(Output):
    """A reason for a break."""

    code: str
    name: Words


class PhoneOut(Output):
    """A phone at which one can sign on. `queues`: those that it serves. `taken_by`: who is at it now."""

    extension: str
    name: Words
    queues: list[str]
    taken_by: str | None


class HelperOut(Output):
    """A supervisor on an operator's call."""

    name: str
    how: Help


class AheadOut(Output):
    """Why a caller went before others (`lost_before` or a level of guests), and by how many seconds."""

    reason: str
    seconds: int


class MyStateOut(Output):
    """What I do, and what I may do. `agent`: null as long as I am at no phone. `last_extension`: where I was last.

    `helped_by`: supervisors who whisper to me or are in my call; who only listens is not told.
    `ahead`: why my present caller went before others.
    """

    agent: AgentOut | None
    helped_by: list[HelperOut]
    ahead: AheadOut | None
    last_extension: str
    phones: list[PhoneOut]
    break_reasons: list[BreakReasonOut]
    wrap_up_seconds: int
    wrap_up_extension_seconds: int
    wrap_up_extensions: int


class SignOnIn(Input):
    """The phone to work at."""

    extension: PhoneNumber


class CallBackIn(Input):
    """Which due call to make now."""

    due_call: Id


class StateIn(Input):
    """What to do from now on, or after the call; `reason`: of a break."""

    state: Literal[AgentState.AVAILABLE, AgentState.BREAK, AgentState.AWAY]
    reason: Reason = ""


class TimesIn(Input):
    """From when to when."""

    begin: Instant = Field(alias="from")
    end: Instant = Field(alias="to")


class TimesOut(Output):
    """Seconds that one person spent in each state; `breaks`: the breaks' by reason."""

    user_id: int
    name: str
    available: float
    on_call: float
    wrap_up: float
    pause: float
    breaks: dict[str, float]
    away: float


class TimesList(Output):
    """The time in each state, person by person."""

    items: list[TimesOut]


def agent_out(agent: Agent, causes: frozenset[str]) -> AgentOut:
    """Describe an operator; `causes`: why the phone is not rung."""
    now = agent.standing
    return AgentOut(
        user_id=agent.user_id,
        username=agent.username,
        name=agent.name,
        extension=now.extension,
        state=now.state,
        reason=now.reason,
        since=now.since,
        ends_at=now.ends_at,
        extended=now.extended,
        then=now.then,
        then_reason=now.then_reason,
        call=f"{now.call.node}/{now.call.linkedid}" if now.call else None,
        set_by=now.set_by,
        paused_by=sorted(causes),
    )


def helper_out(helper: Helper) -> HelperOut:
    """Describe a helper."""
    return HelperOut(name=helper.name, how=helper.how)


def times_out(times: StateTimes) -> TimesOut:
    """Describe the times of one person."""
    seconds: Mapping[AgentState, float] = times.seconds
    return TimesOut(
        user_id=times.user_id,
        name=times.name,
        available=seconds.get(AgentState.AVAILABLE, 0.0),
        on_call=seconds.get(AgentState.ON_CALL, 0.0),
        wrap_up=seconds.get(AgentState.WRAP_UP, 0.0),
        pause=seconds.get(AgentState.BREAK, 0.0),
        breaks=times.breaks,
        away=seconds.get(AgentState.AWAY, 0.0),
    )
