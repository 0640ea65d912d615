"""Typed facts: the little of Asterisk's news that the tracker believes, each with its own instant.

`from_ami` turns one parsed AMI message into a fact, or into None when nobody needs the event. Which events are
believed, and which deliberately are not (QueueCallerAbandon, AgentComplete, DialEnd, AgentConnect's times), follows
what was measured of Asterisk 22: ringing is DialState, a person's answer is BridgeEnter, the system's answer is
Newstate Up, the end is Hangup.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

UP = "6"
RING = "4"
NOBODY = "<unknown>"


class BadFact(ValueError):
    """An event that we need lacks a field or holds nonsense; the argument says which."""


@dataclass(frozen=True, slots=True)
class ChannelCreated:
    """A channel exists. `rings_in`: the far end called us; otherwise the exchange is calling the far end."""

    at: datetime
    uniqueid: str
    linkedid: str
    name: str
    rings_in: bool
    number: str
    exten: str


@dataclass(frozen=True, slots=True)
class ChannelUp:
    """A channel was answered: by its far end, or by our dialplan for a far end that called us."""

    at: datetime
    uniqueid: str


@dataclass(frozen=True, slots=True)
class Dialled:
    """The exchange dials a far end. `number`: what was dialled; `presented`: the number it is shown."""

    at: datetime
    uniqueid: str
    number: str
    presented: str


@dataclass(frozen=True, slots=True)
class Ringing:
    """A dialled phone really rings."""

    at: datetime
    uniqueid: str


@dataclass(frozen=True, slots=True)
class BridgeEntered:
    """A channel joined a bridge, perhaps in the place of the channel `swapped` (its uniqueid)."""

    at: datetime
    uniqueid: str
    bridge: str
    swapped: str | None


@dataclass(frozen=True, slots=True)
class BridgeLeft:
    """A channel left a bridge."""

    at: datetime
    uniqueid: str
    bridge: str


@dataclass(frozen=True, slots=True)
class QueueJoined:
    """A caller joined a queue; `position` counts from 1, 0 when it is not told."""

    at: datetime
    uniqueid: str
    queue: str
    position: int


@dataclass(frozen=True, slots=True)
class QueueLeft:
    """A caller left a queue, for whatever reason."""

    at: datetime
    uniqueid: str


@dataclass(frozen=True, slots=True)
class Held:
    """A party put the other side on hold."""

    at: datetime
    uniqueid: str


@dataclass(frozen=True, slots=True)
class Unheld:
    """A party took the other side back; also sent, without any hold, right before a REFER."""

    at: datetime
    uniqueid: str


@dataclass(frozen=True, slots=True)
class HeldByConsole:
    """Our console let the other side of channel `uniqueid` wait, out of the bridge; no event tells of that."""

    at: datetime
    uniqueid: str


@dataclass(frozen=True, slots=True)
class UnheldByConsole:
    """Our console gave the other side back to channel `uniqueid`."""

    at: datetime
    uniqueid: str


@dataclass(frozen=True, slots=True)
class BlindTransferred:
    """The party on channel `uniqueid` sent the other one to `exten`."""

    at: datetime
    uniqueid: str
    exten: str


@dataclass(frozen=True, slots=True)
class AttendedTransferred:
    """The party on channel `uniqueid` joined the other one with the party on channel `target` (its name).

    `replaced`: where the consultation had not yet led to a bridge (the target rings, or was picked up that instant),
    the channel whose place `transferee` takes in whatever it is doing; no news of a bridge tells of that.
    """

    at: datetime
    uniqueid: str
    target: str
    replaced: str = ""
    transferee: str = ""


@dataclass(frozen=True, slots=True)
class Parked:
    """A channel was parked in `space` by the phone `parker` (a dial string such as PJSIP/op8001)."""

    at: datetime
    uniqueid: str
    space: str
    parker: str


@dataclass(frozen=True, slots=True)
class ParkingTimedOut:
    """Nobody fetched a parked channel in time; it goes back to its parker."""

    at: datetime
    uniqueid: str


@dataclass(frozen=True, slots=True)
class RecordingStarted:
    """A channel's sound is being recorded; the recording is named after the channel's uniqueid."""

    at: datetime
    uniqueid: str


@dataclass(frozen=True, slots=True)
class RecordingMuted:
    """The recording taken from this channel holds silence from now on, or sound again."""

    at: datetime
    uniqueid: str
    muted: bool


@dataclass(frozen=True, slots=True)
class HangupRequested:
    """The far end ended or refused a channel (a time-out of our own sends none)."""

    at: datetime
    uniqueid: str


@dataclass(frozen=True, slots=True)
class HungUp:
    """A channel is gone. `cause`: Q.850, `sip`: the final SIP status, both 0 when unknown."""

    at: datetime
    uniqueid: str
    cause: int
    sip: int


@dataclass(frozen=True, slots=True)
class SipCallIdTold:
    """The dialplan told the SIP Call-ID of a caller's channel."""

    at: datetime
    uniqueid: str
    sip_call_id: str


