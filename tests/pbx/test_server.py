"""The private exchange that an earlier start left behind: kept as it is, or restarted when a reload is not enough."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from callcenter.pbx.server import UNPRIVILEGED_USER, PrivatePbx
from callcenter.settings import ROOT, Settings
from tests.pbx.switchboard import free_port, hotel_settings, install_asterisk


@pytest.fixture
def settings() -> Iterator[Settings]:
    install_asterisk()
    var = Path(tempfile.mkdtemp(prefix="server-"))
    var.chmod(0o711)
    settings = hotel_settings(var)
    try:
        yield settings
    finally:
        PrivatePbx(settings).stop()
        shutil.rmtree(var)


def with_pbx(settings: Settings, **values: object) -> Settings:
    return settings.model_copy(update={"pbx": settings.pbx.model_copy(update=values)})


def is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def test_given_an_exchange_left_behind_when_started_again_then_it_is_kept_unless_its_ports_changed(
    settings: Settings,
) -> None:
    left = PrivatePbx(settings)
    left.ensure_running()
    first = left.pid()

    again = PrivatePbx(with_pbx(settings, trunk_contact="sip:127.0.0.1:5999"))
    again.ensure_running()
    assert again.pid() == first
    assert "127.0.0.1:5999" in again.rx("pjsip show aor trunk")

    moved = with_pbx(settings, sip_port=free_port(socket.SOCK_DGRAM))
    other = PrivatePbx(moved)
    other.ensure_running()
    assert other.pid() != first
    assert is_free(settings.pbx.sip_port)
    assert not is_free(moved.pbx.sip_port)


def test_given_a_running_exchange_then_it_is_not_root_and_cannot_write_what_it_only_reads(settings: Settings) -> None:
    pbx = PrivatePbx(settings)
    pbx.ensure_running()
    status = Path(f"/proc/{pbx.pid()}/status").read_text(encoding="ascii")
    fields = {name: value.split() for name, _, value in (line.partition(":") for line in status.splitlines())}
    expected = pwd.getpwnam(UNPRIVILEGED_USER).pw_uid if os.geteuid() == 0 else os.geteuid()

    assert set(fields["Uid"]) == {str(expected)}
    assert {path.stat().st_uid for path in (pbx.folder, *(pbx.folder / "etc").iterdir())} == {os.geteuid()}
    assert (pbx.folder / "db" / "astdb.sqlite3").stat().st_uid == expected
    assert (pbx.folder / "db" / "astdb.sqlite3").stat().st_mode & 0o077 == 0


def test_given_the_private_exchange_when_it_runs_then_it_uses_no_library_of_this_machine(settings: Settings) -> None:
    """But those by which this machine looks names up (libnss_…), which the C library asks for."""
    pbx = PrivatePbx(settings)
    pbx.ensure_running()
    pbx.wait_ready()
    root = ROOT / "var" / "asterisk" / "root"

    words = Path(f"/proc/{pbx.pid()}/maps").read_text().split()
    libraries = {Path(word) for word in words if ".so" in word and not word.rpartition("/")[2].startswith("libnss_")}

    assert {library for library in libraries if not library.is_relative_to(root.resolve())} == set()
    # opened for a moment only, while SRTP begins
    shipped = {library.name for library in root.rglob("*.so")}
    assert shipped >= {"libsoftokn3.so", "libfreebl3.so", "libfreeblpriv3.so"}
