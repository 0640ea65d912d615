"""Is the house fit to serve: named checks for `/ready`, and the alarms that stand right now."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

import structlog

from callcenter.clock import Clock
from callcenter.errors import HouseError

log = structlog.get_logger(__name__)

CHECK_SECONDS = 3.0


class CheckFailed(Exception):
    """A check found something wrong; its text says what, for the person on duty."""


Check = Callable[[], Awaitable[str]]
"""Returns a short detail when all is well, raises `CheckFailed` when not."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What one check found."""

    name: str
    ok: bool
    detail: str


class Health:
    """The checks that decide whether this process is ready; whoever owns a resource registers its check."""

    def __init__(self) -> None:
        self._checks: dict[str, Check] = {}

    def register(self, name: str, check: Check) -> None:
        """Run `check` under `name` from now on."""
        self._checks[name] = check

    async def run(self) -> list[CheckResult]:
        """Run all checks at once; one that fails or takes longer than `CHECK_SECONDS` is not ok."""
        return list(await asyncio.gather(*(self._run(name, check) for name, check in self._checks.items())))

    async def _run(self, name: str, check: Check) -> CheckResult:
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                return CheckResult(name, True, await check())
        except (CheckFailed, HouseError) as error:
            return CheckResult(name, False, str(error))
        except TimeoutError:
            return CheckResult(name, False, f"no answer within {CHECK_SECONDS:g} s")
        except Exception as error:
            log.exception("check_broke", check=name)
            return CheckResult(name, False, type(error).__name__)


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that a person should look at now. The words are looked up by `code`; `params` fill them in."""

    code: str
    since: datetime
    params: dict[str, object]


class Alarms:
    """The alarms that stand now, one for each code."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._standing: dict[str, Alarm] = {}
        self._listeners: list[Callable[[tuple[Alarm, ...]], None]] = []

    @property
    def current(self) -> tuple[Alarm, ...]:
        """All standing alarms, oldest first."""
        return tuple(sorted(self._standing.values(), key=lambda alarm: alarm.since))

    def subscribe(self, listener: Callable[[tuple[Alarm, ...]], None]) -> None:
        """Call `listener` with all standing alarms whenever they change; it must be quick.

        A listener that fails is logged and keeps nobody from raising alarms.
        """
        self._listeners.append(listener)

    def set(self, code: str, **params: object) -> None:
        """Let an alarm stand; one that stands already keeps its time and takes the new parameters."""
        before = self._standing.get(code)
        if before is not None and before.params == params:
            return
        self._standing[code] = Alarm(code, before.since if before else self._clock.now(), params)
        if before is None:
            log.error("alarm_set", code=code, **params)
        self._tell()

    def clear(self, code: str) -> None:
        """End an alarm; nothing happens when it does not stand."""
        if self._standing.pop(code, None) is not None:
            log.info("alarm_cleared", code=code)
            self._tell()

    def _tell(self) -> None:
        for listener in self._listeners:
            try:
                listener(self.current)
            except Exception:
                log.exception("alarm_listener_failed")
