"""Transfers, holds and rescues, proved by sound: whoever speaks is heard by the others and in his own channel.

The trap: Asterisk's translators drop packets whose sequence lies behind the last one, so a phone that takes a call
over and counts from a lower number than the phone before it may be missing from the recording, or from the call. So
each kind is played with the new phone's sequence above and below the old one's.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import Enum

import pytest

from callcenter.simulator.behaviours import answers, passing, rejects
from callcenter.simulator.codecs import Codec
from callcenter.simulator.dialog import Dialog
from callcenter.simulator.facts import EndedBy
from callcenter.simulator.guests import Desk as DemoDesk
from callcenter.simulator.guests import Guests, Staff, Wish
from callcenter.simulator.phone import Behaviour, Phone
from callcenter.simulator.rtp import Hearing, RtpStart
from tests.pbx.sound_checks import CALLER, FIRST, LENGTH, SECOND, channel_of, ear, recording_of, since
from tests.pbx.switchboard import GREETING_TONE, MUSIC_TONE, Desk, Switchboard, until_heard

TALK = 1.0
"""Seconds for which each pair talks."""
RUNS = 10
SETTLED = 0.2
"""Seconds after an answer in which sound may still begin."""
LOW, HIGH = 1_000, 20_000
"""First RTP sequences; the distance is one at which Asterisk takes a packet for late."""


class Order(Enum):
    """The new phone's first RTP sequence beside the old one's: (old, new)."""

    ABOVE = (LOW, HIGH)
    BELOW = (HIGH, LOW)


@dataclass(frozen=True, slots=True)
class Codecs:
    """What each party speaks."""

    caller: Codec = Codec.PCMU
    first: Codec = Codec.PCMU
    second: Codec = Codec.PCMU


MIXED = (
    Codecs(caller=Codec.PCMA),
    Codecs(first=Codec.PCMA, second=Codec.PCMA),
    Codecs(caller=Codec.PCMA, second=Codec.PCMA),
    Codecs(first=Codec.OPUS, second=Codec.OPUS),
    Codecs(second=Codec.OPUS),
    Codecs(caller=Codec.PCMA, first=Codec.OPUS),
)


@dataclass(slots=True)
class Scene:
    """A caller whom the first operator has answered; the second one's phone waits."""

    board: Switchboard
    desk: Desk
    first: Phone
    second: Phone
    call: Dialog
    talk: Dialog
    channel: str
    unique_id: str


@dataclass(frozen=True, slots=True)
class Consultation:
    """The first operator's call to the second, until the transfer was `asked` for (monotonic second)."""

    call: Dialog
    asked: float


@dataclass(frozen=True, slots=True)
class Joint:
    """Where a call passed over: the first operator spoke until `left`, the second from `joined` (monotonic seconds)."""

    left: float
    joined: float
    taken: Dialog
    consultation: Consultation | None = None


Kind = Callable[[Scene], Awaitable[Joint]]


async def attended(scene: Scene) -> Joint:
    """Hold, consult, complete by REFER with Replaces."""
    left = asyncio.get_running_loop().time()
    await scene.talk.hold()
    consult = scene.first.call(scene.desk.supervisor)
    taken = await scene.second.next_call()
    await consult.answered()
    await passing(consult, TALK)
    asked = asyncio.get_running_loop().time()
    await scene.talk.refer(scene.desk.supervisor, replaces=consult)
    assert await scene.talk.transferred() == 200
    await consult.ended()
    return Joint(left, asyncio.get_running_loop().time(), taken, Consultation(consult, asked))


async def blind(scene: Scene) -> Joint:
    """REFER to the second phone, without asking first."""
    left = asyncio.get_running_loop().time()
    await scene.talk.refer(scene.desk.supervisor)
    taken = await scene.second.next_call()
    joined = await taken.answered()
    assert await scene.talk.transferred() == 200
    return Joint(left, joined.monotonic, taken)


async def redirected(scene: Scene) -> Joint:
    """The application leads the caller to the second phone."""
    await scene.board.redirect(scene.channel, scene.desk.supervisor)
    left = asyncio.get_running_loop().time()
    taken = await scene.second.next_call()
    joined = await taken.answered()
    await scene.talk.ended()
    return Joint(left, joined.monotonic, taken)


