"""From prompt texts to the WAV files that callers hear (`callcenter prompts build`).

`build` renders whatever changed since the last time, which it knows from `rendered.json`: file -> fingerprint of its
text and voice. Sound is WAV, 8 kHz, mono, 16 bit: what a telephone carries. A house's own recordings are kept
elsewhere (`ivr.own`) and never touched here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import structlog

from ivr import tones
from ivr.languages import Language
from ivr.sound import RATE, Samples, finish, read_wav, to_telephone, write_wav
from ivr.texts import BOTH, Prompt, bilingual
from ivr.voices import VOICES, Speaker

log = structlog.get_logger(__name__)

PAUSE_SECONDS = 0.25  # between the languages, in addition to tail and lead
PIECE_ENDS_SECONDS = 0.02  # silence before and after a piece: others follow it closely
PROCESSING = 1  # counts up when the processing of a prompt changes what is heard
PIECE_PROCESSING = 2  # the same for pieces
INDEX = "rendered.json"

Prompts = Mapping[str, Prompt]


def fingerprints(prompts: Prompts, folder: Path) -> dict[str, str]:
    """Every file that must exist (`zh/NAME`, `en/NAME`, `both/NAME`) with the fingerprint of its text and voice.

    Raises:
        PromptTextsInvalid: both.yaml names a prompt without texts.
    """
    prints = {name: _print_of(prompt) for name, prompt in prompts.items()}
    for name in bilingual(folder, prompts):
        parts = [prints[f"{language}/{name}"] for language in Language]
        prints[f"{BOTH}/{name}"] = _fingerprint(*parts, str(PAUSE_SECONDS))
    return prints


def stale(prompts: Prompts, folder: Path) -> list[str]:
    """The files that do not say what the texts say: missing, or rendered from another text or voice."""
    known = _read_index(folder)
    return [
        name
        for name, fingerprint in fingerprints(prompts, folder).items()
        if known.get(name) != fingerprint or not _file(folder, name).is_file()
    ]


def build(prompts: Prompts, folder: Path, speaker: Speaker) -> list[str]:
    """Render what is stale into `folder`, remove files whose text is gone, and return the names rendered.

    Each finished file is noted at once, so an interrupted build goes on where it stopped.
    """
    wanted = fingerprints(prompts, folder)
    known = _read_index(folder)
    for name in known.keys() - wanted.keys():
        _file(folder, name).unlink(missing_ok=True)
        del known[name]
    rendered = stale(prompts, folder)
    for name in rendered:
        prompt = prompts.get(name)
        sound = spoken(prompt, speaker) if prompt else in_both(folder, name.partition("/")[2])
        write_wav(_file(folder, name), sound)
        known[name] = wanted[name]
        _write_index(folder, known)
        log.info("prompt_rendered", prompt=name, seconds=round(len(sound) / RATE, 2))
    _write_index(folder, known)
    return rendered


def build_tones(folder: Path) -> None:
    """Write what is not spoken into `folder`: music on hold, the tone before a message, the pause between digits."""
    write_wav(_file(folder, "music/creek"), tones.compose())
    write_wav(_file(folder, "tones/beep"), tones.beep())
    write_wav(_file(folder, "both/pause"), np.zeros(round(PAUSE_SECONDS * RATE)))


def spoken(prompt: Prompt, speaker: Speaker) -> Samples:
    """Let `speaker` read a prompt and bring it to the common form."""
    sound = to_telephone(speaker.say(prompt.script, prompt.language, prompt.pace), speaker.rate)
    return finish(sound, PIECE_ENDS_SECONDS, PIECE_ENDS_SECONDS) if prompt.is_piece else finish(sound)


def in_both(folder: Path, name: str) -> Samples:
    """Join the Chinese and the English prompt `name` of `folder` with a pause between."""
    return joined(*(read_wav(_file(folder, f"{language}/{name}")) for language in (Language.ZH, Language.EN)))


def joined(chinese: Samples, english: Samples) -> Samples:
    """Put two prompts one behind the other with a pause between."""
    return np.concatenate([chinese, np.zeros(round(PAUSE_SECONDS * RATE)), english])


def _print_of(prompt: Prompt) -> str:
    identity = VOICES[prompt.language].identity
    if prompt.is_piece:
        return _fingerprint(prompt.script, identity, str(prompt.pace), f"piece {PIECE_PROCESSING}")
    return _fingerprint(prompt.script, identity, str(PROCESSING))


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
