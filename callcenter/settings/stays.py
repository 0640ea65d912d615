"""What can be configured of stays, with units and defaults."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from callcenter.settings.sections import Section


class PhoneRates(Section):
    """What a guest pays for a call, in fen for each minute begun, by what the number is."""

    local: int = Field(default=0, ge=0, le=100_000)
    national: int = Field(default=60, ge=0, le=100_000)
    international: int = Field(default=800, ge=0, le=100_000)


class Stays(Section):
    """The rules of the house for guests in house (requirements 4).

    `phone_class`: of a room's telephone at check-in, where nothing else is said. `hours`: how long an hourly stay
    lasts. `message_popups`: whether due messages appear on the desk's pages by themselves.
    """

    phone_class: Literal["barred", "internal", "local", "national", "international"] = "local"
    hours: int = Field(default=4, ge=1, le=23)
    message_popups: bool = True
    phone_rates: PhoneRates = PhoneRates()
