"""The list of guests as a file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from callcenter.guests.rules import GuestRules
from callcenter.guests.schemas import GuestRow
from callcenter.settings.sections import Words
from callcenter.web.export import Column, Table

TITLE = Words(zh="客人档案", en="Guests")


def guest_table(rows: Sequence[GuestRow], rules: GuestRules) -> Table[GuestRow]:
    """Return the list as it stands on the page, numbers as the reader may see them."""
    return Table("guests", TITLE, _COLUMNS, rows, rules.zone)


def _column(zh: str, en: str, name: str, width: int = 16) -> Column[GuestRow]:
    def value(row: GuestRow) -> Any:
        return getattr(row, name)

    return Column(Words(zh=zh, en=en), value, width)


_COLUMNS: tuple[Column[GuestRow], ...] = (
    _column("编号", "Number", "id", 10),
    _column("姓名", "Name", "name"),
    _column("英文姓", "Surname", "latin_surname"),
    _column("英文名", "Given name", "latin_given"),
    Column(Words(zh="电话", en="Telephone"), lambda row: ", ".join(one.number for one in row.numbers), 32),
    _column("级别", "Level", "level", 12),
    Column(Words(zh="单位", en="Company"), lambda row: row.company.name if row.company else "", 24),
    _column("语言", "Language", "language", 8),
    _column("特别提醒", "Special attention", "attention_reason", 32),
    _column("请勿致电", "Do not call", "do_not_call", 10),
    _column("服务负责人", "Service owner", "service_owner"),
    _column("销售负责人", "Sales owner", "sales_owner"),
    _column("建档时间", "Created", "created_at", 18),
    _column("建档人", "Created by", "created_by"),
    _column("最近联系", "Last contact", "last_contact_at", 18),
    _column("最近消费", "Last order", "last_order_at", 18),
)
