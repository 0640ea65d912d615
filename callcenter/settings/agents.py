"""What can be configured of the people at the switchboard: wrap-up, breaks, seats."""

from __future__ import annotations

from pydantic import Field

from callcenter.settings.sections import Name, Section, Words

BREAK_REASONS = {
    "meal": Words(zh="用餐", en="Meal"),
    "rest": Words(zh="小休", en="Rest"),
    "meeting": Words(zh="会议", en="Meeting"),
    "training": Words(zh="培训", en="Training"),
}


class Agents(Section):
    """States of operators (telephone-room.md).

    `wrap_up_seconds`: after a call with an outside party, in which the phone does not ring; 0 for none. It can be made
    longer by `wrap_up_extension_seconds`, at most `wrap_up_extensions` times. `break_reasons`: why one may
    have a break.
    """

    wrap_up_seconds: int = Field(default=30, ge=0, le=900)
    wrap_up_extension_seconds: int = Field(default=60, ge=5, le=900)
    wrap_up_extensions: int = Field(default=3, ge=0, le=20)
    break_reasons: dict[Name, Words] = BREAK_REASONS
