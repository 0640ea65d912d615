"""Backup and restore of a whole house, on both databases, also while it is being written."""

from __future__ import annotations

import asyncio
import hashlib
import os
import sqlite3
import stat
import sys
import tarfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from sqlalchemy import MetaData, func, select, text

from callcenter import logs
from callcenter.calls.models import Call
from callcenter.calls.service import store
from callcenter.calls.three_rings import Cadences
from callcenter.cli import main
from callcenter.clock import SettableClock
from callcenter.db import Database
from callcenter.house import HouseStartError, lock_house
from callcenter.operations import backup
from callcenter.operations.archive import MANIFEST, BackupError, Manifest, open_checked
from callcenter.operations.backup import ASTDB, Places
from callcenter.settings import ROOT, load
from recordings.models import Recording
from tests.unit.calls.builders import START, call

CADENCES = Cadences.of(load(environment={}))
CLOCK = SettableClock(START)
NODE = "pbx1"


class House:
    """The things of a house in a folder of its own: settings, configuration, secrets, recordings, database."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.url = url
        values = yaml.safe_load((ROOT / "config" / "hotel.yaml").read_text(encoding="utf-8"))
        values |= {"var": str(folder / "var"), "database": {"url": url}}
        (folder / "config" / "ivr").mkdir(parents=True)
        (folder / "var" / ASTDB).parent.mkdir(parents=True)
        self.file = folder / "config" / "hotel.yaml"
        self.file.write_text(yaml.safe_dump(values, allow_unicode=True), encoding="utf-8")
        (folder / "config" / "ivr" / "main.yaml").write_text("greeting: 您好\n", encoding="utf-8")

    @property
    def places(self) -> Places:
        return Places(self.file, self.folder / "config", load(self.file, {}))

    @property
    def var(self) -> Path:
        return self.folder / "var"

    def furnish(self) -> None:
        """Put secrets and the exchange's own database into it."""
        (self.var / "pbx" / "secrets.json").write_text('{"ami": "s3cret"}', encoding="utf-8")
        with closing(sqlite3.connect(self.var / ASTDB)) as astdb, astdb:
            astdb.execute("CREATE TABLE astdb (key TEXT PRIMARY KEY, value TEXT)")
            astdb.execute("INSERT INTO astdb VALUES ('/norecord/13800000001', '1')")

    async def receive(self, number: int) -> None:
        """Take in one call with its recording: the file first, then the books, as the ingest does."""
        linkedid = f"{1763688600 + number}.1"
        path = f"{NODE}/2026/11/21/{linkedid}.wav"
        content = hashlib.sha256(linkedid.encode()).digest() * 50
        file = self.var / "recordings" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        await asyncio.to_thread(file.write_bytes, content)
        answered = replace(call(linkedid, start=number, operator=3, end=20), recording=linkedid)
        async with self.books() as database, database.begin() as session:
            ids = await store(session, [answered], CADENCES)
            session.add(
                Recording(
                    call_id=ids[answered.key],
                    node=NODE,
                    name=linkedid,
                    path=path,
                    seconds=17.0,
                    size=len(content),
                    sha256=hashlib.sha256(content).hexdigest(),
                    created_at=START,
                    channels=2,
                    checked_at=START,
                )
            )

    def books(self) -> OpenBooks:
        return OpenBooks(self.url)

    async def everything(self) -> dict[str, list[tuple[object, ...]]]:
        """Every row of every table."""
        metadata = MetaData()
        async with self.books() as database, database.read() as session:
            connection = await session.connection()
            await connection.run_sync(metadata.reflect)
            return {
                table.name: [tuple(row) for row in await session.execute(select(table).order_by(*table.primary_key))]
                for table in metadata.sorted_tables
            }

    def files(self) -> dict[str, bytes]:
        """What the restored files hold, settings and databases aside."""
        kept = [*(self.var / "recordings").rglob("*.wav"), self.var / "pbx" / "secrets.json"]
        kept.append(self.folder / "config" / "ivr" / "main.yaml")
        return {str(file.relative_to(self.folder)): file.read_bytes() for file in kept}


class OpenBooks:
    """A database that is closed at the end of the block."""

    def __init__(self, url: str) -> None:
        self._database = Database(url)

    async def __aenter__(self) -> Database:
        return self._database

    async def __aexit__(self, *_: object) -> None:
        await self._database.close()


@pytest.fixture
async def house(tmp_path: Path, database_url: str) -> House:
    built = House(tmp_path / "old", database_url)
    built.furnish()
    for number in range(5):
        await built.receive(number)
    return built


@pytest.fixture
def new_place(tmp_path: Path, new_database: Callable[[], str]) -> House:
    """Where the house shall live from now on: a settings file and an empty database."""
    return House(tmp_path / "new", new_database())


async def back_up(house: House) -> tuple[Path, Manifest]:
    file = house.folder / "house.backup"
    return file, await backup.back_up(house.places, file, CLOCK)


