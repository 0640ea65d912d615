"""Who was heard where and when: tones on one line of time, in a phone's ear or in a channel of the recording."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

from callcenter.simulator.codecs import Tone
from callcenter.simulator.dialog import Dialog
from callcenter.simulator.facts import Milestone
from callcenter.simulator.hearing import WINDOW, Sound, read_recording, tones_over_time
from tests.pbx.switchboard import Switchboard

CALLER = Tone(1000)
FIRST = Tone(1300)
SECOND = Tone(1700)
"""What the parties say; none is a tone of the test prompts or of the music."""

JOINT = 0.35
"""Seconds for which a voice may be missing where it passes from one phone to another."""
LENGTH = 0.5
"""Seconds by which a recording may differ from the caller's talk time."""


@dataclass(frozen=True, slots=True)
class Track:
    """One party's sound; `began_at` is the monotonic second of its first sample."""

    name: str
    sound: Sound
    began_at: float

    @property
    def ended_at(self) -> float:
        """The monotonic second of its end."""
        return self.began_at + self.sound.seconds

    def longest_without(self, tone: Tone | int, from_t: float, to_t: float) -> float:
        """Return the longest time between two monotonic seconds in which a tone is not heard; no sound counts too."""
        frequency = tone.frequency if isinstance(tone, Tone) else tone
        longest = run = max(0.0, self.began_at - from_t)
        for window in tones_over_time(self._cut(from_t, to_t), [frequency]):
            run = 0.0 if frequency in window.tones else run + WINDOW
            longest = max(longest, run)
        return max(longest, run + max(0.0, to_t - self.ended_at))

    def longest_with(self, tone: Tone | int, from_t: float, to_t: float) -> float:
        """Return the seconds between two monotonic seconds in which a tone is heard, all together."""
        frequency = tone.frequency if isinstance(tone, Tone) else tone
        windows = tones_over_time(self._cut(from_t, to_t), [frequency])
        return WINDOW * sum(frequency in window.tones for window in windows)

    def has(self, tone: Tone | int, from_t: float, to_t: float, *, but_for: float = JOINT) -> None:
        """Assert that a tone is heard all the time, missing never longer than `but_for` seconds."""
        missing = self.longest_without(tone, from_t, to_t)
        assert missing <= but_for, f"{self.name}: {tone} is missing for {missing:.1f} s of {to_t - from_t:.1f} s"

    def has_not(self, tone: Tone | int, from_t: float, to_t: float, *, but_for: float = JOINT) -> None:
        """Assert that a tone is heard for at most `but_for` seconds in all."""
        present = self.longest_with(tone, from_t, to_t)
        assert present <= but_for, f"{self.name}: {tone} is heard for {present:.1f} s of {to_t - from_t:.1f} s"

    def _cut(self, from_t: float, to_t: float) -> Sound:
        return self.sound.cut(max(0.0, from_t - self.began_at), max(0.0, to_t - self.began_at))


@dataclass(frozen=True, slots=True)
class Recording:
    """A call's recording on the line of time of its caller: it begins with the answer."""

    heard: Track
    said: Track

    @property
    def seconds(self) -> float:
        """The length."""
        return self.said.sound.seconds


def ear(name: str, call: Dialog) -> Track:
    """Return what a phone heard; its phone keeps what it hears."""
    heard = call.rtp.heard()
    return Track(f"{name}'s ear", Sound(heard.pcm), heard.began_at)


def since(call: Dialog, milestone: Milestone = Milestone.ANSWERED) -> float:
    """Return the monotonic second of a step of a call."""
    return call.facts().milestones[milestone].monotonic


async def channel_of(board: Switchboard, call: Dialog) -> tuple[str, str]:
    """Return name and Uniqueid of the channel of an outside caller."""
    for line in (await board.rx("core show channels concise")).splitlines():
        fields = line.split("!")
        if fields[0].startswith("PJSIP/trunk") and fields[7] == call.caller:
            return fields[0], fields[-1]
    raise AssertionError(f"no channel of {call.caller}")


async def recording_of(switchboard: Switchboard, call: Dialog, unique_id: str) -> Recording:
    """Wait until the recording of a call that has ended is written out, and read it."""
    (file,) = switchboard.monitor_folder.rglob(f"{unique_id}.raw")
    await written(file)
    sound = read_recording(file)
    began = since(call)
    return Recording(
        Track("recorded from the caller", sound.heard, began), Track("recorded to the caller", sound.said, began)
    )


async def written(file: Path, quiet: float = 0.3) -> None:
    """Wait until a file has not grown for a while: the exchange tells nobody when it closes a recording."""
    size = -1
    async with asyncio.timeout(10):
        while size != (size := file.stat().st_size):
            await asyncio.sleep(quiet)
