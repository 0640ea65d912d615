"""A trunk that registers: with the carrier's account, out and in, and what is said when the carrier refuses."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from callcenter.clock import SystemClock
from callcenter.operations.doctor import Doctor
from callcenter.operations.findings import Subject
from callcenter.simulator.behaviours import answers
from tests.pbx.carrier import Carrier
from tests.pbx.switchboard import Switchboard, desk_of, running_switchboard

ACCOUNT, PASSWORD = "0102030405", "an-invented-password"


@pytest.fixture
async def carrier() -> AsyncIterator[Carrier]:
    async with Carrier(ACCOUNT, PASSWORD) as opened:
        yield opened


@pytest.fixture
async def board(carrier: Carrier, tmp_path: Path) -> AsyncIterator[Switchboard]:
    """An exchange whose trunk registers with the carrier; its password stands in a file."""
    secret = tmp_path / "trunk-password"
    secret.write_text(f"{PASSWORD}\n", encoding="utf-8")
    trunk = {
        "trunk_contact": f"sip:127.0.0.1:{carrier.port}",
        "trunk_username": ACCOUNT,
        "trunk_password_file": str(secret),
    }
    running = running_switchboard(node="trunk", trunk=trunk)
    started = await asyncio.to_thread(running.__enter__)
    try:
        carrier.server = started.server
        yield started
    finally:
        await asyncio.to_thread(running.__exit__, None, None, None)


async def trunk_findings(board: Switchboard) -> list[str]:
    found = await Doctor(board.settings, SystemClock()).examine()
    return [finding.code for finding in found if finding.subject is Subject.TRUNK]


async def test_given_an_account_with_a_carrier_then_calls_come_in_and_go_out_over_it(
    board: Switchboard, carrier: Carrier
) -> None:
    desk = desk_of(0)
    async with asyncio.timeout(20):
        await carrier.registered.wait()
    assert carrier.number_of_house == desk.number
    await board.until("pjsip show registrations", lambda text: " Registered " in text)
    assert await trunk_findings(board) == ["trunk_identified", "trunk_registered", "trunk_reachable"]

    async with board.phone(desk.first, answers()) as phone:
        inbound = carrier.call(carrier.number_of_house)
        await inbound.answered()
        await inbound.bye()
        await board.until_state(desk.first, "Not in use")

        outbound = phone.call("13900000001")
        arrived = await carrier.next_call()
        arrived.answer()
        await outbound.answered()
        assert arrived.number == "13900000001"
        await outbound.bye()
    assert carrier.refused == 0


async def test_given_a_carrier_that_refuses_the_password_then_the_doctor_says_so(
    board: Switchboard, carrier: Carrier
) -> None:
    async with asyncio.timeout(20):
        await carrier.registered.wait()
    carrier.account_password = "another"

    await board.rx("pjsip send register trunk")
    await board.until("pjsip show registrations", lambda text: "Rejected" in text)

    assert carrier.refused > 0
    assert "trunk_unregistered" in await trunk_findings(board)