async def test_given_a_house_when_backed_up_and_restored_elsewhere_then_everything_is_the_same(
    house: House, new_place: House
) -> None:
    file, manifest = await back_up(house)
    await backup.restore(new_place.places, file, force=True, keep_config=True)
    (new_place.folder / "config" / "ivr" / "main.yaml").write_text("greeting: 您好\n", encoding="utf-8")

    assert await new_place.everything() == await house.everything()
    assert new_place.files() == house.files()
    assert manifest.rows["calls"] == 5
    with closing(sqlite3.connect(new_place.var / ASTDB)) as astdb:
        assert astdb.execute("SELECT value FROM astdb").fetchall() == [("1",)]


async def test_given_a_lost_house_when_restored_then_settings_configuration_and_secrets_are_back(house: House) -> None:
    file, _ = await back_up(house)
    before, rows, settings = house.files(), await house.everything(), house.file.read_text(encoding="utf-8")
    for lost in (*house.var.rglob("*.wav"), house.var / "pbx" / "secrets.json"):
        lost.unlink()
    (house.folder / "config" / "ivr" / "main.yaml").unlink()
    async with house.books() as database, database.begin() as session:
        await session.execute(text("DELETE FROM recordings"))
        await session.execute(text("UPDATE calls SET caller = 'nobody'"))

    await backup.restore(house.places, file, force=True, keep_config=False)

    assert house.files() == before
    assert await house.everything() == rows
    assert house.file.read_text(encoding="utf-8") == settings
    assert stat.S_IMODE((house.var / "pbx" / "secrets.json").stat().st_mode) == 0o600
    assert stat.S_IMODE((house.folder / "config" / "ivr" / "main.yaml").stat().st_mode) == 0o644


async def test_given_files_that_are_as_in_the_backup_when_restored_then_they_are_left_alone(house: House) -> None:
    file, _ = await back_up(house)
    files = [house.file, *house.var.rglob("*.wav"), house.folder / "config" / "ivr" / "main.yaml"]
    before = [(one.stat().st_ino, one.stat().st_mode) for one in files]
    await backup.restore(house.places, file, force=True, keep_config=False)
    assert [(one.stat().st_ino, one.stat().st_mode) for one in files] == before


async def test_given_a_restored_house_when_calls_come_then_they_are_numbered_on(house: House) -> None:
    file, _ = await back_up(house)
    await backup.restore(house.places, file, force=True, keep_config=True)
    await house.receive(100)
    async with house.books() as database, database.read() as session:
        assert await session.scalar(select(func.count()).select_from(Call)) == 6


async def test_given_calls_being_written_when_backed_up_then_books_and_recordings_agree(
    house: House, new_place: House
) -> None:
    done = asyncio.Event()

    async def go_on() -> int:
        number = 5
        while not done.is_set():
            await house.receive(number)
            number += 1
        return number

    writing = asyncio.create_task(go_on())
    manifests = []
    for attempt in range(3):
        before = await count(house)
        while await count(house) == before:
            await asyncio.sleep(0.01)
        file = house.folder / f"house-{attempt}.backup"
        manifests.append(await backup.back_up(house.places, file, CLOCK))
    done.set()
    written = await writing

    last = manifests[-1]
    assert 5 < last.rows["calls"] < written + 1
    assert [manifest.rows["calls"] for manifest in manifests] == sorted(m.rows["calls"] for m in manifests)
    assert last.absent == ()
    assert last.rows["recordings"] == last.rows["calls"] == sum(name.startswith("recordings/") for name in last.files)
    await backup.restore(new_place.places, file, force=True, keep_config=True)
    rows = await new_place.everything()
    assert len(rows["calls"]) == last.rows["calls"]
    async with new_place.books() as database, database.read() as session:
        for recording in await session.scalars(select(Recording)):
            content = (new_place.var / "recordings" / recording.path).read_bytes()
            assert hashlib.sha256(content).hexdigest() == recording.sha256


async def count(house: House) -> int:
    async with house.books() as database, database.read() as session:
        return await session.scalar(select(func.count()).select_from(Call)) or 0


async def test_given_a_backup_then_only_its_owner_reads_it_and_its_manifest_tells_every_file(house: House) -> None:
    file, manifest = await back_up(house)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(house.folder.glob("*.part")) == []
    with tarfile.open(file) as tar:
        names = {member.name for member in tar}
        assert all(member.mode == 0o600 for member in tar)
    assert names == {MANIFEST, *manifest.files}
    assert {"settings/hotel.yaml", "config/ivr/main.yaml", "var/pbx/secrets.json", f"var/{ASTDB}"} < names


async def test_given_a_recording_that_is_gone_when_backed_up_then_the_manifest_says_so(house: House) -> None:
    gone = min((house.var / "recordings").rglob("*.wav"))
    gone.unlink()
    _, manifest = await back_up(house)
    assert manifest.absent == (str(gone.relative_to(house.var / "recordings")),)
    assert manifest.rows["recordings"] == 5


async def test_given_a_file_of_that_name_when_backed_up_then_it_stays_as_it_is(house: House) -> None:
    file = house.folder / "house.backup"
    file.write_text("precious", encoding="utf-8")
    with pytest.raises(BackupError, match="is there already"):
        await backup.back_up(house.places, file, CLOCK)
    assert file.read_text(encoding="utf-8") == "precious"


