"""The menu served by the whole application: what it writes down, and callers inside when it dies or freezes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from callcenter.calls.models import Call
from callcenter.simulator.facts import CallFacts
from tests.pbx.house import House, running_house
from tests.pbx.switchboard import WITH_MENU, Desk, Switchboard, desk_of
from tests.pbx.test_menu import ENQUIRIES, calling, choose, heard, in_queue, until


@pytest.fixture
def house(switchboard: Switchboard, tmp_path: Path) -> Iterator[House]:
    with running_house(switchboard, tmp_path) as house:
        yield house


@pytest.fixture
def desk() -> Desk:
    return desk_of(WITH_MENU[2])


async def record_of(house: House, seen: CallFacts) -> Call:
    return await house.record(seen.call_id)


async def test_given_information_was_told_when_the_caller_hangs_up_then_the_system_served_the_call(
    switchboard: Switchboard, house: House, desk: Desk
) -> None:
    async with calling(switchboard, desk) as call:
        await choose(call, "en", "41")
        await until(call, "en/info-facilities")
    record = await record_of(house, call.facts())
    assert (record.outcome, record.answered_by) == ("served_by_system", "system")
    assert record.menu == {"path": ["main", "information", "facilities"], "language": "en", "informed": True}


async def test_given_no_choice_was_made_when_the_caller_hangs_up_then_the_call_is_lost(
    switchboard: Switchboard, house: House, desk: Desk
) -> None:
    async with calling(switchboard, desk) as call:
        await until(call, "zh/menu-main")
    record = await record_of(house, call.facts())
    assert record.outcome == "abandoned"
    assert record.menu == {"path": ["main"], "language": "zh", "informed": False}


async def test_given_an_informed_caller_who_then_waits_for_a_person_in_vain_then_the_call_is_lost(
    switchboard: Switchboard, house: House, desk: Desk
) -> None:
    async with calling(switchboard, desk) as call:
        await choose(call, "zh", "41")
        await until(call, "zh/info-facilities")
        call.rtp.press("0")
        await in_queue(switchboard, desk.queue)
    record = await record_of(house, call.facts())
    assert record.outcome == "abandoned"
    assert [wait["queue"] for wait in record.queue_waits] == [desk.queue]


async def test_given_a_branch_was_chosen_then_the_waiting_call_tells_how(
    switchboard: Switchboard, house: House, desk: Desk
) -> None:
    async with calling(switchboard, desk) as call:
        await choose(call, "en", "1")
        await in_queue(switchboard, ENQUIRIES.queue)
        record = await house.record(call.call_id, lambda call: call.menu is not None)
        assert record.ended_at is None
        assert record.menu == {"path": ["main", "enquiries"], "language": "en", "informed": False}


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_given_a_frozen_application_when_an_informed_caller_hangs_up_then_the_record_tells_it_after_a_restart(
    switchboard: Switchboard, house: House, desk: Desk, language: str
) -> None:
    async with calling(switchboard, desk) as call:
        await choose(call, language, "41")
        await until(call, f"{language}/info-facilities")
        house.freeze()
    await switchboard.until("core show channels", lambda text: f"{desk.number}@" not in text)
    house.kill()
    await house.started()
    record = await record_of(house, call.facts())
    assert record.outcome == "served_by_system"
    assert record.menu == {"path": ["main", "information", "facilities"], "language": language, "informed": True}


@pytest.mark.parametrize("place", ["zh/menu-main", "zh/menu-information"])
async def test_given_the_application_is_killed_in_a_prompt_then_the_caller_reaches_the_queue(
    switchboard: Switchboard, house: House, desk: Desk, place: str
) -> None:
    async with calling(switchboard, desk) as call:
        if place == "zh/menu-information":
            await choose(call, "zh", "4")
        await until(call, place)
        house.kill()
        await in_queue(switchboard, desk.queue)
        assert "all busy" in heard(call)


@pytest.mark.parametrize("place", ["zh/menu-main", "en/menu-language", "zh/menu-information"])
async def test_given_the_application_freezes_in_a_prompt_then_the_caller_reaches_the_queue(
    switchboard: Switchboard, house: House, desk: Desk, place: str
) -> None:
    async with calling(switchboard, desk) as call:
        if place == "zh/menu-information":
            await choose(call, "zh", "4")
        await until(call, place)
        house.freeze()
        call.rtp.press("1")
        await in_queue(switchboard, desk.queue)
        assert "all busy" in heard(call)
        house.thaw()


async def test_given_a_frozen_application_when_a_caller_comes_then_the_queue_is_reached(
    switchboard: Switchboard, house: House, desk: Desk
) -> None:
    house.freeze()
    async with calling(switchboard, desk) as call:
        await in_queue(switchboard, desk.queue)
        assert heard(call)[:2] == ["greeting", "all busy"]
    house.thaw()


async def test_given_an_application_that_ends_in_order_then_the_caller_inside_goes_on_to_the_queue(
    switchboard: Switchboard, house: House, desk: Desk
) -> None:
    async with calling(switchboard, desk) as call:
        await until(call, "zh/menu-main")
        house.end()
        await in_queue(switchboard, desk.queue)
    assert "Traceback" not in house.log, house.log[-5000:]
