"""The sample hotel with guests who really call, and the check of what they saw against what the house wrote down."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from callcenter.calls.models import Call
from callcenter.calls.three_rings import rings_by
from callcenter.db import Database
from callcenter.demo_guests import caller_number
from callcenter.pbx.provisioning import Secrets
from callcenter.settings import LineMode, Settings
from callcenter.simulator.facts import Milestone
from callcenter.simulator.guests import Desk, Guests, Staff, Visit, Wish
from callcenter.telephony import Outcome, TransferResult
from recordings.models import Recording

DESKS = 10
SECONDS_BETWEEN_GUESTS = (1.0, 4.0)
GUESTS_AT_ONCE = 8
RECORDS_WITHIN = 45.0
TOLERANCE_SECONDS = 0.5
"""How far the caller's and the house's seconds may lie apart: the issue's figure for recordings."""

_WISHES = (Wish.BOOK, Wish.ASK, Wish.COMPLAIN, Wish.COLLEAGUE, Wish.THINK, Wish.HURRY, Wish.GIVE_UP)


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the summary: a guest's account beside the house's, and where they differ."""

    visit: Visit
    call: Call | None
    recording_seconds: float | None
    differences: tuple[str, ...]


async def simulate(settings: Settings, secrets: Secrets, calls: int | None, say: Callable[[str], None]) -> list[Visit]:
    """Let guests call: `calls` of them, or without end; tell each visit as it ends and return them all."""
    server = (settings.pbx.bind, settings.pbx.sip_port)
    wishes: dict[str, Wish] = {}
    visits: list[Visit] = []
    gate = asyncio.Semaphore(GUESTS_AT_ONCE)
    chance = random.Random(2)

    async def visit(guests: Guests, line: str, caller: str, wish: Wish) -> None:
        async with gate:
            done = await guests.visit(line, caller, wish)
        wishes.pop(caller, None)
        if calls is not None:
            visits.append(done)
        say(_told(done))

    async with (
        Staff(server, *_desks(settings, secrets), wishes) as _,
        Guests(server) as guests,
        asyncio.TaskGroup() as group,
    ):
        number = 0
        while calls is None or number < calls:
            wish = _WISHES[number % len(_WISHES)]
            caller = caller_number(number)
            wishes[caller] = wish
            group.create_task(visit(guests, _line_for(settings, wish, number), caller, wish), name=f"guest-{number}")
            number += 1
            await asyncio.sleep(chance.uniform(*SECONDS_BETWEEN_GUESTS))
            async with gate:
                pass  # no more guests than the gate admits wait at its door
    return visits


async def compare(settings: Settings, visits: list[Visit]) -> list[Line]:
    """Find each visit's record by its SIP Call-ID, wait until it is complete, and list the differences."""
    database = Database(settings.database_url)
    cadences = {line.number: settings.rings_of(line).ring_cadence for line in settings.lines}
    try:
        deadline = asyncio.get_running_loop().time() + RECORDS_WITHIN
        while True:
            rows = await _records(database, [visit.facts.call_id for visit in visits])
            lines = [_compared(visit, rows.get(visit.facts.call_id), cadences[visit.line]) for visit in visits]
            if not any(line.differences for line in lines) or asyncio.get_running_loop().time() > deadline:
                return lines
            await asyncio.sleep(1)
    finally:
        await database.close()


