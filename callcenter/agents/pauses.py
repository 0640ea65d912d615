"""Whose phone the queues leave alone: the sum of all reasons for it, kept true on the exchange.

The application pauses members; a dead one leaves them so, and then the dialplan rings the rescue queues, in which
nobody is ever paused. After each connect the exchange's pauses are compared with ours.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Collection

import structlog

from callcenter.errors import PbxRefused, PbxUnavailable
from callcenter.telephony import Telephony

log = structlog.get_logger(__name__)

AGAIN_SECONDS = 5.0


class PhonePauses:
    """Reasons for which phones are not rung. `phones`: the extensions that serve a queue.

    Any number of reasons may stand; the phone is rung again when the last one has gone. `hold` and `release` return at
    once, a task of its own tells the exchange.
    """

    def __init__(self, telephony: Telephony, phones: Collection[str]) -> None:
        self._telephony = telephony
        self._phones = frozenset(phones)
        self._reasons: dict[str, dict[str, str]] = {}
        self._told: dict[str, bool] = {}
        self._stale = asyncio.Event()
        self._settled = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._compare = True

    def hold(self, extension: str, cause: str, note: str = "") -> None:
        """Let no queue ring this phone as long as `cause` stands; `note` is what the exchange shows for it."""
        if extension in self._phones:
            self._reasons.setdefault(extension, {})[cause] = note or cause
            self._wake()

    def release(self, extension: str, cause: str) -> None:
        """Take one cause away."""
        if self._reasons.get(extension, {}).pop(cause, None) is not None:
            self._wake()

    def causes(self, extension: str) -> frozenset[str]:
        """Return why this phone is not rung; nothing when it is."""
        return frozenset(self._reasons.get(extension, ()))

    def compare(self) -> None:
        """Look at what the exchange has: it was away, or is another one."""
        self._compare = True
        self._wake()

    async def settled(self) -> None:
        """Wait until the exchange has been told everything."""
        await self._settled.wait()

    def start(self) -> None:
        """Begin to tell the exchange."""
        self._task = asyncio.create_task(self._keep_true(), name="phone-pauses")
        self._wake()

    async def close(self) -> None:
        """End that; what the exchange has, it keeps."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _wake(self) -> None:
        self._settled.clear()
        self._stale.set()

    async def _keep_true(self) -> None:
        while True:
            await self._stale.wait()
            self._stale.clear()
            try:
                await self._tell()
            except (PbxUnavailable, PbxRefused) as error:
                log.warning("phone_pauses_behind", reason=str(error))
                self._compare = True
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stale.wait(), AGAIN_SECONDS)
                self._stale.set()

    async def _tell(self) -> None:
        if self._compare:
            self._compare = False
            self._told = await self._telephony.phones_paused()
        for extension in sorted(self._phones):
            reasons = self._reasons.get(extension, {})
            if self._told.get(extension) is not bool(reasons):
                await self._telephony.pause_phone(
                    extension, paused=bool(reasons), reason=next(iter(reasons.values()), "")
                )
                self._told[extension] = bool(reasons)
        if not self._stale.is_set():
            self._settled.set()
