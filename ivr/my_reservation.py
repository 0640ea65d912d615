"""A caller asks after the own booking by keypad: the conversation as a pure machine.

The booking is found by its number, or by arrival date and the last four of a guest's document; nothing is told before.
Only a caller who proved to be the guest changes anything, and a booking is cancelled after two different keys. Whatever
the caller does or leaves, the machine ends: back in the menu, at an operator, or with the caller gone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import time
from enum import StrEnum

from callcenter.reservations.keypad import Cancelling, Expected, OwnBooking
from callcenter.reservations.states import Kind
from ivr import my_reservation_words as words
from ivr.engine import OPERATOR_KEY, Ask, CallerDid, HungUp, Left, Pressed
from ivr.languages import Language

TRIES = 2
MOST_STEPS = 200
"""Keys, silences and answers; beyond them an operator asks what the wish is."""
ANSWER_SECONDS = 5.0
DIGIT_SECONDS = 4.0
BACK_KEY = "#"
YES, SURELY, NO = "1", "9", "2"
"""A booking is cancelled by YES and then SURELY, so that no key pressed twice does it."""


class Stage(StrEnum):
    """What the caller is asked, or what is being done."""

    HOW = "how"
    NUMBER = "number"
    DATE = "date"
    DOCUMENT = "document"
    LOOKING = "looking"
    TOLD = "told"
    PROOF = "proof"
    PROVING = "proving"
    TIME = "time"
    TIME_RIGHT = "time_right"
    CHANGING = "changing"
    CANCEL = "cancel"
    CANCEL_SURELY = "cancel_surely"
    CANCELLING = "cancelling"


class Wish(StrEnum):
    """What a caller wants to do with the booking."""

    CHANGE = "change"
    CANCEL = "cancel"


LENGTHS = {Stage.NUMBER: 8, Stage.DATE: 4, Stage.DOCUMENT: 4, Stage.PROOF: 4, Stage.TIME: 4}
"""How many keys an answer has."""
WITH_LETTER = frozenset({Stage.DOCUMENT, Stage.PROOF})
"""Where the last sign may be the X of an identity card, keyed as a star."""


@dataclass(frozen=True, slots=True)
class Talk:
    """Where the conversation is. `month_day`: keyed before the document; `wish`: waits for its proof."""

    language: Language
    stage: Stage = Stage.HOW
    keyed: str = ""
    month_day: str = ""
    tries: int = 0
    misses: int = 0
    steps: int = 0
    booking: OwnBooking | None = None
    wish: Wish | None = None
    at: time | None = None

    @property
    def missing(self) -> int:
        """How many keys of an answer are still to be pressed; 0 where one key is the answer."""
        return max(0, LENGTHS.get(self.stage, 0) - len(self.keyed))


@dataclass(frozen=True, slots=True)
class FindByNumber:
    """Look for a booking of this number, while the prompts are said."""

    number: str
    prompts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FindByDocument:
    """Look for a booking of this arrival (MMDD) and these last four of a document, while the prompts are said."""

    month_day: str
    last: str
    prompts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Prove:
    """See whether these are the last four of a document or of the number of the booking."""

    number: str
    last: str
    prompts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ExpectAt:
    """Change the expected arrival time of a booking."""

    number: str
    at: time


@dataclass(frozen=True, slots=True)
class Cancel:
    """Cancel a booking."""

    number: str


@dataclass(frozen=True, slots=True)
class AskOperatorToCancel:
    """Note for the operator, who takes the call next, that this booking is to be cancelled."""

    number: str


Task = FindByNumber | FindByDocument | Prove | ExpectAt | Cancel | AskOperatorToCancel


@dataclass(frozen=True, slots=True)
class Finish:
    """Say the prompts and end."""

    left: Left
    prompts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """The booking that was looked for; None where there is none."""

    booking: OwnBooking | None


@dataclass(frozen=True, slots=True)
class Proved:
    """Whether the proof was right."""

    right: bool


@dataclass(frozen=True, slots=True)
class TimeTaken:
    """What became of the new arrival time."""

    verdict: Expected


@dataclass(frozen=True, slots=True)
class Done:
    """The task was done."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The task was refused or could not be done: locked out, several bookings, changed meanwhile, no database."""


