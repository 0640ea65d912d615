"""Mistakes in the settings, told without the passwords that may stand in them."""

from __future__ import annotations

import re
from dataclasses import dataclass

import yaml

_CREDENTIALS = re.compile(r"://[^/\s]*@")


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing wrong in the settings: where it was read, its key, its value and why it does not fit."""

    source: str
    key: str
    value: object
    reason: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "value", _without_password(self.key, self.value))

    def __str__(self) -> str:
        return f"{self.source}: {self.key or '(file)'} = {self.value!r}: {self.reason}"


class SettingsError(Exception):
    """The settings cannot be used; `mistakes` lists all that is wrong with them."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        super().__init__("\n".join(str(mistake) for mistake in mistakes))
        self.mistakes = mistakes


def _without_password(key: str, value: object) -> object:
    """Hide what may be a password: all of a database's address but its kind, and names before an @ elsewhere."""
    if not isinstance(value, str):
        return value
    if key.startswith("database"):
        kind, separator, _ = value.partition("://")
        return f"{kind}://…" if separator else "…"
    return _CREDENTIALS.sub("://…@", value)


def yaml_reason(error: yaml.YAMLError | UnicodeDecodeError) -> str:
    """Say what is wrong and where, without the text itself: it may hold a password."""
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        return f"{error.problem} in line {error.problem_mark.line + 1}, column {error.problem_mark.column + 1}"
    return "it holds characters that are no text"
