"""What callers hear, as words: the texts of the prompts and of the pieces, read from `ivr/prompts`.

`zh.yaml` and `en.yaml` hold the prompts (name -> text), each name in both languages; `both.yaml` names those that are
also needed as Chinese followed by English; `pieces.yaml` holds the pieces of each language.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ivr.languages import Language

BOTH = "both"
_KEPT = re.compile(r"(.*)\[(.+)\](.*)", re.DOTALL)


class PromptTextsInvalid(ValueError):
    """The prompt texts contradict each other: names missing in one language, or unknown names in both.yaml."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """One recorded sound: `name` (`zh/menu-main`), `words` that a caller hears, `script` that the voice reads.

    Of a script `before[kept]after` only `kept` is recorded. `pace` is relative to the voice's own. A piece has a
    `group` (the words that it could be mistaken for) and `within`: the pieces among which it is listened to, with {}
    for itself.
    """

    name: str
    words: str
    script: str
    pace: float = 1.0
    group: str = ""
    within: tuple[str, ...] = ()

    @property
    def language(self) -> Language:
        """The language that it is said in."""
        return Language(self.name.partition("/")[0])

    @property
    def is_piece(self) -> bool:
        """Whether others stand before and after it in what a caller hears."""
        return bool(self.group)


def load_prompts(folder: Path, house: Mapping[Language, str]) -> dict[str, Prompt]:
    """Read all prompts and pieces by name, with the name of the `house` in each language put into them.

    Raises:
        PromptTextsInvalid: a name stands in one language only or twice, or a value is no text.
    """
    prompts: dict[str, Prompt] = {}
    names: dict[Language, set[str]] = {}
    for language in Language:
        texts = _read(folder / f"{language}.yaml")
        names[language] = set(texts)
        for name, text in texts.items():
            script = _text(name, text).replace("{house}", house[language])
            prompts[f"{language}/{name}"] = Prompt(f"{language}/{name}", kept(script), script)
    lonely = names[Language.ZH] ^ names[Language.EN]
    if lonely:
        raise PromptTextsInvalid(f"in one language only: {', '.join(sorted(lonely))}")
    for piece in _pieces(_read(folder / "pieces.yaml")):
        if piece.name in prompts:
            raise PromptTextsInvalid(f"{piece.name} stands twice in the texts")
        prompts[piece.name] = piece
    return prompts


def bilingual(folder: Path, prompts: Mapping[str, Prompt]) -> tuple[str, ...]:
    """Name the prompts that are also needed in Chinese followed by English.

    Raises:
        PromptTextsInvalid: one of them has no text.
    """
    wanted = tuple(yaml.safe_load((folder / f"{BOTH}.yaml").read_text(encoding="utf-8")) or ())
    for name in wanted:
        if any(f"{language}/{name}" not in prompts for language in Language):
            raise PromptTextsInvalid(f"both.yaml names {name}, which has no text")
    return wanted


def kept(script: str) -> str:
    """What a caller hears of a script."""
    match = _KEPT.fullmatch(script)
    return match[2] if match else script


def _read(file: Path) -> dict[str, Any]:
    return yaml.safe_load(file.read_text(encoding="utf-8")) or {} if file.is_file() else {}


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise PromptTextsInvalid(f"{name} is {value!r}, which is no text: put it in quotes")
    return value


def _pieces(groups: Mapping[str, Any]) -> Iterator[Prompt]:
    for language in Language:
        for number, group in enumerate(groups.get(language, ())):
            for name, value in group["words"].items():
                words = _text(name, value)
                yield Prompt(
                    name=f"{language}/{name}",
                    words=words,
                    script=group.get("takes", {}).get(name, group["carrier"]).replace("{}", words),
                    pace=group["pace"],
                    group=f"{language}-{number}",
                    within=tuple(part if part == "{}" else f"{language}/{part}" for part in group["within"]),
                )
