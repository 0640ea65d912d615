"""The states of a booking and what leads from one to the other (requirements 3)."""

from __future__ import annotations

from enum import StrEnum
from http import HTTPStatus

from callcenter.errors import HouseError


class Kind(StrEnum):
    """What is booked."""

    INDIVIDUAL = "individual"
    GROUP = "group"
    MEETING = "meeting"


class State(StrEnum):
    """Where a booking stands."""

    UNCONFIRMED = "unconfirmed"
    CONFIRMED = "confirmed"
    CHECKED_IN = "checked_in"
    CHECKED_OUT = "checked_out"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"
    DELETED = "deleted"


HOLDING = frozenset({State.UNCONFIRMED, State.CONFIRMED, State.CHECKED_IN})
"""States in which a booking holds rooms of the stock."""

COMING = frozenset({State.UNCONFIRMED, State.CONFIRMED})
"""States in which the guest is still expected."""


class Action(StrEnum):
    """What can be done to a booking's state."""

    CONFIRM = "confirm"
    UNCONFIRM = "unconfirm"
    CHECK_IN = "check_in"
    CHECK_OUT = "check_out"
    REVOKE_CHECK_OUT = "revoke_check_out"
    CANCEL = "cancel"
    NO_SHOW = "no_show"
    REINSTATE = "reinstate"
    DELETE = "delete"
    LAPSE = "lapse"
    """An audit removes an unconfirmed booking."""


MACHINE: dict[tuple[State, Action], State] = {
    (State.UNCONFIRMED, Action.CONFIRM): State.CONFIRMED,
    (State.UNCONFIRMED, Action.CHECK_IN): State.CHECKED_IN,
    (State.UNCONFIRMED, Action.CANCEL): State.CANCELLED,
    (State.UNCONFIRMED, Action.DELETE): State.DELETED,
    (State.UNCONFIRMED, Action.LAPSE): State.DELETED,
    (State.CONFIRMED, Action.UNCONFIRM): State.UNCONFIRMED,
    (State.CONFIRMED, Action.CHECK_IN): State.CHECKED_IN,
    (State.CONFIRMED, Action.CANCEL): State.CANCELLED,
    (State.CONFIRMED, Action.NO_SHOW): State.NO_SHOW,
    (State.CHECKED_IN, Action.CHECK_OUT): State.CHECKED_OUT,
    (State.CHECKED_OUT, Action.REVOKE_CHECK_OUT): State.CHECKED_IN,
    (State.NO_SHOW, Action.REINSTATE): State.CONFIRMED,
}
"""Everything that is possible; whatever is not here is refused."""


class TransitionRefused(HouseError):
    """A booking cannot do that in the state in which it is; params: `number`, `state`, `action`."""

    code = "transition_refused"
    status = HTTPStatus.CONFLICT


def after(state: State, action: Action, number: str) -> State:
    """Return the state that `action` leads to from `state`.

    Raises:
        TransitionRefused: it leads nowhere from there.
    """
    try:
        return MACHINE[state, action]
    except KeyError:
        raise TransitionRefused(number=number, state=state.value, action=action.value) from None
