"""Slowing down those who guess passwords."""

from __future__ import annotations

import math
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus

from callcenter.clock import Clock
from callcenter.errors import HouseError

FREE_ATTEMPTS = 5
LONGEST_WAIT = timedelta(minutes=15)
FREE_ATTEMPTS_OF_ADDRESS = 50
LONGEST_WAIT_OF_ADDRESS = timedelta(seconds=8)
"""A whole house may sign in from behind one address: guessing gets slow, but nobody can shut the others out."""

FIRST_WAIT = timedelta(seconds=2)
FORGET_AFTER = timedelta(hours=1)
REMEMBERED = 10_000


class TooManyAttempts(HouseError):
    """Sign-in failed too often; params: `retry_after` in seconds."""

    code = "too_many_attempts"
    status = HTTPStatus.TOO_MANY_REQUESTS


@dataclass(slots=True)
class _Record:
    failures: int
    last: datetime


class LoginThrottle:
    """Counts failed sign-ins by user and address, and by address; each failure beyond the free ones doubles the wait.

    Kept in memory: a restart forgets it.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._records: OrderedDict[tuple[str, str], _Record] = OrderedDict()

    def __len__(self) -> int:
        """How many users and addresses are remembered."""
        return len(self._records)

    def begin(self, username: str, address: str) -> None:
        """Count an attempt as failed until `succeeded` says otherwise, so that a hundred at once count as a hundred.

        Raises:
            TooManyAttempts: it is too early for another one.
        """
        now = self._clock.now()
        user_key, address_key = (username, address), ("", address)
        wait = max(
            self._wait(user_key, FREE_ATTEMPTS, LONGEST_WAIT, now),
            self._wait(address_key, FREE_ATTEMPTS_OF_ADDRESS, LONGEST_WAIT_OF_ADDRESS, now),
        )
        if wait > timedelta():
            raise TooManyAttempts(retry_after=math.ceil(wait.total_seconds()))
        for key in (user_key, address_key):
            record = self._records.pop(key, None) or _Record(0, now)
            self._records[key] = _Record(record.failures + 1, now)
        while len(self._records) > REMEMBERED:
            self._records.popitem(last=False)

    def succeeded(self, username: str, address: str) -> None:
        """Forget the failures of this user at this address, and take this attempt back from the address."""
        self._records.pop((username, address), None)
        if (record := self._records.get(("", address))) is not None:
            record.failures -= 1

    def _wait(self, key: tuple[str, str], free: int, longest: timedelta, now: datetime) -> timedelta:
        record = self._records.get(key)
        if record is None or record.failures < free:
            return timedelta()
        if now - record.last > FORGET_AFTER:
            del self._records[key]
            return timedelta()
        wait = min(FIRST_WAIT * 2.0 ** min(record.failures - free, 10), longest)
        return record.last + wait - now
