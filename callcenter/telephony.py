"""What the house may know of and ask from any telephone exchange.

`pbx` fulfils this for Asterisk and `main` hands it to the slices; nothing here names a protocol.
Instants are UTC. Durations are seconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import chain
from typing import Protocol


class Direction(StrEnum):
    """Which way a call went, seen from the house."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"
    INTERNAL = "internal"


class Answerer(StrEnum):
    """Who took a call first."""

    OPERATOR = "operator"
    SYSTEM = "system"
    NONE = "none"


class Outcome(StrEnum):
    """How a call ended; `OPEN` while it goes on.

    `ANSWERED`: a person talked with the caller. `SERVED_BY_SYSTEM`: the system answered and did what the
    caller came for, no person was asked for. `ABANDONED`: the caller left before any person answered, whether
    ringing (`Answerer.NONE`) or waiting in the queue after the system's answer (`Answerer.SYSTEM`).
    `CALL_BACK`: the caller asked the system to be called back instead of waiting.
    `BUSY`, `NO_ANSWER`, `REJECTED`, `UNREACHABLE`, `CONGESTION` and `INVALID_NUMBER` are outbound results.
    """

    OPEN = "open"
    ANSWERED = "answered"
    SERVED_BY_SYSTEM = "served_by_system"
    ABANDONED = "abandoned"
    CALL_BACK = "call_back"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    REJECTED = "rejected"
    UNREACHABLE = "unreachable"
    CONGESTION = "congestion"
    INVALID_NUMBER = "invalid_number"
    FAILED = "failed"


class TransferKind(StrEnum):
    """How a call was moved to another party."""

    BLIND = "blind"
    ATTENDED = "attended"
    REDIRECT = "redirect"
    PARK = "park"


class TransferResult(StrEnum):
    """What became of a transfer."""

    COMPLETED = "completed"
    NO_ANSWER = "no_answer"
    CANCELLED = "cancelled"
    PENDING = "pending"


class Side(StrEnum):
    """Which party did something: the outside party or our staff."""

    CALLER = "caller"
    OPERATOR = "operator"


class PhoneClass(StrEnum):
    """What may be dialled from a room's telephone; each includes those before it.

    `BARRED`: the operator and the emergency numbers, which no class shuts out. `INTERNAL`: other rooms too.
    """

    BARRED = "barred"
    INTERNAL = "internal"
    LOCAL = "local"
    NATIONAL = "national"
    INTERNATIONAL = "international"


@dataclass(frozen=True, slots=True)
class RoomPhone:
    """A room's telephone as the exchange keeps it.

    `connectable`: outside callers and other rooms are put through to it. Neither a vacant room nor that of a
    confidential guest is, so that nobody can tell one from the other. `allowed`: who is put through all the same,
    outside callers by the last ten digits of their number, rooms by theirs. `quiet_until`: do not disturb until then,
    whole seconds.
    """

    phone_class: PhoneClass
    connectable: bool
    allowed: tuple[str, ...] = ()
    quiet_until: datetime | None = None


class Help(StrEnum):
    """How a supervisor joins an operator's call: unheard, heard by the operator alone, or by everybody."""

    LISTEN = "listen"
    WHISPER = "whisper"
    BARGE = "barge"


class PhoneState(StrEnum):
    """What a phone of our staff does."""

    IDLE = "idle"
    RINGING = "ringing"
    TALKING = "talking"


@dataclass(frozen=True, slots=True)
class CallKey:
    """A call's identity: the PBX node and the exchange's own id for the whole call (Asterisk's Linkedid)."""

    node: str
    linkedid: str


@dataclass(frozen=True, slots=True)
class PhoneActivity:
    """What the phone with this extension does, and in which call; `RINGING` also while it calls somebody itself."""

    extension: str
    state: PhoneState
    call: CallKey | None = None


@dataclass(frozen=True, slots=True)
class Ring:
    """One operator's phone ringing for this call; `ended_at` is None while it rings."""

    operator: str
    began_at: datetime
    ended_at: datetime | None = None
    answered: bool = False


@dataclass(frozen=True, slots=True)
class Transfer:
    """The call moving from one of our parties to another."""

    kind: TransferKind
    at: datetime
    from_party: str
    to_party: str
    result: TransferResult


@dataclass(frozen=True, slots=True)
class Hold:
    """One party put the other on hold; `ended_at` is None while it lasts."""

    by: Side
    began_at: datetime
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RecordingPause:
    """The recording held silence, as somebody of the house asked; `ended_at` is None while it does."""

    began_at: datetime
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class QueueWait:
    """A stay in a queue; `position` is the place in line on joining, counted from 1."""

    queue: str
    began_at: datetime
    position: int
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class MenuVisit:
    """What a caller did in a spoken menu: the nodes in order and the language spoken in the end.

    `informed`: the menu told the caller something, so that who hung up then had been served.
    """

    path: tuple[str, ...]
    language: str
    informed: bool


