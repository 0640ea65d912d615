from __future__ import annotations

import asyncio
import random
from collections import Counter

import pytest

from callcenter.simulator.behaviours import answers, rejects
from callcenter.simulator.facts import EndedBy
from callcenter.simulator.transactions import Timers


def losing_first(*beginnings: bytes):
    """Lose the first datagram that begins so (and holds the second word of a pair split by '|')."""
    waiting = list(beginnings)

    def lost(datagram: bytes) -> bool:
        for each in waiting:
            start, _, held = each.partition(b"|")
            if datagram.startswith(start) and held in datagram:
                waiting.remove(each)
                return True
        return False

    return lost


async def acknowledged(phone) -> None:
    """Wait until no final answer of a phone is repeated any more."""
    async with asyncio.timeout(2):
        while phone._socket._unacknowledged:
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    "lost",
    [
        [b"INVITE"],
        [b"INVITE", b"INVITE"],
        [b"SIP/2.0 100"],
        [b"SIP/2.0 200|INVITE"],
        [b"ACK"],
        [b"ACK", b"ACK"],
        [b"BYE"],
        [b"SIP/2.0 200| BYE"],
    ],
)
async def test_given_a_lost_datagram_when_calling_and_hanging_up_then_the_call_is_complete(phone, wire, lost):
    line = await wire(losing_first(*lost))
    desk = await phone("op8001", server=line.address, on_call=answers())
    caller = await phone("trunk", server=line.address)
    line.ends = [("127.0.0.1", caller.port), ("127.0.0.1", desk.port)]

    call = caller.call("8001")
    await call.answered()
    arrived = await desk.next_call()
    await acknowledged(desk)
    seen = await call.bye()
    theirs = await arrived.ended()
    assert (seen.ended_by, theirs.ended_by) == (EndedBy.THIS_PHONE, EndedBy.OTHER_SIDE)
    assert len(line.dropped) == len(lost)


def losing_a_third():
    """Lose a packet in three, but none of them more than twice: no phone survives a wire that is cut."""
    chance, losses = random.Random(7), Counter()

    def lost(packet: bytes) -> bool:
        if losses[packet] == 2 or chance.random() > 0.33:
            return False
        losses[packet] += 1
        return True

    return lost


async def test_given_a_wire_that_loses_a_third_when_twenty_calls_are_made_then_all_are_answered_and_ended(phone, wire):
    line = await wire(losing_a_third())
    desk = await phone("op8001", server=line.address, on_call=answers())
    caller = await phone("trunk", server=line.address)
    line.ends = [("127.0.0.1", caller.port), ("127.0.0.1", desk.port)]

    calls = [caller.call("8001") for _ in range(20)]
    await asyncio.gather(*(call.answered() for call in calls))
    arrived = [await desk.next_call() for _ in calls]
    await asyncio.gather(*(call.bye() for call in calls))
    facts = await asyncio.gather(*(call.ended() for call in arrived))
    assert len(line.dropped) > 20
    assert {each.ended_by for each in facts} == {EndedBy.OTHER_SIDE}


async def test_given_a_lost_ack_to_a_rejection_when_it_is_repeated_then_it_is_acknowledged_again(phone, wire):
    line = await wire(losing_first(b"ACK"))
    desk = await phone("op8001", server=line.address, on_call=rejects(486))
    caller = await phone("trunk", server=line.address)
    line.ends = [("127.0.0.1", caller.port), ("127.0.0.1", desk.port)]

    seen = await caller.call("8001").ended()
    assert seen.final_status == 486
    await acknowledged(desk)
    assert line.dropped == [f"ACK sip:8001@127.0.0.1:{line.address[1]} SIP/2.0"]


async def test_given_nobody_at_the_other_end_when_calling_then_the_call_fails_with_408_in_time(phone):
    caller = await phone("trunk", server=("127.0.0.1", 9), timers=Timers(t1=0.02, t2=0.1, give_up=0.3))
    seen = await caller.call("8001").ended(within=2)
    assert (seen.final_status, seen.ended_by) == (408, EndedBy.FAILURE)
