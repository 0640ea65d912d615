"""Answers of several keys, read by one command: Asterisk drops a key that is pressed between two."""

from __future__ import annotations

from collections.abc import Sequence

from ivr.agi import AgiSession
from ivr.sounds import Sounds

END_KEY = "#"
LONGEST_SECONDS = 25.0
"""So long an answer may be keyed in all. Who is slower comes to a person, and so does who keys while we are stuck."""


def keying_seconds(seconds: float, count: int) -> float:
    """Return how long the exchange waits for an answer of `count` keys, with `seconds` before each."""
    return min(seconds * count, LONGEST_SECONDS)


async def read_answer(
    agi: AgiSession, sounds: Sounds, prompts: Sequence[str], seconds: float, count: int
) -> tuple[str, bool]:
    """Say the prompts, which the first key interrupts, and read up to `count` keys, `seconds` at most before each.

    Prompts that are missing are left out: they would end the script.

    Returns:
        The keys, and whether there were too few in time; the pound key ends them and is not among them.

    Raises:
        CallerGone, AgiRefused, TimeoutError: as every command.
    """
    *before, last = [prompt for prompt in prompts if sounds.has(prompt)] or [""]
    for prompt in before:
        key = await agi.stream(prompt, sounds.seconds(prompt))
        if key == END_KEY:
            return "", False
        if key:
            more, is_late = await agi.read_keys("", 0.0, seconds, count - 1)
            return key + more, is_late
    return await agi.read_keys(last, sounds.seconds(last) if last else 0.0, seconds, count)
