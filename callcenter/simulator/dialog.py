"""One call on a simulated phone: what can be done with it and what can be waited for."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING
from urllib.parse import quote

import structlog

from callcenter.simulator import sdp
from callcenter.simulator.codecs import TELEPHONE_EVENT, Codec
from callcenter.simulator.facts import (
    CallEnded,
    CallFacts,
    DialogState,
    EndedBy,
    Instant,
    Milestone,
    Origin,
    PhoneError,
    WaitedTooLong,
    instant,
)
from callcenter.simulator.rtp import RtpStream
from callcenter.simulator.sdp import MediaDirection, RemoteMedia
from callcenter.simulator.sip import Message, new_branch, new_id, response_to, tag_of, uri_of, user_of

log = structlog.get_logger(__name__)

if TYPE_CHECKING:
    from callcenter.simulator.phone import Phone
    from callcenter.simulator.transactions import Address

DEADLINE = 10.0
"""Seconds that a wait lasts unless it is told otherwise."""
PROGRESS = {Milestone.TRYING, Milestone.RINGING, Milestone.PROGRESS, Milestone.ANSWERED}


class Dialog:
    """A call placed or received by a `Phone`; made by it, never directly."""

    def __init__(
        self, phone: Phone, *, origin: Origin, call_id: str, caller: str, number: str, peer: Address, rtp: RtpStream
    ) -> None:
        self.phone = phone
        self.origin = origin
        self.call_id = call_id
        self.caller = caller
        self.number = number
        self.peer = peer
        self.rtp = rtp
        self.state = DialogState.CALLING
        self.milestones: dict[Milestone, Instant] = {}
        self.ended_by = EndedBy.NOBODY_YET
        self.final_status = 0
        self.local = ""
        self.remote = ""
        self.target = ""
        self.invite: Message | None = None
        self.transfer_progress: list[int] = []
        self.held_by_other = False
        self.wish = MediaDirection.SENDRECV
        self._cseq = random.randrange(100, 10_000)
        self._description = 0
        self._route: list[str] = []
        self._waiting: list[asyncio.Future[None]] = []
        self._reinviting = False
        self._codecs: dict[Codec, int] = {codec: codec.value.payload_type for codec in phone.codecs}
        self._digits_type: int | None = TELEPHONE_EVENT
        rtp.on_digit = self.changed
        self.mark(Milestone.INVITE)

    # --- what was seen

    def facts(self) -> CallFacts:
        """Return what this phone saw of the call so far."""
        return CallFacts(
            call_id=self.call_id,
            origin=self.origin,
            caller=self.caller,
            number=self.number,
            milestones=dict(self.milestones),
            ended_by=self.ended_by,
            final_status=self.final_status,
            packets_sent=self.rtp.sent,
            packets_received=self.rtp.received,
        )

    @property
    def digits(self) -> str:
        """The keys that the other side has pressed."""
        return "".join(heard.digit for heard in self.rtp.digits_heard)

    # --- what can be waited for

    async def until(self, happened: Callable[[], bool], within: float = DEADLINE, what: str = "a change") -> None:
        """Wait until a condition on this call holds; it is looked at whenever the call changes.

        Raises:
            WaitedTooLong: it did not hold within `within` seconds.
            CallEnded: the call ended first.
        """
        deadline = time.monotonic() + within
        while not happened():
            if self.state is DialogState.ENDED:
                raise CallEnded(self.call_id, self.final_status)
            change = asyncio.get_running_loop().create_future()
            self._waiting.append(change)
            try:
                async with asyncio.timeout(deadline - time.monotonic()):
                    await change
            except TimeoutError:
                raise WaitedTooLong(f"{what} on call {self.call_id} within {within} s") from None

    async def rang(self, within: float = DEADLINE) -> Instant:
        """Wait for the first 180 and return when it came; an answer without ringing raises `PhoneError`."""
        await self.until(lambda: self.milestones.keys() >= {Milestone.RINGING} or self._is_up(), within, "ringing")
        if Milestone.RINGING not in self.milestones:
            raise PhoneError(f"call {self.call_id} was answered without ringing")
        return self.milestones[Milestone.RINGING]

    async def answered(self, within: float = DEADLINE) -> Instant:
        """Wait for 200 OK and return when it came."""
        await self.until(lambda: Milestone.ANSWERED in self.milestones, within, "an answer")
        return self.milestones[Milestone.ANSWERED]

    async def ended(self, within: float = DEADLINE) -> CallFacts:
        """Wait for the end of the call and return what was seen of it."""
        await self.until(lambda: self.state is DialogState.ENDED, within, "the end")
        return self.facts()

    async def heard_digits(self, count: int, within: float = DEADLINE) -> str:
        """Wait until the other side has pressed at least `count` keys and return them."""
        await self.until(lambda: len(self.rtp.digits_heard) >= count, within, f"{count} digits")
        return self.digits

    async def transferred(self, within: float = DEADLINE) -> int:
        """Wait for the final word on a REFER and return its status, 200 if the transfer succeeded.

        After a success this phone leaves the call, as desk phones do: Asterisk waits for that.
        """
        await self.until(lambda: self._transfer_result() is not None, within, "the end of a transfer")
        status = self._transfer_result() or 0
        if status < 300:
            await self.bye(within)
        return status

    # --- what a person with the phone in hand can do

    def ring(self) -> None:
        """Tell the caller that this phone rings (180)."""
        self._reply_to_invite(180)
        self.mark(Milestone.RINGING)

    def answer(self) -> None:
        """Pick up (200 OK).

        Raises:
            CallEnded: the caller has given up already.
        """
        if self.state is not DialogState.CALLING or self.invite is None:
            raise CallEnded(self.call_id, self.final_status)
        self.state = DialogState.UP
        offer = sdp.read(self.invite.body)
        if offer is not None:
            self._agree(offer)
        self.phone.respond(self, self.invite, 200, body=self.describe(self._allowed(offer)))
        self.mark(Milestone.ANSWERED)

    def reject(self, status: int = 486) -> None:
        """Refuse the call: 486 busy, 603 declined, 404 no such number, 480 unavailable, 503 congestion."""
        if self.state is DialogState.CALLING:
            self._reply_to_invite(status)
            self.finish(EndedBy.THIS_PHONE, status)

    async def cancel(self, within: float = DEADLINE) -> CallFacts:
        """Give up before the answer (CANCEL) and wait until the call has ended.

        Where the answer crossed the CANCEL the call is ended by BYE.
        """
        if self.state is DialogState.CALLING and self.origin is Origin.PLACED:
            # an INVITE that nobody has seen yet cannot be cancelled (RFC 3261, 9.1)
            await self.until(lambda: self.milestones.keys() & PROGRESS != set(), within, "a provisional response")
        if self.state is DialogState.CALLING and self.origin is Origin.PLACED:
            self.mark(Milestone.CANCEL)
            self.phone.send_cancel(self)
            await self.until(lambda: self.state is not DialogState.CALLING, within, "the end")
        return await self.bye(within)

    async def bye(self, within: float = DEADLINE) -> CallFacts:
        """Hang up an answered call; it has ended on this side at once, the other's 200 is waited for."""
        if self.state is DialogState.UP:
            self.mark(Milestone.BYE)
            farewell = self.request("BYE", within=within)
            self.finish(EndedBy.THIS_PHONE, 0)
            try:
                await farewell
            except WaitedTooLong:
                log.info("goodbye_unanswered", call_id=self.call_id)
        return self.facts()

    async def hold(self, direction: MediaDirection = MediaDirection.SENDONLY, within: float = DEADLINE) -> None:
        """Put the other side on hold by re-INVITE, `sendonly` or `inactive`; this phone falls silent."""
        await self._reinvite(direction, within)

    async def unhold(self, within: float = DEADLINE) -> None:
        """Take the other side back from hold."""
        await self._reinvite(MediaDirection.SENDRECV, within)

    async def refer(self, to: str, *, replaces: Dialog | None = None, within: float = DEADLINE) -> int:
        """Ask the exchange to connect the other side with `to`, or with the party of this phone's other call.

        Returns the status of the REFER itself, 202 when accepted; `transferred()` tells how it went on.
        """
        host, port = self.phone.server
        target = f"sip:{to}@{host}:{port}"
        if replaces is not None:
            tags = f"to-tag={tag_of(replaces.remote)};from-tag={tag_of(replaces.local)}"
            target += f"?Replaces={quote(f'{replaces.call_id};{tags}', safe='')}"
        own = f"<sip:{self.phone.user}@{self.phone.host}>"
        self.transfer_progress.clear()
        headers = [("refer-to", f"<{target}>"), ("referred-by", own)]
        return (await self.request("REFER", headers, within=within)).status

    # --- signalling inside the dialog

    def mark(self, milestone: Milestone) -> None:
        """Note the first time of a step and wake who waits."""
        self.milestones.setdefault(milestone, instant())
        self.changed()

    def changed(self) -> None:
        """Wake everybody who waits for something on this call."""
        waiting, self._waiting = self._waiting, []
        for change in waiting:
            if not change.done():
                change.set_result(None)

    def finish(self, by: EndedBy, status: int) -> None:
        """Close the call on this side: sound stops, waits end."""
        if self.state is DialogState.ENDED:
            return
        self.state = DialogState.ENDED
        self.final_status = status
        given_up = self.origin is Origin.PLACED and Milestone.CANCEL in self.milestones
        self.ended_by = EndedBy.THIS_PHONE if given_up and status == 487 else by
        self.rtp.close()
        self.phone.forget(self)
        self.mark(Milestone.ENDED)

    def build(self, method: str, headers: Iterable[tuple[str, str]] = (), body: str = "") -> Message:
        """Build the next request of this dialog."""
        if method != "ACK":
            self._cseq += 1
        request = Message(method=method, uri=self.target, body=body)
        request.headers = [("via", self.phone.via(new_branch())), ("max-forwards", "70")]
        request.headers += [("route", route) for route in self._route]
        request.headers += [("from", self.local), ("to", self.remote), ("call-id", self.call_id)]
        request.headers += [("cseq", f"{self._cseq} {method}"), ("contact", self.phone.contact), *headers]
        if body:
            request.headers.append(("content-type", "application/sdp"))
        return request

    async def request(
        self, method: str, headers: Iterable[tuple[str, str]] = (), body: str = "", within: float = DEADLINE
    ) -> Message:
        """Send a request inside the dialog and return its final response, a challenge answered on the way."""
        return await self.phone.transact(lambda extra: self.build(method, [*headers, *extra], body), self.peer, within)

    def acknowledge(self, response: Message) -> None:
        """Send the ACK for a 200 OK to our INVITE."""
        ack = self.build("ACK")
        ack.headers = [(name, f"{response.cseq} ACK" if name == "cseq" else value) for name, value in ack.headers]
        self.phone.acknowledge(self, response, ack)

    def establish(self, response: Message) -> None:
        """Take tags, target and route from a response to our INVITE."""
        self.remote = response.get("to")
        if contact := response.get("contact"):
            self.target = uri_of(contact)
        self._route = list(reversed(response.get_all("record-route")))

    def receive_invite(self, invite: Message) -> None:
        """Take tags, target and route from an INVITE that reached us."""
        self.invite = invite
        self.remote = invite.get("from")
        self.local = f"{invite.get('to')};tag={new_id()}"
        self.target = uri_of(invite.get("contact")) or invite.uri
        self._route = invite.get_all("record-route")

    def describe(self, direction: MediaDirection | None = None) -> str:
        """Write this phone's session description."""
        self._description += 1
        return sdp.write(
            host=self.phone.host,
            port=self.rtp.port,
            codecs=self._codecs,
            direction=direction or self.wish,
            version=self._description,
            digits_type=self._digits_type,
        )

    def media_answered(self, body: str) -> None:
        """Take the other side's answer to our offer."""
        answer = sdp.read(body)
        if answer is not None:
            self._agree(answer)
            self.held_by_other = not answer.direction.receives and self.wish.receives
            self._mute()

    def receive_reinvite(self, request: Message) -> None:
        """Answer a re-INVITE or UPDATE; without an offer the answer carries ours."""
        if self._reinviting and request.method == "INVITE":
            self.phone.respond(self, request, 491)
            return
        offer = sdp.read(request.body)
        if request.method == "UPDATE" and offer is None:
            self.phone.respond(self, request, 200)
            return
        if offer is not None:
            self._agree(offer)
            self.held_by_other = not offer.direction.receives
        direction = self._allowed(offer)
        self._mute()
        self.phone.respond(self, request, 200, body=self.describe(direction))
        self.changed()

    def receive_notify(self, request: Message) -> None:
        """Note how a transfer goes on (message/sipfrag)."""
        self.phone.respond(self, request, 200)
        status = request.body[8:11]
        if request.body.startswith("SIP/2.0 ") and status.isdigit():
            self.transfer_progress.append(int(status))
            self.changed()

    def _transfer_result(self) -> int | None:
        return next((status for status in self.transfer_progress if status >= 200), None)

    def _mute(self) -> None:
        # a phone that holds falls silent although `sendonly` would let it play music
        self.rtp.mute(on=self.held_by_other or self.wish is not MediaDirection.SENDRECV)

    def _is_up(self) -> bool:
        return self.state is DialogState.UP

    def _allowed(self, offer: RemoteMedia | None) -> MediaDirection:
        return self.wish if offer is None else self.wish.answer_to(offer.direction)

    def _agree(self, media: RemoteMedia) -> None:
        common = [codec for codec in media.codecs if codec in self.phone.codecs]
        if not common:
            return
        codec = common[0]
        self._codecs = {codec: media.payload_types[codec]}
        self._digits_type = media.telephone_event
        self.rtp.aim(media.host, media.port, codec, media.payload_types[codec], media.telephone_event)

    def _reply_to_invite(self, status: int) -> None:
        if self.state is not DialogState.CALLING or self.invite is None:
            raise CallEnded(self.call_id, self.final_status)
        self.phone.respond(self, self.invite, status)

    async def _reinvite(self, direction: MediaDirection, within: float) -> None:
        self.wish = direction
        try:
            async with asyncio.timeout(within):
                response = await self._offer_again(within)
        except WaitedTooLong:
            raise
        except TimeoutError:
            raise WaitedTooLong(f"a re-INVITE on call {self.call_id} within {within} s") from None
        if response.status not in range(200, 300):
            raise PhoneError(f"re-INVITE on call {self.call_id} refused with {response.status}")
        self.acknowledge(response)
        self.media_answered(response.body)

    async def _offer_again(self, within: float) -> Message:
        while True:
            self._reinviting = True
            try:
                response = await self.request("INVITE", body=self.describe(), within=within)
            finally:
                self._reinviting = False
            if response.status != 491:
                return response
            # both sides renegotiate at once; whoever began the call waits longer (RFC 3261, 14.1: 2.1–4 s and 0–2 s)
            shortest, longest = (4.2, 8.0) if self.origin is Origin.PLACED else (0.2, 4.0)
            await asyncio.sleep(random.uniform(shortest, longest) * self.phone.timers.t1)


def local_response(dialog: Dialog, request: Message, status: int, body: str) -> Message:
    """Build a response with this side's tag, Contact and, where there is one, session description."""
    headers = [("contact", dialog.phone.contact), ("allow", ALLOWED)]
    if body:
        headers.append(("content-type", "application/sdp"))
    return response_to(request, status, to_tag=tag_of(dialog.local), headers=headers, body=body)


def numbers_of(invite: Message) -> tuple[str, str]:
    """Return caller and called number of an INVITE."""
    return user_of(invite.get("from")), user_of(invite.get("to"))


ALLOWED = "INVITE, ACK, BYE, CANCEL, OPTIONS, NOTIFY, REFER, UPDATE"
