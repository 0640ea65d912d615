"""Due calls and lost callers as files."""

from __future__ import annotations

from callcenter.outbound.routes import list_closed_due_calls, list_due_calls, list_lost_callers
from callcenter.settings import Words
from callcenter.web.export import choice, column
from callcenter.web.lists import Listing, exported

_KINDS = {
    "call_back": ("排队时请求回电", "asked for in the queue"),
    "voicemail": ("留言", "message"),
    "lost_caller": ("放弃来电", "lost caller"),
}
_STATES = {
    "open": ("待领取", "open"),
    "taken": ("处理中", "taken"),
    "done": ("已完成", "done"),
    "withdrawn": ("已自行接通", "got through"),
}
_RESULTS = {
    "reached": ("已联系上", "reached"),
    "not_reached": ("多次未接通", "not reached"),
    "wrong_number": ("号码有误", "wrong number"),
    "not_wanted": ("不再需要", "no longer wanted"),
}

_DUE = (
    column("号码", "Number", "number", 18),
    choice("来由", "Reason", "kind", _KINDS, 20),
    column("线路", "Line", "line", 14),
    column("语言", "Language", "language", 8),
    column("应回电时间", "Due", "due_at", 18),
    column("排队起", "In line since", "place_at", 18),
    choice("状态", "State", "state", _STATES, 12),
    column("领取人", "Taken by", "taken_by"),
    column("领取时间", "Taken", "taken_at", 18),
    column("备注", "Note", "note", 32),
)
_CLOSED = (
    *_DUE,
    choice("结果", "Result", "outcome", _RESULTS),
    column("处理人", "Closed by", "closed_by"),
    column("完成时间", "Closed", "closed_at", 18),
)
_LOST = (
    column("号码", "Number", "number", 18),
    column("线路", "Line", "line", 14),
    column("语言", "Language", "language", 8),
    column("来电次数", "Tries", "tries", 10),
    column("第一次", "First try", "first_at", 18),
    column("最近一次", "Last try", "last_at", 18),
    column("等候秒数", "Seconds waited", "waited_seconds", 12),
    column("最长等候秒数", "Longest wait, seconds", "longest_seconds", 12),
)

routes = [
    exported("/api/v1/due-calls", list_due_calls, Listing("call-backs", Words(zh="待回电", en="Call-backs"), _DUE)),
    exported(
        "/api/v1/due-calls/closed",
        list_closed_due_calls,
        Listing("closed-call-backs", Words(zh="已处理回电", en="Closed call-backs"), _CLOSED),
    ),
    exported(
        "/api/v1/lost-callers",
        list_lost_callers,
        Listing("lost-callers", Words(zh="放弃来电", en="Lost callers"), _LOST),
    ),
]