@dataclass(frozen=True, slots=True)
class CallSnapshot:
    """All that is known of one call at one moment; the same shape live and when it has ended.

    `operators` are extensions in the order in which they talked. `first_ring_at` is when the caller first heard
    ringing, `answered_at` when the caller was first answered by anyone, `operator_answered_at` by a person.
    `talk_seconds` is the time the outside party was connected with a person, holds included.
    `recording` is the exchange's name of the recording, not a path on our side.
    `swept` marks a call that had to be closed without its own hang-up being seen.
    `merged_into` is set when a call of its own (an operator asking a colleague) turned out to be a leg of another
    one: this record has ended, and that call tells all of it.
    `caller` is who called and `line` is the number that was dialled, in every direction.
    """

    key: CallKey
    direction: Direction
    caller: str
    line: str
    started_at: datetime
    first_ring_at: datetime | None = None
    answered_at: datetime | None = None
    answered_by: Answerer = Answerer.NONE
    operator_answered_at: datetime | None = None
    ended_at: datetime | None = None
    outcome: Outcome = Outcome.OPEN
    hangup_cause: int | None = None
    operators: tuple[str, ...] = ()
    rings: tuple[Ring, ...] = ()
    transfers: tuple[Transfer, ...] = ()
    holds: tuple[Hold, ...] = ()
    queue_waits: tuple[QueueWait, ...] = ()
    talk_seconds: float = 0.0
    recording: str | None = None
    recording_pauses: tuple[RecordingPause, ...] = ()
    sip_call_id: str | None = None
    swept: bool = False
    merged_into: CallKey | None = None
    menu: MenuVisit | None = None

    def instants(self) -> Iterator[datetime]:
        """Every instant at which the call is known to have lived, its end included, in no order."""
        own = (self.started_at, self.first_ring_at, self.answered_at, self.operator_answered_at, self.ended_at)
        moves = (transfer.at for transfer in self.transfers)
        every: tuple[Ring | Hold | QueueWait | RecordingPause, ...] = (
            *self.rings,
            *self.holds,
            *self.queue_waits,
            *self.recording_pauses,
        )
        episodes = ((one.began_at, one.ended_at) for one in every)
        return (instant for instant in chain(own, moves, *episodes) if instant is not None)


class LinkState(StrEnum):
    """State of the link to the exchange."""

    CONNECTING = "connecting"
    SYNCING = "syncing"
    UP = "up"
    DOWN = "down"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class LinkStatus:
    """The link to the exchange, since when, and why it is not up (a short English reason for logs and the page)."""

    state: LinkState
    since: datetime
    reason: str = ""


class Telephony(Protocol):
    """What a slice may ask of the exchange. Every method raises PbxUnavailable or PbxRefused."""

    def link_status(self) -> LinkStatus:
        """Tell the state of the link, without asking the exchange."""
        ...

    async def pause_recording(self, key: CallKey) -> None:
        """Write silence into the recording of this call until it is resumed."""
        ...

    async def resume_recording(self, key: CallKey) -> None:
        """Record this call's sound again after a pause."""
        ...

    async def exclude_from_recording(self, number: str, *, excluded: bool) -> None:
        """Never record calls from this outside number or to this room, or record them again."""
        ...

    async def numbers_not_recorded(self) -> list[str]:
        """Return the numbers and rooms whose calls are never recorded, in order."""
        ...

    async def hang_up(self, key: CallKey) -> None:
        """End the whole call."""
        ...

    async def room_phones(self) -> dict[str, RoomPhone]:
        """Return the room telephones that the exchange keeps a setting for, by room number."""
        ...

    async def set_room_phone(self, room: str, phone: RoomPhone) -> None:
        """Let the exchange keep this for a room's telephone; it holds without us from now on."""
        ...

    async def join_call(self, operator: str, supervisor: str, how: Help) -> None:
        """Ring the supervisor's phone and, when it answers, let it join what the operator's phone talks about."""
        ...

    async def call_out(self, extension: str, number: str) -> None:
        """Ring a phone of our staff and, when it answers, call an outside number from it."""
        ...

    async def take_over(self, operator: str, supervisor: str) -> None:
        """Ring the supervisor's phone and, when it answers, connect it with the operator's caller alone."""
        ...

    async def set_queue_priority(self, key: CallKey, queue: str, priority: int) -> None:
        """Let a waiting caller go before all with a lower priority, in this stay in the queue and in later ones."""
        ...

    def phone_activity(self, extension: str) -> PhoneActivity:
        """Tell what a phone of our staff does, without asking the exchange."""
        ...

    async def pause_phone(self, extension: str, *, paused: bool, reason: str = "") -> None:
        """Let no queue ring this phone, or all that it serves; what it is in the middle of goes on."""
        ...

    async def phones_paused(self) -> dict[str, bool]:
        """Return, for each phone that serves a queue, whether it is paused; one that is so in some only is left out."""
        ...

    async def message_lamps(self) -> set[str]:
        """Return the rooms whose message lamp is lit; none is after the exchange was started anew."""
        ...

    async def set_message_lamp(self, room: str, *, lit: bool) -> None:
        """Light a room's message lamp or put it out; a telephone that comes back later is told then."""
        ...

    async def raise_emergency(self, conference: str) -> None:
        """Ring all operators and the security phones; who answers talks in this conference (digits)."""
        ...

    async def call_into_emergency(self, conference: str, number: str) -> None:
        """Call one of our extensions or an outside number into an emergency's conference."""
        ...

    async def put_through(self, key: CallKey, room: str) -> None:
        """Lead a caller who talks with one of us to a room; at night the guest there is asked first."""
        ...

    async def block_caller(self, number: str, *, blocked: bool) -> None:
        """Refuse outside callers whose number ends in these digits, with us or without, or let them ring again."""
        ...

    async def add_third_party(self, key: CallKey, number: str) -> None:
        """Ring one of our extensions or an outside number and, when it answers, let it join a conversation."""
        ...