async def test_given_a_house_with_records_when_restored_without_force_then_nothing_is_touched(house: House) -> None:
    file, _ = await back_up(house)
    await house.receive(77)
    before = await house.everything()
    with pytest.raises(BackupError, match="would overwrite the database"):
        await backup.restore(house.places, file, force=False, keep_config=True)
    assert await house.everything() == before


async def test_given_other_secrets_when_restored_without_force_then_they_are_named_and_kept(
    house: House, tmp_path: Path
) -> None:
    file, _ = await back_up(house)
    other = House(tmp_path / "other", f"sqlite+aiosqlite:///{tmp_path / 'none.db'}")
    (other.var / "pbx" / "secrets.json").write_text("{}", encoding="utf-8")
    with pytest.raises(BackupError, match=r"would overwrite .*secrets\.json"):
        await backup.restore(other.places, file, force=False, keep_config=True)
    assert (other.var / "pbx" / "secrets.json").read_text(encoding="utf-8") == "{}"


async def test_given_a_running_house_when_restored_then_it_is_refused(house: House) -> None:
    file, _ = await back_up(house)
    with lock_house(house.var), pytest.raises(HouseStartError, match="already runs"):
        await backup.restore(house.places, file, force=True, keep_config=True)


async def test_given_an_application_left_behind_when_restored_then_it_is_refused(house: House) -> None:
    file, _ = await back_up(house)
    left = await asyncio.create_subprocess_exec(
        sys.executable, "-c", "input()", "callcenter.main", stdin=asyncio.subprocess.PIPE
    )
    try:
        (house.var / "application.pid").write_text(f"{left.pid}\n", encoding="ascii")
        with pytest.raises(BackupError, match="the application of this house still runs"):
            await backup.restore(house.places, file, force=True, keep_config=True)
    finally:
        await left.communicate(b"\n")


@pytest.mark.parametrize("damage", ["flipped", "cut off", "without manifest", "no archive"])
async def test_given_a_damaged_backup_when_restored_then_it_is_refused_and_nothing_is_touched(
    house: House, damage: str
) -> None:
    file, _ = await back_up(house)
    content = bytearray(file.read_bytes())
    if damage == "flipped":
        content[content.index(b"s3cret")] ^= 1
    elif damage == "cut off":
        content = content[: len(content) // 2]
    elif damage == "without manifest":
        content = content[: content.rindex(b"manifest.json")] + bytes(1024)
    else:
        content = bytearray(b"not a backup")
    file.write_bytes(content)
    before, rows = house.files(), await house.everything()
    with pytest.raises(BackupError):
        await backup.restore(house.places, file, force=True, keep_config=True)
    assert (house.files(), await house.everything()) == (before, rows)


async def test_given_a_backup_with_a_path_that_leads_outside_when_opened_then_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").touch()
    with tarfile.open(tmp_path / "evil.backup", "w") as tar:
        tar.add(tmp_path / "x", "var/../../x")
    with pytest.raises(BackupError, match="has no place"), open_checked(tmp_path / "evil.backup"):
        pass


async def test_given_a_backup_of_a_later_schema_when_restored_then_it_is_refused(house: House) -> None:
    async with house.books() as database, database.begin() as session:
        await session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    file, manifest = await back_up(house)
    assert manifest.revision == "9999"
    with pytest.raises(BackupError, match="unknown to this program"):
        await backup.restore(house.places, file, force=True, keep_config=True)


async def test_given_a_backup_of_another_kind_of_database_when_restored_then_it_is_refused(
    house: House, tmp_path: Path, database_kind: str
) -> None:
    file, _ = await back_up(house)
    urls = {
        "sqlite": "postgresql+asyncpg://postgres@/x?host=/nowhere",
        "postgresql": f"sqlite+aiosqlite:///{tmp_path}/x",
    }
    other = House(tmp_path / "other", urls[database_kind])
    with pytest.raises(BackupError, match="the settings name a"):
        await backup.restore(other.places, file, force=True, keep_config=True)


def test_given_the_command_line_when_backed_up_and_restored_then_both_say_what_was_in_it(
    tmp_path: Path, sqlite_template: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    house = House(tmp_path / "old", f"sqlite+aiosqlite:///{tmp_path / 'house.db'}")
    (tmp_path / "house.db").write_bytes(sqlite_template.read_bytes())
    asyncio.run(house.receive(1))
    monkeypatch.setattr(logs, "set_up", lambda *_: None)  # both would stay for the tests that follow
    monkeypatch.setattr(os, "umask", lambda mode: mode)
    monkeypatch.setenv("CALLCENTER_CONFIG", str(house.file))
    monkeypatch.setattr(backup, "CONFIG", house.folder / "config")
    file = tmp_path / "house.backup"

    assert main(["backup", str(file)]) == 0
    assert main(["restore", str(file)]) == 1
    assert main(["restore", "--force", str(file)]) == 0

    captured = capsys.readouterr()
    assert captured.out.count("  1 calls, 1 recordings") == 2
    assert "would overwrite the database" in captured.err