def summary(lines: list[Line]) -> str:
    """Write the summary table."""
    rows = [("wish", "line", "caller", "rings", "answered by", "talk s", "recorded s", "outcome", "difference")]
    for line in lines:
        facts, call = line.visit.facts, line.call
        rows.append(
            (
                line.visit.wish.value,
                line.visit.line,
                facts.caller,
                str(call.rings_to_answer if call and call.rings_to_answer is not None else "-"),
                call.answered_by if call else "-",
                f"{facts.talk_seconds:.1f}",
                "-" if line.recording_seconds is None else f"{line.recording_seconds:.1f}",
                call.outcome if call else "no record",
                "; ".join(line.differences) or "none",
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    table = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    table.insert(1, "  ".join("-" * width for width in widths))
    different = sum(bool(line.differences) for line in lines)
    return "\n".join([*table, "", f"{len(lines)} calls, {different} with differences"])


def _desks(settings: Settings, secrets: Secrets) -> tuple[list[Desk], Desk]:
    """The staff of the demo: some phones of every block of operators, and the first supervisor as a colleague."""
    blocks = [block for block in settings.phones if block.role == "operator"]
    share = max(1, DESKS // len(blocks))
    operators = [extension for block in blocks for extension in block.extensions[:share]]
    colleague = next(block for block in settings.phones if block.role == "supervisor").extensions[0]
    desks = [Desk(extension, secrets.phones[f"op{extension}"]) for extension in (*operators, colleague)]
    return desks[:-1], desks[-1]


def _line_for(settings: Settings, wish: Wish, number: int) -> str:
    lines = settings.lines
    if wish in (Wish.HURRY, Wish.GIVE_UP):
        lines = tuple(line for line in lines if line.mode is LineMode.OPERATORS_FIRST) or lines
    if wish is Wish.COMPLAIN:
        lines = lines[1:2] or lines
    return lines[number % len(lines)].number


def _told(visit: Visit) -> str:
    facts = visit.facts
    waited = (
        "not answered" if not facts.answered else f"answered by {visit.answered_by} after {facts.ringing_seconds:.1f} s"
    )
    return f"{facts.caller} on {visit.line} ({visit.wish.value}): {waited}, talked {facts.talk_seconds:.1f} s"


async def _records(database: Database, call_ids: list[str]) -> Mapping[str, tuple[Call, float | None]]:
    statement = (
        select(Call, Recording.seconds)
        .outerjoin(Recording, Recording.call_id == Call.id)
        .where(Call.sip_call_id.in_(call_ids))
    )
    async with database.read() as session:
        return {call.sip_call_id or "": (call, seconds) for call, seconds in await session.execute(statement)}


def _compared(visit: Visit, record: tuple[Call, float | None] | None, cadence: float) -> Line:
    if record is None:
        return Line(visit, None, None, ("no record of this call",))
    call, recorded = record
    found = [
        *_answer_differences(visit, call),
        *_ring_differences(visit, call, cadence),
        *_length_differences(visit, recorded),
        *_wish_differences(visit, call),
    ]
    if call.ended_at is None:
        found.append("still open")
    if call.outcome != _expected_outcome(visit):
        found.append(f"outcome {call.outcome}, not {_expected_outcome(visit)}")
    if call.late:
        found.append("later than the third ring")
    return Line(visit, call, recorded, tuple(found))


def _answer_differences(visit: Visit, call: Call) -> list[str]:
    if call.answered_by != visit.answered_by:
        return [f"record says {call.answered_by}, guest heard {visit.answered_by}"]
    return []


def _ring_differences(visit: Visit, call: Call, cadence: float) -> list[str]:
    """Compare rings; an answer within the tolerance of a ring's beginning may count as either."""
    ringing = visit.facts.ringing_seconds
    if call.rings_to_answer is None or ringing is None or Milestone.RINGING not in visit.facts.milestones:
        return []
    start = visit.facts.milestones[Milestone.RINGING].wall
    seconds = [max(0.0, ringing + offset) for offset in (-TOLERANCE_SECONDS, 0.0, TOLERANCE_SECONDS)]
    heard = {rings_by(start, start + timedelta(seconds=second), cadence) for second in seconds}
    # answered before the first tone: the exchange says ringing, but no phone rang
    if seconds[0] == 0.0:
        heard.add(0)
    return [] if call.rings_to_answer in heard else [f"{call.rings_to_answer} rings, guest heard {max(heard)}"]


def _length_differences(visit: Visit, recorded: float | None) -> list[str]:
    talked = visit.facts.talk_seconds
    if not visit.facts.answered:
        return [] if recorded is None else ["recorded though never answered"]
    if recorded is None:
        return ["no recording"]
    return [] if abs(recorded - talked) <= TOLERANCE_SECONDS else [f"recorded {recorded:.1f} s of {talked:.1f} s"]


def _wish_differences(visit: Visit, call: Call) -> list[str]:
    """Tell whether the guest got what he called for, in his own account and in the record."""
    found = ["the guest lost patience"] if visit.lost_patience else []
    completed = [transfer for transfer in call.transfers if transfer["result"] == TransferResult.COMPLETED]
    if visit.wish is Wish.COLLEAGUE and visit.reached_person and not completed:
        found.append("never reached the colleague")
    if visit.wish is Wish.THINK and visit.reached_person and not call.holds:
        found.append("no hold in the record")
    return found


def _expected_outcome(visit: Visit) -> str:
    return (Outcome.ANSWERED if visit.reached_person else Outcome.ABANDONED).value
