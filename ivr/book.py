"""The menus in force: read from their files, checked, and read again when somebody edits them.

A menu is an unchanging value, so callers who are inside one keep the one they began with. A file with mistakes is
refused with an alarm and the menu that was in force stays.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from pathlib import Path

import structlog

from callcenter.health import Alarms
from ivr.checking import Surroundings, check
from ivr.menus import Menu, MenuInvalid, load_menu

log = structlog.get_logger(__name__)

ALARM = "menu_refused"
LOOK_SECONDS = 2.0
LONGEST_REASON = 500


class MenuBook:
    """The menus with these `names` in `folder`. `start` begins to watch the files, `close` ends that."""

    def __init__(self, folder: Path, names: Collection[str], around: Surroundings, alarms: Alarms) -> None:
        self._files = {name: folder / f"{name}.yaml" for name in names}
        self._around = around
        self._alarms = alarms
        self._menus: dict[str, Menu] = {}
        self._seen: dict[str, tuple[int, int] | None] = {}
        self._refused: dict[str, str] = {}
        self._task: asyncio.Task[None] | None = None

    def get(self, name: str) -> Menu | None:
        """Return the menu in force, or nothing where no usable one was ever read."""
        return self._menus.get(name)

    def in_force(self) -> Mapping[str, Menu]:
        """Return every menu in force by its name."""
        return dict(self._menus)

    def look(self) -> None:
        """Read the files that changed since the last look."""
        changed = False
        for name, file in self._files.items():
            state = _state(file)
            if name in self._seen and self._seen[name] == state:
                continue
            self._seen[name] = state
            changed = True
            self._take(name, file)
        if changed and self._refused:
            reason = "\n".join(self._refused.values())[:LONGEST_REASON]
            self._alarms.set(ALARM, menus=", ".join(sorted(self._refused)), reason=reason)
        elif changed:
            self._alarms.clear(ALARM)

    async def start(self) -> None:
        """Read the menus and watch their files from now on."""
        self.look()
        self._task = asyncio.create_task(self._watch(), name="menu-watch")

    async def close(self) -> None:
        """Stop watching."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            self.look()

    def _take(self, name: str, file: Path) -> None:
        try:
            menu = load_menu(file)
            findings = check(menu, self._around)
            if findings:
                raise MenuInvalid("\n".join(f"{file.name}: {finding}" for finding in findings))
        except MenuInvalid as error:
            self._refused[name] = str(error)
            log.error("menu_refused", menu=name, reason=str(error), in_force=name in self._menus)
            return
        self._refused.pop(name, None)
        self._menus[name] = menu
        log.info("menu_in_force", menu=name, nodes=len(menu.nodes))


def _state(file: Path) -> tuple[int, int] | None:
    """What changes when a file is edited; None while it is missing."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
