"""What can be configured of shifts: when they are, how many seats they need, the chores."""

from __future__ import annotations

from datetime import time

from pydantic import Field

from callcenter.settings.sections import Name, Section, Words


class Shift(Section):
    """One of the shifts; one that ends before it begins goes into the next day."""

    name: Words
    begin: time
    end: time


SHIFTS = {
    "early": Shift(name=Words(zh="早班", en="Early"), begin=time(8), end=time(20)),
    "late": Shift(name=Words(zh="中班", en="Late"), begin=time(9), end=time(21)),
    "night": Shift(name=Words(zh="夜班", en="Night"), begin=time(20), end=time(8)),
}
CHORES = {
    "tidy": Words(zh="整理工位", en="Tidy the room"),
    "announcements": Words(zh="广播播音", en="Announcements"),
    "papers": Words(zh="单据归档", en="File the papers"),
}


class Shifts(Section):
    """The roster (requirements 2 and 9).

    `day_seats`, `night_seats`: how many operators there must be at least from `day_begins` to `night_begins`, and at
    night. `refuse_below`: a change that leaves fewer is refused; else it is warned of. `answer_within_seconds` and
    `answer_share`: what the hint of seats aims at: so many of a hundred calls answered in so many seconds.
    `chores`: the daily chores of the chore roster.
    """

    shifts: dict[Name, Shift] = SHIFTS
    day_begins: time = time(8)
    night_begins: time = time(20)
    day_seats: int = Field(default=8, ge=0, le=200)
    night_seats: int = Field(default=2, ge=0, le=200)
    refuse_below: bool = False
    answer_within_seconds: float = Field(default=15, gt=0, le=600)
    answer_share: float = Field(default=0.9, gt=0, lt=1)
    chores: dict[Name, Words] = CHORES
