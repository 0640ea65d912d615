"""Health, readiness, alarms, metrics and status."""

import asyncio
from datetime import timedelta

import pytest

from callcenter import health as health_module
from callcenter.db import DatabaseUnavailable
from callcenter.health import Alarm, CheckFailed, CheckResult, Health
from tests.application import NOON, Application


async def good() -> str:
    return "fine"


async def bad() -> str:
    raise CheckFailed("disk full")


async def unavailable() -> str:
    raise DatabaseUnavailable(reason="gone")


async def broken() -> str:
    raise ZeroDivisionError


async def stuck() -> str:
    await asyncio.Event().wait()
    return "never"


async def test_given_a_process_that_serves_when_asked_then_healthy_without_login(application: Application) -> None:
    answer = await application.client.get("/health")

    assert (answer.status, await answer.json()) == (200, {"status": "ok"})


async def test_given_all_checks_good_when_asked_then_ready(application: Application) -> None:
    application.health.register("database", good)

    answer = await application.client.get("/ready")

    assert answer.status == 200
    assert await answer.json() == {"ready": True, "checks": [{"name": "database", "ok": True, "detail": "fine"}]}


async def test_given_one_check_bad_when_asked_then_not_ready_and_named(application: Application) -> None:
    application.health.register("database", good)
    application.health.register("recording_disk", bad)

    answer = await application.client.get("/ready")

    assert answer.status == 503
    assert (await answer.json())["checks"][1] == {"name": "recording_disk", "ok": False, "detail": "disk full"}


async def test_given_checks_that_break_or_hang_when_run_then_they_are_not_ok_and_the_others_still_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(health_module, "CHECK_SECONDS", 0.05)
    health = Health()
    for name, check in (("broken", broken), ("away", unavailable), ("stuck", stuck), ("good", good)):
        health.register(name, check)

    assert await health.run() == [
        CheckResult("broken", False, "ZeroDivisionError"),
        CheckResult("away", False, "database_unavailable (reason=gone)"),
        CheckResult("stuck", False, "no answer within 0.05 s"),
        CheckResult("good", True, "fine"),
    ]


def test_given_alarms_when_set_again_or_cleared_then_listeners_hear_changes_only_and_the_first_time_stays(
    application: Application,
) -> None:
    heard: list[tuple[str, ...]] = []
    application.alarms.subscribe(lambda standing: heard.append(tuple(alarm.code for alarm in standing)))

    application.alarms.set("disk_full", free_mb=10)
    application.clock.advance(timedelta(minutes=1))
    application.alarms.set("disk_full", free_mb=10)
    application.alarms.set("pbx_link_down")
    application.alarms.set("disk_full", free_mb=5)
    application.alarms.clear("pbx_link_down")
    application.alarms.clear("pbx_link_down")

    assert heard == [("disk_full",), ("disk_full", "pbx_link_down"), ("disk_full", "pbx_link_down"), ("disk_full",)]
    assert application.alarms.current == (Alarm("disk_full", NOON, {"free_mb": 5}),)


def test_given_a_listener_that_fails_when_an_alarm_is_set_then_the_others_hear_it(application: Application) -> None:
    heard: list[int] = []

    def fail(standing: tuple[Alarm, ...]) -> None:
        raise ZeroDivisionError

    application.alarms.subscribe(fail)
    application.alarms.subscribe(lambda standing: heard.append(len(standing)))

    application.alarms.set("disk_full")

    assert heard == [1]


async def test_given_an_alarm_when_the_status_is_asked_for_then_link_alarms_and_version_are_there(
    application: Application,
) -> None:
    application.alarms.set("disk_full", free_mb=10)
    await application.sign_in("department")

    answer = await application.client.get("/api/v1/status")

    assert await answer.json() == {
        "link": {"state": "up", "since": "2026-11-21T04:00:00Z", "reason": ""},
        "alarms": [{"code": "disk_full", "since": "2026-11-21T04:00:00Z", "params": {"free_mb": 10}}],
        "version": "0.test",
        "now": "2026-11-21T04:00:00Z",
    }


async def test_given_requests_when_metrics_are_collected_then_they_are_counted_by_route_and_not_by_address(
    application: Application,
) -> None:
    await application.sign_in("operator")
    for number in (17, 18):
        await application.client.get(f"/api/v1/calls/{number}")

    text = await (await application.client.get("/metrics")).text()

    assert 'http_requests_total{method="GET",route="/api/v1/calls/{id}",status="404"} 2.0' in text
    assert "/calls/17" not in text
