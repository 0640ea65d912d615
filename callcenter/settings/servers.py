"""Settings of the servers: the web's, the database, the private Asterisk with its trunk."""

from __future__ import annotations

import ipaddress
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, IPvAnyNetwork, field_validator, model_validator
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from callcenter.settings.sections import Extension, HostName, Listed, Name, Port, Section

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
