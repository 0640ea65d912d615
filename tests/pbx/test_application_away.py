"""Calls go on without the application, and its books are right when it is back (requirements 1).

The application is frozen (SIGSTOP), killed (SIGKILL), ended, or was never there; Asterisk itself ends; the link between
them is cut. Lines have a cadence of 1 s; the application shows every second that it lives and counts as dead after 3.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from callcenter.calls.models import Call
from callcenter.simulator.behaviours import answers, passing, rings_unanswered
from callcenter.simulator.dialog import Dialog
from callcenter.simulator.facts import CallFacts, DialogState, Milestone, WaitedTooLong
from callcenter.simulator.phone import Phone
from tests.pbx.house import TOLERANCE, VOICE, Cable, House, assert_talked, near, orders, phones
from tests.pbx.operators import operator_at
from tests.pbx.switchboard import TAKEOVER, Desk, Switchboard, running_switchboard

HEARTBEAT = 1
STALE_AFTER = 3 * HEARTBEAT
FROZEN_SECONDS = 5
CUT_SECONDS = 30
WORDS = 0.5
RELINKED_WITHIN = 45.0
"""Seconds: after so long a cut the pauses between two tries have grown to half a minute."""

pytestmark = pytest.mark.xdist_group("application_away")
"""What is started for this module is started once."""


@pytest.fixture(scope="module")
def switchboard(worker_id: str) -> Iterator[Switchboard]:
    """An exchange of this module's own, which it may end, and which soon believes the application to be dead."""
    with running_switchboard(node=f"away_{worker_id}", heartbeat_seconds=HEARTBEAT) as board:
        yield board


@pytest.fixture
def house(switchboard: Switchboard, tmp_path: Path) -> Iterator[House]:
    """An application that was never started."""
    built = House(switchboard, tmp_path)
    yield built
    built.close()


# --- twenty calls


@dataclass(frozen=True, slots=True)
class Going:
    """One call that goes on: the caller's side, and the operator's where one has picked up."""

    caller: Dialog
    operator: Dialog | None = None


@dataclass(frozen=True, slots=True)
class TwentyCalls:
    """Five calls in each phase."""

    ringing: list[Going]
    waiting: list[Going]
    talking: list[Going]
    held: list[Going]

    def all(self) -> list[Going]:
        return [*self.ringing, *self.waiting, *self.talking, *self.held]


@asynccontextmanager
async def twenty_calls(house: House) -> AsyncIterator[TwentyCalls]:
    """Place five calls of each kind; the application has them in its books when they are all there."""
    board = house.board
    desks = [board.next_desk() for _ in range(20)]
    ringing, waiting, talking, held = (desks[start : start + 5] for start in range(0, 20, 5))
    async with (
        phones(board, [desk.first for desk in [*talking, *held]], answers()) as answering,
        phones(board, [desk.first for desk in ringing], rings_unanswered()),
        board.guest(media=VOICE) as guest,
    ):
        talks = [await _answered(guest, desk, phone) for desk, phone in zip([*talking, *held], answering, strict=True)]
        for going in talks[5:]:
            assert going.operator is not None
            await going.operator.hold()
        waits = [Going(guest.call(desk.number)) for desk in waiting]
        await asyncio.gather(*(going.caller.answered() for going in waits))
        for desk in waiting:
            await board.until(f"queue show {desk.queue}", lambda text: "has 1 calls" in text)
        rings = [Going(guest.call(desk.number)) for desk in ringing]
        await asyncio.gather(*(going.caller.rang() for going in rings))
        placed = TwentyCalls(rings, waits, talks[:5], talks[5:])
        ids = [going.caller.call_id for going in placed.all()]
        holders = {going.caller.call_id for going in placed.held}
        in_line = {going.caller.call_id for going in placed.waiting}

        async def known() -> bool:
            records = await house.records(ids)
            return len(records) == 20 and all(
                record.holds if record.sip_call_id in holders else waits_in_line(record)
                for record in records
                if record.sip_call_id in holders | in_line
            )

        await house.until(known, "twenty open calls")
        yield placed


def waits_in_line(record: Call) -> bool:
    """Whether the record says that the system has answered, and that the caller waits for an operator."""
    return record.answered_at is not None and any(wait["ended_at"] is None for wait in record.queue_waits)


