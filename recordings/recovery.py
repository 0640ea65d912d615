"""Entering kept files whose row was lost.

A power cut can take back the database's last commits (SQLite with a write-ahead log), and a restored backup knows
nothing of the files kept since. The raw files are deleted by then, so the store itself says what is there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from pathlib import PurePosixPath

import structlog

from callcenter.clock import Clock
from callcenter.db import Database
from recordings import service
from recordings.store import Store

log = structlog.get_logger(__name__)


async def enter_lost(database: Database, store: Store, node: str, waiting: Collection[str], clock: Clock) -> int:
    """Enter kept files of `node` that are not in the books; return how many.

    Goes back day by day to the first on which nothing is lost: what is lost are always the latest commits.
    `waiting` names the recordings whose raw file is still there: those are taken in anew.

    Raises:
        DatabaseUnavailable: the books cannot be read or written.
        OSError: the store cannot be read.
    """
    count = 0
    days = store.days(node)
    while (paths := await asyncio.to_thread(next, days, None)) is not None:
        names = {PurePosixPath(path).name.removesuffix(".wav"): path for path in paths}
        async with database.read() as session:
            known = await service.entered(session, node, names)
        lost = sorted(set(names) - known - set(waiting))
        if names and not lost:
            break
        for name in lost:
            count += await _enter(database, store, node, name, names[name], clock)
    return count


async def _enter(database: Database, store: Store, node: str, name: str, path: str, clock: Clock) -> bool:
    try:
        kept = await asyncio.to_thread(store.inspect, path)
    except ValueError as error:
        log.error("kept_file_damaged", recording=name, path=path, reason=str(error))
        return False
    async with database.begin() as session:
        row = await service.enter(session, node, name, kept, clock.now(), problem=None)
        linkedids = await service.linkedids_of(session, node, [name])
    log.warning("lost_recording_entered", call_id=linkedids.get(name), recording=name, recording_id=row.id, path=path)
    return True
