"""The house's own recordings of prompts: a file with the name of a prompt wins over the one that came with the program.

They are kept in a folder of the house (`ivr.prompts`, else `var/prompts`), laid out like the shipped ones
(`zh/menu-main.wav`), so they outlive every update. Whatever is put there, by the page or by hand, is given to the
exchange within seconds; what is taken away comes back as it was shipped. A file by hand may be any WAV.
"""

from __future__ import annotations

import asyncio
import re
import wave
from collections.abc import Callable
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path

import structlog

from callcenter.errors import HouseError
from callcenter.health import Alarms
from ivr.conversion import SoundUnusable, from_wav
from ivr.languages import Language
from ivr.rendering import joined
from ivr.sound import Samples, read_wav, write_wav
from ivr.texts import BOTH

log = structlog.get_logger(__name__)

ALARM = "own_prompt_unusable"
LOOK_SECONDS = 2.0
LONGEST_REASON = 500
NAME = re.compile(r"(zh|en|both)/[a-z][a-z0-9-]{0,60}(/[a-z0-9][a-z0-9-]{0,60})?")

HANDED_OVER = "handed-over.txt"

State = tuple[int, int]
UNKNOWN: State = (0, 0)
Play = Callable[[str, Path | None], None]
"""Let the exchange play this file under this name from now on; None: nothing any more."""


class NoOwnRecording(HouseError):
    """The house has no recording of its own under that name; params: `name`."""

    code = "no_own_recording"
    status = HTTPStatus.NOT_FOUND


class OwnPrompts:
    """The recordings in `folder`, above those in `shipped`; `play` hands one to the exchange.

    `workshop`: a folder for what is made of them, files in telephone form and prompts in both languages.
    """

    def __init__(self, folder: Path, shipped: Path, workshop: Path, play: Play, alarms: Alarms) -> None:
        self._folder = folder
        self._shipped = shipped
        self._workshop = workshop
        self._play = play
        self._alarms = alarms
        # what the exchange was given before a restart and is gone meanwhile must be taken back
        self._seen: dict[str, State] = dict.fromkeys(_read_names(workshop / HANDED_OVER), UNKNOWN)
        self._in_force: dict[str, Path] = {}
        self._unusable: dict[str, str] = {}
        self._turn = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    def changed_at(self) -> dict[str, datetime]:
        """Every own recording with the time of its last change."""
        return {name: datetime.fromtimestamp(state[0] / 1e9, UTC) for name, state in self._found().items()}

    def unusable(self) -> dict[str, str]:
        """The files that callers do not hear because they are no sound, with the reason."""
        return dict(self._unusable)

    def own(self, name: str) -> Path | None:
        """The house's own recording of a prompt as callers hear it."""
        return self._in_force.get(name)

    def shipped(self, name: str) -> Path | None:
        """The recording that came with the program."""
        file = self._shipped / f"{name}.wav"
        return file if NAME.fullmatch(name) and file.is_file() else None

    async def keep(self, name: str, sound: Samples) -> None:
        """Keep a recording in telephone form (`ivr.conversion.from_wav`) and let callers hear it from now on."""
        file = self._folder / f"{name}.wav"
        part = file.with_suffix(".part")
        await asyncio.to_thread(write_wav, part, sound)
        part.replace(file)
        await self.look()

    async def remove(self, name: str) -> None:
        """Take the house's recording away; callers hear the shipped one again.

        Raises:
            NoOwnRecording: there is none.
        """
        file = self._folder / f"{name}.wav"
        if NAME.fullmatch(name) is None or not file.is_file():
            raise NoOwnRecording(name=name)
        file.unlink()
        await self.look()

    async def look(self) -> None:
        """Hand to the exchange what has changed since the last look."""
        async with self._turn:
            if not await asyncio.to_thread(self._hand_over_changes):
                return
        if self._unusable:
            reason = "; ".join(f"{name}: {why}" for name, why in sorted(self._unusable.items()))[:LONGEST_REASON]
            self._alarms.set(ALARM, names=", ".join(sorted(self._unusable)), reason=reason)
        else:
            self._alarms.clear(ALARM)

    async def start(self) -> None:
        """Hand every own recording to the exchange and watch the folder from now on."""
        await self._look_if_possible()
        self._task = asyncio.create_task(self._watch(), name="own-prompts")

    async def close(self) -> None:
        """Stop watching."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            await self._look_if_possible()

    async def _look_if_possible(self) -> None:
        """Look; what the disk refuses now is tried again with the next look."""
        try:
            await self.look()
        except OSError as error:
            log.warning("own_prompts_not_handed_over", folder=str(self._folder), reason=str(error))

    def _found(self) -> dict[str, State]:
        found = {}
        for file in self._folder.rglob("*.wav"):
            name = str(file.relative_to(self._folder).with_suffix(""))
            if NAME.fullmatch(name) and file.is_file():
                state = file.stat()
                found[name] = (state.st_mtime_ns, state.st_size)
        return found

    def _hand_over_changes(self) -> bool:
        """Hand over what differs from the last look; a name counts as seen once that has worked."""
        found = self._found()
        changed = sorted(name for name in found.keys() | self._seen.keys() if found.get(name) != self._seen.get(name))
        for name in changed:
            self._take(name, is_there=name in found)
            self._play(name, self._in_force.get(name) or self.shipped(name))
        for prompt in sorted({name.partition("/")[2] for name in changed}):
            self._hand_over_both(prompt)
        self._seen = found
        if changed:
            self._workshop.mkdir(parents=True, exist_ok=True)
            (self._workshop / HANDED_OVER).write_text("\n".join(sorted(found)), encoding="utf-8")
        return bool(changed)

    def _take(self, name: str, *, is_there: bool) -> None:
        """Look at one file of the house; what is no telephone sound is made into it."""
        self._unusable.pop(name, None)
        self._in_force.pop(name, None)
        if not is_there:
            log.info("own_prompt_gone", prompt=name)
            return
        file = self._folder / f"{name}.wav"
        try:
            if not _is_telephone_sound(file):
                sound = from_wav(file.read_bytes())
                file = self._workshop / f"{name}.wav"
                write_wav(file, sound)
        except SoundUnusable as error:
            self._unusable[name] = str(error)
            log.error("own_prompt_unusable", prompt=name, reason=str(error))
            return
        self._in_force[name] = file
        log.info("own_prompt_in_force", prompt=name)

    def _hand_over_both(self, prompt: str) -> None:
        """Put a prompt in both languages together anew where one of its parts is the house's own."""
        both = f"{BOTH}/{prompt}"
        if self.shipped(both) is None or both in self._in_force:
            return
        parts = [f"{language}/{prompt}" for language in (Language.ZH, Language.EN)]
        if not any(part in self._in_force for part in parts):
            self._play(both, self.shipped(both))
            return
        files = [self._in_force.get(part) or self.shipped(part) for part in parts]
        file = self._workshop / f"{both}.wav"
        write_wav(file, joined(*(read_wav(part) for part in files if part is not None)))
        self._play(both, file)


def _read_names(file: Path) -> list[str]:
    return [name for name in file.read_text(encoding="utf-8").split() if NAME.fullmatch(name)] if file.is_file() else []


def _is_telephone_sound(file: Path) -> bool:
    try:
        return len(read_wav(file)) > 0
    except (ValueError, EOFError, wave.Error):
        return False