async def _answered(guest: Phone, desk: Desk, operator: Phone) -> Going:
    call = guest.call(desk.number)
    await call.answered()
    talk = await operator.next_call()
    await talk.answered()
    return Going(call, talk)


async def frozen(house: House, meanwhile: Callable[[], Awaitable[None]]) -> None:
    """Freeze the application for five seconds."""
    house.freeze()
    over = time.monotonic() + FROZEN_SECONDS
    await meanwhile()
    await asyncio.sleep(over - time.monotonic())
    house.thaw()


async def killed(house: House, meanwhile: Callable[[], Awaitable[None]]) -> None:
    """Kill the application and start it anew."""
    house.kill()
    await meanwhile()
    await house.started()


async def ended(house: House, meanwhile: Callable[[], Awaitable[None]]) -> None:
    """End the application in good order and start it anew."""
    await asyncio.gather(asyncio.to_thread(house.end), meanwhile())
    await house.started()


@pytest.mark.parametrize("away", [frozen, killed, ended])
async def test_given_twenty_calls_when_the_application_goes_and_returns_then_none_drops_and_every_record_is_right(
    house: House, away: Callable[[House, Callable[[], Awaitable[None]]], Awaitable[None]]
) -> None:
    await house.started()
    desk = house.board.next_desk()
    async with (
        phones(house.board, [desk.first], answers()) as (free,),
        house.board.guest(media=VOICE) as newcomer,
        twenty_calls(house) as placed,
    ):
        new: list[Going] = []

        async def meanwhile() -> None:
            """In each phase one caller leaves, and one operator; phones ring out; somebody new is answered."""
            await placed.ringing[0].caller.cancel()
            await asyncio.gather(*(phase[0].caller.bye() for phase in (placed.waiting, placed.talking, placed.held)))
            await asyncio.gather(
                *(side.operator.bye() for side in (placed.talking[1], placed.held[1]) if side.operator)
            )
            await asyncio.gather(*(going.caller.answered() for going in placed.ringing[1:]))
            new.append(await _answered(newcomer, desk, free))

        await away(house, meanwhile)
        left = {id(going) for going in (placed.ringing[0], placed.waiting[0], *placed.talking[:2], *placed.held[:2])}
        remaining = [going for going in placed.all() if id(going) not in left]
        assert [going.caller.state for going in [*remaining, *new]] == [DialogState.UP] * 15
        for going in [*placed.waiting[1:], *placed.ringing[1:]]:
            await house.record(going.caller.call_id, waits_in_line)
        await asyncio.gather(*(going.operator.unhold() for going in placed.held[2:] if going.operator))
        taken_back_at = datetime.now(UTC)
        await asyncio.gather(*(going.caller.bye() for going in [*remaining, *new]))
        all_calls = [*placed.all(), *new]
        seen = [await going.caller.ended() for going in all_calls]
        talks = [(await going.caller.ended(), await going.operator.ended()) for going in all_calls if going.operator]
        records = dict(zip((call.call_id for call in seen), await asyncio.gather(*map(house.audit, seen)), strict=True))
    await assert_nothing_is_open_or_doubled(house, records)
    for caller, operator in talks:
        assert_talked(records[caller.call_id], caller, operator)
    assert_phases_are_told(placed, records, taken_back_at)


async def assert_nothing_is_open_or_doubled(house: House, records: dict[str, Call]) -> None:
    """Every call has one record that has ended, and every answered one has one recording."""
    assert await house.open_calls() == []
    assert len(await house.records(list(records))) == len(records) == 21
    answered = [record for record in records.values() if record.answered_at is not None]
    assert sum([len(await house.recordings(record)) for record in records.values()]) == len(answered) == 20


def assert_phases_are_told(placed: TwentyCalls, records: dict[str, Call], taken_back_at: datetime) -> None:
    """The holds lasted as they did, and who was never served has abandoned."""
    for going in placed.held:
        record = records[going.caller.call_id]
        (hold,) = record.holds
        assert hold["by"] == "operator"
        over = taken_back_at if going in placed.held[2:] else record.ended_at
        assert over is not None
        assert abs((datetime.fromisoformat(hold["ended_at"]) - over).total_seconds()) < TOLERANCE
    for going in [*placed.waiting, *placed.ringing[1:]]:
        record = records[going.caller.call_id]
        assert (record.answered_by, record.outcome, record.operators) == ("system", "abandoned", [])
    assert records[placed.ringing[0].caller.call_id].outcome == "abandoned"


