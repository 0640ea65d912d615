"""What can be configured of the operator's desk."""

from __future__ import annotations

from pydantic import Field

from callcenter.settings.sections import Section


class Desk(Section):
    """Calls at the desk (telephone-room.md).

    `hold_seconds`: after that long on hold a caller comes back to the operator's phone. `return_seconds`: how long a
    caller whose operator's page was lost waits for it with music, before going to the head of the queue.
    `remind_seconds`: after that long on hold or parked the operator hears a reminder.
    """

    hold_seconds: int = Field(default=180, ge=10, le=3600)
    return_seconds: int = Field(default=30, ge=5, le=300)
    remind_seconds: int = Field(default=45, ge=5, le=600)
