"""The lists about shifts as files."""

from __future__ import annotations

from typing import Any

from callcenter.settings import Words
from callcenter.shifts.routes import list_handovers
from callcenter.web.export import Column, column
from callcenter.web.lists import Listing, exported

_HANDOVERS: tuple[Column[Any], ...] = (
    column("班次", "Shift", "shift", 12),
    column("交班人", "Written by", "written_by", 16),
    column("交班时间", "Written", "written_at", 18),
    column("内容", "Text", "text", 48),
    Column(Words(zh="待办回电数", en="Open promises"), lambda row: len(row.promises), 14),
    Column(Words(zh="放弃来电数", en="Lost callers"), lambda row: len(row.lost), 14),
    column("接班人", "Signed by", "signed_by", 16),
    column("签收时间", "Signed", "signed_at", 18),
)

routes = [
    exported(
        "/api/v1/handovers", list_handovers, Listing("handovers", Words(zh="交接班记录", en="Handovers"), _HANDOVERS)
    )
]
