"""Lists as files: readable by spreadsheets, in the reader's language, in the hotel's time, harmless when opened."""

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from aiohttp.test_utils import make_mocked_request
from openpyxl import load_workbook

from callcenter.settings import Words
from callcenter.web.export import MOST_ROWS, Cell, Column, FileFormat, Table, TooManyRows, csv_bytes, export, xlsx_bytes

SHANGHAI = ZoneInfo("Asia/Shanghai")
ARRIVED = datetime(2026, 11, 21, 16, 30, tzinfo=UTC)
"""Half past midnight of the 22nd in the hotel."""

Sample = tuple[Cell, ...]


def _column(place: int, zh: str, en: str) -> Column[Sample]:
    return Column(Words(zh=zh, en=en), lambda row: row[place])


COLUMNS = [
    _column(0, "姓名", "Name"),
    _column(1, "电话", "Telephone"),
    _column(2, "到店", "Arrived"),
    _column(3, "生日", "Birthday"),
    _column(4, "金额", "Amount"),
    _column(5, "会员", "Member"),
]
ROW: Sample = ("李试验", "+8613800000001", ARRIVED, date(1990, 1, 2), Decimal("12.50"), True)


def _table(*rows: Sample) -> Table[Sample]:
    return Table("guests", Words(zh="客人", en="Guests"), COLUMNS, rows, SHANGHAI)


def _read(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


def test_given_a_list_when_written_as_csv_then_headings_are_in_the_language_and_times_the_hotels() -> None:
    content = csv_bytes(_table(ROW), "zh")

    assert content.startswith(b"\xef\xbb\xbf")
    assert _read(content) == [
        ["姓名", "电话", "到店", "生日", "金额", "会员"],
        ["李试验", "+8613800000001", "2026-11-22 00:30", "1990-01-02", "12.50", "是"],
    ]


@pytest.mark.parametrize("text", ["=1+1", "+cmd|' /C calc'!A0", "-2+3+cmd", "@SUM(A1)", "\t=1"])
def test_given_a_name_that_a_spreadsheet_would_run_when_written_as_csv_then_it_is_only_text(text: str) -> None:
    assert _read(csv_bytes(_table((text, "", None, None, None, None)), "en"))[1][0] == f"'{text}"


def test_given_a_list_when_written_as_xlsx_then_a_spreadsheet_reads_text_numbers_and_times() -> None:
    sheet = load_workbook(io.BytesIO(xlsx_bytes(_table(ROW, ("=1+1", "", None, None, 3, False)), "en"))).active

    assert sheet is not None
    assert sheet.title == "Guests"
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert rows[0] == ["Name", "Telephone", "Arrived", "Birthday", "Amount", "Member"]
    arrived, born = datetime(2026, 11, 22, 0, 30), datetime(1990, 1, 2)
    assert rows[1] == ["李试验", "+8613800000001", arrived, born, 12.5, "yes"]
    assert rows[2][0] == "=1+1"
    assert sheet["A3"].data_type == "s"
    assert sheet.freeze_panes == "A2"


async def test_given_a_client_of_english_when_a_list_is_sent_then_it_is_a_file_with_a_name() -> None:
    request = make_mocked_request("GET", "/", headers={"Accept-Language": "en"})

    answer = await export(request, FileFormat.CSV, _table(ROW))

    assert answer.content_type == "text/csv"
    assert answer.headers["Content-Disposition"] == "attachment; filename=\"guests.csv\"; filename*=UTF-8''Guests.csv"
    assert isinstance(answer.body, bytes)
    assert _read(answer.body)[0][0] == "Name"


async def test_given_more_rows_than_one_file_holds_when_sent_then_refused_with_the_limit() -> None:
    request = make_mocked_request("GET", "/")

    with pytest.raises(TooManyRows) as refused:
        await export(request, FileFormat.XLSX, _table(*[ROW] * (MOST_ROWS + 1)))

    assert refused.value.params == {"most": MOST_ROWS}
