"""The walk through a menu as a pure machine: what the caller did goes in, what to do next comes out.

No I/O and no clock: the moment is an argument. Whatever a caller presses, the walk ends: silence and wrong keys are
counted, and after `MOST_STEPS` steps an operator asks what the wish is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from ivr.languages import Language
from ivr.menus import (
    Act,
    EndNode,
    FlowNode,
    HangUpNode,
    HoursNode,
    InformationNode,
    Menu,
    MenuNode,
    QueueNode,
    TransferNode,
    VoicemailNode,
)

OPERATOR_KEY = "0"
MOST_STEPS = 30
LONGEST_PATH = 20


@dataclass(frozen=True, slots=True)
class Pressed:
    """The caller pressed a key."""

    key: str


@dataclass(frozen=True, slots=True)
class Silence:
    """The caller pressed nothing in time."""


@dataclass(frozen=True, slots=True)
class HungUp:
    """The caller left."""


CallerDid = Pressed | Silence | HungUp


class Left(StrEnum):
    """How a caller left a flow: it is done, an operator is wanted, or the caller has gone."""

    BACK = "back"
    OPERATOR = "operator"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class FlowEnded:
    """The flow to which the menu led has ended; `informed`: the caller was told what was wanted to know."""

    left: Left
    informed: bool


class Ending(StrEnum):
    """How a walk ends: at a person (the first three), with a message, with the closing words, or the caller left."""

    QUEUE = "queue"
    OPERATOR = "operator"
    TRANSFER = "transfer"
    VOICEMAIL = "voicemail"
    HANG_UP = "hang_up"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Ask:
    """Say the prompts (`zh/menu-main`), any key interrupts, then wait `seconds` for one.

    `spoken`: the utterances that stand for keys in the caller's language, as (utterance, key).
    """

    prompts: tuple[str, ...]
    seconds: float
    spoken: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class End:
    """Say the prompts and end the walk; `target` is the queue or the extension."""

    ending: Ending
    target: str = ""
    prompts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Run:
    """Talk the caller through the flow of this name."""

    flow: str


Step = Ask | Run | End


@dataclass(frozen=True, slots=True)
class Position:
    """Where a caller is. `trail`: the nodes that `back` leads through; `informed`: was told what was wanted to know.

    `path` is what is kept of the walk: the nodes in order, the first `LONGEST_PATH` of them.
    """

    node: str
    language: Language
    tries: int = 0
    trail: tuple[str, ...] = ()
    path: tuple[str, ...] = ()
    steps: int = 0
    informed: bool = False


Next = tuple[Position, Step]


def begin(menu: Menu, language: Language, local: datetime) -> Next:
    """Start the walk; `local` is the moment in the hotel's time zone."""
    return _enter(menu, Position(menu.start, language), menu.start, local)


def advance(menu: Menu, position: Position, did: CallerDid | FlowEnded, local: datetime) -> Next:
    """Take what the caller did, or how a flow ended, and give the next step."""
    node = menu.nodes[position.node]
    position = replace(position, steps=position.steps + 1)
    if isinstance(did, HungUp):
        return position, End(Ending.GONE)
    if isinstance(did, FlowEnded):
        return _after_flow(menu, replace(position, informed=position.informed or did.informed), did.left, local)
    if position.steps > MOST_STEPS or not isinstance(node, MenuNode | InformationNode):
        return position, End(Ending.OPERATOR)
    if isinstance(did, Silence):
        if isinstance(node, InformationNode):
            return _enter(menu, position, node.then, local)
        return _failed(menu, position, node, (), local)
    choice = node.choices.get(did.key)
    if choice is not None and choice.go is not None:
        trail = (*position.trail, position.node)[-LONGEST_PATH:]
        return _enter(menu, replace(position, trail=trail), choice.go, local)
    if choice is not None:
        return _act(menu, position, choice.do, local)
    if did.key == OPERATOR_KEY:
        return position, End(Ending.OPERATOR)
    wrong = node.wrong if isinstance(node, MenuNode) else None
    return _failed(menu, position, node, (wrong,) if wrong else (), local)


def _after_flow(menu: Menu, position: Position, left: Left, local: datetime) -> Next:
    node = menu.nodes[position.node]
    if left is Left.GONE:
        return position, End(Ending.GONE)
    if not isinstance(node, FlowNode) or position.steps > MOST_STEPS:
        return position, End(Ending.OPERATOR)
    leads_to = node.then if left is Left.BACK else node.otherwise
    return _enter(menu, position, leads_to, local) if leads_to else (position, End(Ending.OPERATOR))


def _act(menu: Menu, position: Position, act: Act | None, local: datetime) -> Next:
    if act is Act.BACK and position.trail:
        *trail, last = position.trail
        return _enter(menu, replace(position, trail=tuple(trail)), last, local)
    if act is Act.LANGUAGE:
        position = replace(position, language=position.language.other)
    return _ask(menu, replace(position, tries=0), ())


def _failed(
    menu: Menu, position: Position, node: MenuNode | InformationNode, words: tuple[str, ...], local: datetime
) -> Next:
    """Silence or a wrong key: say it again, until the tries are used up."""
    tries = position.tries + 1
    if tries < (node.tries if isinstance(node, MenuNode) else 2):
        return _ask(menu, replace(position, tries=tries), words)
    if isinstance(node, MenuNode) and node.otherwise:
        return _enter(menu, position, node.otherwise, local)
    return position, End(Ending.OPERATOR)


def _enter(menu: Menu, position: Position, name: str, local: datetime) -> Next:
    """Come to a node; forks by the hour are passed at once."""
    for _ in range(len(menu.nodes) + 1):
        node = menu.nodes.get(name)
        if not isinstance(node, HoursNode):
            break
        name = node.leads_to(local)
    else:
        node = None
    if node is None or isinstance(node, HoursNode):
        return position, End(Ending.OPERATOR)
    position = replace(position, node=name, tries=0, path=(*position.path, name)[:LONGEST_PATH])
    if isinstance(node, MenuNode | InformationNode):
        informed = position.informed or isinstance(node, InformationNode)
        return _ask(menu, replace(position, informed=informed), ())
    if isinstance(node, FlowNode):
        return position, Run(node.flow)
    return position, _end(node, position.language)


def _ask(menu: Menu, position: Position, words: tuple[str, ...]) -> Next:
    node = menu.nodes[position.node]
    assert isinstance(node, MenuNode | InformationNode)
    own = position.language
    prompts = [f"{own}/{name}" for name in (*words, *node.prompts)]
    for choice in node.choices.values():
        if choice.prompt:
            prompts.append(f"{own.other if choice.do is Act.LANGUAGE else own}/{choice.prompt}")
    spoken = tuple((words, key) for key, choice in node.choices.items() for words in choice.speech.of(own))
    return position, Ask(tuple(prompts), node.seconds, spoken)


def _end(node: EndNode, language: Language) -> End:
    prompts = tuple(f"{language}/{name}" for name in node.prompts)
    match node:
        case QueueNode():
            return End(Ending.QUEUE, node.queue, prompts)
        case TransferNode():
            return End(Ending.TRANSFER, node.extension, prompts)
        case VoicemailNode():
            return End(Ending.VOICEMAIL, prompts=prompts)
        case HangUpNode():
            return End(Ending.HANG_UP, prompts=prompts)
        case _:
            return End(Ending.OPERATOR, prompts=prompts)
