"""The application: builds every part, hands each what it needs, starts and ends them in order.

Run as `python -m callcenter.main` beside a running PBX; `./run serve` does both.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import structlog
from aiohttp import web
from prometheus_client import CollectorRegistry

from callcenter import logs, metrics
from callcenter.agents import routes as agent_routes
from callcenter.agents.parts import AgentParts
from callcenter.calls import routes as call_routes
from callcenter.calls import service as call_service
from callcenter.calls.linker import CallLinker
from callcenter.calls.links import SubjectNames
from callcenter.calls.three_rings import Cadences
from callcenter.calls.writer import CallWriter
from callcenter.clock import Clock, SystemClock
from callcenter.db import Database, upgrade
from callcenter.desk import parts as desk_parts
from callcenter.desk.knowledge import RESERVATION, STAY, BookingKnowledge, StayKnowledge
from callcenter.emergencies import routes as emergency_routes
from callcenter.emergencies.parts import EmergencyParts, EmergencyWatch
from callcenter.events import CallChanged, Event, EventBus, LinkChanged
from callcenter.exports import add_exports, add_sound_exports
from callcenter.guests import routes as guest_routes
from callcenter.guests.calls import GUEST
from callcenter.guests.numbers import NumberPlan
from callcenter.guests.parts import FOLLOW_UPS_AT, GuestParts
from callcenter.health import Alarms, Check, CheckFailed, Health
from callcenter.outbound import routes as outbound_routes
from callcenter.outbound.call_backs import CallBackDesk
from callcenter.outbound.parts import OutboundParts
from callcenter.outbound.reached import ReachedWatch
from callcenter.pbx.browser_phones import PrivateBrowserPhones
from callcenter.pbx.exchange import Exchange
from callcenter.pbx.provisioning import PROMPTS, load_secrets, pbx_folder
from callcenter.pbx.server import UNPRIVILEGED_USER
from callcenter.pbx.sounds import install_sound, remove_sound, renew_spoken_waits
from callcenter.reservations.guest_line import GuestLine
from callcenter.reservations.parts import ReservationParts
from callcenter.reservations.setup import setup as set_up_reservations
from callcenter.rooms import routes as room_routes
from callcenter.rooms.seeding import ensure_rooms
from callcenter.schedule import Schedule
from callcenter.settings import ROOT, Settings, SettingsError, load
from callcenter.shifts import routes as shift_routes
from callcenter.staff import routes as staff_routes
from callcenter.staff.audit import AuditLog
from callcenter.staff.parts import StaffParts
from callcenter.staff.passwords import Passwords
from callcenter.stays import routes as stay_routes
from callcenter.stays.parts import StayParts
from callcenter.stays.residents import StayResidents
from callcenter.stays.room_wake_ups import RoomWakeUps
from callcenter.telephony import CallKey, CallSnapshot, LinkState
from callcenter.web.app import Parts, create_app
from callcenter.web.live import LiveHub
from callcenter.web.tls import CertificateUnusable, server_context
from ivr import prompt_parts, prompt_routes
from ivr.agi import AgiServer
from ivr.own import Play
from ivr.parts import IvrParts
from recordings import exclusions
from recordings import routes as recording_routes
from recordings.disk import MEGABYTE, DiskRules, DiskWatch
from recordings.ingest import Ingest
from recordings.listening import Listenings
from recordings.lookup import Lookup
from recordings.metrics import RecordingMetrics
from recordings.speech.engine import SpeechEngine
from recordings.spool import Spool
from recordings.store import Store
from recordings.voicemail import parts as voicemail

log = structlog.get_logger(__name__)

EVENT_LOG_OFFSET = "event_log_offset"
TALKS_READ = 200
"""So many of the last talks are read at start, to know how long they usually take."""
Told = Callable[[Mapping[CallKey, int]], None]
PAGES = ROOT / "agents_ui" / "dist"


@dataclass(frozen=True, slots=True)
class DatabaseMemory:
    """What the exchange must not forget, kept in the database (fulfils `pbx.exchange.Memory`)."""

    database: Database
    writer: CallWriter
    node: str

    async def open_calls(self) -> list[CallSnapshot]:
        """Return the calls that had not ended when they were last stored."""
        async with self.database.read() as session:
            return await call_service.open_snapshots(session, self.node)

    async def completed(self, keys: Collection[CallKey]) -> set[CallKey]:
        """Return those of `keys` whose end is stored."""
        async with self.database.read() as session:
            return await call_service.ended_keys(session, keys)

    async def event_log_offset(self) -> int:
        """Return up to which byte the event log needs not be read again."""
        async with self.database.read() as session:
            return int(await call_service.recall(session, self.node, EVENT_LOG_OFFSET) or 0)

    async def keep_event_log_offset(self, offset: int) -> None:
        """Keep that offset, once every call told so far is stored."""
        await self.writer.flush()
        async with self.database.begin() as session:
            await call_service.remember(session, self.node, EVENT_LOG_OFFSET, str(offset))


def build(settings: Settings, clock: Clock) -> web.Application:
    """Build the application; nothing is connected or started before it runs.

    Raises:
        ProvisioningError: the passwords of the PBX cannot be read.
    """
    database = Database(settings.database_url)
    bus, alarms, health, registry = EventBus(), Alarms(clock), Health(), CollectorRegistry()
    live = LiveHub(clock)
    audit = AuditLog(clock)
    known = (BookingKnowledge(), StayKnowledge())
    guests = GuestParts.build(settings, database, clock, audit, finders=known, sources=known, orders=known[:1])
    subjects: dict[str, SubjectNames] = {GUEST: guests.subjects, RESERVATION: known[0], STAY: known[1]}
    linker = CallLinker(database, guests.subjects, clock)
    writer = CallWriter(database, bus, Cadences.of(settings), alarms, _both(live.note_ids, linker.note))
    secrets = load_secrets(settings)
    exchange = Exchange(
        settings.pbx,
        secrets.ami,
        pbx_folder(settings) / "log" / "cel-custom" / "cel.csv",
        system_name=secrets.system_name,
        bus=bus,
        memory=DatabaseMemory(database, writer, settings.pbx.node),
        clock=clock,
        serves=settings.serves,
        house_number=settings.lines[0].number,
    )
    staff = StaffParts.build(settings, database, clock, Passwords(), audit)
    app = create_app(
        Parts(
            clock=clock,
            zone=settings.hotel.zone,
            database=database,
            authenticator=staff_routes.CookieAuthenticator(staff.logins),
            audit=audit,
            health=health,
            alarms=alarms,
            live=live,
            link_status=exchange.link_status,
            metrics=registry,
            pages=PAGES,
            version=program_version(),
            trusted_proxies=settings.http.trusted_proxies,
        )
    )
    store = Store(settings.recordings_folder)
    staff_routes.setup(app, staff)
    shown = call_routes.CallParts(exchange, Lookup(), settings.hotel.zone, subjects, settings.interpreters)
    call_routes.setup(app, shown)
    guest_routes.setup(app, guests)
    listenings = Listenings(database, clock, audit)
    recording_routes.setup(app, recording_routes.RecordingParts(store, listenings))
    speech = SpeechEngine.of(settings)
    filing, writing = voicemail.build(
        app, settings, database, clock, audit, store, listenings, speech, live.publish_changed
    )
    exclusions.setup(app, exclusions.ExclusionParts(exchange))
    ingest, disk = _recording_tasks(settings, clock, database, store, bus, alarms, registry, exchange)
    schedule = Schedule(database, clock, settings.hotel.zone, settings.pbx.node, alarms)
    stays = StayParts.build(
        settings, database, clock, audit, telephony=exchange, bus=bus, alarms=alarms, changed=live.publish_changed
    )
    stay_routes.setup(app, stays)
    emergencies = EmergencyParts.build(settings, database, clock, audit, exchange, live.publish_changed)
    emergency_routes.setup(app, emergencies)
    emergency_watch = EmergencyWatch(bus, emergencies)
    stays.schedule(schedule)
    outbound = OutboundParts(
        database, clock, audit, live.publish_changed, timedelta(days=settings.outbound.lost_caller_days)
    )
    outbound_routes.setup(app, outbound)
    shift_routes.setup(app, shift_routes.ShiftParts.build(settings, outbound))
    reached = ReachedWatch(bus, outbound)
    agents = AgentParts.build(
        settings,
        database,
        clock,
        audit,
        telephony=exchange,
        bus=bus,
        changed=live.publish_changed,
        open_calls=exchange.open_calls,
        guests=guests.guests,
    )
    agent_routes.setup(app, agents)
    sounds = pbx_folder(settings) / "lib" / "sounds"
    listening = pbx_folder(settings) / "spool" / "menu"
    call_back = CallBackDesk(outbound, exchange.open_calls)
    reservations = ReservationParts.build(settings, database, clock, audit, live, StayResidents())
    bookings = GuestLine(database, reservations.desk, NumberPlan.of(settings), settings.pbx.node, reservations.tell)
    wake_ups = RoomWakeUps(stays)
    ivr = IvrParts.build(
        settings, sounds, clock, alarms, bus, exchange.open_calls, call_back, bookings, speech, listening, wake_ups
    )
    prompts = prompt_parts.build(settings, PROMPTS, ivr.book, _player(settings), alarms)
    prompt_routes.setup(app, prompts)
    reservations.schedule(schedule)
    room_routes.setup(app, room_routes.RoomParts(clock, settings.hotel.zone, audit, live))
    set_up_reservations(app, reservations)
    browsers = PrivateBrowserPhones(settings)
    desk = desk_parts.build(app, settings, database, audit, staff.sessions, browsers, exchange.desk_calls, bus)
    add_exports(app)
    add_sound_exports(app)
    schedule.daily("follow_ups", FOLLOW_UPS_AT, guests.owe)
    health.register("database", _database_check(database))
    health.register("pbx_link", _link_check(exchange))
    health.register("recording_disk", disk.ready)
    metrics.register(registry, exchange, writer, live)
    _connect_news(bus, alarms, live)

    async def running(_: web.Application) -> AsyncIterator[None]:
        await upgrade(settings.database_url)
        async with database.begin() as session:
            await ensure_rooms(session, settings)
        await linker.start()
        async with database.read() as session:
            for call in await call_service.last_answered(session, TALKS_READ):
                ivr.talks.learn(call)
        await guests.imports.start()
        writer.start()
        reached.start()
        await agents.start()
        emergency_watch.start()
        await exchange.start()
        await ingest.start()
        await disk.start()
        await filing.start()
        await writing.start()
        await prompts.own.start()
        await ivr.book.start()
        await _listen_for_menus(ivr.agi, settings, alarms)
        await stays.phones.start()
        await schedule.start()
        await desk.start()
        yield
        await desk.close()
        await schedule.close()
        await stays.phones.close()
        await ivr.agi.close()
        await ivr.book.close()
        await prompts.own.close()
        await writing.close()
        await filing.close()
        await speech.close()
        await disk.close()
        await ingest.close()
        await exchange.close()
        await agents.close()
        await emergency_watch.close()
        await reached.close()
        await writer.close()
        await linker.close()
        await guests.imports.close()
        await database.close()

    app.cleanup_ctx.append(running)
    return app


def _both(one: Told, other: Told) -> Told:
    def tell(ids: Mapping[CallKey, int]) -> None:
        one(ids)
        other(ids)

    return tell


def _player(settings: Settings) -> Play:
    """How a prompt comes to the exchange: its copy there is replaced while it runs."""
    sounds = pbx_folder(settings) / "lib" / "sounds"

    def play(name: str, file: Path | None) -> None:
        if file is None:
            remove_sound(sounds / f"{name}.wav")
        else:
            install_sound(file, sounds / f"{name}.wav")
        renew_spoken_waits(sounds)

    return play


async def _listen_for_menus(agi: AgiServer, settings: Settings, alarms: Alarms) -> None:
    """Begin to serve menus; where the port is taken callers go without, and the rest of the house opens."""
    try:
        await agi.start()
    except OSError as error:
        alarms.set("agi_port_taken", port=settings.pbx.agi_port, reason=error.strerror or "")


def _recording_tasks(
    settings: Settings,
    clock: Clock,
    database: Database,
    store: Store,
    bus: EventBus,
    alarms: Alarms,
    registry: CollectorRegistry,
    exchange: Exchange,
) -> tuple[Ingest, DiskWatch]:
    spool = Spool(pbx_folder(settings) / "spool" / "monitor")
    figures = RecordingMetrics(registry)
    ingest = Ingest(
        database=database,
        spool=spool,
        store=store,
        node=settings.pbx.node,
        clock=clock,
        events=bus,
        alarms=alarms,
        metrics=figures,
        live_calls=exchange.open_calls,
        link=exchange.link_status,
    )
    disk = DiskWatch(
        database=database,
        spool=spool,
        store=store,
        node=settings.pbx.node,
        clock=clock,
        alarms=alarms,
        metrics=figures,
        store_error=lambda: ingest.store_error,
        rules=DiskRules(min_free_bytes=settings.recording.min_free_mb * MEGABYTE),
        pbx_user=UNPRIVILEGED_USER if os.geteuid() == 0 else None,
    )
    return ingest, disk


def _connect_news(bus: EventBus, alarms: Alarms, live: LiveHub) -> None:
    """Let the pages hear of calls, of the link and of alarms."""

    def on_call(event: Event) -> None:
        if isinstance(event, CallChanged):
            live.publish_call(event.call)

    def on_link(event: Event) -> None:
        if not isinstance(event, LinkChanged):
            return
        live.publish_link(event.status)
        if event.status.state in (LinkState.DOWN, LinkState.REFUSED):
            alarms.set("pbx_link_down", reason=event.status.reason)
        elif event.status.state is LinkState.UP:
            alarms.clear("pbx_link_down")

    bus.subscribe(CallChanged, on_call)
    bus.subscribe(LinkChanged, on_link)
    alarms.subscribe(live.publish_alarms)


def _database_check(database: Database) -> Check:
    async def check() -> str:
        await database.ping()
        return "answers"

    return check


def _link_check(exchange: Exchange) -> Check:
    async def check() -> str:
        status = exchange.link_status()
        if status.state is not LinkState.UP:
            raise CheckFailed(f"{status.state.value}: {status.reason}" if status.reason else status.state.value)
        return f"up since {status.since:%Y-%m-%d %H:%M:%S} UTC"

    return check


def program_version() -> str:
    """Return this program's version."""
    try:
        return version("callcenter")
    except PackageNotFoundError:
        return "0.1.0"


def main() -> int:
    """Run the application until it is told to end."""
    try:
        settings = load()
    except SettingsError as error:
        sys.stderr.write(f"callcenter: the settings cannot be used:\n{error}\n")
        return 2
    os.umask(0o077)  # guests' numbers and voices are nobody else's
    logs.set_up(settings.log)
    clock = SystemClock()
    try:
        tls = server_context(settings.http, settings.var_folder / "tls", clock)
    except CertificateUnusable as error:
        sys.stderr.write(f"callcenter: HTTPS cannot be offered: {error}\n")
        return 2
    web.run_app(
        build(settings, clock),
        host=settings.http.host,
        port=settings.http.port,
        ssl_context=tls,
        print=None,
        access_log=None,
        shutdown_timeout=5,
        loop=asyncio.new_event_loop(),
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