# --- calls of which the application saw nothing


@dataclass(frozen=True, slots=True)
class FiveCalls:
    """What the phones saw of five calls; `talks` are the operators' sides of the answered ones."""

    answered: CallFacts
    nobody_there: CallFacts
    gave_up: CallFacts
    rang_out: CallFacts
    transferred: CallFacts
    desks: list[Desk]
    talk: CallFacts


async def five_calls(board: Switchboard) -> FiveCalls:
    """Let five calls begin and end."""
    desks = [board.next_desk() for _ in range(5)]
    async with (
        phones(board, [desks[0].first, desks[4].first, desks[4].supervisor], answers(after=0.3)) as (
            one,
            asker,
            colleague,
        ),
        phones(board, [desks[2].first, desks[3].first], rings_unanswered()),
        board.guest(media=VOICE) as guest,
    ):
        placed = [guest.call(desk.number, caller_id=f"1360000000{n}") for n, desk in enumerate(desks)]
        ringing = placed[2]
        await ringing.rang()
        await asyncio.gather(*(placed[n].answered() for n in (0, 1, 4)))
        await ringing.cancel()
        talk, first_talk = await one.next_call(), await asker.next_call()
        await passing(first_talk, WORDS)
        await first_talk.hold()
        asked = asker.call(desks[4].supervisor)
        await asked.answered()
        await passing(asked, WORDS)
        assert await first_talk.refer(desks[4].supervisor, replaces=asked) == 202
        assert await first_talk.transferred() == 200
        await (await colleague.next_call()).answered()
        await placed[3].answered()
        await board.until(f"queue show {desks[3].queue}-rescue", lambda text: "has 1 calls" in text)
        await asyncio.gather(*(placed[n].bye() for n in (0, 1, 3, 4)))
        answered, nobody_there, gave_up, rang_out, transferred = [await call.ended() for call in placed]
        return FiveCalls(answered, nobody_there, gave_up, rang_out, transferred, desks, await talk.ended())


async def assert_five_are_right(house: House, five: FiveCalls) -> None:
    """The books tell of all five calls what their phones saw, with a recording of each that was answered."""
    seen = [five.answered, five.nobody_there, five.gave_up, five.rang_out, five.transferred]
    answered, nobody_there, gave_up, rang_out, transferred = await asyncio.gather(*map(house.audit, seen))
    assert_talked(answered, five.answered, five.talk)
    assert answered.answered_by == "operator"
    assert (nobody_there.answered_by, nobody_there.outcome, nobody_there.rings) == ("system", "abandoned", [])
    assert [wait["queue"] for wait in nobody_there.queue_waits] == [five.desks[1].queue]
    assert (gave_up.answered_by, gave_up.outcome) == ("none", "abandoned")
    assert [ring["operator"] for ring in gave_up.rings] == [five.desks[2].first]
    assert near(gave_up.first_ring_at, five.gave_up, Milestone.RINGING)
    assert (rang_out.answered_by, rang_out.outcome, rang_out.rings_to_answer) == ("system", "abandoned", 3)
    assert rang_out.seconds_to_answer == pytest.approx(TAKEOVER, abs=TOLERANCE)
    desk = five.desks[4]
    assert transferred.operators == [desk.first, desk.supervisor]
    (transfer,) = transferred.transfers
    assert (transfer["kind"], transfer["from_party"], transfer["to_party"], transfer["result"]) == (
        "attended",
        desk.first,
        desk.supervisor,
        "completed",
    )
    assert transferred.talk_seconds == pytest.approx(five.transferred.talk_seconds, abs=2 * TOLERANCE)
    assert await house.open_calls() == []


async def test_given_a_killed_application_when_it_returns_then_calls_that_came_and_went_meanwhile_are_in_its_books(
    house: House, switchboard: Switchboard
) -> None:
    await house.started()
    house.kill()
    await until_stale(switchboard)
    five = await five_calls(switchboard)
    await house.started()
    await assert_five_are_right(house, five)


async def test_given_an_application_that_was_never_started_when_it_is_then_the_calls_before_are_in_its_books(
    house: House, switchboard: Switchboard
) -> None:
    await switchboard.rx("dialplan set global HOTEL_HEARTBEAT 0")
    five = await five_calls(switchboard)
    await house.started()
    await assert_five_are_right(house, five)