async def rescued(scene: Scene) -> Joint:
    """The first phone is lost; the application leads the caller to the music, and another operator takes him."""
    await scene.first.unregister()
    answer = await scene.board.action(
        "Redirect", Channel=scene.channel, Context="waiting", Exten=scene.desk.number, Priority="1"
    )
    assert "Response: Success" in answer, answer
    left = asyncio.get_running_loop().time()
    taken = await scene.second.next_call(within=15)
    joined = await taken.answered()
    await scene.talk.ended()
    return Joint(left, joined.monotonic, taken)


KINDS = {"blind": blind, "attended": attended, "redirected": redirected, "rescued": rescued}


@asynccontextmanager
async def talking(
    board: Switchboard,
    kind: Kind,
    order: Order = Order.ABOVE,
    codecs: Codecs | None = None,
    *,
    second: Behaviour | None = None,
) -> AsyncIterator[Scene]:
    """Let a caller and the first operator talk, with the phone ready that will take over."""
    desk, codecs = board.next_desk(), codecs or Codecs()
    taker = desk.wide if kind is rescued else desk.supervisor
    old, new = order.value
    async with (
        board.phone(
            desk.first,
            answers(),
            media=FIRST,
            hearing=Hearing.KEEP,
            codecs=(codecs.first,),
            rtp_start=RtpStart(sequence=old),
        ) as first,
        board.phone(
            taker,
            second or answers(),
            media=SECOND,
            hearing=Hearing.KEEP,
            codecs=(codecs.second,),
            rtp_start=RtpStart(sequence=new),
        ) as other,
        board.guest(media=CALLER, hearing=Hearing.KEEP, codecs=(codecs.caller,)) as guest,
    ):
        call = guest.call(desk.number, caller_id=f"137000{desk.number}")
        await call.answered()
        talk = await first.next_call()
        channel, unique_id = await channel_of(board, call)
        await passing(talk, TALK)
        yield Scene(board, desk, first, other, call, talk, channel, unique_id)


@dataclass(frozen=True, slots=True)
class Played:
    """A call that was passed over and has ended; `over` is the monotonic second before its hang-up."""

    scene: Scene
    joint: Joint
    over: float


async def play(board: Switchboard, kind: Kind, order: Order, codecs: Codecs | None = None) -> Played:
    """Let two talk, pass the call over, let the next two talk."""
    async with talking(board, kind, order, codecs) as scene:
        joint = await kind(scene)
        await passing(joint.taken, TALK)
        over = asyncio.get_running_loop().time()
        await scene.call.bye()
        await joint.taken.ended()
    return Played(scene, joint, over)


async def listen(played: Played) -> None:
    """Assert that everybody was heard where he should be; done when no call is on, since it holds up the phones."""
    scene, joint, over = played.scene, played.joint, played.over
    began = since(scene.call)
    ear("the caller", scene.call).has(FIRST, began + SETTLED, joint.left)
    ear("the caller", scene.call).has(SECOND, joint.joined, over)
    ear("the caller", scene.call).has_not(FIRST, joint.joined, over)
    ear("the first operator", scene.talk).has(CALLER, began + SETTLED, joint.left)
    ear("the second operator", joint.taken).has(CALLER, joint.joined, over)
    if joint.consultation is not None:
        began_consulting, asked = since(joint.consultation.call) + SETTLED, joint.consultation.asked
        ear("the consulting operator", joint.consultation.call).has(SECOND, began_consulting, asked)
        ear("the consulted operator", joint.taken).has(FIRST, began_consulting, asked)
        ear("the consulted operator", joint.taken).has_not(CALLER, began_consulting, asked)
    recorded = await recording_of(scene.board, scene.call, scene.unique_id)
    assert recorded.seconds == pytest.approx(scene.call.facts().talk_seconds, abs=LENGTH)
    recorded.heard.has(CALLER, began, over)
    recorded.said.has(FIRST, began + SETTLED, joint.left)
    recorded.said.has(SECOND, joint.joined, over)
    recorded.said.has_not(FIRST, joint.joined, over)
    recorded.said.has_not(SECOND, began, joint.left)


@pytest.fixture(autouse=True)
async def living_application(switchboard: Switchboard) -> None:
    await switchboard.beat()


