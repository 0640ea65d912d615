"""Emergencies as they go in and out over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from pydantic import Field

from callcenter.emergencies.models import Emergency, EmergencyEntry
from callcenter.emergencies.service import Action, Occupants, standing_ticks
from callcenter.settings.emergency import EmergencyKind, Plan
from callcenter.web.inputs import Input, Paragraph, Text
from callcenter.web.output import Output, columns

Step = Annotated[int, Field(ge=1, le=20)]
Number = Annotated[str, Field(pattern=r"^[0-9]{3,20}$")]


class EmergencyIn(Input):
    """Where it is: a room's number, or words."""

    place: Annotated[Text, Field(min_length=1, max_length=64)]


class KindIn(Input):
    """What kind it is."""

    kind: EmergencyKind


class TickIn(Input):
    """A step of the checklist, counted from 1; `done` false takes the tick back."""

    step: Step
    done: bool = True


class NoteIn(Input):
    """Something for the record."""

    text: Annotated[Paragraph, Field(min_length=1, max_length=1000)]


class CallIn(Input):
    """Who is called into the conference; null for those whom the plan names."""

    numbers: Annotated[tuple[Number, ...], Field(min_length=1, max_length=8)] | None = None


class CloseIn(Input):
    """How it ended."""

    outcome: Annotated[Paragraph, Field(max_length=1000)]


class EmergencyOut(Output):
    """An emergency. `service`: what was dialled outside; empty where only our own people were alerted."""

    id: int
    place: str
    service: str
    kind: EmergencyKind | None
    raised_at: datetime
    raised_by: str
    closed_at: datetime | None
    closed_by: str
    outcome: str

    @classmethod
    def of(cls, emergency: Emergency) -> EmergencyOut:
        """Show one."""
        return cls(**columns(emergency, cls))


class EmergencyList(Output):
    """The open emergencies, then the closed ones, the latest first."""

    items: list[EmergencyOut]


class StepOut(Output):
    """A step of the checklist, and who ticked it when."""

    step: int
    zh: str
    en: str
    ticked_at: datetime | None
    ticked_by: str


class EntryOut(Output):
    """A line of the record."""

    id: int
    at: datetime
    by: str
    action: Action
    step: str
    text: str


class OccupantsOut(Output):
    """Who is registered in the room: so many persons, who speak these languages."""

    persons: int
    languages: list[str]


class EmergencyDetail(EmergencyOut):
    """An emergency with its checklist and its record. `responders`: whom one key calls in."""

    occupants: OccupantsOut | None
    steps: list[StepOut]
    responders: list[str]
    record: list[EntryOut]


def detail(
    emergency: Emergency,
    record: Sequence[EmergencyEntry],
    plans: dict[EmergencyKind, Plan],
    found: Occupants | None,
) -> EmergencyDetail:
    """Show a whole emergency."""
    plan = next((plan for kind, plan in plans.items() if kind == emergency.kind), None)
    ticks = {entry.step: entry for entry in standing_ticks(record)}
    steps = []
    for number, words in enumerate(plan.steps if plan else (), start=1):
        tick = ticks.get(f"{emergency.kind}.{number}")
        at, by = (tick.at, tick.by) if tick else (None, "")
        steps.append(StepOut(step=number, zh=words.zh, en=words.en, ticked_at=at, ticked_by=by))
    return EmergencyDetail(
        **EmergencyOut.of(emergency).model_dump(),
        occupants=None if found is None else OccupantsOut(persons=found.persons, languages=list(found.languages)),
        steps=steps,
        responders=list(plan.responders) if plan else [],
        record=[EntryOut(**columns(entry, EntryOut)) for entry in record],
    )
