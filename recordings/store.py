"""Where finished recordings are kept: one WAV file each, in a local folder."""

from __future__ import annotations

import errno
import glob
import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO

from recordings import wav
from recordings.wav import Form


class StoreFailed(Exception):
    """The store does not take a file now: disk full, read-only, not ours; `error` is the system's reason."""

    def __init__(self, error: OSError) -> None:
        super().__init__(str(error))
        self.error = error


@dataclass(frozen=True, slots=True)
class Kept:
    """A WAV file in the store: `size` in bytes and SHA-256 of the whole file, header included."""

    path: str
    size: int
    sha256: str
    seconds: float
    form: Form


class Store:
    """A folder of recordings. Paths are relative to it, with forward slashes.

    A file has its name only when it is whole and on the disk: it grows as `.part`, is flushed, checked and renamed.
    Every method blocks: call it in a thread.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def keep(self, raw: BinaryIO, frames: int, path: str, form: Form) -> Kept:
        """Write the first `frames` frames of `raw` to `path`; an older file of that path is replaced.

        Raises:
            StoreFailed: the store could not take it; nothing is left behind.
            SoundUnreadable: `raw` could not be read or is shorter than announced.
        """
        target = self.folder / path
        part = target.with_name(f"{target.name}.{secrets.token_hex(4)}.part")
        try:
            _make_folders(target.parent)
            _remove_parts(target)
            digest = self._write(part, raw, frames, form)
            part.replace(target)
            _flush_folder(target.parent)
        except OSError as error:
            raise StoreFailed(error) from error
        finally:
            with suppress(OSError):  # a part left behind is removed next time
                part.unlink(missing_ok=True)
        return Kept(path, form.size_of(frames), digest, frames / wav.RATE, form)

    def size_of(self, path: str) -> int | None:
        """Return the size in bytes of the file at `path`, None if there is none."""
        try:
            return (self.folder / path).stat().st_size
        except FileNotFoundError:
            return None

    def open(self, path: str) -> BufferedReader:
        """Open a kept file for reading.

        Raises:
            OSError: it is not there or cannot be read.
        """
        return (self.folder / path).open("rb")

    def days(self, node: str) -> Iterator[list[str]]:
        """Yield the paths of all whole files of `node`, one day's together, the newest day first."""
        for day in sorted((self.folder / node).glob("*/*/*/"), reverse=True):
            yield [str(file.relative_to(self.folder)) for file in sorted(day.glob("*.wav"))]

    def inspect(self, path: str) -> Kept:
        """Read a whole file again.

        Raises:
            ValueError: it is not a whole WAV file of our format.
            OSError: it cannot be read.
        """
        with self.open(path) as file:
            frames, form = wav.measure(file)
            size = file.seek(0, os.SEEK_END)
            if size != form.size_of(frames):
                raise ValueError(f"{size} bytes do not hold {frames} frames")
            file.seek(0)
            return Kept(path, size, hashlib.file_digest(file, "sha256").hexdigest(), frames / wav.RATE, form)

    def _write(self, part: Path, raw: BinaryIO, frames: int, form: Form) -> str:
        digest = hashlib.sha256()
        with open(part, "wb+", opener=_open_private) as file:
            for block in wav.blocks(raw, frames, form):
                digest.update(block)
                file.write(block)
            file.flush()
            os.fsync(file.fileno())
            self._check(file, frames, form)
        return digest.hexdigest()

    @staticmethod
    def _check(file: BinaryIO, frames: int, form: Form) -> None:
        """Read the header back, as a player would, before anything is allowed to delete the raw file."""
        length = file.seek(0, os.SEEK_END)
        file.seek(0)
        try:
            found = wav.measure(file)
        except ValueError as error:
            raise OSError(errno.EIO, f"written file is damaged: {error}") from error
        if found != (frames, form) or length != form.size_of(frames):
            raise OSError(errno.EIO, f"written file holds {length} bytes and {found[0]} frames of {frames}")


def digest_of(raw: BinaryIO, frames: int, form: Form) -> str:
    """Return the SHA-256 that the WAV file of the first `frames` frames of `raw` has.

    Raises:
        SoundUnreadable: `raw` could not be read or is shorter than announced.
    """
    digest = hashlib.sha256()
    for block in wav.blocks(raw, frames, form):
        digest.update(block)
    return digest.hexdigest()


def _open_private(path: str, flags: int) -> int:
    """Make a file that only we read: it holds what a guest said."""
    return os.open(path, flags | os.O_EXCL, 0o600)


def _remove_parts(target: Path) -> None:
    """Remove what a crash left of `target`; whoever writes one just now fails and comes again."""
    for part in target.parent.glob(f"{glob.escape(target.name)}.*.part"):
        part.unlink(missing_ok=True)


def _make_folders(folder: Path) -> None:
    """Make `folder` and its parents, each of them on the disk before anything is put into it."""
    if folder.is_dir():
        return
    _make_folders(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    _flush_folder(folder.parent)


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
