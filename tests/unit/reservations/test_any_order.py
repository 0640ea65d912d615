"""Whatever the desk does in whatever order, audits and crashes in between: the books of rooms and money agree."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.clock import SettableClock
from callcenter.db import Database
from callcenter.errors import HouseError
from callcenter.reservations import acts, allocation, arrivals, deposits, store
from callcenter.reservations import booking as bookings
from callcenter.reservations.audit_jobs import Audits
from callcenter.reservations.audits import held_until
from callcenter.reservations.booking import WantedLine
from callcenter.reservations.deposits import Method, PaymentKind
from callcenter.reservations.models import (
    Payment,
    Reservation,
    ReservationChange,
    ReservationGuest,
    ReservationLine,
    Sequence,
)
from callcenter.reservations.rules import BookingRules, Desk, Note
from callcenter.reservations.states import HOLDING, Kind, State
from callcenter.rooms import nights
from callcenter.rooms.models import Holder, Room, RoomNight, TypeNight
from callcenter.rooms.seeding import ensure_rooms
from callcenter.staff.audit import AuditLog
from callcenter.staff.models import AuditEntry
from tests.sample import sample_settings
from tests.unit.reservations.conftest import TODAY, ZONE, Clerk, House, wish

EXAMPLES, STEPS = 12, 30
FIRST = [
    ("suite", 1, 0, 0, 12),
    ("suite", 1, 0, 1, None),
    ("standard", 3, 0, 0, 17),
    ("standard", 1, 3, 0, 21),
    ("deluxe", 1, 0, 0, None),
    ("suite", 1, 0, 0, 21),
]
"""What the hotel has on its books when the story begins: type, rooms, beds, days ahead, hour of arrival."""

ROOMS = ["0501", "0502", "0401", "0301", "0302"]
STEPS_OF_STATE: dict[str, Callable[..., Awaitable[None]]] = {
    "confirm": acts.confirm,
    "unconfirm": acts.unconfirm,
    "delete": acts.delete,
    "contact": acts.note_contact,
    "no_show": acts.no_show,
}
OUT = [PaymentKind.REFUND, PaymentKind.FORFEIT]
WHY = Note(why="any reason")
R = TypeVar("R")
Act = Callable[[AsyncSession, Desk, Reservation], Awaitable[object]]


class Crash(Exception):
    """The process dies in the middle of a transaction."""


class AnyOrder(RuleBasedStateMachine):
    """One hotel and everything that can be done to its bookings; what must always be true is asked after each step."""

    runner: asyncio.Runner
    database: Database
    by: Clerk

    def __init__(self) -> None:
        super().__init__()
        self.clock = SettableClock(datetime.combine(TODAY, time(10), ZONE))
        self.desk = Desk(self.clock, BookingRules.of(sample_settings()), AuditLog(self.clock))
        self.received = 0
        self.stays: dict[int, tuple[str, Room, date, date]] = {}

    @initialize()
    def begin(self) -> None:
        self.run(self._empty())
        for kind, rooms, beds, begins, hour in FIRST:
            self.make(kind, rooms, beds, begins, 2, hour, overbook=False)

    @rule(
        kind=st.sampled_from(["suite", "deluxe", "standard"]),
        rooms=st.integers(1, 3),
        beds=st.integers(0, 3),
        begins=st.integers(0, 3),
        lasts=st.integers(1, 4),
        hour=st.sampled_from([None, 12, 17, 21]),
        overbook=st.booleans(),
    )
    def book(self, kind: str, rooms: int, beds: int, begins: int, lasts: int, hour: int | None, overbook: bool) -> None:
        self.make(kind, rooms, beds, begins, lasts, hour, overbook=overbook)

    def make(
        self, kind: str, rooms: int, beds: int, begins: int, lasts: int, hour: int | None, *, overbook: bool
    ) -> None:
        arrival = self._today() + timedelta(days=begins)
        is_group = rooms > 1 or beds > 0
        line = WantedLine(kind, rooms=0, beds=beds) if beds else WantedLine(kind, rooms)
        wanted = wish(
            kind=Kind.GROUP if is_group else Kind.INDIVIDUAL,
            lines=(line, WantedLine("suite")) if beds else (line,),
            arrival=arrival,
            departure=arrival + timedelta(days=lasts),
            arrival_time=None if hour is None else time(hour),
            phone="",
        )

        async def work() -> None:
            async with self.database.begin() as session:
                await bookings.create(session, self.desk, wanted, self.by, WHY, overbook=overbook)

        self._try(work)

    @rule(which=st.integers(0, 99), crash=st.booleans(), what=st.sampled_from(sorted(STEPS_OF_STATE)))
    def step(self, which: int, crash: bool, what: str) -> None:
        act = STEPS_OF_STATE[what]
        self._on(which, lambda session, desk, booking: act(session, desk, booking, self.by, WHY), crash=crash)

    @rule(which=st.integers(0, 99), crash=st.booleans())
    def cancel(self, which: int, crash: bool) -> None:
        self._on(which, lambda session, desk, booking: acts.cancel(session, desk, booking, self.by, WHY), crash=crash)

    @rule(which=st.integers(0, 99), begins=st.integers(0, 3), lasts=st.integers(1, 4), crash=st.booleans())
    def move_dates(self, which: int, begins: int, lasts: int, crash: bool) -> None:
        arrival = self._today() + timedelta(days=begins)

        async def act(session: AsyncSession, desk: Desk, booking: Reservation) -> None:
            now = await bookings.as_wanted(session, booking, desk)
            span = {"arrival": arrival, "departure": arrival + timedelta(days=lasts)}
            wanted = bookings.Wanted(**{name: getattr(now, name) for name in now.__dataclass_fields__} | span)
            await bookings.change(session, desk, booking, wanted, self.by, WHY)

        self._on(which, act, crash=crash)

    @rule(
        which=st.integers(0, 99), rooms=st.lists(st.sampled_from(["0501", "0502", "0401", "0301", "0302"]), max_size=3)
    )
    def choose_rooms(self, which: int, rooms: list[str]) -> None:
        choices = [allocation.Choice(room, (1,) if room == "0302" else ()) for room in sorted(set(rooms))]
        self._on(
            which,
            lambda session, desk, booking: allocation.choose(session, desk, booking, choices, self.by, WHY),
        )

    @rule(which=st.integers(0, 99), amount=st.integers(1, 50000), crash=st.booleans())
    def take_deposit(self, which: int, amount: int, crash: bool) -> None:
        if self._on(
            which,
            lambda session, desk, booking: deposits.receive(
                session, desk, booking, amount, Method.CASH, "", self.by, WHY
            ),
            crash=crash,
        ):
            self.received += amount

    @rule(
        which=st.integers(0, 99),
        amount=st.integers(1, 50000),
        kind=st.sampled_from([PaymentKind.REFUND, PaymentKind.FORFEIT]),
    )
    def pay_out(self, which: int, amount: int, kind: PaymentKind) -> None:
        if self._on(
            which,
            lambda session, desk, booking: deposits.pay_out(
                session, desk, booking, kind, amount, Method.CASH, "", self.by, WHY
            ),
        ):
            self.received -= amount

    @rule(which=st.integers(0, 99), keeps_room=st.booleans())
    def reinstate(self, which: int, keeps_room: bool) -> None:
        async def act(session: AsyncSession, desk: Desk, booking: Reservation) -> None:
            await acts.reinstate(session, desk, booking, None if keeps_room else [], self.by, WHY)

        self._on(which, act, among=(State.NO_SHOW,))

    @rule(which=st.integers(0, 99), crash=st.booleans())
    def guest_does_not_come(self, which: int, crash: bool) -> None:
        async def act(session: AsyncSession, desk: Desk, booking: Reservation) -> None:
            if booking.state == State.UNCONFIRMED:
                await acts.confirm(session, desk, booking, self.by)
            until = held_until(booking, await store.balance_of(session, booking), desk.rules)
            self.clock.set(max(self.clock.now(), until))
            await acts.no_show(session, desk, booking, self.by, WHY)

        self._on(which, act, crash=crash, among=(State.UNCONFIRMED, State.CONFIRMED))

    @rule(which=st.integers(0, 99))
    def guest_arrives(self, which: int) -> None:
        async def act(session: AsyncSession, desk: Desk, booking: Reservation) -> None:
            await self._rooms_for(session, booking)
            held = await nights.held_rooms(session, (Holder.RESERVATION, booking.id))
            if not held or booking.arrival > self._today() or booking.departure <= self._today():
                return
            got = await arrivals.hand_over(session, desk, booking, held[0][0].number, self.by, WHY)
            stay = len(self.stays) + 1
            await nights.hold_type(session, got.room.type_id, got.first, got.until, 1, overbook=True)
            await nights.take_room(session, got.room, got.beds, got.first, got.until, (Holder.STAY, stay))
            self.stays[stay] = (booking.number, got.room, got.first, got.until)

        self._on(which, act)

    @rule(which=st.integers(0, 99))
    def guests_leave(self, which: int) -> None:
        left: list[int] = []

        async def act(session: AsyncSession, desk: Desk, booking: Reservation) -> None:
            await arrivals.departed(session, desk, booking, self.by, WHY)
            for stay, (number, room, begin, until) in self.stays.items():
                first = max(begin, self._today())
                if number == booking.number:
                    left.append(stay)
                    if first < until:
                        await nights.release_type(session, room.type_id, first, until, 1)
                        await nights.give_back(session, (Holder.STAY, stay), first=first)

        if self._on(which, act, among=(State.CHECKED_IN,)):
            for stay in left:
                number, room, _, _ = self.stays[stay]
                self.stays[stay] = (f"left {number}", room, TODAY, TODAY)

    @rule(hours=st.sampled_from([1, 3, 8, 14]))
    def time_passes(self, hours: int) -> None:
        self.clock.advance(timedelta(hours=hours))

    @rule(which=st.sampled_from(["evening", "no_shows", "night", "rooms"]))
    def audit(self, which: str) -> None:
        audits = Audits(self.database, self.desk, lambda number: None)
        now = self.clock.now()
        works = {
            "evening": lambda: audits.evening(now),
            "no_shows": audits.no_shows,
            "night": lambda: audits.night(now),
            "rooms": lambda: audits.allocate_rooms(now),
        }
        self.run(works[which]())

    @invariant()
    def books_agree(self) -> None:
        self.run(self._check())

    def run(self, work: Coroutine[Any, Any, R]) -> R:
        return self.runner.run(work)

    def _today(self) -> date:
        return self.desk.rules.earliest_arrival(self.clock.now())

    def _try(self, work: Callable[[], Coroutine[Any, Any, None]]) -> bool:
        try:
            self.run(work())
        except (HouseError, Crash):
            return False
        return True

    def _on(self, which: int, act: Act, *, crash: bool = False, among: tuple[str, ...] = tuple(State)) -> bool:
        async def work() -> None:
            async with self.database.begin() as session:
                wanted = select(Reservation.number).where(Reservation.state.in_(among)).order_by(Reservation.id)
                numbers = (await session.scalars(wanted)).all()
                if not numbers:
                    raise Crash
                booking = await store.locked(session, numbers[which % len(numbers)])
                await act(session, self.desk, booking)
                await session.flush()
                if crash:
                    raise Crash

        return self._try(work)

    async def _rooms_for(self, session: AsyncSession, booking: Reservation) -> None:
        """Choose free rooms for a booking that has none and still expects somebody."""
        if await nights.held_rooms(session, (Holder.RESERVATION, booking.id)):
            return
        choices = []
        for line in (await store.lines_of(session, [booking.id]))[booking.id]:
            first = max(booking.arrival, self._today())
            free = await nights.free_rooms(session, line.type_id, first, booking.departure)
            beds = (1,) if line.beds else ()
            choices += [allocation.Choice(room.number, beds) for room in free[: line.rooms - line.arrived]]
        await allocation.choose(session, self.desk, booking, choices, self.by, WHY)

    async def _empty(self) -> None:
        async with self.database.begin() as session:
            for table in (
                RoomNight,
                TypeNight,
                Payment,
                ReservationChange,
                ReservationGuest,
                ReservationLine,
                Reservation,
                Sequence,
                AuditEntry,
            ):
                await session.execute(delete(table))

    async def _check(self) -> None:
        async with self.database.read() as session:
            found = (await session.scalars(select(Reservation).order_by(Reservation.id))).all()
            lines = await store.lines_of(session, [one.id for one in found])
            held = (await session.scalars(select(RoomNight))).all()
            stock = (await session.scalars(select(TypeNight))).all()
            changes = (await session.scalars(select(ReservationChange).order_by(ReservationChange.id))).all()
            balances = await store.balances(session, [one.id for one in found])
            logged = await session.scalar(
                select(func.count()).select_from(AuditEntry).where(AuditEntry.action.startswith("reservation."))
            )
        self._no_room_is_held_wrongly({one.id: one for one in found}, held)
        self._stock_adds_up([one for one in found if one.state in HOLDING], lines, stock)
        assert sum(balances.values()) == self.received
        assert all(balance >= 0 for balance in balances.values())
        self._every_change_is_logged(found, changes, logged)
        assert [one.number for one in found] == [f"26{count:06d}" for count in range(1, len(found) + 1)]

    def _no_room_is_held_wrongly(self, known: dict[int, Reservation], held: Any) -> None:
        for one in held:
            if one.holder == Holder.RESERVATION:
                booking = known[one.holder_id]
                assert booking.state in HOLDING, f"{booking.number} is {booking.state} and holds {one.night}"
                assert booking.arrival <= one.night < booking.departure

    def _stock_adds_up(self, holding: list[Reservation], lines: dict[int, list[ReservationLine]], stock: Any) -> None:
        wanted = Counter[tuple[int, date]]()
        today = self._today()
        for booking in holding:
            for line in lines[booking.id]:
                for night in nights.nights_between(booking.arrival, booking.departure):
                    wanted[line.type_id, night] += line.rooms - line.arrived
        for _, room, first, until in self.stays.values():
            for night in nights.nights_between(first, until):
                wanted[room.type_id, night] += 1
        sold = {(one.type_id, one.night): one.sold for one in stock if one.night >= today}
        assert sold == {key: wanted[key] for key in sold}
        assert {key for key, count in wanted.items() if count and key[1] >= today} <= set(sold)
        assert all(one.sold <= one.rooms + one.overbooking for one in stock)

    def _every_change_is_logged(self, found: Any, changes: Any, logged: int | None) -> None:
        assert logged == len(changes)
        for booking in found:
            own = [change for change in changes if change.reservation_id == booking.id]
            assert own[0].action == "created"
            assert own[-1].state_after == booking.state
            assert booking.version == len(own)
            assert all(later.state_before == earlier.state_after for earlier, later in pairwise(own))


def test_given_any_order_of_acts_audits_and_crashes_when_done_then_rooms_stock_deposits_and_notes_agree(
    database_url: str,
) -> None:
    with asyncio.Runner() as loop:
        database = Database(database_url)
        clerk = loop.run(_prepare(database))

        class Here(AnyOrder):
            runner, by = loop, clerk

        Here.database = database
        try:
            run_state_machine_as_test(
                Here,
                settings=settings(
                    max_examples=EXAMPLES,
                    stateful_step_count=STEPS,
                    deadline=None,
                    database=None,
                    derandomize=True,
                    suppress_health_check=list(HealthCheck),
                ),
            )
        finally:
            loop.run(database.close())


async def test_given_the_last_suite_when_fifty_connections_book_it_at_once_then_one_booking_is_made(
    house: House,
) -> None:
    for _ in range(3):
        await house.booked()

    async def book() -> bool:
        try:
            await house.booked()
        except nights.SoldOut:
            return False
        return True

    made = await asyncio.gather(*(book() for _ in range(50)))

    assert made.count(True) == 1
    async with house.database.read() as session:
        numbers = list(await session.scalars(select(Reservation.number).order_by(Reservation.id)))
        assert numbers == [f"2600000{count}" for count in range(1, 5)]
        assert list(await session.scalars(select(TypeNight.sold))) == [4]


async def _prepare(database: Database) -> Clerk:
    async with database.begin() as session:
        await ensure_rooms(session, sample_settings())
    return Clerk("admin", None, "admin")
