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
_MANAGER = _SUPERVISOR | {"audit.read", "prompts.manage"}

_KNOWS_GUESTS = frozenset({"guests.read"})
_KEEPS_CARDS = _KNOWS_GUESTS | {"guests.edit", "guests.see_numbers", "calls.link"}
_OPERATOR |= _KEEPS_CARDS
_SUPERVISOR |= _KEEPS_CARDS | {"guests.reveal", "guests.export", "guests.companies"}
_SUPERVISOR |= {"guests.check", "guests.merge", "guests.issue_cards"}
_MANAGER |= _SUPERVISOR | {"guests.review", "guests.assign", "guests.import"}

_IN_HOUSE = frozenset({"stays.read", "stays.do_not_disturb", "stays.connect", "messages.write", "wake_ups.write"})
_RECEPTION = _IN_HOUSE | {"stays.manage", "stays.see_confidential", "stays.see_documents", "folio.post"}
_OPERATOR |= _IN_HOUSE
_HELPS = frozenset({"emergencies.work"})
_OPERATOR |= {"calls.mark", "calls.block", "calls.interpreter"}
_SUPERVISOR |= {"calls.mark", "calls.block", "calls.unblock", "calls.interpreter"}
_MANAGER |= {"calls.mark", "calls.block", "calls.unblock", "calls.interpreter"}
_OPERATOR |= _HELPS
_SUPERVISOR |= _HELPS
_MANAGER |= _HELPS
_SUPERVISOR |= _IN_HOUSE
_MANAGER |= _RECEPTION | {"folio.reverse"}
_SEES_BOOKINGS = frozenset({"reservations.read", "rooms.read"})
_BOOKS = _SEES_BOOKINGS | {"reservations.write", "reservations.cancel", "reservations.payments"}
_RUNS_ROOMS = frozenset({"reservations.release", "reservations.refund", "rooms.condition", "rooms.close"})
_OVERSEES_BOOKINGS = frozenset(
    {
        "reservations.unconfirm",
        "reservations.delete_locked",
        "reservations.delete_locked_group",
        "reservations.overbook",
        "reservations.report",
        "reservations.export",
    }
)
_OPERATOR |= _BOOKS
_SUPERVISOR |= _BOOKS | _RUNS_ROOMS | _OVERSEES_BOOKINGS
_MANAGER |= _SUPERVISOR | {
    "reservations.below_former_price",
    "reservations.rates",
    "reservations.feeds",
    "rooms.manage",
}

_AT_THE_DESK = frozenset({"desk.work", "roster.read", "handovers.work"})
_RUNS_THE_FLOOR = frozenset({"floor.watch", "floor.listen", "floor.whisper", "floor.barge", "floor.take_over"}) | {
    "floor.force_state",
    "floor.log_out",
    "floor.reorder",
    "roster.plan",
}
_OPERATOR |= _AT_THE_DESK
_SUPERVISOR |= _AT_THE_DESK | _RUNS_THE_FLOOR
_MANAGER |= _SUPERVISOR

PERMISSIONS: dict[Role, frozenset[str]] = {
    Role.OPERATOR: _OPERATOR,
    Role.SUPERVISOR: _SUPERVISOR,
    Role.MANAGER: _MANAGER,
    Role.FRONT_DESK: frozenset({"calls.read", "live.read", "guests.reveal"})
    | (_KEEPS_CARDS | _RECEPTION | _BOOKS | _RUNS_ROOMS | _HELPS),
    Role.DEPARTMENT: frozenset({"calls.read"}) | _KNOWS_GUESTS | {"rooms.read", "rooms.condition"} | _HELPS,
    Role.ADMIN: _MANAGER | {"staff.manage"},
}


def permissions_of(role: str) -> frozenset[str]:
    """Return the permissions of a stored role; a role that no longer exists carries none."""
    return PERMISSIONS[Role(role)] if role in set(Role) else frozenset()
