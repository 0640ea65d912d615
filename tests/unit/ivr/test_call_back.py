"""The conversation about a call-back: every way through it, and that it always ends."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.call_back import (
    MOST_DIGITS,
    TRIES,
    CallBack,
    GoOn,
    Step,
    advance,
    begin,
    callable_number,
)
from ivr.engine import Ask, CallerDid, HungUp, Pressed, Silence
from ivr.languages import Language

OWN = "13812345678"
ROOMS = frozenset({"0301"})


def walk(own: str, did: str, language: Language = Language.ZH) -> list[Step]:
    """The steps that follow when the caller presses keys; `.` is silence, `!` hanging up."""
    talk, step = begin(own, language)
    steps = [step]
    for what in did:
        done: CallerDid = {".": Silence(), "!": HungUp()}.get(what, Pressed(what))
        talk, step = advance(talk, done, ROOMS)
        steps.append(step)
    return steps


def said(step: Step) -> list[str]:
    assert isinstance(step, Ask)
    return [prompt.partition("/")[2] for prompt in step.prompts]


def test_given_a_known_number_when_confirmed_then_it_is_called_back() -> None:
    first, last = walk(OWN, "1")

    assert said(first) == ["call-back-this-number"]
    assert last == CallBack(OWN)


@pytest.mark.parametrize("language", Language)
def test_given_a_language_when_anything_is_said_then_it_is_in_that_language(language: Language) -> None:
    asked = [step for step in walk(OWN, "2139#12345678#2", language) if isinstance(step, Ask)]

    assert {prompt.partition("/")[0] for step in asked for prompt in step.prompts} - {"both"} == {language}


def test_given_a_hidden_number_when_asked_then_one_is_keyed_read_back_and_confirmed() -> None:
    steps = walk("", "13912345678#1")

    assert said(steps[0]) == ["call-back-key-number"]
    one_three_nine = ["digits/yao", "digits/3", "digits/9"]
    assert said(steps[-2])[:5] == ["call-back-you-keyed", *one_three_nine, "pause"]
    assert said(steps[-2])[-2:] == ["digits/8", "call-back-confirm"]
    assert steps[-1] == CallBack("13912345678")


def test_given_a_keyed_number_when_silence_follows_then_it_counts_as_finished() -> None:
    assert said(walk("", "13912345678.")[-1])[0] == "call-back-you-keyed"


def test_given_a_wrong_number_when_keyed_then_it_is_told_and_asked_again() -> None:
    assert said(walk("", "139#")[-1]) == ["call-back-wrong-number", "call-back-key-number"]


def test_given_the_number_read_back_is_wrong_when_two_is_pressed_then_it_is_keyed_anew() -> None:
    steps = walk("", "13912345678#213987654321#1")

    assert steps[-1] == CallBack("13987654321")


def test_given_a_mistake_while_keying_when_star_is_pressed_then_the_number_begins_anew() -> None:
    assert walk("", "1391*13912345678#1")[-1] == CallBack("13912345678")


@pytest.mark.parametrize(
    ("own", "did"),
    [
        (OWN, "*"),
        ("", "*"),
        ("", "13912345678#*"),
        (OWN, "0"),
        ("", "0#"),
        ("", "0."),
        ("", "13912345678#0"),
        (OWN, "..."),
        ("", "..."),
        (OWN, "!"),
    ],
)
def test_given_the_caller_declines_or_says_nothing_when_it_ends_then_the_caller_goes_on_waiting(
    own: str, did: str
) -> None:
    assert walk(own, did)[-1] == GoOn()


def test_given_a_number_that_is_too_long_when_keyed_then_it_is_refused() -> None:
    assert said(walk("", "1" * (MOST_DIGITS + 1))[-1]) == ["call-back-wrong-number", "call-back-key-number"]


@pytest.mark.parametrize(
    ("number", "usable"),
    [
        ("13812345678", True),
        ("+8613812345678", True),
        ("0301", True),
        ("0399", False),
        ("110", False),
        ("", False),
        ("unknown", False),
    ],
)
def test_given_a_number_when_asked_whether_it_can_be_called_then_outside_numbers_and_rooms_can(
    number: str, usable: bool
) -> None:
    assert (callable_number(number, ROOMS) == number) is (usable or number == "")


@given(own=st.sampled_from([OWN, "", "0301"]), did=st.lists(st.sampled_from("0123456789*#."), max_size=400))
def test_given_any_keys_when_pressed_then_only_a_usable_number_is_called_back_and_tries_are_counted(
    own: str, did: list[str]
) -> None:
    talk, step = begin(own, Language.ZH)
    for what in did:
        if not isinstance(step, Ask):
            break
        talk, step = advance(talk, Silence() if what == "." else Pressed(what), ROOMS)
        assert talk.tries <= TRIES
        assert len(talk.keyed) <= MOST_DIGITS
    if isinstance(step, CallBack):
        assert callable_number(step.number, ROOMS) == step.number != ""


@pytest.mark.parametrize("own", [OWN, ""])
def test_given_silence_for_ever_when_nothing_is_pressed_then_it_ends(own: str) -> None:
    talk, step = begin(own, Language.EN)
    for _ in range(3 * TRIES):
        if isinstance(step, Ask):
            talk, step = advance(talk, Silence(), ROOMS)
    assert step == GoOn()
