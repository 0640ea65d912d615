"""The file of a backup: a tar of plain files with a manifest of their sizes and SHA-256, readable by its owner only."""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any, BinaryIO

FORMAT = 1
MANIFEST = "manifest.json"
BLOCK = 1024 * 1024


class BackupError(Exception):
    """A backup cannot be made or restored; the message is one sentence for the person who tries."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a backup: its size in bytes and the SHA-256 of its content."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds. `made_at` is UTC, `engine` the kind of database, `revision` that of its schema.

    `rows`: how many rows each table has. `absent`: recordings that the database names and that were not there.
    """

    made_at: str
    program: str
    node: str
    engine: str
    revision: str
    rows: dict[str, int]
    absent: tuple[str, ...]
    files: dict[str, Entry]

    def to_json(self) -> bytes:
        """Write it as it stands in the archive."""
        return json.dumps({"format": FORMAT, **asdict(self)}, ensure_ascii=False, indent=1).encode()

    @staticmethod
    def from_json(text: bytes) -> Manifest:
        """Read it.

        Raises:
            BackupError: it is none, or of a later program.
        """
        try:
            values: dict[str, Any] = json.loads(text)
            if values.pop("format") != FORMAT:
                raise BackupError("the backup was made by a later program; install that one")
            files = {name: Entry(**entry) for name, entry in values.pop("files").items()}
            return Manifest(**{**values, "files": files, "absent": tuple(values["absent"])})
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise BackupError(f"the manifest cannot be read ({error})") from error


class _Hashing:
    """Reads a file and counts what passes."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """Read and count."""
        block = self._stream.read(size)
        self.digest.update(block)
        return block


class Writer:
    """Adds files to a new archive; `files` is what the manifest says of them."""

    def __init__(self, stream: BinaryIO) -> None:
        self._tar = tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT)  # noqa: SIM115 - closed by finish
        self.files: dict[str, Entry] = {}

    def add(self, name: str, file: Path) -> Entry:
        """Add one file under `name`; what is appended to it meanwhile is left out.

        Raises:
            OSError: it cannot be read, or became shorter meanwhile.
        """
        with file.open("rb") as stream:
            facts = os.fstat(stream.fileno())
            info = tarfile.TarInfo(name)
            info.size, info.mtime, info.mode = facts.st_size, int(facts.st_mtime), 0o600
            counted = _Hashing(stream)
            self._tar.addfile(info, counted)
        self.files[name] = Entry(info.size, counted.digest.hexdigest())
        return self.files[name]

    def finish(self, manifest: Manifest) -> None:
        """Write the manifest, last: an archive without it is not whole."""
        text = manifest.to_json()
        info = tarfile.TarInfo(MANIFEST)
        info.size, info.mode = len(text), 0o600
        self._tar.addfile(info, io.BytesIO(text))
        self._tar.close()


class Reader:
    """An archive that was found whole."""

    def __init__(self, tar: tarfile.TarFile, manifest: Manifest) -> None:
        self._tar = tar
        self.manifest = manifest

    def names(self, folder: str) -> list[str]:
        """Return the names below `folder`."""
        return [name for name in self.manifest.files if name.startswith(f"{folder}/")]

    def extract(self, name: str, target: Path, mode: int = 0o600) -> None:
        """Write one file to `target`, in one step, and compare it with the manifest.

        Raises:
            BackupError: what was read is not what was checked before.
            OSError: it cannot be written.
        """
        source = self._tar.extractfile(name)
        if source is None:
            raise BackupError(f"{name} is no file")
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f"{target.name}.part")
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        counted = _Hashing(source)
        with os.fdopen(descriptor, "wb") as stream:
            os.fchmod(descriptor, mode)
            while block := counted.read(BLOCK):
                stream.write(block)
            stream.flush()
            os.fsync(stream.fileno())
        if counted.digest.hexdigest() != self.manifest.files[name].sha256:
            part.unlink()
            raise BackupError(f"{name} changed while it was being restored")
        part.replace(target)


@contextmanager
def open_checked(file: Path) -> Iterator[Reader]:
    """Open an archive and read all of it once: every file must be there with its size and SHA-256, and no other.

    Raises:
        BackupError: it is damaged, or no backup at all.
    """
    with ExitStack() as stack:
        try:
            tar = stack.enter_context(tarfile.open(file, "r:"))
            manifest = _checked(tar)
        except (OSError, tarfile.TarError, EOFError) as error:
            raise BackupError(f"{file} cannot be read as a backup: {error}") from error
        yield Reader(tar, manifest)


def digest_of(file: Path) -> str:
    """Return the SHA-256 of a file's content."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _checked(tar: tarfile.TarFile) -> Manifest:
    found: dict[str, Entry] = {}
    manifest: Manifest | None = None
    for member in tar:
        stream = tar.extractfile(member) if member.isfile() else None
        path = PurePosixPath(member.name)
        if stream is None or path.is_absolute() or ".." in path.parts or member.name in found:
            raise BackupError(f"{member.name!r} has no place in a backup")
        if member.name == MANIFEST:
            manifest = Manifest.from_json(stream.read())
        else:
            found[member.name] = Entry(member.size, hashlib.file_digest(stream, "sha256").hexdigest())  # type: ignore[arg-type]
    if manifest is None:
        raise BackupError("the backup has no manifest: it was not finished, or is cut off")
    differing = sorted(name for name, _ in found.items() ^ manifest.files.items())
    if differing:
        raise BackupError(f"the backup is damaged: {differing[0]} is not what the manifest says")
    return manifest
