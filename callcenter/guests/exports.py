"""Guests and what is done about them as files."""

from __future__ import annotations

from typing import Any

from callcenter.guests.company_routes import list_companies
from callcenter.guests.member_routes import list_applications, list_imports, list_open_sales
from callcenter.guests.missed_routes import list_missed_cards
from callcenter.guests.reception_routes import list_reception_log
from callcenter.guests.routes import list_guests
from callcenter.guests.tracking_routes import list_purchases
from callcenter.guests.work_routes import list_disputes, list_follow_ups, list_owners
from callcenter.settings import Words
from callcenter.web.export import Column, choice, column, yuan
from callcenter.web.lists import Listing, exported

_REASONS = {
    "first_contact": ("首次联系", "first contact"),
    "idle_week": ("一周未消费", "a week without order"),
    "idle_month": ("一月未消费", "a month without order"),
    "idle_two_months": ("两月未消费", "two months without order"),
    "regular": ("定期回访", "regular contact"),
}
_SIDES = {"service": ("服务", "service"), "sales": ("销售", "sales")}
_STAGES = {"potential": ("潜在客户", "potential customer"), "guest": ("客人", "guest")}
_FOLLOW_UP_STATES = {"open": ("待跟进", "open"), "done": ("已联系", "done"), "dropped": ("已取消", "dropped")}
_CLAIM_STATES = {"standing": ("待裁定", "standing"), "won": ("成立", "won"), "lost": ("不成立", "lost")}
_IMPORT_STATES = {
    "checking": ("检查中", "being checked"),
    "checked": ("待导入", "checked"),
    "running": ("导入中", "running"),
    "done": ("已导入", "done"),
    "given_up": ("已放弃", "given up"),
}
_MEMBERSHIP_STATES = {
    "applied": ("申请中", "applied"),
    "issued": ("已发卡", "issued"),
    "refused": ("已拒绝", "refused"),
    "closed": ("已注销", "closed"),
}
_METHODS = {
    "cash": ("现金", "cash"),
    "card": ("银行卡", "card"),
    "transfer": ("转账", "transfer"),
    "wechat": ("微信", "WeChat"),
    "alipay": ("支付宝", "Alipay"),
}

_GUESTS: tuple[Column[Any], ...] = (
    column("编号", "Number", "id", 10),
    choice("阶段", "Stage", "stage", _STAGES, 12),
    column("姓名", "Name", "name"),
    column("英文姓", "Surname", "latin_surname"),
    column("英文名", "Given name", "latin_given"),
    Column(Words(zh="电话", en="Telephone"), lambda row: ", ".join(one.number for one in row.numbers), 32),
    column("级别", "Level", "level", 12),
    column("单位", "Company", "company.name", 24),
    column("语言", "Language", "language", 8),
    column("特别提醒", "Special attention", "attention_reason", 32),
    column("请勿致电", "Do not call", "do_not_call", 10),
    column("服务负责人", "Service owner", "service_owner"),
    column("销售负责人", "Sales owner", "sales_owner"),
    column("建档时间", "Created", "created_at", 18),
    column("建档人", "Created by", "created_by"),
    column("首次联系期限", "First contact due", "first_contact_due_at", 18),
    column("最近联系", "Last contact", "last_contact_at", 18),
    column("最近消费", "Last order", "last_order_at", 18),
    column("检查时间", "Checked", "checked_at", 18),
    column("检查意见", "Remark", "check_remark", 24),
)
_FOLLOW_UPS: tuple[Column[Any], ...] = (
    column("客人", "Guest", "guest.name"),
    Column(Words(zh="电话", en="Telephone"), lambda row: ", ".join(one.number for one in row.guest.numbers), 32),
    choice("事由", "Reason", "kind", _REASONS, 20),
    choice("哪一方", "Side", "side", _SIDES, 10),
    column("负责人", "Owner", "owner"),
    column("到期", "Due", "due_at", 18),
    choice("状态", "State", "state", _FOLLOW_UP_STATES, 10),
    column("完成时间", "Closed", "closed_at", 18),
    column("完成人", "Closed by", "closed_by"),
    column("备注", "Note", "note", 32),
)
_COMPANIES = (
    column("代码", "Code", "code", 12),
    column("名称", "Name", "name", 28),
    column("签约日期", "Contract signed", "contract_signed_on", 12),
    column("合同到期", "Contract until", "contract_until", 12),
    column("备案逾期", "Filed late", "filed_late", 10),
    column("在用", "Active", "active", 8),
    column("备注", "Note", "note", 32),
    column("建立时间", "Created", "created_at", 18),
    column("建立人", "Created by", "created_by"),
)
_DISPUTES = (
    column("客人编号", "Card", "guest_id", 10),
    column("客人", "Guest", "guest"),
    choice("哪一方", "Side", "side", _SIDES, 10),
    column("主张人", "Claimed by", "user"),
    column("主张时间", "Claimed", "claimed_at", 18),
    column("说明", "Note", "note", 32),
    choice("状态", "State", "state", _CLAIM_STATES, 10),
)
_OWNERS = (
    column("姓名", "Name", "name"),
    column("服务客户", "Service customers", "service_customers", 12),
    column("服务能力", "Service ability", "service_ability", 12),
    column("销售客户", "Sales customers", "sales_customers", 12),
    column("销售能力", "Sales ability", "sales_ability", 12),
)
_IMPORTS = (
    column("文件", "File", "name", 28),
    choice("状态", "State", "state", _IMPORT_STATES, 12),
    column("行数", "Lines", "total", 8),
    column("新建", "Created", "created", 8),
    column("已有", "Known", "known", 8),
    column("错误", "Errors", "errors", 8),
    column("交来时间", "Handed over", "created_at", 18),
    column("交来人", "By", "created_by"),
    column("完成时间", "Finished", "finished_at", 18),
)
_APPLICATIONS = (
    column("客人编号", "Card", "guest_id", 10),
    column("客人", "Guest", "guest"),
    choice("状态", "State", "state", _MEMBERSHIP_STATES, 10),
    column("会员卡号", "Member card", "card_number"),
    column("地址", "Address", "address", 32),
    column("缺证件", "ID missing", "id_missing", 10),
    column("申请时间", "Applied", "applied_at", 18),
    column("受理人", "Taken by", "applied_by"),
    column("备注", "Remark", "remark", 24),
)
_SALES = (
    column("会员", "Member", "guest", 20),
    column("卡号", "Card", "card_number", 14),
    yuan("金额", "Amount", "amount"),
    choice("方式", "Method", "method", _METHODS, 12),
    column("收款时间", "Sold", "sold_at", 18),
    column("收款人", "Sold by", "sold_by"),
)
_PURCHASES = (
    column("编号", "Card", "guest_id", 10),
    column("客户", "Customer", "name", 20),
    column("单位", "Company", "company", 20),
    column("级别", "Level", "level", 10),
    column("业务员", "Sales", "sales_owner", 16),
    column("最近购买", "Last order", "last_order_at", 18),
    column("本期单数", "Orders now", "recent_orders", 10),
    yuan("本期金额", "Amount now", "recent_amount"),
    column("上期单数", "Orders before", "former_orders", 10),
    yuan("上期金额", "Amount before", "former_amount"),
    column("周期（天）", "Cycle (days)", "cycle_days", 10),
    column("预计下次", "Next expected", "next_at", 18),
    column("周期中断", "Cycle missed", "is_cycle_missed", 10),
    column("骤减", "Sharp fall", "has_fallen", 10),
)

