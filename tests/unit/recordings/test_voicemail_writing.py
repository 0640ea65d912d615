"""Messages are written down where an engine is installed, and say so honestly where none is or it fails."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from callcenter.staff.audit import AuditLog
from recordings.speech.engine import SpeechEngine
from recordings.voicemail.filing import Filing
from recordings.voicemail.models import TextState, Voicemail
from recordings.voicemail.writing import Writing
from tests import korean
from tests.unit.recordings.house import NODE, House, speech

MEMORY_MB = 3000
ENGLISH = {"path": ["main", "message"], "language": "en", "informed": True}


class Desk:
    def __init__(self, house: House) -> None:
        self.house = house
        self.changes = 0

    def writing(self, engine: SpeechEngine) -> Writing:
        return Writing(self.house.database, self.house.store, engine, NODE, changed=self._changed)

    def _changed(self) -> None:
        self.changes += 1

    async def leave(self, name: str, said: bytes, menu: dict[str, object] | None = None) -> None:
        await self.house.add_call(name, name, menu=menu)
        await self.house.intake.take(self.house.write_message(name, said))
        filing = Filing(
            self.house.database,
            NODE,
            self.house.clock,
            AuditLog(self.house.clock),
            first_language="zh",
            changed=lambda: None,
        )
        await filing.file_once()

    async def messages(self) -> list[tuple[str, str | None]]:
        async with self.house.database.read() as session:
            found = await session.scalars(select(Voicemail).order_by(Voicemail.id))
            return [(message.text_state, message.text) for message in found]


@pytest.fixture
def desk(house: House) -> Desk:
    return Desk(house)


async def test_given_an_engine_then_a_message_is_written_down_and_one_without_words_says_so(desk: Desk) -> None:
    engine = SpeechEngine({"zh": korean.model()}, MEMORY_MB)
    await desk.leave("100.1", korean.sound("ko-booking"))
    await desk.leave("100.2", speech(1))
    writing = desk.writing(engine)
    assert [await writing.write_once() for _ in range(3)] == [True, True, False]
    await engine.close()
    written, nothing = await desk.messages()
    assert written[0] == TextState.WRITTEN
    assert (written[1] or "").startswith("예")
    assert nothing == (TextState.NOTHING, None)
    assert desk.changes == 2


async def test_given_no_engine_for_the_language_then_the_message_says_so_until_one_is_installed(desk: Desk) -> None:
    await desk.leave("100.1", korean.sound("ko-booking"), ENGLISH)
    without = desk.writing(SpeechEngine({}, MEMORY_MB))
    assert [await without.write_once() for _ in range(2)] == [True, False]
    assert await desk.messages() == [(TextState.NO_ENGINE, None)]
    engine = SpeechEngine({"en": korean.model()}, MEMORY_MB)
    assert await desk.writing(engine).write_once()
    await engine.close()
    assert [state for state, _ in await desk.messages()] == [TextState.WRITTEN]


async def test_given_an_engine_that_fails_or_a_file_that_is_gone_then_the_message_is_not_tried_for_ever(
    desk: Desk, tmp_path: Path
) -> None:
    (tmp_path / "no-model").mkdir()
    engine = SpeechEngine({"zh": tmp_path / "no-model"}, MEMORY_MB)
    await desk.leave("100.1", speech(1))
    await desk.leave("100.2", speech(2))
    desk.house.kept_files()[1].unlink()
    writing = desk.writing(engine)
    assert [await writing.write_once() for _ in range(3)] == [True, True, False]
    assert await desk.messages() == [(TextState.FAILED, None)] * 2
