"""What the doctor looks at without asking any program of the house: program files, ports, disk, prompts, pages."""

from __future__ import annotations

import errno
import re
import socket
import wave
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from callcenter.operations.findings import Finding, Subject, fine, note, unseen, wrong
from callcenter.pbx.provisioning import ProvisioningError, find_program
from callcenter.settings import Settings
from recordings.disk import MEGABYTE, FolderState

CONNECT_SECONDS = 5.0
AUDIBLE = 300
"""Peak, of 32767, below which a prompt counts as silent: about -40 dBFS."""
SHOWN = 8
"""So many names of one kind are shown."""


@dataclass(frozen=True, slots=True)
class WantedPort:
    """A port of the house. `is_served`: its program runs, so it must be in use; else it must be free."""

    kind: socket.SocketKind
    host: str
    port: int
    purpose: str
    variable: str
    is_served: bool


def check_program(settings: Settings, modules_list: Path) -> list[Finding]:
    """Look whether Asterisk is there, starts, is new enough and has every module of `modules_list`."""
    subject = Subject.PROGRAM
    try:
        program = find_program(settings)
    except ProvisioningError as error:
        return [wrong(subject, "program_unusable", reason=error)]
    wanted = re.findall(r"^load = (\S+)$", modules_list.read_text(encoding="utf-8"), re.MULTILINE)
    missing = [name for name in wanted if not (program.modules / name).is_file()]
    if missing:
        folder = program.executable.parent.parent
        return [wrong(subject, "program_modules", modules=_some(missing), folder=folder)]
    found = [fine(subject, "program_fine", executable=program.executable, modules=len(wanted))]
    mended = program.executable.parent.parent / ".translator"  # written by unpack.sh
    if mended.is_file() and (state := mended.read_text(encoding="utf-8").strip()) != "mended":
        found.append(note(subject, "program_unmended", reason=state))
    return found


def check_port(want: WantedPort) -> Finding:
    """Look whether a port is in use exactly if its program runs."""
    shown = {"port": want.port, "purpose": want.purpose}
    reason = _why_not_bound(want)
    if reason is None:
        if want.is_served:
            return wrong(Subject.PORTS, "port_silent", **shown, variable=want.variable)
        return fine(Subject.PORTS, "port_free", **shown)
    if reason.errno != errno.EADDRINUSE:
        why = reason.strerror or str(reason)
        return wrong(Subject.PORTS, "port_impossible", **shown, host=want.host, reason=why, variable=want.variable)
    if want.is_served:
        return fine(Subject.PORTS, "port_served", **shown)
    return wrong(Subject.PORTS, "port_taken", **shown, variable=want.variable)


def check_disk(state: FolderState, folder: Path, min_free_mb: int) -> Finding:
    """Judge one look at a folder: writable, and more than `min_free_mb` megabytes free."""
    if state.is_unwritable:
        reason = state.error.strerror if state.error else ""
        return wrong(Subject.DISK, "disk_unwritable", folder=folder, reason=reason)
    if state.is_full(min_free_mb * MEGABYTE):
        return wrong(Subject.DISK, "disk_full", folder=folder, free_mb=state.free_megabytes, least_mb=min_free_mb)
    return fine(Subject.DISK, "disk_fine", folder=folder, free_mb=state.free_megabytes)


def check_prompts(texts: Path, installed: Path | None) -> list[Finding]:
    """Look whether every prompt that has a text has a playable sound, in both languages.

    `texts`: the folder of zh.yaml, en.yaml, both.yaml and the sounds; `installed`: where the PBX has its copies,
    None while it does not run.
    """
    subject = Subject.PROMPTS
    names = {language: set(_yaml(texts / f"{language}.yaml")) for language in ("zh", "en")}
    files = [f"{language}/{name}" for language in ("zh", "en") for name in sorted(names["zh"] | names["en"])]
    files += _pieces(texts / "pieces.yaml")
    files += [f"both/{name}" for name in _yaml(texts / "both.yaml")] + ["music/creek", "tones/beep"]
    missing = [name for name in files if not (texts / f"{name}.wav").is_file()]
    found = [name for name in files if name not in missing]
    lists = {
        "prompts_one_sided": sorted(names["zh"] ^ names["en"]),
        "prompts_missing": missing,
        "prompts_unplayable": [name for name in found if not _is_audible(texts / f"{name}.wav")],
        "prompts_not_installed": _not_installed(found, installed) if installed else [],
    }
    problems = [wrong(subject, code, names=_some(listed)) for code, listed in lists.items() if listed]
    return problems or [fine(subject, "prompts_fine", count=len(files))]


def check_pages(folder: Path) -> Finding:
    """Look whether the pages are built, and everything that their first page names is there."""
    index = folder / "index.html"
    if not index.is_file():
        return wrong(Subject.PAGES, "pages_missing", file=index)
    named = re.findall(r'(?:src|href)="/([^"]+)"', index.read_text(encoding="utf-8"))
    missing = [name for name in named if not (folder / name).is_file()]
    if missing:
        return wrong(Subject.PAGES, "pages_incomplete", names=_some(missing), folder=folder)
    return fine(Subject.PAGES, "pages_fine")


def check_agi(dialplan: str, port: int, log_file: Path, *, is_expected: bool) -> Finding:
    """Look whether the FastAGI server listens, if the dialplan asks one.

    `is_expected`: the application, which serves it, runs. `dialplan`: the text of extensions.conf or its template.
    """
    if not uses_agi(dialplan):
        return fine(Subject.AGI, "agi_unused")
    if not is_expected:
        return unseen(Subject.AGI)
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=CONNECT_SECONDS):
            return fine(Subject.AGI, "agi_fine", port=port)
    except OSError:
        return wrong(Subject.AGI, "agi_silent", port=port, log=log_file)


def uses_agi(dialplan: str) -> bool:
    """Tell whether a dialplan, or a template of one, asks a FastAGI server."""
    lines = (line for line in dialplan.splitlines() if not line.lstrip().startswith(";"))
    return any("agi://" in line for line in lines)


def _why_not_bound(want: WantedPort) -> OSError | None:
    try:
        with socket.socket(socket.AF_INET, want.kind) as probe:
            if want.kind is socket.SOCK_STREAM:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((want.host, want.port))
    except OSError as error:
        return error
    return None


def _yaml(file: Path) -> Iterable[str]:
    return [str(name) for name in yaml.safe_load(file.read_text(encoding="utf-8"))]


def _pieces(file: Path) -> list[str]:
    languages = yaml.safe_load(file.read_text(encoding="utf-8")).items() if file.is_file() else ()
    return [f"{language}/{name}" for language, groups in languages for group in groups for name in group["words"]]


def _is_audible(file: Path) -> bool:
    try:
        with wave.open(str(file), "rb") as sound:
            if (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) != (8000, 1, 2):
                return False
            samples = memoryview(sound.readframes(sound.getnframes())).cast("h")
    except (wave.Error, EOFError, TypeError):
        return False
    return max(samples, default=0) >= AUDIBLE


def _not_installed(names: Sequence[str], folder: Path) -> list[str]:
    return [name for name in names if not all((folder / f"{name}{end}").is_file() for end in (".alaw", ".ulaw"))]


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:SHOWN]) + (f" … ({len(names)})" if len(names) > SHOWN else "")
