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


QUEUE_PRIORITY = {"lost_before": 120, "vip": 300, "gold": 60}


class Agents(Section):
    """The people at the switchboard (telephone-room.md, requirements 2).

    `outside_lines`: how many the house has, for the board, and `answer_rate_target`: the share of callers to be served.

    `queue_priority`: seconds by which a caller counts as having waited longer, who gave up before (`lost_before`) or is
    of a level of guests; the highest counts. `overflow_to_supervisors`: their phones ring with the third level of
    skill, and waiting callers come to them when no operator is free; they do not take calls otherwise.

    `wrap_up_seconds`: after a call with an outside party, in which the phone does not ring; 0 for none. It can be made
    longer by `wrap_up_extension_seconds`, at most `wrap_up_extensions` times. `break_reasons`: why one may
    have a break.
    """

    outside_lines: int = Field(default=90, ge=1, le=2000)
    answer_rate_target: float = Field(default=0.9, gt=0, le=1)
    queue_priority: dict[Name, int] = QUEUE_PRIORITY
    overflow_to_supervisors: bool = False
    wrap_up_seconds: int = Field(default=30, ge=0, le=900)
    wrap_up_extension_seconds: int = Field(default=60, ge=5, le=900)
    wrap_up_extensions: int = Field(default=3, ge=0, le=20)
    break_reasons: dict[Name, Words] = BREAK_REASONS
