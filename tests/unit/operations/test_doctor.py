"""The doctor finds each fault of the machine that is put before it; faults of a real PBX are in tests/pbx."""

from __future__ import annotations

import math
import os
import socket
import struct
import wave
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from callcenter import logs
from callcenter.calls.service import store
from callcenter.calls.three_rings import Cadences
from callcenter.cli import main
from callcenter.clock import SystemClock
from callcenter.db import Database
from callcenter.operations.books import check_database, judge_clock, newest_call, newest_revision
from callcenter.operations.carrier import check_carrier
from callcenter.operations.doctor import examine
from callcenter.operations.exchange import judge_queue
from callcenter.operations.findings import Finding, Verdict, report
from callcenter.operations.machine import (
    WantedPort,
    check_agi,
    check_disk,
    check_pages,
    check_port,
    check_program,
    check_prompts,
)
from callcenter.operations.speech import check_speech
from callcenter.pbx.provisioning import PROMPTS
from callcenter.settings import ROOT, Pbx, Settings, load
from callcenter.simulator.phone import Phone
from ivr.languages import Language
from recordings.disk import look_at
from tests.unit.calls.builders import START, call

SHANGHAI = ZoneInfo("Asia/Shanghai")
AGI_PLAN = "exten => s,1,AGI(agi://127.0.0.1:4573/menu)"


def codes(findings: list[Finding]) -> list[str]:
    """The codes of findings, all of which can be told in both languages."""
    for language in Language:
        assert report(findings, language)
    return [finding.code for finding in findings]


def code(finding: Finding) -> str:
    return codes([finding])[0]


# ------------------------------------------------------------------------------------------ queues


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [([], "queue_empty"), (["5", "4"], "queue_deserted"), (["5", "1"], "queue_fine")],
)
def test_given_a_queue_then_it_needs_phones_and_at_least_one_that_is_registered(
    statuses: list[str], expected: str
) -> None:
    members = [{"Event": "QueueMember", "Status": status} for status in statuses]
    assert code(judge_queue("enquiries", [{"Event": "QueueParams"}, *members])) == expected


# ------------------------------------------------------------------------------------------ program


@pytest.fixture
def host_asterisk(tmp_path: Path) -> Callable[[str], Settings]:
    """Settings that name a program of the host, which is the given shell script."""

    def settings(script: str) -> Settings:
        folder = tmp_path / "bin"
        folder.mkdir()
        executable = folder / "asterisk"
        executable.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        executable.chmod(0o755)
        system = tmp_path / "root" / "usr"
        (system / "lib/asterisk/modules").mkdir(parents=True)
        (system / "lib/asterisk/modules/one.so").touch()
        (system / "share/asterisk/documentation").mkdir(parents=True)
        return load(ROOT / "config" / "hotel.yaml", {"CALLCENTER_PBX__ASTERISK": str(executable)})

    return settings


@pytest.mark.parametrize(
    ("script", "modules", "found"),
    [
        ("echo Asterisk 22.1.0", "load = one.so", "program_fine"),
        ("echo Asterisk 18.20.0", "load = one.so", "program_unusable"),
        ("echo no such library >&2; exit 127", "load = one.so", "program_unusable"),
        ("echo Asterisk 22.1.0", "load = one.so\nload = two.so", "program_modules"),
    ],
)
def test_given_a_program_when_looked_at_then_what_is_wrong_with_it_is_told(
    host_asterisk: Callable[[str], Settings], tmp_path: Path, script: str, modules: str, found: str
) -> None:
    wanted = tmp_path / "modules.conf"
    wanted.write_text(modules, encoding="utf-8")
    assert codes(check_program(host_asterisk(script), wanted)) == [found]


def test_given_a_program_that_could_not_be_mended_when_looked_at_then_that_is_noted(
    host_asterisk: Callable[[str], Settings], tmp_path: Path
) -> None:
    wanted = tmp_path / "modules.conf"
    wanted.write_text("load = one.so", encoding="utf-8")
    settings = host_asterisk("echo Asterisk 22.1.0")
    (tmp_path / ".translator").write_text("mended\n", encoding="utf-8")
    assert codes(check_program(settings, wanted)) == ["program_fine"]
    (tmp_path / ".translator").write_text("as Debian built it: unknown build\n", encoding="utf-8")
    assert codes(check_program(settings, wanted)) == ["program_fine", "program_unmended"]


