"""`./run serve` and `./run demo`: the processes of a house start, survive and end together."""

from __future__ import annotations

import asyncio
import functools
import json
import os
import re
import shutil
import signal
import socket
import sys
import tempfile
import urllib.request
from collections.abc import AsyncIterator, Callable
from http import HTTPStatus
from pathlib import Path

import pytest
import yaml

from callcenter.pbx.server import PrivatePbx
from callcenter.settings import ROOT, Settings
from tests.pbx.switchboard import free_port, hotel_settings, install_asterisk

START_SECONDS = 60


class HouseOnTrial:
    """A settings file in a folder of its own, and the launchers started with it."""

    def __init__(self, var: Path) -> None:
        self.settings = hotel_settings(var)
        self.port = free_port(socket.SOCK_STREAM)
        values = self.settings.model_dump(mode="json") | {"http": {"port": self.port}}
        self.file = var / "hotel.yaml"
        self.file.write_text(yaml.safe_dump(values, allow_unicode=True), encoding="utf-8")
        self.pbx = PrivatePbx(Settings.model_validate(values))
        self.launchers: list[asyncio.subprocess.Process] = []

    async def launch(self, *arguments: str, **variables: str) -> asyncio.subprocess.Process:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("CALLCENTER_")}
        environment |= {"CALLCENTER_CONFIG": str(self.file), "PYTHONPATH": str(ROOT), **variables}
        launcher = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "callcenter.cli",
            *arguments,
            env=environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
        self.launchers.append(launcher)
        return launcher

    async def open(self, *arguments: str) -> asyncio.subprocess.Process:
        """Launch and wait until the house says that it is open."""
        launcher = await self.launch(*arguments)
        assert launcher.stdout is not None
        said = ""
        async with asyncio.timeout(START_SECONDS):
            while "Ctrl-C ends everything" not in said:
                line = await launcher.stdout.readline()
                assert line, said
                said += line.decode()
        return launcher

    def application(self) -> int:
        return int((self.settings.var_folder / "application.pid").read_text(encoding="ascii"))

    def is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/ready", timeout=2) as answer:
                return bool(answer.status == HTTPStatus.OK)
        except OSError:
            return False


async def until(holds: Callable[[], bool], within: float = 20) -> None:
    async with asyncio.timeout(within):
        while not await asyncio.to_thread(holds):
            await asyncio.sleep(0.1)


