"""Telling the desks that something on the telephones changed."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator

from callcenter.events import CallChanged, Event, EventBus, PhoneChanged


class DeskNews:
    """Wakes every desk whenever a call or a phone changed; each looks for itself what that means for it."""

    def __init__(self, bus: EventBus) -> None:
        self._desks: set[asyncio.Event] = set()
        bus.subscribe(CallChanged, self._wake)
        bus.subscribe(PhoneChanged, self._wake)

    @contextlib.contextmanager
    def heard(self) -> Iterator[asyncio.Event]:
        """Give an event that is set at every change, as long as somebody listens."""
        changed = asyncio.Event()
        self._desks.add(changed)
        try:
            yield changed
        finally:
            self._desks.discard(changed)

    def _wake(self, _: Event) -> None:
        for changed in self._desks:
            changed.set()
