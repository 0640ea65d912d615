from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from callcenter.simulator.behaviours import answers, in_turn, rejects, rings_unanswered
from callcenter.simulator.codecs import Clip, Codec, Tone
from callcenter.simulator.facts import CallEnded, DialogState, EndedBy, Milestone, PhoneError, WaitedTooLong
from callcenter.simulator.hearing import Sound, hears, is_silent
from callcenter.simulator.rtp import Hearing, RtpStart


def open_sockets() -> int:
    return sum("socket:" in str(fd.readlink()) for fd in Path("/proc/self/fd").iterdir() if fd.is_symlink())


async def test_given_a_phone_that_answers_when_called_then_both_sides_have_all_milestones_in_order(phone):
    desk = await phone("op8001", on_call=answers(after=0.2))
    caller = await phone("trunk", server=("127.0.0.1", desk.port))

    call = caller.call("4001", caller_id="13800138000")
    await call.rang()
    await call.answered()
    arrived = await desk.next_call()
    seen = await call.bye()
    theirs = await arrived.ended()

    steps = [Milestone.INVITE, Milestone.TRYING, Milestone.RINGING, Milestone.ANSWERED, Milestone.BYE, Milestone.ENDED]
    for facts in (seen, theirs):
        assert list(facts.milestones) == steps
        assert [at.monotonic for at in facts.milestones.values()] == sorted(
            at.monotonic for at in facts.milestones.values()
        )
        assert facts.ringing_seconds == pytest.approx(0.2, abs=0.1)
    assert (theirs.caller, theirs.number, theirs.call_id) == ("13800138000", "4001", seen.call_id)
    assert (seen.ended_by, theirs.ended_by) == (EndedBy.THIS_PHONE, EndedBy.OTHER_SIDE)


async def test_given_a_cadence_of_one_second_when_rung_for_a_tenth_then_one_ring_was_heard(phone):
    desk = await phone(on_call=answers(after=0.1))
    caller = await phone(server=("127.0.0.1", desk.port))
    call = caller.call("8001")
    await call.answered()
    assert call.facts().rings_heard(cadence=1.0) == 1
    assert call.facts().rings_heard(cadence=0.05) >= 2


@pytest.mark.parametrize("codec", list(Codec))
async def test_given_two_tones_when_talking_then_each_side_hears_the_others_tone_only(phone, codec):
    desk = await phone(media=Tone(700), hearing=Hearing.KEEP, codecs=[codec], on_call=answers())
    caller = await phone(server=("127.0.0.1", desk.port), media=Tone(440), hearing=Hearing.KEEP, codecs=[codec])
    call = caller.call("8001")
    arrived = await desk.next_call()
    await call.until(lambda: True)
    await wait_for_packets(call, 40)

    at_caller, at_desk = Sound(call.rtp.heard().pcm), Sound(arrived.rtp.heard().pcm)
    assert at_caller.seconds > 0.5
    assert hears(at_caller, 700, 0.1)
    assert not hears(at_caller, 440, 0.1, share=0.1)
    assert hears(at_desk, 440, 0.1, at_desk.seconds - 0.1)
    assert call.rtp.codec is codec


async def test_given_an_alaw_only_phone_when_called_by_one_that_prefers_ulaw_then_alaw_is_agreed(phone):
    desk = await phone(codecs=[Codec.PCMA], on_call=answers())
    caller = await phone(server=("127.0.0.1", desk.port), codecs=[Codec.PCMU, Codec.PCMA])
    call = caller.call("8001")
    await call.answered()
    arrived = await desk.next_call()
    assert (call.rtp.codec, arrived.rtp.codec) == (Codec.PCMA, Codec.PCMA)


async def test_given_an_initial_sequence_and_ssrc_when_talking_then_packets_carry_them(phone):
    desk = await phone(hearing=Hearing.KEEP, on_call=answers())
    start = RtpStart(sequence=65533, timestamp=2**32 - 160, ssrc=7)
    caller = await phone(server=("127.0.0.1", desk.port), media=Tone(440), rtp_start=start)
    caller.call("8001")
    arrived = await desk.next_call()
    await wait_for_packets(arrived, 5)
    sequences = [packet.sequence for packet in arrived.rtp.packets][:4]
    assert sequences == [65534, 65535, 0, 1]
    assert {packet.ssrc for packet in arrived.rtp.packets} == {7}


async def test_given_a_talk_when_keys_are_pressed_then_the_other_side_gets_each_once(phone):
    desk = await phone(on_call=answers())
    caller = await phone(server=("127.0.0.1", desk.port), media=Tone(440))
    call = caller.call("8001")
    await call.answered()
    call.rtp.press("11*0#")
    arrived = await desk.next_call()
    assert await arrived.heard_digits(5) == "11*0#"


async def test_given_an_unknown_key_when_pressed_then_it_is_refused_and_nothing_sent(phone):
    desk = await phone(on_call=answers())
    caller = await phone(server=("127.0.0.1", desk.port))
    call = caller.call("8001")
    await call.answered()
    with pytest.raises(ValueError, match="substring"):
        call.rtp.press("1x")


async def test_given_a_talk_when_held_and_taken_back_then_the_held_side_falls_silent_meanwhile(phone):
    desk = await phone(media=Tone(700), hearing=Hearing.KEEP, on_call=answers())
    caller = await phone(server=("127.0.0.1", desk.port), media=Tone(440), hearing=Hearing.KEEP)
    call = caller.call("8001")
    await call.answered()
    arrived = await desk.next_call()

    await arrived.hold()
    assert call.held_by_other
    sent = call.rtp.sent, arrived.rtp.sent
    await asyncio.sleep(0.15)
    assert (call.rtp.sent, arrived.rtp.sent) == sent

    await arrived.unhold()
    assert not call.held_by_other
    await wait_for_packets(call, call.rtp.received + 5)
    await wait_for_packets(arrived, arrived.rtp.received + 5)


