"""Hearing a caller who says the choice instead of pressing its key. Keys always count too, at every moment.

The exchange records into a file of the folder `Listener.folder` until the caller is silent again; what was said is
recognised among the few words of the node, and the file is deleted at once. Who says nothing, or nothing that is
surely one of the words, goes the way of silence.
"""

from __future__ import annotations

import asyncio
import secrets
from array import array
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import structlog

from ivr.agi import AgiSession
from ivr.languages import Language

log = structlog.get_logger(__name__)

RATE = 8000
SILENCE_SECONDS = 2
"""So long a caller is silent when all is said."""
LONGEST_SECONDS = 6.0
"""Who speaks longer than that does not name a choice."""
LOUD = 1000
"""Peak, of 32767, from which somebody may have spoken."""
KEY_SLICE = 0.25
"""Seconds between two looks whether the recogniser has answered, while keys are waited for."""


class Recogniser(Protocol):
    """Understands a few words; the speech engine fulfils it and `main` hands it over."""

    def understands(self, language: str) -> bool:
        """Tell whether there is a model for this language."""
        ...

    def prepare(self, language: str) -> object:
        """Begin to load that model, if it is not loaded."""
        ...

    async def choose(self, sound: bytes, language: str, words: Sequence[str], seconds: float) -> str | None:
        """Tell which one of `words` was said in `sound` (16 bit, mono, 8 kHz), None when not sure or not in time."""
        ...


class Listener:
    """Listens to callers for a menu. `folder`: where the exchange writes and we read; `seconds`: to be understood."""

    def __init__(self, recogniser: Recogniser, folder: Path, seconds: float) -> None:
        self._recogniser = recogniser
        self.folder = folder
        self._seconds = seconds
        self._running: set[asyncio.Task[str | None]] = set()

    def understands(self, language: Language) -> bool:
        """Tell whether this language is understood, and can be recorded; while prompts are said the model is loaded."""
        if not self._recogniser.understands(language.value) or not self.folder.is_dir():
            return False
        self._recogniser.prepare(language.value)
        return True

    def longest(self, seconds: float) -> float:
        """Return how long `hear` can take, given how long it waits for a word."""
        return seconds + LONGEST_SECONDS + SILENCE_SECONDS + self._seconds

    def tidy(self) -> None:
        """Delete what a crash left behind: it holds what callers said."""
        for file in self.folder.glob("*.sln"):
            file.unlink(missing_ok=True)

    async def hear(self, agi: AgiSession, language: Language, words: Sequence[str], seconds: float) -> tuple[str, str]:
        """Wait `seconds` for a key or a word; return the key or the word that came, the other one empty.

        Raises:
            CallerGone, AgiRefused, TimeoutError: as every command.
        """
        file = self.folder / f"{secrets.token_hex(8)}.sln"
        left = seconds
        try:
            while left > 0:
                key = await agi.record(file, LONGEST_SECONDS, SILENCE_SECONDS)
                if key:
                    return key, ""
                sound = await asyncio.to_thread(_read, file)
                if not sound:
                    break  # the exchange could not record: keys it is
                if is_loud(sound):
                    return await self._recognise(agi, language, words, sound)
                left -= SILENCE_SECONDS
            return (await agi.wait_for_key(left), "") if left > 0 else ("", "")
        finally:
            file.unlink(missing_ok=True)

    async def _recognise(
        self, agi: AgiSession, language: Language, words: Sequence[str], sound: bytes
    ) -> tuple[str, str]:
        """Wait for the recogniser with an ear for keys; it has a deadline, and is never broken off for one caller."""
        task = asyncio.create_task(self._recogniser.choose(sound, language.value, words, self._seconds))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        while not task.done():
            if key := await agi.wait_for_key(KEY_SLICE):
                return key, ""
        word = await task or ""
        log.info("menu_heard", language=language.value, word=word)
        return "", word


def is_loud(sound: bytes) -> bool:
    """Tell whether somebody may have spoken."""
    samples = array("h", sound[: len(sound) // 2 * 2])
    return bool(samples) and max(max(samples), -min(samples)) >= LOUD


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        log.warning("menu_sound_unreadable", reason=error.strerror)
        return b""
