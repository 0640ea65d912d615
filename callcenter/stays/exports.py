"""Guests in the house, their messages and wake-up times as files."""

from __future__ import annotations

from typing import Any

from callcenter.settings import Words
from callcenter.stays.message_routes import due_messages, list_wake_ups
from callcenter.stays.move_routes import list_room_moves
from callcenter.stays.routes import list_stays
from callcenter.web.export import Column, choice, column, yuan
from callcenter.web.lists import Listing, exported

_STATES = {"in_house": ("在住", "in house"), "checked_out": ("已退房", "checked out")}
_TYPES = {
    "normal": ("正常", "normal"),
    "long": ("长包房", "long stay"),
    "hourly": ("钟点房", "hourly"),
    "shared": ("拼房", "shared"),
    "free": ("免费房", "free"),
}
_GUEST_TYPES = {
    "individual": ("散客", "individual"),
    "member": ("会员", "member"),
    "company": ("协议单位", "company"),
    "agency": ("旅行社", "agency"),
    "vip": ("贵宾", "VIP"),
    "house": ("自用", "house use"),
}
_CLASSES = {
    "barred": ("停用", "barred"),
    "internal": ("内线", "internal"),
    "local": ("市话", "local"),
    "national": ("国内长途", "national"),
    "international": ("国际长途", "international"),
}
_SOURCES = {"desk": ("前台", "desk"), "room_phone": ("客房电话", "room phone"), "menu": ("语音菜单", "spoken menu")}
_GUESTS: Column[Any] = Column(Words(zh="客人", en="Guests"), lambda row: "、".join(row.guests), 28)

_STAYS = (
    column("单号", "Number", "number", 12),
    column("房号", "Room", "room", 8),
    column("房型", "Type", "room_type", 12),
    _GUESTS,
    choice("状态", "State", "state", _STATES, 10),
    choice("入住类型", "Stay type", "stay_type", _TYPES, 10),
    choice("散客类型", "Guest type", "guest_type", _GUEST_TYPES, 10),
    column("抵店时间", "Arrived", "arrived_at", 18),
    column("预离时间", "Leaves", "leaves_at", 18),
    column("离店时间", "Left", "left_at", 18),
    yuan("房价", "Price", "price"),
    yuan("余额", "Balance", "balance"),
    column("保密", "Confidential", "confidential", 10),
    choice("电话等级", "Telephone", "phone_class", _CLASSES, 12),
    column("单位", "Company", "company", 20),
    column("未传达留言", "Messages", "messages", 10),
    column("叫醒", "Wake-up", "wake_up", 18),
    column("登记人", "Registered by", "registered_by"),
)
_MESSAGES = (
    column("房号", "Room", "room", 8),
    column("给谁", "For", "guest", 20),
    column("留言人", "From", "sender", 20),
    column("回电号码", "Telephone", "sender_phone"),
    column("内容", "Message", "content", 48),
    column("提醒时间", "Reminder", "remind_at", 18),
    column("记录时间", "Entered", "entered_at", 18),
    column("记录人", "Entered by", "entered_by"),
)
_WAKE_UPS = (
    column("房号", "Room", "room", 8),
    _GUESTS,
    column("叫醒时间", "Wake-up", "due_at", 18),
    choice("来源", "Set by", "source", _SOURCES, 12),
    column("设置时间", "Entered", "entered_at", 18),
    column("设置人", "Entered by", "entered_by"),
)
_MOVES = (
    column("时间", "Time", "at", 18),
    column("单号", "Number", "number", 12),
    _GUESTS,
    column("原房号", "From", "old_room", 10),
    column("新房号", "To", "new_room", 10),
    yuan("原房价", "Price before", "old_price"),
    yuan("新房价", "Price after", "new_price"),
    column("原因", "Reason", "why", 32),
    column("办理人", "By", "by"),
)

routes = [
    exported("/api/v1/stays", list_stays, Listing("stays", Words(zh="在住客人", en="Stays"), _STAYS)),
    exported(
        "/api/v1/messages/due",
        due_messages,
        Listing("messages", Words(zh="未传达留言", en="Messages"), _MESSAGES),
    ),
    exported(
        "/api/v1/room-moves", list_room_moves, Listing("room-moves", Words(zh="换房记录", en="Room changes"), _MOVES)
    ),
    exported("/api/v1/wake-ups", list_wake_ups, Listing("wake-ups", Words(zh="叫醒", en="Wake-ups"), _WAKE_UPS)),
]
