"""States of an operator follow each other as the house wants it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from callcenter.agents.states import (
    AgentState,
    NotInWrapUp,
    Standing,
    WrapUpRules,
    WrapUpTooLong,
    asked_for,
    expired,
    extended,
    hung_up,
    talking,
)
from callcenter.telephony import CallKey

NOON = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
LATER = NOON + timedelta(minutes=3)
RULES = WrapUpRules(timedelta(seconds=30), timedelta(seconds=60), 2)
CALL = CallKey("pbx1", "1.1")
FREE = Standing(AgentState.AVAILABLE, NOON, "8001")


def test_given_an_outside_call_when_it_ends_then_wrap_up_follows_for_as_long_as_the_house_says() -> None:
    after = hung_up(talking(FREE, CALL, NOON), True, LATER, RULES)

    assert after == Standing(AgentState.WRAP_UP, LATER, "8001", ends_at=LATER + timedelta(seconds=30), call=CALL)


def test_given_a_call_from_a_room_when_it_ends_then_there_is_no_compulsory_wrap_up() -> None:
    assert hung_up(talking(FREE, CALL, NOON), False, LATER, RULES).state is AgentState.AVAILABLE


def test_given_a_house_without_wrap_up_when_a_call_ends_then_the_operator_is_available() -> None:
    none = WrapUpRules(timedelta(), timedelta(seconds=60), 2)

    assert hung_up(talking(FREE, CALL, NOON), True, LATER, none).state is AgentState.AVAILABLE


def test_given_a_break_asked_for_during_a_call_when_the_call_ends_then_it_begins() -> None:
    asked = asked_for(talking(FREE, CALL, NOON), AgentState.BREAK, "meal", NOON)

    assert asked.state is AgentState.ON_CALL
    assert hung_up(asked, True, LATER, RULES) == Standing(AgentState.BREAK, LATER, "8001", reason="meal")


def test_given_a_break_asked_for_during_a_call_when_it_is_taken_back_then_wrap_up_follows() -> None:
    asked = asked_for(talking(FREE, CALL, NOON), AgentState.BREAK, "meal", NOON)

    assert hung_up(asked_for(asked, AgentState.AVAILABLE, "", NOON), True, LATER, RULES).state is AgentState.WRAP_UP


def test_given_somebody_on_a_break_when_a_call_is_made_then_the_break_goes_on_after_it() -> None:
    resting = Standing(AgentState.BREAK, NOON, "8001", reason="rest")

    assert hung_up(talking(resting, CALL, NOON), True, LATER, RULES) == Standing(
        AgentState.BREAK, LATER, "8001", reason="rest"
    )


def test_given_a_wrap_up_when_its_time_is_over_then_the_operator_is_available_since_that_moment() -> None:
    wrap_up = hung_up(talking(FREE, CALL, NOON), True, LATER, RULES)

    assert expired(wrap_up, LATER + timedelta(seconds=29)) == wrap_up
    ended = expired(wrap_up, LATER + timedelta(seconds=31))
    assert (ended.state, ended.since) == (AgentState.AVAILABLE, LATER + timedelta(seconds=30))


def test_given_a_wrap_up_when_it_is_extended_too_often_then_it_is_refused() -> None:
    wrap_up = hung_up(talking(FREE, CALL, NOON), True, LATER, RULES)
    twice = extended(extended(wrap_up, RULES), RULES)

    assert twice.ends_at == LATER + timedelta(seconds=150)
    with pytest.raises(WrapUpTooLong):
        extended(twice, RULES)


def test_given_no_wrap_up_when_it_is_to_be_extended_then_it_is_refused() -> None:
    with pytest.raises(NotInWrapUp):
        extended(FREE, RULES)
