from __future__ import annotations

import asyncio
from urllib.parse import unquote

import pytest

from callcenter.simulator.behaviours import answers
from callcenter.simulator.facts import CallEnded, DialogState, EndedBy, Milestone
from callcenter.simulator.sdp import MediaDirection
from callcenter.simulator.sip import parse, tag_of


@pytest.fixture
async def talk(phone, wire):
    """A call between two phones, and every datagram of it."""
    seen: list[bytes] = []

    def note(datagram: bytes) -> bool:
        seen.append(datagram)
        return False

    line = await wire(note)
    desk = await phone("op8001", server=line.address, on_call=answers())
    caller = await phone("trunk", server=line.address)
    line.ends = [("127.0.0.1", caller.port), ("127.0.0.1", desk.port)]
    call = caller.call("8001", headers={"X-Room": "0301"}, caller_id="13800138000", caller_name="Guest")
    await call.answered()
    return call, await desk.next_call(), seen


async def test_given_extra_headers_and_a_name_when_called_then_the_invite_carries_them(talk):
    _, _, seen = talk
    invite = parse(seen[0])
    assert invite.get("x-room") == "0301"
    assert invite.get("from").startswith('"Guest" <sip:13800138000@')


@pytest.mark.parametrize(("method", "status"), [("OPTIONS", 200), ("UPDATE", 200), ("NOTIFY", 200), ("INFO", 501)])
async def test_given_a_talk_when_a_request_comes_inside_it_then_it_is_answered(talk, method, status):
    call, arrived, _ = talk
    assert (await arrived.request(method)).status == status
    assert call.state is DialogState.UP


async def test_given_an_ended_call_when_a_request_comes_for_it_then_it_is_unknown(talk):
    call, arrived, _ = talk
    call.finish(EndedBy.THIS_PHONE, 0)
    assert (await arrived.request("INFO")).status == 481
    assert (await arrived.request("NOTIFY")).status == 200


async def test_given_a_transfer_to_a_number_when_it_succeeds_then_the_phone_leaves_the_call(talk):
    call, arrived, seen = talk
    assert await arrived.refer("8002") == 501
    refer = next(parse(each) for each in seen if each.startswith(b"REFER"))
    host, port = arrived.phone.server
    assert refer.get("refer-to") == f"<sip:8002@{host}:{port}>"

    waiting = asyncio.create_task(arrived.transferred())
    await call.request("NOTIFY", body="SIP/2.0 100 Trying\r\n")
    assert not waiting.done()
    await call.request("NOTIFY", body="SIP/2.0 200 OK\r\n")
    assert await waiting == 200
    assert (await call.ended()).ended_by is EndedBy.OTHER_SIDE


async def test_given_a_transfer_that_fails_when_it_is_told_then_the_phone_keeps_the_call(talk):
    call, arrived, _ = talk
    await arrived.refer("8002")
    await call.request("NOTIFY", body="SIP/2.0 486 Busy Here\r\n")
    assert await arrived.transferred() == 486
    assert arrived.state is DialogState.UP


async def test_given_a_consultation_when_transferred_to_it_then_replaces_names_call_and_tags(talk, phone):
    _, arrived, seen = talk
    target = await phone("op8002", on_call=answers())
    arrived.phone.server, line = ("127.0.0.1", target.port), arrived.phone.server
    consultation = arrived.phone.call("8002")
    await consultation.answered()
    arrived.phone.server = line

    await arrived.refer("8002", replaces=consultation)
    refer = next(parse(each) for each in seen if each.startswith(b"REFER"))
    tags = f"to-tag={tag_of(consultation.remote)};from-tag={tag_of(consultation.local)}"
    uri, _, replaces = refer.get("refer-to").strip("<>").partition("?Replaces=")
    assert uri.startswith("sip:8002@")
    assert unquote(replaces) == f"{consultation.call_id};{tags}"
    assert not set(replaces) & set(";=@")


async def test_given_both_sides_hold_at_once_when_the_offers_cross_then_both_succeed_in_the_end(talk):
    call, arrived, _ = talk
    await asyncio.gather(call.hold(), arrived.hold(MediaDirection.INACTIVE))
    assert (call.wish, arrived.wish) == (MediaDirection.SENDONLY, MediaDirection.INACTIVE)
    await arrived.unhold()
    await call.unhold()
    assert not call.held_by_other
    assert not arrived.held_by_other


async def test_given_the_answer_crosses_the_cancel_when_it_arrives_first_then_the_call_is_ended_by_bye(phone, wire):
    line = await wire(lambda datagram: datagram.startswith(b"CANCEL"))
    desk = await phone("op8001", server=line.address)
    caller = await phone("trunk", server=line.address)
    line.ends = [("127.0.0.1", caller.port), ("127.0.0.1", desk.port)]
    call = caller.call("8001")
    arrived = await desk.next_call()
    arrived.ring()
    await call.rang()
    giving_up = asyncio.create_task(call.cancel())
    await call.until(lambda: Milestone.CANCEL in call.milestones)
    arrived.answer()
    seen = await giving_up
    assert (seen.answered, seen.ended_by) == (True, EndedBy.THIS_PHONE)
    assert (await arrived.ended()).ended_by is EndedBy.OTHER_SIDE


async def test_given_a_caller_who_has_given_up_when_answered_then_it_is_too_late(phone):
    desk = await phone()
    caller = await phone(server=("127.0.0.1", desk.port))
    call = caller.call("8001")
    arrived = await desk.next_call()
    await call.cancel()
    with pytest.raises(CallEnded):
        arrived.answer()
    with pytest.raises(CallEnded):
        arrived.ring()
