"""`./run bench recording`: what it costs to bridge and record, by mechanism, at 20 and 90 lines.

The baseline is two-party bridging without recording (bridge_simple). Figures are Asterisk's CPU per bridged line in
percent of one core, over a window in which every line talks both ways; ratios are to the baseline of the same run.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from callcenter.simulator.behaviours import answers
from callcenter.simulator.codecs import Tone
from callcenter.simulator.phone import Phone
from tests.load.rig import Rig, house, running_pbx, table, temporary_folder

FIRST_PHONE = 6000
SETTLE_SECONDS = 3.0

_DIALPLAN = """
[from-trunk]
exten => _6XXX,1,{record}
 same => n,Dial(PJSIP/op${{EXTEN}},30{dial_option})
[received]
exten => s,1,MixMonitor(,r(bench/${{UNIQUEID}}-staff.raw))
 same => n,Return()
"""


@dataclass(frozen=True, slots=True)
class Mechanism:
    """One way to bridge and record."""

    name: str
    two_party_bridges: bool
    record: str
    dial_option: str = ""


MECHANISMS = (
    Mechanism("two-party bridge, not recorded (baseline)", True, "NoOp()"),
    Mechanism("two-party bridge, one stereo MixMonitor (chosen)", True, "MixMonitor(bench/${UNIQUEID}.raw,D)"),
    Mechanism(
        "two-party bridge, received sound of each leg",
        True,
        "MixMonitor(,r(bench/${UNIQUEID}-caller.raw))",
        ",U(received)",
    ),
    Mechanism("softmix, not recorded", False, "NoOp()"),
    Mechanism("softmix, one stereo MixMonitor", False, "MixMonitor(bench/${UNIQUEID}.raw,D)"),
)


def main() -> int:
    """Measure every mechanism at every number of lines and print the table."""
    parser = argparse.ArgumentParser(prog="bench recording", description=__doc__)
    parser.add_argument("--lines", type=int, nargs="+", default=[20, 90])
    parser.add_argument("--seconds", type=float, default=15.0, help="length of the measured window")
    options = parser.parse_args()
    rows = []
    for lines in options.lines:
        baseline = None
        for mechanism in MECHANISMS:
            percent = _measure(mechanism, lines, options.seconds)
            baseline = baseline or percent
            rows.append((lines, mechanism.name, f"{percent:.2f}", f"{percent / baseline:.2f}"))
            sys.stderr.write(f"{lines} lines, {mechanism.name}: {percent:.2f} %\n")
    sys.stdout.write(table(("lines", "mechanism", "% of a core per line", "ratio"), rows) + "\n")
    return 0


def _measure(mechanism: Mechanism, lines: int, seconds: float) -> float:
    with temporary_folder() as folder:
        values = {
            "lines": [{"number": "4001", "name": {"zh": "总机", "en": "Switchboard"}, "queue": "enquiries"}],
            "queues": {"enquiries": {"name": {"zh": "咨询", "en": "Enquiries"}}},
            "phones": [
                {
                    "first": str(FIRST_PHONE),
                    "last": str(FIRST_PHONE + lines - 1),
                    "name": {"zh": "话务", "en": "Operator"},
                }
            ],
        }
        with running_pbx(house(folder, values), _configured(mechanism)) as rig:
            return asyncio.run(_talk(rig, lines, seconds))


def _configured(mechanism: Mechanism) -> Callable[[Path], None]:
    def change(etc: Path) -> None:
        dialplan = _DIALPLAN.format(record=mechanism.record, dial_option=mechanism.dial_option)
        (etc / "extensions.conf").write_text(dialplan, encoding="utf-8")
        if not mechanism.two_party_bridges:
            modules = etc / "modules.conf"
            kept = modules.read_text(encoding="utf-8").replace("load = bridge_simple.so\n", "")
            modules.write_text(kept, encoding="utf-8")

    return change


async def _talk(rig: Rig, lines: int, seconds: float) -> float:
    async with AsyncExitStack() as open_phones:
        extensions = [str(FIRST_PHONE + number) for number in range(lines)]
        for extension in extensions:
            phone = Phone(
                f"op{extension}",
                rig.secrets.phones[f"op{extension}"],
                server=rig.server,
                media=Tone(1330),
                on_call=answers(),
            )
            await open_phones.enter_async_context(phone)
            await phone.register()
        caller = await open_phones.enter_async_context(Phone("guest", server=rig.server, media=Tone(730)))
        calls = []
        for extension in extensions:
            calls.append(caller.call(extension))
            await asyncio.sleep(0.05)
        for call in calls:
            await call.answered(30)
        await asyncio.sleep(SETTLE_SECONDS)
        before, heard = rig.cpu_seconds(), [call.rtp.received for call in calls]
        began = asyncio.get_running_loop().time()
        await asyncio.sleep(seconds)
        window = asyncio.get_running_loop().time() - began
        used = rig.cpu_seconds() - before
        silent = [call for call, count in zip(calls, heard, strict=True) if call.rtp.received - count < 40 * window]
        if silent:
            raise SystemExit(f"{len(silent)} of {lines} callers did not hear their operator throughout")
        return 100 * used / window / lines


if __name__ == "__main__":
    sys.exit(main())
