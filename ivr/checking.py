"""What is wrong with a menu before a caller finds out (`callcenter ivr check`), and its picture (`… ivr graph`)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from callcenter.settings import Settings
from ivr.flows import PROMPTS
from ivr.languages import Language
from ivr.menus import (
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
    edges,
)
from ivr.sounds import Sounds

AnyNode = MenuNode | InformationNode | HoursNode | FlowNode | EndNode
OPERATOR = "an operator"
MOST_WORDS = 20
WITHOUT_KEYS = ("silence", "inside", "outside", "operator")


class Problem(StrEnum):
    """What can be wrong with a node."""

    DEAD_END = "dead end"
    UNREACHABLE = "unreachable"
    ENDLESS = "loop without exit"
    MISSING_PROMPT = "missing prompt"
    UNKNOWN_TARGET = "unknown target"
    SPEECH = "speech"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong: at which node, what, and the detail in words."""

    node: str
    problem: Problem
    detail: str

    def __str__(self) -> str:
        return f"{self.node}: {self.problem}: {self.detail}"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a menu can lead to: the house's queues, its staff phones, and the prompts (`zh/NAME`) that exist.

    `flows`: what each flow says.
    """

    queues: Collection[str]
    extensions: Collection[str]
    has_prompt: Callable[[str], bool]
    flows: Mapping[str, Collection[str]] = field(default_factory=lambda: PROMPTS)


def surroundings(settings: Settings, sounds: Sounds) -> Surroundings:
    """What this house's menus can lead to."""
    return Surroundings(
        queues=settings.queues.keys(),
        extensions=frozenset(extension for block in settings.phones for extension in block.extensions),
        has_prompt=sounds.has,
    )


def check(menu: Menu, around: Surroundings) -> list[Finding]:
    """Return everything that is wrong with a menu, in the order of its nodes."""
    findings = [*_dead_ends(menu), *_unreachable(menu), *_endless(menu)]
    for name, node in menu.nodes.items():
        findings += _targets(name, node, around)
        findings += _prompts(name, node, around)
        findings += _speech(name, node)
    order = {name: number for number, name in enumerate(menu.nodes)}
    return sorted(findings, key=lambda finding: order.get(finding.node, -1))


def graph(menu: Menu) -> str:
    """Draw a menu as a Mermaid flowchart; `0` leads to an operator where a node says nothing else."""
    lines = ["flowchart TD", f"  caller([caller]) --> {_id(menu.start)}"]
    lines += [f"  {_id(name)}{_shape(name, node)}" for name, node in menu.nodes.items()]
    for name, node in menu.nodes.items():
        lines += [f'  {_id(name)} -- "{label}" --> {_id(target)}' for label, target in edges(node).items()]
        if isinstance(node, MenuNode | InformationNode):
            own = [f"{key} {choice.do}" for key, choice in node.choices.items() if choice.do]
            lines += [f'  {_id(name)} -- "{", ".join(own)}" --> {_id(name)}'] if own else []
        if isinstance(node, FlowNode) and not node.otherwise:
            lines.append(f'  {_id(name)} -- "operator" --> person([{OPERATOR}])')
        if isinstance(node, MenuNode) and not node.otherwise:
            lines.append(f'  {_id(name)} -- "0, silence" --> person([{OPERATOR}])')
    return "\n".join(lines)


def prompts_of(node: AnyNode, flows: Mapping[str, Collection[str]] = PROMPTS) -> list[str]:
    """Every prompt that a node may say; `flows`: what each flow says."""
    if isinstance(node, HoursNode):
        return []
    if isinstance(node, FlowNode):
        return list(flows.get(node.flow, ()))
    names = list(node.prompts)
    if isinstance(node, MenuNode | InformationNode):
        names += [choice.prompt for choice in node.choices.values() if choice.prompt]
    if isinstance(node, MenuNode) and node.wrong:
        names.append(node.wrong)
    return names


def _dead_ends(menu: Menu) -> Iterator[Finding]:
    if menu.start not in menu.nodes:
        yield Finding(menu.start, Problem.DEAD_END, "callers begin at this node, which does not exist")
    for name, node in menu.nodes.items():
        for label, target in edges(node).items():
            if target not in menu.nodes:
                yield Finding(name, Problem.DEAD_END, f"{label} leads to {target}, which does not exist")


