"""All prompts of the house as a list: words and recordings in each language, and the menu nodes that say them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from callcenter.errors import NotFound
from ivr.checking import prompts_of
from ivr.languages import Language
from ivr.menus import Menu
from ivr.own import NAME, OwnPrompts
from ivr.rendering import Prompts
from ivr.sounds import Sounds
from ivr.texts import BOTH, Prompt


@dataclass(frozen=True, slots=True)
class Side:
    """A prompt in one language. `seconds` is 0 where there is no recording.

    `outdated`: the shipped recording says another text than the present one, which holds the name of the house.
    `unusable`: why the house's own file is not heard, if that is so.
    """

    name: str
    words: str
    seconds: float
    outdated: bool
    own_changed_at: datetime | None
    own_seconds: float
    unusable: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One prompt. `used_by`: the menu nodes (`main/facilities`) that say it."""

    name: str
    is_piece: bool
    used_by: tuple[str, ...]
    sides: Mapping[Language, Side]


class Library:
    """What can be heard in this house: `prompts` are the texts, `shipped` the folder of their recordings.

    `stale`: the shipped files that do not say their text.
    """

    def __init__(self, prompts: Prompts, shipped: Path, stale: Collection[str], own: OwnPrompts) -> None:
        self._prompts = prompts
        self._stale = stale
        self._sounds = Sounds(shipped)
        self._own = own

    def entries(self, menus: Mapping[str, Menu]) -> list[Entry]:
        """List every prompt: with a text, said by a menu, or recorded by the house."""
        uses: dict[str, list[str]] = {}
        for menu_name, menu in menus.items():
            for node_name, node in menu.nodes.items():
                for prompt in dict.fromkeys(prompts_of(node)):
                    uses.setdefault(prompt, []).append(f"{menu_name}/{node_name}")
        changed = self._own.changed_at()
        unusable = self._own.unusable()
        known = dict.fromkeys(_bare(name) for name in self._prompts)
        others = {*uses, *(_bare(name) for name in changed if not name.startswith(BOTH))} - known.keys()
        return [
            Entry(
                name=name,
                is_piece=any(prompt.is_piece for prompt in self._in_each_language(name)),
                used_by=tuple(uses.get(name, ())),
                sides={
                    language: self._side(f"{language}/{name}", changed, unusable) for language in self._needed(name)
                },
            )
            for name in (*known, *sorted(others))
        ]

    def full_name(self, identity: str) -> str:
        """Turn an id (`zh.menu-main`) into the name of a prompt that may be recorded (`zh/menu-main`).

        Raises:
            NotFound: it cannot be one.
        """
        name = identity.replace(".", "/")
        if NAME.fullmatch(name) is None or name.startswith(BOTH):
            raise NotFound(kind="prompt", id=identity[:64])
        return name

    def _side(self, name: str, changed: Mapping[str, datetime], unusable: Mapping[str, str]) -> Side:
        prompt = self._prompts.get(name)
        own = self._own.own(name)
        return Side(
            name=name,
            words=prompt.words if prompt else "",
            seconds=self._sounds.seconds(name),
            outdated=name in self._stale and self._sounds.has(name),
            own_changed_at=changed.get(name),
            own_seconds=Sounds(own.parent).seconds(own.stem) if own else 0.0,
            unusable=unusable.get(name, ""),
        )

    def _needed(self, name: str) -> list[Language]:
        """The languages that a prompt exists in: each language has its own pieces, everything else is in all."""
        languages = [language for language in Language if f"{language}/{name}" in self._prompts]
        pieces = any(prompt.is_piece for prompt in self._in_each_language(name))
        return languages if pieces else list(Language)

    def _in_each_language(self, name: str) -> Iterator[Prompt]:
        for language in Language:
            if (prompt := self._prompts.get(f"{language}/{name}")) is not None:
                yield prompt


def _bare(name: str) -> str:
    return name.partition("/")[2]
