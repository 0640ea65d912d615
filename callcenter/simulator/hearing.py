"""What can be heard in sound: tones over time, silence, a known prompt; from phones, recordings and WAV files.

With numpy: a test that measures in Python what dozens of tones sound like keeps the exchange beside it waiting.
"""

from __future__ import annotations

import math
import wave
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from callcenter.simulator.codecs import samples

WINDOW = 0.1
"""Seconds over which a tone is measured."""
SILENCE_LEVEL = 100.0
"""Root mean square of 16 bit samples below which nothing is heard."""
TONE_SHARE = 0.2
"""Part of a window's energy that a tone must hold to count as heard; two voices at once have half each."""
ENVELOPE_STEP = 0.02


@dataclass(frozen=True, slots=True)
class Sound:
    """Samples of one channel with their rate in Hz."""

    pcm: array[int]
    rate: int = 8000

    @property
    def seconds(self) -> float:
        """The length."""
        return len(self.pcm) / self.rate

    def cut(self, from_s: float, to_s: float) -> Sound:
        """Return the part between two seconds."""
        return Sound(self.pcm[round(from_s * self.rate) : round(to_s * self.rate)], self.rate)


@dataclass(frozen=True, slots=True)
class Stereo:
    """A recording with the sides apart: `heard` from the outside party, `said` to it by staff and system."""

    heard: Sound
    said: Sound


@dataclass(frozen=True, slots=True)
class Window:
    """One measured piece of sound: where it begins, how loud it is (RMS) and which tones are in it."""

    at: float
    level: float
    tones: frozenset[int]


def read_wav(path: Path) -> list[Sound]:
    """Read a 16 bit WAV file as one sound per channel.

    Raises:
        ValueError: the samples are not 16 bit.
    """
    with wave.open(str(path), "rb") as file:
        if file.getsampwidth() != 2:
            raise ValueError(f"{path.name}: only 16 bit samples can be read")
        pcm = samples(file.readframes(file.getnframes()))
        channels, rate = file.getnchannels(), file.getframerate()
    return [Sound(pcm[channel::channels], rate) for channel in range(channels)]


def read_recording(path: Path) -> Stereo:
    """Read the exchange's raw recording: 8 kHz, 16 bit, two channels interleaved, left the outside party."""
    pcm = samples(path.read_bytes())
    return Stereo(heard=Sound(pcm[0::2]), said=Sound(pcm[1::2]))


def level(pcm: Sequence[int]) -> float:
    """Return the root mean square of samples, 0 for none."""
    return math.sqrt(_energy(np.asarray(pcm, dtype=np.float64)) / len(pcm)) if pcm else 0.0


def tone_power(pcm: Sequence[int], rate: int, frequency: float) -> float:
    """Return the part (0 to 1) of the energy that lies at a frequency."""
    return tone_powers(pcm, rate, (frequency,))[0]


def tone_powers(pcm: Sequence[int], rate: int, frequencies: Sequence[float]) -> list[float]:
    """Return for each frequency the part (0 to 1) of the energy that lies at it."""
    values = np.asarray(pcm, dtype=np.float64)
    total = _energy(values)
    if not total:
        return [0.0] * len(frequencies)
    # not `@`: for so little its threads would wait for each other ten times as long as they work
    found = np.abs(np.einsum("fn,n->f", _waves(len(values), rate, tuple(frequencies)), values)) ** 2
    shares: list[float] = np.minimum(1.0, 2 * found / (total * len(values))).tolist()
    return shares


def tones_over_time(sound: Sound, frequencies: Iterable[int], *, window: float = WINDOW) -> list[Window]:
    """Tell for every full window which of the frequencies are heard in it."""
    step = round(window * sound.rate)
    wanted = tuple(frequencies)
    result = []
    for start in range(0, len(sound.pcm) - step + 1, step):
        piece = sound.pcm[start : start + step]
        loudness = level(piece)
        heard: frozenset[int] = frozenset()
        if wanted and loudness >= SILENCE_LEVEL:
            shares = tone_powers(piece, sound.rate, wanted)
            heard = frozenset(tone for tone, share in zip(wanted, shares, strict=True) if share >= TONE_SHARE)
        result.append(Window(start / sound.rate, loudness, heard))
    return result


def tone_share(sound: Sound, frequency: int, from_s: float = 0.0, to_s: float | None = None) -> float:
    """Return the part (0 to 1) of the windows between two seconds in which a tone is heard; 0 where there is none."""
    windows = tones_over_time(sound.cut(from_s, sound.seconds if to_s is None else to_s), [frequency])
    return sum(frequency in window.tones for window in windows) / len(windows) if windows else 0.0


def hears(sound: Sound, frequency: int, from_s: float = 0.0, to_s: float | None = None, *, share: float = 0.8) -> bool:
    """Tell whether a tone is heard in at least `share` of the windows between two seconds."""
    return tone_share(sound, frequency, from_s, to_s) >= share


def is_silent(sound: Sound, from_s: float = 0.0, to_s: float | None = None, *, share: float = 0.95) -> bool:
    """Tell whether at least `share` of the windows between two seconds are silent; no sound at all is silent."""
    windows = tones_over_time(sound.cut(from_s, sound.seconds if to_s is None else to_s), [])
    return not windows or sum(window.level < SILENCE_LEVEL for window in windows) >= share * len(windows)


@dataclass(frozen=True, slots=True)
class PromptFound:
    """Where a prompt begins in a sound (seconds) and how alike the two are there (-1 to 1)."""

    at: float
    likeness: float


def find_prompt(sound: Sound, prompt: Sound, *, first_seconds: float = 3.0) -> PromptFound | None:
    """Look for the beginning of a known prompt by its rise and fall in loudness; None where it cannot fit.

    Loudness in steps of 20 ms survives codecs and small shifts; a likeness above 0.9 is the prompt, other speech
    stays below 0.7.
    """
    whole = _envelope(sound)
    wanted = _envelope(prompt.cut(0.0, min(first_seconds, prompt.seconds)))
    if not len(wanted) or len(wanted) > len(whole):
        return None
    places = range(len(whole) - len(wanted) + 1)
    likeness, best = max((_correlation(whole[place : place + len(wanted)], wanted), place) for place in places)
    return PromptFound(best * ENVELOPE_STEP, likeness)


def hears_prompt(sound: Sound, prompt: Sound, *, likeness: float = 0.85) -> bool:
    """Tell whether a known prompt begins somewhere in the sound."""
    found = find_prompt(sound, prompt)
    return found is not None and found.likeness >= likeness


def _energy(values: npt.NDArray[np.float64]) -> float:
    return float(np.einsum("n,n", values, values))


@lru_cache(maxsize=32)
def _waves(length: int, rate: int, frequencies: tuple[float, ...]) -> npt.NDArray[np.complex128]:
    """One turning vector per frequency, as long as the sound to be measured."""
    turns = np.outer(np.array(frequencies), np.arange(length) / rate)
    waves: npt.NDArray[np.complex128] = np.exp(-2j * np.pi * turns)
    return waves


def _envelope(sound: Sound) -> npt.NDArray[np.float64]:
    step = round(ENVELOPE_STEP * sound.rate)
    pieces = np.asarray(sound.pcm, dtype=np.float64)[: len(sound.pcm) // step * step].reshape(-1, step)
    envelope: npt.NDArray[np.float64] = np.sqrt(np.mean(pieces**2, axis=1))
    return envelope


def _correlation(one: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> float:
    one, other = one - one.mean(), other - other.mean()
    spread = math.sqrt((one @ one) * (other @ other))
    return float(one @ other) / spread if spread else 0.0
