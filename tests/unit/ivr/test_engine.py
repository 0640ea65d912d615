"""The walk through a menu without any telephone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.settings import ROOT
from ivr.agi import ANY_KEY
from ivr.engine import (
    LONGEST_PATH,
    MOST_STEPS,
    Ask,
    CallerDid,
    End,
    Ending,
    FlowEnded,
    HungUp,
    Left,
    Position,
    Pressed,
    Run,
    Silence,
    Step,
    advance,
    begin,
)
from ivr.languages import Language
from ivr.menus import Menu, load_menu

SAMPLE = load_menu(ROOT / "config" / "ivr" / "main.yaml")
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
NIGHT = NOON.replace(hour=4)


def walk(menu: Menu, keys: str, at: datetime = NOON) -> tuple[Position, Step]:
    """Begin in Chinese and press keys; a blank is silence."""
    position, step = begin(menu, Language.ZH, at)
    for key in keys:
        assert isinstance(step, Ask), f"the walk had ended before {key!r}"
        position, step = advance(menu, position, Silence() if key == " " else Pressed(key), at)
    return position, step


@pytest.mark.parametrize(
    ("keys", "end"),
    [
        ("1", End(Ending.QUEUE, "enquiries")),
        ("2", End(Ending.QUEUE, "complaints", ("zh/complaint-promise",))),
        ("92", End(Ending.QUEUE, "complaints", ("en/complaint-promise",))),
        ("8", End(Ending.VOICEMAIL)),
        ("98", End(Ending.VOICEMAIL)),
        ("0", End(Ending.OPERATOR)),
        ("40", End(Ending.OPERATOR)),
        ("410", End(Ending.OPERATOR)),
        ("41 ", End(Ending.HANG_UP)),
        ("42 ", End(Ending.HANG_UP)),
        ("43 ", End(Ending.HANG_UP)),
        ("  ", End(Ending.OPERATOR)),
        ("77", End(Ending.OPERATOR)),
        (" 7", End(Ending.OPERATOR)),
        ("4  ", End(Ending.OPERATOR)),
        ("4#1", End(Ending.QUEUE, "enquiries")),
        ("41##2", End(Ending.QUEUE, "complaints", ("zh/complaint-promise",))),
    ],
)
def test_given_the_sample_menu_when_keys_are_pressed_then_the_caller_comes_where_they_lead(keys: str, end: End) -> None:
    assert walk(SAMPLE, keys)[1] == end


@pytest.mark.parametrize(
    ("keys", "prompts"),
    [
        ("", ("zh/menu-main", "en/menu-language")),
        ("9", ("en/menu-main", "zh/menu-language")),
        ("99", ("zh/menu-main", "en/menu-language")),
        ("*", ("zh/menu-main", "en/menu-language")),
        (" ", ("zh/menu-main", "en/menu-language")),
        ("7", ("zh/menu-wrong", "zh/menu-main", "en/menu-language")),
        ("4", ("zh/menu-information", "en/menu-language")),
        ("94", ("en/menu-information", "zh/menu-language")),
        ("41", ("zh/info-facilities", "zh/info-next")),
        ("941", ("en/info-facilities", "en/info-next")),
        ("41*", ("zh/info-facilities", "zh/info-next")),
        ("41#", ("zh/menu-information", "en/menu-language")),
        ("#", ("zh/menu-wrong", "zh/menu-main", "en/menu-language")),
    ],
)
def test_given_the_sample_menu_when_keys_are_pressed_then_the_caller_hears_what_they_ask_for(
    keys: str, prompts: tuple[str, ...]
) -> None:
    assert walk(SAMPLE, keys)[1] == Ask(prompts, 5.0)


@pytest.mark.parametrize(("at", "told"), [(NOON, "zh/info-springs-open"), (NIGHT, "zh/info-springs-closed")])
def test_given_opening_hours_then_the_caller_is_told_what_is_true_now(at: datetime, told: str) -> None:
    step = walk(SAMPLE, "43", at)[1]
    assert isinstance(step, Ask)
    assert step.prompts[0] == told


def test_given_a_wrong_key_then_one_that_leads_on_then_the_tries_begin_anew() -> None:
    assert isinstance(walk(SAMPLE, "74 ")[1], Ask)


def test_given_a_walk_then_its_path_tells_the_nodes_and_whether_the_caller_was_informed() -> None:
    position, _ = walk(SAMPLE, "4")
    assert (position.path, position.informed) == (("main", "information"), False)
    position, _ = walk(SAMPLE, "43")
    assert (position.path, position.informed) == (("main", "information", "springs-open"), True)


LEADING = Menu.model_validate(
    {
        "start": "ask",
        "nodes": {
            "ask": {"kind": "flow", "flow": "ask-me", "then": "menu", "otherwise": "people"},
            "menu": {"kind": "menu", "prompts": ["x"], "choices": {"1": {"go": "ask"}}},
            "people": {"kind": "queue", "queue": "q"},
        },
    }
)


@pytest.mark.parametrize(
    ("left", "step"),
    [
        (Left.BACK, Ask(("zh/x",), 5.0)),
        (Left.OPERATOR, End(Ending.QUEUE, "q")),
        (Left.GONE, End(Ending.GONE)),
    ],
)
def test_given_a_node_with_a_flow_when_the_flow_ends_then_the_walk_goes_on_where_the_node_says(
    left: Left, step: Step
) -> None:
    position, first = begin(LEADING, Language.ZH, NOON)
    assert first == Run("ask-me")
    position, following = advance(LEADING, position, FlowEnded(left, informed=True), NOON)
    assert (following, position.informed) == (step, True)


def test_given_the_sample_menu_when_the_reservation_is_asked_for_then_its_flow_leads_back_or_to_an_operator() -> None:
    position, step = walk(SAMPLE, "3")
    assert step == Run("my-reservation")
    assert isinstance(advance(SAMPLE, position, FlowEnded(Left.BACK, informed=False), NOON)[1], Ask)
    operator = advance(SAMPLE, position, FlowEnded(Left.OPERATOR, informed=False), NOON)[1]
    assert operator == End(Ending.OPERATOR)


def test_given_a_caller_who_hangs_up_then_the_walk_ends_wherever_it_was() -> None:
    for keys in ("", "4", "41", "9"):
        position, _ = walk(SAMPLE, keys)
        assert advance(SAMPLE, position, HungUp(), NOON)[1] == End(Ending.GONE)


NODES = ["a", "b", "c", "d"]


@st.composite
def menus(draw: st.DrawFn) -> Menu:
    """Any menu, also one that the check would refuse."""
    target = st.sampled_from([*NODES, "missing"])
    acts = st.sampled_from([{"do": "repeat"}, {"do": "back"}, {"do": "language"}])
    choices = st.dictionaries(st.sampled_from(ANY_KEY), st.one_of(acts, target.map(lambda go: {"go": go})), min_size=1)
    nodes: dict[str, Any] = {}
    for name in NODES:
        nodes[name] = draw(
            st.one_of(
                choices.map(lambda given: {"kind": "menu", "prompts": ["x"], "choices": given}),
                st.tuples(choices, target).map(
                    lambda both: {"kind": "menu", "prompts": ["x"], "choices": both[0], "otherwise": both[1]}
                ),
                target.map(lambda then: {"kind": "information", "prompts": ["x"], "then": then}),
                st.tuples(target, target).map(
                    lambda both: {
                        "kind": "hours",
                        "open": [{"since": "08:00", "until": "20:00"}],
                        "inside": both[0],
                        "outside": both[1],
                    }
                ),
                st.tuples(target, st.one_of(st.none(), target)).map(
                    lambda both: {"kind": "flow", "flow": "f", "then": both[0], "otherwise": both[1]}
                ),
                st.just({"kind": "queue", "queue": "q"}),
                st.just({"kind": "transfer", "extension": "8101"}),
                st.just({"kind": "operator"}),
                st.just({"kind": "voicemail"}),
                st.just({"kind": "hang_up"}),
            )
        )
    return Menu.model_validate({"start": "a", "nodes": nodes})


ACTIONS = st.lists(
    st.one_of(
        st.sampled_from(ANY_KEY).map(Pressed),
        st.just(Silence()),
        st.just(HungUp()),
        st.builds(FlowEnded, st.sampled_from([Left.BACK, Left.OPERATOR]), st.booleans()),
    ),
    min_size=MOST_STEPS + 1,
    max_size=MOST_STEPS + 1,
)


@given(menu=st.one_of(st.just(SAMPLE), menus()), did=ACTIONS, hour=st.integers(0, 23))
def test_given_any_menu_and_any_caller_then_every_walk_ends_at_a_person_a_message_or_hung_up(
    menu: Menu, did: list[CallerDid | FlowEnded], hour: int
) -> None:
    at = datetime(2026, 11, 21, hour, tzinfo=UTC)
    position, step = begin(menu, Language.ZH, at)
    for action in did:
        if isinstance(step, End):
            break
        position, step = advance(menu, position, action, at)
        assert len(position.path) <= LONGEST_PATH
    assert isinstance(step, End)
    assert (step.ending is Ending.GONE) <= (HungUp() in did)
