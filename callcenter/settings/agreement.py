"""What several keys of the settings must agree on: queues, extensions, ports. Each disagreement is told by itself."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING

from pydantic_core import InitErrorDetails, PydanticCustomError

if TYPE_CHECKING:
    from callcenter.settings.house import Block
    from callcenter.settings.whole import Settings

EXAMPLES = 3
PARKING = range(700, 721)
"""What the exchange keeps for parked calls (res_parking.conf): the extension to park at, and the places."""

Place = tuple[int | str, ...]


def disagreement(place: Place, value: object, reason: str) -> InitErrorDetails:
    """Describe one mistake: the key's place in the settings, its value, and why it does not fit."""
    return InitErrorDetails(
        type=PydanticCustomError("settings", "{reason}", {"reason": reason}), loc=place, input=value
    )


def disagreements(settings: Settings, spoilt: Collection[str] = ()) -> list[InitErrorDetails]:
    """Tell what contradicts what in `settings`; `spoilt` are the groups that have a mistake of their own."""
    found = list(_doubled_extensions(settings))
    if "queues" not in spoilt:
        found += _unknown_queues(settings)
    if not {"phones", "emergency"} & set(spoilt):
        found += _unknown_security(settings)
    if not {"phones", "room_phones"} & set(spoilt):
        found += _unknown_desk(settings)
    if not {"http", "pbx"} & set(spoilt):
        found += _shared_ports(settings)
    return found


def _unknown_queues(settings: Settings) -> Iterator[InitErrorDetails]:
    used: list[tuple[Place, str]] = [
        (("lines", index, "queue"), line.queue) for index, line in enumerate(settings.lines)
    ]
    for index, block in enumerate(settings.phones):
        used += [(("phones", index, "skills", at, "queue"), skill.queue) for at, skill in enumerate(block.skills)]
    for place, queue in used:
        if queue not in settings.queues:
            yield disagreement(place, queue, f"names queue {queue!r}, which is not in queues")


def _unknown_security(settings: Settings) -> Iterator[InitErrorDetails]:
    staff = {extension for block in settings.phones for extension in block.extensions}
    for index, extension in enumerate(settings.emergency.security):
        if extension not in staff:
            yield disagreement(("emergency", "security", index), extension, "is no extension of phones")


def _unknown_desk(settings: Settings) -> Iterator[InitErrorDetails]:
    staff = {extension for block in settings.phones for extension in block.extensions}
    phones = settings.room_phones
    named: list[tuple[Place, str]] = [
        (("room_phones", "front_desk", index), extension) for index, extension in enumerate(phones.front_desk)
    ]
    named += [(("room_phones", "speed_keys", key), extension) for key, extension in phones.speed_keys.items()]
    for place, extension in named:
        if extension not in staff:
            yield disagreement(place, extension, "is no extension of phones")
    taken = {phones.outside_prefix: "outside_prefix", phones.wake_up_number: "wake_up_number"}
    for key in phones.speed_keys:
        if key in taken:
            yield disagreement(("room_phones", "speed_keys", key), key, f"is also room_phones.{taken[key]}")


def _doubled_extensions(settings: Settings) -> Iterator[InitErrorDetails]:
    earlier: list[tuple[str, set[str]]] = [
        ("the places of parked calls", {str(number) for number in PARKING}),
        ("room_phones.emergency", set(settings.room_phones.emergency)),
        ("emergency.house_number", {settings.emergency.house_number}),
        ("room_phones.wake_up_number", {settings.room_phones.wake_up_number}),
        ("pbx.short_numbers, which lead outside", set(settings.pbx.short_numbers)),
    ]
    for place, shown, extensions in _extension_owners(settings):
        for owner, others in earlier:
            if shared := sorted(extensions & others):
                more = " …" if len(shared) > EXAMPLES else ""
                yield disagreement(place, shown, f"{', '.join(shared[:EXAMPLES])}{more} also in {owner}")
        earlier.append((".".join(map(str, place)), extensions))


def _extension_owners(settings: Settings) -> Iterator[tuple[Place, str, set[str]]]:
    for index, line in enumerate(settings.lines):
        yield ("lines", index, "number"), line.number, {line.number}
    groups: tuple[tuple[str, Sequence[Block]], ...] = (("phones", settings.phones), ("rooms", settings.rooms))
    for name, blocks in groups:
        for index, block in enumerate(blocks):
            yield (name, index), f"{block.first}-{block.last}", set(block.extensions)


def _shared_ports(settings: Settings) -> Iterator[InitErrorDetails]:
    taken = {settings.http.port: "http.port"}
    for name in ("http_port", "ami_port", "agi_port"):
        port = getattr(settings.pbx, name)
        if port in taken:
            yield disagreement(("pbx", name), port, f"is also {taken[port]}")
        taken.setdefault(port, f"pbx.{name}")
    if settings.pbx.rtp_start <= settings.pbx.sip_port <= settings.pbx.rtp_end:
        yield disagreement(("pbx", "sip_port"), settings.pbx.sip_port, "is between pbx.rtp_start and pbx.rtp_end")
