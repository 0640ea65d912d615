"""Made-up traffic of a manager interface: whole calls, many at once, with the events that our AMI user gets."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

EPOCH = 1_790_000_000
AT_ONCE = 90
OPERATORS = 40
ABANDONED_EVERY = 5

BRIDGE = (
    "BridgeUniqueid: 6d1a5d7c-cd5d-4d0b-8b7c-{number:012x}\r\nBridgeType: basic\r\nBridgeTechnology: softmix\r\n"
    "BridgeCreator: <unknown>\r\nBridgeName: <unknown>\r\nBridgeNumChannels: {members}\r\n"
    "BridgeVideoSourceMode: none\r\n"
)


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel of a made-up call."""

    name: str
    number: str
    context: str
    uniqueid: str
    linkedid: str

    def fields(self, state: int, prefix: str = "") -> str:
        """Write the channel the way that every event carries it."""
        words = {0: "Down", 4: "Ring", 5: "Ringing", 6: "Up"}
        lines = (
            ("Channel", self.name),
            ("ChannelState", state),
            ("ChannelStateDesc", words[state]),
            ("CallerIDNum", self.number),
            ("CallerIDName", "<unknown>"),
            ("ConnectedLineNum", "<unknown>"),
            ("ConnectedLineName", "<unknown>"),
            ("Language", "zh"),
            ("AccountCode", ""),
            ("Context", self.context),
            ("Exten", "4001"),
            ("Priority", 8),
            ("Uniqueid", self.uniqueid),
            ("Linkedid", self.linkedid),
        )
        return "".join(f"{prefix}{key}: {value}\r\n" for key, value in lines)


