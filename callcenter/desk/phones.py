"""Who telephones with what: the phone of each desk, whose browser it is, and whether that browser is really there.

A browser is a phone only while its page is heard. The page answers pings over its line (`desk/phone_routes.py`); when
it has been silent for `LOST_SECONDS`, its way to the exchange is closed, the exchange forgets its registration, and no
queue rings it, whatever the page believes. It registers again as soon as it is back. So whether a phone can ring does
not depend on anything that the page says of itself.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Collection, Coroutine, Iterable, Iterator
from dataclasses import dataclass, field
from http import HTTPStatus

import structlog

from callcenter.console import BrowserPhones, Console, PhoneAccount, PhoneKind
from callcenter.db import Database, DatabaseUnavailable
from callcenter.errors import HouseError, PbxUnavailable
from callcenter.staff.audit import SYSTEM, Actor, AuditLog
from callcenter.staff.service import Person
from callcenter.staff.sessions import Sessions

log = structlog.get_logger(__name__)

PING_SECONDS = 1.0
LOST_SECONDS = 3.5
"""A page that is silent for so long is lost: a phone must not be rung later than 5 s after its page was last heard."""

RESTART_SECONDS = 15.0
"""So long pages have to come back after the application was started anew."""

SESSIONS_EVERY = 10.0
"""Seconds between two looks whether those at the desks are still signed in."""


class DeskPhoneUnknown(HouseError):
    """The house has no such staff phone; params: `extension`."""

    code = "desk_phone_unknown"
    status = HTTPStatus.UNPROCESSABLE_ENTITY


class DeskPhoneTaken(HouseError):
    """Somebody else telephones with this phone; params: `extension`."""

    code = "desk_phone_taken"
    status = HTTPStatus.CONFLICT


class DeskOpenElsewhere(HouseError):
    """The same person's desk is open in another tab or browser; params: `extension`."""

    code = "desk_open_elsewhere"
    status = HTTPStatus.CONFLICT


class NoDeskPhone(HouseError):
    """This person, or this tab, has no phone."""

    code = "no_desk_phone"
    status = HTTPStatus.CONFLICT


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has a phone: the user, and the session that proves it."""

    user_id: int
    session_id: str

    @property
    def owner(self) -> str:
        """The same in one word, as the exchange's accounts keep it."""
        return f"{self.user_id}:{self.session_id}"

    @classmethod
    def of(cls, owner: str) -> Holder | None:
        """Read what `owner` wrote, None if it did not."""
        user_id, _, session_id = owner.partition(":")
        return cls(int(user_id), session_id) if user_id.isdecimal() and session_id else None


@dataclass(slots=True, eq=False)
class Line:
    """An open page of a desk. `heard_at` is the event loop's second at which it last answered.

    `is_elsewhere`: it was closed because its phone is another tab's now, or nobody's.
    """

    tab: str
    heard_at: float
    closed: asyncio.Event = field(default_factory=asyncio.Event)
    is_elsewhere: bool = False


@dataclass(slots=True, eq=False)
class Seat:
    """A phone that somebody telephones with, in the tab `tab`; without a `line` no page is heard."""

    extension: str
    kind: PhoneKind
    holder: Holder
    tab: str
    line: Line | None = None
    ways: set[asyncio.Event] = field(default_factory=set)
    is_lost: bool = False

    def is_heard(self, now: float) -> bool:
        """Tell whether the page answered lately."""
        return self.line is not None and now - self.line.heard_at < LOST_SECONDS


