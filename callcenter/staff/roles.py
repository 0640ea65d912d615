"""Roles and the named permissions that each of them carries."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """What a person does in the house."""

    OPERATOR = "operator"
    SUPERVISOR = "supervisor"
    MANAGER = "manager"
    FRONT_DESK = "front_desk"
    DEPARTMENT = "department"
    ADMIN = "admin"


_OPERATOR = frozenset(
    {"calls.read", "calls.see_numbers", "live.read", "outbound.work", "recordings.pause", "voicemail.handle"}
)
_SUPERVISOR = _OPERATOR | {"recordings.listen", "recordings.exclude", "figures.read", "outbound.supervise"}
_MANAGER = _SUPERVISOR | {"audit.read"}

_KNOWS_GUESTS = frozenset({"guests.read"})
_KEEPS_CARDS = _KNOWS_GUESTS | {"guests.edit", "guests.see_numbers", "calls.link"}
_OPERATOR |= _KEEPS_CARDS
_SUPERVISOR |= _KEEPS_CARDS | {"guests.reveal", "guests.export", "guests.companies"}
_MANAGER |= _SUPERVISOR

_IN_HOUSE = frozenset({"stays.read", "messages.write", "wake_ups.write"})
_RECEPTION = _IN_HOUSE | {"stays.manage", "stays.see_confidential", "stays.see_documents", "folio.post"}
_OPERATOR |= _IN_HOUSE
_SUPERVISOR |= _IN_HOUSE
_MANAGER |= _RECEPTION | {"folio.reverse"}

PERMISSIONS: dict[Role, frozenset[str]] = {
    Role.OPERATOR: _OPERATOR,
    Role.SUPERVISOR: _SUPERVISOR,
    Role.MANAGER: _MANAGER,
    Role.FRONT_DESK: frozenset({"calls.read", "live.read", "guests.reveal"}) | _KEEPS_CARDS | _RECEPTION,
    Role.DEPARTMENT: frozenset({"calls.read"}) | _KNOWS_GUESTS,
    Role.ADMIN: _MANAGER | {"staff.manage"},
}


def permissions_of(role: str) -> frozenset[str]:
    """Return the permissions of a stored role; a role that no longer exists carries none."""
    return PERMISSIONS[Role(role)] if role in set(Role) else frozenset()
