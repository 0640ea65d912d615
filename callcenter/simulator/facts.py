"""What a phone itself saw of a call: the caller's own statistics, to be held against the house's records."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum


class PhoneError(Exception):
    """A simulated phone could not do what its script asked."""


class CallEnded(PhoneError):
    """The call ended while something else was waited for; `status` is the final SIP status, 0 after a BYE."""

    def __init__(self, call_id: str, status: int) -> None:
        super().__init__(f"call {call_id} ended with status {status}")
        self.call_id = call_id
        self.status = status


class WaitedTooLong(PhoneError, TimeoutError):
    """Something did not happen within its deadline."""


class RegistrationRefused(PhoneError):
    """The registrar did not take the registration; `status` is its final answer."""

    def __init__(self, user: str, status: int) -> None:
        super().__init__(f"registration of {user} refused with {status}")
        self.status = status


class Origin(StrEnum):
    """Who began the call, seen from the phone."""

    PLACED = "placed"
    RECEIVED = "received"


class DialogState(StrEnum):
    """Where a call stands: `CALLING` until it is answered (ringing or not), `UP` from 200 OK to BYE."""

    CALLING = "calling"
    UP = "up"
    ENDED = "ended"


class EndedBy(StrEnum):
    """Who ended a call; `FAILURE`: rejected or never answered on the network."""

    NOBODY_YET = "nobody_yet"
    THIS_PHONE = "this_phone"
    OTHER_SIDE = "other_side"
    FAILURE = "failure"


class Milestone(StrEnum):
    """A step of SIP signalling, as sent or received by this phone, first time only."""

    INVITE = "invite"
    TRYING = "100"
    RINGING = "180"
    PROGRESS = "183"
    ANSWERED = "200"
    CANCEL = "cancel"
    BYE = "bye"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Instant:
    """One moment on two clocks: monotonic seconds for differences, UTC for comparing with records."""

    monotonic: float
    wall: datetime


def instant() -> Instant:
    """Return the present moment."""
    return Instant(time.monotonic(), datetime.now(UTC))


@dataclass(frozen=True, slots=True)
class CallFacts:
    """One call as its phone saw it. Durations are seconds; None where the step never came."""

    call_id: str
    origin: Origin
    caller: str
    number: str
    milestones: dict[Milestone, Instant]
    ended_by: EndedBy
    final_status: int
    packets_sent: int
    packets_received: int

    def between(self, first: Milestone, then: Milestone) -> float | None:
        """Return the seconds from one step to another."""
        if first not in self.milestones or then not in self.milestones:
            return None
        return self.milestones[then].monotonic - self.milestones[first].monotonic

    @property
    def answered(self) -> bool:
        """Whether a 200 OK was sent or received."""
        return Milestone.ANSWERED in self.milestones

    @property
    def seconds_to_answer(self) -> float | None:
        """From INVITE to 200 OK."""
        return self.between(Milestone.INVITE, Milestone.ANSWERED)

    @property
    def ringing_seconds(self) -> float | None:
        """From the first 180 to 200 OK, or to the end where nobody answered; 0 for a call answered without ringing."""
        if Milestone.RINGING not in self.milestones:
            return 0.0 if self.answered else None
        until = Milestone.ANSWERED if self.answered else Milestone.ENDED
        return self.between(Milestone.RINGING, until)

    def rings_heard(self, cadence: float) -> int:
        """Return how many rings the caller heard begin, one every `cadence` seconds from the first 180."""
        seconds = self.ringing_seconds
        return 0 if seconds is None or Milestone.RINGING not in self.milestones else int(seconds // cadence) + 1

    @property
    def talk_seconds(self) -> float:
        """From 200 OK to the end; 0 for a call that was never answered or still goes on."""
        return self.between(Milestone.ANSWERED, Milestone.ENDED) or 0.0
