"""The recogniser's own process: `python -m recordings.speech.worker MODEL MEGABYTES NICENESS`.

Speech engines take hundreds of megabytes, can hang and can crash; here they take only themselves along. Requests come
in as a line of JSON (`bytes`, and `words` for a closed choice) followed by so many bytes of sound (16 bit, mono,
8 kHz); each is answered by one line of JSON. The first line out says that the model is loaded.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from collections.abc import Sequence
from typing import Any, BinaryIO

from recordings.wav import RATE

STRANGERS = ("[unk]", "<UNK>")
"""How models name what is none of the words of a closed choice; most know the first, the Korean one the second."""
BLOCK = RATE


def main() -> int:
    """Load the model and answer until nobody asks any more."""
    folder, megabytes, niceness = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    limit = megabytes * 1_000_000
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    os.nice(niceness)
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what the engine itself may print is no answer
    import vosk

    vosk.SetLogLevel(-1)
    model = vosk.Model(folder)
    _say(answers, {"ready": True})
    while line := sys.stdin.buffer.readline():
        request = json.loads(line)
        sound = _read(sys.stdin.buffer, request["bytes"])
        _say(answers, _unknown(model, request["look_up"]) if "look_up" in request else _hear(model, sound, request))
    return 0


def _hear(model: Any, sound: bytes, request: dict[str, Any]) -> dict[str, Any]:
    import vosk

    words: Sequence[str] | None = request.get("words")
    if words is None:
        recogniser = vosk.KaldiRecognizer(model, RATE)
    else:
        grammar = [*words, *[word for word in STRANGERS if model.vosk_model_find_word(word) >= 0]]
        # the engine reads no escapes
        recogniser = vosk.KaldiRecognizer(model, RATE, json.dumps(grammar, ensure_ascii=False))
    recogniser.SetWords(True)
    texts: list[str] = []
    heard: list[tuple[str, float]] = []
    for start in range(0, len(sound), BLOCK):
        if recogniser.AcceptWaveform(sound[start : start + BLOCK]):
            _collect(json.loads(recogniser.Result()), texts, heard)
    _collect(json.loads(recogniser.FinalResult()), texts, heard)
    return {"text": " ".join(text for text in texts if text), "heard": heard}


def _collect(result: dict[str, Any], texts: list[str], heard: list[tuple[str, float]]) -> None:
    texts.append(result.get("text", ""))
    heard += [(word["word"], word["conf"]) for word in result.get("result", [])]


def _unknown(model: Any, words: Sequence[str]) -> dict[str, Any]:
    parts = {word: word.split() for word in words}
    return {"unknown": [word for word in words if any(model.vosk_model_find_word(part) < 0 for part in parts[word])]}


def _read(stream: BinaryIO, size: int) -> bytes:
    sound = stream.read(size)
    if len(sound) < size:
        raise EOFError("the sound ends before its announced length")
    return sound


def _say(answers: Any, answer: dict[str, Any]) -> None:
    answers.write(json.dumps(answer) + "\n")
    answers.flush()


if __name__ == "__main__":
    sys.exit(main())
