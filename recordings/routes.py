"""Recordings over HTTP: what is known of one, and its sound."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from aiohttp import web
from pydantic import ConfigDict, field_serializer

from callcenter.web.app import DATABASE
from callcenter.web.identity import requires
from callcenter.web.inputs import path_id
from callcenter.web.openapi import Contract, documented
from callcenter.web.output import Output, answer, isoformat
from recordings import service
from recordings.listening import Listenings
from recordings.models import Recording
from recordings.playing import SOUND, play
from recordings.store import Store


@dataclass(frozen=True, slots=True)
class RecordingParts:
    """What these routes need: where the files are, and who notes that somebody listens."""

    store: Store
    listenings: Listenings


PARTS: web.AppKey[RecordingParts] = web.AppKey("recording_parts", RecordingParts)

routes = web.RouteTableDef()


class RecordingOut(Output):
    """One recording; `seconds` is its length, `size` in bytes."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    call_id: int | None
    name: str
    seconds: float
    size: int
    sha256: str
    created_at: datetime

    @field_serializer("created_at")
    def _instant(self, value: datetime) -> str:
        return isoformat(value)


def setup(app: web.Application, parts: RecordingParts) -> None:
    """Add this slice's routes to `app`."""
    app[PARTS] = parts
    app.add_routes(routes)


@routes.get("/api/v1/recordings/{id}")
@documented(Contract(answer=RecordingOut))
@requires("recordings.listen")
async def show_recording(request: web.Request) -> web.Response:
    """Tell what is known of a recording."""
    return answer(RecordingOut.model_validate(await _recording(request)))


@routes.get("/api/v1/recordings/{id}/audio")
@documented(SOUND)
@requires("recordings.listen")
async def play_recording(request: web.Request) -> web.StreamResponse:
    """Send the sound, or the part that the player asks for; the listening is noted first."""
    parts = request.app[PARTS]
    return (await play(request, await _recording(request), parts.store, parts.listenings)).response


async def _recording(request: web.Request) -> Recording:
    number = path_id(request, "recording")
    async with request.app[DATABASE].read() as session:
        return await service.get(session, number)
