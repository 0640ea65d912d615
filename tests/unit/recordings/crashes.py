"""Points at which taking a recording in may be cut short; as a program: take one in and die there of SIGKILL."""

from __future__ import annotations

import asyncio
import os
import pkgutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from callcenter.db import Database
from tests.unit.recordings.house import House

CRASHES = {
    "before the part is opened": ("recordings.store._make_folders", "before"),
    "while the sound is copied": ("recordings.wav.header", "before"),
    "before the part is flushed": ("recordings.store.os.fsync", "before"),
    "after the part is flushed": ("recordings.store.Store._check", "before"),
    "before the part gets its name": ("pathlib.Path.replace", "before"),
    "after the part got its name": ("pathlib.Path.replace", "after"),
    "before the folder is flushed": ("recordings.store._flush_folder", "before"),
    "after the folder is flushed": ("recordings.store.Store.keep", "after"),
    "before the row is written": ("recordings.service.enter", "before"),
    "after the row is written": ("sqlalchemy.ext.asyncio.AsyncSession.flush", "after"),
    "before the row is committed": ("sqlalchemy.ext.asyncio.AsyncSession.commit", "before"),
    "after the row is committed": ("sqlalchemy.ext.asyncio.AsyncSession.commit", "after"),
    "before the raw file is deleted": ("recordings.intake._delete", "before"),
    "after the raw file is deleted": ("recordings.intake._delete", "after"),
}


def arm(point: str, die: Callable[[], NoReturn], set_attribute: Callable[[Any, str, Any], None]) -> None:
    """Let `die` be called at `point`, before or after the function there did its work."""
    path, moment = CRASHES[point]
    owner_path, name = path.rsplit(".", 1)
    owner = pkgutil.resolve_name(owner_path)
    original = getattr(owner, name)

    async def awaited(*args: Any, **more: Any) -> NoReturn:
        if moment == "after":
            await original(*args, **more)
        die()

    def called(*args: Any, **more: Any) -> NoReturn:
        if moment == "after":
            original(*args, **more)
        die()

    set_attribute(owner, name, awaited if asyncio.iscoroutinefunction(original) else called)


def _kill() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("still alive")


async def _take_and_die(database_url: str, folder: str, point: str) -> None:
    house = House(Database(database_url), Path(folder))
    arm(point, _kill, setattr)
    await house.intake.take(house.spool.scan()[0])


if __name__ == "__main__":
    asyncio.run(_take_and_die(*sys.argv[1:]))