@dataclass(frozen=True, slots=True)
class MenuTold:
    """The dialplan told how a caller went through a spoken menu."""

    at: datetime
    uniqueid: str
    path: tuple[str, ...]
    language: str
    informed: bool


@dataclass(frozen=True, slots=True)
class CallBackAsked:
    """The dialplan told that a waiting caller asked to be called back, and that the wish is stored."""

    at: datetime
    uniqueid: str


Fact = (
    ChannelCreated
    | ChannelUp
    | Dialled
    | Ringing
    | BridgeEntered
    | BridgeLeft
    | QueueJoined
    | QueueLeft
    | Held
    | Unheld
    | HeldByConsole
    | UnheldByConsole
    | BlindTransferred
    | AttendedTransferred
    | Parked
    | ParkingTimedOut
    | RecordingStarted
    | RecordingMuted
    | HangupRequested
    | HungUp
    | SipCallIdTold
    | MenuTold
    | CallBackAsked
)

Message = Mapping[str, str]


def from_ami(message: Message, received_at: datetime) -> Fact | None:
    """Turn one AMI event into a fact, or into None when the tracker does not need it.

    The instant is the event's `Timestamp` (manager.conf: timestampevents=yes), else `received_at`.

    Raises:
        BadFact: the event is needed but malformed; the caller logs and counts it.
    """
    reader = _READERS.get(message.get("Event", ""))
    if reader is None:
        return None
    stamp = message.get("Timestamp")
    try:
        at = received_at if stamp is None else datetime.fromtimestamp(float(stamp), UTC)
        return reader(message, at)
    except KeyError as missing:
        raise BadFact(f"{message['Event']} without {missing.args[0]}") from missing
    except (ValueError, OverflowError, OSError) as nonsense:
        raise BadFact(f"{message['Event']}: {nonsense}") from nonsense


def known(number: str) -> str:
    """Give a number, or nothing for Asterisk's way of saying that there is none."""
    return "" if number == NOBODY else number


def _id(message: Message, key: str = "Uniqueid") -> str:
    """Read an identifier; an empty one cannot be anybody's."""
    value = message[key]
    if not value:
        raise ValueError(f"empty {key}")
    return value


def _channel_created(message: Message, at: datetime) -> Fact:
    return ChannelCreated(
        at=at,
        uniqueid=_id(message),
        linkedid=_id(message, "Linkedid"),
        name=_id(message, "Channel"),
        rings_in=message["ChannelState"] == RING,
        number=known(message.get("CallerIDNum", "")),
        exten=message.get("Exten", ""),
    )


def _channel_state(message: Message, at: datetime) -> Fact | None:
    return ChannelUp(at, _id(message)) if message["ChannelState"] == UP else None


