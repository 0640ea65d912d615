"""The telephones of the guest rooms: what may be dialled from them, as a setting (requirements 4, telephone-room).

Numbers are written as patterns: digits as they are, `X` any digit, `Z` 1 to 9, `N` 2 to 9, and a last `*` any further
digits. A class of service includes those before it: internal, local, national, international.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from callcenter.settings.sections import Extension, Section

LONGEST_NUMBER = 20

Pattern = Annotated[str, Field(pattern=r"^[0-9XZN]{2,20}\*?$")]
DayTime = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Digits = Annotated[str, Field(pattern=r"^[0-9]{3,6}$")]


class RoomPhones(Section):
    """What a room's telephone may dial.

    `vacant_class`: the class of a room in which nobody is registered. `outside_prefix`: dialled before an outside
    number; may be empty. `wake_up_number`: where a guest sets a wake-up call; empty for nowhere.
    `front_desk`: extensions that ring too when a room that dials 0 has waited `front_desk_after` seconds.
    `speed_keys`: single digits that ring one of our extensions, and an operator where it does not answer.
    `screening_from` to `screening_until` (wall clock, hotel's zone; the same twice for never): outside callers who are
    put through to a room are announced, and the guest decides.
    `emergency`: put through from every room in every class, with and without the prefix.
    `local`, `national`, `international`: the outside numbers that each class adds to the one before it; the public
    services of `pbx.short_numbers` are local.
    """

    vacant_class: Literal["barred", "internal", "local", "national", "international"] = "internal"
    outside_prefix: str = Field(default="9", pattern=r"^[1-9]?$")
    wake_up_number: str = Field(default="55", pattern=r"^([1-9][0-9]{1,5})?$")
    emergency: tuple[Digits, ...] = ("110", "119", "120")
    front_desk: tuple[Extension, ...] = ()
    front_desk_after: float = Field(default=15, ge=1, le=60)
    speed_keys: dict[Annotated[str, Field(pattern=r"^[1-8]$")], Extension] = {}  # noqa: RUF012
    screening_from: DayTime = "22:30"
    screening_until: DayTime = "07:00"
    local: tuple[Pattern, ...] = ("NXXXXXX", "NXXXXXXX", "1NXXXXXXXXX", "95XXX", "400XXXXXXX")
    national: tuple[Pattern, ...] = ("0Z*",)
    international: tuple[Pattern, ...] = ("00*",)


def of_each_length(pattern: str) -> list[str]:
    """Write a pattern out for every length that it stands for: the exchange's open ends take any character."""
    if not pattern.endswith("*"):
        return [pattern]
    head = pattern.removesuffix("*")
    return [head + "X" * more for more in range(1, LONGEST_NUMBER - len(head) + 1)]
