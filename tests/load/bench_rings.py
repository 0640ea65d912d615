"""`./run bench rings`: 1,000 callers with and without the application: is every one answered within three rings?

Of each ten callers four find an operator who picks up in the first, second or third ring, four an operator who does
not, and two a line where nobody is. What counts is the caller's own clock, from the first 180 to the 200 OK.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
from contextlib import AsyncExitStack, nullcontext

from callcenter.simulator.behaviours import passing
from callcenter.simulator.dialog import Dialog
from callcenter.simulator.facts import CallFacts
from callcenter.simulator.phone import Behaviour, Phone
from tests.load.rig import Rig, house, running_application, running_pbx, table, temporary_folder

LINES = 40
STAFFED = 36
"""Lines with an operator; the others have nobody. Callers of one line come one after the other."""


def main() -> int:
    """Measure and print the table; 1 if any caller waited for longer than the third ring."""
    parser = argparse.ArgumentParser(prog="bench rings", description=__doc__)
    parser.add_argument("--calls", type=int, default=1000)
    parser.add_argument("--cadence", type=float, default=5.0, help="seconds from one ring to the next")
    options = parser.parse_args()
    guard = min(2.0, 0.4 * options.cadence)
    rows, late = [], 0
    for with_application in (False, True):
        seconds = _measure(options.calls, options.cadence, guard, with_application=with_application)
        too_late = options.calls - sum(value < 3 * options.cadence for value in seconds)
        late += too_late
        rows.append(
            (
                "with the application" if with_application else "dialplan alone",
                options.calls,
                f"{sorted(seconds)[len(seconds) // 2]:.2f}",
                f"{max(seconds):.2f}",
                f"{max(seconds) / (3 * options.cadence):.2f}",
                too_late,
            )
        )
    heads = ("", "calls", "median s", "longest s", "longest / (3 × cadence)", "later or never")
    sys.stdout.write(table(heads, rows) + "\n")
    return int(late > 0)


def _measure(calls: int, cadence: float, guard: float, *, with_application: bool) -> list[float]:
    words = {"zh": "测试", "en": "Test"}
    values = {
        "three_rings": {"ring_cadence": cadence, "guard": guard},
        "lines": [{"number": str(4100 + index), "name": words, "queue": f"q{index}"} for index in range(LINES)],
        "queues": {f"q{index}": {"name": words} for index in range(LINES)},
        "phones": [
            {"first": str(6100 + i), "last": str(6100 + i), "name": words, "skills": [{"queue": f"q{i}"}]}
            for i in range(LINES)
        ],
    }
    with (
        temporary_folder() as folder,
        running_pbx(house(folder, values)) as rig,
        running_application(rig) if with_application else nullcontext(),
    ):
        facts = asyncio.run(_call_all(rig, calls, cadence))
    return [fact.ringing_seconds for fact in facts if fact.answered and fact.ringing_seconds is not None]


async def _call_all(rig: Rig, calls: int, cadence: float) -> list[CallFacts]:
    chance = random.Random(1)
    async with AsyncExitStack() as phones:
        for index in range(STAFFED):
            name = f"op{6100 + index}"
            behaviour = _picks_up(chance, cadence) if index % 2 else _absent
            phone = Phone(name, rig.secrets.phones[name], server=rig.server, on_call=behaviour)
            await phones.enter_async_context(phone)
            await phone.register()
        guest = await phones.enter_async_context(Phone("guest", server=rig.server))
        shares = [calls // LINES + (index < calls % LINES) for index in range(LINES)]
        results = await asyncio.gather(*(_one_after_another(guest, index, n) for index, n in enumerate(shares)))
    return [fact for result in results for fact in result]


async def _one_after_another(guest: Phone, index: int, calls: int) -> list[CallFacts]:
    facts = []
    for _ in range(calls):
        call = guest.call(str(4100 + index))
        await call.answered(60)
        facts.append(await call.bye())
        await asyncio.sleep(0.2)
    return facts


def _picks_up(chance: random.Random, cadence: float) -> Behaviour:
    async def behave(call: Dialog) -> None:
        call.ring()
        await passing(call, chance.uniform(0, 2.5 * cadence))
        call.answer()

    return behave


async def _absent(call: Dialog) -> None:
    call.ring()


if __name__ == "__main__":
    sys.exit(main())
