"""Messages with the whole application: filed, owed a call-back, counted as served, whatever dies meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from callcenter.outbound.models import DueCall
from callcenter.simulator.dialog import Dialog
from recordings.models import Recording
from recordings.voicemail.models import Voicemail
from tests.pbx.house import House, running_house
from tests.pbx.switchboard import WITH_MENU, Desk, Switchboard, desk_of
from tests.pbx.test_menu import calling, in_queue, until
from tests.pbx.test_voicemail import WORDS, at_the_tone, speak

Left = tuple[Voicemail, Recording, DueCall | None]


@pytest.fixture
def house(switchboard: Switchboard, tmp_path: Path) -> Iterator[House]:
    with running_house(switchboard, tmp_path) as house:
        yield house


@pytest.fixture
def desk() -> Desk:
    return desk_of(WITH_MENU[3])


async def messages(house: House) -> list[Left]:
    async with house.books() as books, books.read() as session:
        found = await session.execute(
            select(Voicemail, Recording, DueCall)
            .join(Recording, Recording.id == Voicemail.recording_id)
            .outerjoin(DueCall, DueCall.id == Voicemail.due_call_id)
            .order_by(Voicemail.id)
        )
        return [(voicemail, recording, due) for voicemail, recording, due in found]


async def the_message(house: House, call: Dialog) -> Left:
    """The one message of this call, filed and looked at by the task that writes messages down."""
    record = await house.record(call.call_id)

    async def is_filed() -> bool:
        return [left[0].text_state for left in await messages(house) if left[1].call_id == record.id] == ["no_engine"]

    await house.until(is_filed, "a message")
    (found,) = [left for left in await messages(house) if left[1].call_id == record.id]
    return found


async def test_given_a_message_then_it_is_filed_in_the_callers_language_and_a_call_back_is_due(
    switchboard: Switchboard, house: House, desk: Desk
) -> None:
    async with calling(switchboard, desk) as call:
        await at_the_tone(call, "en")
        await speak(call, WORDS, 2.5)
        call.rtp.press("#")
        await until(call, "en/voicemail-review")
        call.rtp.press("#")
        await call.ended()
    voicemail, recording, due = await the_message(house, call)
    assert (voicemail.number, voicemail.line, voicemail.language) == ("13800000001", desk.number, "en")
    assert recording.channels == 1
    assert 1.5 < recording.seconds < 4.5  # the tone is recognised before it is over
    assert due is not None
    assert (due.kind, due.number, due.language, due.state) == ("voicemail", "13800000001", "en", "open")
    record = await house.record(call.call_id)
    assert record.outcome == "served_by_system"
    assert record.menu is not None
    assert record.menu["path"] == ["main", "message"]


async def test_given_a_caller_who_hides_the_number_then_the_message_is_kept_and_nobody_is_called(
    switchboard: Switchboard, house: House, desk: Desk
) -> None:
    async with switchboard.guest() as guest:
        call = guest.call(desk.number, caller_id="anonymous")
        await call.answered()
        await asyncio.sleep(1)
        call.rtp.press("8")
        await asyncio.sleep(2.5)
        await speak(call, WORDS, 2)
        await call.bye()
    voicemail, _, due = await the_message(house, call)
    assert (voicemail.number, due) == ("", None)


async def test_given_a_caller_who_says_nothing_after_the_tone_then_there_is_no_message_and_the_call_is_lost(
    switchboard: Switchboard, house: House, desk: Desk
) -> None:
    async with calling(switchboard, desk) as call:
        await at_the_tone(call, "zh")
    record = await house.record(call.call_id)
    assert record.outcome == "abandoned"
    assert [left for left in await messages(house) if left[1].call_id == record.id] == []


@pytest.mark.parametrize("fate", ["killed", "frozen"])
async def test_given_the_application_fails_while_a_message_is_spoken_then_it_is_filed_once_when_it_is_back(
    switchboard: Switchboard, house: House, desk: Desk, fate: str
) -> None:
    async with calling(switchboard, desk) as call:
        await at_the_tone(call, "zh")
        if fate == "killed":
            house.kill()
        else:
            house.freeze()
        await speak(call, WORDS, 2.5)
        call.rtp.press("#")
        await until(call, "zh/voicemail-review")
    if fate == "killed":
        await house.started()
    else:
        house.thaw()
    voicemail, recording, due = await the_message(house, call)
    assert recording.seconds > 2
    assert due is not None
    assert voicemail.due_call_id == due.id
    record = await house.record(call.call_id)
    assert record.outcome == "served_by_system"
    assert record.menu == {"path": ["main", "message"], "language": "zh", "informed": True}


async def test_given_the_application_dies_before_the_choice_is_taken_then_the_caller_reaches_the_queue(
    switchboard: Switchboard, house: House, desk: Desk
) -> None:
    async with calling(switchboard, desk) as call:
        await until(call, "zh/menu-main")
        house.freeze()
        call.rtp.press("8")
        await in_queue(switchboard, desk.queue)
        house.thaw()
