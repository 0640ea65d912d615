"""Supervisors on an operator's call, proved by sound: who is heard by whom, and what is recorded."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from callcenter.pbx.actions import Actions, Origination, Place
from callcenter.simulator.behaviours import answers, passing
from callcenter.simulator.dialog import Dialog
from callcenter.simulator.phone import Phone
from callcenter.simulator.rtp import Hearing
from tests.pbx.house import orders
from tests.pbx.sound_checks import CALLER, FIRST, SECOND, channel_of, ear, recording_of
from tests.pbx.switchboard import MUSIC_TONE, Desk, Switchboard, until_heard

TALK = 1.5
SETTLED = 0.4


@dataclass(slots=True)
class Scene:
    """A caller talks with an operator; the supervisor's phone waits."""

    board: Switchboard
    desk: Desk
    supervisor: Phone
    actions: Actions
    call: Dialog
    talk: Dialog
    caller_channel: str
    operator_channel: str
    unique_id: str

    async def help(self, exten: str, variables: Mapping[str, str]) -> Dialog:
        """Ring the supervisor as the application does, and return the answered call."""
        name = (await self.board.rx("core show settings")).partition("System name:")[2].split()[0]
        await self.actions.originate(
            Origination(
                f"PJSIP/op{self.desk.supervisor}",
                Place("supervise", exten),
                f"{name}-help-{self.desk.number}",
                self.desk.first,
                variables=variables,
            )
        )
        taken = await self.supervisor.next_call()
        await taken.answered()
        return taken


@pytest.fixture(autouse=True)
async def living_application(switchboard: Switchboard) -> None:
    await switchboard.beat()


@asynccontextmanager
async def talking(board: Switchboard, desk: Desk) -> AsyncIterator[Scene]:
    """Let a caller and the first operator talk."""
    async with (
        board.phone(desk.first, answers(), media=FIRST, hearing=Hearing.KEEP) as first,
        board.phone(desk.supervisor, answers(), media=SECOND, hearing=Hearing.KEEP) as supervisor,
        board.guest(media=CALLER, hearing=Hearing.KEEP) as guest,
        orders(board) as actions,
    ):
        call = guest.call(desk.number, caller_id=f"137000{desk.number}")
        await call.answered()
        talk = await first.next_call()
        channel, unique_id = await channel_of(board, call)
        await passing(talk, TALK)
        yield Scene(
            board, desk, supervisor, actions, call, talk, channel, await _phone_channel(board, desk.first), unique_id
        )


async def test_given_a_supervisor_who_listens_then_both_are_heard_and_nobody_hears_the_supervisor(
    switchboard: Switchboard, desk: Desk
) -> None:
    async with talking(switchboard, desk) as scene:
        joined = await scene.help("listen", {"HELPED": scene.operator_channel})
        begin, over = await _a_while(joined)
        await scene.call.bye()
        await joined.ended()
    ear("the supervisor", joined).has(CALLER, begin, over)
    ear("the supervisor", joined).has(FIRST, begin, over)
    ear("the operator", scene.talk).has_not(SECOND, begin, over, but_for=0)
    ear("the caller", scene.call).has_not(SECOND, begin, over, but_for=0)


async def test_given_a_supervisor_who_whispers_then_only_the_operator_hears_it_and_it_is_not_recorded(
    switchboard: Switchboard, desk: Desk
) -> None:
    async with talking(switchboard, desk) as scene:
        joined = await scene.help("whisper", {"HELPED": scene.operator_channel})
        begin, over = await _a_while(joined)
        await scene.call.bye()
        await joined.ended()
    ear("the operator", scene.talk).has(SECOND, begin, over)
    ear("the operator", scene.talk).has(CALLER, begin, over)
    ear("the caller", scene.call).has_not(SECOND, begin, over, but_for=0)
    ear("the caller", scene.call).has(FIRST, begin, over)
    recorded = await recording_of(switchboard, scene.call, scene.unique_id)
    recorded.heard.has_not(SECOND, begin, over, but_for=0)
    recorded.said.has_not(SECOND, begin, over, but_for=0)


