"""The moves of one call from one of our parties to another: announced, inferred, open and settled."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from callcenter.pbx.tracker_parties import Channel
from callcenter.telephony import Transfer, TransferKind, TransferResult

# News of one hang-up (the request, leaving the bridge, the end of the channel) are milliseconds apart.
SAME_MOMENT = timedelta(seconds=0.5)


@dataclass(frozen=True, slots=True)
class Parting:
    """The main party and the person it talked with came apart; whether somebody moved it shows later."""

    person: Channel
    at: datetime

    @property
    def person_hung_up(self) -> bool:
        """Whether the person put the receiver down, and was not taken away from the main party by the exchange."""
        return self.person.refused_at is not None and self.person.refused_at - self.at <= SAME_MOMENT


class Transfers:
    """All moves of a call in their order; only the last one can be open."""

    def __init__(self, moves: Iterable[Transfer] = ()) -> None:
        self._moves = list(moves)
        self._told: set[tuple[TransferKind, str]] = set()

    def all(self) -> tuple[Transfer, ...]:
        """The moves in their order."""
        return tuple(self._moves)

    def is_open(self, kind: TransferKind) -> bool:
        """Whether a move of this kind is under way."""
        return self._is_pending() and self._moves[-1].kind is kind

    def announced(self, kind: TransferKind, by: Channel, target: str, at: datetime, *, has_arrived: bool) -> None:
        """The exchange told of a transfer, before or after the main party reached its target.

        Told twice it counts once. It explains a redirect that was just inferred from the same move, and it
        completes the consultation that led to it.
        """
        if (kind, by.uniqueid) in self._told:
            return
        self._told.add((kind, by.uniqueid))
        author = by.party.number
        if self._moves and _is_explained(self._moves[-1], kind, author):
            explained = self._moves.pop()
            target = target or explained.to_party
        result = TransferResult.COMPLETED if has_arrived else TransferResult.PENDING
        self._moves.append(Transfer(kind, at, author, target, result))

    def consultation_began(self, author: str, target: str, at: datetime) -> None:
        """An operator left the main party waiting to ask `target` first."""
        if not self._is_pending():
            self._moves.append(Transfer(TransferKind.ATTENDED, at, author, target, TransferResult.PENDING))

    def parked(self, space: str, parker: str, at: datetime) -> None:
        """The main party was parked; `space` stands for the target until somebody fetches it."""
        told_before = any(move.kind is TransferKind.PARK and move.at >= at for move in self._moves)
        if not told_before and not self.is_open(TransferKind.PARK):
            self._moves.append(Transfer(TransferKind.PARK, at, parker, space, TransferResult.PENDING))

    def parking_timed_out(self) -> None:
        """Nobody fetched the main party."""
        if self.is_open(TransferKind.PARK):
            self._settle(TransferResult.NO_ANSWER)

    def reached(self, number: str, parting: Parting | None, picked_up: Collection[str]) -> None:
        """The main party talks with `number` now: settle the open move, or recognise an unannounced redirect.

        `picked_up`: the numbers whose phones are off the hook. An author who has the main party back has cancelled
        the transfer if the target had picked up, and got no answer otherwise.
        """
        if self._is_pending():
            move = self._moves[-1]
            if move.kind is TransferKind.PARK:
                self._settle(TransferResult.COMPLETED, number)
            elif number != move.from_party:
                self._settle(TransferResult.COMPLETED, move.to_party or number)
            elif move.to_party in picked_up:
                self._settle(TransferResult.CANCELLED)
            else:
                self._settle(TransferResult.NO_ANSWER)
        elif parting is not None and number != parting.person.party.number and self._is_unexplained(parting):
            author = parting.person.party.number
            self._moves.append(Transfer(TransferKind.REDIRECT, parting.at, author, number, TransferResult.COMPLETED))

    def target_gave_up(self, number: str) -> None:
        """A phone stopped ringing without an answer: if the main party was sent there, nobody took it."""
        if self.is_open(TransferKind.BLIND) and self._moves[-1].to_party == number:
            self._settle(TransferResult.NO_ANSWER)

    def call_ended(self) -> None:
        """Whatever was open found nobody."""
        if self._is_pending():
            self._settle(TransferResult.NO_ANSWER)

    def _is_unexplained(self, parting: Parting) -> bool:
        """Whether neither a hang-up nor a transfer that we know of took the person away."""
        author, since = parting.person.party.number, parting.at - SAME_MOMENT
        told = any(move.from_party == author and move.at >= since for move in self._moves)
        return not told and not parting.person_hung_up

    def _is_pending(self) -> bool:
        return bool(self._moves) and self._moves[-1].result is TransferResult.PENDING

    def _settle(self, result: TransferResult, target: str | None = None) -> None:
        move = self._moves[-1]
        self._moves[-1] = replace(move, result=result, to_party=move.to_party if target is None else target)


def _is_explained(before: Transfer, kind: TransferKind, author: str) -> bool:
    """Whether an announcement tells of the same move as the record `before` it."""
    inferred = before.kind is TransferKind.REDIRECT
    consulted = before.kind is kind is TransferKind.ATTENDED
    return before.from_party == author and (inferred or consulted)
