"""All that we ever ask of Asterisk: the only module that sends actions which change something.

AMI cannot limit an Originate to some contexts, nor tell a channel's name from a pattern that hangs up everybody. So
every name is checked here against what our dialplan and our configuration can have produced.
Every function raises PbxUnavailable, PbxRefused, or BadField when an argument cannot be what it should be.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import structlog

from callcenter.errors import PbxRefused, PbxUnavailable
from callcenter.pbx.bridge import AmiBridge
from callcenter.pbx.wire import BadField, FieldValue
from callcenter.telephony import PhoneClass, RoomPhone

log = structlog.get_logger(__name__)

HEARTBEAT_VARIABLE: Final = "HOTEL_HEARTBEAT"
PRIORITY_VARIABLE: Final = "QUEUE_PRIO"
NOT_RECORDED: Final = "norecord"
BLOCKED: Final = "blocked"
ROOM: Final = "room"
OPEN: Final = "open"
HELD: Final = "held"
ALLOWED_MARK: Final = "n"
LAMP: Final = "lamp"

# Where the application may lead a call. No context that reaches outside numbers is among them.
OWN_CONTEXTS: Final = frozenset(
    {
        "desk",
        "desk-consult",
        "desk-join",
        "desk-return",
        "emergency-called",
        "emergency-raised",
        "inside",
        "join",
        "line",
        "supervise",
        "system-answers",
        "transfer",
        "waiting",
    }
)

# A tone that no telephone has a key for, and no extension of ours.
NO_KEY: Final = "D"

# Queues in which the application pauses nobody: they ring when the application is dead.
RESCUE_SUFFIX: Final = "-rescue"
# The exchange's other queues for one of the house.
PAUSED_SUFFIXES: Final = ("-first", "-wide", "-late", "")

# What the dialplan writes is read back this often, with this many seconds between.
CONFIRM_TRIES: Final = 100
CONFIRM_INTERVAL: Final = 0.05

_EXTEN = re.compile(r"[A-Za-z0-9+*#_-]{1,80}")
_CHANNEL_ID = re.compile(r"[A-Za-z0-9._-]{1,100}")
_CHANNEL = re.compile(r"[A-Za-z]{1,20}/[A-Za-z0-9@._+*#/;-]{1,120}")
_VARIABLE = re.compile(r"_{0,2}[A-Z][A-Z0-9_]{0,60}")
_NUMBER = re.compile(r"\+?[0-9*#]{1,40}")
_EXTENSION = re.compile(r"[0-9]{3,6}")
_ROOM = re.compile(r"[0-9]{3,6}")
_CONFERENCE = re.compile(r"[0-9]{3,16}")
_ALLOWED = re.compile(r"[0-9]{3,10}")
_LIT = re.compile(r"MWI:([0-9]{3,6})@room")
_OUTSIDE = re.compile(r"\+?[0-9]{1,20}")
_ENDPOINT = re.compile(r"PJSIP/[a-z][a-z0-9_-]{0,40}")
_TRUNK = re.compile(r"PJSIP/\+?[0-9]{1,40}@trunk")
_LOCAL = re.compile(r"Local/(?P<exten>[A-Za-z0-9+*#_-]{1,80})@(?P<context>[a-z-]{1,40})(?:/n)?")
_MEMBER = re.compile(r"PJSIP/op(?P<extension>[0-9]{3,6})")
_QUEUE = re.compile(r"[a-z][a-z0-9_-]{0,60}")
_ARGUMENT_MARK = re.compile(r'[\\,"()\[\]{}]')
_KEY_PRESSED = re.compile(r"[0-9*#]")
_KEY = re.compile(r"[A-Za-z0-9_./-]{1,80}")


@dataclass(frozen=True, slots=True)
class Place:
    """A place in our dialplan, at its first priority."""

    context: str
    exten: str


@dataclass(frozen=True, slots=True)
class Origination:
    """A call that the house makes: `channel` is rung, and sent to `place` when it answers.

    `channel_id` becomes the channel's Uniqueid and Linkedid, and the ActionID of the answer that comes as the event
    OriginateResponse. `channel` is PJSIP/<endpoint>, PJSIP/<number>@trunk or Local/<exten>@<one of our contexts>.
    `ring_seconds`: how long it is rung.
    """

    channel: str
    place: Place
    channel_id: str
    caller_number: str = ""
    ring_seconds: float = 30.0
    variables: Mapping[str, str] | None = None


class Actions:
    """What can be asked over `bridge`; calls are led to `contexts` only."""

    def __init__(self, bridge: AmiBridge, contexts: frozenset[str] = OWN_CONTEXTS) -> None:
        self._bridge = bridge
        self._contexts = contexts

    async def setvar_global(self, name: str, value: str) -> None:
        """Set a global variable of the dialplan."""
        await self._bridge.action("Setvar", {"Variable": _fits(_VARIABLE, "variable", name), "Value": value})

    async def heartbeat(self, epoch_seconds: int) -> None:
        """Show the dialplan that the application lives."""
        await self.setvar_global(HEARTBEAT_VARIABLE, str(epoch_seconds))

    async def originate(self, call: Origination) -> None:
        """Begin a call; returns when the exchange has taken the order, before anything rings."""
        fields: dict[str, FieldValue] = {
            "Channel": self._dialled(call.channel),
            **self._place(call.place),
            **_identity(call.channel_id),
            "Timeout": round(call.ring_seconds * 1000),
        }
        if call.caller_number:
            fields["CallerID"] = _fits(_NUMBER, "caller_number", call.caller_number)
        if call.variables:
            fields["Variable"] = _assignments(call.variables)
        await self._bridge.action("Originate", fields)

    async def call_out(self, extension: str, number: str, channel_id: str) -> None:
        """Ring a phone of our staff and, when it answers, call an outside number from it, as if it had been dialled.

        The only order that reaches outside numbers: it begins at a phone of ours, never with a caller.
        """
        fields: dict[str, FieldValue] = {
            "Channel": f"PJSIP/op{_fits(_EXTENSION, 'extension', extension)}",
            "Context": "outside",
            "Exten": _fits(_OUTSIDE, "number", number),
            "Priority": 1,
            **_identity(channel_id),
            "Timeout": 30_000,
            "CallerID": number,
        }
        await self._bridge.action("Originate", fields)

    async def redirect(self, channel: str, place: Place) -> None:
        """Lead a channel to another place of our dialplan, out of whatever it is in."""
        await self._bridge.action("Redirect", {"Channel": _channel(channel), **self._place(place)})

    async def redirect_both(self, channel: str, place: Place, other: str, other_place: Place) -> None:
        """Lead two channels that talk with each other to two places at once, so that neither loses its call."""
        fields = {
            "Channel": _channel(channel),
            **self._place(place),
            "ExtraChannel": _channel(other),
            **{f"Extra{name}": value for name, value in self._place(other_place).items()},
        }
        await self._bridge.action("Redirect", fields)

    async def setvar(self, channel: str, name: str, value: str) -> None:
        """Set a variable of a channel; a function of the dialplan is refused by the pattern."""
        fields = {"Channel": _channel(channel), "Variable": _fits(_VARIABLE, "variable", name), "Value": value}
        await self._bridge.action("Setvar", fields)

    async def play_digit(self, channel: str, digit: str) -> None:
        """Let the far end of a channel hear a key."""
        await self._bridge.action(
            "PlayDTMF", {"Channel": _channel(channel), "Digit": _fits(_KEY_PRESSED, "digit", digit)}
        )

    async def hangup_if_there(self, channel: str) -> None:
        """End one channel; one that has gone meanwhile is no failure."""
        try:
            await self.hangup(channel)
        except PbxRefused:
            log.info("channel_gone_already", channel=channel)

    async def hangup(self, channel: str, cause: int = 16) -> None:
        """End one channel, with a cause of Q.850."""
        await self._bridge.action("Hangup", {"Channel": _channel(channel), "Cause": cause})

    async def mixmonitor_mute(self, channel: str, *, muted: bool) -> None:
        """Write silence into a channel's recording, both ways, or sound again; the length stays right."""
        fields = {"Channel": _channel(channel), "Direction": "both", "State": "1" if muted else "0"}
        await self._bridge.action("MixMonitorMute", fields)

    async def stop_mixmonitor(self, channel: str) -> None:
        """End a channel's recording."""
        await self._bridge.action("StopMixMonitor", {"Channel": _channel(channel)})

    async def interrupt_announcement(self, channel: str) -> None:
        """End what a queue is saying to a waiting caller: a key that means nothing is taken as pressed by him."""
        fields = {"Channel": _channel(channel), "Digit": NO_KEY, "Receive": "true"}
        await self._bridge.action("PlayDTMF", fields)

    async def queue_pause(self, interface: str, queue: str, *, paused: bool, reason: str = "") -> None:
        """Pause or unpause a member in one queue, never in all of them: the rescue queue has no pauses."""
        if queue.endswith(RESCUE_SUFFIX):
            raise BadField("queue", "nobody is paused in a rescue queue")
        fields = {**_membership(interface, queue), "Paused": "true" if paused else "false", "Reason": reason}
        await self._bridge.action("QueuePause", fields)

    async def pause_phone(self, extension: str, queues: Collection[str], *, paused: bool, reason: str = "") -> None:
        """Pause the phone of our staff in each of the house's `queues`, or let it be rung again."""
        for queue in sorted(queues):
            for suffix in PAUSED_SUFFIXES:
                await self.queue_pause(f"PJSIP/op{extension}", f"{queue}{suffix}", paused=paused, reason=reason)

    async def phones_paused(self) -> dict[str, bool]:
        """Read which phones are paused in all queues in which that can be, and which in none of them."""
        seen: dict[str, set[bool]] = {}
        for item in await self._bridge.list_action("QueueStatus"):
            member = _MEMBER.fullmatch(item.get("Location", ""))
            if item.get("Event") == "QueueMember" and member and not item["Queue"].endswith(RESCUE_SUFFIX):
                seen.setdefault(member["extension"], set()).add(item["Paused"] == "1")
        return {extension: True in states for extension, states in seen.items() if len(states) == 1}

    async def raise_in_queue(self, channel: str, queue: str, priority: int) -> None:
        """Give a waiting caller another priority in each of the exchange's queues for one of the house, now and later.

        Raises:
            PbxRefused: the caller waits in none of them.
        """
        fields = {"Channel": _channel(channel), "Variable": PRIORITY_VARIABLE, "Value": str(priority)}
        await self._bridge.action("Setvar", fields)
        refusals: list[PbxRefused] = []
        for suffix in PAUSED_SUFFIXES:
            place = {"Queue": _fits(_QUEUE, "queue", f"{queue}{suffix}"), "Caller": channel, "Priority": str(priority)}
            try:
                await self._bridge.action("QueueChangePriorityCaller", {**place, "Immediate": "true"})
            except PbxRefused as error:
                refusals.append(error)
        if len(refusals) == len(PAUSED_SUFFIXES):
            raise refusals[-1]

    async def queue_add(self, interface: str, queue: str, *, penalty: int, member_name: str = "") -> None:
        """Make a phone a member of a queue; `penalty` is its skill level less one."""
        fields: dict[str, FieldValue] = {**_membership(interface, queue), "Penalty": penalty, "MemberName": member_name}
        await self._bridge.action("QueueAdd", fields)

    async def queue_remove(self, interface: str, queue: str) -> None:
        """End a phone's membership in a queue."""
        await self._bridge.action("QueueRemove", _membership(interface, queue))

    async def bridge(self, channel: str, other: str) -> None:
        """Connect two channels with each other, out of whatever they are in."""
        await self._bridge.action("Bridge", {"Channel1": _channel(channel), "Channel2": _channel(other), "Tone": "no"})

    async def park(self, channel: str, *, back_to: str, seconds: float) -> None:
        """Park a channel; after `seconds` unfetched, it goes to the phone of the channel `back_to`."""
        timeout = round(seconds * 1000)
        fields = {"Channel": _channel(channel), "TimeoutChannel": _channel(back_to), "Timeout": str(timeout)}
        await self._bridge.action("Park", fields)

    async def db_get(self, family: str, key: str) -> str | None:
        """Read a value of AstDB; None when there is none."""
        fields = {"Family": _fits(_KEY, "family", family), "Key": _fits(_KEY, "key", key)}
        try:
            items = await self._bridge.list_action("DBGet", fields)
        except PbxRefused as error:
            if "not found" in str(error.params["reason"]):
                return None
            raise
        return items[0]["Val"] if items else None

    async def numbers_not_recorded(self) -> list[str]:
        """Read the numbers and rooms whose calls are never recorded, in order."""
        items = await self._bridge.list_action("DBGetTree", {"Family": NOT_RECORDED})
        keys = (item["Key"].rpartition("/")[2] for item in items if "Key" in item)
        return sorted(keys)

    async def provision(self, exten: str, channel_id: str, variables: Mapping[str, str]) -> None:
        """Let extension `exten` of the dialplan's context `provision` write something that AMI may not.

        Returns when the exchange has taken the order. Done is what can be read back, or OriginateResponse tells.
        """
        fields: dict[str, FieldValue] = {
            "Channel": f"Local/{_fits(_EXTEN, 'exten', exten)}@provision/n",
            "Application": "Hangup",
            "Data": "16",
            **_identity(channel_id),
            "Variable": _assignments(variables),
        }
        await self._bridge.action("Originate", fields)

    async def exclude_from_recording(self, number: str, channel_id: str, *, excluded: bool) -> None:
        """Never record this outside number or room again, or record it again; returns when AstDB holds it.

        Raises:
            PbxUnavailable: the change could not be read back in time; it may still happen.
        """
        digits = _fits(_OUTSIDE, "number", number).lstrip("+")
        wanted = "1" if excluded else None
        variables = {"PROVISION_NUMBER": digits, "PROVISION_EXCLUDED": "yes" if excluded else "no"}
        await self.provision(NOT_RECORDED, channel_id, variables)
        await self._confirm(NOT_RECORDED, digits, wanted, "recording rule")

    async def block_caller(self, number: str, channel_id: str, *, blocked: bool) -> None:
        """Refuse callers whose number ends in these digits, or no more; returns when AstDB holds it.

        Raises:
            PbxUnavailable: the change could not be read back in time; it may still happen.
        """
        digits = _fits(_ALLOWED, "number", number)
        variables = {"PROVISION_NUMBER": digits, "PROVISION_BLOCKED": "yes" if blocked else "no"}
        await self.provision(BLOCKED, channel_id, variables)
        await self._confirm(BLOCKED, digits, "1" if blocked else None, "blocked number")

    async def raise_emergency(self, conference: str, channel_id: str) -> None:
        """Alert operators and security; returns when the exchange has taken the order."""
        channel = f"Local/{_fits(_CONFERENCE, 'conference', conference)}@emergency-raised/n"
        fields: dict[str, FieldValue] = {
            "Channel": self._dialled(channel),
            "Application": "Hangup",
            "Data": "16",
            **_identity(channel_id),
        }
        await self._bridge.action("Originate", fields)

    async def room_phones(self) -> dict[str, RoomPhone]:
        """Read what AstDB keeps for the rooms' telephones; what makes no sense counts as not kept."""
        items = await self._bridge.list_action("DBGetTree", {"Family": ROOM})
        kept = {item["Key"].rpartition("/")[2]: item.get("Val", "") for item in items if "Key" in item}
        return {room: phone for room, value in kept.items() if (phone := _room_phone(value)) is not None}

    async def set_room_phone(self, room: str, phone: RoomPhone, channel_id: str) -> None:
        """Keep class of service and reachability of a room's telephone; returns when AstDB holds them.

        Raises:
            PbxUnavailable: the change could not be read back in time; it may still happen.
        """
        reach = OPEN if phone.connectable else HELD
        variables = {
            "PROVISION_ROOM": _fits(_ROOM, "room", room),
            "PROVISION_CLASS": phone.phone_class.value,
            "PROVISION_REACH": reach,
            "PROVISION_ALLOWED": _allowed(phone.allowed),
            "PROVISION_QUIET": _quiet(phone),
        }
        await self.provision(ROOM, channel_id, variables)
        await self._confirm(ROOM, room, _kept(phone, reach), "room telephone")

    async def message_lamps(self) -> set[str]:
        """Read which rooms' message lamps are lit."""
        items = await self._bridge.list_action("DeviceStateList")
        lamps = {_LIT.fullmatch(item.get("Device", "")) for item in items if item.get("State") == "INUSE"}
        return {lamp[1] for lamp in lamps if lamp is not None}

    async def set_message_lamp(self, room: str, channel_id: str, *, lit: bool) -> None:
        """Light a room's message lamp or put it out; returns when the exchange knows it so.

        Raises:
            PbxUnavailable: the change could not be read back in time; it may still happen.
        """
        number = _fits(_ROOM, "room", room)
        await self.provision(LAMP, channel_id, {"PROVISION_ROOM": number, "PROVISION_MESSAGES": "1" if lit else "0"})
        wanted = "INUSE" if lit else "NOT_INUSE"
        for _ in range(CONFIRM_TRIES):
            answer = await self._bridge.action("Getvar", {"Variable": f"DEVICE_STATE(MWI:{number}@room)"})
            if answer.get("Value") == wanted:
                return
            await asyncio.sleep(CONFIRM_INTERVAL)
        raise PbxUnavailable(reason="the change of the message lamp could not be read back")

    async def _confirm(self, family: str, key: str, wanted: str | None, what: str) -> None:
        """Wait until AstDB holds what the dialplan was told to write."""
        for _ in range(CONFIRM_TRIES):
            if await self.db_get(family, key) == wanted:
                return
            await asyncio.sleep(CONFIRM_INTERVAL)
        raise PbxUnavailable(reason=f"the change of the {what} could not be read back")

    def _place(self, place: Place) -> dict[str, FieldValue]:
        if place.context not in self._contexts:
            raise BadField("context", f"{place.context!r} is not among the contexts to which calls may be led")
        return {"Context": place.context, "Exten": _fits(_EXTEN, "exten", place.exten), "Priority": 1}

    def _dialled(self, channel: str) -> str:
        local = _LOCAL.fullmatch(channel)
        if local is not None:
            self._place(Place(local["context"], local["exten"]))
        elif not (_ENDPOINT.fullmatch(channel) or _TRUNK.fullmatch(channel)):
            raise BadField("channel", f"{channel!r} is neither a phone nor an outside number nor in our contexts")
        return channel


