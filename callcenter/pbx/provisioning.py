"""The private exchange's configuration, rendered from `config/asterisk/*.j2`.

Nothing that stands in `hotel.yaml` can add a line to a configuration file: every value that a template writes is
checked, and one that could mean more than itself is refused.
"""

from __future__ import annotations

import json
import math
import os
import re
import secrets
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import jinja2
import structlog

from callcenter.pbx.accounts import read_accounts
from callcenter.pbx.sounds import install_sounds, install_spoken_waits
from callcenter.settings import ROOT, Line, LineMode, Pbx, Settings
from callcenter.settings.room_phones import of_each_length

log = structlog.get_logger(__name__)

TEMPLATES = ROOT / "config" / "asterisk"
PROMPTS = ROOT / "ivr" / "prompts"
MODULES = TEMPLATES / "modules.conf.j2"

READ_BY_PBX = ("etc", "lib")
WRITTEN_BY_PBX = ("run", "log", "spool", "db")

OLDEST_ASTERISK = 20

_VERSION = re.compile(r"Asterisk (\d+)\.")
_UNSAFE = re.compile(r"[\x00-\x1f\x7f;\[\]{}$\"`|<>\\#]")
_FIRST = {LineMode.OPERATORS_FIRST: "three-rings", LineMode.MENU_FIRST: "system-answers"}


class ProvisioningError(Exception):
    """The exchange's configuration cannot be written; the message is one sentence for the person who installs."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """The exchange's passwords: of the manager interface, and of each phone by endpoint name.

    `system_name`: what the exchange calls itself in its events, where no caller can know it (`wire`).
    """

    ami: str
    phones: dict[str, str]
    system_name: str


@dataclass(frozen=True, slots=True)
class Program:
    """An Asterisk to run: the executable, its modules and the documentation that its core reads."""

    executable: Path
    modules: Path
    documentation: Path


@dataclass(frozen=True, slots=True)
class _Phone:
    endpoint: str
    extension: str
    template: str
    password: str


def pbx_folder(settings: Settings) -> Path:
    """The folder of everything that belongs to the private exchange."""
    return settings.var_folder / "pbx"


def endpoint_names(settings: Settings) -> tuple[str, ...]:
    """Every phone's endpoint name: op8001 and so on, room0301 and so on."""
    staff = [f"op{extension}" for block in settings.phones for extension in block.extensions]
    rooms = [f"room{extension}" for block in settings.rooms for extension in block.extensions]
    return (*staff, *rooms)


def load_secrets(settings: Settings) -> Secrets:
    """Read the exchange's passwords, making those that are missing; the file is for its owner only.

    Raises:
        ProvisioningError: the file is there but cannot be read or written.
    """
    file = pbx_folder(settings) / "secrets.json"
    try:
        stored = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        phones = dict(stored.get("phones", {}))
        for name in endpoint_names(settings):
            phones.setdefault(name, secrets.token_urlsafe(18))
        ami = str(stored.get("ami") or secrets.token_urlsafe(24))
        system_name = str(stored.get("system_name") or f"pbx{secrets.token_hex(8)}")
        known = {"ami": ami, "phones": phones, "system_name": system_name}
        if stored != known:
            file.parent.mkdir(parents=True, exist_ok=True)
            write_private(file, json.dumps(known, indent=1))
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise ProvisioningError(f"the passwords in {file} cannot be used ({error}); mend or delete the file") from error
    return Secrets(ami=ami, phones=phones, system_name=system_name)


