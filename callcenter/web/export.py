"""Lists as files: CSV and XLSX of any list, in the client's language, safe to open in a spreadsheet.

A slice describes its columns once (`Column`) and hands over its rows:

    file = await export(request, FileFormat.XLSX, Table("guests", TITLE, COLUMNS, rows, zone))

Whoever exports writes the export into the audit log, in the transaction that read the rows.
"""

from __future__ import annotations

import asyncio
import csv
import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from http import HTTPStatus
from typing import Any, Generic, TypeVar
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

Cell = str | int | float | Decimal | bool | date | datetime | None
Row = TypeVar("Row")

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_PLAIN_NUMBER = re.compile(r"[+-]?[0-9][0-9 .-]*")
_YES: dict[str, dict[bool, str]] = {"zh": {True: "是", False: "否"}, "en": {True: "yes", False: "no"}}
_LONGEST_SHEET_NAME = 31


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
    """A list to be written: `name` (ASCII) for the file, `title` for the sheet; instants are shown in `zone`."""

    name: str
    title: Words
    columns: Sequence[Column[Row]]
    rows: Sequence[Row]
    zone: ZoneInfo


async def export(request: web.Request, kind: FileFormat, table: Table[Any]) -> web.Response:
    """Send `table` as a file, in the language that the client asked for.

    Raises:
        TooManyRows: it is longer than `MOST_ROWS`.
    """
    if len(table.rows) > MOST_ROWS:
        raise TooManyRows(most=MOST_ROWS)
    language = language_of(request)
    write = csv_bytes if kind is FileFormat.CSV else xlsx_bytes
    content = await asyncio.to_thread(write, table, language)
    filename = f"{table.name}.{kind.value}"
    titled = quote(f"{getattr(table.title, language)}.{kind.value}")
    disposition = f"attachment; filename=\"{filename}\"; filename*=UTF-8''{titled}"
    media = {"Content-Type": f"{CSV}; charset=utf-8" if kind is FileFormat.CSV else XLSX}
    return web.Response(body=content, headers={**media, "Content-Disposition": disposition})


def csv_bytes(table: Table[Any], language: str) -> bytes:
    """Write `table` as CSV in UTF-8 with its mark, which spreadsheets want to see before they read Chinese rightly.

    A cell that a spreadsheet would run as a formula gets an apostrophe before it; plain numbers stay as they are.
    """
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([getattr(column.title, language) for column in table.columns])
    for row in table.rows:
        writer.writerow([_harmless(_in_words(column.value(row), language, table.zone)) for column in table.columns])
    return text.getvalue().encode("utf-8-sig", "replace")


def xlsx_bytes(table: Table[Any], language: str) -> bytes:
    """Write `table` as an XLSX workbook of one sheet: heading fixed, filter on, text as text, numbers as numbers."""
    memory = io.BytesIO()
    book = xlsxwriter.Workbook(memory, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet(re.sub(r"[\[\]:*?/\\]", " ", getattr(table.title, language))[:_LONGEST_SHEET_NAME])
    heading = book.add_format({"bold": True, "bottom": 1})
    formats: dict[type, Any] = {
        datetime: book.add_format({"num_format": "yyyy-mm-dd hh:mm", "align": "left"}),
        date: book.add_format({"num_format": "yyyy-mm-dd", "align": "left"}),
    }
    for place, column in enumerate(table.columns):
        sheet.set_column(place, place, column.width)
        sheet.write_string(0, place, getattr(column.title, language), heading)
    for line, row in enumerate(table.rows, start=1):
        for place, column in enumerate(table.columns):
            _write_cell(sheet, line, place, column.value(row), language, table.zone, formats)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(len(table.rows), 1), len(table.columns) - 1)
    book.close()
    return memory.getvalue()


def _write_cell(
    sheet: Any, line: int, place: int, value: Cell, language: str, zone: ZoneInfo, formats: dict[type, Any]
) -> None:
    if isinstance(value, datetime):
        sheet.write_datetime(line, place, value.astimezone(zone).replace(tzinfo=None), formats[datetime])
    elif isinstance(value, date):
        sheet.write_datetime(line, place, datetime.combine(value, datetime.min.time()), formats[date])
    elif isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        sheet.write_number(line, place, value)
    elif value is not None and value != "":
        sheet.write_string(line, place, _in_words(value, language, zone))


def _in_words(value: Cell, language: str, zone: ZoneInfo) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return _YES[language][value]
    if isinstance(value, datetime):
        return f"{value.astimezone(zone):%Y-%m-%d %H:%M}"
    return str(value)


def _harmless(text: str) -> str:
    if text.startswith(_FORMULA) and _PLAIN_NUMBER.fullmatch(text) is None:
        return f"'{text}"
    return text
