"""Answered within three rings, by an operator or by the system (requirements 1), with no application at all."""

from __future__ import annotations

import asyncio

import pytest

from callcenter.simulator.behaviours import answers, rejects, rings_unanswered
from callcenter.simulator.facts import Milestone
from tests.pbx.switchboard import MENU_FIRST, TAKEOVER, Desk, Switchboard, desk_of

MARGIN = 0.4
"""Seconds by which a loaded machine may be late; far below the guard of 0.5 s that the rule itself keeps."""


@pytest.fixture(autouse=True)
async def heartbeat(switchboard: Switchboard) -> None:
    await switchboard.beat()


async def test_given_a_free_operator_when_a_caller_rings_then_the_operator_answers_in_ring_two(
    switchboard: Switchboard, desk: Desk
) -> None:
    async with switchboard.phone(desk.first, answers(after=1.3)), switchboard.guest() as guest:
        call = guest.call(desk.number)
        await call.answered()
        await asyncio.sleep(1)
        facts = await call.bye()
    assert facts.rings_heard(1) == 2
    assert facts.ringing_seconds is not None
    assert facts.ringing_seconds == pytest.approx(1.3, abs=MARGIN)
