"""The house's rules about guests, as small objects that decisions take as arguments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from callcenter.guests.kinds import Side
from callcenter.settings import Settings
from callcenter.settings.guests import GuestLevel, Inactivity, Purchasing
from callcenter.settings.sections import Words


@dataclass(frozen=True, slots=True)
class GuestRules:
    """What a card may say and what follows from it.

    `levels`: the guest levels by name, the ordinary one first. `first_contact`: how long after a card was made its
    owner must have made contact (requirements 5: one week). `filing`: how long after signing a contract customer may be
    filed. `cadence`: how often the owners contact customers of a level at least. `zone`: where a day begins and ends.
    """

    levels: dict[str, Words]
    first_contact: timedelta
    filing: timedelta
    inactivity: Inactivity
    purchasing: Purchasing
    cadence: Mapping[tuple[str, Side], timedelta]
    zone: ZoneInfo

    @classmethod
    def of(cls, settings: Settings) -> GuestRules:
        """Take them from the settings."""
        guests = settings.guests
        return cls(
            {level.id: level.name for level in guests.levels},
            timedelta(days=guests.first_contact_days),
            timedelta(days=guests.contract_filing_days),
            guests.inactivity,
            guests.purchasing,
            _cadence(guests.levels),
            settings.hotel.zone,
        )

    @property
    def ordinary(self) -> str:
        """The level of a guest of whom nothing else was said."""
        return next(iter(self.levels))


def _cadence(levels: Sequence[GuestLevel]) -> dict[tuple[str, Side], timedelta]:
    every = [
        (level.id, side, days)
        for level in levels
        for side, days in ((Side.SERVICE, level.service_days), (Side.SALES, level.sales_days))
    ]
    return {(level, side): timedelta(days=days) for level, side, days in every if days}
