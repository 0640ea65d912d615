"""The script `call-back`: talks with a caller who pressed the key for being called back in a waiting queue.

`CALL_BACK=requested` is set last and proves that the wish is stored; without it the caller goes on waiting.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection

import structlog
from structlog.contextvars import bind_contextvars

from callcenter.errors import HouseError
from callcenter.telephony import CallKey
from ivr.agi import AgiSession, CallerGone
from ivr.call_back import MOST_KEYS, CallBack, Stage, Step, Talk, advance, begin, callable_number
from ivr.engine import Ask, HungUp, Pressed, Silence
from ivr.keying import END_KEY, keying_seconds, read_answer
from ivr.languages import Language
from ivr.sounds import Sounds

log = structlog.get_logger(__name__)

SCRIPT = "call-back"
GUARD_SECONDS = 3.0
"""How much longer than a step should take the exchange waits for us before it puts the caller back into the queue."""

STORE_SECONDS = 10.0

Store = Callable[[CallKey, str, Language], Awaitable[None]]
"""Stores that the caller of a call is to be called back on a number, in a language; raises HouseError."""


class CallBackFlow:
    """The argument is the call's Linkedid; `rooms` can be called back too."""

    def __init__(self, node: str, sounds: Sounds, rooms: Collection[str], store: Store) -> None:
        self._node = node
        self._sounds = sounds
        self._rooms = rooms
        self._store = store

    async def serve(self, agi: AgiSession) -> None:
        """Serve one caller."""
        bind_contextvars(call_id=_linkedid(agi))
        language = Language.EN if agi.request.get("agi_language", "").startswith(Language.EN) else Language.ZH
        talk, step = begin(callable_number(agi.request.get("agi_callerid", ""), self._rooms), language)
        try:
            while isinstance(step, Ask):
                talk, step = await self._ask(agi, talk, step)
        except CallerGone:
            talk, step = advance(talk, HungUp(), self._rooms)
            raise
        finally:
            log.info("call_back_talked", stage=talk.stage, asked=isinstance(step, CallBack))
        if isinstance(step, CallBack):
            await self._keep(agi, step, language)
        else:
            await self._say(agi, f"{language}/call-back-go-on")

    async def _ask(self, agi: AgiSession, talk: Talk, ask: Ask) -> tuple[Talk, Step]:
        is_number = talk.stage is Stage.KEYING
        waits = keying_seconds(ask.seconds, MOST_KEYS if is_number else 1)
        seconds = sum(self._sounds.seconds(prompt) for prompt in ask.prompts) + waits + GUARD_SECONDS
        await agi.set_variables({"TIMEOUT(absolute)": f"{seconds:.1f}"})
        if is_number:
            return await self._keyed(agi, talk, ask)
        key = ""
        for prompt in filter(self._sounds.has, ask.prompts):  # one that is missing would end the script
            key = await agi.stream(prompt, self._sounds.seconds(prompt))
            if key:
                break
        key = key or await agi.wait_for_key(ask.seconds)
        return advance(talk, Pressed(key) if key else Silence(), self._rooms)

    async def _keyed(self, agi: AgiSession, talk: Talk, ask: Ask) -> tuple[Talk, Step]:
        """Read a number at once, and give it to the machine key by key."""
        keys, is_late = await read_answer(agi, self._sounds, ask.prompts, ask.seconds, MOST_KEYS)
        tries = talk.tries
        step: Step = ask
        for key in keys:
            talk, step = advance(talk, Pressed(key), self._rooms)
            if talk.tries != tries or not isinstance(step, Ask):
                return talk, step
        if keys and not talk.keyed:
            return talk, step  # a star at the end: the number is asked for anew
        return advance(talk, Silence() if is_late else Pressed(END_KEY), self._rooms)

    async def _keep(self, agi: AgiSession, wish: CallBack, language: Language) -> None:
        await agi.set_variables({"TIMEOUT(absolute)": f"{STORE_SECONDS + GUARD_SECONDS:.1f}"})
        try:
            await self._store(CallKey(self._node, _linkedid(agi)), wish.number, language)
        except HouseError as error:
            log.error("call_back_not_stored", reason=str(error))
            await self._say(agi, f"{language}/call-back-not-now")
            return
        await agi.set_variables({"CALL_BACK": "requested"})

    async def _say(self, agi: AgiSession, prompt: str) -> None:
        if not self._sounds.has(prompt):
            return
        seconds = self._sounds.seconds(prompt)
        await agi.set_variables({"TIMEOUT(absolute)": f"{seconds + GUARD_SECONDS:.1f}"})
        await agi.stream(prompt, seconds, keys="")


def _linkedid(agi: AgiSession) -> str:
    return agi.arguments[0] if agi.arguments else agi.uniqueid