_MISSED = (
    column("来电号码", "Caller", "number", 18),
    column("通话次数", "Calls", "calls", 8),
    column("最近来电", "Last call", "last_at", 18),
)

_CHANNELS = {
    "phone": ("电话", "phone"),
    "sms": ("短信", "SMS"),
    "wechat": ("微信", "WeChat"),
    "mail": ("邮件", "mail"),
    "visit": ("拜访", "visit"),
}
_RECEPTION = (
    column("时间", "Time", "at", 18),
    column("客人编号", "Card", "guest_id", 10),
    column("客人", "Guest", "guest"),
    choice("方式", "Channel", "channel", _CHANNELS, 10),
    choice("哪一方", "Side", "side", _SIDES, 10),
    column("接待人", "By", "by"),
    column("内容", "Note", "note", 40),
)

routes = [
    exported(
        "/api/v1/reception-log",
        list_reception_log,
        Listing("reception-log", Words(zh="客户接待日志", en="Reception log"), _RECEPTION),
    ),
    exported(
        "/api/v1/missed-cards",
        list_missed_cards,
        Listing("missed-cards", Words(zh="未建档来电", en="Callers without a card"), _MISSED),
    ),
    exported(
        "/api/v1/guests",
        list_guests,
        Listing("guests", Words(zh="客人档案", en="Guests"), _GUESTS, permission="guests.export"),
    ),
    exported(
        "/api/v1/follow-ups", list_follow_ups, Listing("follow-ups", Words(zh="待跟进", en="Follow-ups"), _FOLLOW_UPS)
    ),
    exported(
        "/api/v1/purchase-tracking",
        list_purchases,
        Listing("purchase-tracking", Words(zh="客户购买跟踪表", en="Purchase tracking"), _PURCHASES),
    ),
    exported(
        "/api/v1/companies", list_companies, Listing("companies", Words(zh="协议单位", en="Companies"), _COMPANIES)
    ),
    exported(
        "/api/v1/guest-disputes", list_disputes, Listing("disputes", Words(zh="客户归属", en="Disputes"), _DISPUTES)
    ),
    exported("/api/v1/guest-owners", list_owners, Listing("owners", Words(zh="负责人", en="Owners"), _OWNERS)),
    exported("/api/v1/guest-imports", list_imports, Listing("imports", Words(zh="导入文件", en="Imports"), _IMPORTS)),
    exported(
        "/api/v1/memberships",
        list_applications,
        Listing("membership-applications", Words(zh="会员申请", en="Membership applications"), _APPLICATIONS),
    ),
    exported(
        "/api/v1/stored-value-sales",
        list_open_sales,
        Listing("stored-value-sales", Words(zh="储值收款", en="Stored-value sales"), _SALES),
    ),
]
