"""A recogniser's process, seen by the application: started when needed, asked one thing at a time, ended when late."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from pathlib import Path
from typing import Any

import structlog

from callcenter.settings import ROOT

log = structlog.get_logger(__name__)

LOAD_SECONDS = 60.0
LONGEST_ANSWER = 1_000_000
END_SECONDS = 5.0


class SpeechFailed(Exception):
    """The recogniser could not be started, ended, or did not answer in time; the message says which."""


class RecogniserProcess:
    """Owns the process of one model.

    `memory_mb`: its limit. `niceness`: how far it stands back for others. `load_seconds`: how long loading may take.
    """

    def __init__(self, model: Path, memory_mb: int, niceness: int, *, load_seconds: float = LOAD_SECONDS) -> None:
        self._command = (sys.executable, "-m", "recordings.speech.worker", str(model), str(memory_mb), str(niceness))
        self._load_seconds = load_seconds
        self._process: Process | None = None
        self._one_at_a_time = asyncio.Lock()

    @property
    def is_loaded(self) -> bool:
        """Whether the model is in memory."""
        return self._process is not None and self._process.returncode is None

    async def load(self) -> None:
        """Start the process, if it does not run, and wait until its model is loaded.

        Raises:
            SpeechFailed: it cannot be loaded: no model there, or more memory needed than allowed.
        """
        async with self._one_at_a_time:
            await self._running()

    async def ask(self, request: dict[str, Any], sound: bytes, seconds: float) -> dict[str, Any]:
        """Ask one thing and return the answer; waiting for others counts towards `seconds`.

        Raises:
            SpeechFailed: no answer within `seconds`, or the process ended.
        """
        try:
            async with asyncio.timeout(seconds), self._one_at_a_time:
                was_loaded = self.is_loaded
                try:
                    return await self._exchange(request, sound)
                except OSError:
                    if not was_loaded:
                        raise
                    return await self._exchange(request, sound)  # it had died before it was asked
        except TimeoutError as error:
            raise SpeechFailed(f"no answer within {seconds:.1f} s") from error
        except (OSError, ValueError) as error:
            raise SpeechFailed(f"the recogniser ended: {error}") from error

    async def close(self) -> None:
        """End the process; the next question starts it again."""
        async with self._one_at_a_time:
            await self._end()

    async def _exchange(self, request: dict[str, Any], sound: bytes) -> dict[str, Any]:
        process = await self._running()
        assert process.stdin is not None
        try:
            process.stdin.write(json.dumps({**request, "bytes": len(sound)}).encode() + b"\n" + sound)
            await process.stdin.drain()
            return await _line(process)
        except BaseException:
            # late, cancelled or broken: whatever it still says belongs to no question
            await self._end()
            raise

    async def _running(self) -> Process:
        if self._process is not None and self._process.returncode is None:
            return self._process
        process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            limit=LONGEST_ANSWER,
            start_new_session=True,  # Ctrl-C at the terminal is for the application, which ends its own
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        try:
            async with asyncio.timeout(self._load_seconds):
                await _line(process)
        except BaseException as error:
            await _end(process)
            if isinstance(error, TimeoutError | OSError | ValueError):
                status = f"status {process.returncode}"
                raise SpeechFailed(f"the model {self._command[3]} could not be loaded ({status})") from error
            raise
        self._process = process
        log.info("speech_model_loaded", model=self._command[3], pid=process.pid)
        return process

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            await _end(process)


async def _end(process: Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    async with asyncio.timeout(END_SECONDS):
        await process.wait()


async def _line(process: Process) -> dict[str, Any]:
    assert process.stdout is not None
    line = await process.stdout.readline()
    if not line:
        raise OSError("nothing more is said")
    answer: dict[str, Any] = json.loads(line)
    return answer
