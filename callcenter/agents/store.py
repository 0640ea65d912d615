"""Operators' states in the database: the open span of each person is what the person does now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.agents.models import AgentSpan
from callcenter.agents.states import AgentState, Standing
from callcenter.staff.models import User
from callcenter.telephony import CallKey


@dataclass(frozen=True, slots=True)
class Agent:
    """Somebody who has signed on at a phone, and what that person does."""

    user_id: int
    username: str
    name: str
    role: str
    standing: Standing


@dataclass(frozen=True, slots=True)
class StateTimes:
    """Seconds that one person spent in each state within a span of time; breaks also by reason."""

    user_id: int
    name: str
    seconds: dict[AgentState, float] = field(default_factory=dict)
    breaks: dict[str, float] = field(default_factory=dict)


async def standing_now(session: AsyncSession) -> list[Agent]:
    """Return everybody who has ever signed on and may still sign in, with what each does now."""
    statement = select(AgentSpan, User).join(User, User.id == AgentSpan.user_id).where(AgentSpan.ended_at.is_(None))
    return [
        Agent(user.id, user.username, user.name, user.role, _standing(span))
        for span, user in await session.execute(statement.order_by(AgentSpan.id))
    ]


async def keep(session: AsyncSession, user_id: int, standing: Standing) -> None:
    """Make `standing` what this person does: a new span begins where the state is another one."""
    statement = select(AgentSpan).where(AgentSpan.user_id == user_id, AgentSpan.ended_at.is_(None)).with_for_update()
    span = await session.scalar(statement)
    if span is not None and not _same_span(span, standing):
        span.ended_at = max(standing.since, span.began_at)
        await session.flush()
        span = None
    if span is None:
        span = AgentSpan(user_id=user_id, began_at=standing.since, ended_at=None)
        session.add(span)
    span.extension, span.state, span.reason = standing.extension, standing.state.value, standing.reason
    span.ends_at, span.extended = standing.ends_at, standing.extended
    span.then, span.then_reason = standing.then and standing.then.value, standing.then_reason
    span.node = standing.call.node if standing.call else None
    span.linkedid = standing.call.linkedid if standing.call else None
    span.set_by = standing.set_by
    await session.flush()


async def state_times(session: AsyncSession, begin: datetime, end: datetime, now: datetime) -> list[StateTimes]:
    """Add up how long each person was in which state from `begin` to `end`, what lasts still until `now`."""
    statement = (
        select(AgentSpan, User.name)
        .join(User, User.id == AgentSpan.user_id)
        .where(AgentSpan.began_at < end, (AgentSpan.ended_at.is_(None)) | (AgentSpan.ended_at > begin))
        .order_by(AgentSpan.user_id, AgentSpan.began_at)
    )
    times: dict[int, StateTimes] = {}
    for span, name in await session.execute(statement):
        seconds = (min(span.ended_at or now, end) - max(span.began_at, begin)).total_seconds()
        if seconds <= 0:
            continue
        own = times.setdefault(span.user_id, StateTimes(span.user_id, name))
        state = AgentState(span.state)
        own.seconds[state] = own.seconds.get(state, 0.0) + seconds
        if state is AgentState.BREAK:
            own.breaks[span.reason] = own.breaks.get(span.reason, 0.0) + seconds
    return list(times.values())


async def last_phone(session: AsyncSession, user_id: int) -> str:
    """Return the phone at which this person was last, empty for a new one."""
    statement = select(AgentSpan.extension).where(AgentSpan.user_id == user_id).order_by(AgentSpan.id.desc()).limit(1)
    return await session.scalar(statement) or ""


def seated(agents: Sequence[Agent]) -> dict[str, Agent]:
    """Return who is at which phone; of a phone that nobody is at any more, the one who left it last."""
    order = sorted(agents, key=lambda one: (one.standing.state is not AgentState.AWAY, one.standing.since))
    return {agent.standing.extension: agent for agent in order}


def _standing(span: AgentSpan) -> Standing:
    return Standing(
        AgentState(span.state),
        span.began_at,
        span.extension,
        reason=span.reason,
        ends_at=span.ends_at,
        extended=span.extended,
        then=AgentState(span.then) if span.then else None,
        then_reason=span.then_reason,
        call=CallKey(span.node, span.linkedid) if span.node and span.linkedid else None,
        set_by=span.set_by,
    )


def _same_span(span: AgentSpan, standing: Standing) -> bool:
    """Tell whether the state goes on: what follows a call, or a longer wrap-up, does not begin a new span."""
    return (span.state, span.extension, span.reason, span.began_at) == (
        standing.state.value,
        standing.extension,
        standing.reason,
        standing.since,
    )
