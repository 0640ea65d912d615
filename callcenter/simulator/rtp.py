"""RTP: one stream per dialog, all streams of an event loop driven by one timer so that a process carries hundreds."""

from __future__ import annotations

import asyncio
import random
import select
import socket
import struct
import time
from array import array
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import ClassVar
from weakref import WeakKeyDictionary

import structlog

from callcenter.simulator.codecs import (
    DIGITS,
    FRAME_SECONDS,
    TELEPHONE_EVENT,
    Codec,
    Media,
    Payloads,
    decode,
    digit_payloads,
    payloads,
)

log = structlog.get_logger(__name__)

PHASES = 4
"""The streams take turns within a frame, so that a hundred packets do not leave in one burst."""
DIGIT_PAUSE_FRAMES = 4
_HEADER = struct.Struct("!BBHII")


class Hearing(Enum):
    """What a stream keeps of what it receives: only counts and digits, or every packet for later analysis."""

    COUNT = "count"
    KEEP = "keep"


@dataclass(frozen=True, slots=True)
class RtpStart:
    """Where a stream begins counting; None draws at random, as phones do."""

    sequence: int | None = None
    timestamp: int | None = None
    ssrc: int | None = None


@dataclass(frozen=True, slots=True)
class Packet:
    """One received RTP packet; `arrived_at` is monotonic seconds, exact to 5 ms."""

    arrived_at: float
    payload_type: int
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class HeardDigit:
    """A key that the other side pressed; `at` is monotonic seconds of its first packet with the end mark."""

    digit: str
    at: float


