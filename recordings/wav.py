"""The one sound format that is kept: WAV, PCM 16 bit little endian, 8 kHz, two channels.

Left is what was heard from the outside party, right is what was sent to it, as the exchange wrote them.
A frame is one sample of each channel, 4 bytes.
"""

from __future__ import annotations

import struct
import wave
from collections.abc import Iterator
from typing import BinaryIO

RATE = 8000
CHANNELS = 2
SAMPLE_BYTES = 2
FRAME_BYTES = CHANNELS * SAMPLE_BYTES
BYTES_PER_SECOND = RATE * FRAME_BYTES
HEADER_BYTES = 44
LONGEST_FRAMES = (2**32 - 1 - HEADER_BYTES) // FRAME_BYTES  # the header counts bytes in 32 bits: 37 hours
BLOCK_BYTES = 256 * 1024


class SoundUnreadable(Exception):
    """The raw sound cannot be read, or ends before the number of frames that was announced."""


def header(frames: int) -> bytes:
    """Return the 44 bytes that stand before `frames` frames of sound."""
    size = frames * FRAME_BYTES
    return struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        *(b"RIFF", HEADER_BYTES - 8 + size, b"WAVE"),
        *(b"fmt ", 16, 1, CHANNELS, RATE, BYTES_PER_SECOND, FRAME_BYTES, 8 * SAMPLE_BYTES),
        *(b"data", size),
    )


def blocks(raw: BinaryIO, frames: int) -> Iterator[bytes]:
    """Yield the WAV file made of the first `frames` frames of `raw`, a block at a time.

    Raises:
        SoundUnreadable: `raw` cannot be read or holds less than that.
    """
    yield header(frames)
    left = frames * FRAME_BYTES
    while left:
        try:
            block = raw.read(min(left, BLOCK_BYTES))
        except OSError as error:
            raise SoundUnreadable(str(error)) from error
        if not block:
            raise SoundUnreadable(f"{left} bytes are missing")
        left -= len(block)
        yield block


def frames_in(file: BinaryIO) -> int:
    """Return how many frames the WAV file holds, according to its header.

    Raises:
        ValueError: it is not a WAV file of our format.
    """
    try:
        with wave.open(file, "rb") as sound:
            found = (sound.getframerate(), sound.getnchannels(), sound.getsampwidth())
            frames: int = sound.getnframes()
    except (wave.Error, EOFError) as error:
        raise ValueError(f"no readable WAV header: {error}") from error
    if found != (RATE, CHANNELS, SAMPLE_BYTES):
        raise ValueError(f"rate, channels and bytes a sample are {found}")
    return frames
