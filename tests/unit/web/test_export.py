"""Lists as files: readable by spreadsheets, in the reader's language, in the hotel's time, harmless when opened."""

import csv
import io
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
from aiohttp import ClientResponse, web
from openpyxl import load_workbook
from pytest_aiohttp.plugin import AiohttpClient

from callcenter.settings import Words
from callcenter.web import export as exporting
from callcenter.web.export import Cell, Column, FileFormat, Table, choice, column, export, one_batch, yuan
from callcenter.web.middleware import errors_to_problems

SHANGHAI = ZoneInfo("Asia/Shanghai")
ARRIVED = datetime(2026, 11, 21, 16, 30, tzinfo=UTC)
"""Half past midnight of the 22nd in the hotel."""

Sample = tuple[Cell, ...]
Send = Callable[..., Awaitable[ClientResponse]]


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
TABLE = Table("guests", Words(zh="客人", en="Guests"), COLUMNS, SHANGHAI, date(2026, 11, 22))


@pytest_asyncio.fixture
async def send(aiohttp_client: AiohttpClient) -> Send:
    """Return what fetches rows as a file from a server that does nothing else."""
    wanted: list[tuple[FileFormat, tuple[Sample, ...]]] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        kind, rows = wanted.pop()
        return await export(request, kind, TABLE, one_batch(rows))

    app = web.Application(middlewares=[errors_to_problems])
    app.router.add_get("/", handler)
    client = await aiohttp_client(app)

    async def fetch(kind: FileFormat, *rows: Sample, language: str = "en") -> ClientResponse:
        wanted.append((kind, rows))
        return await client.get("/", headers={"Accept-Language": language})

    return fetch


def _read(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


async def test_given_a_list_when_written_as_csv_then_headings_are_in_the_language_and_times_the_hotels(
    send: Send,
) -> None:
    answer = await send(FileFormat.CSV, ROW, language="zh")
    content = await answer.read()

    assert content.startswith(b"\xef\xbb\xbf")
    assert _read(content) == [
        ["姓名", "电话", "到店", "生日", "金额", "会员"],
        ["李试验", "+8613800000001", "2026-11-22 00:30", "1990-01-02", "12.50", "是"],
    ]


@pytest.mark.parametrize("text", ["=1+1", "+cmd|' /C calc'!A0", "-2+3+cmd", "@SUM(A1)", "\t=1"])
async def test_given_a_name_that_a_spreadsheet_would_run_when_written_as_csv_then_it_is_only_text(
    send: Send, text: str
) -> None:
    answer = await send(FileFormat.CSV, (text, "", None, None, None, None))

    assert _read(await answer.read())[1][0] == f"'{text}"


async def test_given_a_list_when_written_as_xlsx_then_a_spreadsheet_reads_text_numbers_and_times(send: Send) -> None:
    answer = await send(FileFormat.XLSX, ROW, ("=1+1", "", None, None, 3, False))
    sheet = load_workbook(io.BytesIO(await answer.read())).active

    assert sheet is not None
    assert sheet.title == "Guests"
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert rows[0] == ["Name", "Telephone", "Arrived", "Birthday", "Amount", "Member"]
    arrived, born = datetime(2026, 11, 22, 0, 30), datetime(1990, 1, 2)
    assert rows[1] == ["李试验", "+8613800000001", arrived, born, 12.5, "yes"]
    assert rows[2][0] == "=1+1"
    assert sheet["A3"].data_type == "s"
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:F3"


async def test_given_a_list_when_sent_then_the_file_is_named_after_it_and_the_hotels_day(send: Send) -> None:
    answer = await send(FileFormat.CSV, ROW)

    assert answer.content_type == "text/csv"
    assert answer.headers["Content-Disposition"] == (
        "attachment; filename=\"guests-2026-11-22.csv\"; filename*=UTF-8''Guests%202026-11-22.csv"
    )


@pytest.mark.parametrize("kind", FileFormat)
async def test_given_more_rows_than_one_file_holds_when_sent_then_refused_with_the_limit_and_nothing_is_cut_off(
    send: Send, kind: FileFormat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "MOST_ROWS", 2)

    assert (await send(kind, *[ROW] * 2)).status == 200
    refused = await send(kind, *[ROW] * 3)

    assert refused.status == 422
    problem = await refused.json()
    assert (problem["code"], problem["params"]) == ("too_many_rows", {"most": 2})


def test_given_a_field_of_what_a_row_holds_when_it_holds_nothing_then_the_cell_is_empty() -> None:
    with_company = SimpleNamespace(company=SimpleNamespace(name="Sample Ltd"))

    assert column("单位", "Company", "company.name").value(with_company) == "Sample Ltd"
    assert column("单位", "Company", "company.name").value(SimpleNamespace(company=None)) is None
    assert column("单位", "Company", "company").value({"company": "Sample Ltd"}) == "Sample Ltd"


def test_given_fen_when_written_then_they_are_yuan_to_the_fen() -> None:
    price = yuan("房价", "Price", "price")

    assert price.title == Words(zh="房价（元）", en="Price (yuan)")
    assert price.value(SimpleNamespace(price=48805)) == Decimal("488.05")
    assert price.value(SimpleNamespace(price=None)) is None


def test_given_a_code_when_written_then_its_words_and_an_unknown_one_as_it_is() -> None:
    state = choice("状态", "State", "state", {"open": ("未结", "open")})

    assert state.value(SimpleNamespace(state="open")) == Words(zh="未结", en="open")
    assert state.value(SimpleNamespace(state="strange")) == "strange"