class RtpStream:
    """One UDP port for sound: sends what it is told to say, keeps or counts what it receives.

    It works from creation to `close`; packets leave once a destination is known.
    """

    def __init__(self, host: str, *, start: RtpStart, hearing: Hearing) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.bind((host, 0))
        self.port: int = self._socket.getsockname()[1]
        self.sequence = random.randrange(1 << 15) if start.sequence is None else start.sequence
        self.timestamp = random.randrange(1 << 31) if start.timestamp is None else start.timestamp
        self.ssrc = random.randrange(1 << 32) if start.ssrc is None else start.ssrc
        self.sent = 0
        self.received = 0
        self.first_received_at: float | None = None
        self.last_received_at: float | None = None
        self.digits_heard: list[HeardDigit] = []
        self.on_digit: Callable[[], None] | None = None
        self._kept: list[tuple[float, bytes]] | None = [] if hearing is Hearing.KEEP else None
        self._destination: tuple[str, int] | None = None
        self._codec = Codec.PCMU
        self._codec_type = 0
        self._digits_type = TELEPHONE_EVENT
        self._media: Media = None
        self._payloads: Payloads | None = None
        self._next = 0
        self._digits: deque[str] = deque()
        self._digit_frames: deque[bytes | None] = deque()
        self._digit_timestamp = 0
        self._last_digit_timestamp = b""
        self._muted = False
        self._clock = RtpClock.of_this_loop()
        self._clock.add(self)

    @property
    def codec(self) -> Codec:
        """The codec in use, as last negotiated."""
        return self._codec

    def fileno(self) -> int:
        """Return the socket's file descriptor."""
        return self._socket.fileno()

    def aim(self, host: str, port: int, codec: Codec, codec_type: int, digits_type: int | None) -> None:
        """Set where to send, and in which codec under which payload types."""
        if (host, port) != self._destination:
            try:
                self._socket.connect((host, port))
            except OSError as error:
                log.warning("rtp_destination_impossible", host=host, port=port, error=str(error))
                return
            self._destination = (host, port)
        self._codec_type, self._digits_type = codec_type, digits_type or TELEPHONE_EVENT
        if codec is not self._codec:
            self._codec = codec
            self.say(self._media)

    def say(self, media: Media) -> None:
        """Say something else from now on; None stops sending."""
        self._media = media
        self._payloads = None if media is None else payloads(media, self._codec)
        self._next = 0

    def mute(self, *, on: bool) -> None:
        """Send nothing while muted (a call on hold); the timestamp runs on."""
        self._muted = on

    def press(self, digits: str) -> None:
        """Send key presses, one after another, 100 ms each with pauses of 80 ms.

        Raises:
            ValueError: there is no such key.
        """
        for digit in digits:
            DIGITS.index(digit)
        self._digits.extend(digits)

    @property
    def packets(self) -> list[Packet]:
        """What was received, in order of arrival; empty unless the stream keeps what it hears."""
        result = []
        for arrived_at, data in self._kept or ():
            _, kind, sequence, timestamp, ssrc = _HEADER.unpack_from(data)
            payload = data[12 + 4 * (data[0] & 0x0F) :]
            result.append(Packet(arrived_at, kind & 0x7F, sequence, timestamp, ssrc, payload))
        return result

    def heard(self) -> Heard:
        """Return the sound received so far as samples at 8 kHz on a line of real time."""
        return assemble([packet for packet in self.packets if packet.payload_type == self._codec_type], self._codec)

    def forget(self) -> None:
        """Drop what was kept so far: what follows is heard alone."""
        if self._kept is not None:
            self._kept.clear()

    def close(self) -> None:
        """Stop and close the port."""
        if self._socket.fileno() >= 0:
            self._clock.remove(self)
            self._socket.close()

    def tick(self) -> None:
        """Send the packet of this frame (called by the clock every 20 ms)."""
        timestamp = self.timestamp
        self.timestamp = (timestamp + self._codec.ticks_per_frame) & 0xFFFFFFFF
        if self._destination is None or self._muted:
            return
        if self._digit_frames or self._digits:
            self._send_digit(timestamp)
        elif self._payloads is not None:
            frames = self._payloads.frames
            self._send(self._codec_type, timestamp, frames[self._next])
            self._next += 1
            if self._next == len(frames):
                self._next = self._payloads.repeat_from

    def _send_digit(self, timestamp: int) -> None:
        if not self._digit_frames:
            self._digit_frames.extend(digit_payloads(self._digits.popleft()))
            self._digit_frames.extend([None] * DIGIT_PAUSE_FRAMES)
            self._digit_timestamp = timestamp
            marker = 0x80
        else:
            marker = 0
        payload = self._digit_frames.popleft()
        if payload is not None:
            self._send(self._digits_type | marker, self._digit_timestamp, payload)

    def _send(self, kind: int, timestamp: int, payload: bytes) -> None:
        self.sequence = sequence = (self.sequence + 1) & 0xFFFF
        try:
            self._socket.send(_HEADER.pack(0x80, kind, sequence, timestamp, self.ssrc) + payload)
        except OSError as error:
            # the other side closed its port first (the BYE is on its way), or the buffer is full: as on a real network
            log.debug("rtp_packet_not_sent", error=str(error))
            return
        self.sent += 1

    def receive(self, now: float) -> None:
        """Take one packet from the socket (called by the clock when there is one)."""
        try:
            data = self._socket.recv(2048)
        except OSError:
            # a port that the other side has closed reports itself here, once per packet sent to it
            return
        if len(data) < 12:
            return
        self.received += 1
        if self.first_received_at is None:
            self.first_received_at = now
        self.last_received_at = now
        if self._kept is not None:
            self._kept.append((now, data))
        if data[1] & 0x7F == self._digits_type and len(data) >= 16:
            self._hear_digit(data, now)

    def _hear_digit(self, data: bytes, now: float) -> None:
        event, flags, timestamp = data[12], data[13], data[4:8]
        if flags & 0x80 and timestamp != self._last_digit_timestamp and event < len(DIGITS):
            self._last_digit_timestamp = timestamp
            self.digits_heard.append(HeardDigit(DIGITS[event], now))
            if self.on_digit is not None:
                self.on_digit()


