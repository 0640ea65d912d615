"""Live calls over the WebSocket: a snapshot, then every change, to those who may, as much as they may."""

import asyncio
import json
from typing import Any

import pytest
from aiohttp import ClientWebSocketResponse, WSMsgType, WSServerHandshakeError
from sqlalchemy import delete

from callcenter.clock import SettableClock
from callcenter.staff.models import Session
from callcenter.telephony import CallKey, CallSnapshot, Hold, LinkState, LinkStatus, QueueWait, Ring, Side
from callcenter.web import live as live_module
from callcenter.web.identity import SignedIn
from callcenter.web.live import LiveHub, Position, call_state
from tests.application import NOON, Application
from tests.unit.calls.builders import at, call

LIVE = "/api/v1/live"
SECONDS = 5
LOOKING = SignedIn(1, "u", "", "operator", frozenset({"live.read"}), "")


async def test_given_calls_going_on_when_a_page_joins_then_it_gets_a_snapshot_and_then_changes_in_order(
    application: Application,
) -> None:
    application.live.publish_call(call("1.0"))
    application.live.publish_call(call("gone", end=3))
    socket = await _join(application, "operator")

    snapshot = await _next(socket)
    application.live.publish_call(call("1.0", operator=7))
    application.live.note_ids({CallKey("pbx1", "1.0"): 42})
    application.live.publish_link(LinkStatus(LinkState.DOWN, NOON, "cut"))
    application.alarms.subscribe(application.live.publish_alarms)
    application.alarms.set("pbx_link_down")
    application.live.publish_call(call("1.0", operator=7, end=60))
    messages = [await _next(socket) for _ in range(5)]

    assert (snapshot["type"], [live["key"] for live in snapshot["calls"]]) == ("snapshot", ["pbx1/1.0"])
    assert snapshot["link"]["state"] == "connecting"
    assert snapshot["alarms"] == []
    assert [message["seq"] for message in messages] == [snapshot["seq"] + step for step in range(1, 6)]
    assert [message["type"] for message in messages] == ["call", "call", "link", "alarms", "call"]
    assert [(m["call"]["state"], m["call"]["id"]) for m in messages if m["type"] == "call"] == [
        ("talking", None),
        ("talking", 42),
        ("ended", 42),
    ]
    assert messages[2]["link"] == {"state": "down", "since": "2026-11-21T04:00:00Z", "reason": "cut"}
    assert messages[3]["alarms"][0]["code"] == "pbx_link_down"
    await socket.close()


async def test_given_an_ended_call_when_a_page_joins_then_it_is_not_in_the_snapshot(application: Application) -> None:
    application.live.publish_call(call("1.0"))
    application.live.publish_call(call("1.0", end=9))
    socket = await _join(application, "operator")

    assert (await _next(socket))["calls"] == []
    await socket.close()


async def test_given_a_waiting_call_when_sent_then_it_has_the_contracts_fields(application: Application) -> None:
    application.live.publish_call(
        call(
            "1.0",
            system=13,
            rings=(Ring("8001", at(0), at(12)), Ring("8002", at(14))),
            queue_waits=(QueueWait("enquiries", at(13), 2),),
            recording="1.0",
        )
    )
    socket = await _join(application, "operator")

    assert (await _next(socket))["calls"] == [
        {
            "key": "pbx1/1.0",
            "id": None,
            "state": "waiting",
            "direction": "inbound",
            "caller": "13812345678",
            "line": "4001",
            "started_at": "2026-11-21T01:30:00Z",
            "first_ring_at": "2026-11-21T01:30:00Z",
            "answered_at": "2026-11-21T01:30:13Z",
            "answered_by": "system",
            "operator_answered_at": None,
            "operators": [],
            "ringing": ["8002"],
            "queue": {"name": "enquiries", "position": 2, "since": "2026-11-21T01:30:13Z"},
            "recording": True,
            "ended_at": None,
            "outcome": "open",
        }
    ]
    await socket.close()