def find_program(settings: Settings) -> Program:
    """The Asterisk that the settings name: the unpacked one, or a host's own.

    Raises:
        ProvisioningError: there is none where it should be.
    """
    if settings.pbx.asterisk == "private":
        executable = settings.var_folder / "asterisk" / "bin" / "asterisk"
        hint = "unpack it with callcenter/pbx/unpack.sh, which ./run does"
    else:
        executable = Path(settings.pbx.asterisk)
        hint = "pbx.asterisk in the settings must be `private` or the path of an Asterisk 20 or newer"
    if not os.access(executable, os.X_OK):
        raise ProvisioningError(f"there is no Asterisk at {executable}; {hint}")
    _check_version(executable)
    prefix = executable.resolve().parent.parent / "root"
    unpacked = prefix.is_dir()
    system = prefix / "usr" if unpacked else Path("/usr")
    modules = next((folder for folder in _module_folders(system)), None)
    documentation = next(
        (
            folder / "documentation"
            for folder in (system / "share/asterisk", Path("/var/lib/asterisk"))
            if (folder / "documentation").is_dir()
        ),
        None,
    )
    if modules is None or documentation is None:
        raise ProvisioningError(f"the modules or the documentation of {executable} cannot be found; {hint}")
    return Program(executable, modules, documentation)


def render(
    settings: Settings, passwords: Secrets, folder: Path, program: Program, *, prompts: Path = PROMPTS
) -> tuple[Path, ...]:
    """Write the exchange's configuration and sounds below `folder`; return the configuration files.

    Rendering again with the same settings changes nothing. `prompts` holds zh/, en/, both/ and music/; a prompt
    that is missing there is left out of the call, which goes on.

    Raises:
        ProvisioningError: a value of the settings cannot stand in a configuration file, or a file cannot be written.
    """
    try:
        for name in (*READ_BY_PBX, *WRITTEN_BY_PBX, "log/cel-custom", "spool/monitor", "spool/menu"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        install_sounds(prompts, folder / "lib" / "sounds")
        install_spoken_waits(folder / "lib" / "sounds")
        _link(program.documentation, folder / "lib" / "documentation")
        context = _context(settings, passwords, folder, program)
        environment = _environment()
        return tuple(
            _render_one(environment, template.name, context, folder / "etc")
            for template in sorted(TEMPLATES.glob("*.j2"))
        )
    except OSError as error:
        raise ProvisioningError(f"the exchange's folder {folder} cannot be written: {error}") from error


def render_phones(settings: Settings, passwords: Secrets, folder: Path, program: Program) -> Path:
    """Write the phones' accounts anew and return their file; the exchange takes them up when told to read it again.

    Raises:
        ProvisioningError: as `render`.
    """
    try:
        return _render_one(
            _environment(), "pjsip.conf.j2", _context(settings, passwords, folder, program), folder / "etc"
        )
    except OSError as error:
        raise ProvisioningError(f"the exchange's folder {folder} cannot be written: {error}") from error


def write_private(file: Path, text: str) -> None:
    """Replace `file` in one step by one that only its owner reads and writes."""
    part = file.with_name(f"{file.name}.{secrets.token_hex(4)}.part")
    try:
        # a file of our own, never one that a link or somebody else put there
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)


def hand_over(folder: Path, uid: int | None = None, gid: int | None = None) -> None:
    """Close `folder` to other users of the machine; only root gives a `uid` and `gid`, those that the exchange has.

    What the exchange writes (`run`, `log`, `spool`, `db`) becomes its own. What it only reads (`etc`, `lib`) stays
    ours and can be read by its group, so that nobody who takes over the exchange can make us, as root, write to
    where a link of his leads. No link is followed here.

    Raises:
        OSError: a file is not ours.
    """
    shared = uid is not None and gid is not None
    folder.chmod(0o711 if shared else 0o700)
    for name in READ_BY_PBX:
        for here, files in _walk(folder / name):
            os.fchmod(here, 0o750 if shared else 0o700)
            for file in files:
                os.chmod(file, 0o640 if shared else 0o600, dir_fd=here)
            if gid is not None:
                _give(here, files, os.geteuid(), gid)
    for name in WRITTEN_BY_PBX:
        for here, files in _walk(folder / name):
            if uid is not None and gid is not None:
                _give(here, files, uid, gid)
        (folder / name).chmod(0o700)


