"""What a supervisor does with somebody else's call or state; every deed is in the audit log."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from callcenter.agents.floor import CHANGED, Floor
from callcenter.agents.places import Waiting, moved, waiting
from callcenter.agents.priorities import Priorities
from callcenter.agents.states import AgentState, NotSignedOn
from callcenter.agents.store import Agent
from callcenter.db import Database
from callcenter.errors import HouseError, NotFound
from callcenter.events import Event, EventBus, PhoneChanged
from callcenter.staff import sessions
from callcenter.staff.audit import Actor, AuditLog
from callcenter.telephony import CallKey, CallSnapshot, Help, PhoneState, Telephony
from callcenter.web.identity import SignedIn

HELPED = {Help.LISTEN: "call.listened", Help.WHISPER: "call.whispered", Help.BARGE: "call.barged"}


class OwnCall(HouseError):
    """One cannot help oneself."""

    code = "own_call"
    status = HTTPStatus.CONFLICT


class NotOnCall(HouseError):
    """This operator talks with nobody now; params: `name`."""

    code = "agent_not_on_call"
    status = HTTPStatus.CONFLICT


@dataclass(frozen=True, slots=True)
class Helper:
    """A supervisor on an operator's call: `how` is listen, whisper or barge; `extension` is the supervisor's phone."""

    name: str
    how: Help
    extension: str
    operator: str


class Supervising:
    """Helps operators, sends people off, and puts callers at other places. `start` begins to follow helpers' phones."""

    def __init__(
        self,
        floor: Floor,
        priorities: Priorities,
        database: Database,
        audit: AuditLog,
        telephony: Telephony,
        bus: EventBus,
        open_calls: Callable[[], Sequence[CallSnapshot]],
        changed: Callable[[str], None],
    ) -> None:
        self._floor = floor
        self._priorities = priorities
        self._database = database
        self._audit = audit
        self._telephony = telephony
        self._bus = bus
        self._open_calls = open_calls
        self._changed = changed
        self._helpers: dict[str, Helper] = {}
        self._ends: list[Callable[[], None]] = []

    def start(self) -> None:
        """Begin to follow the phones of those who help."""
        self._ends = [self._bus.subscribe(PhoneChanged, self._on_phone)]

    def close(self) -> None:
        """Follow them no longer."""
        while self._ends:
            self._ends.pop()()

    def helpers_of(self, extension: str) -> list[Helper]:
        """Return who is on the call of an operator's phone."""
        return [helper for helper in self._helpers.values() if helper.operator == extension]

    def line(self) -> list[Waiting]:
        """Return the callers who wait, queue by queue."""
        return waiting(self._open_calls(), self._priorities.given)

    async def help(self, user: SignedIn, operator_id: int, how: Help, address: str) -> None:
        """Listen to an operator's call, whisper to the operator, or barge in, on the supervisor's own phone.

        Raises:
            NotSignedOn: the supervisor is at no phone, or the operator.
            NotOnCall: the operator talks with nobody.
            OwnCall: it is the supervisor's own.
            PbxUnavailable, PbxRefused: the exchange does not do it.
        """
        own, agent = self._both(user, operator_id)
        extension, operator = own.standing.extension, agent.standing.extension
        await self._note(user, HELPED[how], agent, address)
        self._helpers[extension] = Helper(user.name, how, extension, operator)
        try:
            await self._telephony.join_call(operator, extension, how)
        except NotFound as error:
            self._helpers.pop(extension, None)
            raise NotOnCall(name=agent.name) from error
        except HouseError:
            self._helpers.pop(extension, None)
            raise
        self._changed(CHANGED)

    async def take_over(self, user: SignedIn, operator_id: int, address: str) -> None:
        """Take an operator's caller to the supervisor's own phone.

        Raises:
            NotSignedOn, NotOnCall, OwnCall, PbxUnavailable, PbxRefused: as `help`.
        """
        own, agent = self._both(user, operator_id)
        await self._note(user, "call.taken_over", agent, address)
        try:
            await self._telephony.take_over(agent.standing.extension, own.standing.extension)
        except NotFound as error:
            raise NotOnCall(name=agent.name) from error

    async def force_state(
        self, user: SignedIn, operator_id: int, wanted: AgentState, reason: str, address: str
    ) -> Agent:
        """Set somebody's state, also away where nobody else is on duty; during a call it comes after it.

        Raises:
            NotSignedOn, UnknownBreakReason: as `Floor.set_state`.
        """
        return await self._floor.set_state(operator_id, wanted, reason, user, address, forced=True)

    async def log_out(self, user: SignedIn, operator_id: int, address: str) -> None:
        """End somebody's sessions, and take the phone out of the queues.

        Raises:
            NotSignedOn: this person is at no phone.
        """
        agent = await self._floor.set_state(operator_id, AgentState.AWAY, "", user, address, forced=True)
        async with self._database.begin() as session:
            await sessions.end_all(session, operator_id)
            self._audit(session, user, "agent.logged_out", ("user", agent.username), address=address)

    async def move(self, user: Actor, key: CallKey, place: int, address: str) -> None:
        """Put a waiting caller at another place of the line, counted from 1.

        Raises:
            NotFound: this caller does not wait.
            PbxUnavailable, PbxRefused: the exchange does not do it.
        """
        found = next((one for one in self.line() if one.call.key == key), None)
        if found is None:
            raise NotFound(kind="waiting_call", id=key.linkedid)
        line = [one for one in self.line() if one.queue == found.queue]
        for other, priority in moved(line, key, place).items():
            await self._telephony.set_queue_priority(other, found.queue, priority)
            self._priorities.given[other] = priority
        async with self._database.begin() as session:
            subject = ("call", f"{key.node}/{key.linkedid}")
            before, after = {"place": found.place}, {"place": min(max(place, 1), len(line))}
            self._audit(session, user, "call.place_changed", subject, before=before, after=after, address=address)
        self._changed(CHANGED)

    def _both(self, user: SignedIn, operator_id: int) -> tuple[Agent, Agent]:
        own, agent = self._floor.agent(user.user_id), self._floor.agent(operator_id)
        if own is None or own.standing.state is AgentState.AWAY:
            raise NotSignedOn(username=user.username)
        if agent is None or agent.standing.state is AgentState.AWAY:
            raise NotSignedOn(username="" if agent is None else agent.username)
        if own.user_id == agent.user_id:
            raise OwnCall
        if agent.standing.state is not AgentState.ON_CALL:
            raise NotOnCall(name=agent.name)
        return own, agent

    async def _note(self, user: Actor, action: str, agent: Agent, address: str) -> None:
        """Write it down before it is done: nobody listens unrecorded, whatever happens then."""
        call = agent.standing.call
        after = {"operator": agent.username, "extension": agent.standing.extension}
        async with self._database.begin() as session:
            subject = ("call", f"{call.node}/{call.linkedid}" if call else agent.standing.extension)
            self._audit(session, user, action, subject, after=after, address=address)

    def _on_phone(self, event: Event) -> None:
        """Forget a helper who has hung up, or whose operator has."""
        if not isinstance(event, PhoneChanged) or event.activity.state is not PhoneState.IDLE:
            return
        extension = event.activity.extension
        gone = [own for own, helper in self._helpers.items() if extension in (own, helper.operator)]
        for own in gone:
            del self._helpers[own]
        if gone:
            self._changed(CHANGED)
