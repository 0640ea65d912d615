"""The page of what the house did by itself: due, run, missed, made up for, and what each run changed."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest

from callcenter.health import Alarms
from callcenter.reservations import acts, audit_runs, deposits, store
from callcenter.reservations.audit_runs import AuditRun, RunState, state_of
from callcenter.reservations.deposits import Method, PaymentKind
from callcenter.schedule import JobRun, Schedule
from callcenter.stays.residents import StayResidents
from tests.unit.reservations.conftest import TODAY, WHY, ZONE, House

DUE = datetime(2026, 12, 1, 10, tzinfo=ZONE)


def _run(begun: timedelta, done: timedelta | None) -> JobRun:
    return JobRun(
        job="evening_audit",
        due_at=DUE,
        node="n",
        begun_at=DUE + begun,
        done_at=None if done is None else DUE + done,
    )


@pytest.mark.parametrize(
    ("run", "now", "state"),
    [
        (None, DUE - timedelta(hours=1), RunState.DUE),
        (None, DUE + timedelta(minutes=1), RunState.DUE),
        (None, DUE + timedelta(hours=1), RunState.SKIPPED),
        (_run(timedelta(seconds=10), timedelta(seconds=12)), DUE + timedelta(hours=1), RunState.DONE),
        (_run(timedelta(hours=3), timedelta(hours=3)), DUE + timedelta(hours=4), RunState.CAUGHT_UP),
        (_run(timedelta(seconds=10), None), DUE + timedelta(minutes=1), RunState.RUNNING),
    ],
)
def test_given_a_run_when_shown_then_its_state_says_whether_it_was_missed_or_made_up_for(
    run: JobRun | None, now: datetime, state: RunState
) -> None:
    assert state_of(DUE, run, now) is state


async def test_given_the_application_was_down_at_1800_when_it_returns_then_the_run_is_shown_as_made_up_with_its_deeds(
    house: House,
) -> None:
    number = await house.booked(arrival_time=None)
    schedule = Schedule(house.database, house.clock, ZONE, "node1", Alarms(house.clock))
    house.audits.put_into(schedule)
    house.at("17:00")
    await schedule.run_due()
    house.at("21:30")
    await schedule.run_due()

    found = await _runs(house)

    (evening,) = [run for run in found if run.job == "evening_audit" and run.day == TODAY]
    assert (evening.state, evening.node) == (RunState.CAUGHT_UP, "node1")
    assert [(deed.number, deed.action) for deed in evening.deeds] == [(number, "lapsed")]


async def test_given_days_without_the_application_when_shown_then_they_are_told_as_covered_by_a_later_run(
    house: House,
) -> None:
    schedule = Schedule(house.database, house.clock, ZONE, "node1", Alarms(house.clock))
    house.audits.put_into(schedule)
    house.at("2026-12-01T18:00")
    await schedule.run_due()
    house.at("2026-12-04T18:00")
    await schedule.run_due()

    found = await _runs(house, until=date(2026, 12, 5))

    states = {run.day.day: run.state for run in found if run.job == "evening_audit"}
    assert states == {1: RunState.DONE, 2: RunState.SKIPPED, 3: RunState.SKIPPED, 4: RunState.DONE}


async def test_given_a_no_show_and_a_kept_deposit_when_shown_then_both_stand_under_their_day(house: House) -> None:
    late = await house.booked(arrival_time=time(18))
    paid = await house.booked(phone="13800000002")
    async with house.database.begin() as session:
        booking = await store.locked(session, late)
        await acts.confirm(session, house.desk, booking, house.by(), WHY)
        await acts.note_contact(session, house.desk, booking, house.by(), WHY)
        booking = await store.locked(session, paid)
        await deposits.receive(session, house.desk, booking, 30000, Method.CASH, "", house.by(), WHY)
        await acts.cancel(session, house.desk, booking, house.by(), WHY)
        forfeit = (PaymentKind.FORFEIT, 30000, Method.CASH, "")
        await deposits.pay_out(session, house.desk, booking, *forfeit, house.by("manager"), WHY)
    house.at("19:00")
    await house.audits.no_shows()

    found = {run.job: run for run in await _runs(house) if run.state is RunState.CONTINUOUS}

    assert [(deed.number, deed.action) for deed in found["no_show_timer"].deeds] == [(late, "no_show")]
    assert [(deed.number, deed.amount, deed.by) for deed in found["forfeits"].deeds] == [(paid, 30000, "manager")]


async def _runs(house: House, until: date = TODAY + timedelta(days=1)) -> list[AuditRun]:
    async with house.database.read() as session:
        return await audit_runs.runs(session, house.desk.rules, StayResidents(), TODAY, until, house.clock.now())
