"""Prompts for the exchange: kept as WAV, copied for it as G.711 too, so that playing them needs no transcoding."""

from __future__ import annotations

import os
import shutil
import stat
import wave
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

import structlog

from callcenter import spoken_wait

log = structlog.get_logger(__name__)

AFTER_PLACE = "queue-thankyou"
"""The exchange's sound after the place in line (queues.conf)."""

_ULAW_LIMIT = 8158


def install_sounds(source: Path, target: Path) -> None:
    """Copy every WAV file below `source` to `target`, each with its A-law and µ-law form beside it.

    Files that are there already and not older than their source are left alone. A file that is no 8 kHz, mono,
    16-bit WAV is passed over with a warning: the exchange could not play it.
    """
    (target / "music").mkdir(parents=True, exist_ok=True)
    for file in sorted(source.rglob("*.wav")):
        copy = target / file.relative_to(source)
        if copy.exists() and copy.stat().st_mtime >= file.stat().st_mtime:
            continue
        samples = _samples(file)
        if samples is None:
            log.warning("prompt_not_playable", file=str(file), wanted="WAV, 8 kHz, mono, 16 bit")
            continue
        copy.parent.mkdir(parents=True, exist_ok=True)
        _write_encoded(copy, samples)
        shutil.copyfile(file, copy)


def install_spoken_waits(sounds: Path, languages: Iterable[str] = ("zh", "en")) -> None:
    """Put what is said after the place in line together, for each expected wait with and without the offer.

    The exchange takes the sound of a style of the language (`zh_5o`) where there is one, else that of the language.
    A sentence without prompts is left out.
    """
    for language in languages:
        for words in spoken_wait.every():
            parts = [sounds / language / f"{prompt}.wav" for prompt in words.prompts]
            target = sounds / f"{language}_{words.style}" / f"{AFTER_PLACE}.wav"
            if not all(part.exists() for part in parts):
                continue
            if target.exists() and target.stat().st_mtime >= max(part.stat().st_mtime for part in parts):
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            samples = b"".join(_samples(part) or b"" for part in parts)
            _write_encoded(target, samples)
            with wave.open(str(target), "wb") as sound:
                sound.setparams((1, 2, 8000, 0, "NONE", ""))
                sound.writeframes(samples)


def install_sound(file: Path, copy: Path) -> None:
    """Let a running exchange play `file` (8 kHz, mono, 16 bit) as `copy` (…/zh/menu-main.wav) from now on.

    Each form is replaced in one step, so a caller who hears it now hears it out, and whoever may read the folder of
    the sounds may read the file.
    """
    samples = _samples(file)
    if samples is None:
        log.warning("prompt_not_playable", file=str(file), wanted="WAV, 8 kHz, mono, 16 bit")
        return
    _need_folder(copy.parent)
    for suffix, content in ((".alaw", alaw(samples)), (".ulaw", ulaw(samples)), (".wav", file.read_bytes())):
        part = copy.with_suffix(f"{suffix}.part")
        part.write_bytes(content)
        _open_like(part, copy.parent, execute=False)
        part.replace(copy.with_suffix(suffix))


def renew_spoken_waits(sounds: Path) -> None:
    """Put together again what is said after the place in line, where one of its prompts has changed."""
    install_spoken_waits(sounds)
    for folder in sounds.glob("*_*/"):
        _open_like(folder, sounds, execute=True)
        for file in folder.glob(f"{AFTER_PLACE}.*"):
            _open_like(file, folder, execute=False)


def remove_sound(copy: Path) -> None:
    """Let the exchange play a sound no more."""
    for suffix in (".wav", ".alaw", ".ulaw"):
        copy.with_suffix(suffix).unlink(missing_ok=True)


def _need_folder(folder: Path) -> None:
    if not folder.is_dir():
        _need_folder(folder.parent)
        folder.mkdir()
        _open_like(folder, folder.parent, execute=True)


def _open_like(path: Path, folder: Path, *, execute: bool) -> None:
    """Give `path` the group of `folder`, and let that group read it where it may read the folder."""
    state = folder.stat()
    if path.stat().st_gid != state.st_gid:
        os.chown(path, -1, state.st_gid)
    is_shared = bool(state.st_mode & stat.S_IRGRP)
    path.chmod((0o750 if is_shared else 0o700) if execute else (0o640 if is_shared else 0o600))


def alaw(samples: bytes) -> bytes:
    """Encode 16-bit little-endian samples as G.711 A-law."""
    return _encode(samples, _alaw_byte)


def ulaw(samples: bytes) -> bytes:
    """Encode 16-bit little-endian samples as G.711 µ-law."""
    return _encode(samples, _ulaw_byte)


def _write_encoded(file: Path, samples: bytes) -> None:
    for suffix, encode in ((".alaw", alaw), (".ulaw", ulaw)):
        file.with_suffix(suffix).write_bytes(encode(samples))


def _samples(file: Path) -> bytes | None:
    try:
        with wave.open(str(file), "rb") as sound:
            if (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) != (8000, 1, 2):
                return None
            return sound.readframes(sound.getnframes())
    except (wave.Error, EOFError):
        return None


def _encode(samples: bytes, one: Callable[[int], int]) -> bytes:
    table = _table(one)
    words = memoryview(samples[: len(samples) & ~1]).cast("H")
    return bytes(table[word] for word in words)


@cache
def _table(one: Callable[[int], int]) -> bytes:
    return bytes(one(word - 65536 if word >= 32768 else word) for word in range(65536))


def _ulaw_byte(sample: int) -> int:
    sign = 0x80 if sample < 0 else 0
    magnitude = min(abs(sample) >> 2, _ULAW_LIMIT) + 33
    exponent = max(magnitude.bit_length() - 6, 0)
    return ~(sign | exponent << 4 | magnitude >> (exponent + 1) & 15) & 0xFF


def _alaw_byte(sample: int) -> int:
    sign = 0x80 if sample >= 0 else 0
    magnitude = (sample if sample >= 0 else ~sample) >> 4
    exponent = max(magnitude.bit_length() - 4, 0)
    mantissa = magnitude >> max(exponent - 1, 0) & 15
    return (sign | exponent << 4 | mantissa) ^ 0x55
