"""What a caller hears of the own booking: state, arrival, nights, rooms, time, deposit; never a room or a name."""

from __future__ import annotations

from datetime import time

from callcenter.reservations.keypad import OwnBooking
from callcenter.reservations.states import State
from ivr.languages import Language
from ivr.speaking.moments import say_date, say_time
from ivr.speaking.numbers import Pieces, piece
from ivr.speaking.things import say_nights, say_rooms

PREFIX = "my-reservation-"
STATES = {
    State.CONFIRMED: "confirmed",
    State.UNCONFIRMED: "unconfirmed",
    State.CANCELLED: "cancelled",
    State.NO_SHOW: "no-show",
}
PROMPTS = tuple(
    PREFIX + name
    for name in (
        "how", "number", "date", "document", "wrong", "looking", "not-found", "by-operator",
        *STATES.values(),
        "arrival", "arrives-at", "deposit", "no-deposit", "change", "cancel", "next",
        "proof", "time", "time-keyed", "time-right", "time-kept", "time-past", "unchanged",
        "cancel-this", "cancel-first", "cancel-surely",
    )
)  # fmt: skip
"""Every sentence that the flow says, beside dates, times, nights and room types."""


def say(language: Language, *names: str) -> Pieces:
    """Say sentences of this flow."""
    return piece(language, *(PREFIX + name for name in names))


def booking(told: OwnBooking, language: Language) -> Pieces:
    """Tell a booking."""
    state = say(language, STATES[told.state])
    if not told.is_coming:
        return (*state, *say(language, "arrival"), *say_date(told.arrival, language, with_weekday=True))
    rooms = [sound for code, count in told.rooms for sound in say_rooms(count, code, language)]
    return (
        *state,
        *say(language, "arrival"),
        *say_date(told.arrival, language, with_weekday=True),
        *say_nights(told.nights, language),
        *rooms,
        *say(language, "arrives-at"),
        *say_time(told.expected, language),
        *say(language, "deposit" if told.deposit_held else "no-deposit"),
    )


def choices(told: OwnBooking, language: Language) -> Pieces:
    """Say what can be done with a booking."""
    return say(language, *(("change", "cancel") if told.is_coming else ()), "next")


def time_keyed(at: time, language: Language) -> Pieces:
    """Read an arrival time back and ask whether it is right."""
    return (*say(language, "time-keyed"), *say_time(at, language), *say(language, "time-right"))


def cancel_this(told: OwnBooking, language: Language) -> Pieces:
    """Name a booking and ask whether it is to be cancelled."""
    named = (*say_date(told.arrival, language), *say_nights(told.nights, language))
    return (*say(language, "cancel-this"), *named, *say(language, "cancel-first"))
