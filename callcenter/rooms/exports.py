"""Rooms, their types and outages as files."""

from __future__ import annotations

from callcenter.rooms.routes import list_room_outages, list_room_types, list_rooms
from callcenter.settings import Words
from callcenter.web.export import choice, column, yuan
from callcenter.web.lists import Listing, exported

_CONDITIONS = {"clean": ("干净", "clean"), "dirty": ("脏房", "dirty")}
_KINDS = {"guest": ("客房", "guest room"), "meeting": ("会议室", "meeting room")}

_ROOMS = (
    column("房号", "Room", "number", 8),
    column("房型", "Type", "type", 12),
    column("楼层", "Floor", "floor", 8),
    column("床位", "Beds", "beds", 8),
    choice("清洁", "Condition", "condition", _CONDITIONS, 10),
    column("在用", "In use", "active", 8),
)
_TYPES = (
    column("代码", "Code", "code", 12),
    column("中文名称", "Chinese name", "name_zh", 20),
    column("英文名称", "English name", "name_en", 20),
    choice("类别", "Kind", "kind", _KINDS, 12),
    column("床位", "Beds", "beds", 8),
    column("容纳人数", "Persons", "capacity", 10),
    yuan("牌价", "List price", "price"),
    yuan("加床价", "Extra bed", "extra_bed_price"),
    column("可超订", "Overbooking", "overbooking", 10),
    column("在用", "In use", "active", 8),
)
_OUTAGES = (
    column("房号", "Room", "room", 8),
    column("首晚", "First night", "first", 12),
    column("恢复日期", "Until", "until", 12),
    column("原因", "Reason", "reason", 32),
    column("登记人", "Entered by", "entered_by"),
    column("登记时间", "Entered", "entered_at", 18),
    column("提前恢复", "Ended early", "ended_at", 18),
)

routes = [
    exported("/api/v1/rooms", list_rooms, Listing("rooms", Words(zh="客房", en="Rooms"), _ROOMS)),
    exported("/api/v1/room-types", list_room_types, Listing("room-types", Words(zh="房型", en="Room types"), _TYPES)),
    exported(
        "/api/v1/room-outages", list_room_outages, Listing("room-outages", Words(zh="维修房", en="Outages"), _OUTAGES)
    ),
]
