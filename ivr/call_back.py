"""A caller asks to be called back instead of waiting: the conversation as a pure machine.

The number is the caller's own, confirmed, or another one that is keyed in and read back. Whatever the caller does or
leaves, the machine ends: with a number, or with the caller going on waiting at the same place.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from enum import StrEnum

from ivr.engine import OPERATOR_KEY, Ask, CallerDid, HungUp, Pressed
from ivr.languages import Language
from ivr.speaking.numbers import piece, say_digits

OUTSIDE_NUMBER = re.compile(r"\+?[0-9]{7,15}")
MOST_DIGITS = 15
MOST_KEYS = 2 * MOST_DIGITS
"""Keys that are read at once: room for a number that is begun anew after a star."""

TRIES = 3
ANSWER_SECONDS = 5.0
DIGIT_SECONDS = 4.0
GO_ON_KEYS = ("*", OPERATOR_KEY)
"""Who waits for an operator and asks for one again keeps the place in line."""


class Stage(StrEnum):
    """What the caller is asked: is it this number, which number, is it right."""

    THIS_NUMBER = "this_number"
    KEYING = "keying"
    CONFIRM = "confirm"


@dataclass(frozen=True, slots=True)
class Talk:
    """Where the conversation is. `own`: the caller's number, nothing where it is hidden or cannot be called."""

    language: Language
    own: str
    stage: Stage
    keyed: str = ""
    tries: int = 0


@dataclass(frozen=True, slots=True)
class CallBack:
    """The caller is to be called back on `number`."""

    number: str


@dataclass(frozen=True, slots=True)
class GoOn:
    """The caller goes on waiting, or has gone."""


Step = Ask | CallBack | GoOn
Next = tuple[Talk, Step]


def callable_number(number: str, rooms: Collection[str]) -> str:
    """Give the number if somebody can be called on it: seven to fifteen digits, or one of our rooms; else nothing."""
    return number if OUTSIDE_NUMBER.fullmatch(number) or number in rooms else ""


def begin(own: str, language: Language) -> Next:
    """Start the conversation."""
    talk = Talk(language, own, Stage.THIS_NUMBER if own else Stage.KEYING)
    return talk, _question(talk)


def advance(talk: Talk, did: CallerDid, rooms: Collection[str]) -> Next:
    """Take what the caller did and give the next step."""
    if isinstance(did, HungUp):
        return talk, GoOn()
    key = did.key if isinstance(did, Pressed) else ""
    if key == "*" and not talk.keyed:
        return talk, GoOn()
    match talk.stage:
        case Stage.KEYING:
            return _keying(talk, key, rooms)
        case Stage.THIS_NUMBER:
            return _choice(talk, key, talk.own)
        case _:
            return _choice(talk, key, talk.keyed)


def _choice(talk: Talk, key: str, number: str) -> Next:
    """Asked for yes (1) or another number (2); star and zero go on waiting, also beside a keyed number."""
    if key == "1":
        return talk, CallBack(number)
    if key == "2":
        talk = replace(talk, stage=Stage.KEYING, keyed="", tries=0)
        return talk, _question(talk)
    if key in GO_ON_KEYS:
        return talk, GoOn()
    return _again(talk, ())


def _keying(talk: Talk, key: str, rooms: Collection[str]) -> Next:
    """Take one more key of a number; a zero alone goes on waiting for the operator."""
    if key.isdigit() and len(talk.keyed) < MOST_DIGITS:
        return replace(talk, keyed=talk.keyed + key), Ask((), DIGIT_SECONDS)
    if key == "*":
        talk = replace(talk, keyed="")
        return talk, _question(talk)
    if talk.keyed == OPERATOR_KEY and not key.isdigit():
        return talk, GoOn()
    number = callable_number(talk.keyed, rooms)
    if number and not key.isdigit():
        talk = replace(talk, stage=Stage.CONFIRM, tries=0)
        return talk, _question(talk)
    wrong = (f"{talk.language}/call-back-wrong-number",) if talk.keyed else ()
    return _again(replace(talk, keyed=""), wrong)


def _again(talk: Talk, words: tuple[str, ...]) -> Next:
    talk = replace(talk, tries=talk.tries + 1)
    if talk.tries >= TRIES:
        return talk, GoOn()
    question = _question(talk)
    return talk, replace(question, prompts=(*words, *question.prompts))


def _question(talk: Talk) -> Ask:
    match talk.stage:
        case Stage.THIS_NUMBER:
            prompts = piece(talk.language, "call-back-this-number")
        case Stage.KEYING:
            prompts = piece(talk.language, "call-back-key-number")
        case Stage.CONFIRM:
            you_keyed, confirm = piece(talk.language, "call-back-you-keyed", "call-back-confirm")
            prompts = (you_keyed, *say_digits(talk.keyed, talk.language), confirm)
    return Ask(prompts, ANSWER_SECONDS)
