"""Shifts as they go in and out over HTTP."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import Field

from callcenter.settings import Words
from callcenter.shifts.coverage import Shortage
from callcenter.shifts.models import Handover, ShiftSwap
from callcenter.shifts.roster import SwapState
from callcenter.web.inputs import Day, Id, Input, Paragraph, Text
from callcenter.web.output import Output

Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,30}$")]


class WeekIn(Input):
    """The week that begins on this day."""

    first: Day


class NamedOut(Output):
    """A shift or chore of the settings; `begin` and `end` are hours of the hotel's clock, empty for chores."""

    code: str
    name: Words
    begin: str = ""
    end: str = ""


class PersonOut(Output):
    """Somebody who can be planned."""

    id: int
    name: str
    role: str


class EntryOut(Output):
    """One person works one shift."""

    user_id: int
    day: date
    shift: str


class ChoreOut(Output):
    """One person does one chore."""

    user_id: int
    day: date
    chore: str


class ShortageOut(Output):
    """An hour of the hotel's clock with too few seats."""

    at: str
    planned: int
    wanted: int


class NeedOut(Output):
    """An hour of the hotel's clock: calls to expect, seats that they need, seats planned."""

    at: str
    calls: float
    needed: int
    planned: int


class RosterOut(Output):
    """A week: who works when and does which chore, the hours with too few seats, and what past calls say."""

    shifts: list[NamedOut]
    chores: list[NamedOut]
    people: list[PersonOut]
    entries: list[EntryOut]
    chore_entries: list[ChoreOut]
    shortages: list[ShortageOut]
    needs: list[NeedOut]
    refuses: bool


class PlanIn(Input):
    """Somebody's shift on a day; null for none."""

    user_id: Id
    day: Day
    shift: Code | None


class PlannedOut(Output):
    """The hours that a change left too few seats in."""

    shortages: list[ShortageOut]


class ChoreIn(Input):
    """Who does a chore on a day; null for nobody."""

    day: Day
    chore: Code
    user_id: Id | None


class SwapIn(Input):
    """Ask a colleague to take the own shift of `day`, for the colleague's of `other_day` or for nothing."""

    other_id: Id
    day: Day
    other_day: Day | None = None
    note: Annotated[Text, Field(max_length=500)] = ""


class SwapAnswerIn(Input):
    """Yes or no."""

    yes: bool


class SwapOut(Output):
    """A swap that somebody asks for."""

    id: int
    user_id: int
    other_id: int
    day: date
    other_day: date | None
    note: str
    state: SwapState
    asked_at: datetime


class SwapList(Output):
    """Swaps that wait for an answer."""

    items: list[SwapOut]


class HandoverIn(Input):
    """What the leaving shift tells the next one."""

    shift: Code
    text: Annotated[Paragraph, Field(max_length=4000)] = ""


class HandoverOut(Output):
    """A handover; `promises` and `lost` are as they stood when it was written."""

    id: int
    shift: str
    text: str
    promises: list[dict[str, Any]]
    lost: list[dict[str, Any]]
    written_by: str
    written_at: datetime
    mine: bool
    signed_by: str | None
    signed_at: datetime | None


class HandoverList(Output):
    """Handovers, the newest first."""

    items: list[HandoverOut]


class HandoverDraft(Output):
    """What a handover written now would hold by itself, and the shifts there are."""

    shifts: list[NamedOut]
    promises: list[dict[str, Any]]
    lost: list[dict[str, Any]]


def shortage_out(one: Shortage) -> ShortageOut:
    """Describe a shortage."""
    return ShortageOut(at=one.at.isoformat(timespec="minutes"), planned=one.planned, wanted=one.wanted)


def swap_out(swap: ShiftSwap) -> SwapOut:
    """Describe a swap."""
    return SwapOut(
        id=swap.id,
        user_id=swap.user_id,
        other_id=swap.other_id,
        day=swap.day,
        other_day=swap.other_day,
        note=swap.note,
        state=SwapState(swap.state),
        asked_at=swap.asked_at,
    )


def handover_out(one: Handover, user_id: int) -> HandoverOut:
    """Describe a handover to the user with `user_id`."""
    return HandoverOut(
        id=one.id,
        shift=one.shift,
        text=one.text,
        promises=one.promises,
        lost=one.lost,
        written_by=one.written_by,
        written_at=one.written_at,
        mine=one.written_by_id == user_id,
        signed_by=one.signed_by,
        signed_at=one.signed_at,
    )