@dataclass(frozen=True, slots=True)
class Heard:
    """Sound at 8 kHz; `began_at` is the monotonic second of its first sample. Pauses are zero samples."""

    pcm: array[int]
    began_at: float


def assemble(packets: list[Packet], codec: Codec) -> Heard:
    """Lay packets on a line of time: by RTP timestamp within a source, by arrival where it jumps or pauses."""
    if not packets:
        return Heard(array("h"), 0.0)
    if codec is Codec.OPUS:
        from callcenter.simulator.opus import decode as decode_opus

        frames = decode_opus([packet.payload for packet in packets])
    else:
        frames = [decode(packet.payload, codec) for packet in packets]
    scale = codec.value.clock // 8000
    origin = packets[0].arrived_at
    pcm = array("h")
    previous: tuple[Packet, int] | None = None
    for packet, frame in zip(packets, frames, strict=True):
        position = arrived = round((packet.arrived_at - origin) * 8000)
        if previous is not None and previous[0].ssrc == packet.ssrc:
            steps = (packet.timestamp - previous[0].timestamp + (1 << 31)) % (1 << 32) - (1 << 31)
            counted = previous[1] + steps // scale
            position = counted if abs(counted - arrived) < 1600 else arrived
        position = max(position, 0)
        if position > len(pcm):
            pcm.extend([0] * (position - len(pcm)))
        pcm[position : position + len(frame)] = frame
        previous = packet, position
    return Heard(pcm, origin)


class RtpClock:
    """The one timer of an event loop that sends for all streams and drains their sockets; runs while there are any."""

    _of_loops: ClassVar[WeakKeyDictionary[asyncio.AbstractEventLoop, RtpClock]] = WeakKeyDictionary()

    def __init__(self) -> None:
        self._phases: list[list[RtpStream]] = [[] for _ in range(PHASES)]
        self._by_fd: dict[int, RtpStream] = {}
        self._poll: select.epoll | None = None
        self._phase = 0
        self._due = 0.0
        self._timer: asyncio.TimerHandle | None = None

    @classmethod
    def of_this_loop(cls) -> RtpClock:
        """Return the running loop's clock."""
        return cls._of_loops.setdefault(asyncio.get_running_loop(), cls())

    def add(self, stream: RtpStream) -> None:
        """Serve a stream; the first one starts the timer."""
        if self._poll is None:
            self._poll = select.epoll()
            self._due = time.monotonic()
            self._schedule()
        self._poll.register(stream.fileno(), select.EPOLLIN)
        self._by_fd[stream.fileno()] = stream
        min(self._phases, key=len).append(stream)

    def remove(self, stream: RtpStream) -> None:
        """Serve a stream no longer; the last one stops the timer."""
        assert self._poll is not None
        assert self._timer is not None
        self._poll.unregister(stream.fileno())
        del self._by_fd[stream.fileno()]
        next(phase for phase in self._phases if stream in phase).remove(stream)
        if not self._by_fd:
            self._timer.cancel()
            self._poll.close()
            self._poll = self._timer = None

    def _schedule(self) -> None:
        self._due += FRAME_SECONDS / PHASES
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(max(0.0, self._due - time.monotonic()), self._tick)

    def _tick(self) -> None:
        now = time.monotonic()
        if now - self._due > 0.5:
            # the process stood still: what was missed stays missed, as with a phone that hung
            self._due = now
        self._schedule()
        for stream in self._phases[self._phase]:
            stream.tick()
        self._phase = (self._phase + 1) % PHASES
        self._drain(now)

    def _drain(self, now: float) -> None:
        assert self._poll is not None
        by_fd = self._by_fd
        for _ in range(8):
            ready = self._poll.poll(0, len(by_fd))
            if not ready:
                return
            for fd, _ in ready:
                if stream := by_fd.get(fd):
                    stream.receive(now)
