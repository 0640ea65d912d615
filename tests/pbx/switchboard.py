"""A private exchange for tests: many lines, each with a queue and phones of its own, so that tests run side by side."""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import re
import shutil
import socket
import struct
import subprocess
import tempfile
import time
import wave
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from datetime import time as day_time
from pathlib import Path

import yaml

from callcenter import spoken_wait
from callcenter.pbx import provisioning
from callcenter.pbx.server import PrivatePbx
from callcenter.settings import ROOT, Settings
from callcenter.simulator.dialog import Dialog
from callcenter.simulator.hearing import Sound, tones_over_time
from callcenter.simulator.phone import Behaviour, Phone
from ivr import my_reservation_words
from ivr.languages import Language
from ivr.speaking.moments import say_date, say_time
from ivr.speaking.things import say_nights, say_rooms

GREETING_TONE = 700
HOLD_TONE = 900
GOODBYE_TONE = 1100
BEEP_TONE = 800
MUSIC_TONE = 350

LINES = 46
FIVE_SECONDS = range(36, 39)
"""Lines with a cadence of 5 s; all others have 1 s and a guard of 0.5 s."""
MENU_FIRST = range(39, 40)
"""Lines that the system answers first."""
WITH_MENU = range(40, 46)
"""Lines that the system answers first, with the sample menu. Its keys 1 and 2 lead to the queues of the first two."""
MENU_TONES = {
    "menu-main": 1200,
    "menu-language": 1300,
    "menu-information": 1400,
    "info-facilities": 1500,
    "info-directions": 1600,
    "info-springs-open": 1700,
    "info-springs-closed": 1800,
    "info-next": 1900,
    "complaint-promise": 2000,
    "connecting": 2100,
    "menu-wrong": 2200,
    "goodbye": 2300,
    "please-hold": 2400,
    "voicemail-ask": 2500,
    "voicemail-review": 2600,
    "voicemail-kept": 2700,
}
"""What a menu says, in Chinese; in English `ENGLISH` hertz more."""
BOTH_TONES = {
    "room-quiet": 675,
    "night-call": 725,
    "voicemail-ask": 600,
    "voicemail-review": 650,
    "voicemail-kept": 750,
}
"""What a caller without a language hears who may leave a message."""
QUEUE_TONES = {
    "queue-youarenext": 500,
    "queue-thereare": 425,
    "queue-thankyou": 525,
    "wait-3": 825,
    "wait-10": 925,
    "call-back-offer": 1025,
    "call-back-this-number": 2800,
    "call-back-key-number": 2825,
    "call-back-wrong-number": 2900,
    "call-back-you-keyed": 2925,
    "call-back-confirm": 3000,
    "call-back-promised": 3100,
    "call-back-go-on": 3200,
}
"""What a waiting caller hears; the other sentences of the expected wait are `OTHER_WAIT`."""
RESERVATION_TONES = {
    "how": 1225,
    "number": 1325,
    "date": 2725,
    "document": 2625,
    "not-found": 1425,
    "unconfirmed": 1525,
    "next": 1625,
    "proof": 1725,
    "time": 1825,
    "time-right": 1925,
    "time-kept": 2025,
    "cancel-first": 2125,
    "cancel-surely": 2225,
    "cancelled": 2325,
    "by-operator": 2425,
    "wrong": 2525,
}
"""What a caller hears who asks after the own reservation; the other sentences are `OTHER_SENTENCE`."""
OTHER_SENTENCE = 3400
OTHER_WAIT = 400
DIGIT_TONE = 1150
ENGLISH = 50
MENU_SECONDS = 0.6
QUEUE_SECONDS = 0.4
LONG_SECONDS = 8.0
"""How long "less than two minutes" is said: long enough for something to happen meanwhile."""
FRONT_DESK_AFTER = 2.5
"""Seconds after which the front desk rings too when a room has dialled 0."""
TAKEOVER = 2.5
"""Seconds of ringing on a line with a cadence of 1 s."""