@pytest.mark.parametrize(
    ("snapshot", "state"),
    [
        (call(), "ringing"),
        (call(queue_waits=(QueueWait("enquiries", at(0), 1),)), "ringing"),
        (call(system=13), "system"),
        (call(system=13, queue_waits=(QueueWait("enquiries", at(13), 1),)), "waiting"),
        (call(system=13, operator=30, queue_waits=(QueueWait("enquiries", at(13), 1, at(30)),)), "talking"),
        (call(operator=7), "talking"),
        (call(operator=7, holds=(Hold(Side.OPERATOR, at(9)),)), "held"),
        (call(operator=7, holds=(Hold(Side.OPERATOR, at(9), at(12)),)), "talking"),
        (call(operator=7, queue_waits=(QueueWait("complaints", at(40), 1),)), "waiting"),
        (call(operator=7, holds=(Hold(Side.OPERATOR, at(9)),), end=20), "ended"),
    ],
)
def test_given_a_call_when_asked_what_it_does_then_one_word_says_it(snapshot: CallSnapshot, state: str) -> None:
    assert call_state(snapshot) == state


async def test_given_a_role_that_may_not_see_numbers_when_it_looks_then_snapshot_and_changes_are_masked(
    application: Application,
) -> None:
    application.live.publish_call(call("1.0"))
    desk = await _join(application, "front_desk")
    snapshot = await desk.receive_str(timeout=SECONDS)
    operator = await _join(application, "operator")
    await operator.receive_str(timeout=SECONDS)
    application.live.publish_call(call("2.0"))

    change = await desk.receive_str(timeout=SECONDS)

    assert "13812345678" not in str(snapshot) + str(change)
    assert "138****5678" in str(snapshot)
    assert "138****5678" in str(change)
    assert "13812345678" in await operator.receive_str(timeout=SECONDS)
    await desk.close()
    await operator.close()


@pytest.mark.parametrize(("role", "status"), [(None, 401), ("department", 403)])
async def test_given_no_right_to_look_when_joining_then_refused(
    application: Application, role: str | None, status: int
) -> None:
    if role is not None:
        await application.sign_in(role)

    with pytest.raises(WSServerHandshakeError) as refusal:
        await application.client.ws_connect(LIVE)

    assert refusal.value.status == status


async def test_given_a_page_of_another_site_when_it_joins_with_our_cookie_then_refused(
    application: Application,
) -> None:
    await application.sign_in("operator")

    with pytest.raises(WSServerHandshakeError) as refusal:
        await application.client.ws_connect(LIVE, headers={"Origin": "https://elsewhere.example"})

    assert refusal.value.status == 403


async def test_given_a_plain_request_when_sent_to_the_live_address_then_a_problem_answers(
    application: Application,
) -> None:
    await application.sign_in("operator")

    answer = await application.client.get(LIVE)

    assert (answer.status, (await answer.json())["code"]) == (400, "bad_request")


async def test_given_a_ping_when_sent_then_a_pong_comes_and_nonsense_changes_nothing(application: Application) -> None:
    socket = await _join(application, "operator")
    await _next(socket)

    for nonsense in ("", "[]", "{", '{"type": 7}', '"ping"'):
        await socket.send_str(nonsense)
    await socket.send_bytes(b"\x00")
    await socket.send_str('{"type": "ping"}')

    assert await _next(socket) == {"type": "pong"}
    await socket.close()


def test_given_a_page_that_does_not_keep_up_when_calls_change_then_it_is_dropped_and_others_go_on() -> None:
    hub = LiveHub(SettableClock(NOON))
    slow, quick = (hub.join(LOOKING) for _ in range(2))

    for number in range(live_module.QUEUE_MESSAGES + 1):
        hub.publish_call(call(f"{number}.0"))
        quick.messages.get_nowait()

    assert (slow.stopped.is_set(), quick.stopped.is_set()) == (True, False)
    assert hub.clients == 1


async def test_given_a_dropped_page_when_it_comes_back_then_a_fresh_snapshot_has_everything(
    application: Application,
) -> None:
    slow = await _join(application, "operator")
    await _next(slow)

    for number in range(live_module.QUEUE_MESSAGES + 1):
        application.live.publish_call(call(f"{number}.0"))

    assert await _until_closed(slow) == live_module.TOO_SLOW
    again = await _join(application, "operator")
    assert len((await _next(again))["calls"]) == live_module.QUEUE_MESSAGES + 1
    await again.close()


async def test_given_a_session_that_ends_when_a_page_still_looks_then_its_connection_is_closed(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_module, "RECHECK_SECONDS", 0.05)
    socket = await _join(application, "operator")
    await _next(socket)

    async with application.database.begin() as session:
        await session.execute(delete(Session))

    assert await _until_closed(socket) == live_module.SESSION_ENDED


async def test_given_the_server_goes_away_when_pages_look_then_they_are_told_and_nothing_hangs(
    application: Application,
) -> None:
    socket = await _join(application, "operator")
    await _next(socket)

    await application.live.close()

    assert await _until_closed(socket) == 1001


