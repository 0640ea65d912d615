"""A backup of a house at work: real calls, their records and recordings, while another caller is talking."""

from __future__ import annotations

import asyncio
import hashlib
import os
import tarfile
from pathlib import Path

import pytest
from sqlalchemy import select

from callcenter import logs
from callcenter.calls.models import Call
from callcenter.cli import main
from callcenter.db import Database
from callcenter.operations.archive import BackupError
from callcenter.operations.backup import ASTDB, CONFIG, Places, restore
from callcenter.settings import load
from callcenter.simulator.behaviours import answers
from recordings.models import Recording
from tests.pbx.house import VOICE, running_house
from tests.pbx.switchboard import Desk, Switchboard


async def test_given_a_house_at_work_when_backed_up_and_restored_then_its_calls_and_recordings_are_there(
    switchboard: Switchboard,
    desk: Desk,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(logs, "set_up", lambda *_: None)  # both would stay for the tests that follow
    monkeypatch.setattr(os, "umask", lambda mode: mode)
    file = tmp_path / "house.backup"
    with running_house(switchboard, tmp_path) as house:
        monkeypatch.setenv("CALLCENTER_CONFIG", str(tmp_path / "hotel.yaml"))
        async with (
            switchboard.phone(desk.first, answers(), media=VOICE),
            switchboard.guest(media=VOICE) as guest,
        ):
            first = guest.call(desk.number)
            await first.answered()
            await asyncio.sleep(1)  # something to record
            record = await house.audit(await first.bye())
            await switchboard.until_state(desk.first, "Not in use")
            second = guest.call(desk.number)
            await second.answered()
            await house.record(second.call_id, lambda call: call.ended_at is None)
            assert await asyncio.to_thread(main, ["backup", str(file)]) == 0
            await second.bye()
    told = capsys.readouterr().out

    places = Places(tmp_path / "hotel.yaml", CONFIG, load(tmp_path / "hotel.yaml", {}))
    with pytest.raises(BackupError, match="Asterisk of this house still runs"):
        await restore(places, file, force=True, keep_config=True)

    elsewhere = {
        "CALLCENTER_VAR": str(tmp_path / "new"),
        "CALLCENTER_DATABASE_URL": f"sqlite+aiosqlite:///{tmp_path / 'new' / 'house.db'}",
        "CALLCENTER_RECORDING__FOLDER": "",
    }
    for name, value in elsewhere.items():
        monkeypatch.setenv(name, value)
    lost = load(tmp_path / "hotel.yaml")
    assert await asyncio.to_thread(main, ["restore", "--keep-config", str(file)]) == 0

    database = Database(lost.database_url)
    async with database.read() as session:
        # the exchange also tells of calls that tests before this one made
        calls = {call.sip_call_id: call for call in await session.scalars(select(Call))}
        recordings = {recording.call_id: recording for recording in await session.scalars(select(Recording))}
    await database.close()
    assert f" {len(calls)} calls, {len(recordings)} recordings" in told
    assert calls[record.sip_call_id].ended_at is not None
    assert calls[second.call_id].ended_at is None
    recording = recordings[calls[record.sip_call_id].id]
    content = (lost.recordings_folder / recording.path).read_bytes()
    assert hashlib.sha256(content).hexdigest() == recording.sha256
    with tarfile.open(file) as archive:
        assert {"var/pbx/secrets.json", f"var/{ASTDB}"} <= set(archive.getnames())