Outcome = Found | Proved | TimeTaken | Done | Refused
Step = Ask | Task | Finish
Next = tuple[Talk, Step]


def begin(language: Language) -> Next:
    """Start the conversation."""
    return _question(Talk(language))


def advance(talk: Talk, did: CallerDid | Outcome) -> Next:
    """Take what the caller did, or what became of a task, and give the next step."""
    talk = replace(talk, steps=talk.steps + 1)
    if isinstance(did, HungUp):
        return talk, Finish(Left.GONE)
    if isinstance(did, Found | Proved | TimeTaken | Done | Refused):
        return _outcome(talk, did)
    if talk.steps > MOST_STEPS:
        return _operator(talk)
    key = did.key if isinstance(did, Pressed) else ""
    if talk.stage in LENGTHS:
        return _keying(talk, key)
    if key == OPERATOR_KEY:
        return talk, Finish(Left.OPERATOR)
    match talk.stage:
        case Stage.HOW:
            return _how(talk, key)
        case Stage.TOLD:
            return _told(talk, key)
        case Stage.TIME_RIGHT:
            return _time_right(talk, key)
        case _:
            return _cancel(talk, key)


# --- keys


def _how(talk: Talk, key: str) -> Next:
    match key:
        case "1":
            return _enter(talk, Stage.NUMBER)
        case "2":
            return _enter(talk, Stage.DATE)
        case "#":
            return talk, Finish(Left.BACK)
        case _:
            return _again(talk)


def _keying(talk: Talk, key: str) -> Next:
    """Take one more key of an answer; a zero alone asks for an operator, a pound key alone leads back."""
    wanted = LENGTHS[talk.stage]
    is_letter = key == "*" and talk.stage in WITH_LETTER and len(talk.keyed) == wanted - 1
    if key.isdigit() or is_letter:
        talk = replace(talk, keyed=talk.keyed + ("X" if is_letter else key))
        return _keyed(talk) if len(talk.keyed) == wanted else (talk, Ask((), DIGIT_SECONDS))
    if talk.keyed == OPERATOR_KEY and key in ("", BACK_KEY):
        return talk, Finish(Left.OPERATOR)
    if key == BACK_KEY and not talk.keyed:
        return _enter(talk, Stage.TOLD if talk.booking else Stage.HOW)
    return _again(talk)


def _keyed(talk: Talk) -> Next:
    """An answer is complete."""
    match talk.stage:
        case Stage.NUMBER:
            looking = words.say(talk.language, "looking")
            return replace(talk, stage=Stage.LOOKING), FindByNumber(talk.keyed, looking)
        case Stage.DATE:
            return _enter(replace(talk, month_day=talk.keyed), Stage.DOCUMENT)
        case Stage.DOCUMENT:
            looking = words.say(talk.language, "looking")
            return replace(talk, stage=Stage.LOOKING), FindByDocument(talk.month_day, talk.keyed, looking)
        case Stage.PROOF:
            looking = words.say(talk.language, "looking")
            return replace(talk, stage=Stage.PROVING), Prove(_booking(talk).number, talk.keyed, looking)
        case _:
            return _time_keyed(talk)


def _time_keyed(talk: Talk) -> Next:
    hour, minute = int(talk.keyed[:2]), int(talk.keyed[2:])
    if hour > 23 or minute > 59:
        return _again(talk)
    return _enter(replace(talk, at=time(hour, minute)), Stage.TIME_RIGHT)


def _told(talk: Talk, key: str) -> Next:
    booking = _booking(talk)
    if key == "1" and booking.is_coming:
        return _wants(talk, Wish.CHANGE)
    if key == "2" and booking.is_coming:
        return _wants(talk, Wish.CANCEL)
    if key == "*":
        return _enter(talk, Stage.TOLD)
    if key == BACK_KEY:
        return talk, Finish(Left.BACK)
    return _again(talk)


def _time_right(talk: Talk, key: str) -> Next:
    if key == YES:
        assert talk.at is not None, "no time was keyed"
        return replace(talk, stage=Stage.CHANGING), ExpectAt(_booking(talk).number, talk.at)
    if key == NO:
        return _enter(talk, Stage.TIME)
    if key == BACK_KEY:
        return _enter(talk, Stage.TOLD, words.say(talk.language, "unchanged"), tell=False)
    return _again(talk)