def _walk(folder: Path) -> Iterator[tuple[int, list[str]]]:
    """Open `folder` and each one below it, links left aside, with the names of its plain files."""
    for _, _, names, here in os.fwalk(folder):
        yield here, [name for name in names if stat.S_ISREG(os.lstat(name, dir_fd=here).st_mode)]


def _give(folder: int, files: list[str], uid: int, gid: int) -> None:
    os.fchown(folder, uid, gid)
    for file in files:
        os.chown(file, uid, gid, dir_fd=folder, follow_symlinks=False)


def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        undefined=jinja2.StrictUndefined,
        finalize=_checked,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )


def _checked(value: object) -> object:
    """Let a value into a configuration file, or refuse it."""
    if not isinstance(value, str | int | float | Path):
        raise ProvisioningError(f"{value!r} is no value for the exchange's configuration")
    if _UNSAFE.search(str(value)):
        raise ProvisioningError(f"{str(value)!r} holds a character that the exchange's configuration cannot take")
    return value


def _context(settings: Settings, passwords: Secrets, folder: Path, program: Program) -> dict[str, object]:
    entries = [_entry(settings, line, line.number, _FIRST[line.mode]) for line in settings.lines]
    from_rooms = {"menu": "", "takeover": f"{settings.room_phones.front_desk_after:.3f}"}
    entries.append({**_entry(settings, settings.lines[0], "0", _FIRST[LineMode.OPERATORS_FIRST]), **from_rooms})
    return {
        "pbx": settings.pbx,
        "secrets": passwords,
        "registration": _registration(settings),
        "folder": folder,
        "modules": program.modules,
        "timezone": settings.hotel.timezone,
        "greeting": settings.greeting,
        "voicemail": settings.voicemail,
        "desk": settings.desk,
        "stale_seconds": math.ceil(3 * settings.pbx.heartbeat_seconds),
        "recorded": settings.recording.enabled,
        "has_digits": all((folder / "lib/sounds/zh/digits" / f"{digit}.wav").exists() for digit in range(1, 21)),
        "lines": settings.lines,
        "entries": entries,
        "queues": [
            {
                "name": name,
                "max_wait": queue.max_wait_seconds,
                "position_seconds": queue.position_seconds,
                "members": [_member(extension, level) for extension, level in settings.skilled(name)],
                "equals": [_member(one, _last_resort(settings, one)) for one, _ in settings.skilled(name)],
            }
            for name, queue in settings.queues.items()
        ],
        "phones": _phones(settings, passwords, folder),
        "staff": [extension for block in settings.phones for extension in block.extensions],
        "rooms": [extension for block in settings.rooms for extension in block.extensions],
        "room_phones": settings.room_phones,
        "front_desk": [_member(extension, 0) for extension in settings.room_phones.front_desk],
        "screening": [time.replace(":", "") for time in _screening(settings)],
        "emergency": settings.emergency,
        "emergency_operators": _operators(settings),
        "room_numbers": _room_numbers(settings),
    }


def _screening(settings: Settings) -> tuple[str, str]:
    return settings.room_phones.screening_from, settings.room_phones.screening_until


def _operators(settings: Settings) -> list[str]:
    """Who is alerted in an emergency: all operators; everybody where nobody is called one."""
    blocks = [block for block in settings.phones if block.role == "operator"] or settings.phones
    return [extension for block in blocks for extension in block.extensions]


def _room_numbers(settings: Settings) -> dict[str, list[str]]:
    """What each class of service adds to the one before it, as the exchange's patterns; digits are no pattern."""
    rules = settings.room_phones
    services = [number for number in settings.pbx.short_numbers if number not in rules.emergency]
    added = {"local": (*services, *rules.local), "national": rules.national, "international": rules.international}
    return {name: [one for pattern in given for one in of_each_length(pattern)] for name, given in added.items()}


