"""The lists about calls as files."""

from __future__ import annotations

from typing import Any

from callcenter.calls.routes import list_calls, show_figures
from callcenter.settings import Words
from callcenter.web.export import Column, choice, column
from callcenter.web.lists import Listing, exported

_DIRECTIONS = {"inbound": ("呼入", "inbound"), "outbound": ("呼出", "outbound"), "internal": ("内部", "internal")}
_ANSWERERS = {"operator": ("话务员", "operator"), "system": ("系统", "system"), "none": ("无人", "nobody")}
_OUTCOMES = {
    "open": ("进行中", "in progress"),
    "answered": ("已接通", "answered"),
    "served_by_system": ("系统办理", "served by system"),
    "abandoned": ("来电放弃", "abandoned"),
    "call_back": ("请求回电", "asked to be called back"),
    "busy": ("忙线", "busy"),
    "no_answer": ("无人接听", "no answer"),
    "rejected": ("被拒绝", "rejected"),
    "unreachable": ("无法接通", "unreachable"),
    "congestion": ("线路拥塞", "congestion"),
    "invalid_number": ("空号", "invalid number"),
    "failed": ("失败", "failed"),
}

_CALLS: tuple[Column[Any], ...] = (
    column("编号", "Number", "id", 10),
    column("开始时间", "Started", "started_at", 18),
    column("结束时间", "Ended", "ended_at", 18),
    choice("方向", "Direction", "direction", _DIRECTIONS, 10),
    column("主叫", "Caller", "caller", 18),
    column("线路", "Line", "line", 14),
    choice("结果", "Result", "outcome", _OUTCOMES),
    choice("应答者", "Answered by", "answered_by", _ANSWERERS, 12),
    column("应答声数", "Rings to answer", "rings_to_answer", 12),
    column("应答秒数", "Seconds to answer", "seconds_to_answer", 12),
    column("话务员应答秒数", "Seconds to an operator", "seconds_to_operator", 12),
    column("超过三声", "Later than three rings", "late", 10),
    Column(Words(zh="分机", en="Extensions"), lambda row: " ".join(row.operators), 16),
    column("通话秒数", "Seconds of talk", "talk_seconds", 12),
    column("录音秒数", "Seconds of recording", "recording.seconds", 12),
)

_FIGURES = (
    column("时段或线路", "Hour or line", "key", 18),
    column("来电", "Calls", "calls", 10),
    column("话务员应答", "Answered by operators", "answered_by_operator", 12),
    column("系统应答", "Answered by the system", "answered_by_system", 12),
    column("来电放弃", "Abandoned", "abandoned", 10),
    column("超过三声", "Later than three rings", "late", 10),
    column("人工三声内应答", "Person within three rings", "within_three_rings_by_person", 14),
    column("平均应答秒数", "Average seconds to answer", "seconds_to_answer_avg", 14),
)

routes = [
    exported("/api/v1/calls", list_calls, Listing("calls", Words(zh="通话记录", en="Calls"), _CALLS)),
    exported(
        "/api/v1/calls/figures",
        show_figures,
        Listing(
            "call-figures",
            Words(zh="通话统计", en="Call figures"),
            _FIGURES,
            rows=lambda answer: [*answer.rows, answer.total],
        ),
    ),
]
