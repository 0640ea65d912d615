"""The list of bookings as a file (requirements 3, any list can be taken along)."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from callcenter.reservations import shown, store
from callcenter.reservations.parts import PARTS
from callcenter.reservations.schemas import BookingConditions, ReservationRow
from callcenter.settings.sections import Words
from callcenter.web.app import DATABASE
from callcenter.web.export import MEDIA, MOST_ROWS, Column, FileFormat, Table, export
from callcenter.web.identity import AUDIT, address_of, requires, user_of
from callcenter.web.inputs import query
from callcenter.web.openapi import Contract, documented

routes = web.RouteTableDef()

TITLE = Words(zh="预订单", en="Bookings")


class ReservationExport(BookingConditions):
    """Which bookings, as which file."""

    format: FileFormat = FileFormat.XLSX


@routes.get("/api/v1/reservations/export")
@documented(Contract(query=ReservationExport, media=MEDIA))
@requires("reservations.export")
async def export_reservations(request: web.Request) -> web.Response:
    """Give the list of bookings as a file, money in yuan; the export is logged."""
    wanted = query(request, ReservationExport)
    async with request.app[DATABASE].begin() as session:
        found = await store.page(session, wanted.conditions(), MOST_ROWS + 1)
        rows = await shown.rows(session, found)
        after = {"rows": len(rows), "format": wanted.format.value, "filter": request.query_string}
        subject = ("reservation_list", "reservations")
        request.app[AUDIT](
            session, user_of(request), "reservation.exported", subject, after=after, address=address_of(request)
        )
    zone = request.app[PARTS].desk.rules.zone
    return await export(request, wanted.format, Table("reservations", TITLE, _COLUMNS, rows, zone))


def _column(zh: str, en: str, name: str, width: int = 14) -> Column[ReservationRow]:
    def value(row: ReservationRow) -> Any:
        return getattr(row, name)

    return Column(Words(zh=zh, en=en), value, width)


def _types(row: ReservationRow) -> str:
    """Write quantities as the house does: rooms plain, beds in brackets."""
    return ", ".join(f"{line.type} [{line.beds}]" if line.beds else f"{line.type} × {line.rooms}" for line in row.lines)


_COLUMNS: tuple[Column[ReservationRow], ...] = (
    _column("单号", "Number", "number", 12),
    _column("账号", "Account", "account", 12),
    _column("类别", "Kind", "kind", 12),
    _column("状态", "State", "state"),
    _column("预定人", "Booked by", "booker", 20),
    _column("团体名称", "Group", "group_name", 20),
    _column("电话", "Telephone", "phone", 16),
    Column(Words(zh="房型", en="Room types"), _types, 28),
    Column(Words(zh="房号", en="Rooms"), lambda row: " ".join(row.rooms), 20),
    _column("预抵店时间", "Expected arrival", "arrives_at", 18),
    _column("预离店日期", "Departure", "departure", 12),
    _column("人数", "Persons", "persons", 8),
    _column("折扣 %", "Discount %", "discount", 10),
    Column(Words(zh="总价（元）", en="Total (yuan)"), lambda row: row.total / 100, 12),
    Column(Words(zh="定金（元）", en="Deposit (yuan)"), lambda row: row.balance / 100, 12),
    _column("单位", "Company", "company", 20),
    _column("业务员", "Salesperson", "salesperson"),
    _column("来源", "Source", "source", 12),
    _column("录入人", "Entered by", "entered_by"),
    _column("录入时间", "Entered", "entered_at", 18),
)
