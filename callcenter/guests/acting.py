"""Who acts on a card, and from where."""

from __future__ import annotations

from dataclasses import dataclass

from callcenter.staff.audit import Actor


@dataclass(frozen=True, slots=True)
class By:
    """Who acts, from which address."""

    actor: Actor
    address: str = ""
