"""The keys under which a card is found: names, pinyin, initials, numbers and documents, from the front and the end.

Every search is "begins with" in an index, so it takes as long among two hundred thousand cards as among a few. What
begins in the middle (a given name, the last digits) has a key of its own.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Final

from pypinyin import Style, lazy_pinyin

from callcenter.guests.kinds import KeyKind

LONGEST = 64
LONGEST_PINYIN_NAME: Final = 12
"""Names of more characters are companies or whole sentences: they are found by their own characters."""

SURNAME_READINGS: Final = {
    "单": "shan", "曾": "zeng", "仇": "qiu", "解": "xie", "查": "zha", "任": "ren", "区": "ou", "朴": "piao",
    "盖": "ge", "宓": "mi", "乐": "yue", "员": "yun", "繁": "po", "折": "she", "种": "chong", "秘": "bi",
    "冼": "xian", "覃": "qin", "召": "shao", "黑": "he", "过": "guo", "缪": "miao", "翟": "zhai", "尹": "yin",
    "万俟": "moqi", "尉迟": "yuchi", "单于": "chanyu", "长孙": "zhangsun", "澹台": "tantai", "令狐": "linghu",
}  # fmt: skip
"""How surnames are read where that differs from the character's usual reading."""

_HAN = re.compile(r"[㐀-䶿一-鿿豈-﫿]")
_HAN_RUN = re.compile(r"[㐀-䶿一-鿿豈-﫿]+")
_WORD = re.compile(r"[a-z0-9]+")

Key = tuple[KeyKind, str]


@dataclass(frozen=True, slots=True)
class Facts:
    """What a card is found by. `numbers` with their national digits: ("+8613…", "13…")."""

    name: str
    latin: tuple[str, str]
    numbers: tuple[tuple[str, str], ...]
    documents: tuple[str, ...]


def keys_of(facts: Facts) -> set[Key]:
    """Return every key of a card."""
    found: set[Key] = set()
    found.update(_name_keys(facts.name))
    found.update(_latin_keys([*_words(facts.name), *_words(facts.latin[0]), *_words(facts.latin[1])]))
    found.update(_latin_keys([*_words(facts.latin[0]), *_words(facts.latin[1])]))
    found.update(_latin_keys([*_words(facts.latin[1]), *_words(facts.latin[0])]))
    for number, national in facts.numbers:
        digits = number.removeprefix("+")
        found |= {(KeyKind.NUMBER, digits), (KeyKind.NUMBER, national), (KeyKind.NUMBER_END, national[::-1])}
    for document in facts.documents:
        found |= {(KeyKind.DOCUMENT, document), (KeyKind.DOCUMENT_END, document[::-1])}
    return {(kind, key[:LONGEST]) for kind, key in found if key}


def folded(text: str) -> str:
    """Write Latin letters small and without accents, full-width signs as usual ones."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return unicodedata.normalize("NFC", "".join(sign for sign in decomposed if not unicodedata.combining(sign)))


def han_of(text: str) -> str:
    """Return the Chinese characters of `text`, joined."""
    return "".join(_HAN.findall(text))


def readings(name: str) -> list[list[str]]:
    """Return how a Chinese name may be read, each reading as its syllables; the likeliest first.

    A surname is read as surnames are (曾 zeng, 单 shan); ü is written v, u and yu, as people type and passports say.
    """
    usual = _syllables(name)
    found = [usual]
    for length in (2, 1):
        surname = SURNAME_READINGS.get(name[:length])
        if surname is not None:
            found.insert(0, [surname, *usual[length:]])
            break
    return [variant for reading in found for variant in _spellings(reading)]


def _name_keys(name: str) -> Iterator[Key]:
    for run in _HAN_RUN.findall(name):
        for start in range(max(1, len(run) - 1)):
            yield KeyKind.NAME, run[start:]
        if len(run) > LONGEST_PINYIN_NAME:
            continue
        for reading in readings(run):
            yield KeyKind.PINYIN, "".join(reading)
            if len(reading) > 1:
                yield KeyKind.PINYIN, "".join(reading[1:])
                yield KeyKind.INITIALS, "".join(syllable[0] for syllable in reading)


def _latin_keys(words: list[str]) -> Iterator[Key]:
    for word in words:
        yield KeyKind.LATIN, word
    if len(words) > 1:
        yield KeyKind.LATIN, "".join(words)


def _words(text: str) -> list[str]:
    return _WORD.findall(folded(text))


def _syllables(name: str) -> list[str]:
    return [folded(syllable) for syllable in lazy_pinyin(name, style=Style.NORMAL)]


def _spellings(reading: Iterable[str]) -> Iterator[list[str]]:
    choices = [(s, s.replace("v", "u"), s.replace("v", "yu")) if s in ("lv", "nv") else (s,) for s in reading]
    for spelling in product(*choices):
        yield list(spelling)
