"""Emergency calls by the dialplan alone: who rings, who hears whom (telephone-room, calls); no heartbeat is sent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from callcenter.emergencies import service
from callcenter.pbx.actions import Origination, Place
from callcenter.simulator.behaviours import answers, rejects, rings_unanswered
from callcenter.simulator.codecs import Tone
from callcenter.simulator.dialog import Dialog
from callcenter.simulator.facts import EndedBy
from callcenter.simulator.hearing import Sound, tones_over_time
from callcenter.simulator.rtp import Hearing
from callcenter.telephony import PhoneClass
from tests.pbx.house import House, orders, running_house
from tests.pbx.switchboard import Desk, Switchboard
from tests.pbx.test_dialplan import channel_of
from tests.pbx.test_room_phones import give, not_rung

GUEST, OPERATOR, SECURITY, SERVICE = 440, 620, 770, 950
ALERTED_WITHIN = 2.0
"""Seconds in which every phone of ours rings."""


@pytest_asyncio.fixture(autouse=True)
async def dead_application(switchboard: Switchboard) -> AsyncIterator[None]:
    await switchboard.rx("dialplan set global HOTEL_HEARTBEAT 0")
    yield
    # an alert goes on ringing when its caller is gone
    await switchboard.rx("channel request hangup all")
    await switchboard.until("core show channels count", lambda text: text.startswith("0 active channels"))


async def until_hears(dialog: Dialog, *tones: int) -> None:
    """Wait until a party has heard all of these, one another's tones together or in turn."""
    async with asyncio.timeout(8):
        while not set(tones) <= {
            tone for window in tones_over_time(Sound(dialog.rtp.heard().pcm), tones) for tone in window.tones
        }:
            await asyncio.sleep(0.1)


@pytest.mark.parametrize("number", ["110", "119", "120", "9119"])
async def test_given_a_barred_room_when_it_dials_an_emergency_number_then_service_operators_and_security_hear_the_guest(
    switchboard: Switchboard, desk: Desk, number: str
) -> None:
    guard = switchboard.settings.emergency.security[0]
    other = switchboard.next_desk()
    async with orders(switchboard) as actions:
        await give(actions, desk.room, PhoneClass.BARRED)
    async with (
        switchboard.phone(desk.room, hearing=Hearing.KEEP, media=Tone(GUEST)) as room,
        switchboard.phone(desk.first, answers(after=1), hearing=Hearing.KEEP, media=Tone(OPERATOR)) as one,
        switchboard.phone(other.wide, rings_unanswered()) as two,
        switchboard.phone(guard, answers(after=1), hearing=Hearing.KEEP, media=Tone(SECURITY)) as security,
        switchboard.carrier(answers(after=1), hearing=Hearing.KEEP, media=Tone(SERVICE)) as carrier,
    ):
        call = room.call(number)
        rung = await asyncio.gather(*(phone.next_call(within=ALERTED_WITHIN) for phone in (one, two, security)))
        assert {dialog.facts().caller for dialog in rung} == {desk.room}
        outside = await carrier.next_call()
        assert outside.facts().number == number[-3:]
        assert outside.facts().caller == switchboard.desk_of_first_line.number
        await call.answered()
        await asyncio.gather(
            until_hears(call, OPERATOR, SECURITY, SERVICE),
            until_hears(rung[0], GUEST, SECURITY, SERVICE),
            until_hears(rung[2], GUEST, OPERATOR, SERVICE),
            until_hears(outside, GUEST, OPERATOR, SECURITY),
        )
        assert (await rung[1].ended()).ended_by is EndedBy.OTHER_SIDE
        await call.bye()


async def test_given_no_line_outside_when_a_room_dials_an_emergency_number_then_our_own_people_answer(
    switchboard: Switchboard, desk: Desk
) -> None:
    async with (
        switchboard.phone(desk.room, hearing=Hearing.KEEP, media=Tone(GUEST)) as room,
        switchboard.phone(desk.first, answers(), hearing=Hearing.KEEP, media=Tone(OPERATOR)) as operator,
        switchboard.carrier(rejects(503)),
    ):
        call = room.call("120")
        taken = await operator.next_call(within=ALERTED_WITHIN)
        await call.answered()
        await asyncio.gather(until_hears(call, OPERATOR), until_hears(taken, GUEST))
        await call.bye()


async def test_given_the_house_number_when_a_room_dials_it_then_our_own_people_ring_and_nobody_outside(
    switchboard: Switchboard, desk: Desk
) -> None:
    async with (
        switchboard.phone(desk.room) as room,
        switchboard.phone(desk.first, answers()) as operator,
        switchboard.carrier(answers()) as carrier,
    ):
        call = room.call(switchboard.settings.emergency.house_number)
        await operator.next_call(within=ALERTED_WITHIN)
        await call.answered()
        await call.bye()
        await not_rung(carrier)


