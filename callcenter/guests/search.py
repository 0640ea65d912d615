"""One search box: number, name, pinyin, initials, document; room and booking number through whoever knows them.

What is typed tells what it may be: digits a number or a document, Chinese a name, letters pinyin, initials or a Latin
name. Several words of different kinds (王 8817) must all fit.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, literal, or_, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from callcenter.guests import store
from callcenter.guests.documents import plain
from callcenter.guests.keys import LONGEST, folded, han_of
from callcenter.guests.kinds import KeyKind
from callcenter.guests.models import Guest, GuestKey

MOST_HITS: Final = 20
LEAST_END: Final = 4
"""Digits from which on an input may also be the end of a number or document."""
LEAST_DOCUMENT: Final = 6

_LAST = "\U0010ffff"
_GAPS = re.compile(r"[\s().\-–—_/·'’]")
_DIGITS = re.compile(r"\+?[0-9]+")
_LETTERS = re.compile(r"[a-zü']+")
_INTERNATIONAL = re.compile(r"^(\+|00?)")

_KEPT_SECRET = (KeyKind.NUMBER, KeyKind.NUMBER_END, KeyKind.DOCUMENT, KeyKind.DOCUMENT_END)


class GuestFinder(Protocol):
    """Finds guests by what another slice knows of them (room, booking number); `main` hands them over."""

    async def find_guests(self, session: AsyncSession, text: str, limit: int) -> Sequence[int]:
        """Return ids of guest cards that `text` names, the likeliest first."""
        ...


@dataclass(frozen=True, slots=True)
class Term:
    """One thing that is looked for: any of these kinds, beginning with this key."""

    choices: tuple[tuple[KeyKind, str], ...]

    @property
    def is_digits(self) -> bool:
        """Whether it is a number or document, which few cards share."""
        return all(kind in _KEPT_SECRET for kind, _ in self.choices)


class Search:
    """The search box. `finders` look where this slice cannot."""

    def __init__(self, finders: Sequence[GuestFinder] = ()) -> None:
        self._finders = tuple(finders)

    async def find(
        self, session: AsyncSession, text: str, *, by_number: bool = True, limit: int = MOST_HITS
    ) -> list[Guest]:
        """Return the cards that fit `text`, exact hits first, at most `limit`.

        `by_number`: False for those who may not see numbers; they could else confirm a guessed one.
        """
        found: list[int] = []
        for finder in self._finders:
            found += await finder.find_guests(session, text.strip(), limit)
        terms = terms_of(text)
        if not by_number:
            terms = [Term(tuple(one for one in term.choices if one[0] not in _KEPT_SECRET)) for term in terms]
        if terms and all(term.choices for term in terms):
            found += await session.scalars(_statement(terms, limit))
        return (await store.by_ids(session, found))[:limit]


def terms_of(text: str) -> list[Term]:
    """Tell what an input may be; all of the returned terms must fit."""
    words = folded(text).split()
    han = han_of("".join(words))
    digits = "".join(
        re.findall(r"\+?[0-9]+", "".join(word for word in words if _DIGITS.fullmatch(_GAPS.sub("", word))))
    )
    letters = _GAPS.sub("", "".join(word for word in words if _LETTERS.fullmatch(_GAPS.sub("", word))))
    mixed = [word for word in words if not han_of(word) and _is_mixed(_GAPS.sub("", word))]
    terms = []
    if digits:
        terms.append(Term(_digit_choices(digits)))
    terms += [Term(((KeyKind.DOCUMENT, plain(word)[:LONGEST]),)) for word in mixed]
    if han:
        terms.append(Term(((KeyKind.NAME, han[:LONGEST]),)))
    if letters:
        spelled = letters[:LONGEST]
        kinds = (KeyKind.PINYIN, KeyKind.LATIN, KeyKind.INITIALS)
        terms.append(Term(tuple((kind, spelled) for kind in kinds)))
    return terms


async def listed(session: AsyncSession, name: str) -> list[Guest]:
    """Return the cards on the special-attention list whose whole name is `name`, however it is written.

    A Chinese name is compared by its characters, a Latin one by its letters in either order.
    """
    return [guest for guest in await same_name(session, name) if guest.attention_colour is not None]


async def same_name(session: AsyncSession, name: str, limit: int = 50) -> list[Guest]:
    """Return the cards whose whole name is `name`, those on the special-attention list first."""
    han = han_of(name)
    key = (KeyKind.NAME, han) if han else (KeyKind.LATIN, "".join(re.findall(r"[a-z0-9]+", folded(name))))
    if not key[1]:
        return []
    held = select(GuestKey.guest_id).where(GuestKey.kind == int(key[0]), GuestKey.key == key[1][:LONGEST])
    statement = (
        select(Guest)
        .where(Guest.id.in_(held), Guest.merged_into_id.is_(None))
        .order_by(Guest.attention_colour.is_(None), Guest.id)
        .limit(limit)
    )
    found = await session.scalars(statement)
    return [guest for guest in found if not han or han_of(guest.name) == han]


def _statement(terms: Sequence[Term], limit: int) -> Select[tuple[int]]:
    """Walk the index for the rarest term; the cards that it finds must fit the others too."""
    driving = next((term for term in terms if term.is_digits), terms[0])
    others = [term for term in terms if term is not driving]
    parts = []
    for kind, key in driving.choices:
        part = (
            select(GuestKey.guest_id, literal(int(kind)).label("kind"), _exactness(key).label("inexact"))
            .where(_begins(GuestKey, kind, key))
            .order_by(GuestKey.key, GuestKey.guest_id)
            .limit(limit * 2)
        )
        for other in others:
            again = aliased(GuestKey)
            fits = or_(*(_begins(again, one, text) for one, text in other.choices))
            part = part.where(exists().where(again.guest_id == GuestKey.guest_id, fits))
        parts.append(select(part.subquery()))
    hits = union_all(*parts).subquery()
    order = func.min(hits.c.inexact * 100 + hits.c.kind)
    return select(hits.c.guest_id).group_by(hits.c.guest_id).order_by(order, hits.c.guest_id).limit(limit)


def _begins(table: type[GuestKey], kind: KeyKind, key: str) -> ColumnElement[bool]:
    return and_(table.kind == int(kind), table.key >= key, table.key < key + _LAST)


def _exactness(key: str) -> ColumnElement[int]:
    return case((GuestKey.key == key, 0), else_=1)


def _digit_choices(digits: str) -> tuple[tuple[KeyKind, str], ...]:
    front = _INTERNATIONAL.sub("", digits) or digits
    bare = digits.removeprefix("+")
    choices = [(KeyKind.NUMBER, front)]
    if bare != front:
        choices.append((KeyKind.NUMBER, bare))
    if len(bare) >= LEAST_END:
        choices += [(KeyKind.NUMBER_END, bare[::-1]), (KeyKind.DOCUMENT_END, bare[::-1])]
    if len(bare) >= LEAST_DOCUMENT:
        choices.append((KeyKind.DOCUMENT, bare))
    return tuple((kind, key[:LONGEST]) for kind, key in choices)


def _is_mixed(word: str) -> bool:
    return word.isascii() and word.isalnum() and not word.isdigit() and not word.isalpha()
