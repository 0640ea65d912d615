"""What this slice is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from aiohttp import web

from callcenter.agents.caller_book import KnownCallers
from callcenter.agents.floor import CHANGED, Floor, FloorRules
from callcenter.agents.priorities import Priorities
from callcenter.agents.states import WrapUpRules
from callcenter.agents.supervising import Supervising
from callcenter.clock import Clock
from callcenter.db import Database
from callcenter.events import EventBus
from callcenter.guests.service import Guests
from callcenter.settings import Settings, Words
from callcenter.settings.agents import Agents
from callcenter.staff.audit import AuditLog
from callcenter.telephony import CallSnapshot, Telephony


@dataclass(frozen=True, slots=True)
class AgentParts:
    """What the routes need. `phone_names`: what kind of phone each extension is."""

    floor: Floor
    priorities: Priorities
    supervising: Supervising
    open_calls: Callable[[], Sequence[CallSnapshot]]
    lost_for: timedelta
    telephony: Telephony
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
        open_calls: Callable[[], Sequence[CallSnapshot]],
        guests: Guests,
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
        lost_for = timedelta(days=settings.outbound.lost_caller_days)
        book = KnownCallers(guests, lost_for)
        priorities = Priorities(database, telephony, bus, book, own.queue_priority, partial(changed, CHANGED))
        supervising = Supervising(floor, priorities, database, audit, telephony, bus, open_calls, changed)
        return cls(floor, priorities, supervising, open_calls, lost_for, telephony, database, clock, own, names)

    async def start(self) -> None:
        """Begin to follow calls and phones; before the exchange is connected, so that nothing is missed."""
        await self.floor.start()
        self.priorities.start()
        self.supervising.start()

    async def close(self) -> None:
        """Follow nothing any more."""
        self.supervising.close()
        await self.priorities.close()
        await self.floor.close()


PARTS: web.AppKey[AgentParts] = web.AppKey("agent_parts", AgentParts)
