"""Call records hold what the phones themselves saw, while the application is alive (requirements 1).

Lines have a cadence of 1 s; each test compares the caller's own SIP statistics with the record of the same Call-ID.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import aiohttp
import pytest

from callcenter.clock import SystemClock
from callcenter.pbx.actions import Place
from callcenter.simulator.behaviours import answers, in_turn, passing, rejects, rings_unanswered
from callcenter.simulator.dialog import Dialog
from callcenter.simulator.facts import CallFacts, Milestone
from callcenter.staff.passwords import Passwords
from callcenter.staff.roles import Role
from callcenter.staff.service import NewUser, ensure_users
from tests.pbx.house import (
    RECORDING_TOLERANCE,
    TOLERANCE,
    VOICE,
    House,
    assert_talked,
    assert_true,
    channel_of,
    near,
    orders,
    phones,
    running_house,
)
from tests.pbx.switchboard import TAKEOVER, Desk, Switchboard

PASSWORD = "a password for tests"
WORDS = 0.5
"""Seconds for which people talk before they go on."""
RINGS = 1.0

pytestmark = pytest.mark.xdist_group("call_records")
"""What is started for this module is started once."""


@pytest.fixture(scope="module")
def house(switchboard: Switchboard, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The living application, for all tests of this module."""
    with running_house(switchboard, tmp_path_factory.mktemp("house")) as running:
        yield running


def seconds(began: str | datetime, ended: str | datetime | None) -> float:
    assert ended is not None
    begin, end = (datetime.fromisoformat(when) if isinstance(when, str) else when for when in (began, ended))
    return (end - begin).total_seconds()


async def test_given_an_operator_picks_up_in_ring_two_then_the_record_says_so(
    house: House, switchboard: Switchboard, desk: Desk
) -> None:
    picks_up_in_ring_two = in_turn([rings_unanswered(), answers(after=0.3)])
    async with switchboard.phone(desk.first, picks_up_in_ring_two) as operator, switchboard.guest(media=VOICE) as guest:
        call = guest.call(desk.number, caller_id="13900001234")
        await call.answered()
        unanswered, answered = await operator.next_call(), await operator.next_call()
        await asyncio.sleep(1.5)
        await answered.bye()
        facts = await call.ended()
    record = await house.audit(facts)
    assert (record.answered_by, record.rings_to_answer, record.rings_to_operator) == ("operator", 2, 2)
    assert_talked(record, facts, answered.facts())
    assert near(record.first_ring_at, facts, Milestone.RINGING)
    assert [(ring["operator"], ring["answered"]) for ring in record.rings] == [(desk.first, False), (desk.first, True)]
    for ring, phone in zip(record.rings, (unanswered, answered), strict=True):
        rang = phone.facts().ringing_seconds
        assert seconds(ring["began_at"], ring["ended_at"]) == pytest.approx(rang, abs=TOLERANCE)


async def test_given_nobody_is_there_then_the_record_says_that_the_system_answered_and_nobody_came(
    house: House, switchboard: Switchboard, desk: Desk
) -> None:
    async with switchboard.guest(media=VOICE) as guest:
        call = guest.call(desk.number)
        await call.answered()
        await switchboard.until(f"queue show {desk.queue}", lambda text: "has 1 calls" in text)
        facts = await call.bye()
    record = await house.audit(facts)
    assert (record.answered_by, record.outcome, record.operators) == ("system", "abandoned", [])
    assert (record.operator_answered_at, record.talk_seconds, record.rings) == (None, 0, [])
    (wait,) = record.queue_waits
    assert (wait["queue"], wait["position"]) == (desk.queue, 1)
    assert abs(seconds(wait["ended_at"], record.ended_at)) < TOLERANCE


async def test_given_it_rings_out_then_the_record_says_that_the_system_answered_in_ring_three(
    house: House, switchboard: Switchboard, desk: Desk
) -> None:
    async with switchboard.phone(desk.first, rings_unanswered()), switchboard.guest(media=VOICE) as guest:
        call = guest.call(desk.number)
        await call.answered()
        await switchboard.until(f"queue show {desk.queue}", lambda text: "has 1 calls" in text)
        facts = await call.bye()
    record = await house.audit(facts)
    assert (record.answered_by, record.outcome, record.rings_to_answer) == ("system", "abandoned", 3)
    assert {ring["operator"] for ring in record.rings} == {desk.first}
    assert record.seconds_to_answer == pytest.approx(TAKEOVER, abs=TOLERANCE)


