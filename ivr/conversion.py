"""Any WAV file as telephone sound: whatever rate, channels and sample form a studio or a telephone recorder writes."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import numpy as np

from callcenter.errors import HouseError
from ivr.sound import Samples, finish, resampled

LEAST_SECONDS = 0.1
MOST_SECONDS = 180.0
RATES = range(4000, 192_001)
MOST_CHANNELS = 16

PCM, FLOAT, ALAW, ULAW, EXTENSIBLE = 1, 3, 6, 7, 0xFFFE
_ULAW_BIAS = 33


class SoundUnusable(HouseError):
    """The sound cannot be used; params: `reason`, and what the words of the subclass need."""

    code = "prompt_sound_unusable"
    status = HTTPStatus.UNPROCESSABLE_ENTITY


class SoundNotWav(SoundUnusable):
    """The file is no WAV file, is torn, or holds a form of sound that we cannot read; params: `reason`."""

    code = "prompt_sound_not_wav"


class SoundTooShort(SoundUnusable):
    """There is hardly any sound in the file; params: `seconds`, `least`."""

    code = "prompt_sound_too_short"


class SoundTooLong(SoundUnusable):
    """The sound is longer than any caller would hear; params: `seconds`, `most`."""

    code = "prompt_sound_too_long"


class SoundSilent(SoundUnusable):
    """There is nothing to hear in the file."""

    code = "prompt_sound_silent"


@dataclass(frozen=True, slots=True)
class _Form:
    """How the samples stand in the file."""

    kind: int
    channels: int
    rate: int
    bits: int


def from_wav(content: bytes) -> Samples:
    """Read a WAV file and bring it to the common form: 8 kHz, mono, the house's level, short silence at its ends.

    PCM of 8, 16, 24 and 32 bit, floats of 32 and 64 bit, A-law and µ-law are read.

    Raises:
        SoundUnusable: it is no such file, or too short, too long or silent.
    """
    form, data = _chunks(content)
    sound = _samples(form, data)
    seconds = len(sound) / form.rate
    if seconds < LEAST_SECONDS:
        raise SoundTooShort(seconds=round(seconds, 2), least=LEAST_SECONDS)
    if seconds > MOST_SECONDS:
        raise SoundTooLong(seconds=round(seconds), most=round(MOST_SECONDS))
    try:
        finished = finish(resampled(sound - sound.mean(), form.rate))
    except ValueError as error:
        raise SoundSilent from error
    return finished


def _chunks(content: bytes) -> tuple[_Form, bytes]:
    """Find the form and the samples of a RIFF file; a length that runs over the end is cut, as players do."""
    if content[:4] != b"RIFF" or content[8:12] != b"WAVE":
        raise SoundNotWav(reason="no RIFF header")
    form: _Form | None = None
    place = 12
    while place + 8 <= len(content):
        name, length = struct.unpack_from("<4sI", content, place)
        body = content[place + 8 : place + 8 + length]
        if name == b"fmt ":
            form = _form(body)
        elif name == b"data" and form is not None:
            return form, body
        place += 8 + length + length % 2
    raise SoundNotWav(reason="no samples")


def _form(body: bytes) -> _Form:
    if len(body) < 16:
        raise SoundNotWav(reason="a torn header")
    kind, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", body)
    if kind == EXTENSIBLE and len(body) >= 26:
        (kind,) = struct.unpack_from("<H", body, 24)
    known = {PCM: (8, 16, 24, 32), FLOAT: (32, 64), ALAW: (8,), ULAW: (8,)}
    if bits not in known.get(kind, ()) or not 1 <= channels <= MOST_CHANNELS or rate not in RATES:
        raise SoundNotWav(reason=f"form {kind}, {bits} bit, {channels} channels, {rate} Hz")
    return _Form(kind, channels, rate, bits)


def _samples(form: _Form, data: bytes) -> Samples:
    width = form.bits // 8 * form.channels
    whole = data[: len(data) // width * width]
    if not whole:
        raise SoundTooShort(seconds=0, least=LEAST_SECONDS)
    numbers = _numbers(form, whole)
    # a float file may hold what is no number
    finite = np.nan_to_num(numbers, nan=0.0, posinf=0.0, neginf=0.0)
    mixed: Samples = np.clip(finite, -8, 8).reshape(-1, form.channels).mean(axis=1)
    return mixed


def _numbers(form: _Form, data: bytes) -> Samples:
    match (form.kind, form.bits):
        case (1, 8):
            return (_array(data, "u1") - 128) / 128
        case (1, 16):
            return _array(data, "<i2") / 2**15
        case (1, 24):
            padded = np.zeros((len(data) // 3, 4), dtype=np.uint8)
            padded[:, 1:] = np.frombuffer(data, dtype=np.uint8).reshape(-1, 3)
            return padded.view("<i4").ravel().astype(np.float64) / 2**31
        case (1, 32):
            return _array(data, "<i4") / 2**31
        case (3, 32):
            return _array(data, "<f4")
        case (3, 64):
            return _array(data, "<f8")
        case (6, _):
            return _alaw(_array(data, "u1").astype(np.int64))
        case _:
            return _ulaw(_array(data, "u1").astype(np.int64))


def _array(data: bytes, form: str) -> Samples:
    return np.frombuffer(data, dtype=form).astype(np.float64)


def _alaw(codes: Any) -> Samples:
    """G.711 A-law: every second bit is turned over; sign, three bits of segment, four of step."""
    turned = codes ^ 0x55
    segment, step = (turned >> 4) & 7, turned & 15
    size = np.where(segment == 0, 2 * step + 1, (2 * step + 33) << np.maximum(segment - 1, 0))
    signed: Samples = np.where(turned & 0x80, size, -size) / 4096
    return signed


def _ulaw(codes: Any) -> Samples:
    """G.711 µ-law: all bits are turned over; sign, three bits of segment, four of step."""
    turned = ~codes & 0xFF
    segment, step = (turned >> 4) & 7, turned & 15
    size = ((2 * step + _ULAW_BIAS) << segment) - _ULAW_BIAS
    signed: Samples = np.where(turned & 0x80, -size, size) / 8192
    return signed