async def test_given_a_guest_who_hangs_up_before_anybody_answers_then_the_service_is_spared_and_our_phones_ring_on(
    switchboard: Switchboard, desk: Desk
) -> None:
    async with (
        switchboard.phone(desk.room) as room,
        switchboard.phone(desk.first, rings_unanswered()) as operator,
        switchboard.carrier(rings_unanswered()) as carrier,
    ):
        call = room.call("119")
        outside = await carrier.next_call()
        alert = await operator.next_call(within=ALERTED_WITHIN)
        await call.cancel()
        assert (await outside.ended()).ended_by is EndedBy.OTHER_SIDE
        alert.answer()
        await alert.answered()
        await alert.bye()


async def test_given_an_operator_with_the_guest_when_the_guest_is_gone_then_operator_and_service_talk_on(
    switchboard: Switchboard, desk: Desk
) -> None:
    async with (
        switchboard.phone(desk.room) as room,
        switchboard.phone(desk.first, answers(), hearing=Hearing.KEEP, media=Tone(OPERATOR)) as operator,
        switchboard.carrier(answers(after=0.5), hearing=Hearing.KEEP, media=Tone(SERVICE)) as carrier,
    ):
        call = room.call("119")
        taken = await operator.next_call(within=ALERTED_WITHIN)
        outside = await carrier.next_call()
        await outside.answered()
        await call.answered()
        await call.bye()
        await asyncio.gather(until_hears(taken, SERVICE), until_hears(outside, OPERATOR))
        await taken.bye()
        assert (await outside.ended()).ended_by is EndedBy.OTHER_SIDE


async def test_given_the_application_when_a_room_dials_119_it_is_killed_and_comes_back_then_all_is_on_record(
    switchboard: Switchboard, desk: Desk, tmp_path: Path
) -> None:
    other = switchboard.next_desk()
    with running_house(switchboard, tmp_path) as house:
        async with (
            switchboard.phone(desk.room) as room,
            switchboard.phone(other.room) as second,
            switchboard.phone(desk.first, answers()) as operator,
            switchboard.carrier(answers()),
        ):
            call = room.call("119")
            await operator.next_call()
            await call.answered()
            await house.until(lambda: on_record(house, {desk.room: "119"}), "the emergency", within=5)
            house.kill()
            await call.bye()
            again = second.call("120")
            await operator.next_call()
            await again.answered()
            await again.bye()
            await house.started()
            await house.until(lambda: on_record(house, {desk.room: "119", other.room: "120"}), "both emergencies")


async def on_record(house: House, wanted: dict[str, str]) -> bool:
    async with house.books() as database, database.read() as session:
        # what earlier tests dialled stands in the exchange's event log
        return wanted.items() <= {one.place: one.service for one in await service.latest(session)}.items()


async def test_given_a_house_that_raises_an_emergency_when_responders_are_called_then_all_talk_together(
    switchboard: Switchboard, desk: Desk
) -> None:
    async with (
        orders(switchboard) as actions,
        switchboard.phone(desk.first, answers(), hearing=Hearing.KEEP, media=Tone(OPERATOR)) as operator,
        switchboard.carrier(answers(), hearing=Hearing.KEEP, media=Tone(SERVICE)) as carrier,
    ):
        await actions.raise_emergency("000", "raised-1")
        taken = await operator.next_call(within=ALERTED_WITHIN)
        await taken.answered()
        place = Place("emergency-called", "000")
        await actions.originate(Origination(channel="PJSIP/120@trunk", place=place, channel_id="called-1"))
        outside = await carrier.next_call()
        await asyncio.gather(until_hears(taken, SERVICE), until_hears(outside, OPERATOR))
        await taken.bye()
        await outside.ended()


async def test_given_caller_and_operator_when_an_interpreter_joins_then_each_hears_the_two_others(
    switchboard: Switchboard, desk: Desk
) -> None:
    async with (
        orders(switchboard) as actions,
        switchboard.phone(desk.first, answers(), hearing=Hearing.KEEP, media=Tone(OPERATOR)) as operator,
        switchboard.guest(hearing=Hearing.KEEP, media=Tone(GUEST)) as guest,
        switchboard.carrier(answers(), hearing=Hearing.KEEP, media=Tone(SERVICE)) as carrier,
    ):
        call = guest.call(desk.number)
        await call.answered()
        taken = await operator.next_call()
        channel, _ = await channel_of(switchboard, call)
        joins = Origination(
            channel="PJSIP/13900000081@trunk",
            place=Place("join", "s"),
            channel_id="interpreter-1",
            variables={"JOINED": channel},
        )
        await actions.originate(joins)
        interpreter = await carrier.next_call()
        await asyncio.gather(
            until_hears(call, OPERATOR, SERVICE),
            until_hears(taken, GUEST, SERVICE),
            until_hears(interpreter, GUEST, OPERATOR),
        )
        await interpreter.bye()
        await call.bye()
