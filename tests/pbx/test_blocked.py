"""Blocked numbers by the dialplan alone: refused before anything rings, also after the exchange was started anew."""

from __future__ import annotations

import time

from callcenter.simulator.behaviours import answers
from tests.pbx.house import orders
from tests.pbx.switchboard import Desk, Switchboard
from tests.pbx.test_room_phones import not_rung

NUISANCE = "3800000077"


async def test_given_a_blocked_number_when_it_calls_then_nothing_rings_however_the_line_shows_it(
    switchboard: Switchboard, desk: Desk
) -> None:
    async with orders(switchboard) as actions:
        await actions.block_caller(NUISANCE, f"block-{time.monotonic_ns()}", blocked=True)
        async with switchboard.phone(desk.first, answers()) as operator, switchboard.guest() as guest:
            for shown in ("13800000077", "+8613800000077"):
                seen = await guest.call(desk.number, caller_id=shown).ended()
                assert (seen.final_status, seen.ringing_seconds) == (403, None)
            await not_rung(operator)
            call = guest.call(desk.number, caller_id="13800000078")
            await call.answered()
            await call.bye()
            await actions.block_caller(NUISANCE, f"block-{time.monotonic_ns()}", blocked=False)
            call = guest.call(desk.number, caller_id="13800000077")
            await call.answered()
            await call.bye()
