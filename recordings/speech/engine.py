"""What the house asks of a speech engine: is this language understood, what was said, which of these words was it.

A language without a model is not understood, which is no error: messages are then listened to, and menus take keys.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import structlog

from callcenter.settings import Settings
from recordings.speech.process import RecogniserProcess, SpeechFailed
from recordings.wav import MESSAGE

log = structlog.get_logger(__name__)

SURE = 0.7
"""Least confidence, of 1, with which a word of a closed choice counts as said."""
START_SECONDS, SECONDS_A_SECOND = 90.0, 4.0
"""Deadline of writing something down: loading the model, and so much for each second of sound."""
BEHIND_CALLS = 15
_BETWEEN_HAN = re.compile(r"(?<=[\u4e00-\u9fff]) (?=[\u4e00-\u9fff])")


class NoEngine(Exception):
    """No model is installed for this language; the argument is the language."""


class SpeechEngine:
    """Vosk, one process for each language and purpose: a long message must not keep a caller in a menu waiting."""

    def __init__(self, models: Mapping[str, Path], memory_mb: int) -> None:
        self._writers = {
            language: RecogniserProcess(folder, memory_mb, BEHIND_CALLS) for language, folder in models.items()
        }
        self._loading: dict[str, asyncio.Task[None]] = {}
        self._listeners = {language: RecogniserProcess(folder, memory_mb, 0) for language, folder in models.items()}

    @classmethod
    def of(cls, settings: Settings) -> SpeechEngine:
        """Make the engine of a house: the models that its settings name and that are there."""
        named = {"zh": settings.speech.models.zh, "en": settings.speech.models.en}
        folders = {language: Path(folder) for language, folder in named.items() if folder}
        for language, folder in folders.items():
            if not folder.is_dir():
                log.warning("speech_model_missing", language=language, folder=str(folder))
        return cls({language: path for language, path in folders.items() if path.is_dir()}, settings.speech.memory_mb)

    @property
    def languages(self) -> frozenset[str]:
        """The languages that are understood."""
        return frozenset(self._writers)

    def understands(self, language: str) -> bool:
        """Tell whether there is a model for this language."""
        return language in self._writers

    def prepare(self, language: str) -> asyncio.Task[None]:
        """Begin to load the model that listens to callers, unless it is loaded; no deadline of a caller ends that.

        Raises:
            NoEngine: there is none for this language.
        """
        process = self._of(self._listeners, language)
        task = self._loading.get(language)
        if task is None or (task.done() and not process.is_loaded):
            task = asyncio.create_task(_loaded(process, language), name=f"speech-load-{language}")
            self._loading[language] = task
        return task

    async def transcribe(self, sound: bytes, language: str) -> str:
        """Write down what is said in `sound` (16 bit, mono, 8 kHz); nothing where no word is understood.

        Raises:
            NoEngine: there is none for this language.
            SpeechFailed: it ended, or took longer than its deadline.
        """
        seconds = START_SECONDS + SECONDS_A_SECOND * len(sound) / MESSAGE.bytes_per_second
        answer = await self._of(self._writers, language).ask({}, sound, seconds)
        return _BETWEEN_HAN.sub("", str(answer["text"]))

    async def choose(self, sound: bytes, language: str, words: Sequence[str], seconds: float) -> str | None:
        """Tell which one of `words` was said; None when that is not sure, or not known within `seconds`."""
        try:
            began = time.monotonic()
            await asyncio.wait([self.prepare(language)], timeout=seconds)
            process = self._of(self._listeners, language)
            if not process.is_loaded:
                raise SpeechFailed("its model is not loaded yet")
            left = seconds - (time.monotonic() - began)
            answer = await process.ask({"words": list(words)}, sound, left)
        except (NoEngine, SpeechFailed) as reason:
            log.warning("speech_not_understood", language=language, reason=str(reason))
            return None
        return surely([(word, sureness) for word, sureness in answer["heard"]], words)

    async def unknown_words(self, language: str, words: Sequence[str]) -> list[str]:
        """Return those of `words` that the model can never hear because they are not in its vocabulary.

        Raises:
            NoEngine: there is none for this language.
            SpeechFailed: it cannot be loaded, or ended.
        """
        answer = await self._of(self._listeners, language).ask({"look_up": list(words)}, b"", START_SECONDS)
        return list(answer["unknown"])

    async def rest(self) -> None:
        """Give back the memory of the models that write messages down."""
        for process in self._writers.values():
            if process.is_loaded:
                await process.close()

    async def close(self) -> None:
        """End every process."""
        for task in self._loading.values():
            task.cancel()
        await asyncio.gather(*self._loading.values(), return_exceptions=True)
        for process in (*self._writers.values(), *self._listeners.values()):
            await process.close()

    def _of(self, processes: Mapping[str, RecogniserProcess], language: str) -> RecogniserProcess:
        if language not in processes:
            raise NoEngine(language)
        return processes[language]


async def _loaded(process: RecogniserProcess, language: str) -> None:
    try:
        await process.load()
    except SpeechFailed as reason:
        log.error("speech_model_unusable", language=language, reason=str(reason))


def surely(heard: Sequence[tuple[str, float]], words: Sequence[str]) -> str | None:
    """Tell which of `words` was said: nothing else was, and every part of it is sure."""
    text = " ".join(word for word, _ in heard)
    is_sure = bool(heard) and min(sureness for _, sureness in heard) >= SURE
    return text if is_sure and text in words else None
