"""Waiting in the queue: place, expected wait and the offer to be called back, as callers hear and use them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from callcenter.clock import SystemClock
from callcenter.outbound.lost_callers import LostCaller, lost_callers
from callcenter.simulator.behaviours import answers
from callcenter.simulator.facts import EndedBy
from tests.pbx.house import House, running_house
from tests.pbx.switchboard import LONG_SECONDS, WITH_MENU, Desk, Switchboard, desk_of
from tests.pbx.test_menu import calling, choose, in_queue
from tests.pbx.waiting_callers import all_busy, due_calls, forget, heard, place_of, until, waiting

_menu_desks = itertools.cycle(WITH_MENU[2:])
_numbers = itertools.count(1001)


@pytest.fixture
def house(switchboard: Switchboard, tmp_path: Path) -> Iterator[House]:
    with running_house(switchboard, tmp_path) as house:
        yield house


@pytest.fixture
def menu_desk() -> Desk:
    """A line with a menu and a queue that no key of the menu leads to."""
    return desk_of(next(_menu_desks))


@pytest.fixture
def number() -> str:
    """A caller's number of this test's own: the exchange tells each house of the calls before it."""
    return f"1380000{next(_numbers)}"


@pytest.fixture
def other() -> str:
    """Another caller's number."""
    return f"1390000{next(_numbers)}"


async def lost(house: House, number: str) -> list[LostCaller]:
    async with house.books() as database, database.read() as session:
        return await lost_callers(session, SystemClock().now() - timedelta(hours=1), number)


# --- what is heard


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_given_a_menu_then_place_wait_and_offer_are_heard_in_the_language_of_the_caller(
    switchboard: Switchboard, house: House, menu_desk: Desk, language: str, number: str, other: str
) -> None:
    async with (
        all_busy(switchboard, menu_desk),
        waiting(switchboard, menu_desk, number, language=language) as first,
        waiting(switchboard, menu_desk, other, language=language) as second,
    ):
        await until(first, f"{language}/call-back-offer", remember=True)
        await until(second, f"{language}/call-back-offer", remember=True)
        said = [name for name in heard(first) if name.startswith(f"{language}/")]
        assert said[-3:] == [f"{language}/{name}" for name in ("queue-youarenext", "wait-3", "call-back-offer")]
        # one operator, three minutes a talk: the second in line waits for two talks
        said = heard(second)
        assert [f"{language}/queue-thereare", "digit"] == [
            name for name in said if name in (f"{language}/queue-thereare", "digit")
        ]
        assert said[-2:] == [f"{language}/wait-10", f"{language}/call-back-offer"]


async def test_given_no_menu_then_place_wait_and_offer_are_heard_in_chinese_and_then_in_english(
    switchboard: Switchboard, house: House, desk: Desk, number: str
) -> None:
    async with all_busy(switchboard, desk), waiting(switchboard, desk, number) as call:
        await until(call, "en/call-back-offer", within=30, remember=True)
        wanted = ("queue-youarenext", "wait-3", "call-back-offer")
        said = [name for name in heard(call) if name.partition("/")[2] in wanted]
        assert said == [f"{language}/{name}" for language in ("zh", "en") for name in wanted]


async def test_given_nobody_serves_the_queue_then_no_wait_is_promised_and_a_call_back_is_offered(
    switchboard: Switchboard, house: House, menu_desk: Desk, number: str, other: str
) -> None:
    async with waiting(switchboard, menu_desk, number, language="zh") as call:
        await until(call, "zh/call-back-offer", remember=True)
        assert not {"zh/wait-3", "zh/wait-10", "other wait"} & set(heard(call))


