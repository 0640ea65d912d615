"""Sound as a telephone carries it: 8 kHz, mono, 16 bit; reading, writing, levelling, trimming, measuring.

Samples are numpy arrays between -1 and 1.
"""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float64]

RATE = 8000  # samples per second of the telephone network
SPEECH_DBFS = -20.0  # RMS of speech, pauses not counted
PEAK_DBFS = -3.0
SILENCE_DBFS = -50.0  # a frame below this is silence
LEAD_SECONDS, TAIL_SECONDS = 0.04, 0.08  # silence kept before and after
FRAME = RATE // 100
FADE = RATE // 200
FILTER_TAPS = 255
PASS_HERTZ = 3700.0


def to_telephone(sound: Samples, rate: int) -> Samples:
    """Bring `sound` to 8 kHz, cut off below the new half rate so that nothing folds back.

    Raises:
        ValueError: `rate` is not a multiple of 8 kHz.
    """
    if rate % RATE:
        raise ValueError(f"{rate} Hz is not a multiple of {RATE} Hz")
    decimated: Samples = _low_passed(sound - sound.mean(), rate)[:: rate // RATE]
    return decimated


def resampled(sound: Samples, rate: int) -> Samples:
    """Bring `sound` of any rate to 8 kHz; its frequencies above what a telephone carries are lost."""
    if rate == RATE:
        return sound
    filtered = _low_passed(sound, rate) if rate > RATE else sound
    length = max(1, round(len(sound) * RATE / rate))
    places = np.arange(length) * (rate / RATE)
    converted: Samples = np.interp(places, np.arange(len(filtered)), filtered)
    return converted


def finish(sound: Samples, lead: float = LEAD_SECONDS, tail: float = TAIL_SECONDS) -> Samples:
    """Bring 8 kHz speech to the common level, trim the silence at its ends to `lead` and `tail` seconds, and fade them.

    Raises:
        ValueError: there is nothing to hear.
    """
    levelled = _limited(sound * 10 ** ((SPEECH_DBFS - speech_level(sound)) / 20))
    # Limiting takes a little loudness away, so the level is set once more.
    levelled = _limited(levelled * 10 ** ((SPEECH_DBFS - speech_level(levelled)) / 20))
    loud = np.flatnonzero(frame_levels(levelled) > SILENCE_DBFS)
    start = max(0, loud[0] * FRAME - round(lead * RATE))
    end = (loud[-1] + 1) * FRAME + round(tail * RATE)
    trimmed = levelled[start:end].copy()
    ramp = np.linspace(0, 1, FADE)
    trimmed[:FADE] *= ramp
    trimmed[-FADE:] *= ramp[::-1]
    return trimmed


def speech_level(sound: Samples) -> float:
    """The level of 8 kHz speech in dBFS (RMS), of the frames within 25 dB of the loudest: pauses do not count.

    Raises:
        ValueError: `sound` is silent.
    """
    levels = frame_levels(sound)
    if not len(levels) or levels.max() <= -90:
        raise ValueError("there is nothing to hear")
    spoken = levels[levels > levels.max() - 25]
    return float(10 * np.log10(np.mean(10 ** (spoken / 10))))


def frame_levels(sound: Samples) -> Samples:
    """The RMS level of each whole 10 ms frame of 8 kHz `sound`, in dBFS, at least -100."""
    frames = sound[: len(sound) // FRAME * FRAME].reshape(-1, FRAME)
    levels: Samples = 10 * np.log10(np.maximum(np.mean(frames**2, axis=1), 1e-10))
    return levels


def write_wav(path: Path, sound: Samples) -> None:
    """Write samples between -1 and 1 as WAV, 8 kHz, mono, 16 bit."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pcm: npt.NDArray[np.int16] = np.round(np.clip(sound, -1, 1) * 32767).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(pcm.tobytes())


def read_wav(path: Path) -> Samples:
    """Read a WAV file of 8 kHz, mono, 16 bit as samples between -1 and 1.

    Raises:
        ValueError: the file has another format.
    """
    with wave.open(str(path), "rb") as file:
        form = (file.getframerate(), file.getnchannels(), file.getsampwidth())
        if form != (RATE, 1, 2):
            raise ValueError(f"{path}: {form[0]} Hz, {form[1]} channels, {8 * form[2]} bit; must be 8000 Hz, 1, 16 bit")
        return np.frombuffer(file.readframes(file.getnframes()), dtype="<i2") / 32767


def _low_passed(sound: Samples, rate: int) -> Samples:
    taps = np.arange(FILTER_TAPS) - FILTER_TAPS // 2
    low_pass = np.sinc(2 * PASS_HERTZ / rate * taps) * np.kaiser(FILTER_TAPS, 8.0)
    filtered: Samples = np.convolve(sound, low_pass / low_pass.sum(), mode="full")
    return filtered[FILTER_TAPS // 2 : FILTER_TAPS // 2 + len(sound)]


def _limited(sound: Samples) -> Samples:
    """Hold peaks below the limit by turning the volume down smoothly around them (no clipping)."""
    limit = 10 ** (PEAK_DBFS / 20)
    reach = FRAME // 2
    needed = np.minimum(1.0, limit / np.maximum(np.abs(sound), 1e-9))
    padded = np.pad(needed, 2 * reach, constant_values=1.0)
    lowest = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1).min(axis=1)
    gain = np.convolve(lowest, np.full(2 * reach + 1, 1 / (2 * reach + 1)), mode="valid")
    limited: Samples = sound * gain
    return limited
