"""Every recorded prompt measured and listened to (`callcenter prompts check`).

A prompt is transcribed and compared with its text. A piece is too short for that: a listener who hears a single 十 or
"fen" writes anything. So it is heard among the pieces that `pieces.yaml` names, as callers hear it, and the question is
which word of its group was said; it passes when its own is likelier than the seven that sound most like it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ivr.judging import MOST_ERRORS, Fault, Measured, error_rate, measure, rivals
from ivr.languages import Language
from ivr.rendering import Prompts
from ivr.sound import Samples
from ivr.texts import Prompt
from ivr.transcriber import TooSlow, Transcriber

HERE = "{}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found out about one prompt. `heard`: what the listener understood, for a piece its likeliest word."""

    prompt: Prompt
    measured: Measured
    errors: float
    heard: str
    faults: tuple[Fault, ...]


def row(verdict: Verdict) -> str:
    """One line of the table: name, seconds, level, errors, what is wrong or what was heard."""
    found = ", ".join(verdict.faults) + f": {verdict.heard}" if verdict.faults else "fine"
    measured = verdict.measured
    return (
        f"{verdict.prompt.name:32} {measured.seconds:6.2f} s {measured.level:6.1f} dBFS {verdict.errors:5.2f}  {found}"
    )


class PromptCheck:
    """Checks `prompts`; `file_of` names the file that callers hear under a name."""

    def __init__(self, prompts: Prompts, file_of: Callable[[str], Path], listener: Transcriber) -> None:
        self._prompts = prompts
        self._file_of = file_of
        self._listener = listener
        self._groups: dict[str, list[Prompt]] = {}
        for prompt in prompts.values():
            if prompt.is_piece:
                self._groups.setdefault(prompt.group, []).append(prompt)

    def verdicts(self, beginnings: tuple[str, ...] = ()) -> Iterator[Verdict]:
        """Judge every prompt, or those whose names begin so, one after the other."""
        for name, prompt in self._prompts.items():
            if name.startswith(beginnings or ("",)):
                yield self.judge(prompt)

    def judge(self, prompt: Prompt) -> Verdict:
        """Measure and listen to one prompt."""
        measured = measure(self._file_of(prompt.name), is_piece=prompt.is_piece)
        if not len(measured.sound) or Fault.SILENT in measured.faults:
            return Verdict(prompt, measured, 1.0, "", measured.faults)
        try:
            errors, heard = self._listen(prompt, measured)
        except TooSlow:
            errors, heard = 1.0, "(not understood in time)"
        wrong = (Fault.WRONG_WORDS,) if errors > MOST_ERRORS else ()
        return Verdict(prompt, measured, errors, heard, (*measured.faults, *wrong))

    def _listen(self, prompt: Prompt, measured: Measured) -> tuple[float, str]:
        others = rivals(prompt, self._groups[prompt.group]) if prompt.is_piece else []
        if not others:
            whole = self._among_others(prompt, measured) if prompt.is_piece else measured.sound
            said = self._sentence(prompt, prompt.words) if prompt.is_piece else prompt.words
            heard = self._listener.transcribe(whole, prompt.language)
            return error_rate(said, heard, prompt.language), heard.strip()
        choices = [prompt, *others]
        texts = [self._sentence(prompt, choice.words) for choice in choices]
        likelihoods = self._listener.likelihoods(self._among_others(prompt, measured), prompt.language, texts)
        heard = choices[int(np.argmax(likelihoods))].words
        return error_rate(prompt.words, heard, prompt.language), heard

    def _sentence(self, prompt: Prompt, words: str) -> str:
        said = [words if part == HERE else self._prompts[part].words for part in prompt.within]
        return "".join(said) + "。" if prompt.language is Language.ZH else " ".join(said).capitalize() + "."

    def _among_others(self, prompt: Prompt, measured: Measured) -> Samples:
        return np.concatenate([measured.sound if part == HERE else self._sound(part) for part in prompt.within])

    def _sound(self, name: str) -> Samples:
        return measure(self._file_of(name), is_piece=True).sound