OPERATORS = "123"
"""Last digits of the extensions that are members of their desk's queue."""


@dataclass(frozen=True, slots=True)
class Desk:
    """One line of the test hotel, with its queue, phones and room.

    `first` and `second` are operators of level 1, `wide` of level 2, `supervisor` of no queue; all are extensions.
    """

    number: str
    queue: str
    first: str
    second: str
    wide: str
    supervisor: str
    room: str

    @property
    def queues_with_breaks(self) -> tuple[str, ...]:
        """Asterisk's queues in which the application tells of a break; nobody is ever paused in the rescue queue."""
        return (self.queue, f"{self.queue}-first", f"{self.queue}-wide")


def desk_of(index: int) -> Desk:
    """The desk with this index, 0 to LINES - 1."""
    return Desk(
        number=f"{4100 + index}",
        queue=f"q{4100 + index}",
        first=f"6{index:02d}1",
        second=f"6{index:02d}2",
        wide=f"6{index:02d}3",
        supervisor=f"6{index:02d}4",
        room=f"7{index:02d}1",
    )


def hotel_settings(
    var: Path,
    *,
    node: str = "test",
    max_wait_seconds: int = 30,
    heartbeat_seconds: float = 5,
    trunk: Mapping[str, object] | None = None,
    when_wait_ends: bool = True,
) -> Settings:
    """Settings of the test hotel on free ports, everything below `var`; `trunk`: other values of `pbx`."""
    lines, queues, phones, rooms = [], {}, [], []
    for index in range(LINES):
        desk = desk_of(index)
        rings = {"ring_cadence": 5, "guard": 2} if index in FIVE_SECONDS else {"ring_cadence": 1, "guard": 0.5}
        mode = "menu_first" if index in MENU_FIRST or index in WITH_MENU else "operators_first"
        words = {"zh": "测试", "en": "Test"}
        line = {"number": desk.number, "name": words, "mode": mode, "queue": desk.queue, "three_rings": rings}
        lines.append(line | ({"menu": "main"} if index in WITH_MENU else {}))
        queues[desk.queue] = {"name": words, "max_wait_seconds": max_wait_seconds, "position_seconds": 10}
        skill = {"queue": desk.queue}
        phones.append({"first": desk.first, "last": desk.second, "name": words, "skills": [{**skill, "level": 1}]})
        phones.append({"first": desk.wide, "last": desk.wide, "name": words, "skills": [{**skill, "level": 2}]})
        phones.append({"first": desk.supervisor, "last": desk.supervisor, "name": words, "role": "supervisor"})
        rooms.append({"first": desk.room, "last": desk.room, "type": "standard"})
    rtp_start = 11000 + 2000 * (os.getpid() % 10)
    pbx = {
        "node": node,
        "asterisk": str(ROOT / "var" / "asterisk" / "bin" / "asterisk"),
        "sip_port": free_port(socket.SOCK_DGRAM),
        "http_port": free_port(socket.SOCK_STREAM),
        "ami_port": free_port(socket.SOCK_STREAM),
        "agi_port": free_port(socket.SOCK_STREAM),
        "rtp_start": rtp_start,
        "rtp_end": rtp_start + 1999,
        "heartbeat_seconds": heartbeat_seconds,
        "trunk_contact": f"sip:127.0.0.1:{free_port(socket.SOCK_DGRAM)}",
    }
    pbx |= trunk or {}
    return Settings.model_validate(
        {
            "lines": lines,
            "queues": queues,
            "phones": phones,
            "rooms": rooms,
            "pbx": pbx,
            "room_phones": {
                "front_desk": [desk_of(1).supervisor],
                "front_desk_after": FRONT_DESK_AFTER,
                "speed_keys": {"1": desk_of(2).supervisor},
                "screening_from": "00:00",
                "screening_until": "00:00",
            },
            "emergency": {"security": [desk_of(0).supervisor], "ring_seconds": 20},
            "var": str(var),
            "ivr": {"menus": str(var / "menus")},
            "voicemail": {"max_seconds": 10, "silence_seconds": 2, "when_wait_ends": when_wait_ends},
        }
    )