def _room_phone(value: str) -> RoomPhone | None:
    phone_class, reach, allowed, quiet = [*value.split(":"), "", "", ""][:4]
    if phone_class not in set(PhoneClass) or reach not in (OPEN, HELD):
        return None
    callers = tuple(caller for caller in allowed.split(ALLOWED_MARK) if caller)
    quiet_until = datetime.fromtimestamp(int(quiet), UTC) if quiet.isascii() and quiet.isdigit() else None
    return RoomPhone(PhoneClass(phone_class), connectable=reach == OPEN, allowed=callers, quiet_until=quiet_until)


def _quiet(phone: RoomPhone) -> str:
    return "" if phone.quiet_until is None else str(int(phone.quiet_until.timestamp()))


def _allowed(callers: tuple[str, ...]) -> str:
    """Write callers as the dialplan looks for one among them: a mark before and after each."""
    if not callers:
        return ""
    return ALLOWED_MARK + "".join(f"{_fits(_ALLOWED, 'allowed', caller)}{ALLOWED_MARK}" for caller in callers)


def _kept(phone: RoomPhone, reach: str) -> str:
    """Write a room telephone as AstDB keeps it; what is empty at the end is left out."""
    fields = (phone.phone_class.value, reach, _allowed(phone.allowed), _quiet(phone))
    return ":".join(fields).rstrip(":")


def _identity(channel_id: str) -> dict[str, FieldValue]:
    """Name channel and answer beforehand; the far half of a Local channel gets a name of its own."""
    checked = _fits(_CHANNEL_ID, "channel_id", channel_id)
    return {"Async": "true", "ActionID": checked, "ChannelId": checked, "OtherChannelId": f"{checked}-far"}


def _assignments(variables: Mapping[str, str]) -> list[str]:
    r"""Write `NAME=value` lines; Asterisk reads each as a list of arguments, so its marks are escaped by `\`."""
    lines = []
    for name, value in variables.items():
        escaped = _ARGUMENT_MARK.sub(r"\\\g<0>", value)
        lines.append(f"{_fits(_VARIABLE, 'variable', name)}={escaped}")
    return lines


def _membership(interface: str, queue: str) -> dict[str, str]:
    return {"Interface": _fits(_ENDPOINT, "interface", interface), "Queue": _fits(_QUEUE, "queue", queue)}


def _channel(name: str) -> str:
    return _fits(_CHANNEL, "channel", name)


def _fits(pattern: re.Pattern[str], field: str, value: str) -> str:
    if pattern.fullmatch(value) is None:
        raise BadField(field, f"{value!r} is not a {field} that can be sent")
    return value
