"""Writing messages down, one after the other, behind everything that callers wait for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog
from sqlalchemy import and_, or_, select, update
from sqlalchemy.exc import SQLAlchemyError

from callcenter.db import Database
from callcenter.errors import HouseError
from recordings import wav
from recordings.models import Recording
from recordings.speech.engine import NoEngine, SpeechEngine
from recordings.speech.process import SpeechFailed
from recordings.store import Store
from recordings.voicemail.models import TextState, Voicemail

log = structlog.get_logger(__name__)

EVERY_SECONDS = 5.0
REST_AFTER_SECONDS = 300.0
"""So long without a message, and the models' memory is given back."""


class Writing:
    """Owns the task. `changed` is told when a message was written down, or could not be."""

    def __init__(
        self,
        database: Database,
        store: Store,
        engine: SpeechEngine,
        node: str,
        *,
        changed: Callable[[], None],
        every_seconds: float = EVERY_SECONDS,
    ) -> None:
        self._database = database
        self._store = store
        self._engine = engine
        self._node = node
        self._changed = changed
        self._every_seconds = every_seconds
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to write messages down."""
        self._task = asyncio.create_task(self._run(), name="voicemail-writing")

    async def close(self) -> None:
        """Stop; what was begun is begun anew after the next start."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def write_once(self) -> bool:
        """Write the oldest message down that waits for it; return whether there was one.

        A message in a language without an engine waits no longer, until one is installed.

        Raises:
            DatabaseUnavailable: the books cannot be read or written.
        """
        can_now = and_(Voicemail.text_state == TextState.NO_ENGINE, Voicemail.language.in_(self._engine.languages))
        statement = (
            select(Voicemail, Recording)
            .join(Recording, Recording.id == Voicemail.recording_id)
            .where(or_(Voicemail.text_state == TextState.PENDING, can_now), Recording.node == self._node)
            .order_by(Voicemail.id)
            .limit(1)
        )
        async with self._database.read() as session:
            found = (await session.execute(statement)).one_or_none()
        if found is None:
            return False
        voicemail, recording = found
        state, text = await self._write(recording, voicemail.language)
        async with self._database.begin() as session:
            values = {"text_state": state.value, "text": text}
            await session.execute(update(Voicemail).where(Voicemail.id == voicemail.id).values(values))
        log.info("voicemail_written", voicemail=voicemail.id, recording=recording.name, result=state.value)
        self._changed()
        return True

    async def _write(self, recording: Recording, language: str) -> tuple[TextState, str | None]:
        try:
            sound = await asyncio.to_thread(self._sound, recording.path)
            text = await self._engine.transcribe(sound, language)
        except NoEngine:
            return TextState.NO_ENGINE, None
        except (SpeechFailed, OSError) as error:
            log.error("voicemail_not_written", recording=recording.name, reason=str(error))
            return TextState.FAILED, None
        return (TextState.WRITTEN, text) if text else (TextState.NOTHING, None)

    def _sound(self, path: str) -> bytes:
        with self._store.open(path) as file:
            file.seek(wav.HEADER_BYTES)
            return file.read()

    async def _run(self) -> None:
        idle = 0.0
        while True:
            try:
                while await self.write_once():
                    idle = 0.0
            except (HouseError, SQLAlchemyError):
                log.exception("voicemail_writing_failed")
            await asyncio.sleep(self._every_seconds)
            idle += self._every_seconds
            if idle >= REST_AFTER_SECONDS:
                await self._engine.rest()
