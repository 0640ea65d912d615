"""A guest on the room's telephone sets a wake-up call: what is said and what a key means, pure.

The hour is keyed with four digits (0730), read back, and confirmed with 1; 2 begins anew. `#` at any moment, three
mistakes or silences, and 0 where it is no digit lead to an operator.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import time
from enum import StrEnum

from ivr.engine import Ask, HungUp, Pressed, Silence
from ivr.languages import Language

SECONDS_TO_ANSWER = 6.0
SECONDS_TO_NEXT_DIGIT = 4.0
DIGITS = 4
MISTAKES = 3
OPERATOR, AGAIN, CONFIRM, DECLINE = "#", "*", "1", "2"

Event = Pressed | Silence | HungUp
ReadBack = Callable[[time], tuple[str, ...]]
"""Says a time as the guest will be woken, with date where the house wants it."""


class Stage(StrEnum):
    """Where the talk stands."""

    KEYING = "keying"
    CONFIRMING = "confirming"


@dataclass(frozen=True, slots=True)
class Talk:
    """What the guest has keyed so far, and how often something went wrong."""

    language: Language
    stage: Stage = Stage.KEYING
    keyed: str = ""
    mistakes: int = 0


@dataclass(frozen=True, slots=True)
class Wanted:
    """The guest has confirmed a time."""

    at: time


@dataclass(frozen=True, slots=True)
class ToOperator:
    """The guest wants a person, or needs one."""


@dataclass(frozen=True, slots=True)
class Gone:
    """The guest has hung up; nothing is set that was not confirmed."""


Step = Ask | Wanted | ToOperator | Gone


def begin(language: Language) -> tuple[Talk, Step]:
    """Ask for the time."""
    return Talk(language), Ask((f"{language}/wake-up-ask",), SECONDS_TO_ANSWER)


def advance(talk: Talk, event: Event, read_back: ReadBack) -> tuple[Talk, Step]:
    """Go on after a key, silence or a hang-up."""
    if isinstance(event, HungUp):
        return talk, Gone()
    key = event.key if isinstance(event, Pressed) else ""
    if key == OPERATOR:
        return talk, ToOperator()
    if talk.stage is Stage.CONFIRMING:
        return _confirm(talk, key, read_back)
    return _key(talk, key, read_back)


def clock_time(keyed: str) -> time | None:
    """Read four digits as a time of day, None where there is none such."""
    hour, minute = int(keyed[:2]), int(keyed[2:])
    return time(hour, minute) if hour < 24 and minute < 60 else None


def _key(talk: Talk, key: str, read_back: ReadBack) -> tuple[Talk, Step]:
    if key == AGAIN:
        return begin(talk.language)
    if not key:
        return _mistake(talk)
    keyed = talk.keyed + key
    if len(keyed) < DIGITS:
        return Talk(talk.language, Stage.KEYING, keyed, talk.mistakes), Ask((), SECONDS_TO_NEXT_DIGIT)
    at = clock_time(keyed)
    if at is None:
        return _mistake(talk)
    return Talk(talk.language, Stage.CONFIRMING, keyed, talk.mistakes), _ask_to_confirm(talk, at, read_back)


def _confirm(talk: Talk, key: str, read_back: ReadBack) -> tuple[Talk, Step]:
    at = clock_time(talk.keyed)
    assert at is not None, "only a time is read back"
    if key == CONFIRM:
        return talk, Wanted(at)
    if key in (DECLINE, AGAIN):
        return begin(talk.language)
    if key == "0" or talk.mistakes + 1 >= MISTAKES:
        return talk, ToOperator()
    again = Talk(talk.language, Stage.CONFIRMING, talk.keyed, talk.mistakes + 1)
    return again, _ask_to_confirm(talk, at, read_back)


def _ask_to_confirm(talk: Talk, at: time, read_back: ReadBack) -> Ask:
    language = talk.language
    prompts = (f"{language}/wake-up-read-back", *read_back(at), f"{language}/wake-up-confirm")
    return Ask(prompts, SECONDS_TO_ANSWER)


def _mistake(talk: Talk) -> tuple[Talk, Step]:
    if talk.mistakes + 1 >= MISTAKES:
        return talk, ToOperator()
    prompts = (f"{talk.language}/wake-up-wrong", f"{talk.language}/wake-up-ask")
    return Talk(talk.language, mistakes=talk.mistakes + 1), Ask(prompts, SECONDS_TO_ANSWER)
