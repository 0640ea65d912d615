"""The doctor before a real PBX and a real application, into which one fault after the other is put."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from callcenter.clock import Clock, SettableClock, SystemClock
from callcenter.operations.doctor import Doctor
from callcenter.operations.exchange import check_clock, manager_link
from callcenter.operations.findings import Finding, Subject, Verdict, report
from callcenter.operations.machine import check_program
from callcenter.pbx.provisioning import MODULES
from callcenter.settings import ROOT, Queue, Settings, Words
from ivr.languages import Language
from tests.pbx.house import running_house
from tests.pbx.switchboard import Switchboard, desk_of, running_switchboard

pytestmark = pytest.mark.xdist_group("doctor")
"""What is started for this module is started once."""


@pytest.fixture(scope="module")
def board() -> Iterator[Switchboard]:
    """An exchange of this module's own: it is stopped, frozen and misled."""
    with running_switchboard(node="doctor") as started:
        yield started


async def codes(settings: Settings, subject: Subject, clock: Clock | None = None) -> list[str]:
    """What the doctor finds of one subject."""
    return [finding.code for finding in await findings(settings, clock) if finding.subject is subject]


async def findings(settings: Settings, clock: Clock | None = None) -> list[Finding]:
    found = await Doctor(settings, clock or SystemClock()).examine()
    assert all(report(found, language) for language in Language)
    return found


def with_pbx(settings: Settings, **values: object) -> Settings:
    return settings.model_copy(update={"pbx": settings.pbx.model_copy(update=values)})


@contextmanager
def frozen(pid: int) -> Iterator[None]:
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


async def test_given_a_working_exchange_when_looked_at_then_it_is_found_so(board: Switchboard) -> None:
    first = desk_of(0)
    async with board.phone(first.first), board.carrier():
        found = await findings(board.settings)
    told = {(finding.code, str(finding.params.get("queue", finding.params.get("purpose", "")))) for finding in found}
    assert {
        ("program_fine", ""),
        ("pbx_fine", ""),
        ("manager_fine", ""),
        ("queue_fine", first.queue),
        ("queue_deserted", desk_of(1).queue),
        ("trunk_identified", ""),
        ("trunk_reachable", ""),
        ("port_served", "SIP"),
        ("port_served", "AMI"),
        ("port_free", "HTTP"),
        ("clock_fine", ""),
    } <= told
    members = next(finding.params for finding in found if finding.code == "queue_fine")
    assert (members["present"], members["members"]) == (1, 3)


async def test_given_an_application_then_the_doctor_tells_whether_it_is_fit(board: Switchboard, tmp_path: Path) -> None:
    with running_house(board, tmp_path) as house:
        settings = house.settings
        well = await findings(settings)
        with frozen(board.pbx.pid() or 0):
            await asyncio.wait_for(_until_not(house.is_ready), 30)
            assert await codes(settings, Subject.APPLICATION) == ["application_unfit"]
    assert [finding.code for finding in well if finding.subject is Subject.APPLICATION] == ["application_fine"]
    assert [finding.code for finding in well if finding.subject is Subject.DATABASE] == ["database_fine"]
    assert {finding.code for finding in well if finding.verdict is Verdict.WRONG} <= {
        "queue_deserted",
        "trunk_silent",
        "pages_missing",
        "prompts_not_installed",  # the test's exchange has tones in place of words
    }
    assert await codes(settings, Subject.APPLICATION) == ["application_down"]


async def _until_not(holds: Callable[[], bool]) -> None:
    while await asyncio.to_thread(holds):
        await asyncio.sleep(0.2)


async def test_given_a_frozen_exchange_then_it_is_mute(board: Switchboard) -> None:
    with frozen(board.pbx.pid() or 0):
        assert await codes(board.settings, Subject.PBX) == ["pbx_mute"]


async def test_given_another_password_than_the_exchange_s_then_it_refuses_us(board: Switchboard) -> None:
    file = board.pbx.folder / "secrets.json"
    before = file.read_text(encoding="utf-8")
    try:
        for wrong in (json.dumps(json.loads(before) | {"ami": "wrong"}), "damaged"):
            file.write_text(wrong, encoding="utf-8")
            assert await codes(board.settings, Subject.MANAGER) == ["manager_refused"]
            assert file.read_text(encoding="utf-8") == wrong
    finally:
        file.write_text(before, encoding="utf-8")


