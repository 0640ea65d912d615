"""The spoken side of the house put together: menus, waiting words and call-backs behind one FastAGI server."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from callcenter.clock import Clock
from callcenter.events import CallChanged, Event, EventBus
from callcenter.health import Alarms
from callcenter.settings import Settings
from callcenter.telephony import CallSnapshot
from ivr import call_back_flow, flow, flows, wait_flow, wake_up_flow
from ivr.agi import AgiServer
from ivr.book import MenuBook
from ivr.call_back_flow import CallBackFlow, Store
from ivr.checking import surroundings
from ivr.flow import MenuFlow
from ivr.listening import Listener, Recogniser
from ivr.my_reservation_flow import Desk, MyReservationFlow
from ivr.scripts import by_name
from ivr.sounds import Sounds
from ivr.wait_flow import WaitFlow
from ivr.waiting import Talks
from ivr.wake_up_flow import WakeUpBook, WakeUpFlow


@dataclass(frozen=True, slots=True)
class IvrParts:
    """What callers hear. `start` and `close` the book and the server; `talks` learns from the bus."""

    book: MenuBook
    agi: AgiServer
    talks: Talks

    @classmethod
    def build(
        cls,
        settings: Settings,
        sounds_folder: Path,
        clock: Clock,
        alarms: Alarms,
        bus: EventBus,
        open_calls: Callable[[], Sequence[CallSnapshot]],
        call_back: Store,
        bookings: Desk,
        recogniser: Recogniser,
        listening_folder: Path,
        wake_ups: WakeUpBook,
    ) -> IvrParts:
        """Put them together; nothing is read or listened to before they start."""
        sounds = Sounds(sounds_folder)
        names = {line.menu for line in settings.lines if line.menu}
        rooms = frozenset(extension for block in settings.rooms for extension in block.extensions)
        book = MenuBook(settings.menus_folder, names, surroundings(settings, sounds), alarms)
        listener = Listener(recogniser, listening_folder, settings.speech.menu_seconds)
        listener.tidy()
        talks = Talks()
        _learn(bus, talks)
        my_reservation = MyReservationFlow(sounds, bookings)
        scripts = {
            flow.SCRIPT.rstrip("/"): MenuFlow(
                book, sounds, clock, settings.hotel.zone, listener, flows={flows.MY_RESERVATION: my_reservation}
            ).serve,
            wait_flow.SCRIPT: WaitFlow(settings.pbx.node, open_calls, talks).serve,
            wake_up_flow.SCRIPT: WakeUpFlow(sounds, settings.hotel.zone, wake_ups).serve,
            call_back_flow.SCRIPT: CallBackFlow(settings.pbx.node, sounds, rooms, call_back).serve,
        }
        return cls(book, AgiServer("127.0.0.1", settings.pbx.agi_port, by_name(scripts)), talks)


def _learn(bus: EventBus, talks: Talks) -> None:
    def on_call(event: Event) -> None:
        if isinstance(event, CallChanged) and event.call.ended_at is not None:
            talks.learn(event.call)

    bus.subscribe(CallChanged, on_call)
