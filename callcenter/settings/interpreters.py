"""Interpreters who are called into a conversation by one key (telephone-room, calls: Other languages)."""

from __future__ import annotations

from pydantic import Field

from callcenter.settings.sections import Section


class Interpreter(Section):
    """Somebody who interprets. `language`: ISO 639 code (`ja`, `yue`). `number`: an extension or an outside number."""

    language: str = Field(pattern=r"^[a-z]{2,3}$")
    name: str = Field(min_length=1, max_length=64)
    number: str = Field(pattern=r"^[0-9]{3,20}$")
