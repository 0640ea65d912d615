"""The real application in a process of its own, forked from one that has its code loaded already.

Loading the code takes two seconds of a processor, a start without it a fraction; a hundred tests start the application.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from callcenter import main

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload([__name__])


class ApplicationProcess:
    """One run of the application; its output goes to the end of `log`."""

    def __init__(self, environment: Mapping[str, str], log: Path) -> None:
        self._process = _context.Process(target=_run, args=(dict(environment), log), daemon=True)
        self._process.start()

    def has_ended(self) -> bool:
        """Whether it is over."""
        return not self._process.is_alive()

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal, unless it has ended."""
        if not self.has_ended():
            assert self._process.pid is not None
            os.kill(self._process.pid, number)

    def wait(self, within: float | None = None) -> int | None:
        """Wait until it has ended and return its status, negative for a signal; None if it still runs."""
        self._process.join(within)
        return self._process.exitcode


def _run(environment: dict[str, str], log: Path) -> None:
    os.environ.clear()
    os.environ.update(environment)
    output = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    for stream in (1, 2):
        os.dup2(output, stream)
    os.close(output)
    sys.exit(main.main())
