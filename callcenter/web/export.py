"""Lists as files: CSV and XLSX, in the client's language, safe to open in a spreadsheet.

A file is written to disk batch by batch, so that memory stays the same however long the list is, and is sent only when
it is whole: a list that is too long is refused with a clear error, never cut off. `lists` makes such a file of any list
of the API.
"""

from __future__ import annotations

import asyncio
import csv
import io
import re
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from http import HTTPStatus
from typing import IO, Any, Generic, Protocol, TypeVar
from urllib.parse import quote
from zoneinfo import ZoneInfo

import xlsxwriter  # type: ignore[import-untyped]
from aiohttp import web

from callcenter.errors import HouseError
from callcenter.settings import Words
from callcenter.web.problems import language_of

MOST_ROWS = 50_000
"""A longer list is refused: it is narrowed by a filter or fetched page by page."""

CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MEDIA = (CSV, XLSX)
"""For `Contract(media=MEDIA)` of a route that exports."""

Cell = str | int | float | Decimal | bool | date | datetime | Words | None
Row = TypeVar("Row")

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_PLAIN_NUMBER = re.compile(r"[+-]?[0-9][0-9 .-]*")
_YES: dict[str, dict[bool, str]] = {"zh": {True: "是", False: "否"}, "en": {True: "yes", False: "no"}}
_LONGEST_SHEET_NAME = 31
_CHUNK = 64 * 1024


class TooManyRows(HouseError):
    """The list is too long for one file; params: `most`."""

    code = "too_many_rows"
    status = HTTPStatus.UNPROCESSABLE_ENTITY


class FileFormat(StrEnum):
    """What kind of file."""

    CSV = "csv"
    XLSX = "xlsx"


@dataclass(frozen=True, slots=True)
class Column(Generic[Row]):
    """One column: its heading in both languages, what stands in it, its width in characters (XLSX)."""

    title: Words
    value: Callable[[Row], Cell]
    width: int = 16


@dataclass(frozen=True, slots=True)
class Table(Generic[Row]):
    """A list to be written: `name` (ASCII) and `day` name the file, `title` the sheet; instants are shown in `zone`."""

    name: str
    title: Words
    columns: Sequence[Column[Row]]
    zone: ZoneInfo
    day: date


Batches = AsyncIterator[Sequence[Any]]


def column(zh: str, en: str, name: str, width: int = 16) -> Column[Any]:
    """Return the column that shows the field `name` of a row; a dotted name leads into what the row holds.

    A row is an object or, where a list was made flat for the file, a mapping.
    """

    def value(row: Any) -> Any:
        for part in name.split("."):
            row = row.get(part) if isinstance(row, Mapping) else getattr(row, part, None)
        return row

    return Column(Words(zh=zh, en=en), value, width)


def yuan(zh: str, en: str, name: str, width: int = 12) -> Column[Any]:
    """Return the column of an amount that the row holds in fen, written in yuan."""
    fen = column(zh, en, name)

    def value(row: Any) -> Cell:
        amount: Any = fen.value(row)
        return None if amount is None else Decimal(amount) / 100

    return Column(Words(zh=f"{zh}（元）", en=f"{en} (yuan)"), value, width)


def choice(zh: str, en: str, name: str, words: Mapping[str, tuple[str, str]], width: int = 14) -> Column[Any]:
    """Return the column of a field that is one of a few codes, written in `words` (Chinese, English)."""
    coded = column(zh, en, name)
    known = {code: Words(zh=one, en=other) for code, (one, other) in words.items()}

    def value(row: Any) -> Cell:
        code = coded.value(row)
        return code if code is None else known.get(str(code), str(code))

    return Column(coded.title, value, width)


async def export(
    request: web.Request,
    kind: FileFormat,
    table: Table[Any],
    batches: Batches,
    *,
    before_sending: Callable[[int], Awaitable[None]] | None = None,
) -> web.StreamResponse:
    """Send `table` with the rows of `batches` as a file, in the language that the client asked for.

    `before_sending` is told the number of rows when the file is whole and nothing of it has left the house.

    Raises:
        TooManyRows: it is longer than `MOST_ROWS`.
    """
    with tempfile.TemporaryFile() as file:
        rows = await _write(file, kind, table, language_of(request), batches)
        if before_sending is not None:
            await before_sending(rows)
        return await _send(request, kind, table, file)


async def one_batch(rows: Sequence[Any]) -> Batches:
    """Give rows that are all there already."""
    yield rows


async def _write(file: IO[bytes], kind: FileFormat, table: Table[Any], language: str, batches: Batches) -> int:
    writer = (_CsvWriter if kind is FileFormat.CSV else _XlsxWriter)(file, table, language)
    count = 0
    try:
        async for rows in batches:
            count += len(rows)
            if count > MOST_ROWS:
                raise TooManyRows(most=MOST_ROWS)
            await asyncio.to_thread(writer.add, rows)
    finally:
        await asyncio.to_thread(writer.finish)
    return count