class Switchboard:
    """A running exchange with the test hotel on it."""

    def __init__(self, settings: Settings, pbx: PrivatePbx, secrets: provisioning.Secrets) -> None:
        self.settings = settings
        self.pbx = pbx
        self.secrets = secrets
        self.server = ("127.0.0.1", settings.pbx.sip_port)
        self.carrier_port = int(settings.pbx.trunk_contact.rpartition(":")[2])
        self._desks = 0

    def next_desk(self) -> Desk:
        """A desk with a cadence of 1 s that no test of this process has used lately; never that of the first line."""
        self._desks = self._desks % (FIVE_SECONDS.start - 1) + 1
        return desk_of(self._desks)

    @property
    def desk_of_first_line(self) -> Desk:
        """The desk whose line serves room phones that dial 0."""
        return desk_of(0)

    @property
    def monitor_folder(self) -> Path:
        """Where the exchange writes recordings, in folders by day."""
        return self.pbx.folder / "spool" / "monitor"

    @property
    def cel_file(self) -> Path:
        """The exchange's file of channel events."""
        return self.pbx.folder / "log" / "cel-custom" / "cel.csv"

    @contextlib.asynccontextmanager
    async def phone(self, extension: str, on_call: Behaviour | None = None, **options: object) -> AsyncIterator[Phone]:
        """A registered phone of the house (op… or room…) that the exchange believes to be free."""
        name = self.endpoint(extension)
        async with Phone(name, self.secrets.phones[name], server=self.server, on_call=on_call, **options) as phone:  # type: ignore[arg-type]
            await phone.register()
            await self.until_state(extension, "Not in use")
            if extension[-1] in OPERATORS and name.startswith("op"):
                await self.until_ready(name, desk_of(int(extension[1:3])).queue)
            yield phone
            await phone.unregister()

    @contextlib.asynccontextmanager
    async def guest(self, **options: object) -> AsyncIterator[Phone]:
        """A phone of the outside world."""
        async with Phone("13800000001", server=self.server, **options) as phone:  # type: ignore[arg-type]
            yield phone

    @contextlib.asynccontextmanager
    async def carrier(self, on_call: Behaviour | None = None, **options: object) -> AsyncIterator[Phone]:
        """The outside world as the house's outgoing calls reach it; one at a time in each process."""
        async with Phone("carrier", server=self.server, port=self.carrier_port, on_call=on_call, **options) as phone:  # type: ignore[arg-type]
            yield phone

    def endpoint(self, extension: str) -> str:
        """The endpoint name of an extension."""
        return f"room{extension}" if f"room{extension}" in self.secrets.phones else f"op{extension}"

    async def rx(self, command: str) -> str:
        """Give a command to the exchange's console."""
        return await asyncio.to_thread(self.pbx.rx, command)

    async def until(self, command: str, holds: Callable[[str], bool], within: float = 10) -> str:
        """Repeat a console command until its answer is as wanted; return that answer."""
        deadline = time.monotonic() + within
        while True:
            text = await self.rx(command)
            if holds(text):
                return text
            if time.monotonic() > deadline:
                raise TimeoutError(f"{command} after {within} s: {text[:500]}")
            await asyncio.sleep(0.1)

    async def until_state(self, extension: str, state: str, within: float = 10) -> None:
        """Wait for a phone's state as the exchange sees it: Not in use, In use, Ringing, Unavailable."""
        shown = re.compile(rf"Endpoint: +{self.endpoint(extension)}(/\S+)? +{state} ")
        await self.until(
            f"pjsip show endpoint {self.endpoint(extension)}", lambda text: bool(shown.search(text)), within
        )

    async def action(self, name: str, **fields: str) -> str:
        """Give the manager interface one action, without any of our own bridge, and return the answer to it."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.settings.pbx.ami_port)
        login = {"Action": "Login", "Username": "callcenter", "Secret": self.secrets.ami, "Events": "off"}
        answer = ""
        for message in (login, {"Action": name, "ActionID": "test", **fields}):
            writer.write("".join(f"{key}: {value}\r\n" for key, value in message.items()).encode() + b"\r\n")
            answer = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)).decode()
        writer.close()
        return answer

    async def redirect(self, channel: str, extension: str) -> None:
        """Move a channel to an extension of the transfer context, as the application does."""
        answer = await self.action("Redirect", Channel=channel, Context="transfer", Exten=extension, Priority="1")
        assert "Response: Success" in answer, answer

    async def until_ready(self, endpoint: str, queue: str) -> None:
        """Wait until the queue, which hears of a phone's state a little later, knows that it is free."""
        free = re.compile(rf"{endpoint}\b.*\(Not in use\)")
        await self.until(f"queue show {queue}-first", lambda text: bool(free.search(text)))

    @contextlib.asynccontextmanager
    async def on_break(self, desk: Desk) -> AsyncIterator[None]:
        """The first operator has a break, as the application tells the queues; ended for whoever has the desk next."""
        for queue in desk.queues_with_breaks:
            await self.rx(f"queue pause member PJSIP/op{desk.first} queue {queue} reason test")
        try:
            yield
        finally:
            for queue in desk.queues_with_breaks:
                await self.rx(f"queue unpause member PJSIP/op{desk.first} queue {queue}")

    async def beat(self) -> None:
        """Do what the living application does: show the dialplan its heartbeat."""
        await self.rx(f"dialplan set global HOTEL_HEARTBEAT {int(time.time())}")


