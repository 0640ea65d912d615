"""Telephone numbers in one form: the house's own and short numbers first, everything else E.164.

A number that a caller shows, that a guest dictates or that an agency's list holds means the same person in whatever
way it is written: 138 1234 5678, 0086-138…, +86138….
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat

from callcenter.errors import HouseError
from callcenter.settings import Settings

LONGEST_TYPED: Final = 40
LOCAL_DIGITS: Final = range(6, 9)
"""Lengths of numbers that are dialled without an area code."""

_DECORATION = re.compile(r"[\s().\-–—_/]")
_CALLABLE = re.compile(r"\+?[0-9*#]+")


class NumberNotValid(HouseError):
    """This is no telephone number that could be rung; params: `number`."""

    code = "number_not_valid"
    status = HTTPStatus.UNPROCESSABLE_ENTITY


class AreaCodeMissing(HouseError):
    """A local number was given without its area code, and the house has set none; params: `number`."""

    code = "area_code_missing"
    status = HTTPStatus.UNPROCESSABLE_ENTITY


@dataclass(frozen=True, slots=True)
class NumberPlan:
    """How numbers are read here: `own` are the house's extensions and lines, `short` what is dialled as it stands.

    `region`: whose national numbers are meant without a country code (ISO 3166). `area_code`: with its leading
    zero, put before local numbers; empty where there is none.
    """

    region: str = "CN"
    area_code: str = ""
    own: frozenset[str] = field(default=frozenset())
    short: frozenset[str] = field(default=frozenset())

    @classmethod
    def of(cls, settings: Settings) -> NumberPlan:
        """Take it from the settings."""
        lines = {line.number for line in settings.lines}
        blocks = {extension for block in (*settings.phones, *settings.rooms) for extension in block.extensions}
        guests = settings.guests
        return cls(guests.region, guests.area_code, frozenset(lines | blocks), frozenset(settings.pbx.short_numbers))

    def read(self, typed: str) -> str:
        """Return the one form of `typed`: an extension or short number as it is, anything else as E.164.

        Raises:
            NumberNotValid: nobody could be rung there.
            AreaCodeMissing: it is a local number.
        """
        number = _plain(typed)
        if number in self.own or number in self.short:
            return number
        if len(typed) > LONGEST_TYPED or _CALLABLE.fullmatch(number) is None:
            raise NumberNotValid(number=typed[:LONGEST_TYPED])
        parsed = self._parsed(number)
        if not phonenumbers.is_valid_number(parsed):
            if number[0] not in "+0" and len(number) in LOCAL_DIGITS:
                if not self.area_code:
                    raise AreaCodeMissing(number=typed)
                parsed = self._parsed(self.area_code + number)
            if not self._may_exist(number, parsed):
                raise NumberNotValid(number=typed)
        return phonenumbers.format_number(parsed, PhoneNumberFormat.E164)

    def recognise(self, shown: str) -> str | None:
        """Return the one form of a caller's number as the exchange shows it, None where it tells nobody's number."""
        try:
            return self.read(shown)
        except HouseError:
            return None

    def national(self, number: str) -> str:
        """Return the digits of an E.164 `number` without the country code; any other number as it is."""
        if not number.startswith("+"):
            return number
        return phonenumbers.national_significant_number(phonenumbers.parse(number))

    def _parsed(self, number: str) -> phonenumbers.PhoneNumber:
        try:
            return phonenumbers.parse(number, self.region)
        except NumberParseException as error:
            raise NumberNotValid(number=number) from error

    def _may_exist(self, number: str, parsed: phonenumbers.PhoneNumber) -> bool:
        """Tables of foreign numbers age: from abroad a possible length is enough, at home the number must exist."""
        if number.startswith(("+", "00")) and parsed.country_code != self._country_code:
            return phonenumbers.is_possible_number(parsed)
        return phonenumbers.is_valid_number(parsed)

    @property
    def _country_code(self) -> int:
        return phonenumbers.country_code_for_region(self.region)


def _plain(typed: str) -> str:
    return _DECORATION.sub("", unicodedata.normalize("NFKC", typed).strip())