def test_given_no_program_then_that_is_told(tmp_path: Path) -> None:
    settings = load(ROOT / "config" / "hotel.yaml", {"CALLCENTER_VAR": str(tmp_path)})
    assert codes(check_program(settings, tmp_path / "none")) == ["program_unusable"]


# ------------------------------------------------------------------------------------------ ports


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_given_a_port_then_it_must_be_in_use_exactly_while_its_program_runs(kind: socket.SocketKind) -> None:
    with socket.socket(socket.AF_INET, kind) as taken:
        taken.bind(("127.0.0.1", 0))
        if kind is socket.SOCK_STREAM:
            taken.listen()
        port = taken.getsockname()[1]
        used = {running: code(check_port(port_of(kind, port, running))) for running in (True, False)}
    free = {running: code(check_port(port_of(kind, port, running))) for running in (True, False)}
    assert used == {True: "port_served", False: "port_taken"}
    assert free == {True: "port_silent", False: "port_free"}


def test_given_an_address_of_another_machine_then_the_port_is_impossible() -> None:
    assert code(check_port(port_of(socket.SOCK_STREAM, 8080, False, "203.0.113.7"))) == "port_impossible"


def port_of(kind: socket.SocketKind, port: int, is_served: bool, host: str = "127.0.0.1") -> WantedPort:
    return WantedPort(kind, host, port, "test", "CALLCENTER_TEST_PORT", is_served)