async def test_given_a_break_when_the_page_comes_back_then_it_gets_exactly_what_it_missed(
    application: Application,
) -> None:
    application.live.publish_call(call("1.0"))
    socket = await _join(application, "operator")
    snapshot = await _next(socket)
    application.live.publish_call(call("1.0", operator=7))
    had = await _next(socket)
    await socket.close()

    application.live.publish_call(call("2.0"))
    application.live.publish_call(call("1.0", operator=7, end=60))
    again = await application.client.ws_connect(f"{LIVE}?hub={snapshot['hub']}&seq={had['seq']}")
    application.live.publish_call(call("2.0", end=90))
    messages = [await _next(again) for _ in range(4)]

    assert messages[0] == {"type": "resumed", "hub": snapshot["hub"], "seq": had["seq"]}
    assert [message["seq"] for message in messages[1:]] == [had["seq"] + step for step in (1, 2, 3)]
    assert [(m["call"]["key"], m["call"]["state"]) for m in messages[1:]] == [
        ("pbx1/2.0", "ringing"),
        ("pbx1/1.0", "ended"),
        ("pbx1/2.0", "ended"),
    ]
    await again.close()


@pytest.mark.parametrize("missed", [0, 1, live_module.TAIL_MESSAGES, live_module.TAIL_MESSAGES + 1])
def test_given_more_missed_than_is_kept_when_a_page_comes_back_then_it_gets_a_snapshot(missed: int) -> None:
    hub = LiveHub(SettableClock(NOON))
    hub.publish_call(call())
    snapshot = json.loads(hub.join(LOOKING).messages.get_nowait())
    for _ in range(missed):
        hub.publish_call(call())

    back = hub.join(LOOKING, Position(hub=snapshot["hub"], seq=snapshot["seq"]))

    first = json.loads(back.messages.get_nowait())
    is_kept = missed <= live_module.TAIL_MESSAGES
    assert (first["type"], back.messages.qsize()) == (("resumed", missed) if is_kept else ("snapshot", 0))


@pytest.mark.parametrize("ahead", [0, 1])
def test_given_another_hub_or_a_number_from_the_future_when_a_page_comes_back_then_it_gets_a_snapshot(
    ahead: int,
) -> None:
    hub, other = LiveHub(SettableClock(NOON)), LiveHub(SettableClock(NOON))
    asked = json.loads((hub if ahead else other).join(LOOKING).messages.get_nowait())

    back = hub.join(LOOKING, Position(hub=asked["hub"], seq=asked["seq"] + ahead))

    assert json.loads(back.messages.get_nowait())["type"] == "snapshot"


async def test_given_a_role_that_may_not_see_numbers_when_it_comes_back_then_what_it_missed_is_masked(
    application: Application,
) -> None:
    desk = await _join(application, "front_desk")
    snapshot = await _next(desk)
    await desk.close()
    application.live.publish_call(call("1.0"))

    again = await application.client.ws_connect(f"{LIVE}?hub={snapshot['hub']}&seq={snapshot['seq']}")
    await _next(again)

    assert (await _next(again))["call"]["caller"] == "138****5678"
    await again.close()


@pytest.mark.parametrize("position", ["hub=1", "seq=1", "hub=x&seq=1", "hub=1&seq=-1", "hub=1&seq=1&more=1"])
async def test_given_a_position_that_is_none_when_joining_then_refused(application: Application, position: str) -> None:
    await application.sign_in("operator")

    with pytest.raises(WSServerHandshakeError) as refusal:
        await application.client.ws_connect(f"{LIVE}?{position}")

    assert refusal.value.status == 422


def test_given_a_page_that_left_when_calls_change_then_it_is_forgotten() -> None:
    hub = LiveHub(SettableClock(NOON))
    client = hub.join(LOOKING)

    hub.leave(client)
    hub.publish_call(call())

    assert (hub.clients, client.messages.qsize()) == (0, 1)


async def _join(application: Application, role: str) -> ClientWebSocketResponse[bool]:
    await application.sign_in(role)
    return await application.client.ws_connect(LIVE)


async def _next(socket: ClientWebSocketResponse[bool]) -> Any:
    return await socket.receive_json(timeout=SECONDS)


async def _until_closed(socket: ClientWebSocketResponse[bool]) -> int | None:
    async with asyncio.timeout(SECONDS):
        while (await socket.receive()).type not in (WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED):
            pass
    return socket.close_code
