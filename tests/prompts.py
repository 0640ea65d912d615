"""The prompts of a house for tests: the shipped ones, with an own folder and an exchange that only takes notes."""

from __future__ import annotations

import math
import struct
from pathlib import Path

from callcenter.pbx.provisioning import PROMPTS
from callcenter.settings import Settings
from ivr import prompt_parts
from ivr.book import MenuBook
from ivr.checking import surroundings
from ivr.prompt_routes import PromptParts
from ivr.sounds import Sounds
from tests.application import Application


def sample_prompts(built: Application, folder: Path) -> PromptParts:
    """Build what the routes need for the sample hotel, with everything that is written in `folder`."""
    settings = built.settings.model_copy(update={"var": str(folder)})
    return prompt_parts.build(settings, PROMPTS, sample_menus(built, settings), lambda name, file: None, built.alarms)


def sample_menus(built: Application, settings: Settings) -> MenuBook:
    """Read the sample menu, as the application does."""
    book = MenuBook(settings.menus_folder, {"main"}, surroundings(settings, Sounds(PROMPTS)), built.alarms)
    book.look()
    return book


def wav(
    seconds: float = 1.0, *, rate: int = 8000, channels: int = 1, bits: int = 16, kind: int = 1, loudness: float = 0.3
) -> bytes:
    """A WAV file with a tone of 440 Hz on every channel."""
    form = {(1, 8): "B", (1, 16): "<h", (1, 32): "<i", (3, 32): "<f", (3, 64): "<d"}
    samples = bytearray()
    for number in range(round(seconds * rate)):
        value = loudness * math.sin(2 * math.pi * 440 * number / rate)
        if (kind, bits) == (1, 24):
            one = struct.pack("<i", round(value * (2**31 - 1)))[1:]
        elif kind == 3:
            one = struct.pack(form[kind, bits], value)
        elif bits == 8:
            one = struct.pack("B", round(128 + 127 * value))
        else:
            one = struct.pack(form[kind, bits], round(value * (2 ** (bits - 1) - 1)))
        samples += one * channels
    width = channels * bits // 8
    head = struct.pack("<HHIIHH", kind, channels, rate, rate * width, width, bits)
    body = b"WAVEfmt " + struct.pack("<I", len(head)) + head + b"data" + struct.pack("<I", len(samples)) + samples
    return b"RIFF" + struct.pack("<I", len(body)) + body
