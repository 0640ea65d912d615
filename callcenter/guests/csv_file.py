"""A file of guests as spreadsheets write it: which column is which, and each line as a draft of a card. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from callcenter.errors import HouseError
from callcenter.guests.card import Document, Draft, Number
from callcenter.guests.kinds import DocumentType

MOST_LINES: Final = 50_000
COLUMNS: Final = {
    "name": ("姓名", "客人姓名", "name"),
    "latin_surname": ("英文姓", "surname"),
    "latin_given": ("英文名", "given name", "given_name"),
    "numbers": ("电话", "手机", "联系电话", "phone", "telephone", "numbers"),
    "level": ("级别", "level"),
    "language": ("语言", "language"),
    "id_card": ("身份证", "身份证号", "身份证号码", "id card", "id_card"),
    "passport": ("护照", "护照号", "passport"),
    "nationality": ("国籍", "nationality"),
    "company": ("单位编码", "company", "company_code"),
    "address": ("地址", "address"),
    "do_not_call": ("请勿致电", "do not call", "do_not_call"),
    "contact_wish": ("联系要求", "contact wish", "contact_wish"),
    "note": ("备注", "note"),
}
"""The headings by which each column is known; others are left alone."""

_HEADINGS = {heading: name for name, headings in COLUMNS.items() for heading in headings}
_YES = frozenset({"是", "1", "y", "yes", "true", "x", "√"})
_LIMITS = {"name": 128, "latin_surname": 64, "latin_given": 64, "address": 256, "note": 1000, "contact_wish": 500}


class FileNotReadable(HouseError):
    """The file is no CSV that could be read; params: `reason` (encoding, headings, empty, long)."""

    code = "guest_file_not_readable"
    status = HTTPStatus.UNPROCESSABLE_ENTITY


class TextTooLong(HouseError):
    """A cell holds more than a card can; params: `field`, `most`."""

    code = "text_too_long"
    status = HTTPStatus.UNPROCESSABLE_ENTITY


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the file by its place (the heading is line 1), as it stands and by our names."""

    place: int
    cells: tuple[str, ...]
    values: dict[str, str]


@dataclass(frozen=True, slots=True)
class GuestFile:
    """A file that can be read: its headings and lines."""

    headings: tuple[str, ...]
    lines: tuple[Line, ...]


def decoded(content: bytes) -> str:
    """Return the text of a file in UTF-8, or in the encoding of Chinese spreadsheets.

    Raises:
        FileNotReadable: it is in neither.
    """
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise FileNotReadable(reason="encoding")


def read(text: str) -> GuestFile:
    """Read a file of guests.

    Raises:
        FileNotReadable: no heading is known, there is no line, or there are more than `MOST_LINES`.
    """
    rows = list(_rows(text))
    if not rows:
        raise FileNotReadable(reason="empty")
    headings = tuple(cell.strip() for cell in rows[0][1])
    names = [_HEADINGS.get(heading.casefold(), "") for heading in headings]
    if "name" not in names and "latin_surname" not in names:
        raise FileNotReadable(reason="headings")
    lines = []
    for place, cells in rows[1:]:
        if any(cell.strip() for cell in cells):
            values = {name: cell.strip() for name, cell in zip(names, cells, strict=False) if name}
            lines.append(Line(place, tuple(cells), values))
    if not lines:
        raise FileNotReadable(reason="empty")
    if len(lines) > MOST_LINES:
        raise FileNotReadable(reason="long")
    return GuestFile(headings, tuple(lines))


def draft_of(line: Line, company_id: int | None) -> tuple[Draft, list[Document]]:
    """Return the card that a line describes; several numbers stand between semicolons, slashes or commas.

    Raises:
        TextTooLong: a cell holds more than a card can.
    """
    values = line.values
    for name, most in _LIMITS.items():
        if len(values.get(name, "")) > most:
            raise TextTooLong(field=name, most=most)
    typed = values.get("numbers", "")
    for separator in "；，、,/\n":
        typed = typed.replace(separator, ";")
    texts: dict[str, Any] = {
        name: "".join(c for c in values.get(name, "") if c.isprintable() or c == "\n") for name in _LIMITS
    }
    draft = Draft(
        **texts,
        level=values.get("level", ""),
        language=values.get("language", "")[:3].lower() or "zh",
        nationality=values.get("nationality", "")[:2],
        company_id=company_id,
        do_not_call=values.get("do_not_call", "").casefold() in _YES,
        numbers=tuple(Number(part.strip()) for part in typed.split(";") if part.strip()),
    )
    papers = []
    if values.get("id_card"):
        papers.append(Document(DocumentType.ID_CARD, values["id_card"]))
    if values.get("passport"):
        papers.append(Document(DocumentType.PASSPORT, values["passport"], draft.nationality))
    return draft, papers


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    sample = text.partition("\n")[0]
    delimiter = max(",;\t", key=sample.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for cells in reader:
            yield reader.line_num, cells
    except csv.Error as error:
        raise FileNotReadable(reason="form") from error