@pytest.mark.parametrize("order", Order)
@pytest.mark.parametrize("kind", KINDS)
async def test_given_ten_calls_passed_over_at_once_then_every_voice_is_heard_and_in_its_own_channel(
    switchboard: Switchboard, kind: str, order: Order
) -> None:
    played = await asyncio.gather(*(play(switchboard, KINDS[kind], order) for _ in range(RUNS)))
    await asyncio.gather(*(listen(one) for one in played))


@pytest.mark.parametrize("kind", KINDS)
async def test_given_mixed_codecs_when_calls_are_passed_over_then_every_voice_is_heard_and_in_its_own_channel(
    switchboard: Switchboard, kind: str
) -> None:
    plays = [play(switchboard, KINDS[kind], order, codecs) for codecs in MIXED for order in Order]
    played = await asyncio.gather(*plays)
    await asyncio.gather(*(listen(one) for one in played))


@pytest.mark.parametrize("order", Order)
async def test_given_phones_that_begin_a_new_stream_when_they_go_on_then_both_are_heard_and_recorded(
    switchboard: Switchboard, order: Order
) -> None:
    async with talking(switchboard, redirected, order) as scene:
        for stream in (scene.call.rtp, scene.talk.rtp):
            stream.sequence = (stream.sequence + order.value[1] - order.value[0]) % (1 << 16)
            stream.ssrc, stream.timestamp = stream.ssrc ^ 1, stream.timestamp ^ (1 << 30)
        began_anew = asyncio.get_running_loop().time()
        await passing(scene.talk, TALK)
        over = asyncio.get_running_loop().time()
        await scene.call.bye()
    ear("the caller", scene.call).has(FIRST, began_anew, over)
    ear("the operator", scene.talk).has(CALLER, began_anew, over)
    recorded = await recording_of(switchboard, scene.call, scene.unique_id)
    recorded.said.has(FIRST, began_anew, over)
    recorded.heard.has(CALLER, began_anew, over)


async def test_given_a_consultation_when_it_is_given_up_then_the_caller_talks_with_the_operator_again(
    switchboard: Switchboard,
) -> None:
    async with talking(switchboard, attended, Order.BELOW) as scene:
        await scene.talk.hold()
        consult = scene.first.call(scene.desk.supervisor)
        await consult.answered()
        await passing(consult, TALK)
        await consult.bye()
        await scene.talk.unhold()
        back = asyncio.get_running_loop().time()
        await passing(scene.talk, TALK)
        over = asyncio.get_running_loop().time()
        facts = await scene.call.bye()
    began = since(scene.call)
    ear("the caller", scene.call).has(FIRST, back, over)
    ear("the caller", scene.call).has_not(SECOND, began, over)
    ear("the operator", scene.talk).has(CALLER, back, over)
    recorded = await recording_of(switchboard, scene.call, scene.unique_id)
    recorded.said.has(FIRST, back, over)
    recorded.said.has_not(SECOND, began, over)
    recorded.heard.has(CALLER, began, over)
    assert recorded.seconds == pytest.approx(facts.talk_seconds, abs=LENGTH)


async def test_given_a_colleague_who_rejects_the_consultation_then_the_caller_talks_with_the_operator_again(
    switchboard: Switchboard,
) -> None:
    async with talking(switchboard, attended, Order.BELOW, second=rejects()) as scene:
        await scene.talk.hold()
        assert (await scene.first.call(scene.desk.supervisor).ended()).final_status == 486
        await scene.talk.unhold()
        back = asyncio.get_running_loop().time()
        await passing(scene.talk, TALK)
        over = asyncio.get_running_loop().time()
        await scene.call.bye()
    ear("the caller", scene.call).has(FIRST, back, over)
    ear("the operator", scene.talk).has(CALLER, back, over)
    (await recording_of(switchboard, scene.call, scene.unique_id)).said.has(FIRST, back, over)


async def test_given_a_colleague_who_rejects_a_redirected_call_then_music_and_the_next_free_operator_follow(
    switchboard: Switchboard,
) -> None:
    async with talking(switchboard, redirected, Order.BELOW, second=rejects(after=0.5)) as scene:
        await switchboard.redirect(scene.channel, scene.desk.supervisor)
        left = asyncio.get_running_loop().time()
        await scene.talk.ended()
        again = await scene.first.next_call(within=15)
        back = (await again.answered()).monotonic
        await passing(again, TALK)
        over = asyncio.get_running_loop().time()
        facts = await scene.call.bye()
    ear("the caller", scene.call).has_not(FIRST, left + SETTLED, back)
    assert ear("the caller", scene.call).longest_with(MUSIC_TONE, left, back) > 0
    ear("the caller", scene.call).has(FIRST, back, over)
    ear("the operator", again).has(CALLER, back, over)
    recorded = await recording_of(switchboard, scene.call, scene.unique_id)
    recorded.said.has(FIRST, back, over)
    assert recorded.seconds == pytest.approx(facts.talk_seconds, abs=LENGTH)