class DeskPhones:
    """The seats. `start` takes up what browsers were before, `close` ends the watch; what was handed out stays."""

    def __init__(
        self,
        extensions: Iterable[str],
        browsers: BrowserPhones,
        console: Console,
        sessions: Sessions,
        database: Database,
        audit: AuditLog,
    ) -> None:
        self.extensions: Collection[str] = tuple(extensions)
        self._browsers = browsers
        self._console = console
        self._tasks: set[asyncio.Task[None]] = set()
        self._sessions = sessions
        self._database = database
        self._audit = audit
        self._seats: dict[str, Seat] = {}
        self._lock = asyncio.Lock()
        self._watch: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Take up the browsers' phones, and watch whether their owners stay signed in."""
        for extension, owner in self._browsers.owners().items():
            holder = Holder.of(owner)
            if holder is not None:
                self._seats[extension] = Seat(extension, PhoneKind.BROWSER, holder, tab="")
                self._spawn(self._look_after(self._seats[extension], RESTART_SECONDS))
        self._watch = asyncio.create_task(self._mind_sessions(), name="desk-sessions")

    async def close(self) -> None:
        """End the watch."""
        tasks = [*self._tasks, *([self._watch] if self._watch else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def seats(self) -> list[Seat]:
        """Return every phone that somebody has, by extension."""
        return [self._seats[extension] for extension in sorted(self._seats)]

    def seat_of(self, person: Person, tab: str | None = None) -> Seat:
        """Return the phone of this person; with `tab`, only if it is that tab's.

        Raises:
            NoDeskPhone: there is none.
        """
        for seat in self._seats.values():
            if seat.holder == Holder(person.user_id, person.session_id) and tab in (None, seat.tab):
                return seat
        raise NoDeskPhone

    async def take(
        self, person: Person, extension: str, kind: PhoneKind, tab: str, address: str, *, take_over: bool
    ) -> PhoneAccount | None:
        """Let a person telephone with this phone; return what the browser registers with, None for a telephone.

        `take_over`: another tab of the same person gives it up.

        Raises:
            DeskPhoneUnknown, DeskPhoneTaken, DeskOpenElsewhere: it cannot be had.
            PbxUnavailable: the exchange could not be told.
        """
        if extension not in self.extensions:
            raise DeskPhoneUnknown(extension=extension)
        async with self._lock:
            holder = Holder(person.user_id, person.session_id)
            seat = self._seats.get(extension)
            if seat is not None and seat.holder.user_id != person.user_id:
                raise DeskPhoneTaken(extension=extension)
            for own in [one for one in self._seats.values() if one.holder.user_id == person.user_id]:
                if own.tab != tab and own.is_heard(_now()) and not take_over:
                    raise DeskOpenElsewhere(extension=own.extension)
                if own.extension != extension:
                    await self._free(own, person, address)
            account = await self._account(extension, kind, holder)
            is_new = seat is None or (seat.holder, seat.kind) != (holder, kind)
            if seat is None or (seat.holder, seat.kind, seat.tab) != (holder, kind, tab):
                if seat is not None:
                    _cut_off(seat)
                    if seat.tab and seat.tab != tab:
                        self.lost(seat)
                self._seats[extension] = Seat(extension, kind, holder, tab)
            if is_new:
                await self._note(person, "desk.phone_taken", extension, address, {"kind": kind.value})
            return account

    async def give_back(self, person: Person, address: str) -> None:
        """Let a person have no phone any more; one who has none is left alone."""
        async with self._lock:
            for seat in [one for one in self._seats.values() if one.holder.user_id == person.user_id]:
                await self._free(seat, person, address)

    # --- the page of a seat

    def open_line(self, person: Person, tab: str) -> tuple[Seat, Line]:
        """Begin to hear the page of this person's phone; an older line of the same tab ends.

        Raises:
            NoDeskPhone: this tab has no phone.
        """
        seat = self.seat_of(person, tab)
        _end_line(seat)
        seat.line = Line(tab, _now())
        seat.is_lost = False
        return seat, seat.line

    def close_line(self, seat: Seat, line: Line, *, went_away: bool) -> None:
        """The page is heard no more; `went_away`: it said so itself, else it has some seconds to come back."""
        if seat.line is not line:
            return
        seat.line = None
        if went_away:
            self.lost(seat)
        elif not line.closed.is_set():
            self._spawn(self._look_after(seat, LOST_SECONDS))

    @contextlib.contextmanager
    def way(self, person: Person, tab: str) -> Iterator[asyncio.Event]:
        """Give a browser its way to the exchange for as long as its page is heard: until the event is set.

        Raises:
            NoDeskPhone: this tab is no phone, or its page is not heard.
        """
        seat = self.seat_of(person, tab)
        if seat.kind is not PhoneKind.BROWSER or not seat.is_heard(_now()):
            raise NoDeskPhone
        ended = asyncio.Event()
        seat.ways.add(ended)
        try:
            yield ended
        finally:
            seat.ways.discard(ended)

    def leave(self) -> None:
        """The application ends: every page is told to come back."""
        for seat in self._seats.values():
            close_ways(seat)
            if seat.line is not None:
                seat.line.closed.set()

    def lost(self, seat: Seat) -> None:
        """The page is not heard: the exchange forgets the phone, and whoever talked with it is looked after."""
        if seat.kind is not PhoneKind.BROWSER or seat.is_lost:
            return
        seat.is_lost = True
        log.warning("desk_page_lost", extension=seat.extension)
        close_ways(seat)
        self._spawn(self._give_back_call(seat.extension))

    # --- within

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work, name="desk-phone")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _look_after(self, seat: Seat, seconds: float) -> None:
        await asyncio.sleep(seconds)
        if self._seats.get(seat.extension) is seat and not seat.is_heard(_now()):
            self.lost(seat)

    async def _give_back_call(self, extension: str) -> None:
        try:
            await self._console.give_back(extension)
        except HouseError as error:
            log.warning("desk_call_not_given_back", extension=extension, reason=str(error))

    async def _account(self, extension: str, kind: PhoneKind, holder: Holder) -> PhoneAccount | None:
        if kind is PhoneKind.BROWSER:
            return await self._browsers.admit(extension, holder.owner)
        await self._browsers.dismiss(extension)
        return None

    async def _free(self, seat: Seat, by: Actor, address: str) -> None:
        await self._browsers.dismiss(seat.extension)
        if self._seats.get(seat.extension) is seat:
            del self._seats[seat.extension]
        _cut_off(seat)
        await self._note(by, "desk.phone_given_back", seat.extension, address, None)

    async def _note(
        self, by: Actor, action: str, extension: str, address: str, after: dict[str, object] | None
    ) -> None:
        async with self._database.begin() as session:
            self._audit(session, by, action, ("phone", extension), after=after, address=address)

    async def _mind_sessions(self) -> None:
        while True:
            await asyncio.sleep(SESSIONS_EVERY)
            try:
                await self.end_with_sessions()
            except (DatabaseUnavailable, PbxUnavailable) as error:
                log.warning("desk_sessions_not_checked", reason=str(error))

    async def end_with_sessions(self) -> None:
        """Give back the phones of those who are signed in no more."""
        if not self._seats:
            return
        living = {one.id for one in await self._sessions.open()}
        async with self._lock:
            for seat in [one for one in self._seats.values() if one.holder.session_id not in living]:
                log.info("desk_session_ended", extension=seat.extension)
                await self._free(seat, SYSTEM, "")


def close_ways(seat: Seat) -> None:
    """Close the browser's ways to the exchange."""
    for ended in seat.ways:
        ended.set()


def _cut_off(seat: Seat) -> None:
    close_ways(seat)
    _end_line(seat)


def _end_line(seat: Seat) -> None:
    if seat.line is not None:
        seat.line.is_elsewhere = True
        seat.line.closed.set()


def _now() -> float:
    return asyncio.get_running_loop().time()
