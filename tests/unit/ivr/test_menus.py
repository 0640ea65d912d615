"""Menu files: their form, what the check finds, the picture, and taking an edited one into force."""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from pydantic import ValidationError

from callcenter.clock import SettableClock
from callcenter.health import Alarms
from callcenter.settings import ROOT, load
from ivr import book as books
from ivr.book import MenuBook
from ivr.checking import Problem, Surroundings, check, graph, surroundings
from ivr.menus import HoursNode, Menu, MenuInvalid, OpenHours, load_menu
from ivr.sounds import Sounds

SAMPLE = ROOT / "config" / "ivr" / "main.yaml"
PROMPTS = ROOT / "ivr" / "prompts"
AROUND = Surroundings(
    queues={"enquiries"},
    extensions={"8101"},
    has_prompt=lambda name: not name.endswith("/none"),
    flows={"known": ("x",), "mute": ("none",)},
)
LEAVES = {"queue": {"kind": "queue", "queue": "enquiries"}, "bye": {"kind": "hang_up"}}


def menu(**nodes: object) -> Menu:
    return Menu.model_validate({"start": next(iter(nodes)), "nodes": nodes})


def offering(choices: dict[str, dict[str, str]], **more: object) -> dict[str, object]:
    return {"kind": "menu", "prompts": ["x"], "choices": choices, **more}


def found(given: Menu) -> list[tuple[str, Problem]]:
    return [(finding.node, finding.problem) for finding in check(given, AROUND)]


def test_given_the_sample_menu_when_checked_then_nothing_is_wrong() -> None:
    assert check(load_menu(SAMPLE), surroundings(load(environment={}), Sounds(PROMPTS))) == []


SPOKEN = {"zh": ["预订"], "en": ["booking"]}


@pytest.mark.parametrize(
    ("choices", "problems"),
    [
        ({"1": {"go": "queue", "speech": SPOKEN}, "2": {"go": "bye"}}, []),
        ({"1": {"go": "queue", "speech": SPOKEN}, "2": {"go": "bye", "speech": SPOKEN}}, [Problem.SPEECH] * 2),
        ({"1": {"go": "queue", "speech": {"zh": ["预订"]}}, "2": {"go": "bye"}}, [Problem.SPEECH]),
        (
            {"1": {"go": "queue", "speech": {"zh": [f"词{n}" for n in range(21)], "en": ["x"]}}, "2": {"go": "bye"}},
            [Problem.SPEECH],
        ),
    ],
)
def test_given_words_to_say_when_checked_then_each_means_one_choice_in_both_languages_and_they_are_few(
    choices: dict[str, object], problems: list[Problem]
) -> None:
    given = Menu.model_validate(
        {"start": "a", "nodes": {"a": {"kind": "menu", "prompts": ["x"], "choices": choices}, **LEAVES}}
    )
    assert [problem for _, problem in found(given)] == problems


@pytest.mark.parametrize("words", ["", "one two three four five six", "a" * 41, "book, please", " booking"])
def test_given_words_that_nobody_says_at_once_then_the_file_is_refused(words: str) -> None:
    with pytest.raises(ValidationError):
        menu(a=offering({"1": {"go": "queue", "speech": {"zh": [words]}}}), **LEAVES)  # type: ignore[dict-item]


def test_given_the_sample_menu_when_drawn_then_every_node_and_key_is_in_the_picture() -> None:
    sample = load_menu(SAMPLE)
    drawn = graph(sample)
    assert drawn.startswith("flowchart TD\n")
    for name in sample.nodes:
        assert f"n_{name.replace('-', '_')}" in drawn
    assert 'n_main -- "2" --> n_complaints' in drawn
    assert 'n_springs -- "outside" --> n_springs_closed' in drawn
    assert 'n_main -- "0, silence" --> person' in drawn