async def test_given_everybody_talks_when_one_becomes_free_then_the_record_holds_wait_and_answer(
    house: House, switchboard: Switchboard, desk: Desk
) -> None:
    async with switchboard.phone(desk.first, answers()) as operator, switchboard.guest(media=VOICE) as guest:
        first = guest.call(desk.number, caller_id="13900000001")
        await first.answered()
        talk = await operator.next_call()
        await switchboard.until_state(desk.first, "In use")
        second = guest.call(desk.number, caller_id="13900000002")
        await second.answered()
        await switchboard.until(f"queue show {desk.queue}", lambda text: "has 1 calls" in text)
        await talk.bye()
        next_talk = await operator.next_call()
        await next_talk.answered()
        await asyncio.sleep(1)
        waited = await second.bye()
        served = await first.ended()
        await next_talk.ended()
    assert_talked(await house.audit(served), served, talk.facts())
    record = await house.audit(waited)
    assert record.answered_by == "system"
    assert_talked(record, waited, next_talk.facts())
    assert record.queue_waits[0]["queue"] == desk.queue
    assert seconds(record.queue_waits[-1]["ended_at"], record.operator_answered_at) == pytest.approx(0, abs=TOLERANCE)


async def test_given_a_caller_gives_up_while_ringing_then_the_record_says_so_and_nothing_is_recorded(
    house: House, switchboard: Switchboard, desk: Desk
) -> None:
    async with switchboard.phone(desk.first, rings_unanswered()) as operator, switchboard.guest() as guest:
        call = guest.call(desk.number)
        ringing = await operator.next_call()
        await ringing.rang()
        await asyncio.sleep(0.5)
        facts = await call.cancel()
        rang = await ringing.ended()
    record = await house.audit(facts)
    assert (record.outcome, record.operators, record.talk_seconds) == ("abandoned", [], 0)
    (ring,) = record.rings
    assert (ring["operator"], ring["answered"]) == (desk.first, False)
    assert seconds(ring["began_at"], ring["ended_at"]) == pytest.approx(rang.ringing_seconds, abs=TOLERANCE)


async def test_given_an_operator_rejects_then_the_record_names_both_and_who_answered(
    house: House, switchboard: Switchboard, desk: Desk
) -> None:
    async with (
        switchboard.phone(desk.first, in_turn([rejects(after=0.2), answers(after=0.2)])) as one,
        switchboard.phone(desk.second, in_turn([rejects(after=0.2), answers(after=0.2)])) as other,
        switchboard.guest(media=VOICE) as guest,
    ):
        call = guest.call(desk.number)
        await call.answered()
        await asyncio.sleep(0.5)
        facts = await call.bye()
        attempts = [await phone.next_call() for phone in (one, other)]
    record = await house.audit(facts)
    assert record.answered_by == "operator"
    assert {ring["operator"] for ring in record.rings} == {desk.first, desk.second}
    assert len(attempts) == 2
    assert [ring["operator"] for ring in record.rings if ring["answered"]] == record.operators


async def test_given_both_sides_hold_then_the_record_tells_who_held_and_how_long(
    house: House, switchboard: Switchboard, desk: Desk
) -> None:
    async with (
        switchboard.phone(desk.first, answers(), media=VOICE) as operator,
        switchboard.guest(media=VOICE) as guest,
    ):
        call = guest.call(desk.number)
        await call.answered()
        talk = await operator.next_call()
        await talk.answered()
        for side, pause in ((talk, 0.6), (call, 0.9)):
            await side.hold()
            await asyncio.sleep(pause)
            await side.unhold()
        facts = await call.bye()
        await talk.ended()
    record = await house.audit(facts)
    assert_talked(record, facts, talk.facts())
    assert [hold["by"] for hold in record.holds] == ["operator", "caller"]
    lengths = [seconds(hold["began_at"], hold["ended_at"]) for hold in record.holds]
    assert lengths == pytest.approx([0.6, 0.9], abs=TOLERANCE)


async def test_given_a_transfer_after_asking_then_one_record_tells_of_both_operators(
    house: House, switchboard: Switchboard, desk: Desk
) -> None:
    async with (
        switchboard.phone(desk.first, answers(), media=VOICE) as first,
        switchboard.phone(desk.supervisor, answers(), media=VOICE) as supervisor,
        switchboard.guest(media=VOICE) as guest,
    ):
        call = guest.call(desk.number)
        await call.answered()
        talk = await first.next_call()
        await _few_words(talk)
        await talk.hold()
        asked = first.call(desk.supervisor)
        await _few_words(asked)
        assert await talk.refer(desk.supervisor, replaces=asked) == 202
        assert await talk.transferred() == 200
        await _few_words(await supervisor.next_call())
        facts = await call.bye()
    await _holds_for_both_operators(house, desk, facts)


