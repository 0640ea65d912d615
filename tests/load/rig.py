"""A private PBX for measuring: own folder and ports, as many phones as wanted, and the CPU time of processes."""

from __future__ import annotations

import logging
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

import structlog
import yaml

from callcenter.pbx.provisioning import Secrets
from callcenter.pbx.server import PrivatePbx
from callcenter.settings import ROOT, Settings

TICKS = os.sysconf("SC_CLK_TCK")

structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))


@dataclass(frozen=True, slots=True)
class Rig:
    """A running PBX, its settings and its passwords."""

    pbx: PrivatePbx
    settings: Settings
    secrets: Secrets

    @property
    def server(self) -> tuple[str, int]:
        """Where phones send to."""
        return self.settings.pbx.bind, self.settings.pbx.sip_port

    def cpu_seconds(self) -> float:
        """CPU time that Asterisk has used so far."""
        pid = self.pbx.pid()
        assert pid is not None
        return cpu_seconds(pid)


def cpu_seconds(pid: int) -> float:
    """CPU time (user and system, all threads) that a process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def free_ports(count: int, kind: socket.SocketKind = socket.SOCK_STREAM) -> list[int]:
    """Ask the system for ports that nobody uses now."""
    probes = [socket.socket(socket.AF_INET, kind) for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()


def house(folder: Path, values: dict[str, object]) -> Settings:
    """Return settings with free ports and everything below `folder`; `values` add to them."""
    http, ws, ami, agi = free_ports(4)
    sip = free_ports(1, socket.SOCK_DGRAM)[0]
    pbx = {"sip_port": sip, "http_port": ws, "ami_port": ami, "agi_port": agi, "rtp_start": 20000, "rtp_end": 23999}
    pbx["max_calls"] = 2000
    return Settings.model_validate({"var": str(folder), "http": {"port": http}, "pbx": pbx, **values})


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A folder that the PBX's user may enter, with the unpacked Asterisk in it; deleted afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="callcenter-"))
    folder.chmod(0o755)
    var = Path(os.environ.get("CALLCENTER_VAR", ROOT / "var")).resolve()
    (folder / "asterisk").symlink_to(var / "asterisk")
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def running_pbx(settings: Settings, change: Callable[[Path], None] = lambda folder: None) -> Iterator[Rig]:
    """Start a PBX; `change` may rewrite the rendered configuration (its `etc` folder) before."""
    pbx = PrivatePbx(settings)
    secrets = pbx.provision()
    change(pbx.folder / "etc")
    try:
        pbx.start()
        pbx.wait_ready()
        yield Rig(pbx, settings, secrets)
    finally:
        pbx.stop()


def table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Lay out a table in Markdown."""
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines)


@contextmanager
def running_application(rig: Rig) -> Iterator[int]:
    """Run the application beside the rig's PBX, as `./run serve` does; yield its process id once it is ready."""
    file = rig.settings.var_folder / "hotel.yaml"
    file.write_text(yaml.safe_dump(rig.settings.model_dump(mode="json"), allow_unicode=True), encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CALLCENTER_")}
    environment |= {"CALLCENTER_CONFIG": str(file), "PYTHONPATH": str(ROOT)}
    log = (rig.settings.var_folder / "application.log").open("wb")
    process = subprocess.Popen([sys.executable, "-m", "callcenter.main"], env=environment, stdout=log, stderr=log)
    try:
        _wait_ready(f"http://127.0.0.1:{rig.settings.http.port}/ready", process)
        yield process.pid
    finally:
        process.terminate()
        process.wait(timeout=20)
        log.close()


def _wait_ready(url: str, process: subprocess.Popen[bytes], within: float = 30) -> None:
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise SystemExit(f"the application ended with status {process.returncode}")
        try:
            with urllib.request.urlopen(url, timeout=2) as response:
                if response.status == HTTPStatus.OK:
                    return
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"the application is not ready after {within:g} s")
