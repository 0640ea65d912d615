"""Guests' numbers and voices, and the passwords, are closed to other users of the machine."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import pytest

from callcenter.db import upgrade
from callcenter.pbx import provisioning
from callcenter.pbx.provisioning import Program, hand_over, load_secrets, render, write_private
from callcenter.settings import ROOT, Settings, load
from recordings import wav
from recordings.store import Store

PROGRAM = Program(Path("/opt/asterisk"), Path("/opt/modules"), Path("/opt/documentation"))
OTHERS = 0o077


@pytest.fixture
def settings() -> Iterator[Settings]:
    """Settings of a house in a folder that everybody may enter, unlike pytest's own."""
    var = Path(tempfile.mkdtemp(prefix="modes-"))
    var.chmod(0o711)
    yield load(ROOT / "config" / "hotel.yaml", {"CALLCENTER_VAR": str(var)})
    shutil.rmtree(var)


@pytest.fixture
def careless() -> Iterator[None]:
    """The usual umask, by which everybody may read what is made."""
    before = os.umask(0o022)
    yield
    os.umask(before)


@contextmanager
def common_user(var: Path) -> Iterator[None]:
    """Be no root for a while, with `var` as one's own."""
    if os.geteuid() != 0:
        yield
        return
    user = pwd.getpwnam("nobody")
    os.chown(var, user.pw_uid, user.pw_gid)
    os.setegid(user.pw_gid)
    os.seteuid(user.pw_uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)


def prepared(settings: Settings, uid: int | None = None, gid: int | None = None) -> Path:
    """The exchange's folder after two starts."""
    folder = settings.var_folder / "pbx"
    secrets = load_secrets(settings)
    for _start in range(2):
        render(settings, secrets, folder, PROGRAM, prompts=folder / "no-prompts")
        hand_over(folder, uid, gid)
    return folder


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def open_to_others(folder: Path, forbidden: int = OTHERS) -> list[Path]:
    """What below `folder`, links left aside, gives others any of the rights `forbidden`."""
    return [path for path in (folder, *folder.rglob("*")) if not path.is_symlink() and mode(path) & forbidden]


@pytest.mark.usefixtures("careless")
def test_given_a_common_user_when_the_exchange_is_prepared_then_no_one_else_may_enter(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    templates = settings.var_folder / "templates"
    shutil.copytree(provisioning.TEMPLATES, templates)  # the checkout may be closed to that user
    monkeypatch.setattr(provisioning, "TEMPLATES", templates)
    prepared(settings.model_copy(update={"var": str(tmp_path)}))  # Python may be closed to that user too: load all

    with common_user(settings.var_folder):
        folder = prepared(settings)

    assert mode(folder) == 0o700
    assert open_to_others(folder / "etc") == open_to_others(folder / "lib") == []
    assert {mode(folder / name) for name in provisioning.WRITTEN_BY_PBX} == {0o700}


@pytest.mark.usefixtures("careless")
def test_given_root_when_the_exchange_is_prepared_then_its_user_reads_only_what_it_needs_and_owns_what_it_writes(
    settings: Settings,
) -> None:
    uid, gid = (pwd.getpwnam("nobody").pw_uid, os.getgid()) if os.geteuid() == 0 else (os.geteuid(), os.getgid())

    folder = prepared(settings, uid, gid)

    assert mode(folder) == 0o711
    assert mode(folder / "secrets.json") == 0o600
    for name in provisioning.READ_BY_PBX:
        assert open_to_others(folder / name, 0o027) == []
        assert {path.lstat().st_uid for path in (folder / name, *(folder / name).rglob("*"))} == {os.geteuid()}
    for name in provisioning.WRITTEN_BY_PBX:
        assert mode(folder / name) == 0o700
        assert {path.lstat().st_uid for path in (folder / name, *(folder / name).rglob("*"))} == {uid}


def test_given_a_link_in_the_exchanges_folders_when_they_are_handed_over_then_what_it_leads_to_is_left_alone(
    settings: Settings,
) -> None:
    elsewhere = settings.var_folder / "elsewhere"
    elsewhere.mkdir(mode=0o755)
    (elsewhere / "file").write_text("theirs", encoding="utf-8")
    (elsewhere / "file").chmod(0o644)
    folder = prepared(settings)
    (folder / "log" / "to-folder").symlink_to(elsewhere)
    (folder / "log" / "to-file").symlink_to(elsewhere / "file")
    before = {path: (mode(path), path.stat().st_uid) for path in (elsewhere, elsewhere / "file")}

    hand_over(folder, pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else os.geteuid(), os.getgid())

    assert {path: (mode(path), path.stat().st_uid) for path in before} == before


def test_given_a_link_in_the_place_of_a_secret_when_written_then_the_link_goes_and_its_target_stays(
    tmp_path: Path,
) -> None:
    (tmp_path / "target").write_text("theirs", encoding="utf-8")
    (tmp_path / "secret").symlink_to(tmp_path / "target")

    write_private(tmp_path / "secret", "ours")

    assert (tmp_path / "target").read_text(encoding="utf-8") == "theirs"
    assert not (tmp_path / "secret").is_symlink()
    assert mode(tmp_path / "secret") == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["secret", "target"]


@pytest.mark.usefixtures("careless")
async def test_given_a_database_file_when_upgraded_then_only_its_owner_reads_it(tmp_path: Path) -> None:
    file = tmp_path / "house" / "callcenter.db"
    await upgrade(f"sqlite+aiosqlite:///{file}")
    assert open_to_others(file.parent) == []

    file.chmod(0o644)
    await upgrade(f"sqlite+aiosqlite:///{file}")
    assert open_to_others(file.parent) == []


@pytest.mark.usefixtures("careless")
def test_given_a_recording_when_kept_then_only_its_owner_reads_it_or_sees_its_name(tmp_path: Path) -> None:
    store = Store(tmp_path / "recordings")

    store.keep(BytesIO(bytes(wav.CALL.frame_bytes * 8)), 8, "pbx1/2026/11/21/one.wav", wav.CALL)

    assert (tmp_path / "recordings/pbx1/2026/11/21/one.wav").is_file()
    assert open_to_others(tmp_path / "recordings") == []