async def test_given_a_transfer_completed_while_the_colleague_still_rings_then_one_record_tells_of_both_operators(
    house: House, switchboard: Switchboard, desk: Desk
) -> None:
    async with (
        switchboard.phone(desk.first, answers(), media=VOICE) as first,
        switchboard.phone(desk.supervisor, answers(after=RINGS), media=VOICE) as supervisor,
        switchboard.guest(media=VOICE) as guest,
    ):
        call = guest.call(desk.number)
        await call.answered()
        talk = await first.next_call()
        await _few_words(talk)
        await talk.hold()
        asked = first.call(desk.supervisor)
        await asked.rang()
        assert await talk.refer(desk.supervisor, replaces=asked) == 202
        assert await talk.transferred() == 200
        await _few_words(await supervisor.next_call())
        facts = await call.bye()
    await _holds_for_both_operators(house, desk, facts, alone=RINGS)


async def _few_words(call: Dialog) -> None:
    """Nobody asks and hands over within milliseconds: people need a moment to speak."""
    await call.answered()
    await passing(call, WORDS)


async def _holds_for_both_operators(house: House, desk: Desk, facts: CallFacts, alone: float = 0) -> None:
    """`alone`: seconds for which the guest heard a phone ring instead of a person."""
    record = await house.audit(facts)
    assert record.operators == [desk.first, desk.supervisor]
    (transfer,) = record.transfers
    assert (transfer["kind"], transfer["from_party"], transfer["to_party"], transfer["result"]) == (
        "attended",
        desk.first,
        desk.supervisor,
        "completed",
    )
    assert record.talk_seconds == pytest.approx(facts.talk_seconds - alone, abs=TOLERANCE)
    assert await house.open_calls() == []


async def test_given_a_guest_is_connected_with_a_room_when_the_operator_leaves_then_the_recording_ends(
    house: House, switchboard: Switchboard, desk: Desk
) -> None:
    async with (
        switchboard.phone(desk.first, answers(), media=VOICE) as first,
        switchboard.phone(desk.room, answers(), media=VOICE) as room,
        switchboard.guest(media=VOICE) as guest,
    ):
        call = guest.call(desk.number)
        await call.answered()
        talk = await first.next_call()
        await talk.answered()
        await talk.hold()
        asked = first.call(desk.room)
        await asked.answered()
        await asyncio.sleep(0.5)
        assert await talk.refer(desk.room, replaces=asked) == 202
        assert await talk.transferred() == 200
        left = talk.facts()
        await asyncio.sleep(2)
        facts = await call.bye()
        await (await room.next_call()).ended()
    record = await house.record(facts.call_id)
    assert_true(record, facts)
    assert [(move["kind"], move["to_party"], move["result"]) for move in record.transfers] == [
        ("attended", desk.room, "completed")
    ]
    recording = await house.recording(record)
    with_staff = left.milestones[Milestone.ENDED].monotonic - facts.milestones[Milestone.ANSWERED].monotonic
    assert recording.seconds == pytest.approx(with_staff, abs=RECORDING_TOLERANCE)
    assert recording.seconds < facts.talk_seconds - 1


async def test_given_the_application_leads_a_call_elsewhere_then_the_record_tells_of_it(
    house: House, switchboard: Switchboard, desk: Desk
) -> None:
    async with (
        switchboard.phone(desk.first, answers(), media=VOICE) as first,
        switchboard.phone(desk.supervisor, answers(), media=VOICE) as supervisor,
        switchboard.guest(media=VOICE) as guest,
        orders(switchboard) as actions,
    ):
        call = guest.call(desk.number)
        await call.answered()
        talk = await first.next_call()
        await talk.answered()
        began = await house.record(call.call_id, lambda record: record.operator_answered_at is not None)
        await actions.redirect(await channel_of(switchboard, began), Place("inside", desk.supervisor))
        taken = await supervisor.next_call()
        await taken.answered()
        await talk.ended()
        await asyncio.sleep(1)
        facts = await call.bye()
        await taken.ended()
    record = await house.audit(facts)
    assert record.operators == [desk.first, desk.supervisor]
    (transfer,) = record.transfers
    assert (transfer["kind"], transfer["to_party"], transfer["result"]) == ("redirect", desk.supervisor, "completed")