async def test_given_the_only_operator_has_a_pause_then_no_wait_is_promised(
    switchboard: Switchboard, house: House, menu_desk: Desk, number: str
) -> None:
    async with switchboard.phone(menu_desk.first, answers()):
        pause = f"member PJSIP/op{menu_desk.first} queue {menu_desk.queue}"
        await switchboard.rx(f"queue pause {pause}")
        try:
            async with waiting(switchboard, menu_desk, number, language="zh") as call:
                await until(call, "zh/call-back-offer", remember=True)
                assert not {"zh/wait-3", "zh/wait-10", "other wait"} & set(heard(call))
        finally:
            await switchboard.rx(f"queue unpause {pause}")


async def test_given_no_application_then_a_waiting_caller_hears_music_and_keys_change_nothing(
    switchboard: Switchboard, desk: Desk, number: str
) -> None:
    await switchboard.rx("dialplan set global HOTEL_HEARTBEAT 0")
    async with waiting(switchboard, desk, number) as call:
        await in_queue(switchboard, f"{desk.queue}-rescue")
        forget(call)
        call.rtp.press("1")
        await until(call, "music")
        await in_queue(switchboard, f"{desk.queue}-rescue")


async def test_given_an_operator_becomes_free_in_an_announcement_then_it_is_ended_for_whose_turn_it_is(
    switchboard: Switchboard, house: House, menu_desk: Desk, number: str
) -> None:
    async with (
        switchboard.phone(menu_desk.second, answers()),
        switchboard.phone(menu_desk.first, answers()) as operator,
    ):
        talk = operator.call(menu_desk.second)
        await talk.answered()
        await switchboard.until(f"queue show {menu_desk.queue}", lambda text: text.count("(In use)") == 2)
        async with waiting(switchboard, menu_desk, number, language="zh") as call:
            await until(call, "other wait")
            freed_at = SystemClock().now()
            await talk.bye()
            record = await house.record(call.call_id, lambda record: record.operator_answered_at is not None)
    assert record.operator_answered_at is not None
    assert (record.operator_answered_at - freed_at).total_seconds() < LONG_SECONDS / 2


# --- being called back


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_given_the_offer_is_accepted_then_the_number_is_kept_and_the_house_says_goodbye(
    switchboard: Switchboard, house: House, menu_desk: Desk, language: str, number: str
) -> None:
    async with all_busy(switchboard, menu_desk), waiting(switchboard, menu_desk, number, language=language) as call:
        await until(call, f"{language}/call-back-offer")
        call.rtp.press("1")
        await until(call, f"{language}/call-back-this-number", remember=True)
        call.rtp.press("1")
        facts = await call.ended()
        assert heard(call)[-2:] == [f"{language}/call-back-promised", f"{language}/goodbye"]
    assert facts.ended_by is EndedBy.OTHER_SIDE
    record = await house.record(call.call_id)
    assert (record.outcome, record.answered_by) == ("call_back", "system")
    (due,) = await due_calls(house)
    assert (due.kind, due.number, due.language, due.line) == ("call_back", number, language, menu_desk.number)
    assert (due.node, due.linkedid, due.place_at) == (record.node, record.linkedid, record.started_at)
    assert await lost(house, number) == []


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_given_the_conversation_is_declined_then_the_caller_waits_on_before_those_who_came_later(
    switchboard: Switchboard, house: House, menu_desk: Desk, language: str, number: str, other: str
) -> None:
    async with (
        all_busy(switchboard, menu_desk) as talk,
        waiting(switchboard, menu_desk, number, language=language) as first,
    ):
        await until(first, f"{language}/call-back-offer")
        async with waiting(switchboard, menu_desk, other, language=language) as second:
            await in_queue(switchboard, menu_desk.queue, 2)
            first.rtp.press("1")
            await in_queue(switchboard, menu_desk.queue, 1)
            await until(first, f"{language}/call-back-this-number")
            first.rtp.press("*")
            await until(first, f"{language}/call-back-go-on")
            await in_queue(switchboard, menu_desk.queue, 2)
            assert await place_of(switchboard, menu_desk.queue, house, first) == 1
            await talk.bye()
            record = await house.record(first.call_id, lambda call: call.operator_answered_at is not None)
            assert record.operators == [menu_desk.first]
            assert (await house.record(second.call_id, lambda call: True)).operator_answered_at is None
    assert await due_calls(house) == []


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_given_another_number_is_keyed_and_confirmed_then_that_one_is_kept(
    switchboard: Switchboard, house: House, menu_desk: Desk, language: str, number: str
) -> None:
    async with waiting(switchboard, menu_desk, number, language=language) as call:
        await until(call, f"{language}/call-back-offer")
        call.rtp.press("1")
        await until(call, f"{language}/call-back-this-number")
        call.rtp.press("2")
        await until(call, f"{language}/call-back-key-number")
        call.rtp.press("139#")
        await until(call, f"{language}/call-back-wrong-number")
        await until(call, f"{language}/call-back-key-number")
        call.rtp.press("13912345678#")
        await until(call, f"{language}/call-back-confirm", remember=True)
        assert heard(call)[-3:] == [f"{language}/call-back-you-keyed", "digit", f"{language}/call-back-confirm"]
        call.rtp.press("1")
        await call.ended()
    assert [due.number for due in await due_calls(house)] == ["13912345678"]


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_given_a_hidden_number_then_the_caller_is_asked_for_one(
    switchboard: Switchboard, house: House, menu_desk: Desk, language: str, number: str
) -> None:
    async with waiting(switchboard, menu_desk, "anonymous", language=language) as call:
        await until(call, f"{language}/call-back-offer")
        call.rtp.press("1")
        await until(call, f"{language}/call-back-key-number", remember=True)
        assert f"{language}/call-back-this-number" not in heard(call)
        call.rtp.press("13912345678#")
        await until(call, f"{language}/call-back-confirm")
        call.rtp.press("1")
        await call.ended()
    assert [(due.number, due.language) for due in await due_calls(house)] == [("13912345678", language)]


