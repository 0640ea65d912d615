"""What the house did by itself: each run of the audits, when it was due, whether it was late, and what it changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.reservations.audit_jobs import EVENING, NIGHT, ROOMS, TIMER
from callcenter.reservations.chart import Residents
from callcenter.reservations.deposits import PaymentKind
from callcenter.reservations.models import Payment, Reservation, ReservationChange
from callcenter.reservations.rules import BookingRules
from callcenter.schedule import JobRun

LATEST = timedelta(days=2)
"""A run that was made up for later than that after its day is not looked for."""

PUNCTUAL = timedelta(minutes=2)
"""A run that begins later than that after its hour was made up for."""

FORFEITS = "forfeits"
STAY_NIGHTS = "stay_nights"
"""The part of the night audit that charges the stays; they run it at the same hour."""

OVERSTAYS = "overstays"
ORDER = (NIGHT.username, STAY_NIGHTS, ROOMS.username, EVENING.username, TIMER.username, OVERSTAYS, FORFEITS)


class RunState(StrEnum):
    """How a run stands. `CAUGHT_UP`: made up for after its hour; `SKIPPED`: a later one stood for it."""

    DONE = "done"
    CAUGHT_UP = "caught_up"
    RUNNING = "running"
    SKIPPED = "skipped"
    DUE = "due"
    CONTINUOUS = "continuous"


@dataclass(frozen=True, slots=True)
class Deed:
    """What was done to a booking. `amount`: deposit that the house held then, of a forfeit what was kept, in fen."""

    number: str
    action: str
    at: datetime
    by: str
    why: str
    amount: int


@dataclass(frozen=True, slots=True)
class AuditRun:
    """A run of a job; of what runs all the time (no-show timer) or by hand (forfeits) the whole day.

    `stays`: how many guests in house it dealt with: charged for the night, or found to have stayed too long.
    """

    job: str
    day: date
    due_at: datetime | None
    begun_at: datetime | None
    done_at: datetime | None
    node: str
    state: RunState
    deeds: tuple[Deed, ...]
    stays: int = 0


def state_of(due: datetime, run: JobRun | None, now: datetime) -> RunState:
    """Say how a daily run stands that was due at `due`; `run`: what is noted of it, None for nothing."""
    if run is None:
        return RunState.DUE if due > now - PUNCTUAL else RunState.SKIPPED
    if run.done_at is None:
        return RunState.RUNNING
    return RunState.CAUGHT_UP if run.begun_at - due > PUNCTUAL else RunState.DONE


async def runs(
    session: AsyncSession, rules: BookingRules, residents: Residents, first: date, until: date, now: datetime
) -> list[AuditRun]:
    """Return the runs of the days from `first` to before `until`, the last first.

    Days before the first run that is known of a job are left out: the house was not open.
    """
    begin, end = rules.at(first, time()), rules.at(until, time())
    hours = {
        ROOMS.username: rules.automatic_rooms,
        EVENING.username: rules.evening_audit,
        NIGHT.username: rules.night_audit,
        STAY_NIGHTS: rules.night_audit,
    }
    known = {
        (run.job, run.due_at): run
        for run in await session.scalars(select(JobRun).where(JobRun.job.in_(hours), JobRun.due_at < end))
    }
    opened = {job: min((due for name, due in known if name == job), default=now) for job in hours}
    deeds = await _deeds(session, begin, end)
    closed = await residents.nights_closed(session, begin, end + LATEST)
    overstays = await residents.overstays(session, begin, end)
    found: list[AuditRun] = []
    for day in reversed([first + timedelta(days=number) for number in range((until - first).days)]):
        for job, hour in hours.items():
            due = rules.at(day, hour)
            if due < opened[job]:
                continue
            run = known.get((job, due))
            state = state_of(due, run, now)
            done = _of_run(deeds[job], run, now)
            stays = sum(one.stays for one in closed if job == STAY_NIGHTS and _is_within(one.at, run, now))
            found.append(replace(_daily(job, day, due, run, state, done), stays=stays))
        span = (rules.at(day, time()), rules.at(day + timedelta(days=1), time()))
        stayed_on = sum(span[0] <= at < span[1] for at in overstays)
        if stayed_on:
            found.append(AuditRun(OVERSTAYS, day, None, None, None, "", RunState.CONTINUOUS, (), stayed_on))
        for job in (TIMER.username, FORFEITS):
            done = tuple(deed for deed in deeds[job] if span[0] <= deed.at < span[1])
            if done:
                found.append(AuditRun(job, day, None, None, None, "", RunState.CONTINUOUS, done))
    return sorted(found, key=lambda one: (-one.day.toordinal(), -ORDER.index(one.job)))


def _daily(job: str, day: date, due: datetime, run: JobRun | None, state: RunState, done: tuple[Deed, ...]) -> AuditRun:
    if run is None:
        return AuditRun(job, day, due, None, None, "", state, done)
    return AuditRun(job, day, due, run.begun_at, run.done_at, run.node, state, done)


def _of_run(deeds: Iterable[Deed], run: JobRun | None, now: datetime) -> tuple[Deed, ...]:
    """Pick what a run did: the job writes its own name, and no two runs of one job overlap."""
    return tuple(deed for deed in deeds if _is_within(deed.at, run, now))


def _is_within(at: datetime, run: JobRun | None, now: datetime) -> bool:
    return run is not None and run.begun_at <= at <= (run.done_at or now)


async def _deeds(session: AsyncSession, begin: datetime, end: datetime) -> Mapping[str, Sequence[Deed]]:
    """Return what the house did by itself, and which deposits were kept, by job, oldest first."""
    found: dict[str, list[Deed]] = defaultdict(list)
    own = (ROOMS.username, EVENING.username, NIGHT.username, TIMER.username)
    changes = (
        select(ReservationChange, Reservation.number)
        .join(Reservation, Reservation.id == ReservationChange.reservation_id)
        .where(ReservationChange.by.in_(own), ReservationChange.at >= begin)
        .where(ReservationChange.at < end + LATEST)
        .order_by(ReservationChange.id)
    )
    for change, number in await session.execute(changes):
        held = int((change.after or {}).get("deposit", 0))
        found[change.by].append(Deed(number, change.action, change.at, change.by, change.why, held))
    forfeits = (
        select(Payment, Reservation.number)
        .join(Reservation, Reservation.id == Payment.reservation_id)
        .where(Payment.kind == PaymentKind.FORFEIT.value, Payment.at >= begin, Payment.at < end)
        .order_by(Payment.id)
    )
    for payment, number in await session.execute(forfeits):
        deed = Deed(number, "forfeit", payment.at, payment.by, payment.reason, payment.amount)
        found[FORFEITS].append(deed)
    return found