async def test_given_a_recording_is_paused_and_resumed_then_the_record_tells_when(
    house: House, switchboard: Switchboard, desk: Desk
) -> None:
    async with (
        switchboard.phone(desk.first, answers(), media=VOICE),
        switchboard.guest(media=VOICE) as guest,
        orders(switchboard) as actions,
    ):
        call = guest.call(desk.number)
        began = await house.record(call.call_id, lambda record: record.operator_answered_at is not None)
        channel = await channel_of(switchboard, began)
        await actions.mixmonitor_mute(channel, muted=True)
        paused = SystemClock().now()
        await house.record(call.call_id, lambda record: [p["ended_at"] for p in record.recording_pauses] == [None])
        await actions.mixmonitor_mute(channel, muted=False)
        resumed = SystemClock().now()
        await _few_words(call)
        facts = await call.bye()
    (pause,) = (await house.audit(facts)).recording_pauses
    assert seconds(pause["began_at"], pause["ended_at"]) == pytest.approx((resumed - paused).total_seconds(), abs=0.3)
    assert abs(seconds(pause["began_at"], paused)) < TOLERANCE


async def test_given_thirty_callers_at_once_on_several_lines_then_every_record_is_complete(
    house: House, switchboard: Switchboard
) -> None:
    """Ten lines with one operator each: one caller talks, two are answered by the system and wait."""
    desks = [switchboard.next_desk() for _ in range(10)]
    async with (
        phones(switchboard, [desk.first for desk in desks], answers()),
        switchboard.guest(media=VOICE) as guest,
    ):
        placed = [
            guest.call(desk.number, caller_id=f"1370000{index:02d}{n}")
            for index, desk in enumerate(desks)
            for n in range(3)
        ]
        await asyncio.gather(*(call.answered() for call in placed))
        for desk in desks:
            await switchboard.until(f"queue show {desk.queue}", lambda text: "has 2 calls" in text)
        facts = await asyncio.gather(*(call.bye() for call in placed))
    records = await asyncio.gather(*map(house.audit, facts))
    assert sorted(record.answered_by for record in records) == ["operator"] * 10 + ["system"] * 20
    assert {record.line for record in records} == {desk.number for desk in desks}
    assert sorted(record.outcome for record in records) == ["abandoned"] * 20 + ["answered"] * 10
    assert all(record.operators == [] for record in records if record.outcome == "abandoned")
    assert await house.open_calls() == []


async def test_given_a_recorded_call_then_a_supervisor_finds_it_reads_its_story_and_listens_to_a_part(
    house: House, switchboard: Switchboard, desk: Desk
) -> None:
    async with (
        switchboard.phone(desk.first, answers(), media=VOICE) as operator,
        switchboard.guest(media=VOICE) as guest,
    ):
        call = guest.call(desk.number, caller_id="13900007777")
        await call.answered()
        await asyncio.sleep(1.5)
        facts = await call.bye()
        await (await operator.next_call()).ended()
    record = await house.audit(facts)
    kept = await house.recording(record)
    async with house.books() as database, database.begin() as session:
        await ensure_users(session, [NewUser("sup", "Test", Role.SUPERVISOR)], Passwords(), SystemClock(), PASSWORD)
    async with aiohttp.ClientSession(f"{house.url}/api/v1/", cookie_jar=aiohttp.CookieJar(unsafe=True)) as client:
        assert (await client.get("calls")).status == 401
        signed_in = await client.post("session", json={"username": "sup", "password": PASSWORD})
        assert signed_in.status == 200
        listed = await asked(client, "calls", caller="13900007777", line=desk.number)
        (row,) = listed["items"]
        assert (row["id"], row["operators"], row["outcome"]) == (record.id, [desk.first], "answered")
        one = await asked(client, f"calls/{record.id}")
        assert one["sip_call_id"] == facts.call_id
        kinds = [event["kind"] for event in one["timeline"]]
        assert kinds[0] == "started"
        assert kinds[-1] == "ended"
        assert "answered_by_operator" in kinds
        assert one["recording"]["id"] == kept.id
        part = await client.get(f"recordings/{kept.id}/audio", headers={"Range": "bytes=0-99"})
        assert part.status == 206
        assert part.headers["Content-Range"] == f"bytes 0-99/{kept.size}"
        assert len(await part.read()) == 100
        whole = await client.get(f"recordings/{kept.id}/audio")
        assert hashlib.sha256(await whole.read()).hexdigest() == kept.sha256


async def asked(client: aiohttp.ClientSession, path: str, **query: str) -> Any:
    answer = await client.get(path, params=query)
    assert answer.status == 200, await answer.text()
    return json.loads(await answer.text())