async def _send(request: web.Request, kind: FileFormat, table: Table[Any], file: IO[bytes]) -> web.StreamResponse:
    language = language_of(request)
    titled = quote(f"{getattr(table.title, language)} {table.day}.{kind.value}")
    filename = f"{table.name}-{table.day}.{kind.value}"
    answer = web.StreamResponse(
        headers={
            "Content-Type": f"{CSV}; charset=utf-8" if kind is FileFormat.CSV else XLSX,
            "Content-Disposition": f"attachment; filename=\"{filename}\"; filename*=UTF-8''{titled}",
        }
    )
    answer.content_length = file.seek(0, io.SEEK_END)
    file.seek(0)
    await answer.prepare(request)
    while chunk := await asyncio.to_thread(file.read, _CHUNK):
        await answer.write(chunk)
    await answer.write_eof()
    return answer


class _Writer(Protocol):
    def add(self, rows: Sequence[Any]) -> None: ...
    def finish(self) -> None: ...


class _CsvWriter:
    """CSV in UTF-8 with its mark, which spreadsheets want to see before they read Chinese rightly.

    A cell that a spreadsheet would run as a formula gets an apostrophe before it; plain numbers stay as they are.
    """

    def __init__(self, file: IO[bytes], table: Table[Any], language: str) -> None:
        self._text = io.TextIOWrapper(file, "utf-8-sig", "replace", newline="", write_through=True)
        self._writer = csv.writer(self._text)
        self._table = table
        self._language = language
        self._writer.writerow([getattr(one.title, language) for one in table.columns])

    def add(self, rows: Sequence[Any]) -> None:
        zone = self._table.zone
        for row in rows:
            cells = [_in_words(one.value(row), self._language, zone) for one in self._table.columns]
            self._writer.writerow([_harmless(cell) for cell in cells])

    def finish(self) -> None:
        self._text.detach()


class _XlsxWriter:
    """An XLSX workbook of one sheet: heading fixed, filter on, text as text, numbers as numbers."""

    def __init__(self, file: IO[bytes], table: Table[Any], language: str) -> None:
        options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        self._book = xlsxwriter.Workbook(file, options)
        self._table = table
        self._language = language
        name = re.sub(r"[\[\]:*?/\\]", " ", getattr(table.title, language))
        self._sheet = self._book.add_worksheet(name[:_LONGEST_SHEET_NAME])
        self._formats: dict[type, Any] = {
            datetime: self._book.add_format({"num_format": "yyyy-mm-dd hh:mm", "align": "left"}),
            date: self._book.add_format({"num_format": "yyyy-mm-dd", "align": "left"}),
        }
        heading = self._book.add_format({"bold": True, "bottom": 1})
        self._lines = 0
        for place, one in enumerate(table.columns):
            self._sheet.set_column(place, place, one.width)
            self._sheet.write_string(0, place, getattr(one.title, language), heading)

    def add(self, rows: Sequence[Any]) -> None:
        for line, row in enumerate(rows, start=self._lines + 1):
            for place, one in enumerate(self._table.columns):
                self._write_cell(line, place, one.value(row))
        self._lines += len(rows)

    def finish(self) -> None:
        self._sheet.freeze_panes(1, 0)
        self._sheet.autofilter(0, 0, max(self._lines, 1), len(self._table.columns) - 1)
        self._book.close()

    def _write_cell(self, line: int, place: int, value: Cell) -> None:
        zone = self._table.zone
        if isinstance(value, datetime):
            local = value.astimezone(zone).replace(tzinfo=None)
            self._sheet.write_datetime(line, place, local, self._formats[datetime])
        elif isinstance(value, date):
            midnight = datetime.combine(value, datetime.min.time())
            self._sheet.write_datetime(line, place, midnight, self._formats[date])
        elif isinstance(value, int | float | Decimal) and not isinstance(value, bool):
            self._sheet.write_number(line, place, value)
        elif value is not None and value != "":
            self._sheet.write_string(line, place, _in_words(value, self._language, zone))


def _in_words(value: Cell, language: str, zone: ZoneInfo) -> str:
    if value is None:
        return ""
    if isinstance(value, Words):
        return str(getattr(value, language))
    if isinstance(value, bool):
        return _YES[language][value]
    if isinstance(value, datetime):
        return f"{value.astimezone(zone):%Y-%m-%d %H:%M}"
    return str(value)


def _harmless(text: str) -> str:
    if text.startswith(_FORMULA) and _PLAIN_NUMBER.fullmatch(text) is None:
        return f"'{text}"
    return text