@contextlib.contextmanager
def running_switchboard(node: str = "test", **options: object) -> Iterator[Switchboard]:
    """Start an exchange in a folder of its own and end it afterwards; `options` as of `hotel_settings`."""
    install_asterisk()
    var = Path(tempfile.mkdtemp(prefix="hotel-"))
    var.chmod(0o755)
    settings = hotel_settings(var, node=node, **options)  # type: ignore[arg-type]
    pbx = PrivatePbx(settings)
    make_prompts(var / "tones")
    make_menu(settings.menus_folder)
    try:
        secrets = pbx.provision(prompts=var / "tones")
        pbx.start()
        pbx.wait_ready()
        yield Switchboard(settings, pbx, secrets)
    finally:
        pbx.stop()
        shutil.rmtree(var)


def install_asterisk() -> None:
    """Unpack Asterisk where `./run` keeps it, unless it is there; the script lets one process at a time do it."""
    script = ROOT / "callcenter" / "pbx" / "unpack.sh"
    subprocess.run(["bash", str(script), str(ROOT / "var" / "asterisk"), str(provisioning.MODULES)], check=True)


def make_prompts(folder: Path) -> None:
    """Short tones in place of the house's words: what a caller hears can be told by its frequency."""
    tones = {f"both/greeting-{part}": (GREETING_TONE, 0.6) for part in ("morning", "afternoon", "evening")}
    tones |= {"both/please-hold": (HOLD_TONE, 0.4), "both/goodbye": (GOODBYE_TONE, 0.4), "music/creek": (MUSIC_TONE, 5)}
    tones |= {f"both/{name}": (frequency, MENU_SECONDS) for name, frequency in BOTH_TONES.items()}
    tones["tones/beep"] = (BEEP_TONE, 0.3)
    waits = {f"wait-{wait.wait}": OTHER_WAIT for wait in spoken_wait.every() if wait.wait}
    for name, frequency in {**waits, "queue-callswaiting": OTHER_WAIT, **QUEUE_TONES}.items():
        tones |= {f"zh/{name}": (frequency, QUEUE_SECONDS), f"en/{name}": (frequency + ENGLISH, QUEUE_SECONDS)}
    tones |= {f"{language}/wait-1": (OTHER_WAIT, LONG_SECONDS) for language in ("zh", "en")}
    for name, frequency in MENU_TONES.items():
        tones |= {f"zh/{name}": (frequency, MENU_SECONDS), f"en/{name}": (frequency + ENGLISH, MENU_SECONDS)}
    tones |= dict.fromkeys(_pieces_of_bookings(), (OTHER_SENTENCE, 0.1))
    for name in my_reservation_words.PROMPTS:
        frequency = RESERVATION_TONES.get(name.removeprefix(my_reservation_words.PREFIX), OTHER_SENTENCE)
        tones |= {f"zh/{name}": (frequency, QUEUE_SECONDS), f"en/{name}": (frequency + ENGLISH, QUEUE_SECONDS)}
    tones["both/pause"] = (0, 0.2)
    for digit in (*range(21), "yao"):
        tones |= {f"{language}/digits/{digit}": (DIGIT_TONE, 0.2) for language in ("zh", "en")}
    for name, (frequency, seconds) in tones.items():
        file = folder / f"{name}.wav"
        file.parent.mkdir(parents=True, exist_ok=True)
        with wave.open(str(file), "wb") as sound:
            sound.setparams((1, 2, 8000, 0, "NONE", ""))
            sound.writeframes(
                b"".join(
                    struct.pack("<h", round(6000 * math.sin(2 * math.pi * frequency * i / 8000)))
                    for i in range(int(8000 * seconds))
                )
            )


