"""States of an operator and what leads from one to the next; pure (requirements 2, telephone-room.md)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from http import HTTPStatus

from callcenter.errors import HouseError
from callcenter.telephony import CallKey, CallSnapshot, Direction


class AgentState(StrEnum):
    """What an operator does. `AWAY`: not at any phone. `WRAP_UP`: writes down what the last call was about."""

    AVAILABLE = "available"
    ON_CALL = "on_call"
    WRAP_UP = "wrap_up"
    BREAK = "break"
    AWAY = "away"


RINGS = frozenset({AgentState.AVAILABLE})
"""States in which queues may ring the phone."""

ON_DUTY = frozenset({AgentState.AVAILABLE, AgentState.ON_CALL, AgentState.WRAP_UP})


class NotSignedOn(HouseError):
    """This person is at no phone; params: `username`."""

    code = "agent_not_signed_on"
    status = HTTPStatus.CONFLICT


class NotInWrapUp(HouseError):
    """There is no wrap-up that could be made longer."""

    code = "agent_not_in_wrap_up"
    status = HTTPStatus.CONFLICT


class WrapUpTooLong(HouseError):
    """The wrap-up was made longer as often as the house allows; params: `times`."""

    code = "wrap_up_too_long"
    status = HTTPStatus.CONFLICT


@dataclass(frozen=True, slots=True)
class WrapUpRules:
    """How long wrap-up lasts, by how much it can be extended, and how often."""

    lasts: timedelta
    extension: timedelta
    extensions: int


@dataclass(frozen=True, slots=True)
class Standing:
    """What one operator does since when.

    `extension`: the phone. `reason`: of a break. `ends_at`: when the wrap-up ends by itself. `extended`: how often it
    was made longer. `then`: the state that follows the call, with `then_reason`: asked for meanwhile,
    or the break before it. `call`: the call that this is about. `set_by`: who forced the state, empty for the operator.
    """

    state: AgentState
    since: datetime
    extension: str
    reason: str = ""
    ends_at: datetime | None = None
    extended: int = 0
    then: AgentState | None = None
    then_reason: str = ""
    call: CallKey | None = None
    set_by: str = ""


def talking(now: Standing, call: CallKey, at: datetime) -> Standing:
    """The phone was answered, or answers: a break goes on after the call."""
    if now.state is AgentState.ON_CALL:
        return replace(now, call=call)
    paused = now.state is AgentState.BREAK
    return Standing(
        AgentState.ON_CALL,
        at,
        now.extension,
        then=AgentState.BREAK if paused else None,
        then_reason=now.reason if paused else "",
        call=call,
    )


def hung_up(now: Standing, wraps_up: bool, at: datetime, rules: WrapUpRules) -> Standing:
    """The phone is free again; what was asked for during the call comes now, else wrap-up where the call needs one."""
    if now.state is not AgentState.ON_CALL:
        return now
    if now.then is not None:
        return Standing(now.then, at, now.extension, reason=now.then_reason, set_by=now.set_by)
    if wraps_up and rules.lasts:
        return Standing(AgentState.WRAP_UP, at, now.extension, ends_at=at + rules.lasts, call=now.call)
    return Standing(AgentState.AVAILABLE, at, now.extension)


def needs_wrap_up(call: CallSnapshot | None) -> bool:
    """Calls with an outside party are written down; calls from rooms and colleagues need not be (telephone-room.md)."""
    return call is not None and call.direction is not Direction.INTERNAL


def asked_for(now: Standing, wanted: AgentState, reason: str, at: datetime, by: str = "") -> Standing:
    """Return what follows a wish for `wanted`; during a call it is kept until the call ends. `by`: who forces it."""
    if now.state is AgentState.ON_CALL:
        waits = wanted is not AgentState.AVAILABLE
        return replace(now, then=wanted if waits else None, then_reason=reason if waits else "", set_by=by)
    if now.state is wanted and now.reason == reason:
        return now
    return Standing(wanted, at, now.extension, reason=reason, set_by=by)


def extended(now: Standing, rules: WrapUpRules) -> Standing:
    """Make the wrap-up longer.

    Raises:
        NotInWrapUp: there is none.
        WrapUpTooLong: it was made longer too often.
    """
    if now.state is not AgentState.WRAP_UP or now.ends_at is None:
        raise NotInWrapUp
    if now.extended >= rules.extensions:
        raise WrapUpTooLong(times=rules.extensions)
    return replace(now, ends_at=now.ends_at + rules.extension, extended=now.extended + 1)


def expired(now: Standing, at: datetime) -> Standing:
    """Return `now`, or what follows a wrap-up whose time is over at `at`."""
    if now.state is AgentState.WRAP_UP and now.ends_at is not None and now.ends_at <= at:
        return Standing(AgentState.AVAILABLE, now.ends_at, now.extension)
    return now
