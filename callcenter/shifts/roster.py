"""The roster and the chore roster: who works when, checked against the seats that there must be; swaps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from http import HTTPStatus
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.models import Call
from callcenter.errors import HouseError, NotFound, NotPermitted
from callcenter.settings.shifts import Shifts
from callcenter.shifts import coverage
from callcenter.shifts.coverage import Shortage
from callcenter.shifts.models import ChoreEntry, RosterEntry, ShiftSwap
from callcenter.staff.audit import AuditLog
from callcenter.staff.models import User
from callcenter.telephony import Direction
from callcenter.web.identity import SignedIn

WEEK = 7
WEEKS_BACK = 4
"""So many past weeks tell how many calls an hour brings."""

PLAN = "roster.plan"


class TooFewSeats(HouseError):
    """The change leaves too few operators; params: `at` (hour of the hotel's clock), `planned`, `wanted`."""

    code = "too_few_seats"
    status = HTTPStatus.CONFLICT


class UnknownShift(HouseError):
    """The settings know no such shift or chore; params: `name`."""

    code = "unknown_shift"
    status = HTTPStatus.UNPROCESSABLE_ENTITY


class SwapClosed(HouseError):
    """The swap has been decided, or the shifts are no longer what they were when it was asked for."""

    code = "swap_closed"
    status = HTTPStatus.CONFLICT


class SwapState(StrEnum):
    """`AGREED`: the colleague wants it too, and a supervisor has to approve."""

    ASKED = "asked"
    AGREED = "agreed"
    APPROVED = "approved"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class HourNeed:
    """One hour of the hotel's clock: calls to expect, seats that they need by Erlang C, and seats planned."""

    at: datetime
    calls: float
    needed: int
    planned: int


@dataclass(frozen=True, slots=True)
class Rostering:
    """The roster by the rules of the settings. Every change is in the audit log."""

    rules: Shifts
    zone: ZoneInfo
    audit: AuditLog

    async def week(self, session: AsyncSession, first: date) -> list[tuple[RosterEntry, User]]:
        """Return who works when in the seven days from `first` on."""
        statement = (
            select(RosterEntry, User)
            .join(User, User.id == RosterEntry.user_id)
            .where(RosterEntry.day >= first, RosterEntry.day < first + timedelta(days=WEEK))
            .order_by(RosterEntry.day, User.name)
        )
        return [(entry, user) for entry, user in await session.execute(statement)]

    async def shortages(self, session: AsyncSession, first: date) -> list[Shortage]:
        """Return the hours of the week in which there are too few seats."""
        return coverage.shortages(await self._seats(session, first), first, WEEK, self.rules)

    async def plan(
        self, session: AsyncSession, user_id: int, day: date, shift: str | None, by: SignedIn, address: str
    ) -> list[Shortage]:
        """Let somebody work `shift` on `day`, or not at all (None); return the hours that this leaves too few in.

        Raises:
            NotFound: there is no such user.
            UnknownShift: the settings have no such shift.
            TooFewSeats: fewer than there must be would be left, and the settings refuse that.
        """
        if shift is not None and shift not in self.rules.shifts:
            raise UnknownShift(name=shift)
        user = await session.get(User, user_id)
        if user is None or not user.active:
            raise NotFound(kind="user", id=user_id)
        seats = await self._seats(session, day)
        before = await self._set(session, user_id, day, shift)
        short = coverage.worsened(seats, await self._seats(session, day), self.rules)
        if short and self.rules.refuse_below:
            raise TooFewSeats(at=f"{short[0].at:%m-%d %H:%M}", planned=short[0].planned, wanted=short[0].wanted)
        if before != shift:
            subject = ("user", user.username)
            told = {"day": day.isoformat()}
            self.audit(
                session,
                by,
                "roster.planned",
                subject,
                before={**told, "shift": before},
                after={**told, "shift": shift},
                address=address,
            )
        return short

    async def chores(self, session: AsyncSession, first: date) -> list[tuple[ChoreEntry, User]]:
        """Return who does which chore in the seven days from `first` on."""
        statement = (
            select(ChoreEntry, User)
            .join(User, User.id == ChoreEntry.user_id)
            .where(ChoreEntry.day >= first, ChoreEntry.day < first + timedelta(days=WEEK))
            .order_by(ChoreEntry.day, ChoreEntry.chore)
        )
        return [(entry, user) for entry, user in await session.execute(statement)]

    async def give_chore(
        self, session: AsyncSession, day: date, chore: str, user_id: int | None, by: SignedIn, address: str
    ) -> None:
        """Let somebody do a chore on a day, or nobody.

        Raises:
            NotFound, UnknownShift: there is no such user, or chore.
        """
        if chore not in self.rules.chores:
            raise UnknownShift(name=chore)
        if user_id is not None and await session.get(User, user_id) is None:
            raise NotFound(kind="user", id=user_id)
        same = (ChoreEntry.day == day, ChoreEntry.chore == chore)
        before = await session.scalar(select(ChoreEntry.user_id).where(*same))
        await session.execute(delete(ChoreEntry).where(*same))
        if user_id is not None:
            session.add(ChoreEntry(day=day, chore=chore, user_id=user_id))
        subject = ("chore", f"{day.isoformat()} {chore}")
        was, now = {"user": before}, {"user": user_id}
        self.audit(session, by, "chore.planned", subject, before=was, after=now, address=address)

    async def swaps(self, session: AsyncSession) -> Sequence[ShiftSwap]:
        """Return the swaps that wait for an answer, the oldest first."""
        statement = select(ShiftSwap).where(ShiftSwap.state.in_((SwapState.ASKED, SwapState.AGREED)))
        return (await session.scalars(statement.order_by(ShiftSwap.id))).all()

    async def ask_swap(
        self,
        session: AsyncSession,
        other_id: int,
        day: date,
        other_day: date | None,
        note: str,
        by: SignedIn,
        now: datetime,
        address: str,
    ) -> ShiftSwap:
        """Ask a colleague to swap shifts, or to take the own one.

        Raises:
            NotFound: one of the shifts does not exist, or there is no such colleague.
        """
        if await self._shift_of(session, by.user_id, day) is None:
            raise NotFound(kind="roster_entry", id=day.isoformat())
        if other_day is not None and await self._shift_of(session, other_id, other_day) is None:
            raise NotFound(kind="roster_entry", id=other_day.isoformat())
        if other_id == by.user_id or await session.get(User, other_id) is None:
            raise NotFound(kind="user", id=other_id)
        swap = ShiftSwap(
            user_id=by.user_id,
            other_id=other_id,
            day=day,
            other_day=other_day,
            note=note,
            state=SwapState.ASKED.value,
            asked_at=now,
        )
        session.add(swap)
        await session.flush()
        after = {"day": day.isoformat(), "other_day": other_day and other_day.isoformat(), "other": other_id}
        self.audit(session, by, "swap.asked", ("swap", swap.id), after=after, address=address)
        return swap

    async def answer_swap(
        self, session: AsyncSession, number: int, yes: bool, by: SignedIn, now: datetime, address: str
    ) -> ShiftSwap:
        """Agree as the colleague, then approve as a supervisor; or refuse. An approved one changes the roster.

        Raises:
            NotFound: there is no such swap.
            SwapClosed: it was decided, or the shifts have changed.
            NotPermitted: it is not for `by` to answer now.
            TooFewSeats: as `plan`.
        """
        swap = await session.get(ShiftSwap, number, with_for_update=True)
        if swap is None:
            raise NotFound(kind="swap", id=number)
        before = SwapState(swap.state)
        if before not in (SwapState.ASKED, SwapState.AGREED):
            raise SwapClosed
        is_colleague = before is SwapState.ASKED and swap.other_id == by.user_id
        if not is_colleague and not (before is SwapState.AGREED and by.may(PLAN)):
            raise NotPermitted(permission=PLAN)
        granted = SwapState.AGREED if is_colleague else SwapState.APPROVED
        after = granted if yes else SwapState.REFUSED
        if after is SwapState.APPROVED:
            await self._swap(session, swap, by, address)
        swap.state = after.value
        swap.closed_at = None if after is SwapState.AGREED else now
        was, done = {"state": before}, {"state": after}
        self.audit(session, by, "swap.answered", ("swap", swap.id), before=was, after=done, address=address)
        return swap

    async def needs(self, session: AsyncSession, first: date, now: datetime) -> list[HourNeed]:
        """Return for each hour of the week what past calls say of the seats needed, beside those planned.

        An hour expects the calls that the same hour of the same weekday brought on average in the last four weeks; how
        long a call takes is their average talk.
        """
        seats = await self._seats(session, first)
        begin = now - timedelta(weeks=WEEKS_BACK)
        statement = select(Call.started_at, Call.talk_seconds).where(
            Call.started_at >= begin, Call.started_at < now, Call.direction == Direction.INBOUND
        )
        calls: dict[tuple[int, int], int] = {}
        talks: list[float] = []
        for started_at, talk in await session.execute(statement):
            local = started_at.astimezone(self.zone)
            calls[local.weekday(), local.hour] = calls.get((local.weekday(), local.hour), 0) + 1
            if talk > 0:
                talks.append(talk)
        seconds = sum(talks) / len(talks) if talks else 0.0
        found = []
        for number in range(24 * WEEK):
            at = datetime.combine(first, datetime.min.time()) + timedelta(hours=number)
            expected = calls.get((at.weekday(), at.hour), 0) / WEEKS_BACK
            needed = coverage.seats_needed(expected, seconds, self.rules.answer_within_seconds, self.rules.answer_share)
            found.append(HourNeed(at, expected, needed, seats.get(at, 0)))
        return found

    async def _seats(self, session: AsyncSession, around: date) -> dict[datetime, int]:
        """Count the seats of the days about `around`: a week from it, and the night before that reaches into it."""
        statement = select(RosterEntry.day, RosterEntry.shift).where(
            RosterEntry.day >= around - timedelta(days=1), RosterEntry.day <= around + timedelta(days=WEEK)
        )
        entries = [(day, shift) for day, shift in await session.execute(statement)]
        return coverage.planned(entries, self.rules.shifts)

    async def _set(self, session: AsyncSession, user_id: int, day: date, shift: str | None) -> str | None:
        """Set one person's shift of a day; return the one before."""
        entry = await session.scalar(select(RosterEntry).where(RosterEntry.user_id == user_id, RosterEntry.day == day))
        before = None if entry is None else entry.shift
        if shift is None and entry is not None:
            await session.delete(entry)
        elif shift is not None and entry is None:
            session.add(RosterEntry(user_id=user_id, day=day, shift=shift))
        elif shift is not None and entry is not None:
            entry.shift = shift
        await session.flush()
        return before

    async def _shift_of(self, session: AsyncSession, user_id: int, day: date) -> str | None:
        statement = select(RosterEntry.shift).where(RosterEntry.user_id == user_id, RosterEntry.day == day)
        return await session.scalar(statement)

    async def _swap(self, session: AsyncSession, swap: ShiftSwap, by: SignedIn, address: str) -> None:
        """Give each the other's shift, where both are still free to work it."""
        own = await self._shift_of(session, swap.user_id, swap.day)
        if own is None or await self._works(session, swap.other_id, swap.day, but=swap.other_day):
            raise SwapClosed
        other = None
        if swap.other_day is not None:
            other = await self._shift_of(session, swap.other_id, swap.other_day)
            if other is None or await self._works(session, swap.user_id, swap.other_day, but=swap.day):
                raise SwapClosed
        await self._set(session, swap.user_id, swap.day, None)
        if swap.other_day is not None:
            await self._set(session, swap.other_id, swap.other_day, None)
            await self._set(session, swap.user_id, swap.other_day, other)
        await self._set(session, swap.other_id, swap.day, own)

    async def _works(self, session: AsyncSession, user_id: int, day: date, *, but: date | None) -> bool:
        return day != but and await self._shift_of(session, user_id, day) is not None