def _pieces_of_bookings() -> Iterator[str]:
    """What is said of a booking for tomorrow, from 14:00 or 19:30, with a day to spare on both sides."""
    today = datetime.now(UTC).date()
    for language in Language:
        for days in range(-1, 4):
            yield from say_date(today + timedelta(days=days), language, with_weekday=True)
        for hour in (day_time(14), day_time(19, 30)):
            yield from say_time(hour, language)
        yield from (*say_nights(1, language), *say_rooms(1, "standard", language))


def make_menu(folder: Path) -> None:
    """The sample hotel's menu, leading to queues of the test hotel, with a second to press a key."""
    menu = yaml.safe_load((ROOT / "config" / "ivr" / "main.yaml").read_text(encoding="utf-8"))
    queues = dict(zip(("enquiries", "complaints"), (desk_of(index).queue for index in WITH_MENU), strict=False))
    menu["nodes"]["main"]["choices"]["5"] = {"go": "manager"}
    menu["nodes"]["manager"] = {"kind": "transfer", "extension": desk_of(WITH_MENU[0]).supervisor}
    for node in menu["nodes"].values():
        if node["kind"] in ("menu", "information"):
            node["seconds"] = 1
        if node["kind"] == "queue":
            node["queue"] = queues[node["queue"]]
    folder.mkdir()
    (folder / "main.yaml").write_text(yaml.safe_dump(menu, allow_unicode=True), encoding="utf-8")


def free_port(kind: socket.SocketKind) -> int:
    """A port that the system gives away now."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def tones_in(call: Dialog, tones: Iterable[int] = (GREETING_TONE, HOLD_TONE, GOODBYE_TONE, MUSIC_TONE)) -> list[int]:
    """What the caller heard so far, as the test prompts' tones in order, each once."""
    windows = tones_over_time(Sound(call.rtp.heard().pcm), tones)
    return list(dict.fromkeys(tone for window in windows for tone in sorted(window.tones)))


async def until_heard(call: Dialog, tone: int, within: float = 10) -> None:
    """Wait until a caller (who keeps what he hears) has heard a tone; sound has no event, so it is looked for."""
    async with asyncio.timeout(within):
        while tone not in tones_in(call):
            await asyncio.sleep(0.1)
