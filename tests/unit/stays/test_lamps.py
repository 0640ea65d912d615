"""The message lamp of a room: lit while a message waits for its guest (requirements 4, telephone-room)."""

from __future__ import annotations

import asyncio
from asyncio import timeout
from datetime import date

import pytest

from callcenter.errors import PbxUnavailable
from callcenter.events import LinkChanged
from callcenter.rooms.seeding import ensure_rooms
from callcenter.stays import messages, staying
from callcenter.stays.lamps import Lamp
from callcenter.stays.models import Stay
from callcenter.stays.parts import StayParts
from callcenter.telephony import LinkState, LinkStatus
from tests.application import Application
from tests.unit.stays.reception import Reception
from tests.unit.stays.test_staying import leave
from tests.unit.stays.test_wishes import left_for


async def tick(reception: Reception, number: int, *, delivered: bool = True) -> None:
    async with reception.work() as scope:
        await messages.mark(scope, number, delivered=delivered, confidential=True)


async def lit(reception: Reception) -> set[str]:
    """The lamps after a comparison."""
    await reception.parts.phones.lamps.compare()
    return reception.telephony.lit


@pytest.mark.parametrize("remind", ["23:30", None])
async def test_given_a_message_with_or_without_a_time_when_left_then_the_lamp_is_lit_until_it_is_ticked(
    reception: Reception, remind: str | None
) -> None:
    number = await left_for(reception, await reception.check_in(), remind)
    assert await lit(reception) == {"0301"}
    await tick(reception, number)
    assert await lit(reception) == set()
    await tick(reception, number, delivered=False)
    assert await lit(reception) == {"0301"}


async def test_given_two_messages_when_one_is_ticked_then_the_lamp_stays_lit(reception: Reception) -> None:
    stay = await reception.check_in()
    first = await left_for(reception, stay)
    await left_for(reception, stay)
    await tick(reception, first)
    assert await lit(reception) == {"0301"}


async def test_given_a_message_when_the_guest_moves_then_the_lamp_goes_with_him(reception: Reception) -> None:
    stay = await reception.check_in()
    await left_for(reception, stay)
    assert await lit(reception) == {"0301"}
    async with reception.with_stay(stay) as (scope, mine):
        await staying.move(scope, mine, "0303", 0, None, "太吵")
    assert await lit(reception) == {"0303"}


async def test_given_a_message_when_the_guest_leaves_then_the_lamp_is_put_out(reception: Reception) -> None:
    stay = await reception.check_in()
    await left_for(reception, stay)
    assert await lit(reception) == {"0301"}
    await leave(reception, stay)
    assert await lit(reception) == set()


async def test_given_nothing_that_changed_when_compared_again_then_nothing_is_asked_of_the_exchange(
    reception: Reception,
) -> None:
    await left_for(reception, await reception.check_in())
    await lit(reception)
    reception.telephony.asked.clear()
    assert await reception.parts.phones.lamps.compare() == 0
    assert reception.telephony.asked == []


async def test_given_an_exchange_that_was_started_anew_when_its_link_is_up_again_then_its_lamps_are_lit_again(
    reception: Reception,
) -> None:
    await left_for(reception, await reception.check_in())
    await reception.parts.phones.start()
    try:
        await until_lit(reception, {"0301"})
        reception.telephony.lit = {"0302"}
        reception.bus.publish(LinkChanged(LinkStatus(LinkState.UP, reception.clock.now())))
        await until_lit(reception, {"0301"})
    finally:
        await reception.parts.phones.close()


async def until_lit(reception: Reception, rooms: set[str]) -> None:
    async with timeout(5):
        while reception.telephony.lit != rooms:
            await asyncio.sleep(0.01)


async def test_given_an_exchange_that_refuses_when_compared_then_the_lamp_counts_as_failed_until_it_is_lit(
    reception: Reception,
) -> None:
    await left_for(reception, await reception.check_in())
    lamps = reception.parts.phones.lamps
    assert lamps.of_room("0301", waits=True) is Lamp.REQUESTED
    reception.telephony.failure = PbxUnavailable(reason="gone")
    with pytest.raises(PbxUnavailable):
        await lamps.compare()
    assert lamps.of_room("0301", waits=True) is Lamp.FAILED
    reception.telephony.failure = None
    await lamps.compare()
    assert lamps.of_room("0301", waits=True) is Lamp.ON
    assert lamps.of_room("0301", waits=False) is Lamp.OFF


async def test_given_a_message_when_the_stay_is_shown_then_the_state_of_its_lamp_is_told(
    application: Application,
) -> None:
    async with application.database.begin() as session:
        await ensure_rooms(session, application.settings)
    parts: StayParts = application.stays
    reception = Reception(application.database, application.clock, application.telephony)
    reception.parts = parts
    stay: Stay = await reception.check_in("0301", departure=date(2026, 11, 22))
    headers = await application.sign_in("operator")
    path = f"/api/v1/stays/{stay.id}"
    assert (await (await application.client.get(path)).json())["message_lamp"] == "off"
    wanted = {"guest": "李一", "sender": "赵六", "content": "请回电"}
    answer = await application.client.post(f"{path}/messages", json=wanted, headers=headers)
    assert answer.status == 201
    assert (await (await application.client.get(path)).json())["message_lamp"] == "requested"
    await parts.phones.lamps.compare()
    assert (await (await application.client.get(path)).json())["message_lamp"] == "on"
