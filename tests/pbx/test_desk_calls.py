"""What a console does with a call, on desk telephones: every verb by what all parties hear, and by the recording."""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from callcenter.clock import SystemClock
from callcenter.simulator.codecs import Tone
from callcenter.simulator.dialog import Dialog
from callcenter.simulator.phone import Phone
from callcenter.simulator.rtp import Hearing
from callcenter.staff.passwords import Passwords
from callcenter.staff.roles import Role
from callcenter.staff.service import NewUser, ensure_users
from tests.application import PASSWORD
from tests.pbx.house import House, running_house
from tests.pbx.sound_checks import CALLER, FIRST, SECOND, Recording, channel_of, ear, recording_of
from tests.pbx.switchboard import MUSIC_TONE, Desk, Switchboard

pytestmark = pytest.mark.xdist_group("desk_calls")
"""What is started for this module is started once."""

TAB = "0123456789abcdef"
SETTLING = 0.7
"""Seconds after an order in which sound passes from one to another."""
LONG = 1.2
"""Seconds of sound that are listened to."""


class Operator:
    """Somebody at a desk telephone with a console."""

    def __init__(self, client: aiohttp.ClientSession, csrf: str, url: str) -> None:
        self._client = client
        self._headers = {"X-CSRF-Token": csrf}
        self._url = url

    async def post(self, path: str, **body: Any) -> int:
        """Ask for something; return the status."""
        async with self._client.post(f"{self._url}/api/v1/desk/{path}", json=body, headers=self._headers) as answer:
            return answer.status

    async def does(self, verb: str, **more: str) -> tuple[float, float]:
        """Do something with the call, and give the span in which its effect is to be heard."""
        status = await self.post("call", verb=verb, **more)
        assert status == 204, (verb, status)
        return await span()


async def span() -> tuple[float, float]:
    """Let some sound pass; return from when until when."""
    await asyncio.sleep(SETTLING)
    begin = time.monotonic()
    await asyncio.sleep(LONG)
    return begin, time.monotonic() - 0.1


