"""One call in the making: what happened to it so far, and the snapshot that the house sees.

The tracker decides which call a fact belongs to and who hears whom; this module holds what follows for the call.
A call has one main party: the outside one, or, inside the house, the one that called. Talk, transfers and redirects
are told from the company of that party: who can be heard by it right now.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from callcenter.pbx.tracker_outcome import DialledEnd, is_dialled, outcome_of_caller, outcome_of_dialled
from callcenter.pbx.tracker_parties import Channel, PartyKind
from callcenter.pbx.tracker_transfers import Parting, Transfers
from callcenter.telephony import (
    Answerer,
    CallKey,
    CallSnapshot,
    Direction,
    Hold,
    MenuVisit,
    Outcome,
    QueueWait,
    RecordingPause,
    Ring,
    Side,
    TransferKind,
)

# Widening a queue leaves it and joins it again under another name within milliseconds: one wait for the caller.
SAME_WAIT = timedelta(seconds=0.5)

Episode = TypeVar("Episode", Ring, Hold, QueueWait, RecordingPause)


class Call:
    """The state of one call; every method is told the instant at which the thing happened."""

    def __init__(self, node: str, linkedid: str, started_at: datetime) -> None:
        self.key = CallKey(node, linkedid)
        self.linkedids = [linkedid]
        self.channels: dict[str, Channel] = {}
        self.main: Channel | None = None
        self.direction = Direction.INTERNAL
        self.caller = ""
        self.line = ""
        self.started_at = started_at
        self.last_at = started_at
        self.first_ring_at: datetime | None = None
        self.answered_at: datetime | None = None
        self.answered_by = Answerer.NONE
        self.operator_answered_at: datetime | None = None
        self.ended_at: datetime | None = None
        self.merged_into: CallKey | None = None
        self.swept = False
        self.hangup_cause: int | None = None
        self.operators: list[str] = []
        self.rings: dict[str, Ring] = {}
        self.transfers = Transfers()
        self.holds: list[Hold] = []
        self.queue_waits: list[QueueWait] = []
        self.talk = timedelta()
        self.recording: str | None = None
        self.recording_pauses: list[RecordingPause] = []
        self.sip_call_id: str | None = None
        self.menu: MenuVisit | None = None
        self.wants_call_back = False
        self.company: dict[str, Channel] = {}
        self.parting: Parting | None = None
        self.kept_out_of_bridge = False
        self.told: CallSnapshot | None = None
        self.remembered = False
        self._staffed = False
        self._talk_since: datetime | None = None
        self._dialled_end: DialledEnd | None = None
        self._holders: dict[Side, str] = {}
        self._queued_at: datetime | None = None

    @classmethod
    def from_snapshot(cls, known: CallSnapshot) -> Call:
        """Take up a call again from what was persisted of it; its channels are found by `Tracker.reconcile`."""
        call = cls(known.key.node, known.key.linkedid, known.started_at)
        call.remembered = True
        call.direction, call.caller, call.line = known.direction, known.caller, known.line
        call.answered_at, call.answered_by = known.answered_at, known.answered_by
        call.operator_answered_at = known.operator_answered_at
        call.hangup_cause = known.hangup_cause
        call.operators = list(known.operators)
        call.rings = {f"remembered-{number}": ring for number, ring in enumerate(known.rings)}
        call.transfers = Transfers(known.transfers)
        call.queue_waits = list(known.queue_waits)
        call.talk = timedelta(seconds=known.talk_seconds)
        call.remember(known)
        call.last_at = max(known.instants())
        return call

    def remember(self, known: CallSnapshot) -> None:
        """Add what only we could know of the call, because the exchange does not tell it again."""
        self.holds = list(known.holds)
        self.recording_pauses = list(known.recording_pauses)
        self.first_ring_at = ring_before_answer(known.first_ring_at, self.answered_at) or self.first_ring_at
        self.recording = known.recording or self.recording
        self.sip_call_id = known.sip_call_id or self.sip_call_id
        self.menu = known.menu or self.menu

    @property
    def has_people(self) -> bool:
        """Whether any phone ever had a part in it: Local channels alone (provisioning) make no call."""
        return self.main is not None or self.remembered

    # --- parties

    def add(self, channel: Channel, number: str, exten: str) -> None:
        """Take a new channel in; the first person's tells the direction, the caller and the line."""
        self.channels[channel.uniqueid] = channel
        if not channel.is_person:
            self.line = self.line or exten
            return
        outside = channel.party.kind is PartyKind.OUTSIDE
        self._staffed |= not outside
        if self.remembered:
            self._recognise_ring(channel)
            if self.main is None and (outside or self.direction is Direction.INTERNAL):
                self.main = channel
        elif self.main is None:
            self.main = channel
            self.direction = _direction_of_first(channel)
            self.caller = number or channel.party.number if channel.rings_in else ""
            self.line = self.line or (exten if channel.rings_in else channel.party.number)
        elif outside and not channel.rings_in and self._main_may_become_outside():
            self.direction = Direction.OUTBOUND
            self.caller = self.main.party.number or self.caller
            self.main = channel
            self.answered_at, self.answered_by = None, Answerer.NONE

    def _main_may_become_outside(self) -> bool:
        """Whether a newly dialled outside party is whom the call is for: a first or a further attempt."""
        if self.direction is Direction.INTERNAL:
            return self.operator_answered_at is None
        return self.direction is Direction.OUTBOUND and self.main is not None and self.main.up_at is None

    def dialled(self, channel: Channel, number: str, presented: str) -> None:
        """Note the number that was dialled for a call of ours."""
        if channel is self.main and not channel.rings_in:
            self.caller = self.caller or presented
            if channel.party.kind is PartyKind.OUTSIDE:
                self.line = number or self.line

    def absorb(self, other: Call, at: datetime) -> None:
        """Take over the channels of a consultation that turns out to belong to this call; the other record ends."""
        for channel in other.channels.values():
            channel.call = self
        self.channels |= other.channels
        self.rings |= other.rings
        self.linkedids += other.linkedids
        self.recording = self.recording or other.recording
        self._staffed |= other._staffed
        other.channels = {}
        other.merged_into = self.key
        other.finish(at)

    # --- ringing and answering

    def ringing(self, channel: Channel, at: datetime) -> None:
        """A phone rings; the caller hears it as long as nobody has answered."""
        channel.rang = True
        if self.answered_by is Answerer.NONE and self.first_ring_at is None:
            self.first_ring_at = at
        if channel.party.kind is PartyKind.STAFF and channel.up_at is None and channel.uniqueid not in self.rings:
            self.rings[channel.uniqueid] = Ring(channel.party.number, at)

    def ring_ended(self, channel: Channel, at: datetime) -> None:
        """A phone stopped ringing, picked up or not."""
        ring = self.rings.get(channel.uniqueid)
        if ring is not None and ring.ended_at is None:
            self.rings[channel.uniqueid] = replace(ring, ended_at=at)

    def _recognise_ring(self, channel: Channel) -> None:
        """Find the phone that was ringing when the call was persisted."""
        for identity, ring in self.rings.items():
            if ring.ended_at is None and ring.operator == channel.party.number and identity not in self.channels:
                self.rings[channel.uniqueid] = self.rings.pop(identity)
                return

    def end_lost_rings(self) -> None:
        """No phone rings whose channel has gone, even if nobody told that it stopped."""
        for identity, ring in self.rings.items():
            if ring.ended_at is None and identity not in self.channels:
                self.rings[identity] = replace(ring, ended_at=max(ring.began_at, self.last_at))

    def judge_system_answer(self) -> None:
        """The system answered if the main party is up and no phone that was picked up is about to take it.

        A queue call's main party goes up a moment before the bridge, after the operator's phone: not the system.
        A phone of ours that the exchange itself called, to dial for it, is not a caller who was answered.
        """
        main = self.main
        if main is None or main.up_at is None or self.answered_by is not Answerer.NONE:
            return
        if main.party.kind is PartyKind.STAFF and not main.rings_in:
            return
        if self.direction is Direction.OUTBOUND and self._staffed:
            return
        picked_up = (other for other in self.channels.values() if other is not main and other.is_person and other.up_at)
        if not any(picked_up):
            self.answered_at, self.answered_by = main.up_at, Answerer.SYSTEM

    # --- talking

    def company_is(self, company: list[Channel], at: datetime) -> None:
        """Follow who hears the main party: answers, talk time and moves from one person to another."""
        newcomers = [person for person in company if person.uniqueid not in self.company]
        for person in newcomers:
            self._joined(person, at)
        if self.company and not company:
            person = next(reversed(self.company.values()))
            self.parting = Parting(person, at)
        self.company = {person.uniqueid: person for person in company}
        in_reach = self.main is not None and (self.main.bridge is not None or self.kept_out_of_bridge)
        waiting = in_reach and self._is_kept_waiting()
        if company and self._talk_since is None:
            self._talk_since = at
        elif not company and not waiting:
            self._stop_talk(at)

    def _joined(self, person: Channel, at: datetime) -> None:
        """A person and the main party hear each other from now on."""
        self.unqueued(at)
        self.ring_ended(person, at)
        if person.uniqueid in self.rings:
            self.rings[person.uniqueid] = replace(self.rings[person.uniqueid], answered=True)
        if self.operator_answered_at is None:
            self.operator_answered_at = at
        if self.answered_by is Answerer.NONE:
            self.answered_at, self.answered_by = at, Answerer.OPERATOR
        if person.party.kind is PartyKind.STAFF and person.party.number not in self.operators:
            self.operators.append(person.party.number)
        picked_up = {other.party.number for other in self.channels.values() if other.is_person and other.up_at}
        self.transfers.reached(person.party.number, self.parting, picked_up)
        self.parting = None

    def _stop_talk(self, at: datetime) -> None:
        if self._talk_since is not None:
            self.talk += max(at - self._talk_since, timedelta())
            self._talk_since = None

    def found_talking(self, found_at: datetime) -> None:
        """The talk was found going on at `found_at`: date it by the best that is known instead.

        A person's channel exists since its phone began to ring; when nothing better was persisted, the answer is
        dated there, so that being away makes no answer look late.
        """
        persons = [channel for channel in (self.main, *self.company.values()) if channel is not None]
        since = max(person.created_at for person in persons)
        if self.operator_answered_at == found_at:
            self.operator_answered_at = since
        if self.answered_at == found_at:
            self.answered_at = since
        known = [move.at for move in self.transfers.all()] + [self.operator_answered_at or since]
        self._talk_since = min(max(since, *known), found_at)

    # --- transfers

    def consult(self, operator: Channel, target: str, at: datetime) -> None:
        """The operator left the main party waiting to ask `target` first: it is attended to, so the talk goes on."""
        self._talk_since = self._talk_since or at
        self.transfers.consultation_began(operator.party.number, target, at)

    def transferred(
        self, kind: TransferKind, by: Channel, target: str, at: datetime, *, has_arrived: bool = False
    ) -> None:
        """The exchange told of a transfer by the party on channel `by`."""
        has_arrived |= any(person.party.number != by.party.number for person in self.company.values())
        self.transfers.announced(kind, by, target, at, has_arrived=has_arrived)

    # --- holding and queueing

    def held(self, channel: Channel, at: datetime) -> None:
        """A party put the other on hold."""
        side = self._side(channel)
        if self._open_hold(side) is None and not any(hold.by is side and hold.began_at >= at for hold in self.holds):
            self.holds.append(Hold(side, at))
            self._holders[side] = channel.uniqueid

    def unheld(self, channel: Channel, at: datetime) -> None:
        """A party took the other back; without a hold before it, this is only the prelude of a transfer."""
        self._end_hold(self._side(channel), at)

    def _side(self, channel: Channel) -> Side:
        return Side.CALLER if channel is self.main else Side.OPERATOR

    def _open_hold(self, side: Side) -> int | None:
        for index, hold in enumerate(self.holds):
            if hold.by is side and hold.ended_at is None:
                return index
        return None

    def _is_kept_waiting(self) -> bool:
        """Whether the main party is held, or alone while its operator asks a colleague: the talk goes on."""
        return self.transfers.is_open(TransferKind.ATTENDED) or any(hold.ended_at is None for hold in self.holds)

    def _end_hold(self, side: Side, at: datetime) -> None:
        index = self._open_hold(side)
        if index is not None and self.holds[index].began_at <= at:
            self.holds[index] = replace(self.holds[index], ended_at=at)
            self._holders.pop(side, None)

    def queued(self, queue: str, position: int, at: datetime) -> None:
        """The caller waits in a queue; joining it again at once, to be offered more widely, is the same wait."""
        if self._queued_at is not None and at <= self._queued_at:
            return
        self.unqueued(at)
        self._queued_at = at
        last = self.queue_waits[-1] if self.queue_waits else None
        if last is not None and last.queue == queue and last.ended_at and at - last.ended_at <= SAME_WAIT:
            self.queue_waits[-1] = replace(last, ended_at=None)
        else:
            self.queue_waits.append(QueueWait(queue, at, position))

    def unqueued(self, at: datetime) -> None:
        """The caller no longer waits in a queue."""
        last = self.queue_waits[-1] if self.queue_waits else None
        if last is not None and last.ended_at is None and (self._queued_at is None or self._queued_at <= at):
            self.queue_waits[-1] = replace(last, ended_at=at)

    def recording_muted(self, at: datetime, *, muted: bool) -> None:
        """The recording holds silence from now on, or sound again."""
        last = self.recording_pauses[-1] if self.recording_pauses else None
        paused = last is not None and last.ended_at is None
        if muted and not paused and (last is None or last.began_at < at):
            self.recording_pauses.append(RecordingPause(at))
        elif last is not None and paused and not muted and last.began_at <= at:
            self.recording_pauses[-1] = replace(last, ended_at=at)

    # --- the end

    def remove(self, channel: Channel, at: datetime, cause: int | None, sip: int) -> None:
        """A channel is gone; the call goes on as long as one is left."""
        channel.gone = True
        self.channels.pop(channel.uniqueid, None)
        self.ring_ended(channel, at)
        for side in [side for side, holder in self._holders.items() if holder == channel.uniqueid]:
            self._end_hold(side, at)
        outbound_target = self.direction is not Direction.OUTBOUND or channel.party.kind is PartyKind.OUTSIDE
        if channel.is_person and not channel.rings_in and channel.up_at is None and outbound_target:
            self.transfers.target_gave_up(channel.party.number)
            self._dialled_end = DialledEnd(cause or 0, sip, channel.rang, channel.refused_at is not None)
        if channel is self.main:
            self.hangup_cause = cause
            self.unqueued(at)
            self._stop_talk(at)
        elif self.direction is Direction.INBOUND:
            self.judge_system_answer()

    def finish(self, at: datetime) -> None:
        """Close the record; whatever was still open in it ends now."""
        self._stop_talk(at)
        self.rings = {uniqueid: _closed(ring, at) for uniqueid, ring in self.rings.items()}
        self.holds = [_closed(hold, at) for hold in self.holds]
        self.queue_waits = [_closed(wait, at) for wait in self.queue_waits]
        self.recording_pauses = [_closed(pause, at) for pause in self.recording_pauses]
        self.transfers.call_ended()
        self.company, self.parting = {}, None
        self.ended_at = at

    def _outcome(self) -> Outcome:
        if self.ended_at is None:
            return Outcome.OPEN
        queued = bool(self.queue_waits)
        person = self.operator_answered_at is not None
        if self.direction is Direction.OUTBOUND and self.answered_by is not Answerer.NONE:
            return Outcome.ANSWERED
        if self.answered_by is Answerer.NONE and is_dialled(self.direction, queued=queued):
            return outcome_of_dialled(self._dialled_end) if self._dialled_end else Outcome.FAILED
        if self.wants_call_back and not person:
            return Outcome.CALL_BACK
        return outcome_of_caller(self.answered_by, person=person, queued=queued)

    def snapshot(self) -> CallSnapshot:
        """Show the call as it is now; the talk of an open call counts its finished stretches only."""
        return CallSnapshot(
            key=self.key,
            direction=self.direction,
            caller=self.caller,
            line=self.line,
            started_at=self.started_at,
            first_ring_at=self.first_ring_at,
            answered_at=self.answered_at,
            answered_by=self.answered_by,
            operator_answered_at=self.operator_answered_at,
            ended_at=self.ended_at,
            outcome=self._outcome(),
            hangup_cause=self.hangup_cause,
            operators=tuple(self.operators),
            rings=tuple(self.rings.values()),
            transfers=self.transfers.all(),
            holds=tuple(self.holds),
            queue_waits=tuple(self.queue_waits),
            talk_seconds=round(self.talk.total_seconds(), 3),
            recording=self.recording,
            recording_pauses=tuple(self.recording_pauses),
            sip_call_id=self.sip_call_id,
            swept=self.swept,
            merged_into=self.merged_into,
            menu=self.menu,
        )


def _closed(episode: Episode, at: datetime) -> Episode:
    """End what is still open in a call that ends."""
    return episode if episode.ended_at else replace(episode, ended_at=max(at, episode.began_at))


def ring_before_answer(rang_at: datetime | None, answered_at: datetime | None) -> datetime | None:
    """Give the ring of one source that goes with the answer of another, whose clock runs some milliseconds before.

    A caller hears the ring first: a phone that is picked up at once would else ring after it was answered.
    """
    return rang_at if rang_at is None or answered_at is None else min(rang_at, answered_at)


def _direction_of_first(channel: Channel) -> Direction:
    if channel.party.kind is not PartyKind.OUTSIDE:
        return Direction.INTERNAL
    return Direction.INBOUND if channel.rings_in else Direction.OUTBOUND
