"""The expected wait: worked out from place, operators and talks, and put into words that promise no less."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.spoken_wait import MINUTES, MORE, SpokenWait, every, in_words
from callcenter.telephony import CallKey, CallSnapshot, QueueWait
from ivr.agi import AgiServer
from ivr.wait_flow import WaitFlow
from ivr.waiting import ENOUGH_TALKS, LAST_TALKS, USUAL_SECONDS, Talks, expected_seconds, place, words
from tests.unit.calls.builders import at, call

KEY = CallKey("pbx1", "own")


def waits(linkedid: str, start: float, queue: str = "enquiries", *, left: bool = False) -> CallSnapshot:
    wait = QueueWait(queue, at(start + 5), 1, at(start + 9) if left else None)
    return call(linkedid, start=start, system=1, queue_waits=(wait,))


def talked(seconds: float, queue: str = "enquiries") -> CallSnapshot:
    wait = QueueWait(queue, at(0), 1, at(5))
    return call(operator=5, end=5 + seconds, talk_seconds=seconds, queue_waits=(wait,))


@pytest.mark.parametrize(
    ("seconds", "wait"),
    [(0, "1"), (119, "1"), (120, "2"), (121, "3"), (180, "3"), (301, "10"), (600, "10"), (601, "15"), (1800, "30")],
)
def test_given_an_expected_wait_when_put_into_words_then_it_is_rounded_up(seconds: float, wait: str) -> None:
    assert in_words(seconds, offer=False) == SpokenWait(wait, offer=False)


def test_given_more_than_half_an_hour_or_nothing_known_when_put_into_words_then_no_minutes_are_promised() -> None:
    assert in_words(1801, offer=True).prompts == (f"wait-{MORE}", "call-back-offer")
    assert in_words(None, offer=True).prompts == ("call-back-offer",)
    assert in_words(None, offer=False).style == ""


@given(st.floats(min_value=0, max_value=1800))
def test_given_any_wait_when_put_into_words_then_nobody_is_promised_too_little(seconds: float) -> None:
    said = in_words(seconds, offer=False).wait
    promised = 120 if said == "1" else 60 * int(said)

    assert seconds <= promised


def test_given_all_that_can_be_said_when_its_styles_are_compared_then_they_differ() -> None:
    styles = [wait.style for wait in every()]

    assert len(set(styles)) == len(styles) == 2 * (len(MINUTES) + 1) + 1


def test_given_callers_in_line_when_places_are_counted_then_the_older_call_of_the_same_queue_is_first() -> None:
    own = waits("own", 20)
    calls = [waits("old", 0), waits("young", 40), own, waits("other", 0, "complaints"), waits("gone", 0, left=True)]

    assert place(calls, KEY, "enquiries") == 2
    assert place([waits("old", 0)], KEY, "enquiries") == 2
    assert place([own], KEY, "enquiries") == 1


@pytest.mark.parametrize(
    ("in_line", "operators", "seconds"), [(1, 1, 180.0), (3, 1, 540.0), (3, 2, 270.0), (1, 0, None)]
)
def test_given_a_place_and_operators_when_the_wait_is_expected_then_so_many_talks_have_to_end(
    in_line: int, operators: int, seconds: float | None
) -> None:
    assert expected_seconds(in_line, operators, 180.0) == seconds


def test_given_few_talks_when_asked_then_the_usual_length_serves_and_later_the_last_ones() -> None:
    talks = Talks()
    for _ in range(ENOUGH_TALKS - 1):
        talks.learn(talked(60))
    assert talks.usual_seconds("enquiries") == USUAL_SECONDS

    for _ in range(LAST_TALKS):
        talks.learn(talked(240))
    assert talks.usual_seconds("enquiries") == 240
    assert talks.usual_seconds("complaints") == USUAL_SECONDS


def test_given_calls_that_nobody_answered_when_learned_from_then_they_say_nothing_of_talks() -> None:
    talks = Talks()
    for _ in range(LAST_TALKS):
        talks.learn(replace(talked(60), talk_seconds=0.0))
        talks.learn(waits("own", 0))
    assert talks.usual_seconds("enquiries") == USUAL_SECONDS


def test_given_announcements_when_made_then_the_offer_comes_first_and_then_rarely_in_each_language() -> None:
    one = [words(None, number, languages=1).offer for number in range(1, 8)]
    both = [words(None, number, languages=2).offer for number in range(1, 9)]

    assert one == [True, False, False, True, False, False, True]
    assert both == [True, True, False, False, False, False, True, True]


async def test_given_the_dialplan_asks_when_answered_then_it_gets_the_style_of_the_language() -> None:
    assert await ask(["own", "enquiries", "1", "1", "1"]) == ['EXEC MSet "WAIT_STYLE=10o"']


@pytest.mark.parametrize("arguments", [[], ["own", "enquiries"], ["own", "enquiries", "x", "1", "1"]])
async def test_given_nonsense_when_asked_then_nothing_is_answered(arguments: list[str]) -> None:
    assert await ask(arguments) == []


async def ask(arguments: list[str]) -> list[str]:
    """What the script `wait` tells the exchange of the second in line."""
    flow = WaitFlow("pbx1", lambda: [waits("old", 0), waits("own", 20)], Talks())
    server = AgiServer("127.0.0.1", 0, flow.serve)
    await server.start()
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    given_arguments = "".join(f"agi_arg_{number}: {text}\n" for number, text in enumerate(arguments, start=1))
    writer.write(f"agi_request: agi://127.0.0.1/wait\n{given_arguments}\n".encode())
    said = []
    while line := await reader.readline():
        said.append(line.decode().rstrip())
        writer.write(b"200 result=1\n")
    writer.close()
    await server.close()
    return said
