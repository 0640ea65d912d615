"""`./run bench ivr`: callers who walk through the sample menu over FastAGI, against the same menu in plain dialplan.

Every caller is greeted, changes the language, asks for information, hears a piece of it and hangs up after 8 s; then
comes the next. Both run on the house's own dialplan, unrecorded; the baseline (`menu.conf`) replaces its menu alone.
CPU is Asterisk's and the menu server's. A call counts only if its caller heard the information in English.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from multiprocessing.synchronize import Event
from pathlib import Path

from callcenter.clock import SystemClock
from callcenter.health import Alarms
from callcenter.pbx.provisioning import pbx_folder
from callcenter.settings import ROOT, Settings
from callcenter.simulator.behaviours import passing
from callcenter.simulator.codecs import Tone
from callcenter.simulator.dialog import Dialog
from callcenter.simulator.facts import PhoneError
from callcenter.simulator.hearing import Sound, find_prompt, read_wav
from callcenter.simulator.phone import Phone
from callcenter.simulator.rtp import Hearing, assemble
from ivr.agi import AgiServer
from ivr.book import MenuBook
from ivr.checking import surroundings
from ivr.flow import MenuFlow
from ivr.sounds import Sounds
from tests.load.rig import Rig, cpu_seconds, house, running_pbx, table, temporary_folder

KEYS = ((1.0, "9"), (2.5, "4"), (2.0, "1"))
"""Seconds to wait, and the key pressed then: the first one interrupts the greeting."""
LISTENS_SECONDS = 2.5
STARTS_WITHIN = 20.0
LIKENESS = 0.8
INFORMATION = ROOT / "ivr" / "prompts" / "en" / "info-facilities.wav"
MENU = re.compile(r"^\[menu\]\n.*?(?=^\[)", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Result:
    """One run: calls made, what was wrong with those that failed, CPU seconds of Asterisk and of the menu server."""

    calls: int
    failures: Counter[str]
    cpu_seconds: tuple[float, float]

    @property
    def milliseconds_per_call(self) -> float:
        """CPU per call, both processes."""
        return 1000 * sum(self.cpu_seconds) / max(1, self.calls)


def main() -> int:
    """Measure and print the table; 1 if a call failed."""
    parser = argparse.ArgumentParser(prog="bench ivr", description=__doc__)
    parser.add_argument("--callers", type=int, nargs="+", default=[50, 90, 150], help="callers at once, one run each")
    parser.add_argument("--seconds", type=float, default=25.0, help="how long callers keep coming")
    options = parser.parse_args()
    rows = []
    failed = 0
    for callers in options.callers:
        base = _measure(callers, options.seconds, over_agi=False)
        ours = _measure(callers, options.seconds, over_agi=True)
        for name, result in (("plain dialplan (baseline)", base), ("FastAGI", ours)):
            failed += result.failures.total()
            rows.append(
                (
                    callers,
                    name,
                    result.calls,
                    result.failures.total(),
                    " + ".join(f"{1000 * used / max(1, result.calls):.1f}" for used in result.cpu_seconds),
                    f"{result.milliseconds_per_call / base.milliseconds_per_call:.2f}",
                )
            )
            sys.stderr.write(f"{callers} callers, {name}: {result.calls} calls, failures {dict(result.failures)}\n")
    heads = ("callers at once", "", "calls", "failed", "CPU ms a call: Asterisk + menu server", "ratio")
    sys.stdout.write(table(heads, rows) + "\n")
    return int(failed > 0)


def _measure(callers: int, seconds: float, *, over_agi: bool) -> Result:
    words = {"zh": "测试", "en": "Test"}
    values: dict[str, object] = {
        "lines": [
            {"number": "4001", "name": words, "queue": "enquiries", "mode": "menu_first", "menu": "main"},
        ],
        "queues": {"enquiries": {"name": words}, "complaints": {"name": words}},
        "phones": [{"first": "6000", "last": "6000", "name": words}],
        "recording": {"enabled": False},
    }
    with (
        temporary_folder() as folder,
        running_pbx(house(folder, values), (lambda etc: None) if over_agi else _plain_menu) as rig,
        _menu_server(rig.settings) if over_agi else nullcontext() as server,
    ):
        rig.pbx.rx(f"dialplan set global HOTEL_HEARTBEAT {int(time.time()) + 3600}")
        return asyncio.run(_run(rig, callers, seconds, server))


def _plain_menu(etc: Path) -> None:
    dialplan = etc / "extensions.conf"
    plain = (Path(__file__).parent / "menu.conf").read_text(encoding="utf-8")
    changed, count = MENU.subn(lambda _: plain, dialplan.read_text(encoding="utf-8"))
    assert count == 1, "the dialplan has no menu to replace"
    dialplan.write_text(changed, encoding="utf-8")


@contextmanager
def _menu_server(settings: Settings) -> Iterator[int]:
    """Serve the menu in a process of its own, as it runs inside the application; yield its id."""
    spawn = multiprocessing.get_context("spawn")
    ready = spawn.Event()
    process = spawn.Process(target=_serve, args=(settings, ready), daemon=True)
    process.start()
    try:
        if not ready.wait(STARTS_WITHIN) or process.pid is None:
            raise SystemExit("the menu server did not start")
        yield process.pid
    finally:
        process.terminate()
        process.join()


def _serve(settings: Settings, ready: Event) -> None:
    async def serve() -> None:
        sounds = Sounds(pbx_folder(settings) / "lib" / "sounds")
        clock = SystemClock()
        book = MenuBook(settings.menus_folder, {"main"}, surroundings(settings, sounds), Alarms(clock))
        await book.start()
        flow = MenuFlow(book, sounds, clock, settings.hotel.zone, flows={})
        await AgiServer("127.0.0.1", settings.pbx.agi_port, flow.serve).start()
        ready.set()
        await asyncio.Event().wait()

    asyncio.run(serve())


async def _run(rig: Rig, callers: int, seconds: float, server: int | None) -> Result:
    def used() -> tuple[float, float]:
        return rig.cpu_seconds(), cpu_seconds(server) if server else 0.0

    async with Phone("guest", server=rig.server, media=Tone(730), hearing=Hearing.KEEP) as guest:
        before = used()
        until = time.monotonic() + seconds
        slots = (_keep_calling(guest, until, 8 * number / callers) for number in range(callers))
        made = [call for slot in await asyncio.gather(*slots) for call in slot]
        after = used()
    failures = Counter(reason for call, went_well in made if (reason := _failure(call, went_well)))
    return Result(len(made), failures, (after[0] - before[0], after[1] - before[1]))


async def _keep_calling(guest: Phone, until: float, first_pause: float) -> list[tuple[Dialog, bool]]:
    await asyncio.sleep(first_pause)
    made = []
    while time.monotonic() < until:
        call = guest.call("4001")
        made.append((call, await _walk(call)))
    return made


async def _walk(call: Dialog) -> bool:
    """Walk through the menu; tell whether the house held out to the end."""
    try:
        await call.answered()
        for pause, key in KEYS:
            await passing(call, pause)
            call.rtp.press(key)
        await passing(call, LISTENS_SECONDS)
        await call.bye()
    except PhoneError:
        return False
    return True


def _failure(call: Dialog, went_well: bool) -> str | None:
    if not call.facts().answered:
        return "not answered"
    if not went_well:
        return "cut off"
    packets = call.rtp.packets
    last = [packet for packet in packets if packet.arrived_at > packets[-1].arrived_at - 3]
    found = find_prompt(Sound(assemble(last, call.rtp.codec).pcm), read_wav(INFORMATION)[0], first_seconds=1.5)
    return None if found is not None and found.likeness >= LIKENESS else "information not heard"


if __name__ == "__main__":
    sys.exit(main())
