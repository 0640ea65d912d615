"""The page of the audits tells of the guests in house too: nights charged, guests who stayed too long."""

from __future__ import annotations

from datetime import timedelta

from callcenter.reservations import audit_runs
from callcenter.reservations.audit_runs import RunState
from callcenter.schedule import Schedule
from callcenter.stays.residents import StayResidents
from tests.unit.stays.reception import TODAY, TOMORROW, ZONE, Reception, at


async def test_given_guests_in_house_when_the_night_was_closed_then_the_run_tells_how_many_were_charged(
    reception: Reception,
) -> None:
    schedule = Schedule(reception.database, reception.clock, ZONE, "node1", reception.alarms)
    reception.parts.schedule(schedule)
    await reception.check_in("0301")
    await reception.check_in("0302")
    reception.clock.set(at("02:00", TOMORROW))
    await schedule.run_due()
    reception.clock.set(at("12:01", TOMORROW))
    await reception.parts.hold_overstays()

    async with reception.database.read() as session:
        rules, until = reception.parts.bookings.desk.rules, TOMORROW + timedelta(days=1)
        found = await audit_runs.runs(session, rules, StayResidents(), TODAY, until, reception.clock.now())

    told = {(run.day, run.job): (run.state, run.stays) for run in found}
    assert told[TOMORROW, "stay_nights"] == (RunState.DONE, 2)
    assert told[TOMORROW, "overstays"] == (RunState.CONTINUOUS, 2)
