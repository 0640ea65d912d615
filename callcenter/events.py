"""Domain events: what happened, told to whoever asked to hear it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from callcenter.telephony import CallSnapshot, LinkStatus, PhoneActivity

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class CallChanged:
    """A call began, changed or ended (`call.ended_at` is set); sent from the tracker's memory at once."""

    call: CallSnapshot


@dataclass(frozen=True, slots=True)
class LinkChanged:
    """The link to the exchange changed its state."""

    status: LinkStatus


@dataclass(frozen=True, slots=True)
class PhoneChanged:
    """A phone of our staff began to ring or to talk, or is free again."""

    activity: PhoneActivity


Event = CallChanged | LinkChanged | PhoneChanged
Listener = Callable[[Event], None]


class EventBus:
    """Hands each event to the listeners of its type, at once and in the order in which they subscribed.

    Listeners are synchronous and quick: whoever has work to do puts the event into a queue of its own.
    A listener that fails is logged with its traceback and does not keep the others from hearing.
    """

    def __init__(self) -> None:
        self._listeners: dict[type[Event], list[Listener]] = defaultdict(list)

    def subscribe(self, kind: type[Event], listener: Listener) -> Callable[[], None]:
        """Call `listener` with each event of `kind`; return a function that ends the subscription."""
        self._listeners[kind].append(listener)
        return lambda: self._listeners[kind].remove(listener)

    def publish(self, event: Event) -> None:
        """Hand `event` to everyone who asked for its type."""
        for listener in tuple(self._listeners[type(event)]):
            try:
                listener(event)
            except Exception:  # one listener's defect must not silence the others
                log.exception("listener_failed", event_type=type(event).__name__)
