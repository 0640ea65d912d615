"""A caller's number can hold line ends: whatever it says, it is a number and never the exchange's own news."""

from __future__ import annotations

from pathlib import Path

from callcenter.telephony import CallSnapshot
from tests.pbx.house import House, running_house
from tests.pbx.switchboard import Desk, Switchboard

EVENT_END = "%0d%0a%0d%0a"
NOT_FOUND = 404


def event(name: str, **fields: str) -> str:
    """A number that writes an event behind the one in which it stands; Asterisk keeps 79 characters of it."""
    lines = [f"Event%3a%20{name}", *(f"{key}%3a%20{value}" for key, value in fields.items())]
    return f"138{EVENT_END}{'%0d%0a'.join(lines)}{EVENT_END}"


async def victim_of(house: House, call_id: str) -> CallSnapshot:
    """The record of the call that others try to end."""
    await house.record(call_id, lambda call: call.ended_at is None)
    (victim,) = await house.open_calls()
    return victim


async def test_given_callers_who_write_events_and_log_rows_when_they_call_then_no_other_call_begins_changes_or_ends(
    switchboard: Switchboard, desk: Desk, tmp_path: Path
) -> None:
    with running_house(switchboard, tmp_path) as house:
        async with switchboard.guest() as guest, switchboard.guest() as forger:
            talking = guest.call(desk.number)
            await talking.answered(10)
            victim = await victim_of(house, talking.call_id)
            uniqueid = victim.key.linkedid
            numbers = (
                event("Hangup", Uniqueid=uniqueid),
                event("Newchannel", Channel="PJSIP/trunk-9", Uniqueid="1.9", Linkedid="1.9"),
                f"138%0d%0aUniqueid%3a%20{uniqueid}",
                "138%0a%22HANGUP%22,%221.000000%22,%22%22",
                "138%22HANGUP%22,%00",
            )
            forged = []
            for number in numbers:
                call = forger.call(desk.number, caller_id=number)
                await call.answered(10)
                await call.bye()
                forged.append(call.call_id)
            refused = forger.call(f"99{numbers[0]}")
            assert (await refused.ended(10)).final_status == NOT_FOUND

            house.kill()
            await house.started()
            for call_id in forged:
                record = await house.record(call_id)
                assert record.ended_at is not None
                assert record.recording == record.linkedid
            (still,) = await house.open_calls()
            assert (still.key, still.caller, still.swept) == (victim.key, victim.caller, False)
            await talking.bye()
        record = await house.record(talking.call_id)
        assert (record.swept, record.linkedid) == (False, uniqueid)