def _registration(settings: Settings) -> dict[str, str] | None:
    """How the trunk registers with the carrier, None when it does not."""
    pbx = settings.pbx
    if not pbx.trunk_username:
        return None
    registrar = pbx.trunk_registrar or pbx.trunk_contact
    host = registrar.partition(":")[2].rpartition("@")[2]
    return {
        "registrar": registrar,
        "account": f"sip:{pbx.trunk_username}@{host}",
        "domain": host.partition(":")[0],
        "password": _trunk_password(pbx),
        "number": settings.lines[0].number,
    }


def _trunk_password(pbx: Pbx) -> str:
    """Read it; it never stands in an error message."""
    try:
        password = pbx.trunk_password or Path(pbx.trunk_password_file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ProvisioningError(f"the trunk's password in {pbx.trunk_password_file} cannot be read: {error}") from error
    if not password or _UNSAFE.search(password):
        raise ProvisioningError(
            "the trunk's password is empty, or holds a character that the exchange's configuration cannot take "
            '(one of ; # [ ] { } $ | < > " ` \\): ask the carrier for another'
        )
    return password


def _entry(settings: Settings, line: Line, extension: str, first: str) -> dict[str, object]:
    rings = settings.rings_of(line)
    return {
        "extension": extension,
        "line": line.number,
        "queue": line.queue,
        "cadence": f"{rings.ring_cadence:.3f}",
        "takeover": f"{rings.takeover_seconds:.3f}",
        "levels": max((level for _, level in settings.skilled(line.queue)), default=1),
        "max_wait": settings.queues[line.queue].max_wait_seconds,
        "menu": line.menu or "",
        "first": first,
    }


def _last_resort(settings: Settings, extension: str) -> int:
    """The penalty in queues where all levels are alike: supervisors come after every operator."""
    supervisors = (block for block in settings.phones if block.role == "supervisor")
    return int(any(extension in block.extensions for block in supervisors))


def _member(extension: str, penalty: int) -> str:
    """A queue's member as app_queue wants it: interface, penalty, name, state interface."""
    return f"PJSIP/op{extension},{penalty},{extension},PJSIP/op{extension}"


def _phones(settings: Settings, passwords: Secrets, folder: Path) -> list[_Phone]:
    browsers = read_accounts(folder)
    staff = [
        _Phone(
            name := f"op{extension}",
            extension,
            "staff-web" if block.webrtc or extension in browsers else "staff",
            browsers[extension].password if extension in browsers else passwords.phones[name],
        )
        for block in settings.phones
        for extension in block.extensions
    ]
    rooms = [
        _Phone(f"room{extension}", extension, "room", passwords.phones[f"room{extension}"])
        for block in settings.rooms
        for extension in block.extensions
    ]
    return staff + rooms


def _check_version(executable: Path) -> None:
    try:
        said = subprocess.run(
            [executable, "-V"], capture_output=True, text=True, timeout=10, check=False
        ).stdout.strip()
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ProvisioningError(f"{executable} cannot be run ({error}); it must be an Asterisk 20 or newer") from error
    found = _VERSION.match(said)
    if found is None or int(found[1]) < OLDEST_ASTERISK:
        raise ProvisioningError(
            f"{executable} says {said[:80]!r} of itself; Asterisk {OLDEST_ASTERISK} or newer is needed (pbx.asterisk)"
        )


def _module_folders(system: Path) -> list[Path]:
    return sorted([*system.glob("lib/*/asterisk/modules"), *system.glob("lib/asterisk/modules")])


def _link(target: Path, link: Path) -> None:
    if link.is_symlink() and link.readlink() == target:
        return
    link.unlink(missing_ok=True)
    link.symlink_to(target)


def _render_one(environment: jinja2.Environment, template: str, context: dict[str, object], folder: Path) -> Path:
    file = folder / template.removesuffix(".j2")
    text = environment.get_template(template).render(context)
    if not file.exists() or file.read_text(encoding="utf-8") != text:
        write_private(file, text)
    return file