async def test_given_a_ringing_call_when_cancelled_then_it_ends_with_487_on_both_sides(phone):
    desk = await phone(on_call=rings_unanswered())
    caller = await phone(server=("127.0.0.1", desk.port))
    call = caller.call("8001")
    await call.rang()
    seen = await call.cancel()
    theirs = await (await desk.next_call()).ended()
    assert (seen.final_status, seen.ended_by, seen.answered) == (487, EndedBy.THIS_PHONE, False)
    assert (theirs.final_status, theirs.ended_by) == (487, EndedBy.OTHER_SIDE)
    assert Milestone.CANCEL in theirs.milestones


@pytest.mark.parametrize("status", [486, 603, 404, 480, 503])
async def test_given_a_phone_that_rejects_when_called_then_the_caller_learns_the_status(phone, status):
    desk = await phone(on_call=rejects(status))
    caller = await phone(server=("127.0.0.1", desk.port))
    call = caller.call("8001")
    with pytest.raises(CallEnded) as caught:
        await call.answered()
    assert caught.value.status == status
    assert call.facts().ended_by is EndedBy.FAILURE


async def test_given_a_call_answered_without_ringing_when_ringing_is_awaited_then_it_is_said_so(phone):
    desk = await phone()
    caller = await phone(server=("127.0.0.1", desk.port))
    call = caller.call("8001")
    (await desk.next_call()).answer()
    with pytest.raises(PhoneError, match="without ringing"):
        await call.rang()
    assert call.facts().ringing_seconds == 0.0


async def test_given_nobody_answers_when_the_deadline_passes_then_the_wait_ends_and_the_call_goes_on(phone):
    desk = await phone(on_call=rings_unanswered())
    caller = await phone(server=("127.0.0.1", desk.port))
    call = caller.call("8001")
    with pytest.raises(WaitedTooLong):
        await call.answered(within=0.1)
    assert call.state is DialogState.CALLING


async def test_given_a_script_of_two_when_called_twice_then_first_rejects_second_answers(phone):
    desk = await phone(on_call=in_turn([rejects(486), answers()]))
    caller = await phone(server=("127.0.0.1", desk.port))
    assert (await caller.call("8001").ended()).final_status == 486
    await caller.call("8001").answered()


async def test_given_a_clip_when_it_is_said_once_then_silence_follows(phone, tmp_path):
    path = tmp_path / "clip.wav"
    write_tone(path, 440, seconds=0.3)
    desk = await phone(hearing=Hearing.KEEP, on_call=answers())
    caller = await phone(server=("127.0.0.1", desk.port), media=Clip(path))
    caller.call("8001")
    arrived = await desk.next_call()
    await wait_for_packets(arrived, 35)
    sound = Sound(arrived.rtp.heard().pcm)
    assert hears(sound, 440, 0.0, 0.3)
    assert is_silent(sound, 0.35)


async def test_given_a_hundred_calls_at_once_on_one_port_when_they_end_then_nothing_is_left_open(phone):
    desk = await phone(on_call=answers(after=0.1), media=Tone(700))
    caller = await phone(server=("127.0.0.1", desk.port), media=Tone(440))
    sockets = open_sockets()
    calls = [caller.call(f"{8000 + n}") for n in range(100)]
    await asyncio.gather(*(call.answered() for call in calls))
    await asyncio.gather(*(wait_for_packets(call, 10) for call in calls))
    assert open_sockets() == sockets + 200
    facts = await asyncio.gather(*(call.bye() for call in calls))
    assert len({each.call_id for each in facts}) == 100
    assert all(each.packets_received >= 10 for each in facts)
    assert (caller.dialogs, desk.dialogs) == ({}, {})
    assert open_sockets() == sockets


async def test_given_open_calls_of_every_state_when_phones_close_then_all_have_ended(phone):
    desk = await phone(on_call=in_turn([answers(), rings_unanswered()]))
    caller = await phone(server=("127.0.0.1", desk.port))
    up, ringing = caller.call("8001"), caller.call("8001")
    await asyncio.gather(up.answered(), ringing.rang())
    await caller.close()
    assert (up.state, ringing.state) == (DialogState.ENDED, DialogState.ENDED)
    assert desk.dialogs == {}


async def test_given_a_call_when_its_own_invite_comes_back_then_it_is_refused_as_a_loop(phone):
    caller = await phone()
    caller.server = ("127.0.0.1", caller.port)
    sockets = open_sockets()
    seen = await caller.call("8001").ended()
    assert seen.final_status == 482
    assert open_sockets() == sockets


async def test_given_a_closed_phone_when_it_calls_then_it_says_so(phone):
    closed = await phone()
    await closed.close()
    with pytest.raises(PhoneError, match="not open"):
        closed.call("8001")


async def wait_for_packets(call, count: int) -> None:
    """Wait until a call has received that many RTP packets."""
    async with asyncio.timeout(10):
        while call.rtp.received < count:
            await asyncio.sleep(0.02)


def write_tone(path: Path, frequency: int, *, seconds: float) -> None:
    import wave

    from callcenter.simulator.codecs import sine

    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(sine(Tone(frequency))[: round(8000 * seconds)].tobytes())