@pytest.fixture(scope="module")
def house(switchboard: Switchboard, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One application for all tests here."""
    with running_house(switchboard, tmp_path_factory.mktemp("desk")) as running:
        yield running


@pytest_asyncio.fixture
async def users(house: House) -> None:
    """The people who sign in."""
    async with house.books() as database, database.begin() as session:
        wanted = [NewUser(f"op{number}", f"Operator {number}", Role.OPERATOR) for number in (1, 2)]
        await ensure_users(session, wanted, Passwords(), SystemClock(), PASSWORD)


@contextlib.asynccontextmanager
async def at_the_desk(house: House, extension: str, user: str = "op1") -> AsyncIterator[Operator]:
    """Somebody signs in and takes a desk telephone."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as client:
        credentials = {"username": user, "password": PASSWORD}
        async with client.post(f"{house.url}/api/v1/session", json=credentials) as answer:
            csrf = (await answer.json())["csrf"]
        operator = Operator(client, csrf, house.url)
        assert await operator.post("phone", extension=extension, kind="desk", tab=TAB) == 200
        yield operator


@contextlib.asynccontextmanager
async def talking(
    board: Switchboard, house: House, desk: Desk
) -> AsyncIterator[tuple[Operator, Dialog, Dialog, Phone]]:
    """A caller talks with the first operator; the second operator's phone is free."""
    first = board.phone(desk.first, media=FIRST, hearing=Hearing.KEEP)
    second = board.phone(desk.second, media=SECOND, hearing=Hearing.KEEP)
    caller = board.guest(media=CALLER, hearing=Hearing.KEEP)
    async with at_the_desk(house, desk.first) as operator, first as phone, caller as guest:
        call = guest.call(desk.number)
        own = await phone.next_call()
        own.answer()
        await call.answered()
        async with second as other:
            await span()
            yield operator, call, own, other


def hears(call: Dialog, when: tuple[float, float], *tones: Tone | int, but: tuple[Tone | int, ...] = ()) -> None:
    """Assert who is heard on a phone, and who is not."""
    for tone in tones:
        ear(call.phone.user, call).has(tone, *when)
    for tone in but:
        ear(call.phone.user, call).has_not(tone, *when)


async def parking_place(board: Switchboard) -> str:
    """Where somebody is parked."""
    found = re.search(r"^ +Space +: +(\d+)", await board.rx("parking show default"), re.MULTILINE)
    assert found
    return found[1]


async def recorded(board: Switchboard, call: Dialog) -> Recording:
    """The recording, once the call has ended."""
    _, unique_id = await channel_of(board, call)
    await call.bye()
    return await recording_of(board, call, unique_id)


@pytest.mark.usefixtures("users")
async def test_given_a_talk_when_held_and_resumed_then_the_caller_hears_music_and_then_the_operator(
    switchboard: Switchboard, house: House, desk: Desk
) -> None:
    async with talking(switchboard, house, desk) as (operator, call, own, _):
        held = await operator.does("hold")
        resumed = await operator.does("resume")
        hears(call, held, MUSIC_TONE, but=(FIRST,))
        hears(own, held, but=(CALLER,))
        hears(call, resumed, FIRST, but=(MUSIC_TONE,))
        hears(own, resumed, CALLER)
        recording = await recorded(switchboard, call)
        recording.said.has(MUSIC_TONE, *held)
        recording.said.has(FIRST, *resumed)
        recording.heard.has(CALLER, *resumed)
    record = await house.record(call.call_id)
    assert [(hold["by"], hold["ended_at"] is not None) for hold in record.holds] == [("operator", True)]
    assert record.operators == [desk.first]


@pytest.mark.usefixtures("users")
async def test_given_a_held_caller_when_a_colleague_is_asked_swapped_joined_and_connected_then_each_hears_who_is_meant(
    switchboard: Switchboard, house: House, desk: Desk
) -> None:
    async with talking(switchboard, house, desk) as (operator, call, own, colleague):
        assert await operator.post("call", verb="consult", target=desk.second) == 204
        asked = await colleague.next_call()
        asked.answer()
        consulting = await span()
        swapped = await operator.does("swap")
        back = await operator.does("swap")
        joined = await operator.does("conference")
        connected = await operator.does("complete")
        hears(own, consulting, SECOND, but=(CALLER,))
        hears(call, consulting, MUSIC_TONE, but=(FIRST, SECOND))
        hears(call, swapped, FIRST, but=(MUSIC_TONE,))
        hears(asked, swapped, MUSIC_TONE, but=(FIRST, CALLER))
        hears(asked, back, FIRST, but=(MUSIC_TONE,))
        hears(call, back, MUSIC_TONE, but=(FIRST,))
        hears(call, joined, FIRST, SECOND)
        hears(asked, joined, FIRST, CALLER)
        hears(own, joined, CALLER, SECOND)
        hears(call, connected, SECOND, but=(FIRST, MUSIC_TONE))
        hears(asked, connected, CALLER, but=(FIRST,))
        await own.ended()
        recording = await recorded(switchboard, call)
        recording.said.has(MUSIC_TONE, *consulting)
        recording.said.has(FIRST, *swapped)
        recording.said.has(SECOND, *joined)
        recording.said.has(SECOND, *connected)
        recording.heard.has(CALLER, *connected)


@pytest.mark.usefixtures("users")
async def test_given_a_colleague_who_is_asked_when_the_operator_takes_back_then_the_colleague_is_let_go(
    switchboard: Switchboard, house: House, desk: Desk
) -> None:
    async with talking(switchboard, house, desk) as (operator, call, own, colleague):
        assert await operator.post("call", verb="consult", target=desk.second) == 204
        asked = await colleague.next_call()
        asked.ring()
        resumed = await operator.does("resume")
        await asked.ended()
        hears(call, resumed, FIRST, but=(MUSIC_TONE,))
        hears(own, resumed, CALLER)
        await call.bye()


@pytest.mark.usefixtures("users")
async def test_given_a_blind_transfer_when_taken_then_both_talk_and_when_refused_then_it_comes_back_to_its_author(
    switchboard: Switchboard, house: House, desk: Desk
) -> None:
    async with talking(switchboard, house, desk) as (operator, call, own, colleague):
        first_phone = own
        assert await operator.post("call", verb="transfer", target=desk.second) == 204
        refused = await colleague.next_call()
        await first_phone.ended()
        refused.reject(486)
        again = await first_phone.phone.next_call()
        again.answer()
        returned = await span()
        assert await operator.post("call", verb="transfer", target=desk.second) == 204
        taken = await colleague.next_call()
        taken.answer()
        connected = await span()
        hears(call, returned, FIRST)
        hears(again, returned, CALLER)
        hears(call, connected, SECOND, but=(FIRST,))
        hears(taken, connected, CALLER)
        recording = await recorded(switchboard, call)
        recording.said.has(FIRST, *returned)
        recording.said.has(SECOND, *connected)
    record = await house.record(call.call_id)
    assert [(one["kind"], one["to_party"], one["result"]) for one in record.transfers] == [
        ("blind", desk.second, "no_answer"),
        ("blind", desk.second, "completed"),
    ]


@pytest.mark.usefixtures("users")
async def test_given_a_held_caller_when_the_operator_hangs_up_then_the_caller_comes_back_to_the_same_phone(
    switchboard: Switchboard, house: House, desk: Desk
) -> None:
    async with talking(switchboard, house, desk) as (operator, call, own, _):
        await operator.does("hold")
        await own.bye()
        again = await own.phone.next_call()
        again.answer()
        back = await span()
        hears(call, back, FIRST)
        hears(again, back, CALLER)
        await call.bye()


@pytest.mark.usefixtures("users")
async def test_given_a_talk_when_parked_then_the_caller_hears_music_and_whoever_fetches_talks_on(
    switchboard: Switchboard, house: House, desk: Desk
) -> None:
    async with talking(switchboard, house, desk) as (operator, call, own, colleague):
        parked = await operator.does("park")
        await own.ended()
        place = await parking_place(switchboard)
        fetching = colleague.call(place)
        await fetching.answered()
        fetched = await span()
        hears(call, parked, MUSIC_TONE, but=(FIRST,))
        hears(call, fetched, SECOND)
        hears(fetching, fetched, CALLER)
        await call.bye()


@pytest.mark.usefixtures("users")
async def test_given_a_talk_when_keys_are_sent_then_the_caller_hears_them_and_hanging_up_ends_it(
    switchboard: Switchboard, house: House, desk: Desk
) -> None:
    async with talking(switchboard, house, desk) as (operator, call, own, _):
        assert await operator.post("call", verb="digits", digits="42#") == 204
        assert await call.heard_digits(3) == "42#"
        assert await operator.post("call", verb="hang_up") == 204
        await asyncio.gather(call.ended(), own.ended())
