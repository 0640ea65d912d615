"""Somebody who is registered at check-in, as the form and the law want it (requirements 3, guest data)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is registered; mainland guests with an ID card, guests from abroad with a passport.

    `guest_id`: the card of which the operator said that it is this person's; what is left empty is filled in from it.
    """

    name: str
    guest_id: int | None = None
    phone: str = ""
    foreign: bool = False
    document_type: str = ""
    document_number: str = ""
    nationality: str = ""
    origin: str = ""
    sex: str = ""
    birthday: date | None = None
    address: str = ""
