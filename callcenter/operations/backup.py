"""`callcenter backup` and `callcenter restore`: a whole house in one file, taken while it runs.

The database is copied first, of one instant; then the recordings that it names, which never change; then the
configuration with its secrets. A recording that is taken in meanwhile is in the next backup.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import structlog

from callcenter.clock import Clock
from callcenter.house import House, lock_house
from callcenter.main import program_version
from callcenter.operations import dump as database
from callcenter.operations.archive import BackupError, Manifest, Reader, Writer, digest_of, open_checked
from callcenter.operations.books import is_known_revision
from callcenter.operations.dump import Dump
from callcenter.settings import ROOT, Settings, load

log = structlog.get_logger(__name__)

CONFIG = ROOT / "config"
SETTINGS = "settings/hotel.yaml"
SECRETS = ("pbx/secrets.json", "demo-credentials.json", "tls/key.pem", "tls/certificate.pem")
"""Files below `var` that are kept as they are."""
ASTDB = "pbx/db/astdb.sqlite3"
"""The exchange's own small database: which numbers are not recorded."""
SHOWN = 8


@dataclass(frozen=True, slots=True)
class Places:
    """Where a house's things are: its settings file, the rest of its configuration, and what the settings name."""

    settings_file: Path
    config: Path
    settings: Settings

    @property
    def var(self) -> Path:
        """What is written at run time."""
        return self.settings.var_folder

    def target(self, name: str) -> Path:
        """Return where a file of the archive belongs.

        Raises:
            BackupError: nowhere.
        """
        folder, _, rest = name.partition("/")
        if name == SETTINGS:
            return self.settings_file
        roots = {"recordings": self.settings.recordings_folder, "config": self.config, "var": self.var}
        if folder not in roots or not rest:
            raise BackupError(f"{name} has no place in a house")
        return roots[folder] / rest


async def back_up(places: Places, file: Path, clock: Clock) -> Manifest:
    """Write the house into `file`, which must not exist, and return what is in it.

    Raises:
        BackupError: the database cannot be copied, or the file cannot be written.
    """
    try:
        with _growing(file) as stream, tempfile.TemporaryDirectory(dir=file.parent, prefix=".backup-") as folder:
            copied = await database.dump(places.settings.database_url, Path(folder))
            archive = Writer(stream)
            for one in copied.files:
                archive.add(f"database/{one.name}", one)
            absent = _add_recordings(archive, places.settings.recordings_folder, copied.recordings)
            _add_configuration(archive, places, Path(folder))
            manifest = Manifest(
                made_at=clock.now().isoformat(),
                program=program_version(),
                node=places.settings.pbx.node,
                engine=copied.engine,
                revision=copied.revision,
                rows=copied.rows,
                absent=tuple(absent),
                files=archive.files,
            )
            archive.finish(manifest)
            return manifest
    except (OSError, sqlite3.Error) as error:
        raise BackupError(f"the backup {file} cannot be written: {error}") from error


async def restore(places: Places, file: Path, *, force: bool, keep_config: bool) -> Manifest:
    """Put the house in `file` into its places, after the whole of it was read and found undamaged.

    `places` tells where settings and configuration are; where everything else goes is what the settings will say
    afterwards. `force`: overwrite what is there. `keep_config`: leave settings and configuration as they are.

    Raises:
        BackupError: the backup is damaged, or of a later program, or something is there and `force` was not given.
        HouseStartError: the house is running.
        SettingsError: the settings in the backup cannot be used here.
    """
    with open_checked(file) as archive, tempfile.TemporaryDirectory(prefix="restore-") as temporary:
        folder = Path(temporary)
        if not is_known_revision(archive.manifest.revision):
            raise BackupError(
                f"the backup's schema {archive.manifest.revision} is unknown to this program; install the newer one"
            )
        aimed = places if keep_config else _as_restored(archive, places, folder)
        names = [name for name in archive.manifest.files if not name.startswith("database/")]
        if keep_config:
            names = [name for name in names if not name.startswith(("config/", "settings/"))]
        with lock_house(aimed.var):
            _refuse_orphans(aimed.settings)
            if not force:
                await _refuse_overwriting(archive, aimed, names)
            await _restore_database(archive, aimed, folder)
            for name in names:
                _put_in_place(archive, name, aimed.target(name))
        log.info("backup_restored", file=str(file), files=len(names), made_at=archive.manifest.made_at)
        return archive.manifest


