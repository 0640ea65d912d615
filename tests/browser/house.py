"""The real web application with the built pages, served on one port, to be restarted like a real one."""

from __future__ import annotations

import asyncio
import math
import struct
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path

from aiohttp import web
from sqlalchemy import select

from callcenter.calls import routes as call_routes
from callcenter.calls import service as call_service
from callcenter.db import Database
from callcenter.exports import add_sound_exports
from callcenter.settings import ROOT
from callcenter.telephony import CallKey, CallSnapshot, LinkState, LinkStatus
from ivr import prompt_routes
from recordings import routes as recording_routes
from recordings import service as recording_service
from recordings import wav
from recordings.listening import Listenings
from recordings.lookup import Lookup
from recordings.store import Store
from recordings.voicemail import routes as voicemail_routes
from recordings.voicemail.filing import Filing
from recordings.voicemail.models import TextState, Voicemail
from tests.application import NOON, Application
from tests.prompts import sample_prompts

PAGES = ROOT / "agents_ui" / "dist"
RATE = 8000


class BrowserHouse:
    """Everything that a test with a browser reaches: `application` is the one that runs now."""

    def __init__(self, database: Database, folder: Path) -> None:
        assert (PAGES / "index.html").is_file(), "the pages are not built: run `npm run build` in agents_ui"
        self._database = database
        self._store = Store(folder / "recordings")
        self._folder = folder
        self._runner: web.AppRunner | None = None
        self.port = 0
        self.application = self._build()

    @property
    def address(self) -> str:
        """Where the pages are."""
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Serve, on the same port as before if there was one."""
        self.application = self._build()
        self.application.live.publish_link(LinkStatus(LinkState.UP, NOON))
        self._runner = web.AppRunner(self.application.web, shutdown_timeout=2)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """End serving, as when the application is restarted."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def store(self, *calls: CallSnapshot) -> dict[CallKey, int]:
        """Keep call records; return their ids."""
        async with self._database.begin() as session:
            return await call_service.store(session, calls, self.application.cadences)

    async def record(self, call: CallSnapshot, seconds: float) -> int:
        """Keep a recording of `call`: 440 Hz on the caller's side, 880 Hz on ours; return its id."""
        assert call.recording is not None
        frames = round(seconds * RATE)
        sound = BytesIO(b"".join(_tones(frames)))
        kept = await asyncio.to_thread(self._store.keep, sound, frames, f"pbx1/{call.recording}.wav", wav.CALL)
        async with self._database.begin() as session:
            entered = await recording_service.enter(session, call.key.node, call.recording, kept, NOON, None)
            return entered.id

    async def leave_message(self, call: CallSnapshot, seconds: float, text: str | None = None) -> int:
        """Let the caller of `call` have left a message, filed and, if `text` is given, written down; return its id."""
        name = f"{call.key.linkedid}-message"
        frames = round(seconds * RATE)
        sound = BytesIO(b"".join(frame[:2] for frame in _tones(frames)))
        kept = await asyncio.to_thread(self._store.keep, sound, frames, f"pbx1/{name}.wav", wav.MESSAGE)
        async with self._database.begin() as session:
            await recording_service.enter(session, call.key.node, name, kept, NOON, None)
        clock, audit = self.application.clock, self.application.audit
        filing = Filing(self._database, call.key.node, clock, audit, first_language="zh", changed=lambda: None)
        assert await filing.file_once() == 1
        async with self._database.begin() as session:
            voicemail = (await session.scalars(select(Voicemail).order_by(Voicemail.id.desc()).limit(1))).one()
            voicemail.text = text
            voicemail.text_state = (TextState.WRITTEN if text else TextState.NO_ENGINE).value
            return voicemail.id

    def lose_recordings(self) -> None:
        """Remove the files of all recordings; the books still know them."""
        for file in self._store.folder.rglob("*.wav"):
            file.unlink()

    def _build(self) -> Application:
        application = Application(self._database, PAGES)
        zone = application.settings.hotel.zone
        subjects = application.web[call_routes.PARTS].subjects
        application.web[call_routes.PARTS] = call_routes.CallParts(application.telephony, Lookup(), zone, subjects)
        audit = application.audit
        listenings = Listenings(self._database, application.clock, audit)
        recording_routes.setup(application.web, recording_routes.RecordingParts(self._store, listenings))
        voicemail_routes.setup(
            application.web,
            voicemail_routes.VoicemailParts(self._store, listenings, application.clock, audit, lambda: None),
        )
        prompt_routes.setup(application.web, sample_prompts(application, self._folder))
        application.alarms.subscribe(application.live.publish_alarms)
        add_sound_exports(application.web)
        return application


def _tones(frames: int) -> Iterable[bytes]:
    for number in range(frames):
        left, right = (round(9000 * math.sin(2 * math.pi * hertz * number / RATE)) for hertz in (440, 880))
        yield struct.pack("<hh", left, right)