async def test_given_settings_changed_after_the_start_then_the_doctor_tells_which(board: Switchboard) -> None:
    port = board.settings.pbx.agi_port
    changed = with_pbx(board.settings, ami_port=port, trunk_match=("192.0.2.7", "192.0.2.0/30"))
    assert await codes(changed, Subject.MANAGER) == ["manager_unreachable"]
    assert "port_silent" in await codes(changed, Subject.PORTS)

    renamed = with_pbx(board.settings, trunk_match=("192.0.2.7", "127.0.0.1"))
    new_queue = {**board.settings.queues, "spa": Queue(name=Words(zh="水疗", en="Spa"))}
    found = await findings(renamed.model_copy(update={"queues": new_queue}))
    assert [finding.params for finding in found if finding.code == "trunk_unidentified"] == [{"addresses": "192.0.2.7"}]
    assert [finding.params for finding in found if finding.code == "queue_unknown"] == [{"queue": "spa"}]


async def test_given_a_port_held_by_another_program_then_the_doctor_tells_which(board: Switchboard) -> None:
    taken = board.settings.model_copy(
        update={"http": board.settings.http.model_copy(update={"port": board.settings.pbx.ami_port})}
    )
    assert "port_taken" in await codes(taken, Subject.PORTS)


async def test_given_a_clock_that_differs_from_the_exchange_s_then_that_is_told(board: Switchboard) -> None:
    late = SettableClock(SystemClock().now() - timedelta(minutes=5))
    assert await codes(board.settings, Subject.CLOCK, late) == ["clock_drift", "clock_fine"]


async def test_given_a_zone_that_the_exchange_does_not_know_then_that_is_told(board: Switchboard) -> None:
    shanghai = (Path("/usr/share/zoneinfo") / "Asia" / "Shanghai").read_bytes()
    unknown = ZoneInfo.from_file(BytesIO(shanghai), key="Asia/Nowhere")
    async with manager_link(board.settings.pbx.ami_port, board.secrets.ami, SystemClock(), 5) as link:
        (finding,) = await check_clock(link, SystemClock(), unknown, 5)
    assert finding.code == "clock_zone"


async def test_given_a_prompt_deleted_from_the_exchange_then_that_is_told(board: Switchboard) -> None:
    board.pbx.provision()
    assert await codes(board.settings, Subject.PROMPTS) == ["prompts_fine"]
    (board.pbx.folder / "lib" / "sounds" / "zh" / "goodbye.alaw").unlink()
    assert await codes(board.settings, Subject.PROMPTS) == ["prompts_not_installed"]


@pytest.fixture
async def unpacked(tmp_path: Path) -> Settings:
    """Settings with a copy of the unpacked Asterisk, which may be damaged."""
    copy = tmp_path / "asterisk"
    await asyncio.to_thread(shutil.copytree, ROOT / "var" / "asterisk", copy, symlinks=True)
    return Settings.model_validate(
        {
            "lines": [{"number": "4001", "name": {"zh": "总机", "en": "Switchboard"}, "queue": "one"}],
            "queues": {"one": {"name": {"zh": "一", "en": "One"}}},
            "phones": [{"first": "8001", "last": "8001", "name": {"zh": "一", "en": "One"}}],
            "var": str(tmp_path),
        }
    )


async def test_given_the_unpacked_asterisk_when_a_module_or_library_is_lost_then_that_is_told(
    board: Switchboard, unpacked: Settings
) -> None:
    assert [finding.code for finding in check_program(unpacked, MODULES)] == ["program_fine"]
    modules = next((unpacked.var_folder / "asterisk" / "root").rglob("app_queue.so"))
    modules.unlink()
    (finding,) = check_program(unpacked, MODULES)
    assert (finding.code, finding.params["modules"]) == ("program_modules", "app_queue.so")
    for library in (unpacked.var_folder / "asterisk" / "root").rglob("libcrypto.so*"):
        library.unlink()
    assert [finding.code for finding in check_program(unpacked, MODULES)] == ["program_unusable"]


async def test_given_an_exchange_that_ended_then_it_is_down_and_what_depends_on_it_is_not_judged() -> None:
    with running_switchboard(node="doctor_down") as board:
        pid = board.pbx.pid()
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        await asyncio.wait_for(_until_not(board.pbx.is_running), 10)
        found = await findings(board.settings)
    told = {finding.code for finding in found}
    assert "pbx_down" in told
    assert {finding.subject for finding in found if finding.verdict is Verdict.UNSEEN} == {
        Subject.AGI,
        Subject.MANAGER,
        Subject.QUEUES,
    }
    assert not {"queue_deserted", "manager_refused"} & told