@pytest.mark.parametrize("step", ["call-back-offer", "call-back-this-number", "call-back-key-number", "digits"])
async def test_given_the_caller_hangs_up_before_the_end_then_nothing_is_owed_and_the_caller_is_lost(
    switchboard: Switchboard, house: House, menu_desk: Desk, step: str, number: str
) -> None:
    async with waiting(switchboard, menu_desk, number, language="zh") as call:
        for name, key in (("call-back-offer", "1"), ("call-back-this-number", "2"), ("call-back-key-number", "139")):
            await until(call, f"zh/{name}")
            if name == step:
                break
            call.rtp.press(key)
    record = await house.record(call.call_id)
    assert record.outcome == "abandoned"
    assert await due_calls(house) == []
    assert [caller.number for caller in await lost(house, number)] == [number]
    assert "Traceback" not in house.log


async def test_given_the_caller_hangs_up_as_soon_as_the_wish_is_stored_then_it_counts(
    switchboard: Switchboard, house: House, menu_desk: Desk, number: str
) -> None:
    async with waiting(switchboard, menu_desk, number, language="zh") as call:
        await until(call, "zh/call-back-offer")
        call.rtp.press("1")
        await until(call, "zh/call-back-this-number")
        call.rtp.press("1")
        await until(call, "zh/call-back-promised")
    assert (await house.record(call.call_id)).outcome == "call_back"
    assert len(await due_calls(house)) == 1


async def test_given_the_application_dies_after_the_promise_then_the_record_says_call_back_on_its_return(
    switchboard: Switchboard, house: House, menu_desk: Desk, number: str
) -> None:
    async with waiting(switchboard, menu_desk, number, language="zh") as call:
        await until(call, "zh/call-back-offer")
        call.rtp.press("1")
        await until(call, "zh/call-back-this-number")
        call.rtp.press("1")
        await until(call, "zh/call-back-promised")
        house.kill()
        await call.ended()
    await house.started()
    record = await house.record(call.call_id)
    assert (record.outcome, record.answered_by) == ("call_back", "system")
    assert record.menu is not None
    assert [due.number for due in await due_calls(house)] == [number]
    assert await lost(house, number) == []


