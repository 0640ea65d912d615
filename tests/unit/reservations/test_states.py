"""A booking's states: what leads where is a table, and whatever is not in it is refused."""

from __future__ import annotations

import itertools

import pytest

from callcenter.reservations.states import MACHINE, Action, State, TransitionRefused, after


@pytest.mark.parametrize(
    ("state", "action", "then"),
    [
        ("unconfirmed", "confirm", "confirmed"),
        ("unconfirmed", "cancel", "cancelled"),
        ("unconfirmed", "delete", "deleted"),
        ("unconfirmed", "lapse", "deleted"),
        ("unconfirmed", "check_in", "checked_in"),
        ("confirmed", "unconfirm", "unconfirmed"),
        ("confirmed", "cancel", "cancelled"),
        ("confirmed", "no_show", "no_show"),
        ("confirmed", "check_in", "checked_in"),
        ("checked_in", "check_out", "checked_out"),
        ("checked_out", "revoke_check_out", "checked_in"),
        ("no_show", "reinstate", "confirmed"),
    ],
)
def test_given_a_state_when_something_possible_is_done_then_it_leads_there(state: str, action: str, then: str) -> None:
    assert after(State(state), Action(action), "26000001") == then


@pytest.mark.parametrize(
    ("state", "action"),
    [pair for pair in itertools.product(State, Action) if pair not in MACHINE],
)
def test_given_a_state_when_something_else_is_done_then_it_is_refused_with_state_and_action(
    state: State, action: Action
) -> None:
    with pytest.raises(TransitionRefused) as refused:
        after(state, action, "26000001")

    assert refused.value.params == {"number": "26000001", "state": state.value, "action": action.value}


def test_given_the_table_when_read_then_confirmed_bookings_are_never_deleted_and_the_deleted_never_return() -> None:
    assert (State.CONFIRMED, Action.DELETE) not in MACHINE
    assert (State.CONFIRMED, Action.LAPSE) not in MACHINE
    assert not [state for state, _ in MACHINE if state in (State.DELETED, State.CANCELLED)]
    assert (State.UNCONFIRMED, Action.NO_SHOW) not in MACHINE