def is_alive(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except OSError:
        return False


@pytest.fixture
async def house() -> AsyncIterator[HouseOnTrial]:
    await asyncio.to_thread(install_asterisk)
    var = Path(tempfile.mkdtemp(prefix="house-"))
    var.chmod(0o755)
    trial = HouseOnTrial(var)
    yield trial
    for launcher in trial.launchers:
        if launcher.returncode is None:
            launcher.terminate()
            await launcher.wait()
    await asyncio.to_thread(trial.pbx.stop)
    shutil.rmtree(var)


async def test_given_an_open_house_when_ctrl_c_is_pressed_then_everything_it_started_ends_and_nothing_else(
    house: HouseOnTrial,
) -> None:
    launcher = await house.open("serve")
    application, pbx = house.application(), house.pbx.pid()
    assert pbx is not None
    assert house.is_ready()

    launcher.send_signal(signal.SIGINT)

    async with asyncio.timeout(30):
        assert await launcher.wait() == 0
    assert not is_alive(application)
    assert not is_alive(pbx)


async def test_given_an_open_house_when_another_is_started_in_its_folder_then_that_one_says_so_and_harms_nothing(
    house: HouseOnTrial,
) -> None:
    await house.open("serve")
    application, pbx = house.application(), house.pbx.pid()

    second = await house.launch("serve")
    said = (await second.communicate())[0].decode()

    assert second.returncode == 1
    assert "a house already runs in" in said
    assert (house.application(), house.pbx.pid()) == (application, pbx)
    assert house.is_ready()


@pytest.mark.parametrize("variable", ["CALLCENTER_HTTP_PORT", "CALLCENTER_SIP_PORT", "CALLCENTER_AMI_PORT"])
async def test_given_a_port_in_use_when_started_then_the_error_names_it_and_the_setting(
    house: HouseOnTrial, variable: str
) -> None:
    kind = socket.SOCK_DGRAM if variable == "CALLCENTER_SIP_PORT" else socket.SOCK_STREAM
    with socket.socket(socket.AF_INET, kind) as taken:
        taken.bind(("127.0.0.1", 0))
        if kind is socket.SOCK_STREAM:
            taken.listen()
        port = str(taken.getsockname()[1])

        launcher = await house.launch("serve", **{variable: port})
        said = (await launcher.communicate())[0].decode()

    assert launcher.returncode == 1
    assert f"port {port} " in said
    assert f"choose another with {variable}" in said


async def test_given_the_application_is_killed_when_the_house_watches_then_it_is_started_again(
    house: HouseOnTrial,
) -> None:
    await house.open("serve")
    first, pbx = house.application(), house.pbx.pid()

    os.kill(first, signal.SIGKILL)

    await until(lambda: house.application() != first)
    await until(house.is_ready)
    assert house.pbx.pid() == pbx


async def test_given_the_launcher_was_killed_when_started_again_then_the_house_opens_with_the_same_pbx(
    house: HouseOnTrial,
) -> None:
    launcher = await house.open("serve")
    orphan, pbx = house.application(), house.pbx.pid()
    launcher.kill()
    await launcher.wait()
    assert is_alive(orphan)

    await house.open("serve")

    assert not is_alive(orphan)
    assert house.pbx.pid() == pbx
    assert house.is_ready()


async def test_given_a_first_start_when_opened_then_a_random_password_is_shown_once_and_no_default_works(
    house: HouseOnTrial,
) -> None:
    launcher = await house.launch("serve")
    assert launcher.stdout is not None
    said = ""
    async with asyncio.timeout(START_SECONDS):
        while "Ctrl-C ends everything" not in said:
            said += (await launcher.stdout.readline()).decode()
    shown = re.search(r"Password \(shown once\): (\S{12,})", said)
    assert shown is not None
    launcher.send_signal(signal.SIGINT)
    await launcher.wait()

    again = await house.launch("serve")
    assert again.stdout is not None
    said = ""
    async with asyncio.timeout(START_SECONDS):
        while "Ctrl-C ends everything" not in said:
            said += (await again.stdout.readline()).decode()
    assert "Password" not in said


async def test_given_guests_who_call_when_the_demo_ends_then_their_accounts_and_the_records_agree(
    house: HouseOnTrial,
) -> None:
    launcher = await house.launch("demo", "--calls", "4", CALLCENTER_THREE_RINGS__RING_CADENCE="5")
    said = (await launcher.communicate())[0].decode()

    assert launcher.returncode == 0, said
    assert "4 calls, 0 with differences" in said
    credentials = json.loads((house.settings.var_folder / "demo-credentials.json").read_text(encoding="utf-8"))
    assert {"op1", "sup1", "admin"} <= set(credentials["users"])


async def test_given_a_full_disk_when_started_then_the_house_opens_and_says_what_is_not_well(
    house: HouseOnTrial,
) -> None:
    launcher = await house.launch("serve", CALLCENTER_RECORDING__MIN_FREE_MB="999999999")
    assert launcher.stdout is not None
    said = ""
    async with asyncio.timeout(START_SECONDS):
        while "Ctrl-C ends everything" not in said:
            line = await launcher.stdout.readline()
            assert line, said
            said += line.decode()

    assert "warning: recording_disk: " in said
    assert house.pbx.is_running()


async def test_given_no_database_when_started_then_the_pbx_serves_until_it_returns(house: HouseOnTrial) -> None:
    nobody = free_port(socket.SOCK_STREAM)
    address = f"postgresql+asyncpg://nobody@127.0.0.1:{nobody}/house"

    launcher = await house.launch("serve", CALLCENTER_DATABASE_URL=address)

    assert launcher.stdout is not None
    said = ""
    async with asyncio.timeout(START_SECONDS):
        while "the database cannot be reached" not in said:
            line = await launcher.stdout.readline()
            assert line, said
            said += line.decode()
    assert house.pbx.is_running()
    assert "Traceback" not in said


async def test_given_ctrl_c_while_asterisk_starts_then_it_is_ended_too(house: HouseOnTrial) -> None:
    launcher = await house.launch("serve")
    assert launcher.stdout is not None
    async with asyncio.timeout(START_SECONDS):
        while b"starting Asterisk" not in await launcher.stdout.readline():
            pass

    launcher.send_signal(signal.SIGINT)

    async with asyncio.timeout(30):
        await launcher.wait()
    assert not house.pbx.is_running()


async def test_given_a_sip_port_taken_after_a_crash_when_the_house_watches_then_it_tries_until_it_is_free(
    house: HouseOnTrial,
) -> None:
    await house.open("serve")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        crashed = await crash_and_take_its_port(house, taken)
        log = house.settings.var_folder / "log" / "application.log"
        await until(lambda: b'"down"' in log.read_bytes())

    await until(lambda: house.pbx.pid() not in (None, crashed))
    await until(house.is_ready)


async def crash_and_take_its_port(house: HouseOnTrial, socket_: socket.socket) -> int:
    """Kill Asterisk and bind its port before the house starts it again; the house is quick, so try again."""
    async with asyncio.timeout(60):
        while True:
            await until(lambda: house.pbx.pid() is not None)
            pid = house.pbx.pid()
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
            await until(functools.partial(lambda one: not is_alive(one), pid))
            try:
                socket_.bind(("127.0.0.1", house.settings.pbx.sip_port))
            except OSError:
                continue
            return pid
