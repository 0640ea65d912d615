"""Bookings, their figures, the calendar and the prices as files. Money is in yuan."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from callcenter.reservations.audit_routes import AuditRunList, list_audit_runs
from callcenter.reservations.feed_routes import list_calendar_feeds
from callcenter.reservations.figure_routes import MonthOut, show_reservation_figures
from callcenter.reservations.meeting_routes import MeetingPlanOut, show_meetings
from callcenter.reservations.planning_routes import show_hotel_calendar
from callcenter.reservations.routes import list_reservations
from callcenter.reservations.schemas import ReservationRow
from callcenter.reservations.tariff_routes import (
    RatePlanList,
    list_day_prices,
    list_discount_ceilings,
    list_rate_plans,
    list_seasons,
)
from callcenter.settings import Words
from callcenter.web.export import Column, choice, column, yuan
from callcenter.web.lists import Listing, exported

_KINDS = {"individual": ("散客", "individual"), "group": ("团体", "group"), "meeting": ("会议", "meeting")}
_STATES = {
    "unconfirmed": ("未确认", "unconfirmed"),
    "confirmed": ("已确认", "confirmed"),
    "checked_in": ("在住", "in house"),
    "checked_out": ("已离店", "checked out"),
    "cancelled": ("已取消", "cancelled"),
    "no_show": ("未到", "no-show"),
    "deleted": ("已删除", "deleted"),
}


def _types(row: ReservationRow) -> str:
    """Write quantities as the house does: rooms plain, beds in brackets."""
    return ", ".join(f"{line.type} [{line.beds}]" if line.beds else f"{line.type} × {line.rooms}" for line in row.lines)


_BOOKINGS: tuple[Column[Any], ...] = (
    column("单号", "Number", "number", 12),
    column("账号", "Account", "account", 12),
    choice("类别", "Kind", "kind", _KINDS, 12),
    choice("状态", "State", "state", _STATES),
    column("预定人", "Booked by", "booker", 20),
    column("团体名称", "Group", "group_name", 20),
    column("电话", "Telephone", "phone", 16),
    Column(Words(zh="房型", en="Room types"), _types, 28),
    Column(Words(zh="房号", en="Rooms"), lambda row: " ".join(row.rooms), 20),
    column("预抵店时间", "Expected arrival", "arrives_at", 18),
    column("预离店日期", "Departure", "departure", 12),
    column("人数", "Persons", "persons", 8),
    column("折扣 %", "Discount %", "discount", 10),
    yuan("总价", "Total", "total"),
    yuan("定金", "Deposit", "balance"),
    column("单位", "Company", "company", 20),
    column("业务员", "Salesperson", "salesperson"),
    column("来源", "Source", "source", 12),
    column("录入人", "Entered by", "entered_by"),
    column("录入时间", "Entered", "entered_at", 18),
)


def _tally(*first: Column[Any]) -> tuple[Column[Any], ...]:
    return (
        *first,
        column("预订", "Bookings", "tally.bookings", 10),
        column("房间", "Rooms", "tally.rooms", 10),
        column("履约", "Kept", "tally.kept", 10),
        column("取消", "Cancelled", "tally.cancelled", 10),
        column("未到", "No-shows", "tally.no_shows", 10),
        column("稽审清除", "By audit", "tally.lapsed", 10),
        Column(Words(zh="取消率 %", en="Lost %"), lambda row: round(row.tally.lost_share * 100, 1), 10),
        yuan("履约金额", "Value kept", "tally.value"),
    )


_CREDITS = _tally(
    column("客人", "Guest", "booker", 20), column("电话", "Telephone", "phone"), column("编号", "Card", "guest_id", 10)
)
_CALENDAR = (
    column("日期", "Day", "day", 12),
    column("预抵", "Arrivals", "arrivals", 10),
    column("预离", "Departures", "departures", 10),
    column("在住", "Staying", "staying", 10),
    column("未确认", "Unconfirmed", "unconfirmed", 10),
    column("客房数", "Rooms", "rooms", 10),
    column("可售", "Free", "free", 10),
)


def _meetings(plan: MeetingPlanOut) -> Sequence[dict[str, Any]]:
    return [{**dict(one), "room": room.number, "type": room.type} for room in plan.rooms for one in room.meetings]


def _prices(plans: RatePlanList) -> Sequence[dict[str, Any]]:
    return [
        {**dict(price), "code": plan.code, "name_zh": plan.name_zh, "name_en": plan.name_en}
        for plan in plans.items
        for price in plan.prices
    ]


_MEETINGS = (
    column("会议室", "Room", "room", 10),
    column("类型", "Type", "type", 12),
    column("单号", "Number", "number", 12),
    choice("状态", "State", "state", _STATES),
    column("预定人", "Booked by", "booker", 20),
    column("人数", "Persons", "persons", 8),
    column("开始", "Begins", "begins", 18),
    column("结束", "Ends", "ends", 18),
)
_RATES = (
    column("方案", "Plan", "code", 12),
    column("中文名称", "Chinese name", "name_zh", 20),
    column("英文名称", "English name", "name_en", 20),
    column("房型", "Type", "type", 12),
    column("季节", "Season", "season", 8),
    column("星期", "Weekdays", "weekdays", 10),
    yuan("价格", "Price", "price"),
)
_SEASONS = (
    column("编号", "Number", "id", 8),
    column("中文名称", "Chinese name", "name_zh", 20),
    column("英文名称", "English name", "name_en", 20),
    column("首日", "First day", "first", 12),
    column("末日", "Last day", "last", 12),
    column("优先级", "Rank", "rank", 8),
)
_CEILINGS = (column("用户名", "User name", "username"), column("最高折扣 %", "Highest discount %", "percent", 16))

_DAY_PRICES = (
    column("房型", "Type", "type", 12),
    column("日期（当晚）", "Night", "night", 12),
    yuan("价格", "Price", "price"),
)
_FEEDS = (
    column("订阅者", "Subscriber", "subscriber", 20),
    column("房型", "Type", "type", 12),
    column("建立时间", "Created", "created_at", 18),
    column("建立人", "Created by", "created_by"),
    column("收回时间", "Revoked", "revoked_at", 18),
    column("收回人", "Revoked by", "revoked_by"),
    column("最近读取", "Last read", "read_at", 18),
)
_JOBS = {
    "room_allocation": ("自动分房", "rooms chosen"),
    "evening_audit": ("傍晚稽审", "evening audit"),
    "no_show_timer": ("未到计时", "no-show timer"),
    "night_audit": ("夜审", "night audit"),
    "forfeits": ("没收定金", "deposits kept"),
    "stay_nights": ("夜审过房租", "nights charged"),
    "overstays": ("逾期未离", "overstays"),
}
_RUN_STATES = {
    "done": ("按时完成", "done"),
    "caught_up": ("已补办", "made up for"),
    "running": ("正在运行", "running"),
    "skipped": ("错过", "missed"),
    "due": ("未到时间", "not yet due"),
    "continuous": ("全天", "all day"),
}
_RUNS = (
    column("日期", "Day", "day", 12),
    choice("项目", "What", "job", _JOBS, 12),
    column("应运行", "Due", "due_at", 18),
    column("实际运行", "Run", "begun_at", 18),
    choice("状态", "State", "state", _RUN_STATES, 12),
    column("单号", "Booking", "number", 12),
    column("处理时间", "Done", "at", 18),
    column("办理", "By", "by", 16),
    yuan("定金", "Deposit", "amount"),
    column("在住房数", "Stays", "stays", 10),
)


def _deeds(found: AuditRunList) -> Sequence[dict[str, Any]]:
    """A line for each booking that was dealt with, and one for a run that found none."""
    nothing = {"number": "", "at": None, "by": "", "amount": 0}
    return [{**dict(run), **deed} for run in found.items for deed in ([dict(one) for one in run.deeds] or [nothing])]


_FIGURES = "/api/v1/reservation-figures"


def _figures(part: str, title: Words, columns: Sequence[Column[Any]]) -> Listing:
    def rows(month: MonthOut) -> Sequence[Any]:
        found: Sequence[Any] = getattr(month, part)
        return found

    return Listing(f"reservation-{part}", title, columns, rows=rows, part=part)


_SALESPEOPLE = _figures(
    "salespeople", Words(zh="业务员预订与取消对比", en="Salespeople"), _tally(column("业务员", "Salesperson", "name"))
)
_SOURCES = _figures("sources", Words(zh="预订来源", en="Sources"), _tally(column("来源", "Source", "name")))
_DAYS = _figures(
    "days", Words(zh="取消与未到统计", en="Cancellations and no-shows"), _tally(column("日期", "Day", "day", 12))
)
_RECORDS = _figures("credits", Words(zh="信誉档案", en="Credit records"), _CREDITS)

routes = [
    exported(
        "/api/v1/reservations",
        list_reservations,
        Listing("reservations", Words(zh="预订单", en="Bookings"), _BOOKINGS, permission="reservations.export"),
    ),
    *(exported(_FIGURES, show_reservation_figures, one) for one in (_SALESPEOPLE, _SOURCES, _DAYS, _RECORDS)),
    exported(
        "/api/v1/hotel-calendar",
        show_hotel_calendar,
        Listing("calendar", Words(zh="酒店日历", en="Hotel calendar"), _CALENDAR, rows=lambda calendar: calendar.days),
    ),
    exported(
        "/api/v1/meetings",
        show_meetings,
        Listing("meetings", Words(zh="会议室", en="Meetings"), _MEETINGS, rows=_meetings),
    ),
    exported(
        "/api/v1/rate-plans",
        list_rate_plans,
        Listing("rates", Words(zh="房价方案", en="Rate plans"), _RATES, rows=_prices),
    ),
    exported(
        "/api/v1/day-prices",
        list_day_prices,
        Listing("day-prices", Words(zh="每日房价", en="Prices by day"), _DAY_PRICES),
    ),
    exported(
        "/api/v1/calendar-feeds",
        list_calendar_feeds,
        Listing("calendar-feeds", Words(zh="日历订阅", en="Calendar feeds"), _FEEDS),
    ),
    exported(
        "/api/v1/audit-runs",
        list_audit_runs,
        Listing("audit-runs", Words(zh="稽审记录", en="Audits"), _RUNS, rows=_deeds),
    ),
    exported("/api/v1/seasons", list_seasons, Listing("seasons", Words(zh="季节", en="Seasons"), _SEASONS)),
    exported(
        "/api/v1/discount-ceilings",
        list_discount_ceilings,
        Listing("discount-ceilings", Words(zh="折扣权限", en="Discount ceilings"), _CEILINGS),
    ),
]
