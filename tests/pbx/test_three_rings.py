"""Answered within three rings, by an operator or by the system (requirements 1), with no application at all.

Lines have a cadence of 1 s and a guard of 0.5 s unless a test says otherwise.
"""

from __future__ import annotations

import asyncio

import pytest

from callcenter.simulator.behaviours import answers, in_turn, rejects, rings_unanswered
from callcenter.simulator.dialog import Dialog
from callcenter.simulator.facts import DialogState, EndedBy, Milestone, WaitedTooLong
from callcenter.simulator.phone import Behaviour, Phone
from callcenter.simulator.rtp import Hearing
from tests.pbx.switchboard import (
    FIVE_SECONDS,
    GREETING_TONE,
    HOLD_TONE,
    MENU_FIRST,
    MUSIC_TONE,
    TAKEOVER,
    Desk,
    Switchboard,
    desk_of,
    tones_in,
    until_heard,
)

SLICE = 13
"""Seconds after which a caller who waits for a paused operator looks whether the application lives."""
MARGIN = 0.4
"""Seconds by which a loaded machine may be late: less than the guard, so the rule itself is still kept."""


def noting(took: list[str], phone: Phone) -> Behaviour:
    """Pick up at once and write down who did."""

    async def behave(call: Dialog) -> None:
        took.append(phone.user)
        await answers()(call)

    return behave


@pytest.fixture(autouse=True)
async def living_application(switchboard: Switchboard) -> None:
    await switchboard.beat()


async def test_given_a_free_operator_when_picking_up_in_ring_two_then_the_caller_is_answered_in_ring_two(
    switchboard: Switchboard, desk: Desk
) -> None:
    picks_up_in_ring_two = in_turn([rings_unanswered(), answers(after=0.3)])
    async with switchboard.phone(desk.first, picks_up_in_ring_two), switchboard.guest() as guest:
        call = guest.call(desk.number)
        await call.answered()
        facts = await call.bye()
    assert facts.rings_heard(1) == 2
    assert facts.ringing_seconds == pytest.approx(1.3, abs=MARGIN)


async def test_given_nobody_is_there_when_a_caller_rings_then_the_system_answers_at_once_and_queues(
    switchboard: Switchboard, desk: Desk
) -> None:
    async with switchboard.guest(hearing=Hearing.KEEP) as guest:
        call = guest.call(desk.number)
        await until_heard(call, MUSIC_TONE)
        assert f"{desk.queue} has 1 calls" in await switchboard.rx(f"queue show {desk.queue}")
        assert tones_in(call) == [GREETING_TONE, HOLD_TONE, MUSIC_TONE]
        facts = await call.bye()
    assert facts.seconds_to_answer is not None
    assert facts.seconds_to_answer < MARGIN


async def test_given_nobody_picks_up_when_it_rings_out_then_the_system_answers_before_the_fourth_ring(
    switchboard: Switchboard, desk: Desk
) -> None:
    async with switchboard.phone(desk.first, rings_unanswered()), switchboard.guest() as guest:
        call = guest.call(desk.number)
        await call.answered()
        facts = await call.bye()
    assert facts.ringing_seconds == pytest.approx(TAKEOVER, abs=MARGIN)
    assert facts.rings_heard(1) == 3


async def test_given_a_cadence_of_five_seconds_when_it_rings_out_then_each_level_joins_and_the_system_answers_in_time(
    switchboard: Switchboard,
) -> None:
    desk = desk_of(FIVE_SECONDS.start)
    async with (
        switchboard.phone(desk.first, rings_unanswered()) as first,
        switchboard.phone(desk.wide, rings_unanswered()) as wide,
        switchboard.guest() as guest,
    ):
        call = guest.call(desk.number)
        began = await call.rang()
        rang_first = await (await first.next_call()).rang()
        rang_wide = await (await wide.next_call()).rang()
        answered = await call.answered(within=15)
        await call.bye()
    assert rang_first.monotonic - began.monotonic < MARGIN
    assert rang_wide.monotonic - began.monotonic == pytest.approx(5, abs=MARGIN)
    assert answered.monotonic - began.monotonic == pytest.approx(13, abs=MARGIN)


