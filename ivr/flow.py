"""Walks a caller through a menu over AGI, and tells the dialplan the result with the variable set last.

`MENU_RESULT` (one of `Ending`) proves that the walk was completed; `MENU_TARGET` goes with it.
`MENU_PATH`, `MENU_INFORMED` and the channel's language are kept up to date on the way, so that the dialplan's hang-up
handler can tell of a caller who left in the middle.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

import structlog
from structlog.contextvars import bind_contextvars

from callcenter.clock import Clock
from ivr.agi import AgiSession, CallerGone
from ivr.book import MenuBook
from ivr.engine import Ask, End, HungUp, Position, Pressed, Run, Silence, Step, advance, begin
from ivr.flows import Flow, linkedid_of
from ivr.languages import Language
from ivr.listening import Listener
from ivr.menus import Menu
from ivr.sounds import Sounds

log = structlog.get_logger(__name__)

SCRIPT = "menu/"
FIRST_LANGUAGE = Language.ZH
GUARD_SECONDS = 3.0
"""How much longer than a step should take the exchange waits for us before it frees the caller."""


class MenuFlow:
    """The script `menu/NAME` of the FastAGI server.

    Its arguments: a key that was pressed during the greeting, and the call's Linkedid.
    """

    def __init__(
        self,
        book: MenuBook,
        sounds: Sounds,
        clock: Clock,
        zone: ZoneInfo,
        listener: Listener | None = None,
        *,
        flows: Mapping[str, Flow],
    ) -> None:
        self._listener = listener
        self._book = book
        self._sounds = sounds
        self._clock = clock
        self._zone = zone
        self._flows = flows

    async def serve(self, agi: AgiSession) -> None:
        """Serve one caller; without a menu in force the connection ends and the caller goes on to the queue."""
        menu = self._book.get(agi.script.removeprefix(SCRIPT)) if agi.script.startswith(SCRIPT) else None
        if menu is None:
            log.warning("menu_unknown", script=agi.script)
            return
        bind_contextvars(call_id=linkedid_of(agi))
        position, step = begin(menu, FIRST_LANGUAGE, self._now())
        if agi.argument:
            position, step = advance(menu, position, Pressed(agi.argument[0]), self._now())
        try:
            while not isinstance(step, End):
                position, step = await self._take(agi, menu, position, step)
            await self._end(agi, position, step)
        except CallerGone:
            position, step = advance(menu, position, HungUp(), self._now())
            raise
        finally:
            ending = step.ending if isinstance(step, End) else None
            log.info("menu_walked", path="/".join(position.path), ending=ending)

    async def _take(self, agi: AgiSession, menu: Menu, position: Position, step: Ask | Run) -> tuple[Position, Step]:
        if isinstance(step, Ask):
            return await self._ask(agi, menu, position, step)
        await agi.set_variables(self._kept(position, (), 0.0))
        ended = await self._flows[step.flow](agi, position.language)
        return advance(menu, position, ended, self._now())

    async def _ask(self, agi: AgiSession, menu: Menu, position: Position, ask: Ask) -> tuple[Position, Step]:
        listener = self._listener if ask.spoken else None
        if listener is not None and not listener.understands(position.language):
            listener = None
        waits = ask.seconds if listener is None else listener.longest(ask.seconds)
        await agi.set_variables(self._kept(position, ask.prompts, waits))
        key = ""
        for prompt in ask.prompts:
            key = await agi.stream(prompt, self._sounds.seconds(prompt))
            if key:
                break
        if not key and listener is not None:
            keys = dict(ask.spoken)
            key, word = await listener.hear(agi, position.language, tuple(keys), ask.seconds)
            key = key or keys.get(word, "")
        elif not key:
            key = await agi.wait_for_key(ask.seconds)
        return advance(menu, position, Pressed(key) if key else Silence(), self._now())

    async def _end(self, agi: AgiSession, position: Position, end: End) -> None:
        if end.prompts:
            await agi.set_variables(self._kept(position, end.prompts, 0.0))
            for prompt in end.prompts:
                await agi.stream(prompt, self._sounds.seconds(prompt), keys="")
        result = {"MENU_TARGET": end.target, "MENU_RESULT": end.ending.value}
        await agi.set_variables(self._kept(position, (), 0.0) | result)

    def _kept(self, position: Position, prompts: tuple[str, ...], seconds: float) -> dict[str, str]:
        """What the exchange must know before a step: how long to wait for us, and where the caller is."""
        lasts = sum(self._sounds.seconds(prompt) for prompt in prompts) + seconds + GUARD_SECONDS
        return {
            "TIMEOUT(absolute)": f"{lasts:.1f}",
            "CHANNEL(language)": position.language.value,
            "MENU_PATH": "/".join(position.path),
            "MENU_INFORMED": "yes" if position.informed else "no",
        }

    def _now(self) -> datetime:
        return self._clock.now().astimezone(self._zone)