async def test_given_a_supervisor_who_barges_in_then_everybody_hears_everybody_and_it_is_recorded(
    switchboard: Switchboard, desk: Desk
) -> None:
    async with talking(switchboard, desk) as scene:
        joined = await scene.help("barge", {"HELPED": scene.operator_channel})
        begin, over = await _a_while(joined)
        await scene.call.bye()
        await joined.bye()  # operator and supervisor may still talk with each other
    ear("the caller", scene.call).has(SECOND, begin, over)
    ear("the caller", scene.call).has(FIRST, begin, over)
    ear("the operator", scene.talk).has(SECOND, begin, over)
    ear("the supervisor", joined).has(CALLER, begin, over)
    (await recording_of(switchboard, scene.call, scene.unique_id)).said.has(SECOND, begin, over)


async def test_given_a_supervisor_who_takes_over_then_the_caller_goes_on_there_and_the_operator_is_free(
    switchboard: Switchboard, desk: Desk
) -> None:
    async with talking(switchboard, desk) as scene:
        joined = await scene.help("take-over", {"TAKEN": scene.caller_channel})
        await scene.talk.ended()
        begin, over = await _a_while(joined)
        await scene.call.bye()
        await joined.ended()
    ear("the caller", scene.call).has(SECOND, begin, over)
    ear("the caller", scene.call).has_not(FIRST, begin, over)
    ear("the supervisor", joined).has(CALLER, begin, over)
    (await recording_of(switchboard, scene.call, scene.unique_id)).said.has(SECOND, begin, over)


async def test_given_a_name_that_is_no_operator_s_channel_then_nobody_is_listened_to(
    switchboard: Switchboard, desk: Desk
) -> None:
    async with talking(switchboard, desk) as scene:
        joined = await scene.help("listen", {"HELPED": "PJSIP/op"})
        await joined.ended()
        await scene.call.bye()
    assert not ear("the supervisor", joined).longest_with(CALLER, 0, asyncio.get_running_loop().time())


async def _a_while(joined: Dialog) -> tuple[float, float]:
    """Let all of them talk; return from when to when sound is judged, in monotonic seconds."""
    await passing(joined, SETTLED)
    begin = asyncio.get_running_loop().time()
    await passing(joined, TALK)
    return begin, asyncio.get_running_loop().time()


async def _phone_channel(board: Switchboard, extension: str) -> str:
    for line in (await board.rx("core show channels concise")).splitlines():
        if line.startswith(f"PJSIP/op{extension}-"):
            return line.split("!")[0]
    raise AssertionError(f"no channel of {extension}")


async def test_given_two_waiting_callers_when_the_second_gets_a_higher_priority_then_it_is_served_first(
    switchboard: Switchboard, desk: Desk
) -> None:
    async with (
        switchboard.guest(media=CALLER, hearing=Hearing.KEEP) as one,
        switchboard.guest(media=SECOND, hearing=Hearing.KEEP) as two,
        orders(switchboard) as actions,
    ):
        first = one.call(desk.number, caller_id=f"137100{desk.number}")
        await until_heard(first, MUSIC_TONE)
        second = two.call(desk.number, caller_id=f"137200{desk.number}")
        await until_heard(second, MUSIC_TONE)
        channel, _ = await channel_of(switchboard, second)
        await actions.raise_in_queue(channel, desk.queue, 2_147_483_647)
        async with switchboard.phone(desk.first, answers(), media=FIRST, hearing=Hearing.KEEP) as operator:
            taken = await operator.next_call(within=20)
            await taken.answered()
            served = taken.caller
            await second.bye()
            await taken.ended()
            await first.bye()
    assert served == f"137200{desk.number}"
