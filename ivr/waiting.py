"""What a waiting caller is told: the place in line is the exchange's to say, how long it may take is worked out here.

Own figures rather than the exchange's: it only knows how long others have waited lately, not who stands before whom.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable
from statistics import fmean

from callcenter.spoken_wait import SpokenWait, in_words
from callcenter.telephony import CallKey, CallSnapshot, Outcome

USUAL_SECONDS = 180.0
"""How long a talk lasts as long as too little is known of a queue."""

ENOUGH_TALKS = 5
LAST_TALKS = 20
OFFER_EVERY = 3
"""The offer to be called back comes with the first announcement, and with every third one."""


class Talks:
    """How long the last talks with the callers of each queue took."""

    def __init__(self) -> None:
        self._seconds: defaultdict[str, deque[float]] = defaultdict(lambda: deque(maxlen=LAST_TALKS))

    def learn(self, call: CallSnapshot) -> None:
        """Take an ended call into account, if a person talked with the caller."""
        if call.outcome is Outcome.ANSWERED and call.queue_waits and call.talk_seconds > 0:
            self._seconds[call.queue_waits[-1].queue].append(call.talk_seconds)

    def usual_seconds(self, queue: str) -> float:
        """How long a talk of this queue takes on average, `USUAL_SECONDS` where fewer than `ENOUGH_TALKS` are known."""
        known = self._seconds.get(queue, ())
        return fmean(known) if len(known) >= ENOUGH_TALKS else USUAL_SECONDS


def place(calls: Iterable[CallSnapshot], key: CallKey, queue: str) -> int:
    """The place of call `key` in `queue`, counted from 1: the older call is served first.

    A call that is not known stands last.
    """
    calls = tuple(calls)
    own = next((call.started_at for call in calls if call.key == key), None)
    before = (
        call for call in calls if call.key != key and _waits(call, queue) and (own is None or call.started_at < own)
    )
    return 1 + sum(1 for _ in before)


def expected_seconds(place: int, operators: int, talk_seconds: float) -> float | None:
    """How long it takes until `place` talks have ended, with so many operators talking; None where nobody serves."""
    return None if operators < 1 else place * talk_seconds / operators


def words(expected: float | None, announcement: int, *, languages: int) -> SpokenWait:
    """What to say with the `announcement`-th announcement (from 1) to a caller who hears `languages` in turns."""
    offered = (announcement - 1) % (OFFER_EVERY * languages) < languages
    return in_words(expected, offer=offered)


def _waits(call: CallSnapshot, queue: str) -> bool:
    return any(wait.queue == queue and wait.ended_at is None for wait in call.queue_waits)