# --- the heartbeat


async def until_stale(board: Switchboard) -> None:
    """Wait until the last sign of life is so old that the dialplan goes on without the application."""

    def is_stale(text: str) -> bool:
        beat = re.search(r"HOTEL_HEARTBEAT=(\d+)", text)
        return beat is None or time.time() >= int(beat[1]) + STALE_AFTER + 1

    await board.until("dialplan show globals", is_stale)


async def test_given_the_application_paused_an_operator_when_it_dies_then_the_phone_rings_all_the_same_until_it_is_back(
    house: House, switchboard: Switchboard
) -> None:
    desk = switchboard.next_desk()
    await house.started()
    async with (
        phones(switchboard, [desk.first], answers(after=0.2)) as (operator,),
        switchboard.guest(media=VOICE) as guest,
        _on_break(house, switchboard, desk),
    ):
        await _passed_over(guest, desk, operator)
        house.kill()
        await until_stale(switchboard)
        rescued = await _answered(guest, desk, operator)
        assert rescued.caller.facts().ringing_seconds == pytest.approx(0.2, abs=TOLERANCE)
        await asyncio.sleep(1)
        seen = await rescued.caller.bye()
        await house.started()
        await switchboard.until_state(desk.first, "Not in use")
        await _passed_over(guest, desk, operator)
    assert (await house.audit(seen)).operators == [desk.first]


@asynccontextmanager
async def _on_break(house: House, board: Switchboard, desk: Desk) -> AsyncIterator[None]:
    """The first operator has a break; the exchange forgets it for whoever has the desk next."""
    async with operator_at(house, desk.first) as client:
        answer = await client.post("desk/me/state", json={"state": "break", "reason": "meal"})
        assert answer.status == 200, await answer.text()
        await house.until(lambda: _is_paused(board, desk), "the pause in the queues")
        try:
            yield
        finally:
            await _end_pause(board, desk)


async def _is_paused(board: Switchboard, desk: Desk) -> bool:
    return all(["paused" in await board.rx(f"queue show {queue}") for queue in desk.queues_with_breaks])


async def _end_pause(board: Switchboard, desk: Desk) -> None:
    async with orders(board) as actions:
        for queue in desk.queues_with_breaks:
            await actions.queue_pause(f"PJSIP/op{desk.first}", queue, paused=False)


async def _passed_over(guest: Phone, desk: Desk, operator: Phone) -> None:
    """The system answers at once, and the paused operator's phone stays silent."""
    call = guest.call(desk.number)
    await call.answered()
    assert call.facts().ringing_seconds == pytest.approx(0, abs=TOLERANCE)
    with pytest.raises(WaitedTooLong):
        await operator.next_call(within=1.5)
    await call.bye()


# --- Asterisk itself


def stopped(board: Switchboard) -> None:
    """End Asterisk in good order."""
    board.pbx.stop()


def crashed(board: Switchboard) -> None:
    """End Asterisk without a word."""
    pid = board.pbx.pid()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("end", [stopped, crashed])
async def test_given_calls_when_asterisk_ends_and_starts_anew_then_they_are_closed_and_new_ones_are_followed(
    house: House, switchboard: Switchboard, end: Callable[[Switchboard], None]
) -> None:
    await house.started()
    talking, ringing, waiting, later = (switchboard.next_desk() for _ in range(4))
    async with (
        phones(switchboard, [talking.first, later.first], answers()) as (operator, other),
        phones(switchboard, [ringing.first], rings_unanswered()),
        switchboard.guest(media=VOICE) as guest,
    ):
        talk = await _answered(guest, talking, operator)
        waits = guest.call(waiting.number)
        await waits.answered()
        await house.record(waits.call_id, waits_in_line)
        rings = guest.call(ringing.number)
        await rings.rang()
        for call in (talk.caller, rings):
            await house.record(call.call_id, lambda record: record.first_ring_at is not None)
        gone_at = datetime.now(UTC)
        await asyncio.to_thread(end, switchboard)
        await house.until(lambda: asyncio.to_thread(lambda: not house.is_ready()), "the loss of the link")
        await asyncio.to_thread(switchboard.pbx.start)
        await asyncio.to_thread(switchboard.pbx.wait_ready)
        await house.until(lambda: asyncio.to_thread(house.is_ready), "the return of the link")
        records = {call: await house.record(call.call_id) for call in (talk.caller, waits, rings)}
        assert await house.open_calls() == []
        for record in records.values():
            assert record.ended_at is not None
            assert abs((record.ended_at - gone_at).total_seconds()) < 3
            assert record.swept is (end is crashed)
        assert records[talk.caller].outcome == "answered"
        assert records[talk.caller].operators == [talking.first]
        assert records[waits].outcome == "abandoned"
        await house.recording(records[talk.caller])
        await asyncio.gather(operator.register(), other.register())
        await switchboard.until_state(later.first, "Not in use")
        new = await _answered(guest, later, other)
        await asyncio.sleep(1)
        seen = await new.caller.bye()
        assert new.operator is not None
        assert_talked(await house.audit(seen), seen, await new.operator.ended())
    for before in records.values():
        after = await house.record(before.sip_call_id or "")
        assert (after.id, after.linkedid, after.ended_at) == (before.id, before.linkedid, before.ended_at)