def _dial_begin(message: Message, at: datetime) -> Fact:
    number = message.get("DialString", "").partition("@")[0]
    return Dialled(at, _id(message, "DestUniqueid"), number, known(message.get("DestConnectedLineNum", "")))


def _dial_state(message: Message, at: datetime) -> Fact | None:
    return Ringing(at, _id(message, "DestUniqueid")) if message["DialStatus"] == "RINGING" else None


def _bridge_enter(message: Message, at: datetime) -> Fact | None:
    if message.get("BridgeTechnology") == "holding_bridge":  # a car park: those inside do not hear each other
        return None
    return BridgeEntered(at, _id(message), _id(message, "BridgeUniqueid"), message.get("SwapUniqueid") or None)


def _queue_join(message: Message, at: datetime) -> Fact:
    return QueueJoined(at, _id(message), message["Queue"], int(message["Position"]))


def _blind_transfer(message: Message, at: datetime) -> Fact | None:
    if message["Result"] != "Success":
        return None
    return BlindTransferred(at, _id(message, "TransfererUniqueid"), message["Extension"])


def _attended_transfer(message: Message, at: datetime) -> Fact | None:
    if message["Result"] != "Success":
        return None
    target = message.get("TransferTargetChannel", "")
    takes_place = message.get("DestType") == "App" and "TransfereeUniqueid" in message
    replaced = _id(message, "SecondTransfererUniqueid") if takes_place else ""
    transferee = _id(message, "TransfereeUniqueid") if takes_place else ""
    return AttendedTransferred(at, _id(message, "OrigTransfererUniqueid"), target, replaced, transferee)


def _parked(message: Message, at: datetime) -> Fact:
    return Parked(at, _id(message, "ParkeeUniqueid"), message["ParkingSpace"], message.get("ParkerDialString", ""))


def _hangup(message: Message, at: datetime) -> Fact:
    sip = message.get("TechCause", "")
    return HungUp(at, _id(message), int(message.get("Cause") or 0), int(sip) if sip.isdecimal() else 0)


def _user_event(message: Message, at: datetime) -> Fact | None:
    sip_call_id = message.get("SipCallId", "")
    if message.get("UserEvent") != "HotelCall" or "Uniqueid" not in message:
        return None
    if path := message.get("Path", ""):
        informed = message.get("Informed") == "yes"
        return MenuTold(at, _id(message), tuple(path.split("/")), message.get("Language", ""), informed)
    if message.get("CallBack") == "yes":
        return CallBackAsked(at, _id(message))
    if not sip_call_id:
        return None
    return SipCallIdTold(at, _id(message), sip_call_id)


_READERS: dict[str, Callable[[Message, datetime], Fact | None]] = {
    "Newchannel": _channel_created,
    "Newstate": _channel_state,
    "DialBegin": _dial_begin,
    "DialState": _dial_state,
    "BridgeEnter": _bridge_enter,
    "BridgeLeave": lambda message, at: BridgeLeft(at, _id(message), _id(message, "BridgeUniqueid")),
    "QueueCallerJoin": _queue_join,
    "QueueCallerLeave": lambda message, at: QueueLeft(at, _id(message)),
    "Hold": lambda message, at: Held(at, _id(message)),
    "Unhold": lambda message, at: Unheld(at, _id(message)),
    "BlindTransfer": _blind_transfer,
    "AttendedTransfer": _attended_transfer,
    "ParkedCall": _parked,
    "ParkedCallTimeOut": lambda message, at: ParkingTimedOut(at, _id(message, "ParkeeUniqueid")),
    "MixMonitorStart": lambda message, at: RecordingStarted(at, _id(message)),
    "MixMonitorMute": lambda message, at: RecordingMuted(at, _id(message), message["State"] == "1"),
    "HangupRequest": lambda message, at: HangupRequested(at, _id(message)),
    "Hangup": _hangup,
    "UserEvent": _user_event,
}
