"""`callcenter doctor`: looks at everything that a house needs, and changes nothing."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path

import aiohttp

from callcenter.clock import Clock
from callcenter.errors import PbxRefused, PbxUnavailable
from callcenter.house import House
from callcenter.main import PAGES
from callcenter.operations.books import check_database, judge_clock, newest_call
from callcenter.operations.carrier import check_carrier
from callcenter.operations.certificates import check_certificate
from callcenter.operations.exchange import (
    check_clock,
    check_pbx,
    check_queue,
    check_registration,
    judge_identified,
    manager_fault,
    manager_link,
)
from callcenter.operations.findings import Finding, Subject, Verdict, fine, unseen, wrong
from callcenter.operations.machine import (
    WantedPort,
    check_agi,
    check_disk,
    check_pages,
    check_port,
    check_program,
    check_prompts,
)
from callcenter.operations.speech import check_speech
from callcenter.pbx.connection import Connection
from callcenter.pbx.provisioning import MODULES, PROMPTS, TEMPLATES
from callcenter.pbx.server import UNPRIVILEGED_USER, PbxStartError, PrivatePbx
from callcenter.settings import Settings, SettingsError, load
from recordings.disk import look_at

HTTP_SECONDS = 5.0
DIALPLAN = TEMPLATES / "extensions.conf.j2"


async def examine(
    clock: Clock, variables: Mapping[str, str], *, prompts: Path = PROMPTS, pages: Path = PAGES
) -> list[Finding]:
    """Look at the house that the settings describe; when they cannot be used, at nothing else."""
    try:
        settings = load(environment=variables)
    except SettingsError as error:
        return [wrong(Subject.SETTINGS, "settings_wrong", mistake=mistake) for mistake in error.mistakes]
    return await Doctor(settings, clock, prompts=prompts, pages=pages).examine()


class Doctor:
    """One look at one house. `prompts` and `pages`: the folders of what callers hear and operators see."""

    def __init__(self, settings: Settings, clock: Clock, *, prompts: Path = PROMPTS, pages: Path = PAGES) -> None:
        self._settings = settings
        self._clock = clock
        self._prompts = prompts
        self._pages = pages
        self._pbx = PrivatePbx(settings)
        self._house = House(settings, demo=False)

    async def examine(self) -> list[Finding]:
        """Look at everything; each finding stands for itself."""
        settings = self._settings
        program = await asyncio.to_thread(check_program, settings, MODULES)
        pbx = await asyncio.to_thread(check_pbx, self._pbx)
        application = await self._application()
        answers = application.code != "application_down"
        ports = await asyncio.to_thread(self._ports, self._pbx.is_running(), answers)
        exchange = await self._exchange() if pbx.verdict is Verdict.FINE else _nothing_seen()
        database = await check_database(settings.database_url)
        newest = await newest_call(settings.database_url) if database.verdict is Verdict.FINE else None
        return [
            self._sound_settings(),
            *program,
            pbx,
            *exchange,
            await check_carrier(settings.pbx),
            application,
            await asyncio.to_thread(
                check_agi,
                DIALPLAN.read_text(encoding="utf-8"),
                settings.pbx.agi_port,
                self._house.log_file,
                is_expected=answers,
            ),
            *ports,
            database,
            *await asyncio.to_thread(self._disks),
            *await asyncio.to_thread(check_prompts, self._prompts, self._installed_prompts()),
            *await asyncio.to_thread(check_speech, settings),
            judge_clock(self._clock.now(), newest, settings.hotel.zone),
            check_pages(self._pages),
            *await asyncio.to_thread(check_certificate, settings.http, settings.var_folder / "tls", self._clock.now()),
        ]

    def _sound_settings(self) -> Finding:
        staff, rooms = (
            sum(len(block.extensions) for block in blocks) for blocks in (self._settings.phones, self._settings.rooms)
        )
        return fine(Subject.SETTINGS, "settings_fine", lines=len(self._settings.lines), phones=staff, rooms=rooms)

    async def _exchange(self) -> list[Finding]:
        secrets = self._pbx.folder / "secrets.json"
        deadline = self._settings.pbx.deadline_seconds
        try:
            async with manager_link(self._settings.pbx.ami_port, _password(secrets), self._clock, deadline) as link:
                return [fine(Subject.MANAGER, "manager_fine"), *await self._over_link(link, deadline)]
        except (PbxUnavailable, PbxRefused) as error:
            return [manager_fault(error, secrets), unseen(Subject.QUEUES)]
        except (PbxStartError, subprocess.TimeoutExpired) as error:  # it ended while it was being looked at
            return [wrong(Subject.MANAGER, "manager_unreachable", reason=error), unseen(Subject.QUEUES)]

    async def _over_link(self, link: Connection, deadline: float) -> list[Finding]:
        shown = await asyncio.to_thread(self._pbx.rx, "pjsip show identifies")
        account = self._settings.pbx.trunk_username
        return [
            *[await check_queue(link, queue, deadline) for queue in self._settings.queues],
            judge_identified(self._settings.pbx.trunk_match, shown),
            *([await check_registration(link, account, deadline)] if account else []),
            *await check_clock(link, self._clock, self._settings.hotel.zone, deadline),
        ]

    async def _application(self) -> Finding:
        address, log_file = self._house.address, self._house.log_file
        try:
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=HTTP_SECONDS)) as client,
                client.get(f"{address}/ready", ssl=False) as response,  # whatever names its certificate is for
            ):
                told = await response.json()
                failed = [f"{check['name']} ({check['detail']})" for check in told["checks"] if not check["ok"]]
        except TimeoutError:
            reason: object = f"no answer within {HTTP_SECONDS:g} s"
        except aiohttp.ClientConnectorError as error:
            reason = error.os_error.strerror
        except (aiohttp.ClientError, ValueError, KeyError, TypeError) as error:
            reason = error
        else:
            if failed:
                return wrong(Subject.APPLICATION, "application_unfit", checks="; ".join(failed), log=log_file)
            return fine(Subject.APPLICATION, "application_fine", address=address)
        return wrong(Subject.APPLICATION, "application_down", address=address, reason=reason, log=log_file)

    def _ports(self, pbx_runs: bool, application_answers: bool) -> list[Finding]:
        pbx, http = self._settings.pbx, self._settings.http
        udp, tcp = socket.SOCK_DGRAM, socket.SOCK_STREAM
        wanted = (
            WantedPort(udp, pbx.bind, pbx.sip_port, "SIP", "CALLCENTER_SIP_PORT", pbx_runs),
            WantedPort(tcp, pbx.bind, pbx.http_port, "WebSocket", "CALLCENTER_WS_PORT", pbx_runs),
            WantedPort(tcp, "127.0.0.1", pbx.ami_port, "AMI", "CALLCENTER_AMI_PORT", pbx_runs),
            WantedPort(tcp, http.host, http.port, "HTTP", "CALLCENTER_HTTP_PORT", application_answers),
        )
        return [check_port(one) for one in wanted]

    def _disks(self) -> list[Finding]:
        spool = self._pbx.folder / "spool" / "monitor"
        user = UNPRIVILEGED_USER if os.geteuid() == 0 and spool.exists() else None
        folders = ((self._settings.var_folder, None), (spool, user), (self._settings.recordings_folder, None))
        least = self._settings.recording.min_free_mb
        return [check_disk(look_at(folder.name, folder, writer), folder, least) for folder, writer in folders]

    def _installed_prompts(self) -> Path | None:
        return self._pbx.folder / "lib" / "sounds" if self._pbx.is_running() else None


def _password(secrets: Path) -> str:
    """Read the manager's password; without one the exchange refuses us, which is what the report then says."""
    try:
        return str(json.loads(secrets.read_text(encoding="utf-8"))["ami"])
    except (OSError, ValueError, KeyError, TypeError):
        return "unknown"


def _nothing_seen() -> list[Finding]:
    return [unseen(Subject.MANAGER), unseen(Subject.QUEUES)]
