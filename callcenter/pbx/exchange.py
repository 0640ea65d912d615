"""The private Asterisk as the house sees it: link, tracker and event log put together; fulfils `Telephony`.

While the link is up, events become calls at once. After each (re)connect the calls of the gap are rebuilt from
CEL's file, the open ones are reconciled with what the exchange says exists, and only then news are handed on.
"""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import Collection, Coroutine, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import structlog

from callcenter.clock import Clock
from callcenter.errors import HouseError, NotFound, PbxRefused, PbxUnavailable
from callcenter.events import CallChanged, EventBus, LinkChanged, PhoneChanged
from callcenter.pbx import cel
from callcenter.pbx.actions import Actions, Origination, Place
from callcenter.pbx.bridge import AmiBridge, Timing
from callcenter.pbx.desk_calls import DeskCalls
from callcenter.pbx.facts import BadFact, ChannelCreated, ChannelUp, Fact, HungUp, from_ami
from callcenter.pbx.house_orders import HouseOrders
from callcenter.pbx.reader import read_state
from callcenter.pbx.tracker import Leg, Tracker
from callcenter.pbx.tracker_parties import PartyKind
from callcenter.settings import Pbx
from callcenter.telephony import (
    CallKey,
    CallSnapshot,
    Direction,
    Help,
    LinkState,
    LinkStatus,
    PhoneActivity,
    PhoneState,
)

log = structlog.get_logger(__name__)

AMI_USER = "callcenter"
SWEEP_SECONDS = 30.0
QUEUE_RINGS_WITHIN = 1.5
"""Seconds in which a queue rings an operator who became free for the first in line, unless that caller is talked to."""

LOG_BYTES = 64_000_000
"""The event log is begun anew beyond this size, once all of it has been dealt with."""


class Memory(Protocol):
    """What must outlive the application; `main` keeps it in the database."""

    async def open_calls(self) -> list[CallSnapshot]:
        """Return the calls of this exchange that had not ended when they were last stored."""
        ...

    async def completed(self, keys: Collection[CallKey]) -> set[CallKey]:
        """Return those of `keys` whose end is stored."""
        ...

    async def event_log_offset(self) -> int:
        """Return up to which byte the event log needs not be read again."""
        ...

    async def keep_event_log_offset(self, offset: int) -> None:
        """Keep that offset, once every call told so far is stored."""
        ...


