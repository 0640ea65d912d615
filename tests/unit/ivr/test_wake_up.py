"""The conversation about a wake-up call: every way through it, and that nothing is set which was not confirmed."""

from __future__ import annotations

from datetime import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.engine import Ask, HungUp, Pressed, Silence
from ivr.languages import Language
from ivr.wake_up import Event, Gone, Step, ToOperator, Wanted, advance, begin, clock_time


def walk(did: str, language: Language = Language.ZH) -> list[Step]:
    """The steps that follow when the guest presses keys; `.` is silence, `!` hanging up."""
    talk, step = begin(language)
    steps: list[Step] = [step]
    for what in did:
        if not isinstance(step, Ask):
            break
        event: Event = {".": Silence(), "!": HungUp()}.get(what, Pressed(what))
        talk, step = advance(talk, event, lambda at: (f"{at:%H:%M}",))
        steps.append(step)
    return steps


def said(step: Step) -> list[str]:
    assert isinstance(step, Ask)
    return [prompt.rpartition("/")[2] for prompt in step.prompts]


@pytest.mark.parametrize("language", Language)
def test_given_four_digits_when_confirmed_then_the_time_is_wanted_after_it_was_read_back(language: Language) -> None:
    steps = walk("06301", language)
    assert said(steps[0]) == ["wake-up-ask"]
    assert [said(step) for step in steps[1:4]] == [[], [], []]
    assert said(steps[4]) == ["wake-up-read-back", "06:30", "wake-up-confirm"]
    assert steps[5] == Wanted(time(6, 30))
    assert isinstance(steps[4], Ask)
    assert steps[4].prompts[0].startswith(f"{language}/")


@pytest.mark.parametrize("decline", "2*")
def test_given_a_wrong_time_was_read_back_when_declined_then_it_is_asked_anew(decline: str) -> None:
    assert said(walk(f"0630{decline}")[-1]) == ["wake-up-ask"]
    assert walk(f"0630{decline}07151")[-1] == Wanted(time(7, 15))


@pytest.mark.parametrize("keyed", ["2460", "0660", "9999", "2400"])
def test_given_digits_that_are_no_time_when_keyed_then_it_is_said_and_asked_again(keyed: str) -> None:
    assert said(walk(keyed)[-1]) == ["wake-up-wrong", "wake-up-ask"]


@pytest.mark.parametrize("did", ["#", "06#", "0630#", "...", "9999.9999", "06300", "0630333", "0630..."])
def test_given_a_guest_who_asks_for_a_person_or_needs_one_then_an_operator_comes(did: str) -> None:
    assert walk(did)[-1] == ToOperator()


@pytest.mark.parametrize("did", ["!", "06!", "0630!"])
def test_given_a_guest_who_hangs_up_before_confirming_then_nothing_is_set(did: str) -> None:
    assert walk(did)[-1] == Gone()


def test_given_a_star_while_keying_then_the_digits_begin_anew() -> None:
    assert walk("07*06301")[-1] == Wanted(time(6, 30))


@given(st.text(alphabet="0123456789*#.!", max_size=60))
def test_given_any_keys_then_the_talk_ends_and_only_a_confirmed_time_is_wanted(did: str) -> None:
    steps = walk(did + "...")
    assert not isinstance(steps[-1], Ask)
    for before, step in pairwise(steps):
        if isinstance(step, Wanted):
            assert said(before)[1] == f"{step.at:%H:%M}"


@pytest.mark.parametrize(("keyed", "at"), [("0000", time(0, 0)), ("2359", time(23, 59)), ("2400", None)])
def test_given_four_digits_when_read_then_only_a_time_of_day_counts(keyed: str, at: time | None) -> None:
    assert clock_time(keyed) == at