def test_given_a_dialplan_that_asks_a_call_flow_then_somebody_must_answer(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert code(check_agi(AGI_PLAN, port, tmp_path, is_expected=True)) == "agi_fine"
    assert code(check_agi(AGI_PLAN, port, tmp_path, is_expected=True)) == "agi_silent"
    assert code(check_agi(AGI_PLAN, port, tmp_path, is_expected=False)) == "unseen"
    assert code(check_agi(f"; {AGI_PLAN}", port, tmp_path, is_expected=True)) == "agi_unused"


# ------------------------------------------------------------------------------------------ disk, prompts, pages


def test_given_a_folder_then_it_must_be_writable_and_have_room(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert code(check_disk(look_at("store", tmp_path), tmp_path, 1)) == "disk_fine"
    assert code(check_disk(look_at("store", tmp_path), tmp_path, 10**9)) == "disk_full"
    assert code(check_disk(look_at("store", tmp_path / "file" / "x"), tmp_path, 1)) == "disk_unwritable"


@pytest.fixture
def prompts(tmp_path: Path) -> Path:
    """One prompt in both languages and in both at once, and the music."""
    (tmp_path / "zh.yaml").write_text("hello: 您好\n", encoding="utf-8")
    (tmp_path / "en.yaml").write_text("hello: Hello\n", encoding="utf-8")
    (tmp_path / "both.yaml").write_text("- hello\n", encoding="utf-8")
    for name in ("zh/hello", "en/hello", "both/hello", "music/creek", "tones/beep"):
        write_tone(tmp_path / f"{name}.wav")
        for end in (".alaw", ".ulaw"):
            copy = tmp_path / "installed" / f"{name}{end}"
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.touch()
    return tmp_path


def write_tone(file: Path, *, rate: int = 8000, peak: int = 6000) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(file), "wb") as sound:
        sound.setparams((1, 2, rate, 0, "NONE", ""))
        sound.writeframes(b"".join(struct.pack("<h", round(peak * math.sin(i / 3))) for i in range(800)))


def test_given_every_prompt_then_nothing_is_wrong_with_them(prompts: Path) -> None:
    assert codes(check_prompts(prompts, prompts / "installed")) == ["prompts_fine"]


def test_given_the_house_s_own_prompts_then_nothing_is_wrong_with_them() -> None:
    assert codes(check_prompts(PROMPTS, None)) == ["prompts_fine"]


@pytest.mark.parametrize("name", ["zh/hello", "en/hello", "both/hello", "music/creek", "tones/beep"])
def test_given_a_prompt_is_missing_then_it_is_named(prompts: Path, name: str) -> None:
    (prompts / f"{name}.wav").unlink()
    (finding,) = check_prompts(prompts, None)
    assert (code(finding), finding.params["names"]) == ("prompts_missing", name)


def test_given_a_text_in_one_language_only_then_it_is_named(prompts: Path) -> None:
    (prompts / "zh.yaml").write_text("hello: 您好\nbye: 再见\n", encoding="utf-8")
    assert codes(check_prompts(prompts, None)) == ["prompts_one_sided", "prompts_missing"]


@pytest.mark.parametrize("fault", ["silent", "wrong rate", "no sound file"])
def test_given_a_prompt_that_nobody_hears_then_it_is_named(prompts: Path, fault: str) -> None:
    file = prompts / "zh" / "hello.wav"
    if fault == "no sound file":
        file.write_bytes(b"hello")
    else:
        write_tone(file, rate=8000 if fault == "silent" else 16000, peak=0 if fault == "silent" else 6000)
    (finding,) = check_prompts(prompts, None)
    assert (code(finding), finding.params["names"]) == ("prompts_unplayable", "zh/hello")


def test_given_a_prompt_that_the_exchange_does_not_have_then_it_is_named(prompts: Path) -> None:
    (prompts / "installed" / "en" / "hello.ulaw").unlink()
    (finding,) = check_prompts(prompts, prompts / "installed")
    assert (code(finding), finding.params["names"]) == ("prompts_not_installed", "en/hello")


SPEAKING = """
start: main
nodes:
  main:
    kind: menu
    prompts: [menu-main]
    choices:
      "1": {go: end, speech: {zh: [预订], en: [booking]}}
  end: {kind: hang_up}
"""


@pytest.mark.parametrize(
    ("menu", "models", "expected"),
    [
        ("start: end\nnodes: {end: {kind: hang_up}}", {}, {"speech_unused": ""}),
        ("start: [", {}, {"speech_unused": ""}),
        (SPEAKING, {}, {"speech_unset": "zh en"}),
        (SPEAKING, {"zh": "there"}, {"speech_unset": "en"}),
        (SPEAKING, {"zh": "there", "en": "there"}, {"speech_fine": ""}),
        ("start: [", {"zh": "gone"}, {"speech_model_missing": "zh"}),
        (SPEAKING, {"zh": "gone", "en": "there"}, {"speech_model_missing": "zh"}),
    ],
)
def test_given_menus_that_listen_then_each_language_needs_its_model(
    tmp_path: Path, menu: str, models: dict[str, str], expected: dict[str, str]
) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "menus").mkdir()
    (tmp_path / "menus" / "main.yaml").write_text(menu, encoding="utf-8")
    folders = {f"CALLCENTER_SPEECH__MODELS__{key.upper()}": str(tmp_path / value) for key, value in models.items()}
    settings = load(environment={"CALLCENTER_IVR__MENUS": str(tmp_path / "menus"), **folders})
    found = check_speech(settings)
    assert set(codes(found)) == set(expected)
    named = [str(finding.params["language"]) for finding in found if "language" in finding.params]
    assert named == next(iter(expected.values())).split()


def test_given_the_pages_then_they_must_be_built_and_whole(tmp_path: Path) -> None:
    assert code(check_pages(tmp_path)) == "pages_missing"
    (tmp_path / "index.html").write_text('<script src="/assets/index-1.js"></script>', encoding="utf-8")
    assert code(check_pages(tmp_path)) == "pages_incomplete"
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "index-1.js").touch()
    assert code(check_pages(tmp_path)) == "pages_fine"


# ------------------------------------------------------------------------------------------ database and clock


async def test_given_a_database_with_the_newest_schema_then_it_is_fine(database_url: str) -> None:
    assert code(await check_database(database_url)) == "database_fine"


