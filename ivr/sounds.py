"""The prompts as the exchange has them: whether they exist and how long they are."""

from __future__ import annotations

import wave
from pathlib import Path


class Sounds:
    """Folders of sounds, the first that has a prompt counts; a prompt is named `zh/menu-main`."""

    def __init__(self, *folders: Path) -> None:
        self._folders = folders
        self._lengths: dict[str, tuple[int, float]] = {}

    def has(self, prompt: str) -> bool:
        """Whether the prompt can be played."""
        return self.file(prompt).is_file()

    def seconds(self, prompt: str) -> float:
        """How long the prompt is; 0 for one that is missing or unreadable, which the exchange passes over."""
        file = self.file(prompt)
        try:
            changed = file.stat().st_mtime_ns
            known = self._lengths.get(prompt)
            if known is None or known[0] != changed:
                with wave.open(str(file), "rb") as sound:
                    known = (changed, sound.getnframes() / sound.getframerate())
                self._lengths[prompt] = known
        except (OSError, EOFError, wave.Error):
            return 0.0
        return known[1]

    def file(self, prompt: str) -> Path:
        """The file that is heard; where there is none, where the first folder would have it."""
        places = [folder / f"{prompt}.wav" for folder in self._folders]
        return next((place for place in places if place.is_file()), places[0])