async def test_given_asterisk_crashed_while_the_application_was_dead_then_its_calls_ended_there(
    house: House, switchboard: Switchboard
) -> None:
    await house.started()
    desk = switchboard.next_desk()
    async with (
        phones(switchboard, [desk.first], answers()) as (operator,),
        switchboard.guest(media=VOICE) as guest,
    ):
        talk = await _answered(guest, desk, operator)
        await house.record(talk.caller.call_id, lambda record: record.operator_answered_at is not None)
        await asyncio.sleep(1.5)  # Asterisk tells its start in whole seconds
        house.kill()
        gone_at = datetime.now(UTC)
        await asyncio.to_thread(crashed, switchboard)
        await asyncio.to_thread(switchboard.pbx.start)
        await asyncio.to_thread(switchboard.pbx.wait_ready)
    five = await five_calls(switchboard)
    await house.started()
    await assert_five_are_right(house, five)
    lost = await house.record(talk.caller.call_id)
    assert (lost.swept, lost.outcome, lost.operators) == (True, "answered", [desk.first])
    assert lost.ended_at is not None
    assert lost.operator_answered_at is not None
    assert lost.operator_answered_at <= lost.ended_at <= gone_at + timedelta(seconds=TOLERANCE)
    await house.recording(lost)


# --- the link


async def test_given_the_link_is_cut_for_half_a_minute_then_all_calls_of_that_time_are_right_afterwards(
    switchboard: Switchboard, tmp_path: Path
) -> None:
    async with Cable(switchboard.settings.pbx.ami_port) as cable:
        house = House(switchboard, tmp_path, ami_port=cable.port, deadline_seconds=1)
        try:
            await house.started()
            await _calls_across_a_cut(house, cable)
        finally:
            house.close()


async def _calls_across_a_cut(house: House, cable: Cable) -> None:
    board = house.board
    over, into, out = (board.next_desk() for _ in range(3))
    async with (
        phones(board, [desk.first for desk in (over, into, out)], answers()) as operators,
        board.guest(media=VOICE) as guest,
    ):
        lasting = await _answered(guest, over, operators[0])
        ending = await _answered(guest, into, operators[1])
        for call in (lasting.caller, ending.caller):
            await house.record(call.call_id, lambda record: record.operator_answered_at is not None)
        cable.cut()
        mended_at = time.monotonic() + CUT_SECONDS
        await house.until(lambda: asyncio.to_thread(lambda: not house.is_ready()), "the loss of the link")
        await ending.caller.bye()
        await until_stale(board)
        five = await five_calls(board)
        beginning = await _answered(guest, out, operators[2])
        await asyncio.sleep(max(mended_at - time.monotonic(), 0))
        cable.mend()
        await house.until(lambda: asyncio.to_thread(house.is_ready), "the return of the link", RELINKED_WITHIN)
        assert len(await house.open_calls()) == 2
        await asyncio.gather(lasting.caller.bye(), beginning.caller.bye())
        for going in (lasting, ending, beginning):
            assert going.operator is not None
            caller = await going.caller.ended()
            assert_talked(await house.audit(caller), caller, await going.operator.ended())
    await assert_five_are_right(house, five)
