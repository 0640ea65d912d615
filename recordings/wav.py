"""The sound formats that are kept: WAV, PCM 16 bit little endian, 8 kHz, two channels or one.

A call has two: left is what was heard from the outside party, right is what was sent to it, as the exchange wrote
them. A message that a caller left has one. A frame is one sample of each channel.
"""

from __future__ import annotations

import struct
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

RATE = 8000
SAMPLE_BYTES = 2
HEADER_BYTES = 44
BLOCK_BYTES = 256 * 1024
_MOST_BYTES = 2**32 - 1 - HEADER_BYTES  # the header counts bytes in 32 bits: 37 hours of a call


class SoundUnreadable(Exception):
    """The raw sound cannot be read, or ends before the number of frames that was announced."""


@dataclass(frozen=True, slots=True)
class Form:
    """How samples lie in a file: one frame after the other, each with a sample of every channel."""

    channels: int

    @property
    def frame_bytes(self) -> int:
        """Bytes of one frame."""
        return self.channels * SAMPLE_BYTES

    @property
    def bytes_per_second(self) -> int:
        """Bytes of one second."""
        return RATE * self.frame_bytes

    @property
    def longest_frames(self) -> int:
        """How many frames a file can hold."""
        return _MOST_BYTES // self.frame_bytes

    def size_of(self, frames: int) -> int:
        """Bytes of a whole file of `frames` frames, header included."""
        return HEADER_BYTES + frames * self.frame_bytes


CALL = Form(2)
MESSAGE = Form(1)
FORMS = (CALL, MESSAGE)


def header(frames: int, form: Form) -> bytes:
    """Return the 44 bytes that stand before `frames` frames of sound."""
    size = frames * form.frame_bytes
    return struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        *(b"RIFF", HEADER_BYTES - 8 + size, b"WAVE"),
        *(b"fmt ", 16, 1, form.channels, RATE, form.bytes_per_second, form.frame_bytes, 8 * SAMPLE_BYTES),
        *(b"data", size),
    )


def blocks(raw: BinaryIO, frames: int, form: Form) -> Iterator[bytes]:
    """Yield the WAV file made of the first `frames` frames of `raw`, a block at a time.

    Raises:
        SoundUnreadable: `raw` cannot be read or holds less than that.
    """
    yield header(frames, form)
    left = frames * form.frame_bytes
    while left:
        try:
            block = raw.read(min(left, BLOCK_BYTES))
        except OSError as error:
            raise SoundUnreadable(str(error)) from error
        if not block:
            raise SoundUnreadable(f"{left} bytes are missing")
        left -= len(block)
        yield block


def measure(file: BinaryIO) -> tuple[int, Form]:
    """Return how many frames the WAV file holds, according to its header, and of which form.

    Raises:
        ValueError: it is not a WAV file of our formats.
    """
    try:
        with wave.open(file, "rb") as sound:
            found = (sound.getframerate(), sound.getnchannels(), sound.getsampwidth())
            frames: int = sound.getnframes()
    except (wave.Error, EOFError) as error:
        raise ValueError(f"no readable WAV header: {error}") from error
    for form in FORMS:
        if found == (RATE, form.channels, SAMPLE_BYTES):
            return frames, form
    raise ValueError(f"rate, channels and bytes a sample are {found}")
