"""The lists about operators as files."""

from __future__ import annotations

from callcenter.agents.routes import state_times
from callcenter.settings import Words
from callcenter.web.export import column
from callcenter.web.lists import Listing, exported

_TIMES = (
    column("话务员", "Operator", "name", 18),
    column("空闲秒数", "Seconds available", "available", 14),
    column("通话秒数", "Seconds on calls", "on_call", 14),
    column("话后处理秒数", "Seconds of wrap-up", "wrap_up", 14),
    column("示忙秒数", "Seconds of breaks", "pause", 14),
    column("离席秒数", "Seconds away", "away", 14),
)

routes = [
    exported(
        "/api/v1/agents/times",
        state_times,
        Listing("operators-times", Words(zh="话务员状态时长", en="Operators' times"), _TIMES),
    ),
]
