"""Taking one finished raw file in: kept, entered in the books, tied to its call, exactly once.

The raw file is deleted last, when the WAV file is on the disk and its row is committed. Whatever happens before that
(a crash, a full disk, a lost database) leaves the raw file, and the next attempt begins anew: a half-written WAV file
or one without a row is written over, and a file that has its row is only compared and deleted.
"""

from __future__ import annotations

import asyncio
import errno
import os
import re
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import BinaryIO

import structlog
from sqlalchemy.exc import IntegrityError

from callcenter.clock import Clock
from callcenter.db import Database
from recordings import service, wav
from recordings.spool import RawFile, Spool, is_open_for_writing
from recordings.store import Kept, Store, digest_of

log = structlog.get_logger(__name__)

SHORTEST_SECONDS = 0.1
"""Shorter files hold nothing that anybody said: calls that ended before they were answered."""
AUDIBLE = 300
"""Peak, of 32767, below which a message says nothing: about -40 dBFS, under the noise of a line with a person on it."""
ODD_LENGTH = "odd_length"
NAME = re.compile(r"[A-Za-z0-9._-]{1,120}")
UNREADABLE = {errno.EACCES, errno.EPERM, errno.EIO}


class Taken(StrEnum):
    """What became of a raw file. `LATER`: it is still being written, or someone else takes it in just now."""

    KEPT = "kept"
    KNOWN = "known"
    EMPTY = "empty"
    DAMAGED = "damaged"
    LATER = "later"


class _Damaged(Exception):
    """The raw file cannot be taken in as it is; the text says why."""


class _Later(Exception):
    """The raw file changed while it was read, or is gone."""


@dataclass(frozen=True, slots=True)
class Intake:
    """Takes raw files of the exchange `node` out of `spool` into `store` and the books."""

    database: Database
    spool: Spool
    store: Store
    node: str
    clock: Clock

    async def take(self, file: RawFile) -> Taken:
        """Take `file` in and delete it, or set it aside if it is damaged.

        Raises:
            StoreFailed: the store does not take it now; try again later.
            DatabaseUnavailable: neither do the books.
            OSError: the raw file cannot be deleted or set aside.
        """
        try:
            return await self._take(file)
        except _Later as reason:
            log.info("recording_left_for_later", recording=file.name, reason=str(reason))
            return Taken.LATER
        except (_Damaged, wav.SoundUnreadable) as reason:
            lies_at = await asyncio.to_thread(self.spool.set_aside, file)
            log.error(
                "recording_damaged", recording=file.name, reason=str(reason), size=file.size, moved_to=str(lies_at)
            )
            return Taken.DAMAGED

    async def _take(self, file: RawFile) -> Taken:
        if not NAME.fullmatch(file.name):
            raise _Damaged("not a name that the exchange gives")
        if await asyncio.to_thread(_is_written, file.path):
            raise _Later("still open for writing")
        if file.size < SHORTEST_SECONDS * file.form.bytes_per_second or await asyncio.to_thread(_says_nothing, file):
            await asyncio.to_thread(_delete, file)
            log.info("empty_recording_deleted", recording=file.name, size=file.size)
            return Taken.EMPTY
        frames = file.size // file.form.frame_bytes
        if frames > file.form.longest_frames:
            raise _Damaged("longer than a WAV file can be")
        taken = await self._keep_once(file, frames)
        await asyncio.to_thread(_delete, file)
        return taken

    async def _keep_once(self, file: RawFile, frames: int) -> Taken:
        """Keep `file` unless it is kept already.

        Other sound under a name that is known is the recording going on: it had rested so long, unseen, that its
        beginning was taken in. It becomes another part of the same call's recording.
        """
        number = 1
        while True:
            name = service.part_name(file.name, number)
            async with self.database.read() as session:
                known = await service.find(session, self.node, name)
            if known is None:
                await self._keep(file, frames, name)
                return Taken.KEPT
            if await asyncio.to_thread(self._is_kept, file, frames, known.path, known.sha256, known.size):
                return Taken.KNOWN
            number += 1

    async def _keep(self, file: RawFile, frames: int, name: str) -> None:
        folder = PurePosixPath(self.node, file.relative).parent
        kept = await asyncio.to_thread(self._copy, file, frames, str(folder / f"{name}.wav"))
        problem = ODD_LENGTH if file.size % file.form.frame_bytes else None
        try:
            async with self.database.begin() as session:
                row = await service.enter(session, self.node, name, kept, self.clock.now(), problem)
        except IntegrityError as error:
            raise _Later("entered by someone else meanwhile") from error
        facts = {"recording": name, "recording_id": row.id, "call_row": row.call_id}
        log.info("recording_kept", **facts, seconds=kept.seconds, size=kept.size, problem=problem)

    def _copy(self, file: RawFile, frames: int, path: str) -> Kept:
        with _open(file.path) as raw:
            kept = self.store.keep(raw, frames, path, file.form)
            after = os.fstat(raw.fileno())
        if (after.st_size, after.st_mtime) != (file.size, file.changed_at):
            raise _Later("it grew while it was copied")
        return kept

    def _is_kept(self, file: RawFile, frames: int, path: str, sha256: str, size: int) -> bool:
        """Tell whether this very sound is in the books, and make sure that it is in the store as well."""
        with _open(file.path) as raw:
            if digest_of(raw, frames, file.form) != sha256:
                return False
            if self.store.size_of(path) != size:
                raw.seek(0)
                self.store.keep(raw, frames, path, file.form)
        return True


def _says_nothing(file: RawFile) -> bool:
    """Tell whether a message is silence: the caller was gone, or said not a word, after the tone."""
    if file.form is not wav.MESSAGE:
        return False
    with _open(file.path) as raw:
        while block := raw.read(wav.BLOCK_BYTES):
            samples = array("h", block[: len(block) // wav.SAMPLE_BYTES * wav.SAMPLE_BYTES])
            if samples and max(max(samples), -min(samples)) >= AUDIBLE:
                return False
    return True


def _is_written(path: Path) -> bool:
    with _explained():
        return is_open_for_writing(path)


def _open(path: Path) -> BinaryIO:
    with _explained():
        return path.open("rb")


@contextmanager
def _explained() -> Iterator[None]:
    """Tell a file that is gone or unreadable from a machine in trouble, which is no fault of the file."""
    try:
        yield
    except FileNotFoundError as error:
        raise _Later("gone") from error
    except OSError as error:
        if error.errno not in UNREADABLE:
            raise
        raise _Damaged(f"cannot be opened: {error.strerror}") from error


def _delete(file: RawFile) -> None:
    file.path.unlink(missing_ok=True)
