"""Settings of the house: its name and zone, three rings, lines, queues, telephones, recording, what callers hear."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import Field, field_validator, model_validator

from callcenter.settings.sections import Extension, Name, Section, Words


class Hotel(Section):
    """The house itself."""

    name: Words = Words(zh="云溪温泉度假酒店", en="Cloud Creek Hot Spring Resort")
    timezone: str = "Asia/Shanghai"

    @field_validator("timezone")
    @classmethod
    def _zone_exists(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError("not a time zone of the IANA database, for instance Asia/Shanghai")
        return value

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which the rules of the house are evaluated."""
        return ZoneInfo(self.timezone)


class ThreeRings(Section):
    """Answered within three rings (requirements 1).

    `ring_cadence`: seconds from the start of one ring to the next (China: 1 s tone + 4 s silence).
    `guard`: seconds kept back before the end of the third ring; the system answers at 3 × cadence - guard.
    At least 2 s, or 40 % of a shorter cadence.
    """

    ring_cadence: float = Field(default=5.0, ge=0.5, le=10)
    guard: float = Field(default=2.0, gt=0)

    @model_validator(mode="after")
    def _guard_fits(self) -> Self:
        least = min(2.0, 0.4 * self.ring_cadence)
        if not least <= self.guard < 3 * self.ring_cadence:
            raise ValueError(f"guard must be from {least:g} s to below {3 * self.ring_cadence:g} s")
        return self

    @property
    def takeover_seconds(self) -> float:
        """Seconds of ringing after which the system answers itself."""
        return 3 * self.ring_cadence - self.guard


class LineMode(StrEnum):
    """Who answers a line first."""

    OPERATORS_FIRST = "operators_first"
    MENU_FIRST = "menu_first"


class Line(Section):
    """One hotline number. `three_rings` overrides the house's for this line.

    `menu`: the menu that callers hear after the system's greeting (a file of `ivr.menus`); without one they are
    put into the queue at once.
    """

    number: Extension
    name: Words
    mode: LineMode = LineMode.OPERATORS_FIRST
    queue: Name
    menu: Name | None = None
    three_rings: ThreeRings | None = None
    recorded: bool = True


class Queue(Section):
    """A group of operators waiting for callers. `position_seconds`: how often a waiting caller hears the place."""

    name: Words
    position_seconds: int = Field(default=30, ge=0, le=600)
    max_wait_seconds: int = Field(default=600, ge=30, le=7200)


class Skill(Section):
    """Membership in a queue: level 1 rings first, level 2 joins after one cadence, level 3 after two."""

    queue: Name
    level: int = Field(default=1, ge=1, le=3)


class Block(Section):
    """A run of extensions of equal length, `first` to `last`."""

    first: Extension
    last: Extension

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if len(self.first) != len(self.last) or int(self.first) > int(self.last):
            raise ValueError("last must follow first and have as many digits")
        return self

    @property
    def extensions(self) -> tuple[str, ...]:
        """Every extension of the block, in order."""
        return tuple(str(number).zfill(len(self.first)) for number in range(int(self.first), int(self.last) + 1))


class Phones(Block):
    """A block of staff phones with their skills in common. Endpoint names are op<extension>."""

    role: Literal["operator", "supervisor", "desk"] = "operator"
    name: Words
    skills: tuple[Skill, ...] = ()
    webrtc: bool = False


class Rooms(Block):
    """A block of room phones; the room number is the extension. Endpoint names are room<extension>."""

    type: Name


class Recording(Section):
    """Recording of outside calls. `folder`: empty for var/recordings. `min_free_mb`: below it an alarm is raised."""

    enabled: bool = True
    folder: str = ""
    min_free_mb: int = Field(default=500, ge=1)


class Greeting(Section):
    """Hours (0-23, hotel's zone) at which the morning, afternoon and evening greetings begin."""

    morning: int = Field(default=5, ge=0, le=23)
    afternoon: int = Field(default=12, ge=0, le=23)
    evening: int = Field(default=18, ge=0, le=23)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.morning < self.afternoon < self.evening:
            raise ValueError("morning, afternoon and evening must follow each other")
        return self


class Outbound(Section):
    """Calls that the house owes. `lost_caller_days`: how long a caller who gave up is on the list of lost callers."""

    lost_caller_days: int = Field(default=3, ge=1, le=60)


class Ivr(Section):
    """What callers hear. `menus`: the folder of the menu files; empty for config/ivr.

    `prompts`: the folder of the house's own recordings, which win over the shipped ones; empty for var/prompts.
    """

    menus: str = ""
    prompts: str = ""