# --- the application fails the caller


@pytest.mark.parametrize("way", ["kill", "freeze"])
async def test_given_the_application_fails_in_the_conversation_then_the_caller_is_back_in_the_queue(
    switchboard: Switchboard, house: House, menu_desk: Desk, way: str, number: str
) -> None:
    async with waiting(switchboard, menu_desk, number, language="zh") as call:
        await until(call, "zh/call-back-offer")
        call.rtp.press("1")
        await until(call, "zh/call-back-this-number")
        getattr(house, way)()
        call.rtp.press("1")
        await in_queue(switchboard, menu_desk.queue)
        if way == "freeze":
            house.thaw()
    assert await due_calls(house) == []


@pytest.mark.parametrize("way", ["kill", "freeze"])
async def test_given_the_application_fails_while_a_caller_waits_then_the_next_free_operator_takes_the_call(
    switchboard: Switchboard, house: House, desk: Desk, way: str, number: str
) -> None:
    async with waiting(switchboard, desk, number) as call:
        await until(call, "zh/call-back-offer")
        getattr(house, way)()
        async with switchboard.phone(desk.first, answers()) as operator:
            await (await operator.next_call()).answered()
        if way == "freeze":
            house.thaw()


# --- lost callers


async def test_given_a_caller_gives_up_then_he_is_lost_until_he_gets_through(
    switchboard: Switchboard, house: House, desk: Desk, number: str
) -> None:
    for _ in range(2):
        async with waiting(switchboard, desk, number) as call:
            await in_queue(switchboard, desk.queue)
        record = await house.record(call.call_id)
    (caller,) = await lost(house, number)
    assert (caller.number, caller.tries, caller.line, caller.call_id) == (number, 2, desk.number, record.id)

    async with switchboard.phone(desk.first, answers()), waiting(switchboard, desk, number) as call:
        await house.record(call.call_id, lambda record: record.operator_answered_at is not None)
        assert await lost(house, number) == []


async def test_given_a_wish_to_be_called_back_when_the_caller_gets_through_then_it_is_withdrawn(
    switchboard: Switchboard, house: House, desk: Desk, number: str
) -> None:
    async with waiting(switchboard, desk, number) as call:
        await until(call, "zh/call-back-offer")
        call.rtp.press("1")
        await until(call, "zh/call-back-this-number")
        call.rtp.press("1")
        await call.ended()
    async with switchboard.phone(desk.first, answers()), waiting(switchboard, desk, number) as call:
        await house.record(call.call_id, lambda record: record.operator_answered_at is not None)

        async def withdrawn() -> bool:
            return [due.state for due in await due_calls(house)] == ["withdrawn"]

        await house.until(withdrawn, "the call-back is withdrawn")


# --- a menu that transfers


async def test_given_a_key_that_transfers_then_that_phone_rings_and_takes_the_call(
    switchboard: Switchboard, house: House, menu_desk: Desk
) -> None:
    chief = desk_of(WITH_MENU[0]).supervisor
    async with switchboard.phone(chief, answers()) as phone, calling(switchboard, menu_desk) as call:
        await choose(call, "en", "5")
        await (await phone.next_call()).answered()
        assert "en/connecting" in heard(call)
        record = await house.record(call.call_id, lambda record: record.operator_answered_at is not None)
        assert (record.operators, record.menu) == (
            [chief],
            {"path": ["main", "manager"], "language": "en", "informed": False},
        )


async def test_given_a_key_that_transfers_when_nobody_takes_it_then_the_caller_waits_in_the_queue_of_the_line(
    switchboard: Switchboard, house: House, menu_desk: Desk
) -> None:
    async with calling(switchboard, menu_desk) as call:
        await choose(call, "zh", "5")
        await in_queue(switchboard, menu_desk.queue)
        await until(call, "zh/call-back-offer")