async def test_given_everybody_talks_when_one_becomes_free_then_the_waiting_caller_gets_that_operator(
    switchboard: Switchboard, desk: Desk
) -> None:
    async with switchboard.phone(desk.first, answers()) as operator, switchboard.guest() as guest:
        first = guest.call(desk.number)
        await first.answered()
        talk = await operator.next_call()
        await switchboard.until_state(desk.first, "In use")
        second = guest.call(desk.number)
        await second.answered()
        facts = second.facts()
        assert facts.seconds_to_answer is not None
        assert facts.seconds_to_answer < MARGIN
        await talk.bye()
        await (await operator.next_call()).answered()
        await first.ended()
        await second.bye()


async def test_given_a_caller_gives_up_while_ringing_then_the_operators_phone_stops(
    switchboard: Switchboard, desk: Desk
) -> None:
    async with switchboard.phone(desk.first, rings_unanswered()) as operator, switchboard.guest() as guest:
        call = guest.call(desk.number)
        ringing = await operator.next_call()
        await ringing.rang()
        facts = await call.cancel()
        await ringing.ended()
        await switchboard.until(f"queue show {desk.queue}-first", lambda text: "has 0 calls" in text)
    assert not facts.answered
    assert facts.final_status == 487


async def test_given_a_caller_gives_up_while_waiting_then_the_line_is_empty(
    switchboard: Switchboard, desk: Desk
) -> None:
    async with switchboard.guest() as guest:
        call = guest.call(desk.number)
        await switchboard.until(f"queue show {desk.queue}", lambda text: "has 1 calls" in text)
        await call.bye()
        await switchboard.until(f"queue show {desk.queue}", lambda text: "has 0 calls" in text)


async def test_given_an_operator_rejects_then_the_next_one_rings_at_once(switchboard: Switchboard, desk: Desk) -> None:
    async with (
        switchboard.phone(desk.first, rejects()) as one,
        switchboard.phone(desk.second, rejects()) as other,
        switchboard.guest() as guest,
    ):
        guest.call(desk.number)
        rejected = [(await phone.next_call()).facts().milestones[Milestone.INVITE].monotonic for phone in (one, other)]
    assert abs(rejected[0] - rejected[1]) < MARGIN


async def test_given_level_one_does_not_pick_up_after_one_ring_then_level_two_rings_too(
    switchboard: Switchboard, desk: Desk
) -> None:
    async with (
        switchboard.phone(desk.first, rings_unanswered()) as first,
        switchboard.phone(desk.wide, rings_unanswered()) as wide,
        switchboard.guest() as guest,
    ):
        call = guest.call(desk.number)
        began = await call.rang()
        await first.next_call()
        joined = await wide.next_call()
        rang = await joined.rang()
        again = await first.next_call()
        assert again.state is DialogState.CALLING
        joined.answer()
        await call.answered()
        assert (await again.ended()).final_status == 487
        await call.bye()
    assert rang.monotonic - began.monotonic == pytest.approx(1, abs=MARGIN)


async def test_given_level_one_is_empty_then_level_two_rings_at_once(switchboard: Switchboard, desk: Desk) -> None:
    async with switchboard.phone(desk.wide, rings_unanswered()) as wide, switchboard.guest() as guest:
        call = guest.call(desk.number)
        began = await call.rang()
        rang = await (await wide.next_call()).rang()
        await call.cancel()
    assert rang.monotonic - began.monotonic < MARGIN


async def test_given_two_free_operators_then_callers_go_to_the_one_idle_longest(
    switchboard: Switchboard, desk: Desk
) -> None:
    async with (
        switchboard.phone(desk.first) as first,
        switchboard.phone(desk.second) as second,
        switchboard.guest() as guest,
    ):
        took: list[str] = []
        for operator in (first, second):
            operator.on_call = noting(took, operator)
        for _ in range(4):
            call = guest.call(desk.number)
            await call.answered()
            await asyncio.sleep(1.1)  # idle times are kept in whole seconds
            await call.bye()
            for extension in (desk.first, desk.second):
                await switchboard.until_state(extension, "Not in use")
    assert took[0] != took[1]
    assert took[:2] == took[2:]


