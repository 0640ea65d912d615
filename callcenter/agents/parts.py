"""What this slice is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from aiohttp import web

from callcenter.agents.floor import Floor, FloorRules
from callcenter.agents.states import WrapUpRules
from callcenter.clock import Clock
from callcenter.db import Database
from callcenter.events import EventBus
from callcenter.settings import Settings, Words
from callcenter.settings.agents import Agents
from callcenter.staff.audit import AuditLog
from callcenter.telephony import Telephony


@dataclass(frozen=True, slots=True)
class AgentParts:
    """What the routes need. `phone_names`: what kind of phone each extension is."""

    floor: Floor
    database: Database
    clock: Clock
    settings: Agents
    phone_names: Mapping[str, Words]

    @classmethod
    def build(
        cls,
        settings: Settings,
        database: Database,
        clock: Clock,
        audit: AuditLog,
        *,
        telephony: Telephony,
        bus: EventBus,
        changed: Callable[[str], None],
    ) -> AgentParts:
        """Put the slice together; nothing is followed before the floor starts."""
        own = settings.agents
        wrap_up = WrapUpRules(
            timedelta(seconds=own.wrap_up_seconds),
            timedelta(seconds=own.wrap_up_extension_seconds),
            own.wrap_up_extensions,
        )
        rules = FloorRules(wrap_up, frozenset(own.break_reasons), settings.serves)
        names = {extension: block.name for block in settings.phones for extension in block.extensions}
        floor = Floor(database, clock, audit, telephony, bus, rules, changed)
        return cls(floor, database, clock, own, names)


PARTS: web.AppKey[AgentParts] = web.AppKey("agent_parts", AgentParts)
