"""What the doctor asks the running exchange: does it live, let us in, know the queues, the carrier and the time."""

from __future__ import annotations

import ipaddress
import re
import subprocess
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from callcenter.clock import Clock
from callcenter.errors import PbxRefused, PbxUnavailable
from callcenter.operations.findings import Finding, Subject, fine, wrong
from callcenter.pbx.connection import Connection, Counters, log_in
from callcenter.pbx.exchange import AMI_USER
from callcenter.pbx.provisioning import ProvisioningError
from callcenter.pbx.server import PbxStartError, PrivatePbx

CONSOLE_SECONDS = 5.0
UNREGISTERED = frozenset({"0", "4", "5"})
"""Device states of AMI (unknown, invalid, unavailable) in which a phone cannot ring."""
LONGEST_DRIFT = 2.0
"""Seconds by which the clocks may differ: more would spoil the times of call records."""
MINUTE = "%Y-%m-%d %H:%M"
_MESSAGES = 20_000


def check_pbx(pbx: PrivatePbx) -> Finding:
    """Look whether the private Asterisk runs and its console answers."""
    pid = pbx.pid()
    if pid is None:
        return wrong(Subject.PBX, "pbx_down", log=pbx.log_file)
    try:
        answer = pbx.rx("core waitfullybooted", timeout=CONSOLE_SECONDS)
    except (PbxStartError, ProvisioningError) as error:
        return wrong(Subject.PBX, "pbx_mute", pid=pid, reason=error, log=pbx.log_file)
    except subprocess.TimeoutExpired:
        reason = f"no answer within {CONSOLE_SECONDS:g} s"
        return wrong(Subject.PBX, "pbx_mute", pid=pid, reason=reason, log=pbx.log_file)
    if "fully booted" not in answer:
        return wrong(Subject.PBX, "pbx_mute", pid=pid, reason=answer.strip(), log=pbx.log_file)
    return fine(Subject.PBX, "pbx_fine", pid=pid)


@asynccontextmanager
async def manager_link(port: int, secret: str, clock: Clock, deadline: float) -> AsyncIterator[Connection]:
    """Open one connection to the manager interface; nothing is repeated on it.

    Raises:
        PbxUnavailable: nobody is there, or no answer came within `deadline` seconds.
        PbxRefused: the exchange does not let us in.
    """
    connection = Connection(clock, Counters(), queue_limit=_MESSAGES)
    try:
        await log_in(connection, "127.0.0.1", port, AMI_USER, secret, deadline)
        yield connection
    finally:
        connection.close()


def manager_fault(error: PbxUnavailable | PbxRefused, secrets: Path) -> Finding:
    """Say why the manager interface cannot be used; `secrets` is the file of the passwords."""
    reason = error.params["reason"]
    if isinstance(error, PbxRefused):
        return wrong(Subject.MANAGER, "manager_refused", reason=reason, secrets=secrets)
    return wrong(Subject.MANAGER, "manager_unreachable", reason=reason)


async def check_queue(link: Connection, queue: str, deadline: float) -> Finding:
    """Look how many of a queue's phones are registered.

    Raises:
        PbxUnavailable, PbxRefused: the exchange did not answer, or refused.
    """
    return judge_queue(queue, await link.ask_list("QueueStatus", {"Queue": f"{queue}-first"}, deadline))


def judge_queue(queue: str, events: Iterable[dict[str, str]]) -> Finding:
    """Judge the exchange's answer to QueueStatus for the ringing queue of `queue`."""
    told = list(events)
    if not any(event.get("Event") == "QueueParams" for event in told):
        return wrong(Subject.QUEUES, "queue_unknown", queue=queue)
    members = [event for event in told if event.get("Event") == "QueueMember"]
    present = sum(event.get("Status") not in UNREGISTERED for event in members)
    if not members:
        return wrong(Subject.QUEUES, "queue_empty", queue=queue)
    if not present:
        return wrong(Subject.QUEUES, "queue_deserted", queue=queue, members=len(members))
    return fine(Subject.QUEUES, "queue_fine", queue=queue, members=len(members), present=present)


def judge_identified(wanted: Sequence[str], shown: str) -> Finding:
    """Judge whether the exchange takes calls from the addresses of `wanted` as outside calls.

    `shown`: what its console says to `pjsip show identifies`. Names of hosts are resolved by the exchange and cannot
    be compared.
    """
    known = set(re.findall(r"^\s*Match: (\S+)$", shown, re.MULTILINE))
    missing = [address for address in wanted if (network := _network(address)) and network not in known]
    if missing or not known:
        return wrong(Subject.TRUNK, "trunk_unidentified", addresses=", ".join(missing or wanted))
    return fine(Subject.TRUNK, "trunk_identified", addresses=", ".join(wanted))


async def check_registration(link: Connection, account: str, deadline: float) -> Finding:
    """Look whether the carrier has let our account register.

    Raises:
        PbxUnavailable, PbxRefused: the exchange did not answer, or refused.
    """
    told = await link.ask_list("PJSIPShowRegistrationsOutbound", {}, deadline)
    states = [event.get("Status", "") for event in told if event.get("Event") == "OutboundRegistrationDetail"]
    if states == ["Registered"]:
        return fine(Subject.TRUNK, "trunk_registered", account=account)
    return wrong(Subject.TRUNK, "trunk_unregistered", account=account, state=", ".join(states) or "-")


async def check_clock(link: Connection, clock: Clock, zone: ZoneInfo, deadline: float) -> list[Finding]:
    """Compare the exchange's clock with ours, and what it takes the hour to be in the hotel's zone.

    Raises:
        PbxUnavailable, PbxRefused: the exchange did not answer, or refused.
    """
    before = clock.now()
    told = datetime.fromtimestamp(float((await link.ask("Ping", {}, deadline))["Timestamp"]), UTC)
    ours = before + (clock.now() - before) / 2
    drift = (told - ours).total_seconds()
    question = f"STRFTIME({int(told.timestamp())},{zone.key},{MINUTE})"
    shown = (await link.ask("Getvar", {"Variable": question}, deadline))["Value"]
    right = told.astimezone(zone).strftime(MINUTE)
    problems = []
    if abs(drift) > LONGEST_DRIFT:
        problems.append(wrong(Subject.CLOCK, "clock_drift", seconds=round(drift, 1)))
    if shown != right:
        problems.append(wrong(Subject.CLOCK, "clock_zone", zone=zone.key, told=shown, right=right))
    return problems


def _network(address: str) -> str | None:
    try:
        return str(ipaddress.ip_network(address, strict=False))
    except ValueError:
        return None
