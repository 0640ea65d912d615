"""The folder into which the exchange writes: which files are there, and which of them are finished."""

from __future__ import annotations

import fcntl
import os
import signal
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from callcenter.telephony import CallSnapshot
from recordings.service import call_name
from recordings.wav import CALL, MESSAGE, Form

SUFFIXES = {".raw": CALL, ".sln": MESSAGE}
"""What the exchange writes: calls as interleaved stereo, messages as signed linear mono."""
QUARANTINE = "quarantine"


@dataclass(frozen=True, slots=True)
class RawFile:
    """One recording as the exchange wrote it; `changed_at` in epoch seconds, `size` in bytes.

    `relative` is its path below the spool without the suffix; `name` is the exchange's name of the recording.
    """

    path: Path
    relative: str
    size: int
    changed_at: float

    @property
    def name(self) -> str:
        """The exchange's name of the recording."""
        return self.path.stem

    @property
    def form(self) -> Form:
        """How its samples lie."""
        return SUFFIXES[self.path.suffix]


class Spool:
    """The exchange's recording folder, with days as subfolders. Every method blocks: call it in a thread.

    Damaged files go to `quarantine/` inside it: the same disk, so that moving them needs no room and cannot be
    left half. Whoever has mended one moves it back to its day's folder, and it is taken in again.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.quarantine = folder / QUARANTINE

    def scan(self) -> list[RawFile]:
        """Return every raw file that waits, the one that was finished first at the head.

        Raises:
            OSError: the folder itself cannot be read. A spool that does not exist yet is empty.
        """
        if not self.folder.exists():
            return []
        return sorted(self._files(self.folder), key=lambda file: (file.changed_at, file.relative))

    def _files(self, folder: Path) -> Iterable[RawFile]:
        with os.scandir(folder) as entries:
            for entry in entries:
                path = Path(entry.path)
                if entry.is_dir(follow_symlinks=False):
                    if path != self.quarantine:
                        yield from self._files(path)
                elif path.suffix in SUFFIXES and entry.is_file(follow_symlinks=False):
                    facts = entry.stat(follow_symlinks=False)
                    relative = str(path.relative_to(self.folder).with_suffix(""))
                    yield RawFile(path, relative, facts.st_size, facts.st_mtime)

    def set_aside(self, file: RawFile) -> Path:
        """Move a damaged file into quarantine, and return where it lies now; nothing is overwritten there.

        Raises:
            OSError: it cannot be moved.
        """
        target = self.quarantine / f"{file.relative}{file.path.suffix}"
        target.parent.mkdir(parents=True, exist_ok=True)
        count = 1
        while target.exists():
            count += 1
            target = self.quarantine / f"{file.relative}.{count}{file.path.suffix}"
        return file.path.rename(target)

    def set_aside_files(self) -> list[Path]:
        """Return the files in quarantine."""
        return sorted(path for path in self.quarantine.rglob("*") if path.is_file())


def live_names(calls: Iterable[CallSnapshot]) -> frozenset[str]:
    """Return the names under which recordings of `calls` may be growing now.

    A call whose recording is not known yet counts with its linkedid: for an incoming call that is the outside
    party's channel, after which the recording is named.
    """
    open_calls = [call for call in calls if call.ended_at is None]
    return frozenset(name for call in open_calls for name in (call.recording, call.key.linkedid) if name)


def seconds_until_ready(file: RawFile, live: Collection[str], now: float, quiet_seconds: float) -> float | None:
    """Return how long to wait before `file` may be taken in: 0 is now, None until its call has ended.

    A file counts as finished when its call is not among the live ones and nothing was written for `quiet_seconds`:
    a caller may listen to a message and record it again as long as the call lasts.
    """
    if call_name(file.name) in live:
        return None
    return max(0.0, file.changed_at + quiet_seconds - now)


def is_open_for_writing(path: Path) -> bool:
    """Tell whether some process has `path` open for writing now.

    The kernel grants a read lease only on a file that nobody writes. Where it grants none at all (network file
    systems, a foreign owner) this cannot be told and the answer is no: the quiet time must do.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        # A writer that comes while the lease is held makes the kernel signal us; SIGIO, its default, would end us.
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return False