class Call:
    """One call: a caller from outside, one operator's phone, answered or given up."""

    def __init__(self, number: int) -> None:
        linkedid = f"{EPOCH + number // 1000}.{2 * number}"
        operator = 8001 + number % OPERATORS
        self.number = number
        self.answered = number % ABANDONED_EVERY != 0
        self.caller = Channel(
            f"PJSIP/trunk-{2 * number:08x}", f"0206555{number % 10000:04}", "line", linkedid, linkedid
        )
        self.phone = Channel(
            f"PJSIP/op{operator}-{2 * number + 1:08x}",
            str(operator),
            "staff",
            f"{EPOCH + number // 1000}.{2 * number + 1}",
            linkedid,
        )
        self.member = (
            f"Queue: enquiries\r\nMemberName: {operator}\r\nInterface: PJSIP/op{operator}\r\n"
            f"StateInterface: PJSIP/op{operator}\r\nMembership: static\r\nPenalty: 0\r\nCallsTaken: 3\r\n"
            "LastCall: 0\r\nLastPause: 0\r\nLoginTime: 1790000000\r\nInCall: 0\r\nStatus: {status}\r\n"
            "Paused: 0\r\nPausedReason: \r\nRinginuse: 0\r\nWrapuptime: 0\r\n"
        )

    def events(self) -> list[tuple[str, str, str]]:
        """Give name, class and body of every event of the call, in order."""
        return [*self._beginning(), *(self._talk() if self.answered else self._given_up())]

    def _beginning(self) -> list[tuple[str, str, str]]:
        caller, phone = self.caller.fields(4), self.phone.fields(0, "Dest")
        told = f"UserEvent: HotelCall\r\nStage: inbound\r\nLine: 4001\r\nSipCallId: {self.number}@192.0.2.7\r\n"
        agent = f"Queue: enquiries\r\nInterface: PJSIP/op{self.phone.number}\r\nMemberName: {self.phone.number}\r\n"
        return [
            ("Newchannel", "call", caller),
            ("MixMonitorStart", "call", caller),
            ("UserEvent", "user", caller + told),
            ("QueueCallerJoin", "agent", f"{caller}Queue: enquiries\r\nPosition: 1\r\nCount: 1\r\n"),
            ("Newchannel", "call", self.phone.fields(0)),
            ("AgentCalled", "agent", caller + phone + agent),
            ("DialBegin", "call", f"{caller}{phone}DialString: PJSIP/op{self.phone.number}\r\n"),
            ("Newstate", "call", self.phone.fields(5)),
            ("DialState", "call", f"{caller}{self.phone.fields(5, 'Dest')}DialStatus: RINGING\r\n"),
            ("QueueMemberStatus", "agent", self.member.format(status=6)),
        ]

    def _talk(self) -> list[tuple[str, str, str]]:
        caller, phone = self.caller.fields(6), self.phone.fields(6)
        both = self.caller.fields(4) + self.phone.fields(6, "Dest")
        agent = f"Queue: enquiries\r\nInterface: PJSIP/op{self.phone.number}\r\nMemberName: {self.phone.number}\r\n"
        empty, one, two = (BRIDGE.format(number=self.number, members=members) for members in range(3))
        return [
            ("Newstate", "call", phone),
            ("DialEnd", "call", f"{both}DialStatus: ANSWER\r\n"),
            ("QueueCallerLeave", "agent", f"{self.caller.fields(4)}Queue: enquiries\r\nPosition: 1\r\nCount: 0\r\n"),
            ("AgentConnect", "agent", f"{both}{agent}HoldTime: 4\r\nRingTime: 4\r\n"),
            ("Newstate", "call", caller),
            ("BridgeCreate", "call", empty),
            ("BridgeEnter", "call", one + phone),
            ("BridgeEnter", "call", two + caller),
            ("QueueMemberStatus", "agent", self.member.format(status=2)),
            ("HangupRequest", "call", caller),
            ("BridgeLeave", "call", one + caller),
            ("BridgeLeave", "call", empty + phone),
            ("BridgeDestroy", "call", empty),
            ("AgentComplete", "agent", f"{both}{agent}HoldTime: 4\r\nTalkTime: 60\r\nReason: caller\r\n"),
            *self._ending(6),
        ]

    def _given_up(self) -> list[tuple[str, str, str]]:
        caller = self.caller.fields(4)
        return [
            ("HangupRequest", "call", caller),
            ("QueueCallerAbandon", "agent", f"{caller}Queue: enquiries\r\nPosition: 1\r\nHoldTime: 4\r\n"),
            ("QueueCallerLeave", "agent", f"{caller}Queue: enquiries\r\nPosition: 1\r\nCount: 0\r\n"),
            ("DialEnd", "call", f"{caller}{self.phone.fields(5, 'Dest')}DialStatus: CANCEL\r\n"),
            *self._ending(4),
        ]

    def _ending(self, state: int) -> list[tuple[str, str, str]]:
        cause = "Cause: 16\r\nCause-txt: Normal Clearing\r\n"
        told = (
            f"UserEvent: HotelCall\r\nStage: end\r\nLine: 4001\r\nSipCallId: {self.number}@192.0.2.7\r\nCause: 16\r\n"
        )
        return [
            ("Hangup", "call", self.phone.fields(6 if state == 6 else 5) + cause),
            ("UserEvent", "user", self.caller.fields(state) + told),
            ("Hangup", "call", self.caller.fields(state) + cause),
            ("QueueMemberStatus", "agent", self.member.format(status=1)),
        ]


def stream(calls: int, at_once: int = AT_ONCE) -> Iterator[bytes]:
    """Give the events of `calls` calls, `at_once` of them mixed; each is one complete message, 1 ms after the last."""
    waiting = iter(range(calls))
    running = deque(iter(Call(number).events()) for number in islice(waiting, at_once))
    sent = 0
    while running:
        events = running.popleft()
        following = next(events, None)
        if following is None:
            running.extend(iter(Call(number).events()) for number in islice(waiting, 1))
            continue
        running.append(events)
        name, kind, body = following
        sent += 1
        stamp = EPOCH + sent / 1000
        yield f"Event: {name}\r\nPrivilege: {kind},all\r\nTimestamp: {stamp:.6f}\r\n{body}\r\n".encode()


def calls_for(events: int) -> int:
    """How many calls give about `events` events."""
    answered, abandoned = len(Call(1).events()), len(Call(0).events())
    return round(events * ABANDONED_EVERY / ((ABANDONED_EVERY - 1) * answered + abandoned))