@pytest.mark.parametrize(
    ("given", "problems"),
    [
        (menu(a=offering({"1": {"go": "queue"}}), **LEAVES), [("bye", Problem.UNREACHABLE)]),
        (menu(a=offering({"1": {"go": "nowhere"}})), [("a", Problem.DEAD_END)]),
        (menu(a={"kind": "flow", "flow": "known", "then": "bye"}, bye=LEAVES["bye"]), []),
        (menu(a={"kind": "flow", "flow": "known", "then": "nowhere"}), [("a", Problem.DEAD_END)]),
        (menu(a={"kind": "flow", "flow": "known", "then": "a", "otherwise": "a"}), [("a", Problem.ENDLESS)]),
        (menu(a={"kind": "flow", "flow": "other", "then": "a"}), [("a", Problem.UNKNOWN_TARGET)]),
        (menu(a={"kind": "flow", "flow": "mute", "then": "a"}), [("a", Problem.MISSING_PROMPT)]),
        (menu(a=offering({"1": {"do": "repeat"}}, otherwise="nowhere")), [("a", Problem.DEAD_END)]),
        (menu(a=offering({"1": {"do": "repeat"}}, otherwise="a")), [("a", Problem.ENDLESS)]),
        (
            menu(
                a=offering({"1": {"go": "queue"}}, otherwise="b"),
                b={"kind": "information", "prompts": ["x"], "then": "a"},
                queue=LEAVES["queue"],
            ),
            [("a", Problem.ENDLESS), ("b", Problem.ENDLESS)],
        ),
        (menu(a=offering({"1": {"do": "repeat"}}, prompts=["none"])), [("a", Problem.MISSING_PROMPT)]),
        (menu(a=offering({"1": {"do": "repeat"}}, wrong="none")), [("a", Problem.MISSING_PROMPT)]),
        (menu(a=offering({"1": {"do": "language", "prompt": "none"}})), [("a", Problem.MISSING_PROMPT)]),
        (menu(a={"kind": "queue", "queue": "laundry"}), [("a", Problem.UNKNOWN_TARGET)]),
        (menu(a={"kind": "transfer", "extension": "9999"}), [("a", Problem.UNKNOWN_TARGET)]),
        (menu(a={"kind": "transfer", "extension": "8101"}), []),
        (
            menu(
                a={
                    "kind": "hours",
                    "open": [{"since": "08:00", "until": "20:00"}],
                    "inside": "bye",
                    "outside": "queue",
                },
                **LEAVES,
            ),
            [],
        ),
    ],
)
def test_given_a_menu_when_checked_then_what_is_wrong_is_found(
    given: Menu, problems: list[tuple[str, Problem]]
) -> None:
    assert found(given) == problems


def test_given_a_prompt_in_one_language_only_then_the_other_one_is_named() -> None:
    around = Surroundings(queues=(), extensions=(), has_prompt=lambda name: name.startswith("zh/"))
    (finding,) = check(menu(a={"kind": "hang_up", "prompts": ["x"]}), around)
    assert str(finding) == "a: missing prompt: x is missing in en"


def test_given_a_start_that_does_not_exist_then_callers_begin_nowhere() -> None:
    given = Menu.model_validate({"start": "gone", "nodes": LEAVES})
    assert found(given)[0] == ("gone", Problem.DEAD_END)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("start: [", "is not YAML"),
        ("start: main\nnodes: {}\n", "nodes"),
        ("start: main\nnodes: {main: {kind: dance}}\n", "main"),
        ("start: main\nnodes: {main: {kind: menu, prompts: [x]}}\n", "a menu needs choices"),
        ('start: m\nnodes: {m: {kind: menu, prompts: [x], choices: {"12": {go: m}}}}\n', "choices.12"),
        ('start: m\nnodes: {m: {kind: menu, prompts: [x], choices: {"1": {go: m, do: back}}}}\n', "either go"),
        ("start: m\nnodes: {m: {kind: menu, prompts: ['../x'], choices: {'1': {go: m}}}}\n", "prompts.0"),
        ("start: m\nnodes: {m: {kind: queue, queue: q, prompt: x}}\n", "prompt"),
        ("start: m\nnodes: {m: {kind: hours, open: [{since: 10:00, until: '20:00'}], inside: m, outside: m}}", "since"),
        ("start: m\nnodes: {m: {kind: hours, open: [{since: '25:00', until: '3:00'}], inside: m, outside: m}}", "unti"),
    ],
)
def test_given_a_file_that_is_no_menu_when_read_then_the_mistake_is_named(
    tmp_path: Path, text: str, words: str
) -> None:
    file = tmp_path / "main.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(MenuInvalid, match=words):
        load_menu(file)


def test_given_keys_without_quotes_then_they_are_understood(tmp_path: Path) -> None:
    file = tmp_path / "main.yaml"
    file.write_text("start: m\nnodes: {m: {kind: menu, prompts: [x], choices: {1: {do: repeat}}}}\n", encoding="utf-8")
    assert set(load_menu(file).model_dump()["nodes"]["m"]["choices"]) == {"1"}


