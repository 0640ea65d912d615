"""The recordings of calls, for the calls' own pages."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.models import Call
from callcenter.calls.routes import RecordingInfo
from recordings.models import Recording
from recordings.wav import CALL


class Lookup:
    """Fulfils `callcenter.calls.routes.RecordingLookup`."""

    async def for_calls(self, session: AsyncSession, rows: Sequence[Call]) -> dict[int, RecordingInfo]:
        """Return the recording of each of `rows` that has one, by the call's id; of several the longest."""
        found = await session.execute(
            select(Recording.call_id, Recording.id, Recording.seconds)
            .where(Recording.call_id.in_([call.id for call in rows]), Recording.channels == CALL.channels)
            .order_by(Recording.seconds, Recording.id)
        )
        return {call_id: RecordingInfo(id, seconds) for call_id, id, seconds in found if call_id is not None}
