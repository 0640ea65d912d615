"""The floor: who is at which phone and does what, kept in memory, in the database and on the exchange.

What people do comes in by the methods, what phones do by the bus. Both are dealt with one after the other, in the order
in which they came. A state is stored first and then told to the exchange and the pages.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from http import HTTPStatus

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.agents import states, store
from callcenter.agents.pauses import PhonePauses
from callcenter.agents.states import ON_DUTY, RINGS, AgentState, NotSignedOn, Standing, WrapUpRules
from callcenter.agents.store import Agent, seated
from callcenter.clock import Clock
from callcenter.db import Database, DatabaseUnavailable
from callcenter.errors import HouseError
from callcenter.events import CallChanged, Event, EventBus, LinkChanged, PhoneChanged
from callcenter.staff.audit import Actor, AuditLog
from callcenter.telephony import CallKey, CallSnapshot, LinkState, PhoneActivity, PhoneState, Telephony
from callcenter.web.identity import SignedIn

log = structlog.get_logger(__name__)

CHANGED = "agents"
STATE = "state"
AGAIN_SECONDS = 2.0


class PhoneTaken(HouseError):
    """Somebody else is at this phone; params: `extension`, `by`."""

    code = "phone_taken"
    status = HTTPStatus.CONFLICT


class UnknownPhone(HouseError):
    """The house has no such phone for operators; params: `extension`."""

    code = "unknown_phone"
    status = HTTPStatus.UNPROCESSABLE_ENTITY


class UnknownBreakReason(HouseError):
    """A break needs one of the reasons of the settings; params: `reason`."""

    code = "unknown_break_reason"
    status = HTTPStatus.UNPROCESSABLE_ENTITY


class LastOperator(HouseError):
    """Nobody else is on duty for the same callers: somebody else signs on first (telephone-room.md)."""

    code = "last_operator"
    status = HTTPStatus.CONFLICT


@dataclass(frozen=True, slots=True)
class FloorRules:
    """`phones`: the extensions that people may sign on at, with the queues that each serves."""

    wrap_up: WrapUpRules
    break_reasons: frozenset[str]
    phones: Mapping[str, Collection[str]]


class Floor:
    """Everybody's state. `start` reads it and begins to follow the phones, `close` ends that."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        audit: AuditLog,
        telephony: Telephony,
        bus: EventBus,
        rules: FloorRules,
        changed: Callable[[str], None],
    ) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit
        self._telephony = telephony
        self._bus = bus
        self._rules = rules
        self._changed = changed
        self._agents: dict[int, Agent] = {}
        self._calls: dict[CallKey, CallSnapshot] = {}
        self._lock = asyncio.Lock()
        self._news: asyncio.Queue[PhoneActivity | None] = asyncio.Queue()
        self._tasks: list[asyncio.Task[None]] = []
        self._ends: list[Callable[[], None]] = []
        self.pauses = PhonePauses(telephony, [phone for phone, queues in rules.phones.items() if queues])

    async def start(self) -> None:
        """Take up the states that were stored last, and follow the phones from now on."""
        async with self._database.read() as session:
            self._agents = {agent.user_id: agent for agent in await store.standing_now(session)}
        self._ends = [
            self._bus.subscribe(PhoneChanged, self._on_phone),
            self._bus.subscribe(CallChanged, self._on_call),
            self._bus.subscribe(LinkChanged, self._on_link),
        ]
        self._hold_phones()
        self.pauses.start()
        self._tasks = [
            asyncio.create_task(self._follow(), name="floor-phones"),
            asyncio.create_task(self._mind_wrap_ups(), name="floor-wrap-ups"),
        ]

    async def close(self) -> None:
        """Stop following; states stay as they are."""
        while self._ends:
            self._ends.pop()()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        await self.pauses.close()

    # --- what others look at

    def agents(self) -> list[Agent]:
        """Return everybody who is at a phone, by phone."""
        here = (agent for agent in self._agents.values() if agent.standing.state is not AgentState.AWAY)
        return sorted(here, key=lambda agent: agent.standing.extension)

    def agent(self, user_id: int) -> Agent | None:
        """Return what this person does; None for one who has never signed on."""
        return self._agents.get(user_id)

    def at_phone(self, extension: str) -> Agent | None:
        """Return who is at a phone."""
        return next((agent for agent in self.agents() if agent.standing.extension == extension), None)

    def phone_of(self, user: SignedIn) -> str:
        """Return the phone at which this person is.

        Raises:
            NotSignedOn: at none.
        """
        return self._at_work(user.user_id).standing.extension

    def phones(self) -> dict[str, Collection[str]]:
        """Return the phones at which one can sign on, with the queues that each serves."""
        return dict(self._rules.phones)

    async def caught_up(self) -> None:
        """Wait until everything that the phones told so far has been dealt with."""
        await self._news.join()

    # --- what people do

    async def sign_on(self, user: SignedIn, extension: str, address: str) -> Agent:
        """Put `user` to work at a phone; one who is at another phone moves.

        Raises:
            UnknownPhone: there is no such phone.
            PhoneTaken: somebody else is at it.
        """
        if extension not in self._rules.phones:
            raise UnknownPhone(extension=extension)
        async with self._lock:
            other = self.at_phone(extension)
            if other is not None and other.user_id != user.user_id:
                raise PhoneTaken(extension=extension, by=other.name)
            known = self._agents.get(user.user_id)
            if other is not None and known is not None:
                return known
            before = None if known is None else {"state": known.standing.state, "extension": known.standing.extension}
            standing = Standing(AgentState.AVAILABLE, self._clock.now(), extension)
            activity = self._telephony.phone_activity(extension)
            if activity.state is PhoneState.TALKING and activity.call is not None:
                standing = states.talking(standing, activity.call, standing.since)
            agent = Agent(user.user_id, user.username, user.name, user.role, standing)

            def note(session: AsyncSession) -> None:
                after = {"state": standing.state, "extension": extension}
                self._audit(
                    session,
                    user,
                    "agent.signed_on",
                    ("user", user.username),
                    before=before,
                    after=after,
                    address=address,
                )

            return await self._keep(agent, note)

    async def set_state(
        self, user_id: int, wanted: AgentState, reason: str, by: Actor, address: str, *, forced: bool = False
    ) -> Agent:
        """Let somebody be available, have a break or be away; during a call that comes after it.

        `forced`: a supervisor does it, who may also send the last operator away; then nothing waits for the operator.

        Raises:
            NotSignedOn: this person is at no phone.
            UnknownBreakReason: a break has no reason, or one that the house does not know.
            LastOperator: nobody else is on duty for the same callers.
        """
        reason = reason if wanted is AgentState.BREAK else ""
        if wanted is AgentState.BREAK and reason not in self._rules.break_reasons:
            raise UnknownBreakReason(reason=reason)
        async with self._lock:
            agent = self._at_work(user_id)
            if wanted is AgentState.AWAY and not forced and not self._others_serve(agent):
                raise LastOperator
            by_other = by.username if forced else ""
            standing = states.asked_for(agent.standing, wanted, reason, self._clock.now(), by_other)
            action = "agent.forced" if forced else "agent.state_set"
            return await self._change(agent, standing, by, action, address)

    async def extend_wrap_up(self, user_id: int, by: Actor, address: str) -> Agent:
        """Make the wrap-up longer.

        Raises:
            NotSignedOn, NotInWrapUp, WrapUpTooLong: as they say.
        """
        async with self._lock:
            agent = self._at_work(user_id)
            standing = states.extended(agent.standing, self._rules.wrap_up)
            return await self._change(agent, standing, by, "agent.wrap_up_extended", address)

    # --- what phones do

    def _on_phone(self, event: Event) -> None:
        if isinstance(event, PhoneChanged):
            activity = event.activity
            agent = self.at_phone(activity.extension)
            if agent is not None and activity.state is PhoneState.TALKING:
                # at once: a queue must not ring again in the moment between the call and the wrap-up
                self.pauses.hold(activity.extension, STATE, AgentState.ON_CALL)
            self._news.put_nowait(activity)

    def _on_call(self, event: Event) -> None:
        """Remember the calls that go on, and those that ended until their operators have been dealt with."""
        if isinstance(event, CallChanged):
            self._calls[event.call.key] = event.call
            if event.call.ended_at is not None:
                self._news.put_nowait(None)

    def _on_link(self, event: Event) -> None:
        if isinstance(event, LinkChanged) and event.status.state is LinkState.UP:
            self.pauses.compare()
            for agent in self.agents():
                self._news.put_nowait(self._telephony.phone_activity(agent.standing.extension))

    async def _follow(self) -> None:
        while True:
            activity = await self._news.get()
            if activity is None:
                self._forget_ended_calls()
            else:
                await self._until_stored(partial(self._take, activity))
            self._news.task_done()

    async def _take(self, activity: PhoneActivity) -> None:
        """Let what a phone does become its operator's state."""
        async with self._lock:
            agent = self.at_phone(activity.extension)
            if agent is None:
                return
            now, at = agent.standing, self._clock.now()
            if activity.state is PhoneState.TALKING and activity.call is not None:
                then = states.talking(now, activity.call, at)
            elif activity.state is PhoneState.IDLE:
                call = self._calls.get(now.call) if now.call else None
                then = states.hung_up(now, states.needs_wrap_up(call), at, self._rules.wrap_up)
            else:
                then = now
            if then != now:
                await self._keep(replace(agent, standing=then))

    async def _mind_wrap_ups(self) -> None:
        """End each wrap-up when its time is over."""
        while True:
            await asyncio.sleep(self._until_next_end())
            await self._until_stored(self.end_wrap_ups)

    def _until_next_end(self) -> float:
        now = self._clock.now()
        ends = [agent.standing.ends_at for agent in self._agents.values() if agent.standing.ends_at is not None]
        return max(0.05, min([1.0, *((end - now).total_seconds() for end in ends)]))

    async def end_wrap_ups(self) -> None:
        """End the wrap-ups whose time is over."""
        async with self._lock:
            now = self._clock.now()
            for agent in self.agents():
                standing = states.expired(agent.standing, now)
                if standing != agent.standing:
                    await self._keep(replace(agent, standing=standing))

    async def _until_stored(self, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await work()
            except DatabaseUnavailable as error:
                log.warning("agent_state_not_stored", reason=str(error))
                await asyncio.sleep(AGAIN_SECONDS)
            else:
                return

    def _forget_ended_calls(self) -> None:
        talked_of = {agent.standing.call for agent in self._agents.values()}
        for key in [key for key, call in self._calls.items() if call.ended_at is not None and key not in talked_of]:
            del self._calls[key]

    # --- how a state changes

    def _at_work(self, user_id: int) -> Agent:
        agent = self._agents.get(user_id)
        if agent is None or agent.standing.state is AgentState.AWAY:
            raise NotSignedOn(username="" if agent is None else agent.username)
        return agent

    def _others_serve(self, agent: Agent) -> bool:
        """Tell whether each queue that this one serves has somebody else on duty."""
        needed = set(self._rules.phones.get(agent.standing.extension, ()))
        for other in self.agents():
            if other.user_id != agent.user_id and other.standing.state in ON_DUTY:
                needed -= set(self._rules.phones.get(other.standing.extension, ()))
        return not needed

    async def _change(self, agent: Agent, standing: Standing, by: Actor, action: str, address: str) -> Agent:
        if standing == agent.standing:
            return agent

        def note(session: AsyncSession) -> None:
            before, after = _told(agent.standing), _told(standing)
            self._audit(session, by, action, ("user", agent.username), before=before, after=after, address=address)

        return await self._keep(replace(agent, standing=standing), note)

    async def _keep(self, agent: Agent, note: Callable[[AsyncSession], None] | None = None) -> Agent:
        async with self._database.begin() as session:
            await store.keep(session, agent.user_id, agent.standing)
            if note is not None:
                note(session)
        self._agents[agent.user_id] = agent
        self._hold_phones()
        self._forget_ended_calls()
        self._changed(CHANGED)
        return agent

    def _hold_phones(self) -> None:
        """Let queues ring the phones of those who are available, and those that nobody has ever signed on at."""
        at = seated(list(self._agents.values()))
        for extension in self._rules.phones:
            agent = at.get(extension)
            if agent is None or agent.standing.state in RINGS:
                self.pauses.release(extension, STATE)
            else:
                self.pauses.hold(extension, STATE, agent.standing.reason or agent.standing.state.value)


def _told(standing: Standing) -> dict[str, object]:
    """Describe a standing for the audit log."""
    told: dict[str, object] = {"state": standing.state, "reason": standing.reason}
    if standing.then is not None:
        told["after_call"] = standing.then
    if standing.ends_at is not None:
        told["ends_at"] = _iso(standing.ends_at)
    return told


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
