"""Which calls raise an emergency; pure (telephone-room, calls: Emergency)."""

from __future__ import annotations

from dataclasses import dataclass

from callcenter.settings import Settings
from callcenter.telephony import CallSnapshot


@dataclass(frozen=True, slots=True)
class EmergencyNumbers:
    """What is dialled in an emergency, and from where. `prefix`: dialled before an outside number, may be empty."""

    services: frozenset[str]
    house_number: str
    prefix: str
    rooms: frozenset[str]
    staff: frozenset[str]

    @classmethod
    def of(cls, settings: Settings) -> EmergencyNumbers:
        """Take them from the settings."""
        return cls(
            services=frozenset(settings.room_phones.emergency),
            house_number=settings.emergency.house_number,
            prefix=settings.room_phones.outside_prefix,
            rooms=frozenset(number for block in settings.rooms for number in block.extensions),
            staff=frozenset(extension for block in settings.phones for extension in block.extensions),
        )


@dataclass(frozen=True, slots=True)
class Dialled:
    """An emergency number was dialled at `place`; `service` is the one outside, empty for the house's own number."""

    place: str
    service: str


def dialled(call: CallSnapshot, numbers: EmergencyNumbers) -> Dialled | None:
    """Tell whether a call raises an emergency: a room that dials a service, or anybody the house's own number."""
    if call.caller in numbers.rooms:
        for service in numbers.services:
            if call.line in (service, numbers.prefix + service):
                return Dialled(call.caller, service)
    elif call.caller not in numbers.staff:
        return None
    is_ours = bool(numbers.house_number) and call.line == numbers.house_number
    return Dialled(call.caller, "") if is_ours else None
