"""Is a recorded prompt fit to be heard, and does it say its text? Pure functions; the listening is `ivr.transcriber`'s.

Words are compared as a listener hears them: Chinese by syllables without tones (pinyin), since a transcriber writes
one of many characters of the same sound; English by words; figures are spelled out in both.
"""

from __future__ import annotations

import re
import unicodedata
import wave
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from pathlib import Path

import numpy as np
import numpy.typing as npt
from pypinyin import Style, lazy_pinyin

from ivr.languages import Language
from ivr.sound import FRAME, RATE, SILENCE_DBFS, SPEECH_DBFS, Samples, frame_levels, read_wav, speech_level
from ivr.speaking.numbers import LARGEST, say_number
from ivr.texts import Prompt

MOST_ERRORS = 0.2
LEVEL_BAND_DB = 2.0
MOST_PEAK_DBFS = -1.0
MOST_SILENCE_SECONDS = 0.3  # at either end of a prompt
MOST_SILENCE_IN_PIECE_SECONDS = 0.1
RIVALS = 7

ONES_ZH = "零一二三四五六七八九"
ONES_EN = [
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
]
TENS_EN = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]


class Fault(StrEnum):
    """What can be wrong with a recorded prompt."""

    MISSING = "missing"
    WRONG_FORMAT = "not 8 kHz, mono, 16 bit"
    SILENT = "silent"
    TOO_QUIET = "too quiet"
    TOO_LOUD = "too loud"
    CLIPPED = "clipped"
    SILENCE_BEFORE = "silence before"
    SILENCE_AFTER = "silence after"
    WRONG_WORDS = "wrong words"


@dataclass(frozen=True, slots=True)
class Measured:
    """One file: its sound, empty where it cannot be read, its level in dBFS, and what is wrong with it as sound."""

    sound: Samples
    level: float
    faults: tuple[Fault, ...]

    @property
    def seconds(self) -> float:
        """How long it is."""
        return len(self.sound) / RATE


def measure(file: Path, *, is_piece: bool) -> Measured:
    """Look at the form, level, peaks and ends of one file; pieces follow each other closely."""
    nothing = np.zeros(0)
    if not file.is_file():
        return Measured(nothing, -100.0, (Fault.MISSING,))
    try:
        sound = read_wav(file)
    except (ValueError, EOFError, wave.Error):
        return Measured(nothing, -100.0, (Fault.WRONG_FORMAT,))
    heard = np.flatnonzero(frame_levels(sound) > SILENCE_DBFS)
    if not len(heard):
        return Measured(sound, -100.0, (Fault.SILENT,))
    level = speech_level(sound)
    return Measured(sound, level, tuple(_faults(sound, level, heard, is_piece=is_piece)))


def error_rate(expected: str, heard: str, language: Language) -> float:
    """How many of the expected syllables or words are wrong, missing or too much, as a part of 1 (may be more)."""
    wanted, got = units(expected, language), units(heard, language)
    row = list(range(len(got) + 1))
    for number, unit in enumerate(wanted, 1):
        previous, row[0] = row[0], number
        for place, other in enumerate(got, 1):
            previous, row[place] = row[place], min(row[place] + 1, row[place - 1] + 1, previous + (unit != other))
    return row[-1] / max(1, len(wanted))


def units(text: str, language: Language) -> list[str]:
    """Part a text into what is compared."""
    spelled = re.sub(r"\d+", lambda found: f" {_spelled(found[0], language)} ", unicodedata.normalize("NFKC", text))
    if language is Language.EN:
        return re.findall(r"[a-z']+", spelled.lower().replace("’", "'"))
    return lazy_pinyin(spelled, style=Style.NORMAL, errors="ignore")


def rivals(piece: Prompt, group: Sequence[Prompt]) -> list[Prompt]:
    """The words of its group that sound most like a piece."""
    own = " ".join(units(piece.words, piece.language))

    def likeness(other: Prompt) -> float:
        return SequenceMatcher(None, own, " ".join(units(other.words, other.language))).ratio()

    others = [other for other in group if units(other.words, other.language) != units(piece.words, piece.language)]
    return sorted(others, key=likeness, reverse=True)[:RIVALS]


def _faults(sound: Samples, level: float, heard: npt.NDArray[np.intp], *, is_piece: bool) -> Iterator[Fault]:
    if level < SPEECH_DBFS - LEVEL_BAND_DB:
        yield Fault.TOO_QUIET
    if level > SPEECH_DBFS + LEVEL_BAND_DB:
        yield Fault.TOO_LOUD
    if 20 * np.log10(np.abs(sound).max()) > MOST_PEAK_DBFS:
        yield Fault.CLIPPED
    most = MOST_SILENCE_IN_PIECE_SECONDS if is_piece else MOST_SILENCE_SECONDS
    if heard[0] * FRAME / RATE > most:
        yield Fault.SILENCE_BEFORE
    if (len(sound) - (heard[-1] + 1) * FRAME) / RATE > most:
        yield Fault.SILENCE_AFTER


def _spelled(figures: str, language: Language) -> str:
    """Write figures as words: a number, or digit by digit where it begins with 0 or is too long."""
    if (figures.startswith("0") and len(figures) > 1) or int(figures) > LARGEST:
        return " ".join(_spelled(figure, language) for figure in figures)
    names = (piece.rpartition("/")[2] for piece in say_number(int(figures), language))
    return " ".join(_chinese(name) if language is Language.ZH else _english(name) for name in names)


def _chinese(name: str) -> str:
    """The word of a number's piece (`1000`, `yi-15`, `wan`)."""
    if not name.isdigit():
        return {"wan": "万", "liang": "两"}.get(name) or "一" + _chinese(name.removeprefix("yi-"))
    number = int(name)
    for size, place in ((1000, "千"), (100, "百")):
        if number >= size:
            return ("两" if number == 2 * size else ONES_ZH[number // size]) + place
    tens, ones = divmod(number, 10)
    if not tens:
        return ONES_ZH[ones]
    return (ONES_ZH[tens] if tens > 1 else "") + "十" + (ONES_ZH[ones] if ones else "")


def _english(name: str) -> str:
    """The word of a number's piece (`12`, `hundred-and`)."""
    if not name.isdigit():
        return name.replace("-", " ")
    number = int(name)
    return ONES_EN[number] if number < 20 else TENS_EN[number // 10 - 2]
