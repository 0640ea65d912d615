"""What can be configured, with units and defaults.

Read from `config/hotel.yaml` (or the file named by `CALLCENTER_CONFIG`); `CALLCENTER_…` variables override it:
the short names of `SHORT_NAMES`, or any key with `__` between its parts (`CALLCENTER_PBX__MAX_CALLS`).
All mistakes are reported at once, each with its source, key, value and reason.
"""

from __future__ import annotations

import ipaddress
import os
import sys
from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from operator import attrgetter
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

import yaml
from pydantic import (
    BeforeValidator,
    Field,
    IPvAnyNetwork,
    ModelWrapValidatorHandler,
    TypeAdapter,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails, InitErrorDetails
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from callcenter.agreement import disagreement, disagreements
from callcenter.booking_settings import MeetingRoom, Reservations, RoomType
from callcenter.guest_rules import GuestSettings
from callcenter.mistakes import Mistake as Mistake
from callcenter.mistakes import SettingsError as SettingsError
from callcenter.mistakes import yaml_reason
from callcenter.room_phones import RoomPhones
from callcenter.sections import Name as Name
from callcenter.sections import Section as Section
from callcenter.stay_settings import Stays
from callcenter.voice_settings import Speech, Voicemail
from callcenter.words import Words as Words

ROOT = Path(__file__).resolve().parent.parent
PREFIX = "CALLCENTER_"

SHORT_NAMES = {
    "CALLCENTER_DATABASE_URL": ("database", "url"),
    "CALLCENTER_HTTP_HOST": ("http", "host"),
    "CALLCENTER_HTTP_PORT": ("http", "port"),
    "CALLCENTER_SIP_PORT": ("pbx", "sip_port"),
    "CALLCENTER_WS_PORT": ("pbx", "http_port"),
    "CALLCENTER_AMI_PORT": ("pbx", "ami_port"),
    "CALLCENTER_AGI_PORT": ("pbx", "agi_port"),
    "CALLCENTER_VAR": ("var",),
    "CALLCENTER_LOG": ("log",),
}
NOT_SETTINGS = {"CALLCENTER_CONFIG"}
FOLDERS = {("var",), ("recording", "folder"), ("ivr", "prompts")}


def _split(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


Listed = BeforeValidator(_split)

Port = Annotated[int, Field(ge=1, le=65535)]
Extension = Annotated[str, Field(pattern=r"^[0-9]{3,6}$")]
HostName = Annotated[str, Field(pattern=r"^[A-Za-z0-9._:-]{1,253}$")]

SHORT_NUMBERS = (
    "110",
    "112",
    "119",
    "120",
    "122",
    "114",
    "10000",
    "10010",
    "10086",
    "12306",
    "12315",
    "12328",
    "12345",
)
"""Emergency, information and public services in China."""


class Hotel(Section):
    """The house itself."""

    name: Words = Words(zh="云溪温泉度假酒店", en="Cloud Creek Hot Spring Resort")
    timezone: str = "Asia/Shanghai"

    @field_validator("timezone")
    @classmethod
    def _zone_exists(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError("not a time zone of the IANA database, for instance Asia/Shanghai")
        return value

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which the rules of the house are evaluated."""
        return ZoneInfo(self.timezone)


class Tls(StrEnum):
    """Where the certificate of the pages comes from."""

    OFF = "off"
    AUTO = "auto"
    FILES = "files"


class Http(Section):
    """The application's own web server. `session_hours`: a login ends after that long without use.

    `trusted_proxies`: addresses or networks of the proxies whose `X-Forwarded-For` and
    `X-Forwarded-Proto` are believed.

    `tls`: off, auto (a certificate that is made at the first start), or files (`certificate` with its chain and
    `key`, both PEM). `names`: further host names and addresses that the made certificate is for.
    """

    host: str = "127.0.0.1"
    port: Port = 8080
    session_hours: float = Field(default=12, gt=0, le=168)
    trusted_proxies: Annotated[tuple[IPvAnyNetwork, ...], Listed] = ()
    tls: Tls = Tls.OFF
    certificate: str = ""
    key: str = ""
    names: Annotated[tuple[HostName, ...], Listed] = ()

    @model_validator(mode="after")
    def _files_are_named(self) -> Self:
        if self.tls is Tls.FILES and not (self.certificate and self.key):
            raise ValueError("tls is files: certificate and key must name their files")
        return self


class Database(Section):
    """Where the records are. Empty: SQLite in `var/`; else a postgresql+asyncpg:// or sqlite+aiosqlite:// URL."""

    url: str = ""

    @field_validator("url")
    @classmethod
    def _known_driver(cls, value: str) -> str:
        if value and not value.startswith(("sqlite+aiosqlite://", "postgresql+asyncpg://")):
            raise ValueError("must begin with sqlite+aiosqlite:// or postgresql+asyncpg://")
        if value:
            try:
                make_url(value)
            except (ArgumentError, ValueError) as error:
                raise ValueError("is not a URL: write special characters of the password as %40 and so on") from error
        return value


class Pbx(Section):
    """The private Asterisk.

    `node` names this exchange in call records. `asterisk`: "private" for the one that `./run` unpacks, or the
    path of a host's own Asterisk 20 or newer. `bind`: the IPv4 address on which SIP and RTP are offered.
    `short_numbers`: numbers of 3 to 6 digits that staff phones may dial outside (all of 7 and more they may).
    `heartbeat_seconds`: how often the application shows the dialplan that it lives; after three missed beats the
    dialplan rings every phone, pauses ignored. `deadline_seconds`: how long an action may go unanswered.

    The trunk: calls go out to `trunk_contact` and come in from the addresses of `trunk_match`. With `trunk_username`
    it registers at `trunk_registrar` (empty: at `trunk_contact`), its password in `trunk_password` (best as
    CALLCENTER_PBX__TRUNK_PASSWORD) or in the file named by `trunk_password_file`.
    """

    node: Name = "pbx1"
    asterisk: str = "private"
    bind: str = "127.0.0.1"
    sip_port: Port = 5070
    http_port: Port = 8088
    ami_port: Port = 5038
    agi_port: Port = 4573
    rtp_start: Port = 10000
    rtp_end: Port = 10999
    max_calls: int = Field(default=150, ge=1, le=2000)
    heartbeat_seconds: float = Field(default=5, ge=0.5, le=60)
    deadline_seconds: float = Field(default=5, ge=0.5, le=60)
    trunk_contact: str = Field(default="sip:127.0.0.1:5090", pattern=r"^sips?:[^\s\"';]+$")
    trunk_match: Annotated[tuple[str, ...], Listed] = ("127.0.0.1",)
    short_numbers: Annotated[tuple[Extension, ...], Listed] = SHORT_NUMBERS
    trunk_username: str = Field(default="", pattern=r"^[A-Za-z0-9+._-]{0,64}$")
    trunk_password: str = Field(default="", repr=False)
    trunk_password_file: str = ""
    trunk_registrar: str = Field(default="", pattern=r"^(sips?:[^@\s\"';]+)?$")

    @field_validator("bind")
    @classmethod
    def _bind_is_address(cls, value: str) -> str:
        try:
            return str(ipaddress.IPv4Address(value))
        except ValueError as error:
            raise ValueError(
                "must be an IPv4 address, for instance 192.168.1.10, or 0.0.0.0 for all of them"
            ) from error

    @field_validator("trunk_match")
    @classmethod
    def _trunk_is_addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for entry in value:
            try:
                ipaddress.ip_network(entry, strict=False)
            except ValueError as error:
                raise ValueError(f"{entry!r} is neither an address nor a network such as 192.0.2.0/28") from error
        return value

    @model_validator(mode="after")
    def _trunk_has_a_password(self) -> Self:
        if bool(self.trunk_username) != bool(self.trunk_password or self.trunk_password_file):
            raise ValueError("trunk_username needs trunk_password or trunk_password_file, and these need it")
        return self

    @model_validator(mode="after")
    def _rtp_range(self) -> Self:
        if self.rtp_end - self.rtp_start < 99:
            raise ValueError("rtp_end must be at least rtp_start + 99: two ports for each leg")
        return self


class ThreeRings(Section):
    """Answered within three rings (requirements 1).

    `ring_cadence`: seconds from the start of one ring to the next (China: 1 s tone + 4 s silence).
    `guard`: seconds kept back before the end of the third ring; the system answers at 3 × cadence - guard.
    At least 2 s, or 40 % of a shorter cadence.
    """

    ring_cadence: float = Field(default=5.0, ge=0.5, le=10)
    guard: float = Field(default=2.0, gt=0)

    @model_validator(mode="after")
    def _guard_fits(self) -> Self:
        least = min(2.0, 0.4 * self.ring_cadence)
        if not least <= self.guard < 3 * self.ring_cadence:
            raise ValueError(f"guard must be from {least:g} s to below {3 * self.ring_cadence:g} s")
        return self

    @property
    def takeover_seconds(self) -> float:
        """Seconds of ringing after which the system answers itself."""
        return 3 * self.ring_cadence - self.guard


class LineMode(StrEnum):
    """Who answers a line first."""

    OPERATORS_FIRST = "operators_first"
    MENU_FIRST = "menu_first"


class Line(Section):
    """One hotline number. `three_rings` overrides the house's for this line.

    `menu`: the menu that callers hear after the system's greeting (a file of `ivr.menus`); without one they are
    put into the queue at once.
    """

    number: Extension
    name: Words
    mode: LineMode = LineMode.OPERATORS_FIRST
    queue: Name
    menu: Name | None = None
    three_rings: ThreeRings | None = None
    recorded: bool = True


class Queue(Section):
    """A group of operators waiting for callers. `position_seconds`: how often a waiting caller hears the place."""

    name: Words
    position_seconds: int = Field(default=30, ge=0, le=600)
    max_wait_seconds: int = Field(default=600, ge=30, le=7200)


class Skill(Section):
    """Membership in a queue: level 1 rings first, level 2 joins after one cadence, level 3 after two."""

    queue: Name
    level: int = Field(default=1, ge=1, le=3)


class Block(Section):
    """A run of extensions of equal length, `first` to `last`."""

    first: Extension
    last: Extension

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if len(self.first) != len(self.last) or int(self.first) > int(self.last):
            raise ValueError("last must follow first and have as many digits")
        return self

    @property
    def extensions(self) -> tuple[str, ...]:
        """Every extension of the block, in order."""
        return tuple(str(number).zfill(len(self.first)) for number in range(int(self.first), int(self.last) + 1))


class Phones(Block):
    """A block of staff phones with their skills in common. Endpoint names are op<extension>."""

    role: Literal["operator", "supervisor", "desk"] = "operator"
    name: Words
    skills: tuple[Skill, ...] = ()
    webrtc: bool = False


class Rooms(Block):
    """A block of room phones; the room number is the extension. Endpoint names are room<extension>."""

    type: Name


class Recording(Section):
    """Recording of outside calls. `folder`: empty for var/recordings. `min_free_mb`: below it an alarm is raised."""

    enabled: bool = True
    folder: str = ""
    min_free_mb: int = Field(default=500, ge=1)


class Greeting(Section):
    """Hours (0-23, hotel's zone) at which the morning, afternoon and evening greetings begin."""

    morning: int = Field(default=5, ge=0, le=23)
    afternoon: int = Field(default=12, ge=0, le=23)
    evening: int = Field(default=18, ge=0, le=23)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.morning < self.afternoon < self.evening:
            raise ValueError("morning, afternoon and evening must follow each other")
        return self


class Outbound(Section):
    """Calls that the house owes. `lost_caller_days`: how long a caller who gave up is on the list of lost callers."""

    lost_caller_days: int = Field(default=3, ge=1, le=60)


class Ivr(Section):
    """What callers hear. `menus`: the folder of the menu files; empty for config/ivr.

    `prompts`: the folder of the house's own recordings, which win over the shipped ones; empty for var/prompts.
    """

    menus: str = ""
    prompts: str = ""


class Settings(Section):
    """Everything that an installation can set."""

    hotel: Hotel = Hotel()
    http: Http = Http()
    database: Database = Database()
    pbx: Pbx = Pbx()
    three_rings: ThreeRings = ThreeRings()
    greeting: Greeting = Greeting()
    lines: tuple[Line, ...] = Field(min_length=1)
    queues: dict[Name, Queue] = Field(min_length=1)
    phones: tuple[Phones, ...] = Field(min_length=1)
    rooms: tuple[Rooms, ...] = ()
    room_phones: RoomPhones = RoomPhones()
    room_types: dict[Name, RoomType] = {}  # noqa: RUF012
    meeting_rooms: tuple[MeetingRoom, ...] = ()
    reservations: Reservations = Reservations()
    stays: Stays = Stays()
    recording: Recording = Recording()
    ivr: Ivr = Ivr()
    guests: GuestSettings = GuestSettings()
    voicemail: Voicemail = Voicemail()
    speech: Speech = Speech()
    outbound: Outbound = Outbound()
    var: str = ""
    log: Literal["", "console", "json"] = ""

    @model_validator(mode="wrap")
    @classmethod
    def _whole(cls, values: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        """Check what concerns several keys, also when single values are wrong, so that all is told at once."""
        wrong: list[InitErrorDetails] = []
        try:
            settings = handler(values)
        except ValidationError as error:
            wrong = [_again(detail) for detail in error.errors(include_url=False)]
            spoilt = {str(place[0]) for place in (detail.get("loc") for detail in wrong) if place}
            wrong += disagreements(cls._sound_part(values, spoilt), spoilt)
        else:
            wrong = disagreements(settings)
        if wrong:
            raise ValidationError.from_exception_data(cls.__name__, wrong)
        return settings

    @classmethod
    def _sound_part(cls, values: Any, spoilt: Collection[str]) -> Settings:
        """The groups without a mistake of their own; what is left is only good for being checked."""
        sound: dict[str, Any] = {"lines": (), "queues": {}, "phones": (), "rooms": ()}
        if isinstance(values, Mapping):
            for name in values.keys() & cls.model_fields.keys() - set(spoilt):
                group: Any = cls.model_fields[name].annotation
                sound[name] = TypeAdapter(group).validate_python(values[name])
        return cls.model_construct(**sound)

    def rings_of(self, line: Line) -> ThreeRings:
        """The three-ring rule in force on `line`."""
        return line.three_rings or self.three_rings

    @property
    def serves(self) -> dict[str, frozenset[str]]:
        """The queues that each operator's extension serves."""
        return {
            extension: frozenset(skill.queue for skill in block.skills)
            for block in self.phones
            for extension in block.extensions
        }

    @property
    def address(self) -> str:
        """Where the pages are."""
        scheme = "http" if self.http.tls is Tls.OFF else "https"
        return f"{scheme}://{self.http.host}:{self.http.port}"

    @property
    def var_folder(self) -> Path:
        """The folder of everything written at run time; a relative one is meant from the checkout."""
        return (ROOT / (self.var or "var")).resolve()

    @property
    def recordings_folder(self) -> Path:
        """The folder of the finished recordings."""
        return (ROOT / self.recording.folder).resolve() if self.recording.folder else self.var_folder / "recordings"

    @property
    def menus_folder(self) -> Path:
        """The folder of the menu files."""
        return Path(self.ivr.menus).resolve() if self.ivr.menus else ROOT / "config" / "ivr"

    @property
    def own_prompts_folder(self) -> Path:
        """The folder of the house's own recordings of prompts."""
        return (ROOT / self.ivr.prompts).resolve() if self.ivr.prompts else self.var_folder / "prompts"

    @property
    def database_url(self) -> str:
        """The database in use."""
        return self.database.url or f"sqlite+aiosqlite:///{self.var_folder / 'callcenter.db'}"


def load(path: Path | None = None, environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings file and the environment.

    Raises:
        SettingsError: with every mistake found in either.
    """
    variables = os.environ if environment is None else environment
    file = path or settings_file(variables)
    values = _read(file)
    origins, mistakes = _override(values, variables)
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        raise SettingsError(mistakes + _mistakes_of(error, file, origins)) from error
    if mistakes:
        raise SettingsError(mistakes)
    return settings


def settings_file(variables: Mapping[str, str]) -> Path:
    """Return the settings file in use."""
    return Path(variables.get("CALLCENTER_CONFIG") or ROOT / "config" / "hotel.yaml")


def _read(file: Path) -> dict[str, Any]:
    try:
        values = yaml.safe_load(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError([Mistake(str(file), "", "", f"cannot be read: {error.strerror}")]) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SettingsError([Mistake(str(file), "", "", f"is not YAML: {yaml_reason(error)}")]) from error
    if not isinstance(values, dict):
        raise SettingsError([Mistake(str(file), "", values, "must hold keys and values")])
    return values


def _override(values: dict[str, Any], variables: Mapping[str, str]) -> tuple[dict[tuple[str, ...], str], list[Mistake]]:
    """Write the variables into `values`; return which key came from which variable, and the mistakes."""
    origins: dict[tuple[str, ...], str] = {}
    mistakes = []
    for name in sorted(variables):
        if not name.startswith(PREFIX) or name in NOT_SETTINGS:
            continue
        path = SHORT_NAMES.get(name) or tuple(name.removeprefix(PREFIX).lower().split("__"))
        if path[0] not in Settings.model_fields:
            mistakes.append(Mistake(name, ".".join(path), variables[name], "no such setting"))
        elif not _put(values, path, variables[name]):
            mistakes.append(Mistake(name, ".".join(path), variables[name], "is not a group of keys in the file"))
        else:
            origins[path] = name
            if path in FOLDERS and variables[name]:  # relative to where it was typed
                _put(values, path, str(Path(variables[name]).absolute()))
    return origins, mistakes


def _put(values: dict[str, Any], path: tuple[str, ...], value: str) -> bool:
    for key in path[:-1]:
        values = values.setdefault(key, {})
        if not isinstance(values, dict):
            return False
    values[path[-1]] = value
    return True


def _mistakes_of(error: ValidationError, file: Path, origins: Mapping[tuple[str, ...], str]) -> list[Mistake]:
    mistakes = []
    for detail in error.errors(include_url=False):
        location = tuple(str(part) for part in detail["loc"])
        source = origins.get(location, str(file))
        value = "…" if isinstance(detail["input"], dict | list) else detail["input"]
        mistakes.append(Mistake(source, ".".join(location), value, detail["msg"].removeprefix("Value error, ")))
    return mistakes


def _again(detail: ErrorDetails) -> InitErrorDetails:
    """Turn a mistake that was told into one that can be told together with others."""
    reason = detail["msg"].removeprefix("Value error, ")
    return disagreement(detail["loc"], detail["input"], reason)


def main(keys: Sequence[str]) -> int:
    """Print the values of `keys` (`var_folder`, `pbx.asterisk`), one a line; 2 if the settings are wrong."""
    try:
        settings = load()
    except SettingsError as error:
        sys.stderr.write(f"the settings cannot be used:\n{error}\n")
        return 2
    sys.stdout.writelines(f"{attrgetter(key)(settings)}\n" for key in keys)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
