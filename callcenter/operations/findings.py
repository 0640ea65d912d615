"""What the doctor found, and the words for it in the languages of the house."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from ivr.languages import Language

WORDS = Path(__file__).with_name("words.yaml")


class Verdict(StrEnum):
    """`NOTE` deserves a look but harms nobody now; `UNSEEN` could not be looked at, because of something else."""

    FINE = "fine"
    NOTE = "note"
    WRONG = "wrong"
    UNSEEN = "unseen"


class Subject(StrEnum):
    """What was looked at."""

    SETTINGS = "settings"
    PROGRAM = "program"
    PBX = "pbx"
    APPLICATION = "application"
    MANAGER = "manager"
    AGI = "agi"
    PORTS = "ports"
    QUEUES = "queues"
    TRUNK = "trunk"
    DATABASE = "database"
    DISK = "disk"
    PROMPTS = "prompts"
    SPEECH = "speech"
    CLOCK = "clock"
    PAGES = "pages"
    CERTIFICATES = "certificates"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found. `code` names its words in words.yaml, `params` fill them in."""

    subject: Subject
    verdict: Verdict
    code: str
    params: Mapping[str, object] = field(default_factory=dict)


def fine(subject: Subject, code: str, **params: object) -> Finding:
    """Say that something is as it should be."""
    return Finding(subject, Verdict.FINE, code, params)


def note(subject: Subject, code: str, **params: object) -> Finding:
    """Say that something deserves a look."""
    return Finding(subject, Verdict.NOTE, code, params)


def wrong(subject: Subject, code: str, **params: object) -> Finding:
    """Say that something is wrong."""
    return Finding(subject, Verdict.WRONG, code, params)


def unseen(subject: Subject) -> Finding:
    """Say that something could not be looked at, because of what is wrong elsewhere."""
    return Finding(subject, Verdict.UNSEEN, "unseen")


def is_fit(findings: Iterable[Finding]) -> bool:
    """Tell whether nothing is wrong."""
    return all(finding.verdict is not Verdict.WRONG for finding in findings)


def report(findings: Iterable[Finding], language: Language) -> str:
    """Write the findings as a person at a terminal reads them: one line each, and how to mend what is wrong."""
    words = _words()
    lines = []
    for finding in findings:
        sentence = words["findings"][finding.code][language]
        label, subject = (words["verdicts"][finding.verdict][language], words["subjects"][finding.subject][language])
        lines.append(f"[{label}] {subject}: {sentence['what'].format(**finding.params)}")
        if "mend" in sentence:
            lines.append(f"    {words['mend'][language]}: {sentence['mend'].format(**finding.params)}")
    return "\n".join(lines)


def language_of(variables: Mapping[str, str]) -> Language:
    """Choose the report's language as programs of this system do, from LC_ALL, LC_MESSAGES and LANG."""
    chosen = next((variables[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if variables.get(name)), "")
    return Language.ZH if chosen.startswith("zh") else Language.EN


@cache
def _words() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(WORDS.read_text(encoding="utf-8"))
    return loaded