@pytest.mark.parametrize("by", ["operator", "caller"])
async def test_given_a_held_call_when_it_is_taken_back_then_both_are_heard_and_the_recording_keeps_its_length(
    switchboard: Switchboard, by: str
) -> None:
    async with talking(switchboard, redirected, Order.BELOW) as scene:
        holder, other = (scene.talk, scene.call) if by == "operator" else (scene.call, scene.talk)
        await holder.hold()
        held = asyncio.get_running_loop().time()
        await passing(other, TALK)
        asked = asyncio.get_running_loop().time()
        await holder.unhold()
        back = asyncio.get_running_loop().time()
        await passing(other, TALK)
        over = asyncio.get_running_loop().time()
        facts = await scene.call.bye()
    voice = FIRST if by == "operator" else CALLER
    ear("the held party", other).has_not(voice, held, asked)
    ear("the held party", other).has(MUSIC_TONE, held, asked)
    ear("the caller", scene.call).has(FIRST, back, over)
    ear("the operator", scene.talk).has(CALLER, back, over)
    recorded = await recording_of(switchboard, scene.call, scene.unique_id)
    side = recorded.said if by == "operator" else recorded.heard
    side.has_not(voice, held, asked)
    recorded.said.has(FIRST, back, over)
    recorded.heard.has(CALLER, back, over)
    assert recorded.seconds == pytest.approx(facts.talk_seconds, abs=LENGTH)


async def test_given_a_waiting_caller_whom_the_system_answered_when_an_operator_comes_then_all_of_it_is_recorded(
    switchboard: Switchboard, desk: Desk
) -> None:
    async with switchboard.guest(media=CALLER, hearing=Hearing.KEEP) as guest:
        call = guest.call(desk.number, caller_id=f"137000{desk.number}")
        await call.answered()
        _, unique_id = await channel_of(switchboard, call)
        await until_heard(call, MUSIC_TONE)
        async with switchboard.phone(desk.first, answers(), media=FIRST, hearing=Hearing.KEEP) as operator:
            talk = await operator.next_call(within=15)
            joined = (await talk.answered()).monotonic
            await passing(talk, TALK)
            over = asyncio.get_running_loop().time()
            facts = await call.bye()
    began = since(call)
    recorded = await recording_of(switchboard, call, unique_id)
    assert recorded.seconds == pytest.approx(facts.talk_seconds, abs=LENGTH)
    assert recorded.said.longest_with(GREETING_TONE, began, joined) == pytest.approx(0.6, abs=0.2)
    assert recorded.said.longest_with(MUSIC_TONE, began, joined) > 0.1
    recorded.heard.has(CALLER, began, over)
    recorded.said.has(FIRST, joined, over)
    ear("the operator", talk).has(CALLER, joined, over)


async def test_given_a_guest_of_the_demo_who_asks_for_a_colleague_then_the_colleague_ends_the_call(
    switchboard: Switchboard, desk: Desk
) -> None:
    caller, passwords = f"137000{desk.number}", switchboard.secrets.phones
    desk_phone, colleague = (
        DemoDesk(extension, passwords[f"op{extension}"]) for extension in (desk.first, desk.supervisor)
    )
    async with (
        Staff(switchboard.server, [desk_phone], colleague, {caller: Wish.COLLEAGUE}),
        Guests(switchboard.server) as guests,
    ):
        await switchboard.until_state(desk.first, "Not in use")
        visit = await guests.visit(desk.number, caller, Wish.COLLEAGUE)
    assert visit.reached_person
    assert visit.facts.ended_by is EndedBy.OTHER_SIDE
    events = switchboard.cel_file.read_text(encoding="utf-8").splitlines()
    with_colleague = [event for event in events if f'"PJSIP/op{desk.supervisor}-' in event and '"PJSIP/trunk-' in event]
    assert with_colleague
