"""Sounds that nobody speaks: the tone before a message, and the music on hold.

The music is composed by this module: `creek`, a slow pentatonic piece for plucked strings over soft pads.

The same numbers come out every time: the melody walks a fixed pentatonic scale led by a seeded generator, and the
piece is computed as a circle (what rings over the end sounds at the beginning), so it loops without a seam.
"""

from __future__ import annotations

import numpy as np

from ivr.sound import Samples

RATE = 8000  # samples per second
MUSIC_DBFS = -26.0  # RMS: clearly below speech (-20), so that an announcement stands out
BEAT_SECONDS = 0.75
BEATS_A_BAR = 4
BARS = 24
SEED = 4001

# C major pentatonic (宫调) from G3 to E5, in hertz; the telephone carries little below 300 Hz.
SCALE = (196.00, 220.00, 261.63, 293.66, 329.63, 392.00, 440.00, 523.25, 587.33, 659.26)
TONIC = 2
# Two-note pads, one a bar, as steps of the scale; eight bars, three times.
PADS = ((2, 5), (1, 4), (3, 6), (0, 5), (2, 6), (1, 5), (3, 5), (2, 4))
# Rhythms of a bar in beats; a melody with room to breathe.
RHYTHMS = ((1.0, 1.0, 2.0), (2.0, 1.0, 1.0), (1.5, 0.5, 2.0), (3.0, 1.0), (4.0,))
STEPS = (-2, -1, -1, 1, 1, 2)


BEEP_HERTZ = 1000.0
BEEP_SECONDS = 0.4
BEEP_DBFS = -16.0


def beep() -> Samples:
    """The tone after which a caller speaks a message; its ends are soft, so that it does not click."""
    time = np.arange(round(BEEP_SECONDS * RATE)) / RATE
    edges = np.minimum(1.0, np.minimum(time, BEEP_SECONDS - time) / 0.02)
    return np.sin(2 * np.pi * BEEP_HERTZ * time) * edges * float(np.sqrt(2) * 10 ** (BEEP_DBFS / 20))


def compose() -> Samples:
    """The whole piece: mono, 8 kHz, 72 s, about -26 dBFS RMS, seamless when looped."""
    length = round(BARS * BEATS_A_BAR * BEAT_SECONDS * RATE)
    piece = np.zeros(length)
    chance = np.random.Generator(np.random.PCG64(SEED))
    step = TONIC + 3
    for bar in range(BARS):
        start = bar * BEATS_A_BAR * BEAT_SECONDS
        pad = PADS[bar % len(PADS)]
        for voice in pad:
            _lay(piece, start, _pad(SCALE[voice], BEATS_A_BAR * BEAT_SECONDS), 0.10)
        _lay(piece, start, _pluck(SCALE[pad[0]], 3.0, chance), 0.35)
        beat = 0.0
        for beats in RHYTHMS[int(chance.integers(len(RHYTHMS)))]:
            step = _next_step(step, int(chance.choice(STEPS)))
            loudness = 0.55 if beat == 0 else 0.42
            _lay(piece, start + beat * BEAT_SECONDS, _pluck(SCALE[step], 2.5, chance), loudness)
            beat += beats
        if bar % len(PADS) == len(PADS) - 1:
            step = TONIC + 3
    level = 10 * np.log10(np.mean(piece**2))
    return piece * float(10 ** ((MUSIC_DBFS - level) / 20))


def _next_step(step: int, move: int) -> int:
    """The next step of the melody, which turns back at the ends of its range (C4 to E5)."""
    moved = step + move
    return step - move if not TONIC <= moved < len(SCALE) else moved


def _pluck(hertz: float, seconds: float, chance: np.random.Generator) -> Samples:
    """A plucked string (Karplus and Strong): a burst of noise that a damped loop turns into a tone.

    The loop is computed at four times the rate, where whole samples are fine enough to be in tune.
    """
    over = 4 * RATE
    # The averaging in the loop delays by another half sample.
    period = round(over / hertz - 0.5)
    burst = chance.uniform(-1, 1, period)
    # A soft finger: the burst loses its edge before it enters the string.
    for _ in range(30):
        burst = (burst + np.roll(burst, 1)) / 2
    burst -= burst.mean()
    turns = [burst / np.abs(burst).max()]
    for _ in range(int(seconds * over) // period):
        last = turns[-1]
        turns.append(0.996 * (last + np.roll(last, 1)) / 2)
    string = np.concatenate(turns)
    fade = np.minimum(1.0, np.arange(len(string))[::-1] / (0.4 * len(string)))
    attack = np.minimum(1.0, np.arange(len(string)) / (0.004 * over))
    return _quarter_rate(string * fade * attack)


def _quarter_rate(sound: Samples) -> Samples:
    """Every fourth sample of `sound`, after a low-pass that keeps the rest from folding back."""
    taps = np.arange(-48, 49)
    low_pass = np.sinc(0.22 * taps) * np.hanning(len(taps))
    filtered: Samples = np.convolve(sound, low_pass / low_pass.sum(), mode="same")[::4]
    return filtered


def _pad(hertz: float, seconds: float) -> Samples:
    """A soft held tone an octave up: a sine with a little of its overtones that swells and fades over a bar."""
    time = np.arange(round(seconds * 1.4 * RATE)) / RATE
    tone = sum(weight * np.sin(2 * np.pi * 2 * hertz * part * time) for part, weight in ((1, 1.0), (2, 0.2), (3, 0.06)))
    swell: Samples = np.sin(np.pi * time / time[-1]) ** 2
    return np.asarray(tone) * swell


def _lay(piece: Samples, at_seconds: float, sound: Samples, loudness: float) -> None:
    """Add `sound` to the circle `piece`; what passes its end goes on at its beginning."""
    places = (round(at_seconds * RATE) + np.arange(len(sound))) % len(piece)
    np.add.at(piece, places, loudness * sound)
