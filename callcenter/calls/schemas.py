"""Calls as they go in and out over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from callcenter.calls.figures import By, Figures
from callcenter.calls.links import NamedLink
from callcenter.calls.models import Call
from callcenter.calls.records import to_snapshot
from callcenter.calls.service import CallQuery
from callcenter.calls.timeline import Entry, timeline
from callcenter.db import Order
from callcenter.telephony import Answerer, Direction, Outcome
from callcenter.web.inputs import MAX_ID, Input, Instant, Text
from callcenter.web.output import Output

LONGEST_SPAN = timedelta(days=366)

Mask = Callable[[str], str]


class CallFilter(Input):
    """Which calls, and which page of them."""

    begin: Instant | None = Field(default=None, alias="from")
    end: Instant | None = Field(default=None, alias="to")
    line: Annotated[Text, Field(max_length=128)] | None = None
    direction: Direction | None = None
    outcome: Outcome | None = None
    answered_by: Answerer | None = None
    operator: Annotated[str, Field(pattern=r"^[0-9A-Za-z]{1,32}$")] | None = None
    caller: Annotated[str, Field(pattern=r"^[0-9A-Za-z+*#]{1,32}$")] | None = None
    late: bool | None = None
    order: Order = Order.NEWEST
    limit: int = Field(default=50, ge=1, le=200)
    after: Annotated[str, Field(max_length=200)] | None = None

    def query(self) -> CallQuery:
        """Return the conditions without the paging."""
        return CallQuery(
            begin=self.begin,
            end=self.end,
            line=self.line,
            direction=self.direction,
            outcome=self.outcome,
            answered_by=self.answered_by,
            operator=self.operator,
            caller=self.caller,
            late=self.late,
        )


class FiguresFilter(Input):
    """Which span of time, and what to group by."""

    begin: Instant = Field(alias="from")
    end: Instant = Field(alias="to")
    by: By = By.HOUR

    @model_validator(mode="after")
    def _span(self) -> FiguresFilter:
        if self.end <= self.begin:
            raise PydanticCustomError("range_reversed", "must end after it begins")
        if self.end - self.begin > LONGEST_SPAN:
            raise PydanticCustomError("range_too_long", "too long", {"days": LONGEST_SPAN.days})
        return self


class RecordingOut(Output):
    """The recording of a call. `seconds` is its length."""

    id: int
    seconds: float


class CallRow(Output):
    """A call in the list."""

    id: int
    direction: str
    caller: str
    line: str
    started_at: datetime
    ended_at: datetime | None
    first_ring_at: datetime | None
    answered_at: datetime | None
    answered_by: str
    operator_answered_at: datetime | None
    seconds_to_answer: float | None
    rings_to_answer: int | None
    seconds_to_operator: float | None
    rings_to_operator: int | None
    late: bool
    outcome: str
    hangup_cause: int | None
    operators: list[str]
    talk_seconds: float
    recording: RecordingOut | None
    swept: bool


class TimelineEntry(Output):
    """One thing that happened in a call."""

    at: datetime
    kind: str
    party: str | None
    detail: dict[str, Any]


class MenuOut(Output):
    """How a caller went through the spoken menu."""

    path: list[str]
    language: str
    informed: bool


class CallDetail(CallRow):
    """One call with all that is known of it."""

    node: str
    linkedid: str
    sip_call_id: str | None
    timeline: list[TimelineEntry]
    rings: list[dict[str, Any]]
    transfers: list[dict[str, Any]]
    holds: list[dict[str, Any]]
    queue_waits: list[dict[str, Any]]
    menu: MenuOut | None
    recording_paused: bool
    """Whether the recording holds silence now."""


class CallPage(Output):
    """A page of calls, newest first."""

    items: list[CallRow]
    next: str | None


class CallLinkIn(Input):
    """What a call was about."""

    subject_type: Annotated[str, Field(pattern=r"^[a-z_]{1,32}$")]
    subject_id: int = Field(ge=1, le=MAX_ID)
    reason: Annotated[Text, Field(max_length=500)] = ""


class CallUnlinkIn(Input):
    """Why a call was not about that."""

    reason: Annotated[Text, Field(min_length=1, max_length=500)]


class CallLinkOut(Output):
    """What a call was about; `unlinked_at` tells that it was taken back.

    `name` is empty where the subject is gone; `key` is how its page is addressed.
    """

    id: int
    call_id: int
    subject_type: str
    subject_id: int
    name: str
    key: str
    how: str
    linked_at: datetime
    linked_by: str
    reason: str
    unlinked_at: datetime | None
    unlinked_by: str
    unlink_reason: str


class CallLinkList(Output):
    """What a call was about, the oldest first."""

    items: list[CallLinkOut]


class SubjectFilter(Input):
    """What a call may have been about: part of a name, number, room or booking number."""

    q: Annotated[Text, Field(min_length=1, max_length=64)]
    limit: int = Field(default=5, ge=1, le=20)


class SubjectOut(Output):
    """Something that a call can be linked to; `key` is how its page is addressed."""

    subject_type: str
    subject_id: int
    name: str
    key: str


class SubjectList(Output):
    """What was found, kind by kind, the likeliest first."""

    items: list[SubjectOut]


class FiguresRow(Output):
    """The figures of one hour, one line or the whole span."""

    key: str
    calls: int
    answered_by_operator: int
    answered_by_system: int
    abandoned: int
    late: int
    within_three_rings_by_person: int
    seconds_to_answer_avg: float | None


class FiguresOut(Output):
    """Figures by hour or line, and their total."""

    rows: list[FiguresRow]
    total: FiguresRow


def call_row(call: Call, recording: RecordingOut | None, mask: Mask) -> CallRow:
    """Describe a call for the list; `mask` hides outside numbers, or not."""
    return CallRow(**_common(call, recording, mask))


def call_detail(call: Call, recording: RecordingOut | None, mask: Mask) -> CallDetail:
    """Describe a call with its timeline; `mask` hides outside numbers, or not."""
    moves = [
        {**move, "from_party": mask(move["from_party"]), "to_party": mask(move["to_party"])} for move in call.transfers
    ]
    return CallDetail(
        **_common(call, recording, mask),
        node=call.node,
        linkedid=call.linkedid,
        sip_call_id=call.sip_call_id,
        timeline=[_entry(entry, mask) for entry in timeline(to_snapshot(call))],
        rings=[{**ring, "operator": mask(ring["operator"])} for ring in call.rings],
        transfers=moves,
        holds=call.holds,
        queue_waits=call.queue_waits,
        menu=None if call.menu is None else MenuOut.model_validate(call.menu),
        recording_paused=any(pause["ended_at"] is None for pause in call.recording_pauses),
    )


def call_link(one: NamedLink) -> CallLinkOut:
    """Describe a link."""
    fields = {name: getattr(one.link, name) for name in CallLinkOut.model_fields if name not in ("name", "key")}
    return CallLinkOut(**fields, name=one.called.name, key=one.called.key)


def figures_row(figures: Figures) -> FiguresRow:
    """Describe figures."""
    return FiguresRow.model_validate(figures, from_attributes=True)


def _common(call: Call, recording: RecordingOut | None, mask: Mask) -> dict[str, Any]:
    fields = {name: getattr(call, name) for name in CallRow.model_fields if name != "recording"}
    operators = [mask(operator) for operator in call.operators]
    return {
        **fields,
        "caller": mask(call.caller),
        "line": mask(call.line),
        "operators": operators,
        "recording": recording,
    }


def _entry(entry: Entry, mask: Mask) -> TimelineEntry:
    detail = {key: mask(value) if key in {"line", "to"} else value for key, value in entry.detail.items()}
    return TimelineEntry(
        at=entry.at, kind=entry.kind, party=None if entry.party is None else mask(entry.party), detail=detail
    )
