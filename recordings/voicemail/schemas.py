"""Messages as they go in and out over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from pydantic import Field

from callcenter.outbound.service import NUMBER
from callcenter.web.inputs import MAX_ID, Input, Text
from callcenter.web.output import Output
from recordings.voicemail.models import State, TextState
from recordings.voicemail.service import Entry


class VoicemailFilter(Input):
    """Which messages, and which page of them."""

    state: State | None = None
    call: int | None = Field(default=None, ge=1, le=MAX_ID)
    limit: int = Field(default=50, ge=1, le=200)
    after: Annotated[str, Field(max_length=200)] | None = None


class DoneIn(Input):
    """What was done about a message."""

    note: Annotated[Text, Field(max_length=1000)] = ""


class CallBackIn(Input):
    """The number on which a caller who hid it is to be called back, as the message says it."""

    number: Annotated[str, Field(pattern=f"^{NUMBER.pattern}$")]


class VoicemailOut(Output):
    """One message; `number` is empty where the caller hid it and nobody entered one, `seconds` is its length.

    `text` is what was understood of it, `due_call_id` and `due_state` name the call-back that it became.
    """

    id: int
    call_id: int | None
    number: str
    line: str
    language: str
    left_at: datetime
    seconds: float
    state: State
    heard_by: str | None
    heard_at: datetime | None
    done_by: str | None
    done_at: datetime | None
    note: str
    text: str | None
    text_state: TextState
    due_call_id: int | None
    due_state: str | None


class VoicemailCounts(Output):
    """How many messages there are in each state."""

    new: int
    heard: int
    done: int


class VoicemailPage(Output):
    """A page of messages, newest first."""

    items: list[VoicemailOut]
    next: str | None
    counts: VoicemailCounts


def voicemail_out(entry: Entry, mask: Callable[[str], str]) -> VoicemailOut:
    """Describe a message; `mask` hides outside numbers, or not."""
    voicemail, due = entry.voicemail, entry.due
    own = {name: getattr(voicemail, name) for name in VoicemailOut.model_fields if hasattr(voicemail, name)}
    return VoicemailOut.model_validate(
        own
        | {
            "number": mask(voicemail.number),
            "call_id": entry.recording.call_id,
            "seconds": entry.recording.seconds,
            "due_state": due.state if due is not None else None,
        }
    )
