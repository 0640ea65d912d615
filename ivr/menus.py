"""Menus as data: one file in `config/ivr/` is one menu tree, named after the file.

A tree is nodes that lead to each other. A caller is always at a person's queue, at a message or gone in the end:
`0` leads to an operator from everywhere unless a node gives it another meaning, and so do silence and wrong keys.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal, Self

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from ivr.languages import Language

NodeName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,30}$")]
PromptName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,60}$")]
MenuKey = Annotated[str, BeforeValidator(str), Field(pattern=r"^[0-9*#]$")]
TimeOfDay = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$")]
"""Hours and minutes in quotes: YAML takes a bare 10:00 for a number."""
Utterance = Annotated[str, Field(pattern=r"^\w+( \w+){0,4}$", max_length=40)]


class MenuInvalid(Exception):
    """A menu file cannot be used; the message lists all that is wrong with it, one line each."""


class Part(BaseModel):
    """A part of a menu file: unknown keys are mistakes, and nothing changes after it was read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Act(StrEnum):
    """What a key does that leads to no node: say the same again, go back one menu, or change the language."""

    REPEAT = "repeat"
    BACK = "back"
    LANGUAGE = "language"


class SpokenWords(Part):
    """What may be said instead of pressing the key, in each language: whole utterances of one or few words."""

    zh: tuple[Utterance, ...] = ()
    en: tuple[Utterance, ...] = ()

    def of(self, language: Language) -> tuple[str, ...]:
        """Return the utterances in `language`."""
        return self.zh if language is Language.ZH else self.en


class Choice(Part):
    """What one key does. `prompt` is said after the node's own; for a change of language, in that language.

    `speech`: what may be said instead of pressing the key, where a speech model is installed.
    """

    go: NodeName | None = None
    do: Act | None = None
    prompt: PromptName | None = None
    speech: SpokenWords = SpokenWords()

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.go is None) == (self.do is None):
            raise ValueError("must have either go (a node) or do (repeat, back, language)")
        return self


class Listening(Part):
    """A node that speaks and listens: `seconds` of silence after its prompts count as no key."""

    prompts: tuple[PromptName, ...] = Field(min_length=1)
    choices: dict[MenuKey, Choice] = {}
    seconds: float = Field(default=5.0, ge=1, le=30)


class MenuNode(Listening):
    """A choice. After `tries` times of silence or wrong keys the caller goes to `otherwise` (empty: an operator)."""

    kind: Literal["menu"]
    tries: int = Field(default=2, ge=1, le=5)
    wrong: PromptName | None = None
    otherwise: NodeName | None = None

    @model_validator(mode="after")
    def _offers_something(self) -> Self:
        if not self.choices:
            raise ValueError("a menu needs choices")
        return self


class InformationNode(Listening):
    """Something told to the caller, who is served by it; in silence it goes on at `then`."""

    kind: Literal["information"]
    then: NodeName


class OpenHours(Part):
    """Days and hours in the hotel's time zone; `until` earlier than `since` ends on the next day."""

    days: tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...] = (
        "mon", "tue", "wed", "thu", "fri", "sat", "sun",
    )  # fmt: skip
    since: TimeOfDay
    until: TimeOfDay


class HoursNode(Part):
    """A fork: `inside` the hours (holidays are outside), or `outside`."""

    kind: Literal["hours"]
    open: tuple[OpenHours, ...] = Field(min_length=1)
    holidays: tuple[date, ...] = ()
    inside: NodeName
    outside: NodeName

    def leads_to(self, local: datetime) -> str:
        """The node for this moment, given in the hotel's time zone."""
        minute = 60 * local.hour + local.minute
        is_open = any(_covers(hours, local.weekday(), minute) for hours in self.open)
        return self.inside if is_open and local.date() not in self.holidays else self.outside


class QueueNode(Part):
    """The end of the menu: a queue of the house, after the node's prompts."""

    kind: Literal["queue"]
    queue: str
    prompts: tuple[PromptName, ...] = ()


class OperatorNode(Part):
    """The end of the menu: the queue of the line that was called."""

    kind: Literal["operator"]
    prompts: tuple[PromptName, ...] = ()


class TransferNode(Part):
    """The end of the menu: a staff phone; when nobody takes it there, the line's queue."""

    kind: Literal["transfer"]
    extension: Annotated[str, Field(pattern=r"^[0-9]{3,6}$")]
    prompts: tuple[PromptName, ...] = ()


class VoicemailNode(Part):
    """The end of the menu: the caller leaves a message for the house, after the node's prompts."""

    kind: Literal["voicemail"]
    prompts: tuple[PromptName, ...] = ()


class HangUpNode(Part):
    """The end of the call, after the node's prompts and the closing words of the house."""

    kind: Literal["hang_up"]
    prompts: tuple[PromptName, ...] = ()


class FlowNode(Part):
    """A conversation of the house's own (`ivr.flows`). The caller comes back to `then`, or asks for a person.

    Then the walk goes on at `otherwise` (empty: an operator).
    """

    kind: Literal["flow"]
    flow: NodeName
    then: NodeName
    otherwise: NodeName | None = None


EndNode = QueueNode | OperatorNode | TransferNode | VoicemailNode | HangUpNode
Node = Annotated[MenuNode | InformationNode | HoursNode | FlowNode | EndNode, Field(discriminator="kind")]


class Menu(Part):
    """One tree of nodes; callers begin at `start`."""

    start: NodeName
    nodes: dict[NodeName, Node] = Field(min_length=1)


def load_menu(file: Path) -> Menu:
    """Read one menu file; whether its nodes, queues and prompts exist is for `ivr.checking` to say.

    Raises:
        MenuInvalid: it cannot be read, is not YAML or does not have the form of a menu.
    """
    try:
        return Menu.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")))
    except OSError as error:
        raise MenuInvalid(f"{file.name} cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise MenuInvalid(f"{file.name} is not YAML: {' '.join(str(error).split())}") from error
    except ValidationError as error:
        raise MenuInvalid("\n".join(_mistakes(file.name, error))) from error


def edges(node: MenuNode | InformationNode | HoursNode | FlowNode | EndNode) -> Mapping[str, str]:
    """Where a node can lead, by what leads there: a key, `silence`, `inside`, `outside`, `done` or `operator`."""
    match node:
        case MenuNode() | InformationNode():
            leads = {key: choice.go for key, choice in node.choices.items() if choice.go}
            silence = node.otherwise if isinstance(node, MenuNode) else node.then
            return leads | ({"silence": silence} if silence else {})
        case HoursNode():
            return {"inside": node.inside, "outside": node.outside}
        case FlowNode():
            return {"done": node.then} | ({"operator": node.otherwise} if node.otherwise else {})
        case _:
            return {}


def _mistakes(name: str, error: ValidationError) -> Iterator[str]:
    for detail in error.errors(include_url=False, include_input=False):
        place = ".".join(str(part) for part in detail["loc"]) or "(file)"
        yield f"{name}: {place}: {detail['msg'].removeprefix('Value error, ')}"


def _covers(hours: OpenHours, weekday: int, minute: int) -> bool:
    days = [("mon", "tue", "wed", "thu", "fri", "sat", "sun").index(day) for day in hours.days]
    since, until = _minutes(hours.since), _minutes(hours.until)
    if since < until:
        return weekday in days and since <= minute < until
    return (weekday in days and minute >= since) or ((weekday - 1) % 7 in days and minute < until)


def _minutes(time: str) -> int:
    hour, _, minute = time.partition(":")
    return 60 * int(hour) + int(minute)
