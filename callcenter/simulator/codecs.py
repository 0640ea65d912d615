"""Sound as it travels: codecs, G.711 coding, and what a phone can say (tone, silence, a recording)."""

from __future__ import annotations

import math
import struct
import sys
import wave
from array import array
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from pathlib import Path

FRAME_SECONDS = 0.02
TELEPHONE_EVENT = 101
"""Payload type that our phones offer for RFC 4733 digits."""


@dataclass(frozen=True, slots=True)
class CodecFacts:
    """A codec's RTP payload type, name in SDP, RTP clock in Hz and channels in `a=rtpmap`."""

    payload_type: int
    name: str
    clock: int
    channels: int = 1

    @property
    def rtpmap(self) -> str:
        """The encoding as `a=rtpmap` writes it."""
        return f"{self.name}/{self.clock}" + (f"/{self.channels}" if self.channels > 1 else "")


class Codec(Enum):
    """What a simulated phone can speak; `OPUS` needs PyAV."""

    PCMU = CodecFacts(0, "PCMU", 8000)
    PCMA = CodecFacts(8, "PCMA", 8000)
    OPUS = CodecFacts(107, "opus", 48000, 2)

    @property
    def ticks_per_frame(self) -> int:
        """RTP timestamp units in one packet of 20 ms."""
        return round(self.value.clock * FRAME_SECONDS)


@dataclass(frozen=True, slots=True)
class Tone:
    """A sine of `frequency` Hz; `amplitude` of 32767."""

    frequency: int
    amplitude: int = 4000


@dataclass(frozen=True, slots=True)
class Silence:
    """Packets are sent, nothing is heard."""


@dataclass(frozen=True, slots=True)
class Clip:
    """A WAV file, 8 kHz mono 16 bit, said once (then silence) or again and again."""

    path: Path
    repeat: bool = False


Media = Tone | Silence | Clip | None
"""What a phone says; None sends no packets at all."""


@dataclass(frozen=True, slots=True)
class Payloads:
    """RTP payloads of 20 ms each, to be sent in order and again from `repeat_from` on."""

    frames: tuple[bytes, ...]
    repeat_from: int = 0


def payloads(media: Tone | Silence | Clip, codec: Codec) -> Payloads:
    """Encode what is to be said; cached, so that a hundred phones with one tone share it.

    Raises:
        ValueError: a clip is not 8 kHz mono 16 bit.
        OSError: a clip cannot be read.
    """
    return _payloads(media, codec)


@lru_cache(maxsize=128)
def _payloads(media: Tone | Silence | Clip, codec: Codec) -> Payloads:
    if isinstance(media, Clip):
        pcm = read_wav(media.path)
        pcm.extend([0] * (-len(pcm) % 160))
        frames = _encoded(pcm, codec)
        if media.repeat:
            return Payloads(frames)
        return Payloads(frames + _encoded(array("h", bytes(320 * 25)), codec), repeat_from=len(frames))
    return Payloads(_encoded(sine(media) if isinstance(media, Tone) else array("h", bytes(320 * 50)), codec))


def sine(tone: Tone) -> array[int]:
    """Return one second of a tone at 8 kHz; whole Hz make it join its own end without a click."""
    step = 2 * math.pi * tone.frequency / 8000
    return array("h", (round(tone.amplitude * math.sin(step * n)) for n in range(8000)))


def read_wav(path: Path) -> array[int]:
    """Read an 8 kHz mono 16 bit WAV file as samples.

    Raises:
        ValueError: the file has another rate, width or number of channels.
    """
    with wave.open(str(path), "rb") as file:
        if (file.getframerate(), file.getsampwidth(), file.getnchannels()) != (8000, 2, 1):
            raise ValueError(f"{path.name}: only 8 kHz mono 16 bit can be played")
        return samples(file.readframes(file.getnframes()))


def samples(pcm: bytes) -> array[int]:
    """Read little-endian 16 bit samples; an odd last byte is left out."""
    values = array("h", pcm[: len(pcm) // 2 * 2])
    if sys.byteorder == "big":
        values.byteswap()
    return values


def _encoded(pcm: array[int], codec: Codec) -> tuple[bytes, ...]:
    if codec is Codec.OPUS:
        from callcenter.simulator.opus import encode as encode_opus

        return encode_opus(pcm)
    table = _encoding_table(codec)
    coded = bytes(table[value + 32768] for value in pcm)
    return tuple(coded[start : start + 160] for start in range(0, len(coded), 160))


def decode(frames: bytes, codec: Codec) -> array[int]:
    """Turn G.711 payload bytes into samples at 8 kHz."""
    table = _decoding_table(codec)
    return array("h", map(table.__getitem__, frames))


@lru_cache(maxsize=2)
def _decoding_table(codec: Codec) -> tuple[int, ...]:
    return tuple(_ulaw_sample(code) if codec is Codec.PCMU else _alaw_sample(code) for code in range(256))


def _ulaw_sample(code: int) -> int:
    code = ~code & 0xFF
    magnitude = (((code & 0x0F) << 3) + 132 << (code >> 4 & 7)) - 132
    return -magnitude if code & 0x80 else magnitude


def _alaw_sample(code: int) -> int:
    code ^= 0x55
    exponent, mantissa = code >> 4 & 7, code & 0x0F
    magnitude = (mantissa << 4) + 8 if exponent == 0 else (mantissa << 4) + 264 << exponent - 1
    return magnitude if code & 0x80 else -magnitude


@lru_cache(maxsize=2)
def _encoding_table(codec: Codec) -> bytes:
    """Return the code for every 16 bit sample: the code whose own sample is nearest (ITU-T G.711)."""
    ordered = sorted((sample, code) for code, sample in enumerate(_decoding_table(codec)))
    table = bytearray(65536)
    position = 0
    for sample in range(-32768, 32768):
        while position < 255 and abs(ordered[position + 1][0] - sample) <= abs(ordered[position][0] - sample):
            position += 1
        table[sample + 32768] = ordered[position][1]
    return bytes(table)


DIGITS = "0123456789*#ABCD"
"""RFC 4733 event codes 0 to 15 in order."""


def digit_payloads(digit: str) -> tuple[bytes, ...]:
    """Return the payloads of one key press of 100 ms: five updates and the end three times (RFC 4733).

    Raises:
        ValueError: there is no such key.
    """
    event = DIGITS.index(digit)
    updates = [struct.pack("!BBH", event, 10, 160 * n) for n in range(1, 6)]
    return (*updates, *([struct.pack("!BBH", event, 0x80 | 10, 800)] * 3))
