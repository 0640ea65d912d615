"""`./run`: what it asks the settings, from where it starts the command line, and with which rights."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from callcenter.settings import ROOT

PYTHON = """#!/bin/bash
if [ "$2" = callcenter.settings ]; then
  [ ! -e "$ANSWERS" ] && { echo "the settings cannot be used" >&2; exit 2; }
  exec cat "$ANSWERS"
fi
[ "${@: -1}" != "${FAILING:-}" ] || exit 1
echo "$PWD|$(umask)|${CALLCENTER_VAR:-}|${CALLCENTER_CONFIG:-}|${*:2}"
"""
STAMPS = {
    "requirements.lock": "var/venv/.installed-requirements",
    "requirements-test.lock": "var/venv/.installed-requirements-test",
    "agents_ui/package-lock.json": "agents_ui/node_modules/.installed",
}
PAGES = (
    r"find . \( -name node_modules -o -name dist \) -prune -o -type f -print0"
    " | sort -z | xargs -0 sha256sum | sha256sum"
)


@dataclass(frozen=True, slots=True)
class Checkout:
    """A checkout in which everything is installed, with stand-ins that tell what they were asked to do."""

    folder: Path
    caller: Path

    def settings_say(self, asterisk: str, var: Path) -> None:
        (self.folder / "answers").write_text(f"{asterisk}\n{var}\n", encoding="utf-8")

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("CALLCENTER_")}
        return subprocess.run(
            [self.folder / "run", *arguments],
            cwd=self.caller,
            env={**clean, "ANSWERS": str(self.folder / "answers"), **variables},
            capture_output=True,
            text=True,
            check=False,
            umask=0o022,
        )

    def programs(self, **texts: str) -> str:
        """Put programs before those of the machine; return the path on which they are found."""
        folder = self.folder / "programs"
        folder.mkdir()
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8")
            (folder / name).chmod(0o755)
        return f"{folder}:{os.environ['PATH']}"

    @property
    def unpacked(self) -> str:
        file = self.folder / "unpacked"
        return file.read_text(encoding="utf-8").strip() if file.exists() else ""


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    folder, caller = tmp_path / "checkout", tmp_path / "elsewhere"
    caller.mkdir()
    for name in ("callcenter/pbx", "agents_ui/dist", "agents_ui/node_modules", "var/venv/bin"):
        (folder / name).mkdir(parents=True)
    shutil.copy(ROOT / "run", folder / "run")
    programs = {"var/venv/bin/python": PYTHON, "callcenter/pbx/unpack.sh": '#!/bin/bash\necho "$1" >unpacked\n'}
    for name, text in programs.items():
        (folder / name).write_text(text, encoding="utf-8")
        (folder / name).chmod(0o755)
    nothing = hashlib.sha256(b"").hexdigest()
    for lock, stamp in STAMPS.items():
        (folder / lock).write_text("", encoding="utf-8")
        (folder / stamp).write_text(nothing, encoding="utf-8")
    built = subprocess.run(["bash", "-c", PAGES], cwd=folder / "agents_ui", capture_output=True, text=True, check=True)
    (folder / "agents_ui/dist/.built").write_text(built.stdout.split()[0], encoding="utf-8")
    return Checkout(folder, caller)


def test_given_the_private_asterisk_in_the_settings_when_serving_then_it_is_unpacked_into_their_folder(
    checkout: Checkout, tmp_path: Path
) -> None:
    checkout.settings_say("private", tmp_path / "data")

    served = checkout.run("serve", CALLCENTER_PBX__ASTERISK="private")

    assert served.returncode == 0, served.stderr
    assert checkout.unpacked == f"{tmp_path}/data/asterisk"
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o711


def test_given_a_hosts_own_asterisk_in_the_settings_when_serving_then_none_is_unpacked(
    checkout: Checkout, tmp_path: Path
) -> None:
    checkout.settings_say("/usr/sbin/asterisk", tmp_path / "data")

    assert checkout.run("serve").returncode == 0
    assert checkout.unpacked == ""


def test_given_wrong_settings_when_serving_then_nothing_is_unpacked_and_their_mistakes_are_told(
    checkout: Checkout,
) -> None:
    served = checkout.run("serve")

    assert (served.returncode, checkout.unpacked) == (2, "")
    assert "the settings cannot be used" in served.stderr


def test_given_a_relative_path_when_the_command_line_is_run_then_it_is_meant_from_where_the_user_stands(
    checkout: Checkout,
) -> None:
    done = checkout.run("callcenter", "calls", "replay", "capture.ami", CALLCENTER_CONFIG="mine.yaml")

    assert done.stdout.strip() == (
        f"{checkout.caller}|0077||{checkout.caller}/mine.yaml|callcenter.cli calls replay capture.ami"
    )


def test_given_a_relative_folder_in_a_variable_when_run_then_the_tools_and_the_house_are_there(
    checkout: Checkout,
) -> None:
    shutil.copytree(checkout.folder / "var", checkout.caller / "mine")

    done = checkout.run("callcenter", "help", CALLCENTER_VAR="mine")

    assert done.stdout.strip() == f"{checkout.caller}|0077|{checkout.caller}/mine||callcenter.cli help"


SUDO = """#!/bin/bash
echo "$*" >>"$ORDERS"
case "$*" in tee*) cat >/dev/null ;; *install*) exit "$INSTALLS" ;; esac
"""


@pytest.mark.parametrize(("status", "said"), [(0, ""), (1, "could not install: ")])
def test_given_no_postgresql_when_the_tests_install_it_then_no_server_is_made_for_the_machine_and_no_rule_is_left(
    checkout: Checkout, status: int, said: str
) -> None:
    path = checkout.programs(sudo=SUDO, id="#!/bin/sh\necho 1000\n", **{"dpkg-query": "#!/bin/sh\n"})
    orders = checkout.folder / "orders"

    done = checkout.run("test", "--version", PATH=path, ORDERS=str(orders), INSTALLS=str(status))

    assert said in done.stderr
    given = [line.split()[0] for line in orders.read_text(encoding="utf-8").splitlines()]
    assert given == ["mkdir", "tee", "apt-get", "env", "rm", "rmdir"]


INSTALLED = {"dpkg-query": "#!/bin/sh\necho install ok installed\n"}
NODE = '#!/bin/sh\n[ "$FAILING" != pages ]\n'
STAGES = {
    "pages": "tests of the pages' pure parts",
    "tests/unit": "unit tests",
    "tests/pbx": "tests with a real PBX",
    "tests/browser": "tests with a real browser",
}


@pytest.mark.parametrize("failing", STAGES)
def test_given_a_stage_that_fails_when_testing_then_the_others_are_run_and_it_is_named_at_the_end(
    checkout: Checkout, failing: str
) -> None:
    done = checkout.run("test", PATH=checkout.programs(node=NODE, **INSTALLED), FAILING=failing)

    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == f"run: failed: {STAGES[failing]};"
    passed = [stage for stage in STAGES.values() if f"{stage}: passed in" in done.stderr]
    assert passed == [stage for place, stage in STAGES.items() if place != failing]


def test_given_stages_that_all_pass_when_testing_then_it_ends_well(checkout: Checkout) -> None:
    done = checkout.run("test", PATH=checkout.programs(node=NODE, **INSTALLED), FAILING="")

    assert done.returncode == 0, done.stderr
    assert all(f"{stage}: passed in" in done.stderr for stage in STAGES.values())