def _cancel(talk: Talk, key: str) -> Next:
    if key in (NO, BACK_KEY):
        return _enter(talk, Stage.TOLD, words.say(talk.language, "unchanged"), tell=False)
    if talk.stage is Stage.CANCEL and key == YES:
        return _enter(talk, Stage.CANCEL_SURELY)
    if talk.stage is Stage.CANCEL_SURELY and key == SURELY:
        return replace(talk, stage=Stage.CANCELLING), Cancel(_booking(talk).number)
    return _again(talk)


def _wants(talk: Talk, wish: Wish) -> Next:
    """Go on with a wish, once it is sure that the guest has it."""
    booking = _booking(talk)
    if wish is Wish.CANCEL and booking.cancelling is Cancelling.BY_OPERATOR:
        return replace(talk, stage=Stage.CANCELLING), AskOperatorToCancel(booking.number)
    if not booking.proved:
        return _enter(replace(talk, wish=wish), Stage.PROOF)
    return _enter(talk, Stage.TIME if wish is Wish.CHANGE else Stage.CANCEL)


# --- what became of a task


def _outcome(talk: Talk, outcome: Outcome) -> Next:
    match outcome:
        case Found(booking) if booking is None:
            return _missed(talk, Stage.HOW, "not-found")
        case Found(booking) if booking is not None and booking.kind is not Kind.MEETING:
            return _enter(replace(talk, booking=booking, misses=0), Stage.TOLD)
        case Proved(right) if right and talk.wish is not None:
            return _wants(replace(talk, booking=replace(_booking(talk), proved=True)), talk.wish)
        case Proved():
            return _missed(talk, Stage.PROOF, "wrong")
        case TimeTaken(Expected.POSSIBLE) if talk.at is not None:
            talk = replace(talk, booking=replace(_booking(talk), expected=talk.at))
            return _enter(talk, Stage.TOLD, words.say(talk.language, "time-kept"), tell=False)
        case TimeTaken(Expected.PAST):
            return _missed(talk, Stage.TIME, "time-past")
        case Done() if _booking(talk).cancelling is Cancelling.BY_KEYPAD:
            return talk, Finish(Left.BACK, words.say(talk.language, "cancelled"))
        case _:
            return _operator(talk)


def _missed(talk: Talk, stage: Stage, word: str) -> Next:
    """What was keyed fits nothing: once more, or an operator."""
    talk = replace(talk, misses=talk.misses + 1)
    if talk.misses >= TRIES:
        return _operator(talk)
    return _enter(talk, stage, words.say(talk.language, word))


# --- questions


def _again(talk: Talk) -> Next:
    """Silence or a wrong key: ask once more, then an operator asks."""
    talk = replace(talk, tries=talk.tries + 1, keyed="")
    if talk.tries >= TRIES:
        return _operator(talk)
    return _question(talk, words.say(talk.language, "wrong"), tell=False)


def _enter(talk: Talk, stage: Stage, before: tuple[str, ...] = (), *, tell: bool = True) -> Next:
    return _question(replace(talk, stage=stage, keyed="", tries=0), before, tell=tell)


def _question(talk: Talk, before: tuple[str, ...] = (), *, tell: bool = True) -> Next:
    return talk, Ask((*before, *_prompts(talk, tell=tell)), ANSWER_SECONDS)


def _prompts(talk: Talk, *, tell: bool) -> tuple[str, ...]:
    language = talk.language
    match talk.stage:
        case Stage.TOLD:
            booking = _booking(talk)
            told = words.booking(booking, language) if tell else ()
            return (*told, *words.choices(booking, language))
        case Stage.TIME_RIGHT:
            assert talk.at is not None, "no time was keyed"
            return words.time_keyed(talk.at, language)
        case Stage.CANCEL:
            return words.cancel_this(_booking(talk), language)
        case stage:
            return words.say(language, stage.value.replace("_", "-"))


def _operator(talk: Talk) -> Next:
    return talk, Finish(Left.OPERATOR, words.say(talk.language, "by-operator"))


def _booking(talk: Talk) -> OwnBooking:
    assert talk.booking is not None, "no booking was found"
    return talk.booking