class Exchange(HouseOrders):
    """One Asterisk. `start` begins to connect, `close` ends the link and its tasks; calls on the PBX go on.

    `system_name`: what it calls itself (asterisk.conf), a secret; every id that we give a channel begins with it.
    `serves`: the queues that each operator's extension serves. `house_number`: what is shown outside.
    """

    def __init__(
        self,
        settings: Pbx,
        secret: str,
        event_log: Path,
        *,
        system_name: str,
        bus: EventBus,
        memory: Memory,
        clock: Clock,
        timing: Timing | None = None,
        serves: Mapping[str, Collection[str]] | None = None,
        house_number: str = "",
    ) -> None:
        self._settings = settings
        self._system_name = system_name
        self._bus = bus
        self._memory = memory
        self._clock = clock
        self._tracker = Tracker(settings.node)
        self._event_log = cel.CelFile(event_log)
        self._serves = serves or {}
        self._house_number = house_number
        self._unattended: set[CallKey] = set()
        self._attended: set[CallKey] = set()
        self._orders: set[asyncio.Task[None]] = set()
        self._phones: dict[str, PhoneActivity] = {}
        self.unusable = 0
        self.bridge = AmiBridge(
            "127.0.0.1",
            settings.ami_port,
            AMI_USER,
            secret,
            self._on_message,
            clock=clock,
            system_name=system_name,
            on_synced=self._synchronise,
            on_status=lambda status: bus.publish(LinkChanged(status)),
            timing=timing or Timing(deadline=settings.deadline_seconds, ping_interval=settings.deadline_seconds),
        )
        self.actions = Actions(self.bridge)
        self.desk_calls = DeskCalls(
            self.actions,
            lambda: self._tracker,
            self._tell,
            clock,
            lambda name: f"{system_name}-{name}-{uuid.uuid4().hex}",
        )
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Begin to connect and to show the dialplan that the application lives."""
        await self.bridge.start()
        self._tasks = [
            asyncio.create_task(self._beat(), name="heartbeat"),
            asyncio.create_task(self._look_after(), name="tracker-sweep"),
        ]

    async def close(self) -> None:
        """End the link; the dialplan notices by the missing heartbeat."""
        tasks = [*self._tasks, *self._orders]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.bridge.close()

    def open_calls(self) -> list[CallSnapshot]:
        """Return the calls going on."""
        return self._tracker.open_calls()

    def sizes(self) -> dict[str, int]:
        """Return how many entries the tracker holds, for the metrics."""
        return self._tracker.sizes()

    # --- Telephony

    def link_status(self) -> LinkStatus:
        """Tell the state of the link."""
        return self.bridge.status

    async def pause_recording(self, key: CallKey) -> None:
        """Write silence into the recording of this call.

        Raises:
            NotFound: the call has ended, or is not recorded.
        """
        await self.actions.mixmonitor_mute(self._recorded(key).name, muted=True)

    async def resume_recording(self, key: CallKey) -> None:
        """Record this call's sound again.

        Raises:
            NotFound: the call has ended, or is not recorded.
        """
        await self.actions.mixmonitor_mute(self._recorded(key).name, muted=False)

    async def exclude_from_recording(self, number: str, *, excluded: bool) -> None:
        """Never record this outside number or room, or record it again."""
        await self.actions.exclude_from_recording(
            number, f"{self._system_name}-norecord-{uuid.uuid4().hex}", excluded=excluded
        )

    async def numbers_not_recorded(self) -> list[str]:
        """Return the numbers and rooms whose calls are never recorded."""
        return await self.actions.numbers_not_recorded()

    async def join_call(self, operator: str, supervisor: str, how: Help) -> None:
        """Let a supervisor listen, whisper or barge in.

        Raises:
            NotFound: the operator's phone is on no call.
        """
        legs = self._legs_with(operator)
        helped = next(leg.name for leg in legs if leg.number == operator and leg.kind is PartyKind.STAFF and leg.is_up)
        await self._ring_supervisor(supervisor, how.value, operator, {"HELPED": helped})

    async def call_out(self, extension: str, number: str) -> None:
        """Ring a phone of our staff, then the outside number."""
        await self.actions.call_out(extension, number, f"{self._system_name}-call-{uuid.uuid4().hex}")

    async def take_over(self, operator: str, supervisor: str) -> None:
        """Connect a supervisor with the operator's caller.

        Raises:
            NotFound: the operator's phone is on no call, or with nobody but colleagues.
        """
        legs = self._legs_with(operator)
        others = [leg for leg in legs if leg.kind in (PartyKind.OUTSIDE, PartyKind.ROOM) and leg.is_up]
        if not others:
            raise NotFound(kind="call", id=operator)
        await self._ring_supervisor(supervisor, "take-over", operator, {"TAKEN": others[0].name})

    async def set_queue_priority(self, key: CallKey, queue: str, priority: int) -> None:
        """Give a waiting caller another priority.

        Raises:
            NotFound: the call has ended.
        """
        main = [leg for leg in self._tracker.channels_of(key) if leg.is_main]
        if not main:
            raise NotFound(kind="call", id=key.linkedid)
        await self.actions.raise_in_queue(main[0].name, queue, priority)

    def _legs_with(self, operator: str) -> tuple[Leg, ...]:
        activity = self._tracker.phone_activity(operator)
        if activity.state is not PhoneState.TALKING or activity.call is None:
            raise NotFound(kind="call", id=operator)
        return self._tracker.channels_of(activity.call)

    async def _ring_supervisor(self, supervisor: str, exten: str, operator: str, variables: dict[str, str]) -> None:
        await self.actions.originate(
            Origination(
                channel=f"PJSIP/op{supervisor}",
                place=Place("supervise", exten),
                channel_id=f"{self._system_name}-help-{uuid.uuid4().hex}",
                caller_number=operator,
                variables=variables,
            )
        )

    def phone_activity(self, extension: str) -> PhoneActivity:
        """Tell what a phone of our staff does."""
        return self._tracker.phone_activity(extension)

    async def pause_phone(self, extension: str, *, paused: bool, reason: str = "") -> None:
        """Pause a phone in the queues that it serves, those for a dead application left alone, or end that."""
        await self.actions.pause_phone(extension, self._serves.get(extension, ()), paused=paused, reason=reason)

    async def phones_paused(self) -> dict[str, bool]:
        """Return which phones are paused in all their queues and which in none."""
        return await self.actions.phones_paused()

    async def add_third_party(self, key: CallKey, number: str) -> None:
        """Let somebody join a conversation as a third.

        Raises:
            NotFound: nobody talks with the caller.
        """
        legs = [leg for leg in self._tracker.channels_of(key) if leg.is_up]
        main = next((leg for leg in legs if leg.is_main), None)
        if main is None or not any(leg.kind is PartyKind.STAFF for leg in legs):
            raise NotFound(kind="call", id=key.linkedid)
        await self.ring_third_party(number, main.name)

    async def put_through(self, key: CallKey, room: str) -> None:
        """Lead a caller to a room.

        Raises:
            NotFound: the call has ended.
        """
        caller = next((leg for leg in self._tracker.channels_of(key) if leg.is_main and leg.is_up), None)
        if caller is None:
            raise NotFound(kind="call", id=key.linkedid)
        await self.actions.redirect(caller.name, Place("transfer", room))

    async def hang_up(self, key: CallKey) -> None:
        """End the whole call.

        Raises:
            NotFound: the call has ended.
        """
        legs = self._tracker.channels_of(key)
        if not legs:
            raise NotFound(kind="call", id=key.linkedid)
        for leg in legs:
            with contextlib.suppress(PbxRefused):  # a leg may go with the one before it
                await self.actions.hangup(leg.name)

    def _recorded(self, key: CallKey) -> Leg:
        for leg in self._tracker.channels_of(key):
            if leg.is_recorded:
                return leg
        raise NotFound(kind="recorded_call", id=key.linkedid)

    # --- news

    def _on_message(self, message: dict[str, str], received_at: datetime) -> None:
        try:
            fact = from_ami(message, received_at)
        except BadFact as error:
            self.unusable += 1
            log.warning(
                "ami_event_unusable",
                event_name=message.get("Event"),
                call_id=message.get("Linkedid"),
                reason=str(error),
            )
            return
        if fact is None:
            return
        of_call = self._tracker.call_of(fact.uniqueid)
        freed = self._freed_by(fact, of_call) if isinstance(fact, HungUp) and of_call is not None else ""
        orphan = self.desk_calls.orphaned_by(fact) if isinstance(fact, HungUp) else None
        extension = self._tracker.staff_of(fact.uniqueid)  # a hang-up makes it forget
        self._publish(self._tracker.feed(fact))
        if isinstance(fact, ChannelCreated | ChannelUp | HungUp):
            self._tell_phone(extension or self._tracker.staff_of(fact.uniqueid))
        if orphan is not None and of_call is not None:
            self._order(self.actions.redirect(*orphan), "return-held-caller", of_call)
        if freed and of_call is not None:
            self._order(self._attend_to_first_in_line(freed), "interrupt-announcement", of_call)
        if of_call is not None and isinstance(fact, ChannelUp | HungUp):
            self._mind_recording(of_call)  # who is there can change without a word of it in the record

    def _tell(self, fact: Fact) -> None:
        """Take in what our own console did, which no event tells."""
        self._publish(self._tracker.feed(fact))

    def _tell_phone(self, extension: str) -> None:
        """Tell of a phone whose activity is another than before."""
        if not extension:
            return
        activity = self._tracker.phone_activity(extension)
        if activity != self._phones.get(extension, PhoneActivity(extension, PhoneState.IDLE)):
            self._phones[extension] = activity
            self._bus.publish(PhoneChanged(activity))

    def _publish(self, calls: Iterable[CallSnapshot]) -> None:
        for call in calls:
            self._bus.publish(CallChanged(call))
            if call.ended_at is not None:
                _log_end(call)
            if call.recording is not None:
                self._mind_recording(call.key)

    def _mind_recording(self, key: CallKey) -> None:
        """End a recording when our staff leave the call: guests among themselves are not recorded."""
        legs = self._tracker.channels_of(key)
        if not staff_have_left(legs):
            self._unattended.discard(key)
        elif key not in self._unattended:
            self._unattended.add(key)
            recorded = next(leg.name for leg in legs if leg.is_recorded)
            self._order(self.actions.stop_mixmonitor(recorded), "stop-recording", key)

    def _freed_by(self, hang_up: HungUp, key: CallKey) -> str:
        """Give the extension of the operator whose talk a hang-up ends, before the tracker forgets it."""
        legs = (leg for leg in self._tracker.channels_of(key) if leg.uniqueid == hang_up.uniqueid)
        return next((leg.number for leg in legs if leg.kind is PartyKind.STAFF and leg.is_up), "")

    async def _attend_to_first_in_line(self, extension: str) -> None:
        """Let nobody hear an announcement to its end whose turn has come: an operator became free and is not rung.

        The queue itself rings the operator at once where the first in line hears music. A key is pressed for nobody
        else, and once is enough: each takes a tenth of a second out of the recording.
        """
        await asyncio.sleep(QUEUE_RINGS_WITHIN)
        if extension in self._tracker.staff_on_calls():
            return
        calls = [
            call for call in self.open_calls() if call.key not in self._attended and not self._is_rung_for(call.key)
        ]
        keys = first_in_line(calls, self._serves.get(extension, ()))
        self._attended.update(keys)
        try:
            for leg in (leg for key in keys for leg in self._tracker.channels_of(key) if leg.is_main):
                await self.actions.interrupt_announcement(leg.name)
            await asyncio.sleep(QUEUE_RINGS_WITHIN)
        finally:
            self._attended.difference_update(keys)

    def _is_rung_for(self, key: CallKey) -> bool:
        legs = self._tracker.channels_of(key)
        return any(leg.kind is PartyKind.STAFF and not leg.is_up for leg in legs)

    def _order(self, work: Coroutine[Any, Any, None], name: str, key: CallKey) -> None:
        """Ask the exchange for something that news made necessary, without holding the news up."""

        async def carry_out() -> None:
            try:
                await work
            except (PbxUnavailable, PbxRefused) as error:
                log.warning("order_failed", order=name, call_id=key.linkedid, reason=str(error))

        task = asyncio.create_task(carry_out(), name=f"{name}-{key.linkedid}")
        self._orders.add(task)
        task.add_done_callback(self._orders.discard)

    # --- after each connect

    async def _synchronise(self) -> None:
        await self._heartbeat()
        known = {call.key: call for call in await self._memory.open_calls()}
        known |= {call.key: call for call in self._tracker.open_calls()}
        offset = await self._memory.event_log_offset()
        state = await read_state(self.bridge, self._clock)
        missed = await asyncio.to_thread(
            cel.catch_up,
            self._event_log.path,
            offset,
            self._settings.node,
            tuple(known.values()),
            started_at=state.started_at,
        )
        changed = missed.tracker.reconcile(state)
        complete = await self._memory.completed([call.key for call in missed.ended])
        caught_up = [call for call in missed.ended if call.key not in complete]
        self._tracker, self._event_log = missed.tracker, missed.log
        self._publish([*caught_up, *changed, *self._tracker.open_calls()])
        for extension in {*self._phones, *self._tracker.staff_on_calls()}:
            self._tell_phone(extension)
        log.info(
            "exchange_synchronised",
            caught_up=len(caught_up),
            open_calls=len(self._tracker.open_calls()),
            swept=sum(call.swept for call in changed),
            bad_log_rows=missed.log.garbage,
        )

    # --- while the link is up

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(self._settings.heartbeat_seconds)
            if self.bridge.status.state is LinkState.UP:
                with contextlib.suppress(PbxUnavailable, PbxRefused):  # the bridge itself tells of a lost link
                    await self._heartbeat()

    async def _heartbeat(self) -> None:
        await self.actions.heartbeat(int(self._clock.now().timestamp()))

    async def _look_after(self) -> None:
        """Sweep lost calls, and move the place from which the event log would have to be read again."""
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            if self.bridge.status.state is not LinkState.UP:
                continue
            try:
                self._publish(self._tracker.sweep(self._clock.now()))
                await self._advance()
            except (HouseError, OSError) as error:
                log.warning("event_log_offset_not_kept", reason=str(error))
            except Exception:  # whatever is wrong with one look, the next one is due
                log.exception("looking_after_calls_failed")

    async def _advance(self) -> None:
        offset = await self._memory.event_log_offset()
        event_log, still_open = self._event_log, self._tracker.open_linkedids()
        further = await asyncio.to_thread(event_log.advance, still_open)
        if further == event_log.end > LOG_BYTES and not still_open:
            await self._begin_anew(event_log)
        elif further != offset:
            await self._memory.keep_event_log_offset(further)

    async def _begin_anew(self, event_log: cel.CelFile) -> None:
        """Put the event log aside, unless something was added; died on the way, all of it is read once more."""
        await self._memory.keep_event_log_offset(0)
        if event_log.size() == event_log.end:
            event_log.put_aside()


def _log_end(call: CallSnapshot) -> None:
    """Tell how a call ended, without anybody's number."""
    log.info(
        "call_ended",
        call_id=call.key.linkedid,
        direction=call.direction.value,
        line=call.line if call.direction is Direction.INBOUND else "",
        answered_by=call.answered_by.value,
        outcome=call.outcome.value,
        recording=call.recording,
        swept=call.swept,
    )


def first_in_line(calls: Iterable[CallSnapshot], queues: Collection[str]) -> list[CallKey]:
    """Return the calls that stand first in `queues`: of those who wait there, the one that began first."""
    first: dict[str, CallSnapshot] = {}
    for call in sorted(calls, key=lambda call: call.started_at):
        for wait in call.queue_waits:
            if wait.ended_at is None and wait.queue in queues:
                first.setdefault(wait.queue, call)
    return [call.key for call in first.values()]


def staff_have_left(legs: Collection[Leg]) -> bool:
    """Tell whether the outside party of a recorded call talks on without any of our staff (telephone-room, calls)."""
    talking = [leg for leg in legs if leg.is_up]
    return (
        any(leg.is_recorded for leg in talking)
        and len(talking) > 1
        and not any(leg.kind is PartyKind.STAFF for leg in talking)
    )
