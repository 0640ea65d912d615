"""`./run bench calls`: recorded callers at once, greeted, queued and bridged, against a dialplan without the house.

The baseline (`baseline.conf`) plays the same prompts, queues, bridges and records in the same Asterisk, with nobody
listening to it. A call counts only if its caller heard the greeting, its recording is within 0.5 s of the caller's
talk time and, with the house, exactly one record carries its Call-ID. CPU is Asterisk's and, with the house, the
application's, until the last record and recording are stored.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import AsyncExitStack, nullcontext
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from callcenter.calls.models import Call
from callcenter.db import Database
from callcenter.settings import ROOT
from callcenter.simulator.behaviours import answers
from callcenter.simulator.codecs import Tone
from callcenter.simulator.dialog import Dialog
from callcenter.simulator.facts import Milestone, PhoneError
from callcenter.simulator.hearing import Sound, find_prompt, read_wav
from callcenter.simulator.phone import Phone
from callcenter.simulator.rtp import Hearing, assemble
from recordings.models import Recording
from tests.load.rig import Rig, cpu_seconds, house, running_application, running_pbx, table, temporary_folder

TALK_SECONDS = 8.0
PHONES_PER_CALLER = 0.6
"""Fewer phones than callers: some callers wait in the queue."""
TOLERANCE_SECONDS = 0.5
STORED_WITHIN = 60.0
IDLE_SHARE = 0.05
"""Of one core, which the application uses at rest."""
GREETING_LIKENESS = 0.85
BYTES_PER_SECOND = 8000 * 2 * 2
PROMPTS = ROOT / "ivr" / "prompts" / "both"


@dataclass(frozen=True, slots=True)
class Result:
    """One run: how many calls were made, what was wrong with those that failed, CPU seconds in all."""

    calls: int
    failures: Counter[str]
    cpu_seconds: tuple[float, float]
    """Of Asterisk and of the application."""

    @property
    def milliseconds_per_call(self) -> float:
        """CPU per call, our processes included."""
        return 1000 * sum(self.cpu_seconds) / max(1, self.calls)


def main() -> int:
    """Measure and print the table; 1 if the house failed a call at the first number of callers."""
    parser = argparse.ArgumentParser(prog="bench calls", description=__doc__)
    parser.add_argument("--callers", type=int, nargs="+", default=[90], help="callers at once; several: one run each")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long callers keep coming")
    options = parser.parse_args()
    rows = []
    worst = 0
    for callers in options.callers:
        base = _measure(callers, options.seconds, with_house=False)
        ours = _measure(callers, options.seconds, with_house=True)
        worst = worst or (ours.failures.total() if callers == options.callers[0] else 0)
        for name, result in (("baseline dialplan (baseline)", base), ("the house", ours)):
            rows.append(
                (
                    callers,
                    name,
                    result.calls,
                    result.failures.total(),
                    " + ".join(f"{1000 * used / result.calls:.0f}" for used in result.cpu_seconds),
                    f"{result.milliseconds_per_call / base.milliseconds_per_call:.2f}",
                )
            )
            sys.stderr.write(f"{callers} callers, {name}: {result.calls} calls, failures {dict(result.failures)}\n")
    heads = ("callers at once", "", "calls", "failed", "CPU ms a call: Asterisk + application", "ratio")
    sys.stdout.write(table(heads, rows) + "\n")
    return int(worst > 0)


def _measure(callers: int, seconds: float, *, with_house: bool) -> Result:
    words = {"zh": "测试", "en": "Test"}
    phones = max(1, round(callers * PHONES_PER_CALLER))
    values = {
        "lines": [{"number": "4001", "name": words, "queue": "enquiries", "mode": "menu_first"}],
        "queues": {"enquiries": {"name": words}},
        "phones": [
            {"first": "6000", "last": str(5999 + phones), "name": words, "skills": [{"queue": "enquiries", "level": 1}]}
        ],
    }
    change: Callable[[Path], None] = (lambda etc: None) if with_house else _baseline
    with (
        temporary_folder() as folder,
        running_pbx(house(folder, values), change) as rig,
        running_application(rig) if with_house else nullcontext() as application,
    ):
        return asyncio.run(_run(rig, callers, seconds, application))


def _baseline(etc: Path) -> None:
    (etc / "extensions.conf").write_text((Path(__file__).parent / "baseline.conf").read_text(), encoding="utf-8")
    queues = etc / "queues.conf"
    queues.write_text(queues.read_text(encoding="utf-8").replace("membergosub = answered\n", ""), encoding="utf-8")


async def _run(rig: Rig, callers: int, seconds: float, application: int | None) -> Result:
    def used() -> tuple[float, float]:
        return rig.cpu_seconds(), cpu_seconds(application) if application else 0.0

    async with AsyncExitStack() as stack:
        behaviour = answers(after=1.0, hangs_up_after=TALK_SECONDS)
        for endpoint in (name for name in rig.secrets.phones if name.startswith("op")):
            phone = Phone(
                endpoint, rig.secrets.phones[endpoint], server=rig.server, media=Tone(1330), on_call=behaviour
            )
            await stack.enter_async_context(phone)
            await phone.register()
        guest = await stack.enter_async_context(
            Phone("guest", server=rig.server, media=Tone(730), hearing=Hearing.KEEP)
        )
        if application:
            await _settled(application)
        before = used()
        until = time.monotonic() + seconds
        slots = (_keep_calling(guest, until, 10 * number / callers) for number in range(callers))
        calls = [call for made in await asyncio.gather(*slots) for call in made]
        lengths = await (_stored(rig, calls) if application else _raw_lengths(rig, calls))
        after = used()
    failures = Counter(reason for call in calls if (reason := _failure(call, lengths.get(call.call_id, []))))
    return Result(len(calls), failures, (after[0] - before[0], after[1] - before[1]))


async def _settled(application: int) -> None:
    """Wait until the work of the application's start, a new day's jobs among it, is over: no call costs that."""
    deadline = time.monotonic() + STORED_WITHIN
    last = cpu_seconds(application)
    while time.monotonic() < deadline:
        await asyncio.sleep(2)
        last, used = cpu_seconds(application), cpu_seconds(application) - last
        if used <= IDLE_SHARE * 2:
            return
    raise SystemExit("the application does not come to rest")


async def _keep_calling(guest: Phone, until: float, first_pause: float) -> list[Dialog]:
    await asyncio.sleep(first_pause)
    calls = []
    while time.monotonic() < until:
        call = guest.call("4001")
        calls.append(call)
        try:
            await call.ended(120)
        except PhoneError:
            await guest_leaves(call)
    return calls


async def guest_leaves(call: Dialog) -> None:
    """End a call that took too long; its failure is told by its facts."""
    if Milestone.ANSWERED in call.milestones:
        await call.bye()
    else:
        await call.cancel()


async def _stored(rig: Rig, calls: list[Dialog]) -> dict[str, list[float]]:
    """Wait until every call has its record and recording; return the recorded seconds of each record by Call-ID."""
    database = Database(rig.settings.database_url)
    statement = select(Call.sip_call_id, Recording.seconds).outerjoin(Recording, Recording.call_id == Call.id)
    deadline = time.monotonic() + STORED_WITHIN
    try:
        while True:
            async with database.read() as session:
                rows = (await session.execute(statement)).all()
            if sum(seconds is not None for _, seconds in rows) >= len(calls) or time.monotonic() > deadline:
                break
            await asyncio.sleep(1)
    finally:
        await database.close()
    found: dict[str, list[float]] = {}
    for call_id, seconds in rows:
        found.setdefault(call_id or "", []).append(-1.0 if seconds is None else seconds)
    return found


async def _raw_lengths(rig: Rig, calls: list[Dialog]) -> dict[str, list[float]]:
    """Pair the baseline's files with the calls by their order: nothing but their number and length is known."""
    await asyncio.sleep(2)
    files = sorted((rig.pbx.folder / "spool" / "monitor").rglob("*.raw"), key=lambda file: _epoch_order(file.stem))
    in_order = sorted(calls, key=lambda call: call.milestones[Milestone.INVITE].monotonic)
    lengths = [file.stat().st_size / BYTES_PER_SECOND for file in files]
    return {call.call_id: [length] for call, length in zip(in_order, lengths, strict=False)}


def _epoch_order(uniqueid: str) -> tuple[int, int]:
    epoch, _, counter = uniqueid.rpartition("-")[2].partition(".")
    return int(epoch), int(counter)


def _failure(call: Dialog, recorded: list[float]) -> str | None:
    facts = call.facts()
    if not facts.answered:
        return "not answered"
    if not _heard_greeting(call):
        return "greeting not heard"
    if len(recorded) != 1:
        return f"{len(recorded)} records"
    if abs(recorded[0] - facts.talk_seconds) > TOLERANCE_SECONDS:
        return "recording of another length" if recorded[0] >= 0 else "no recording"
    return None


def _heard_greeting(call: Dialog) -> bool:
    answered = call.milestones[Milestone.ANSWERED].monotonic
    first = [packet for packet in call.rtp.packets if packet.arrived_at < answered + 5]
    sound = Sound(assemble(first, call.rtp.codec).pcm)
    for part in ("morning", "afternoon", "evening"):
        found = find_prompt(sound, read_wav(PROMPTS / f"greeting-{part}.wav")[0])
        if found is not None and found.likeness >= GREETING_LIKENESS:
            return True
    return False


if __name__ == "__main__":
    sys.exit(main())
