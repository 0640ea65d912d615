"""The prompts of the house as a file."""

from __future__ import annotations

from typing import Any

from callcenter.settings import Words
from callcenter.web.export import Column, column
from callcenter.web.lists import Listing, exported
from ivr.prompt_routes import list_prompts

_COLUMNS: tuple[Column[Any], ...] = (
    column("名称", "Name", "name", 24),
    column("中文", "Chinese", "zh.text", 48),
    column("英文", "English", "en.text", 48),
    column("中文秒数", "Chinese, seconds", "zh.seconds", 10),
    column("英文秒数", "English, seconds", "en.seconds", 10),
    column("中文自录", "Own recording, Chinese", "zh.own_changed_at", 18),
    column("英文自录", "Own recording, English", "en.own_changed_at", 18),
    Column(Words(zh="用于", en="Used by"), lambda row: " ".join(row.used_by), 40),
)

routes = [
    exported(
        "/api/v1/prompts",
        list_prompts,
        Listing("prompts", Words(zh="语音提示", en="Prompts"), _COLUMNS, rows=lambda answer: answer.prompts),
    )
]
