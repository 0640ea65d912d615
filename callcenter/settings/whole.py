"""Everything that can be configured, put together and checked as a whole."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, ModelWrapValidatorHandler, TypeAdapter, ValidationError, model_validator
from pydantic_core import ErrorDetails, InitErrorDetails

from callcenter.settings.agents import Agents
from callcenter.settings.agreement import disagreement, disagreements
from callcenter.settings.bookings import MeetingRoom, Reservations, RoomType
from callcenter.settings.desk import Desk
from callcenter.settings.emergency import Emergency
from callcenter.settings.guests import GuestSettings
from callcenter.settings.house import Greeting, Hotel, Ivr, Line, Outbound, Phones, Queue, Recording, Rooms, ThreeRings
from callcenter.settings.interpreters import Interpreter
from callcenter.settings.room_phones import RoomPhones
from callcenter.settings.sections import Name, Section
from callcenter.settings.servers import Database, Http, Pbx, Tls
from callcenter.settings.shifts import Shifts
from callcenter.settings.stays import Stays
from callcenter.settings.voice import Speech, Voicemail

ROOT = Path(__file__).resolve().parents[2]
OVERFLOW_LEVEL = 3
"""The level of skill with which supervisors take calls, where they do at all: the last to ring."""


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
    emergency: Emergency = Emergency()
    interpreters: tuple[Interpreter, ...] = ()
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
    agents: Agents = Agents()
    desk: Desk = Desk()
    shifts: Shifts = Shifts()
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
        queues: dict[str, set[str]] = {extension: set() for block in self.phones for extension in block.extensions}
        for queue in self.queues:
            for extension, _ in self.skilled(queue):
                queues[extension].add(queue)
        return {extension: frozenset(served) for extension, served in queues.items()}

    def skilled(self, queue: str) -> list[tuple[str, int]]:
        """Return the extensions that serve `queue`, each with its level; with overflow supervisors too."""
        members = [
            (extension, skill.level)
            for block in self.phones
            for skill in block.skills
            if skill.queue == queue
            for extension in block.extensions
        ]
        if self.agents.overflow_to_supervisors:
            known = {extension for extension, _ in members}
            blocks = [block for block in self.phones if block.role == "supervisor"]
            members += [(one, OVERFLOW_LEVEL) for block in blocks for one in block.extensions if one not in known]
        return members

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


def _again(detail: ErrorDetails) -> InitErrorDetails:
    """Turn a mistake that was told into one that can be told together with others."""
    reason = detail["msg"].removeprefix("Value error, ")
    return disagreement(detail["loc"], detail["input"], reason)