async def test_given_a_dead_application_left_the_operator_paused_then_the_phone_rings_all_the_same(
    switchboard: Switchboard, desk: Desk
) -> None:
    async with (
        switchboard.phone(desk.first, answers(after=0.2)),
        switchboard.guest() as guest,
        switchboard.on_break(desk),
    ):
        paused = guest.call(desk.number)
        await paused.answered()
        assert paused.facts().ringing_seconds == pytest.approx(0, abs=0.15)
        await paused.bye()
        await switchboard.rx("dialplan set global HOTEL_HEARTBEAT 1")
        rescued = guest.call(desk.number)
        await rescued.answered()
        assert rescued.facts().ringing_seconds == pytest.approx(0.2, abs=0.15)
        await switchboard.until_state(desk.first, "In use")
        await rescued.bye()


async def test_given_callers_who_wait_for_a_paused_operator_when_the_application_dies_then_the_first_one_is_answered(
    switchboard: Switchboard, desk: Desk
) -> None:
    async with (
        switchboard.phone(desk.first) as operator,
        switchboard.guest() as guest,
        switchboard.on_break(desk),
    ):
        waiting = []
        for place in (1, 2):
            waiting.append(guest.call(desk.number, caller_id=f"1390000000{place}"))
            await waiting[-1].answered()
            await switchboard.until(f"queue show {desk.queue}", lambda text: f"has {len(waiting)} calls" in text)
        with pytest.raises(WaitedTooLong):
            await operator.next_call(within=2)
        await switchboard.rx("dialplan set global HOTEL_HEARTBEAT 1")
        ringing = await operator.next_call(within=SLICE + 2)
        assert ringing.caller == waiting[0].caller
        ringing.answer()
        await ringing.answered()
        await waiting[0].bye()
        next_one = await operator.next_call(within=SLICE + 2)
        assert next_one.caller == waiting[1].caller
        next_one.reject()
        await waiting[1].bye()


async def test_given_a_call_longer_than_every_timer_then_it_is_not_cut(switchboard: Switchboard, desk: Desk) -> None:
    picks_up_in_ring_two = in_turn([rings_unanswered(), answers(after=0.3)])
    async with switchboard.phone(desk.first, picks_up_in_ring_two), switchboard.guest() as guest:
        call = guest.call(desk.number)
        await call.answered()
        await asyncio.sleep(3 * TAKEOVER)
        assert call.state is DialogState.UP
        await switchboard.until_state(desk.first, "In use")
        facts = await call.bye()
    assert facts.ended_by is EndedBy.THIS_PHONE
    assert facts.talk_seconds > 2 * TAKEOVER


async def test_given_a_waiting_caller_when_an_operator_lets_it_ring_then_the_next_one_gets_the_call(
    switchboard: Switchboard, desk: Desk
) -> None:
    async with switchboard.guest() as guest:
        call = guest.call(desk.number)
        await switchboard.until(f"queue show {desk.queue}", lambda text: "has 1 calls" in text)
        async with (
            switchboard.phone(desk.first, rings_unanswered()) as absent,
            switchboard.phone(desk.wide, rings_unanswered()) as present,
        ):
            await absent.next_call()
            present.on_call = answers()
            await (await present.next_call(within=20)).answered()
            await call.bye()


async def test_given_a_menu_first_line_then_the_system_answers_before_any_operator_rings(
    switchboard: Switchboard,
) -> None:
    desk = desk_of(MENU_FIRST.start)
    async with (
        switchboard.phone(desk.first, answers()) as operator,
        switchboard.guest(hearing=Hearing.KEEP) as guest,
    ):
        call = guest.call(desk.number)
        await call.answered()
        await (await operator.next_call()).answered()
        assert tones_in(call)[0] == GREETING_TONE
        facts = await call.bye()
    assert facts.seconds_to_answer is not None
    assert facts.seconds_to_answer < MARGIN
