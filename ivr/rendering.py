"""From prompt texts to the WAV files that callers hear (`callcenter prompts build`).

The texts are `ivr/prompts/zh.yaml` and `en.yaml` (name -> text); `both.yaml` names those that are also needed as
Chinese followed by English. `build` renders whatever changed since the last time, which it knows from
`rendered.json`: file -> fingerprint of its text and voice. A recording of the house's own that replaces a file
therefore stays until its text changes. Sound is WAV, 8 kHz, mono, 16 bit: what a telephone carries.
"""

from __future__ import annotations

import hashlib
import json
import wave
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import structlog
import yaml

from ivr import tones
from ivr.languages import Language
from ivr.voices import VOICES, Samples, Speaker

log = structlog.get_logger(__name__)

Texts = Mapping[Language, Mapping[str, str]]

RATE = 8000  # samples per second of the telephone network
SPEECH_DBFS = -20.0  # RMS of speech, pauses not counted
PEAK_DBFS = -3.0
SILENCE_DBFS = -50.0  # a frame below this is silence
LEAD_SECONDS, TAIL_SECONDS = 0.04, 0.08  # silence kept before and after
PAUSE_SECONDS = 0.25  # between the languages, in addition to tail and lead
FRAME = RATE // 100
FADE = RATE // 200
FILTER_TAPS = 255
PASS_HERTZ = 3700.0
PROCESSING = 1  # counts up when the processing below changes what is heard
INDEX = "rendered.json"


class PromptTextsInvalid(ValueError):
    """The prompt texts contradict each other: names missing in one language, or unknown names in both.yaml."""


def load_texts(folder: Path, house: Mapping[Language, str]) -> dict[Language, dict[str, str]]:
    """Read the texts in `folder`, with the name of the `house` in each language put into them.

    Raises:
        PromptTextsInvalid: a name stands in one language only.
    """
    texts = {
        language: {
            name: str(text).replace("{house}", house[language])
            for name, text in yaml.safe_load((folder / f"{language}.yaml").read_text(encoding="utf-8")).items()
        }
        for language in Language
    }
    lonely = texts[Language.ZH].keys() ^ texts[Language.EN].keys()
    if lonely:
        raise PromptTextsInvalid(f"in one language only: {', '.join(sorted(lonely))}")
    return texts


def fingerprints(texts: Texts, folder: Path) -> dict[str, str]:
    """Every file that must exist (`zh/NAME`, `en/NAME`, `both/NAME`) with the fingerprint of its text and voice.

    Raises:
        PromptTextsInvalid: both.yaml names a prompt without texts.
    """
    prints = {
        f"{language}/{name}": _fingerprint(text, VOICES[language].identity, str(PROCESSING))
        for language in Language
        for name, text in texts[language].items()
    }
    for name in yaml.safe_load((folder / "both.yaml").read_text(encoding="utf-8")):
        parts = [prints.get(f"{language}/{name}") for language in Language]
        if None in parts:
            raise PromptTextsInvalid(f"both.yaml names {name}, which has no text")
        prints[f"both/{name}"] = _fingerprint(*(part for part in parts if part), str(PAUSE_SECONDS))
    return prints


def stale(texts: Texts, folder: Path) -> list[str]:
    """The files that do not say what `texts` say: missing, or rendered from another text or voice."""
    known = _read_index(folder)
    return [
        name
        for name, fingerprint in fingerprints(texts, folder).items()
        if known.get(name) != fingerprint or not _file(folder, name).is_file()
    ]


def build(texts: Texts, folder: Path, speaker: Speaker) -> list[str]:
    """Render what is stale into `folder`, remove files whose text is gone, and return the names rendered.

    Each finished file is noted at once, so an interrupted build goes on where it stopped.
    """
    wanted = fingerprints(texts, folder)
    known = _read_index(folder)
    for name in known.keys() - wanted.keys():
        _file(folder, name).unlink(missing_ok=True)
        del known[name]
    rendered = stale(texts, folder)
    for name in rendered:
        kind, _, prompt = name.partition("/")
        sound = _bilingual(folder, prompt) if kind == "both" else _spoken(texts, Language(kind), prompt, speaker)
        write_wav(_file(folder, name), sound)
        known[name] = wanted[name]
        _write_index(folder, known)
        log.info("prompt_rendered", prompt=name, seconds=round(len(sound) / RATE, 2))
    _write_index(folder, known)
    return rendered


def build_music(folder: Path) -> None:
    """Write the music on hold, `music/creek.wav`, and the tone before a message, `tones/beep.wav`, into `folder`."""
    write_wav(_file(folder, "music/creek"), tones.compose())
    write_wav(_file(folder, "tones/beep"), tones.beep())


def _spoken(texts: Texts, language: Language, name: str, speaker: Speaker) -> Samples:
    return finish(to_telephone(speaker.say(texts[language][name], language), speaker.rate))


def _bilingual(folder: Path, name: str) -> Samples:
    pause = np.zeros(round(PAUSE_SECONDS * RATE))
    chinese, english = (read_wav(_file(folder, f"{language}/{name}")) for language in (Language.ZH, Language.EN))
    return np.concatenate([chinese, pause, english])


def to_telephone(sound: Samples, rate: int) -> Samples:
    """Bring `sound` to 8 kHz, cut off below the new half rate so that nothing folds back.

    Raises:
        ValueError: `rate` is not a multiple of 8 kHz.
    """
    if rate % RATE:
        raise ValueError(f"{rate} Hz is not a multiple of {RATE} Hz")
    taps = np.arange(FILTER_TAPS) - FILTER_TAPS // 2
    low_pass = np.sinc(2 * PASS_HERTZ / rate * taps) * np.kaiser(FILTER_TAPS, 8.0)
    filtered = np.convolve(sound - sound.mean(), low_pass / low_pass.sum(), mode="same")
    return filtered[:: rate // RATE]


def finish(sound: Samples) -> Samples:
    """Bring 8 kHz speech to the common level, trim the silence at its ends and fade them."""
    levelled = _limited(sound * 10 ** ((SPEECH_DBFS - speech_level(sound)) / 20))
    # Limiting takes a little loudness away, so the level is set once more.
    levelled = _limited(levelled * 10 ** ((SPEECH_DBFS - speech_level(levelled)) / 20))
    loud = np.flatnonzero(frame_levels(levelled) > SILENCE_DBFS)
    start = max(0, loud[0] * FRAME - round(LEAD_SECONDS * RATE))
    end = (loud[-1] + 1) * FRAME + round(TAIL_SECONDS * RATE)
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


def _file(folder: Path, name: str) -> Path:
    return folder / f"{name}.wav"


def _read_index(folder: Path) -> dict[str, str]:
    path = folder / INDEX
    known: dict[str, str] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return known


def _write_index(folder: Path, known: Mapping[str, str]) -> None:
    lines = json.dumps(known, indent=1, sort_keys=True)
    (folder / INDEX).write_text(lines + "\n", encoding="utf-8")


def _fingerprint(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