@pytest.mark.parametrize(
    ("since", "until", "days", "open_at", "closed_at"),
    [
        ("08:00", "20:00", ("mon", "sun"), ["mon 08:00", "sun 19:59"], ["mon 07:59", "mon 20:00", "tue 12:00"]),
        ("10:00", "24:00", ("mon",), ["mon 10:00", "mon 23:59"], ["tue 00:00", "mon 09:59"]),
        ("20:00", "08:00", ("fri",), ["fri 20:00", "sat 07:59"], ["fri 07:59", "sat 08:00", "sat 20:00", "sun 00:00"]),
        ("20:00", "08:00", ("sun",), ["sun 23:00", "mon 03:00"], ["sun 03:00"]),
    ],
)
def test_given_hours_when_asked_at_their_edges_then_they_open_and_close_there(
    since: str, until: str, days: tuple[str, ...], open_at: list[str], closed_at: list[str]
) -> None:
    hours = OpenHours.model_validate({"since": since, "until": until, "days": days})
    node = HoursNode(kind="hours", open=(hours,), inside="open", outside="closed")
    for moments, expected in ((open_at, "open"), (closed_at, "closed")):
        for moment in moments:
            day, _, time = moment.partition(" ")
            number = ("mon", "tue", "wed", "thu", "fri", "sat", "sun").index(day)
            assert node.leads_to(datetime.fromisoformat(f"2026-11-{23 + number}T{time}")) == expected, moment


def test_given_a_holiday_then_it_is_outside_the_hours() -> None:
    hours = OpenHours(since="00:00", until="24:00")
    node = HoursNode(kind="hours", open=(hours,), holidays=(date(2027, 2, 6),), inside="open", outside="closed")
    assert node.leads_to(datetime.fromisoformat("2027-02-06T12:00")) == "closed"
    assert node.leads_to(datetime.fromisoformat("2027-02-07T12:00")) == "open"


# ---------------------------------------------------------------- the book

GOOD = "start: a\nnodes: {a: {kind: queue, queue: enquiries}}\n"
OTHER = "start: a\nnodes: {a: {kind: hang_up}}\n"
BAD = "start: a\nnodes: {a: {kind: queue, queue: laundry}}\n"


@pytest.fixture
def alarms() -> Alarms:
    return Alarms(SettableClock(datetime(2026, 11, 21, tzinfo=UTC)))


@pytest.fixture
def book(tmp_path: Path, alarms: Alarms) -> MenuBook:
    write(tmp_path, GOOD)
    return MenuBook(tmp_path, {"main"}, AROUND, alarms)


def write(folder: Path, text: str) -> None:
    """Write the file as an editor does, so that its time is another one even within a clock tick."""
    file = folder / "main.yaml"
    before = file.stat().st_mtime_ns if file.exists() else 0
    file.write_text(text, encoding="utf-8")
    os.utime(file, ns=(before + 1_000_000, before + 1_000_000))


def test_given_an_edited_menu_when_looked_at_then_it_is_in_force_and_the_old_one_is_unchanged(
    tmp_path: Path, book: MenuBook
) -> None:
    book.look()
    old = book.get("main")
    assert old is not None
    write(tmp_path, OTHER)
    book.look()
    new = book.get("main")
    assert new is not None
    assert (old.nodes["a"].kind, new.nodes["a"].kind) == ("queue", "hang_up")


@pytest.mark.parametrize("wrong", [BAD, "start: [", None])
def test_given_a_wrong_edit_then_the_old_menu_stays_with_an_alarm_until_it_is_mended(
    tmp_path: Path, book: MenuBook, alarms: Alarms, wrong: str | None
) -> None:
    book.look()
    old = book.get("main")
    if wrong is None:
        (tmp_path / "main.yaml").unlink()
    else:
        write(tmp_path, wrong)
    book.look()
    assert book.get("main") is old
    assert [(alarm.code, alarm.params["menus"]) for alarm in alarms.current] == [("menu_refused", "main")]
    write(tmp_path, OTHER)
    book.look()
    assert book.get("main") is not old
    assert alarms.current == ()


def test_given_a_menu_that_was_never_good_then_there_is_none_and_an_alarm(
    tmp_path: Path, book: MenuBook, alarms: Alarms
) -> None:
    write(tmp_path, BAD)
    book.look()
    assert book.get("main") is None
    assert [alarm.code for alarm in alarms.current] == ["menu_refused"]


async def test_given_a_started_book_then_edits_are_noticed_by_themselves(
    tmp_path: Path, book: MenuBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(books, "LOOK_SECONDS", 0.02)
    await book.start()
    old = book.get("main")
    write(tmp_path, OTHER)
    async with asyncio.timeout(5):
        while book.get("main") is old:
            await asyncio.sleep(0.01)
    await book.close()
