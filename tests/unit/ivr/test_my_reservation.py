"""The conversation about the own booking without any telephone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.reservations.keypad import Cancelling, Expected, OwnBooking
from callcenter.reservations.states import Kind, State
from ivr import my_reservation_words as words
from ivr.agi import ANY_KEY
from ivr.engine import Ask, HungUp, Left, Pressed, Silence
from ivr.languages import Language
from ivr.my_reservation import (
    AskOperatorToCancel,
    Cancel,
    Done,
    ExpectAt,
    FindByDocument,
    FindByNumber,
    Finish,
    Found,
    Outcome,
    Prove,
    Proved,
    Refused,
    Stage,
    Step,
    Talk,
    Task,
    TimeTaken,
    advance,
    begin,
)
from ivr.speaking.moments import say_date, say_time
from ivr.speaking.things import say_nights, say_rooms

NUMBER = "26000001"
MINE = OwnBooking(
    number=NUMBER,
    kind=Kind.INDIVIDUAL,
    state=State.CONFIRMED,
    arrival=date(2026, 12, 3),
    nights=2,
    rooms=(("deluxe", 1),),
    expected=time(18),
    deposit_held=False,
    cancelling=Cancelling.BY_KEYPAD,
    proved=True,
)
GUARANTEED = replace(MINE, cancelling=Cancelling.BY_OPERATOR)
LANGUAGES = list(Language)


def talked(keys: str, *outcomes: Outcome, language: Language = Language.ZH) -> tuple[Talk, Step]:
    """Press keys (a blank is silence); tasks end in turn as `outcomes` say."""
    talk, step = begin(language)
    left = list(outcomes)
    for key in keys:
        while left and isinstance(step, Task):
            talk, step = advance(talk, left.pop(0))
        assert isinstance(step, Ask), f"{step} before {key!r}"
        talk, step = advance(talk, Silence() if key == " " else Pressed(key))
    while left and isinstance(step, Task):
        talk, step = advance(talk, left.pop(0))
    assert not left, f"nobody asked for {left}"
    return talk, step


def said(step: Step) -> tuple[str, ...]:
    assert isinstance(step, Ask | Finish), step
    return step.prompts


def sentences(language: Language, *names: str) -> tuple[str, ...]:
    return words.say(language, *names)


# --- finding


@pytest.mark.parametrize("language", LANGUAGES)
def test_given_a_booking_number_when_keyed_then_it_is_looked_for_in_the_language_of_the_caller(
    language: Language,
) -> None:
    assert talked("1" + NUMBER, language=language)[1] == FindByNumber(NUMBER, sentences(language, "looking"))


@pytest.mark.parametrize(("keys", "month_day", "last"), [("212031234", "1203", "1234"), ("20102001*", "0102", "001X")])
def test_given_an_arrival_date_and_a_document_when_keyed_then_they_are_looked_for_and_a_star_is_the_letter_x(
    keys: str, month_day: str, last: str
) -> None:
    assert talked(keys)[1] == FindByDocument(month_day, last, sentences(Language.ZH, "looking"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_given_no_such_booking_when_looked_for_then_nothing_else_is_said_and_an_operator_after_the_second_time(
    language: Language,
) -> None:
    once = talked("1" + NUMBER, Found(None), language=language)[1]
    assert said(once) == sentences(language, "not-found", "how")
    twice = talked(f"1{NUMBER}1{NUMBER}", Found(None), Found(None), language=language)[1]
    assert twice == Finish(Left.OPERATOR, sentences(language, "by-operator"))


def test_given_a_caller_who_is_locked_out_when_looking_then_an_operator_asks() -> None:
    assert talked("1" + NUMBER, Refused())[1] == Finish(Left.OPERATOR, sentences(Language.ZH, "by-operator"))


def test_given_a_meeting_when_found_then_it_is_an_operators() -> None:
    assert talked("1" + NUMBER, Found(replace(MINE, kind=Kind.MEETING)))[1] == Finish(
        Left.OPERATOR, sentences(Language.ZH, "by-operator")
    )


# --- telling


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("state", "deposit"), [(State.CONFIRMED, False), (State.UNCONFIRMED, False), (State.CONFIRMED, True)]
)
def test_given_a_booking_to_come_when_found_then_state_arrival_nights_type_time_and_deposit_are_said(
    language: Language, state: State, deposit: bool
) -> None:
    step = talked("1" + NUMBER, Found(replace(MINE, state=state, deposit_held=deposit)), language=language)[1]
    assert said(step) == (
        *sentences(language, state.value, "arrival"),
        *say_date(MINE.arrival, language, with_weekday=True),
        *say_nights(2, language),
        *say_rooms(1, "deluxe", language),
        *sentences(language, "arrives-at"),
        *say_time(MINE.expected, language),
        *sentences(language, "deposit" if deposit else "no-deposit", "change", "cancel", "next"),
    )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("state", "word"), [(State.CANCELLED, "cancelled"), (State.NO_SHOW, "no-show")])
def test_given_a_booking_that_ended_when_found_then_its_state_is_said_and_nothing_can_be_changed(
    language: Language, state: State, word: str
) -> None:
    ended = replace(MINE, state=state, cancelling=Cancelling.NOT_AT_ALL)
    step = talked("1" + NUMBER, Found(ended), language=language)[1]
    date_said = say_date(MINE.arrival, language, with_weekday=True)
    assert said(step) == (*sentences(language, word, "arrival"), *date_said, *sentences(language, "next"))
    for key in "12":
        again = talked(f"1{NUMBER}{key}", Found(ended), language=language)[1]
        assert said(again) == sentences(language, "wrong", "next")


def test_given_a_booking_when_told_then_star_says_it_again_and_the_pound_key_leads_back() -> None:
    first = talked("1" + NUMBER, Found(MINE))[1]
    assert talked(f"1{NUMBER}*", Found(MINE))[1] == first
    assert talked(f"1{NUMBER}#", Found(MINE))[1] == Finish(Left.BACK)


# --- the arrival time


@pytest.mark.parametrize("language", LANGUAGES)
def test_given_a_new_arrival_time_when_keyed_then_it_is_read_back_and_taken_after_confirmation_only(
    language: Language,
) -> None:
    keys = f"1{NUMBER}11930"
    read_back = talked(keys, Found(MINE), language=language)[1]
    spoken = (*sentences(language, "time-keyed"), *say_time(time(19, 30), language), *sentences(language, "time-right"))
    assert said(read_back) == spoken
    assert talked(keys + "1", Found(MINE), language=language)[1] == ExpectAt(NUMBER, time(19, 30))
    taken = talked(keys + "1", Found(MINE), TimeTaken(Expected.POSSIBLE), language=language)[1]
    assert said(taken) == sentences(language, "time-kept", "change", "cancel", "next")


@pytest.mark.parametrize(
    ("keys", "first"),
    [
        ("2", "time"),
        ("#", "unchanged"),
    ],
)
def test_given_a_time_read_back_when_it_is_not_right_then_nothing_changes(keys: str, first: str) -> None:
    step = talked(f"1{NUMBER}11930{keys}", Found(MINE))[1]
    assert said(step)[0] == sentences(Language.ZH, first)[0]


@pytest.mark.parametrize("keyed", ["2400", "1260", "99 ", "*"])
def test_given_what_is_no_time_when_keyed_then_it_is_asked_again_and_then_an_operator(keyed: str) -> None:
    once = talked(f"1{NUMBER}1{keyed}", Found(MINE))[1]
    assert said(once) == sentences(Language.ZH, "wrong", "time")
    twice = talked(f"1{NUMBER}1{keyed}{keyed}", Found(MINE))[1]
    assert twice == Finish(Left.OPERATOR, sentences(Language.ZH, "by-operator"))


def test_given_a_time_that_has_passed_when_keyed_then_another_is_asked_for() -> None:
    step = talked(f"1{NUMBER}108001", Found(MINE), TimeTaken(Expected.PAST))[1]
    assert said(step) == sentences(Language.ZH, "time-past", "time")


def test_given_a_time_of_the_night_when_keyed_then_an_operator_asks_which_night() -> None:
    step = talked(f"1{NUMBER}100301", Found(MINE), TimeTaken(Expected.BY_OPERATOR))[1]
    assert step == Finish(Left.OPERATOR, sentences(Language.ZH, "by-operator"))


# --- cancelling


@pytest.mark.parametrize("language", LANGUAGES)
def test_given_a_plain_booking_when_to_be_cancelled_then_it_is_asked_twice_with_different_keys(
    language: Language,
) -> None:
    named = (*say_date(MINE.arrival, language), *say_nights(2, language))
    asked = talked(f"1{NUMBER}2", Found(MINE), language=language)[1]
    assert said(asked) == (*sentences(language, "cancel-this"), *named, *sentences(language, "cancel-first"))
    surely = talked(f"1{NUMBER}21", Found(MINE), language=language)[1]
    assert said(surely) == sentences(language, "cancel-surely")
    assert talked(f"1{NUMBER}219", Found(MINE), language=language)[1] == Cancel(NUMBER)
    done = talked(f"1{NUMBER}219", Found(MINE), Done(), language=language)[1]
    assert done == Finish(Left.BACK, sentences(language, "cancelled"))


@pytest.mark.parametrize("keys", ["22", "2#", "212", "21#"])
def test_given_a_cancellation_when_it_is_taken_back_at_either_question_then_the_booking_stays(keys: str) -> None:
    step = talked(f"1{NUMBER}{keys}", Found(MINE))[1]
    assert said(step)[0] == sentences(Language.ZH, "unchanged")[0]


def test_given_the_first_key_pressed_twice_when_cancelling_then_nothing_is_cancelled() -> None:
    assert said(talked(f"1{NUMBER}211", Found(MINE))[1]) == sentences(Language.ZH, "wrong", "cancel-surely")


def test_given_a_guaranteed_booking_when_to_be_cancelled_then_an_operator_who_is_told_does_it() -> None:
    assert talked(f"1{NUMBER}2", Found(GUARANTEED))[1] == AskOperatorToCancel(NUMBER)
    step = talked(f"1{NUMBER}2", Found(GUARANTEED), Done())[1]
    assert step == Finish(Left.OPERATOR, sentences(Language.ZH, "by-operator"))


# --- proof


@pytest.mark.parametrize(("wish", "leads_to"), [("1", "time"), ("2", "cancel-this")])
def test_given_another_number_than_the_bookings_when_something_is_to_change_then_four_digits_prove_who_calls(
    wish: str, leads_to: str
) -> None:
    stranger = replace(MINE, proved=False)
    asked = talked(f"1{NUMBER}{wish}", Found(stranger))[1]
    assert said(asked) == sentences(Language.ZH, "proof")
    keyed = talked(f"1{NUMBER}{wish}123*", Found(stranger))[1]
    assert keyed == Prove(NUMBER, "123X", sentences(Language.ZH, "looking"))
    right = talked(f"1{NUMBER}{wish}1234", Found(stranger), Proved(right=True))[1]
    assert said(right)[0] == sentences(Language.ZH, leads_to)[0]
    wrong = talked(f"1{NUMBER}{wish}1234", Found(stranger), Proved(right=False))[1]
    assert said(wrong) == sentences(Language.ZH, "wrong", "proof")
    keys, misses = f"1{NUMBER}{wish}12345678", (Proved(right=False), Proved(right=False))
    assert talked(keys, Found(stranger), *misses)[1] == Finish(Left.OPERATOR, sentences(Language.ZH, "by-operator"))


# --- whatever the caller does


@pytest.mark.parametrize(
    "keys", ["0", "10 ", "10#", "20 ", "212030 ", f"1{NUMBER}0", f"1{NUMBER}10 ", f"1{NUMBER}20", f"1{NUMBER}210"]
)
def test_given_a_zero_at_any_question_then_an_operator_comes(keys: str) -> None:
    outcomes = [Found(MINE)] if NUMBER in keys else []
    step = talked(keys, *outcomes)[1]
    assert isinstance(step, Finish)
    assert step.left is Left.OPERATOR


@pytest.mark.parametrize("keys", ["", "1", "2", "21203", f"1{NUMBER}", f"1{NUMBER}1", f"1{NUMBER}2", f"1{NUMBER}21"])
@pytest.mark.parametrize("wrong", ["  ", "**", " *"])
def test_given_silence_or_a_wrong_key_twice_at_any_question_then_an_operator_comes(keys: str, wrong: str) -> None:
    if wrong != "  " and keys == f"1{NUMBER}":
        wrong = "77"
    outcomes = [Found(MINE)] if NUMBER in keys else []
    assert talked(keys + wrong, *outcomes)[1] == Finish(Left.OPERATOR, sentences(Language.ZH, "by-operator"))


@pytest.mark.parametrize("keys", ["", "1", "12600", "2", f"1{NUMBER}", f"1{NUMBER}1", f"1{NUMBER}2", f"1{NUMBER}21"])
def test_given_a_caller_who_hangs_up_at_any_question_then_nothing_more_is_done(keys: str) -> None:
    talk, _ = talked(keys, *([Found(MINE)] if NUMBER in keys else []))
    assert advance(talk, HungUp())[1] == Finish(Left.GONE)


BOOKINGS = st.builds(
    replace,
    st.just(MINE),
    proved=st.booleans(),
    state=st.sampled_from([State.CONFIRMED, State.UNCONFIRMED, State.CANCELLED, State.NO_SHOW]),
    cancelling=st.sampled_from(list(Cancelling)),
)
SENSIBLE = ["1" + NUMBER, "212031234", "1", "2", "21", "219", "9", "11930", "1", "1234", "*", "#"]
KEYS = st.lists(st.one_of(st.sampled_from(SENSIBLE), st.sampled_from(ANY_KEY + " ")), max_size=40).map("".join)
TELLING = tuple(
    words.PREFIX + name for name in ("confirmed", "unconfirmed", "cancelled", "no-show", "arrival", "arrives-at")
)


@given(data=st.data(), keys=KEYS, language=st.sampled_from(LANGUAGES))
def test_given_any_keys_then_nothing_is_told_unfound_nothing_done_unproved_nothing_cancelled_unasked_and_it_ends(
    data: st.DataObject, keys: str, language: Language
) -> None:
    talk, step = begin(language)
    left = iter(keys)
    answered: list[tuple[Stage, Pressed | Silence]] = []
    proved = False
    while not isinstance(step, Finish):
        if isinstance(step, Ask):
            if talk.booking is None:
                assert not [prompt for prompt in step.prompts if prompt.partition("/")[2] in TELLING]
            key = next(left, " ")
            answered.append((talk.stage, Silence() if key == " " else Pressed(key)))
            talk, step = advance(talk, answered[-1][1])
            continue
        outcome: Outcome = Done()
        match step:
            case FindByNumber() | FindByDocument():
                found = data.draw(st.one_of(st.none(), BOOKINGS))
                outcome, proved = Found(found), found is not None and found.proved
            case Prove():
                proved = data.draw(st.booleans())
                outcome = Proved(proved)
            case ExpectAt():
                assert proved
                outcome = TimeTaken(data.draw(st.sampled_from(list(Expected))))
            case Cancel():
                assert proved
                asked = [answer for answer in answered if answer[0] in (Stage.CANCEL, Stage.CANCEL_SURELY)]
                assert asked[-1] == (Stage.CANCEL_SURELY, Pressed("9"))
                assert [answer for answer in asked if answer[0] is Stage.CANCEL][-1] == (Stage.CANCEL, Pressed("1"))
                assert talk.booking is not None
                assert talk.booking.cancelling is Cancelling.BY_KEYPAD
        talk, step = advance(talk, outcome)
    assert step.left in (Left.BACK, Left.OPERATOR)