async def test_given_a_database_without_tables_then_it_is_behind(empty_database_url: str) -> None:
    async with Database(empty_database_url).begin() as session:
        await session.execute(text("SELECT 1"))
    assert code(await check_database(empty_database_url)) == "database_behind"


async def test_given_a_database_of_a_later_program_then_it_is_ahead(database_url: str) -> None:
    database = Database(database_url)
    async with database.begin() as session:
        await session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    await database.close()
    finding = await check_database(database_url)
    assert (code(finding), finding.params) == ("database_ahead", {"found": "9999", "wanted": newest_revision()})


async def test_given_no_database_file_then_none_is_made_by_looking(tmp_path: Path) -> None:
    file = tmp_path / "none.db"
    assert code(await check_database(f"sqlite+aiosqlite:///{file}")) == "database_missing"
    assert not file.exists()


async def test_given_a_file_that_is_no_database_then_it_is_unreachable(tmp_path: Path) -> None:
    file = tmp_path / "text.db"
    file.write_bytes(b"no database at all" * 100)
    assert code(await check_database(f"sqlite+aiosqlite:///{file}")) == "database_unreachable"


async def test_given_no_database_server_then_it_is_unreachable(tmp_path: Path) -> None:
    url = f"postgresql+asyncpg://postgres@/house?host={tmp_path}"
    assert code(await check_database(url)) == "database_unreachable"


async def test_given_a_call_in_the_books_when_the_clock_was_set_back_then_that_is_told(database: Database) -> None:
    assert await newest_call(database.url) is None
    async with database.begin() as session:
        await store(session, [call(end=9)], Cadences.of(load(environment={})))
    newest = await newest_call(database.url)
    assert newest == START
    assert code(judge_clock(START - timedelta(hours=1), newest, SHANGHAI)) == "clock_behind"
    assert code(judge_clock(START, newest, SHANGHAI)) == "clock_fine"
    assert code(judge_clock(START, None, SHANGHAI)) == "clock_fine"


# ------------------------------------------------------------------------------------------ carrier


async def test_given_a_carrier_that_answers_then_the_trunk_is_reachable() -> None:
    async with Phone("carrier", server=("127.0.0.1", 9)) as carrier:
        finding = await check_carrier(Pbx(trunk_contact=f"sip:127.0.0.1:{carrier.port}"))
    assert (code(finding), finding.params["status"]) == ("trunk_reachable", "200 OK")


async def test_given_nobody_at_the_carrier_s_port_then_the_trunk_is_silent() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mute:
        mute.bind(("127.0.0.1", 0))
        contact = f"sip:127.0.0.1:{mute.getsockname()[1]}"
        assert code(await check_carrier(Pbx(trunk_contact=contact))) == "trunk_silent"
    assert code(await check_carrier(Pbx(trunk_contact=contact))) == "trunk_silent"


async def test_given_the_sample_s_carrier_then_it_is_noted_that_none_is_set() -> None:
    finding = await check_carrier(Pbx())
    assert (code(finding), finding.verdict) == ("trunk_unset", Verdict.NOTE)


# ------------------------------------------------------------------------------------------ all together


async def test_given_settings_that_cannot_be_used_then_each_mistake_is_told_and_nothing_else() -> None:
    findings = await examine(SystemClock(), {"CALLCENTER_HTTP_PORT": "many", "CALLCENTER_NONSENSE": "1"})
    assert codes(findings) == ["settings_wrong"] * 2


def test_given_a_house_that_never_ran_when_the_doctor_is_asked_then_he_exits_1_and_leaves_no_trace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    monkeypatch.setattr(logs, "set_up", lambda *_: None)  # both would stay for the tests that follow
    monkeypatch.setattr(os, "umask", lambda mode: mode)
    monkeypatch.setenv("CALLCENTER_VAR", str(tmp_path))
    monkeypatch.setenv("CALLCENTER_HTTP_PORT", str(port))

    assert main(["doctor", "--lang", "en"]) == 1

    said = capsys.readouterr().out
    assert "[WRONG] PBX: does not run" in said
    assert "[WRONG] database: there is none yet" in said
    assert "[ok] settings: valid" in said
    assert list(tmp_path.iterdir()) == []
