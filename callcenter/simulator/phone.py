"""A scriptable SIP phone: registers, calls, is called, and carries many calls at once on one UDP port."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from typing import Any, Self

import structlog

from callcenter.simulator.codecs import Codec, Media, payloads
from callcenter.simulator.dialog import ALLOWED, DEADLINE, Dialog, local_response, numbers_of
from callcenter.simulator.facts import (
    DialogState,
    EndedBy,
    Milestone,
    Origin,
    PhoneError,
    RegistrationRefused,
    WaitedTooLong,
)
from callcenter.simulator.rtp import Hearing, RtpStart, RtpStream
from callcenter.simulator.sip import (
    Credentials,
    Message,
    answer_challenge,
    new_branch,
    new_id,
    response_to,
    tag_of,
)
from callcenter.simulator.transactions import Address, SipSocket, Timers

log = structlog.get_logger(__name__)

Behaviour = Callable[[Dialog], Awaitable[None]]
"""What a phone does with a call that reaches it; ends early when the call does."""

RETRY_REGISTRATION = 2.0
GOODBYE_SECONDS = 1.0
ARRIVALS_KEPT = 200
LAMP = "message-summary"


class Phone:
    """One SIP account on one UDP port; use it as `async with Phone(...) as phone`.

    Args:
        user: account name; also the caller id of calls that give none.
        password: of the account; empty for a peer that is known by its address (a carrier).
        server: where every request goes: the exchange, or another phone.
        host: own address.
        port: own UDP port; 0 lets the system choose.
        codecs: what it speaks, best first.
        media: what it says once a call is answered; None sends no packets.
        hearing: whether received sound is kept or only counted.
        rtp_start: first sequence number, timestamp and SSRC of its streams.
        on_call: what it does with calls that reach it; without one they wait for `next_call`.
        timers: SIP retransmission.

    `lamp`: whether its message lamp is lit; None until the exchange has told.
    """

    def __init__(
        self,
        user: str,
        password: str = "",
        *,
        server: Address,
        host: str = "127.0.0.1",
        port: int = 0,
        codecs: Sequence[Codec] = (Codec.PCMU,),
        media: Media = None,
        hearing: Hearing = Hearing.COUNT,
        rtp_start: RtpStart | None = None,
        on_call: Behaviour | None = None,
        timers: Timers | None = None,
    ) -> None:
        self.user = user
        self.server = server
        self.host = host
        self.port = port
        self.codecs = tuple(codecs)
        self.media = media
        self.hearing = hearing
        self.rtp_start = rtp_start or RtpStart()
        self.on_call = on_call
        self.dialogs: dict[str, Dialog] = {}
        self._credentials = Credentials(user, password)
        self.timers = timers or Timers()
        self._socket: SipSocket | None = None
        self._arrived: asyncio.Queue[Dialog] = asyncio.Queue(ARRIVALS_KEPT)
        self._tasks: set[asyncio.Task[None]] = set()
        self._refreshing: asyncio.Task[None] | None = None
        self._registration = (new_id(), new_id(), 0)
        self.lamp: bool | None = None
        self._lamp_told = asyncio.Event()

    async def start(self) -> Self:
        """Open the port; what will be said is encoded now, so that no call waits for it."""
        if self.media is not None:
            for codec in self.codecs:
                payloads(self.media, codec)
        loop = asyncio.get_running_loop()
        transport, self._socket = await loop.create_datagram_endpoint(
            lambda: SipSocket(self, self.timers), (self.host, self.port)
        )
        self.port = transport.get_extra_info("sockname")[1]
        return self

    async def close(self) -> None:
        """Hang up every call, stop every script and close the port; takes at most about a second."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._stop_refreshing()
        await asyncio.gather(*(self._part_from(dialog) for dialog in list(self.dialogs.values())))
        if self._socket is not None:
            self._socket.close()

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(self, *exception: object) -> None:
        await self.close()

    # --- what a person can do

    async def register(self, *, expires: int = 120, contact: str | None = None, within: float = DEADLINE) -> None:
        """Register and stay registered until `unregister` or `close`.

        Args:
            expires: seconds asked for; renewed at half of them.
            contact: where calls for this account shall go instead of here, as `sip:user@host:port`.
            within: seconds.

        Raises:
            RegistrationRefused: wrong name or password, or the registrar does not want us.
            WaitedTooLong: no answer.
        """
        await self._register(expires, contact, within)
        await self._stop_refreshing()
        self._refreshing = asyncio.create_task(self._stay_registered(expires, contact), name=f"register-{self.user}")

    async def unregister(self, *, contact: str | None = None, within: float = DEADLINE) -> None:
        """Take the registration back."""
        await self._stop_refreshing()
        await self._register(0, contact, within)

    async def ask_for_lamp(self, *, expires: int = 60, within: float = DEADLINE) -> None:
        """Subscribe to the message lamp, as some telephones do (RFC 3842).

        Raises:
            RegistrationRefused: the exchange does not want us to.
            WaitedTooLong: no answer.
        """
        uri = f"sip:{self.user}@{self.server[0]}:{self.server[1]}"
        call_id, tag, numbers = new_id(), new_id(), itertools.count(1)

        def build(extra: Iterable[tuple[str, str]]) -> Message:
            request = Message(method="SUBSCRIBE", uri=uri)
            request.headers = [("via", self.via(new_branch())), ("max-forwards", "70")]
            request.headers += [("from", f"<{uri}>;tag={tag}"), ("to", f"<{uri}>"), ("call-id", call_id)]
            request.headers += [("cseq", f"{next(numbers)} SUBSCRIBE"), ("contact", self.contact)]
            request.headers += [("event", LAMP), ("accept", "application/simple-message-summary")]
            request.headers += [("expires", str(expires)), *extra]
            return request

        response = await self.transact(build, self.server, within)
        if response.status not in (200, 202):
            raise RegistrationRefused(self.user, response.status)

    async def until_lamp(self, *, lit: bool, within: float = DEADLINE) -> None:
        """Wait until the message lamp is lit, or is out.

        Raises:
            WaitedTooLong: the exchange did not tell so.
        """
        try:
            async with asyncio.timeout(within):
                while self.lamp is not lit:
                    self._lamp_told.clear()
                    await self._lamp_told.wait()
        except TimeoutError:
            raise WaitedTooLong(f"the lamp of {self.user} {'on' if lit else 'off'} within {within} s") from None

    def call(
        self,
        number: str,
        *,
        caller_id: str | None = None,
        caller_name: str = "",
        media: Media = None,
        headers: Mapping[str, str] | None = None,
    ) -> Dialog:
        """Call a number now and return the call, which can be waited for; `media` overrides the phone's own."""
        self._open_socket()
        caller = caller_id or self.user
        dialog = self._new_dialog(Origin.PLACED, new_id(12), caller, number, self.server)
        dialog.rtp.say(media or self.media)
        target = f"sip:{number}@{self.server[0]}:{self.server[1]}"
        name = f'"{caller_name}" ' if caller_name else ""
        dialog.local = f"{name}<sip:{caller}@{self.host}:{self.port}>;tag={new_id()}"
        dialog.remote, dialog.target = f"<{target}>", target
        self._send_invite(dialog, [(key.lower(), value) for key, value in (headers or {}).items()])
        return dialog

    async def next_call(self, within: float = DEADLINE) -> Dialog:
        """Wait for the next call that reaches this phone; with an `on_call` behaviour, it acts on it meanwhile.

        Raises:
            WaitedTooLong: none came.
        """
        try:
            async with asyncio.timeout(within):
                return await self._arrived.get()
        except TimeoutError:
            raise WaitedTooLong(f"a call to {self.user} within {within} s") from None

    # --- for dialogs

    @property
    def contact(self) -> str:
        """Where this phone can be reached, as a Contact value."""
        return f"<sip:{self.user}@{self.host}:{self.port}>"

    def via(self, branch: str) -> str:
        """Return the Via of a request."""
        return f"SIP/2.0/UDP {self.host}:{self.port};branch={branch};rport"

    def acknowledge(self, dialog: Dialog, response: Message, acknowledgement: Message) -> None:
        """Send the ACK for a 200 OK to an INVITE of ours."""
        self._open_socket().acknowledge(response, acknowledgement, dialog.peer)

    def respond(self, dialog: Dialog, request: Message, status: int, body: str = "") -> None:
        """Answer a request inside a dialog."""
        self._open_socket().respond(request, local_response(dialog, request, status, body), dialog.peer)

    async def transact(
        self, build: Callable[[Iterable[tuple[str, str]]], Message], destination: Address, within: float
    ) -> Message:
        """Send a request, answer a challenge once, and return the final response.

        Raises:
            WaitedTooLong: no final response within `within` seconds.
        """
        request = build(())
        response = await self._exchange(request, destination, within)
        if response.status in (401, 407):
            proof = answer_challenge(response, request.method, request.uri, self._credentials)
            if proof is not None:
                response = await self._exchange(build((proof,)), destination, within)
        return response

    def send_cancel(self, dialog: Dialog) -> None:
        """Cancel the INVITE that is under way; its own 487 ends the call."""
        invite = dialog.invite
        assert invite is not None
        cancel = Message(method="CANCEL", uri=invite.uri)
        kept = ("via", "from", "to", "call-id", "max-forwards")
        cancel.headers = [(name, value) for name, value in invite.headers if name in kept]
        cancel.headers.append(("cseq", f"{invite.cseq} CANCEL"))
        self._open_socket().request(cancel, dialog.peer, lambda _: None, lambda: None)

    def forget(self, dialog: Dialog) -> None:
        """Let go of a call that has ended."""
        self.dialogs.pop(dialog.call_id, None)

    # --- what arrives

    def on_request(self, request: Message, source: Address) -> None:
        """Handle a new request (called by the socket)."""
        dialog = self.dialogs.get(request.call_id)
        if request.method == "INVITE" and not tag_of(request.get("to")):
            if dialog is None:
                self._receive_call(request, source)
            else:
                self._open_socket().respond(request, response_to(request, 482, to_tag=new_id()), source)
        elif request.method == "ACK":
            if dialog is not None and dialog.invite is not None and not dialog.invite.body:
                dialog.media_answered(request.body)
        elif request.method == "OPTIONS":
            response = response_to(request, 200, to_tag=new_id(), headers=[("allow", ALLOWED)])
            self._open_socket().respond(request, response, source)
        elif request.method == "NOTIFY" and request.get("event").startswith(LAMP):
            self._open_socket().respond(request, response_to(request, 200, to_tag=new_id()), source)
            self.lamp = "messages-waiting: yes" in request.body.lower()
            self._lamp_told.set()
        elif dialog is None:
            # a NOTIFY may follow the end of its call (the outcome of a transfer); it wants a plain 200
            status = 200 if request.method == "NOTIFY" else 481
            self._open_socket().respond(request, response_to(request, status, to_tag=new_id()), source)
        else:
            self._inside(dialog, request)

    def _inside(self, dialog: Dialog, request: Message) -> None:
        if request.method in ("INVITE", "UPDATE"):
            dialog.receive_reinvite(request)
        elif request.method == "NOTIFY":
            dialog.receive_notify(request)
        elif request.method == "CANCEL":
            self.respond(dialog, request, 200)
            if dialog.state is DialogState.CALLING and dialog.invite is not None:
                self.respond(dialog, dialog.invite, 487)
                dialog.mark(Milestone.CANCEL)
                dialog.finish(EndedBy.OTHER_SIDE, 487)
        elif request.method == "BYE":
            self.respond(dialog, request, 200)
            dialog.mark(Milestone.BYE)
            dialog.finish(EndedBy.OTHER_SIDE, 0)
        else:
            self.respond(dialog, request, 501)

    def _receive_call(self, invite: Message, source: Address) -> None:
        caller, number = numbers_of(invite)
        dialog = self._new_dialog(Origin.RECEIVED, invite.call_id, caller, number, source)
        dialog.rtp.say(self.media)
        dialog.receive_invite(invite)
        self._open_socket().respond(invite, response_to(invite, 100), source)
        dialog.mark(Milestone.TRYING)
        if self._arrived.full():
            self._arrived.get_nowait()
        self._arrived.put_nowait(dialog)
        if self.on_call is not None:
            self._own(self._behave(self.on_call, dialog), f"{self.user}-{dialog.call_id}")

    async def _behave(self, behaviour: Behaviour, dialog: Dialog) -> None:
        try:
            await behaviour(dialog)
        except PhoneError as error:
            log.debug("phone_script_ended", user=self.user, call_id=dialog.call_id, reason=str(error))

    def _send_invite(self, dialog: Dialog, headers: list[tuple[str, str]], *, challenged: bool = False) -> None:
        offer = dialog.describe()
        invite = dialog.build("INVITE", [("allow", ALLOWED), *headers], offer)
        dialog.invite = invite

        def on_response(response: Message) -> None:
            if response.status in (401, 407) and not challenged:
                proof = answer_challenge(response, "INVITE", invite.uri, self._credentials)
                if proof is not None:
                    self._send_invite(dialog, [*headers, proof], challenged=True)
                    return
            self._invite_answered(dialog, response)

        self._open_socket().request(invite, dialog.peer, on_response, lambda: dialog.finish(EndedBy.FAILURE, 408))

    def _invite_answered(self, dialog: Dialog, response: Message) -> None:
        if response.status >= 300:
            dialog.finish(EndedBy.FAILURE, response.status)
            return
        if response.status < 200:
            if tag_of(response.get("to")):
                dialog.establish(response)
            if response.body:
                dialog.media_answered(response.body)
            if response.status in (100, 180, 183):
                dialog.mark(Milestone(str(response.status)))
            return
        if dialog.state is not DialogState.CALLING:
            return
        dialog.establish(response)
        dialog.acknowledge(response)
        dialog.media_answered(response.body)
        dialog.state = DialogState.UP
        dialog.mark(Milestone.ANSWERED)

    # --- helpers

    def _new_dialog(self, origin: Origin, call_id: str, caller: str, number: str, peer: Address) -> Dialog:
        rtp = RtpStream(self.host, start=self.rtp_start, hearing=self.hearing)
        dialog = Dialog(self, origin=origin, call_id=call_id, caller=caller, number=number, peer=peer, rtp=rtp)
        self.dialogs[call_id] = dialog
        return dialog

    def _open_socket(self) -> SipSocket:
        if self._socket is None or not self._socket.is_open:
            raise PhoneError(f"phone {self.user} is not open")
        return self._socket

    async def _exchange(self, request: Message, destination: Address, within: float) -> Message:
        final: asyncio.Future[Message] = asyncio.get_running_loop().create_future()

        def on_response(response: Message) -> None:
            if response.status >= 200 and not final.done():
                final.set_result(response)

        def on_timeout() -> None:
            if not final.done():
                final.set_exception(WaitedTooLong(f"an answer to {request.method} from {destination}"))

        self._open_socket().request(request, destination, on_response, on_timeout)
        try:
            async with asyncio.timeout(within):
                return await final
        except WaitedTooLong:
            raise
        except TimeoutError:
            raise WaitedTooLong(f"an answer to {request.method} within {within} s") from None

    async def _register(self, expires: int, contact: str | None, within: float) -> None:
        uri = f"sip:{self.server[0]}:{self.server[1]}"
        address = f"<sip:{self.user}@{self.server[0]}>"

        def build(extra: Iterable[tuple[str, str]]) -> Message:
            call_id, tag, cseq = self._registration
            self._registration = (call_id, tag, cseq + 1)
            request = Message(method="REGISTER", uri=uri)
            request.headers = [("via", self.via(new_branch())), ("max-forwards", "70")]
            request.headers += [("from", f"{address};tag={tag}"), ("to", address), ("call-id", call_id)]
            place = f"<{contact}>" if contact else self.contact
            request.headers += [("cseq", f"{cseq + 1} REGISTER"), ("contact", f"{place};expires={expires}")]
            request.headers += [("expires", str(expires)), *extra]
            return request

        response = await self.transact(build, self.server, within)
        if response.status != 200:
            raise RegistrationRefused(self.user, response.status)

    async def _stay_registered(self, expires: int, contact: str | None) -> None:
        pause = expires / 2
        while True:
            await asyncio.sleep(pause)
            try:
                await self._register(expires, contact, DEADLINE)
                pause = expires / 2
            except PhoneError as error:
                log.warning("registration_not_renewed", user=self.user, reason=str(error))
                pause = RETRY_REGISTRATION

    async def _stop_refreshing(self) -> None:
        if self._refreshing is not None:
            self._refreshing.cancel()
            await asyncio.wait([self._refreshing])
            self._refreshing = None

    async def _part_from(self, dialog: Dialog) -> None:
        try:
            if dialog.state is DialogState.UP:
                await dialog.bye(GOODBYE_SECONDS)
            elif dialog.origin is Origin.RECEIVED:
                dialog.reject(480)
            else:
                await dialog.cancel(GOODBYE_SECONDS)
        except PhoneError as error:
            log.debug("call_not_ended_in_time", call_id=dialog.call_id, reason=str(error))
        dialog.finish(EndedBy.THIS_PHONE, 0)

    def _own(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
