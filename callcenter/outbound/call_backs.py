"""Call-backs asked for in a queue: the wish of a waiting caller becomes a due call that keeps the place in line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from callcenter.outbound.parts import OutboundParts
from callcenter.outbound.service import Kind, Wanted
from callcenter.telephony import CallKey, CallSnapshot


@dataclass(frozen=True, slots=True)
class CallBackDesk:
    """Takes wishes from the spoken menus; `open_calls` are those that go on now."""

    parts: OutboundParts
    open_calls: Callable[[], Sequence[CallSnapshot]]

    async def __call__(self, key: CallKey, number: str, language: str) -> None:
        """Store that the caller of `key` is to be called back on `number`; asked twice, stored once.

        The place in line counts from the beginning of the call, as it does in the queue.

        Raises:
            NumberUnusable: no call can be made to the number.
            DatabaseUnavailable: it cannot be stored.
        """
        now = self.parts.clock.now()
        call = next((call for call in self.open_calls() if call.key == key), None)
        await self.parts.request(
            Wanted(
                kind=Kind.CALL_BACK,
                number=number,
                source=f"{Kind.CALL_BACK}:{key.node}/{key.linkedid}",
                place_at=call.started_at if call else now,
                due_at=now,
                language=language,
                line=call.line if call else "",
                call=key,
            )
        )