@contextmanager
def _growing(file: Path) -> Iterator[BinaryIO]:
    """Give the stream of a new file, for its owner only, which has its name when it is whole and on the disk."""
    if file.exists():
        raise BackupError(f"{file} is there already; choose another name")
    part = file.with_name(f"{file.name}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            os.fchmod(stream.fileno(), 0o600)
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        part.rename(file)
    finally:
        part.unlink(missing_ok=True)


def _add_recordings(archive: Writer, store: Path, named: tuple[tuple[str, str], ...]) -> list[str]:
    """Add the recordings that the database names; return those that are not there, or not what it says."""
    absent = []
    for path, sha256 in named:
        try:
            entry = archive.add(f"recordings/{path}", store / path)
        except FileNotFoundError:
            log.warning("recording_not_backed_up", path=path, reason="not there")
            absent.append(path)
            continue
        if entry.sha256 != sha256:
            log.warning("recording_differs_from_the_books", path=path)
    return absent


def _add_configuration(archive: Writer, places: Places, folder: Path) -> None:
    archive.add(SETTINGS, places.settings_file)
    for file in sorted(places.config.rglob("*")):
        if file.is_file() and file.resolve() != places.settings_file.resolve():
            archive.add(f"config/{file.relative_to(places.config).as_posix()}", file)
    for name in SECRETS:
        if (places.var / name).is_file():
            archive.add(f"var/{name}", places.var / name)
    if (places.var / ASTDB).is_file():
        database.copy_sqlite(places.var / ASTDB, folder / "astdb")
        archive.add(f"var/{ASTDB}", folder / "astdb")


def _as_restored(archive: Reader, places: Places, folder: Path) -> Places:
    """Tell where things go by the settings of the archive, with the variables of this environment."""
    extracted = folder / "hotel.yaml"
    archive.extract(SETTINGS, extracted)
    return Places(places.settings_file, places.config, load(extracted))


def _refuse_orphans(settings: Settings) -> None:
    """A launcher that crashed leaves its house at work, with the database open."""
    house = House(settings, demo=False)
    for what, pid in (("the application", house.application_pid()), ("Asterisk", house.pbx.pid())):
        if pid is not None:
            raise BackupError(f"{what} of this house still runs (process {pid}); start the house and end it in order")


async def _refuse_overwriting(archive: Reader, places: Places, names: list[str]) -> None:
    there = [
        str(target)
        for name in names
        if (target := places.target(name)).exists() and digest_of(target) != archive.manifest.files[name].sha256
    ]
    if await database.holds_anything(places.settings.database_url):
        there.insert(0, "the database")
    if there:
        more = f" and {len(there) - SHOWN} more" if len(there) > SHOWN else ""
        raise BackupError(f"would overwrite {', '.join(there[:SHOWN])}{more}; --force does so")


def _put_in_place(archive: Reader, name: str, target: Path) -> None:
    """Write a file that is not there already; what the program brings in config/ anybody may read."""
    try:
        if not target.exists() or digest_of(target) != archive.manifest.files[name].sha256:
            archive.extract(name, target, mode=0o644 if name.startswith("config/") else 0o600)
    except OSError as error:
        raise BackupError(f"{target} cannot be written: {error.strerror}") from error


async def _restore_database(archive: Reader, places: Places, folder: Path) -> None:
    files = []
    for name in archive.names("database"):
        archive.extract(name, folder / name)
        files.append(folder / name)
    manifest = archive.manifest
    copied = Dump(manifest.engine, manifest.revision, manifest.rows, (), tuple(files))
    await database.restore(places.settings.database_url, copied)
