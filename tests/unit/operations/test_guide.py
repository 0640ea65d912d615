"""docs/operations.md and the systemd unit tell what there is."""

from __future__ import annotations

import configparser
import re
import subprocess

from callcenter.settings import ROOT, Pbx

GUIDE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
SOURCES = [*(ROOT / "callcenter").rglob("*.py"), *(ROOT / "recordings").glob("*.py")]
SOURCE = "\n".join(file.read_text(encoding="utf-8") for file in SOURCES)


def test_given_an_alarm_that_can_be_raised_then_the_guide_says_what_to_do() -> None:
    constants = dict(re.findall(r'^(\w+_ALARM) = "(\w+)"$', SOURCE, re.MULTILINE))
    raised = set(re.findall(r'alarms\.set\("(\w+)"', SOURCE)) | set(constants.values())
    told = set(re.findall(r"^\| `(\w+)` \|", GUIDE, re.MULTILINE))
    assert raised
    assert raised <= told


def test_given_settings_in_the_guide_then_they_exist() -> None:
    named = set(re.findall(r"\b(trunk_\w+|pbx\.\w+)", GUIDE))
    fields = set(Pbx.model_fields) | {f"pbx.{name}" for name in Pbx.model_fields}
    assert named
    assert named <= fields


def test_given_commands_in_the_guide_then_the_script_knows_them() -> None:
    usage = subprocess.run([ROOT / "run", "help"], capture_output=True, text=True, check=True).stdout
    known = set(re.findall(r"^\./run (\w+)", usage, re.MULTILINE))
    assert set(re.findall(r"\./run (\w+)", GUIDE)) <= known


def test_given_the_unit_when_it_ends_the_house_then_only_the_launcher_is_told() -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None, delimiters="=", comment_prefixes="#")
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(ROOT / "config" / "systemd" / "callcenter.service", encoding="utf-8")
    service = unit["Service"]
    assert service["ExecStart"].endswith("/run serve")
    assert service["KillMode"] == "process"
    assert service["User"] != "root"
    assert unit["Install"]["WantedBy"] == "multi-user.target"
