"""How long a waiting caller may still have to wait, in the few sentences that exist for it.

The exchange finds a sentence by the style of the caller's language (`zh_5o`: Chinese, about five minutes, with the
offer to be called back), so a caller hears it without leaving the queue and losing the place.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

MINUTES = (1, 2, 3, 4, 5, 10, 15, 20, 30)
"""The sentences `wait-N`: less than two minutes, then about N."""

MORE = "more"
OFFER = "call-back-offer"


@dataclass(frozen=True, slots=True)
class SpokenWait:
    """What is said after the place in line. `wait`: a number of `MINUTES`, `more`, or nothing to promise nothing."""

    wait: str
    offer: bool

    @property
    def style(self) -> str:
        """The style of the language; nothing where nothing is said."""
        return f"{self.wait}{'o' if self.offer else ''}"

    @property
    def prompts(self) -> tuple[str, ...]:
        """The prompts, in order."""
        return (*((f"wait-{self.wait}",) if self.wait else ()), *((OFFER,) if self.offer else ()))


def in_words(seconds: float | None, *, offer: bool) -> SpokenWait:
    """Put an expected wait into words: rounded up to the next sentence, so that nobody is promised too little.

    `None` where nothing is known.
    """
    if seconds is None:
        return SpokenWait("", offer)
    if seconds < 120:
        return SpokenWait("1", offer)
    fitting = next((minutes for minutes in MINUTES[1:] if seconds <= 60 * minutes), None)
    return SpokenWait(MORE if fitting is None else str(fitting), offer)


def every() -> Iterator[SpokenWait]:
    """All that can be said."""
    for wait in ("", *map(str, MINUTES), MORE):
        for offer in (False, True):
            if wait or offer:
                yield SpokenWait(wait, offer)