def _unreachable(menu: Menu) -> Iterator[Finding]:
    reached = {menu.start}
    waiting = [menu.start]
    while waiting:
        node = menu.nodes.get(waiting.pop())
        new = [target for target in edges(node).values() if target not in reached] if node else []
        reached.update(new)
        waiting += new
    for name in menu.nodes:
        if name not in reached:
            yield Finding(name, Problem.UNREACHABLE, "no key and no silence leads here")


def _endless(menu: Menu) -> Iterator[Finding]:
    """Find the nodes from which a caller who presses nothing may go round for ever."""
    silent = {
        name: {target for label, target in edges(node).items() if label in WITHOUT_KEYS and target in menu.nodes}
        for name, node in menu.nodes.items()
    }
    ending: set[str] = set()
    while new := {name for name, targets in silent.items() if name not in ending and ending >= targets}:
        ending |= new
    for name in menu.nodes:
        if name not in ending:
            yield Finding(name, Problem.ENDLESS, f"in silence a caller goes on to {', '.join(sorted(silent[name]))}")


def _targets(name: str, node: AnyNode, around: Surroundings) -> Iterator[Finding]:
    if isinstance(node, QueueNode) and node.queue not in around.queues:
        yield Finding(name, Problem.UNKNOWN_TARGET, f"there is no queue {node.queue}")
    if isinstance(node, TransferNode) and node.extension not in around.extensions:
        yield Finding(name, Problem.UNKNOWN_TARGET, f"{node.extension} is no phone of the staff")
    if isinstance(node, FlowNode) and node.flow not in around.flows:
        yield Finding(name, Problem.UNKNOWN_TARGET, f"there is no flow {node.flow}")


def _speech(name: str, node: AnyNode) -> Iterator[Finding]:
    """What is said must mean one choice, and who speaks the other language may speak too."""
    if not isinstance(node, MenuNode | InformationNode):
        return
    for language in Language:
        keys: dict[str, str] = {}
        for key, choice in node.choices.items():
            for words in choice.speech.of(language):
                other = keys.setdefault(words, key)
                if other != key:
                    yield Finding(name, Problem.SPEECH, f"{words} stands for {other} and for {key}")
            if not choice.speech.of(language) and choice.speech.of(language.other):
                yield Finding(name, Problem.SPEECH, f"{key} can be said in {language.other} only")
        if len(keys) > MOST_WORDS:
            yield Finding(name, Problem.SPEECH, f"{len(keys)} utterances in {language}; {MOST_WORDS} can be told apart")


def spoken(menu: Menu, language: Language) -> dict[str, list[str]]:
    """All that can be said in `language`, by node."""
    asking = {name: node for name, node in menu.nodes.items() if isinstance(node, MenuNode | InformationNode)}
    said = {
        name: [words for choice in node.choices.values() for words in choice.speech.of(language)]
        for name, node in asking.items()
    }
    return {name: words for name, words in said.items() if words}


def _prompts(name: str, node: AnyNode, around: Surroundings) -> Iterator[Finding]:
    for prompt in prompts_of(node, around.flows):
        lacking = [language for language in Language if not around.has_prompt(f"{language}/{prompt}")]
        if lacking:
            yield Finding(name, Problem.MISSING_PROMPT, f"{prompt} is missing in {' and '.join(lacking)}")


def _id(name: str) -> str:
    return f"n_{name.replace('-', '_')}"


def _shape(name: str, node: AnyNode) -> str:
    match node:
        case QueueNode():
            return f'(["{name}: queue {node.queue}"])'
        case TransferNode():
            return f'(["{name}: phone {node.extension}"])'
        case VoicemailNode():
            return f'>"{name}: message"]'
        case HangUpNode():
            return f'(("{name}: closing words"))'
        case HoursNode():
            return f'{{"{name}: {" ".join(f"{hours.since}-{hours.until}" for hours in node.open)}"}}'
        case InformationNode():
            return f'[/"{name}"/]'
        case FlowNode():
            return f'[["{name}: flow {node.flow}"]]'
        case MenuNode():
            return f'["{name}"]'
        case _:
            return f'(["{name}: {OPERATOR}"])'
