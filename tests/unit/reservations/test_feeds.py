"""Arrivals as a calendar: by secret address, by type, in the hotel's zone, and nothing of the guest."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
from icalendar import Calendar
from sqlalchemy import select

from callcenter.reservations.models import CalendarFeed
from callcenter.staff.models import AuditEntry
from tests.application import NOON, Application

ARRIVAL = "2026-11-25"


@pytest_asyncio.fixture
async def desk(application: Application) -> Application:
    await application.add_rooms()
    csrf = await application.sign_in("operator")
    for kind, time in (("suite", "18:30"), ("standard", "09:00")):
        wanted = {
            "type": kind,
            "booker": "林示例",
            "phone": "13800000001",
            "arrival": ARRIVAL,
            "departure": "2026-11-27",
            "arrival_time": time,
        }
        made = await application.client.post("/api/v1/reservations", json=wanted, headers=csrf)
        assert made.status == 201, await made.text()
    return application


async def test_given_a_feed_of_a_type_when_read_without_signing_in_then_its_arrivals_stand_in_the_hotels_zone(
    desk: Application,
) -> None:
    made = await _feed(desk, "suite")

    (event,) = await _events(desk, made["path"])

    assert event.decoded("dtstart").isoformat() == "2026-11-25T18:30:00+08:00"
    assert event.decoded("dtstart").tzinfo == ZoneInfo("Asia/Shanghai")
    assert (str(event["summary"]), str(event["status"])) == ("温泉套房 × 1 间", "TENTATIVE")


async def test_given_a_feed_of_every_type_when_read_then_all_arrivals_stand_in_it(desk: Application) -> None:
    made = await _feed(desk, None)
    assert [str(one["summary"]) for one in await _events(desk, made["path"])] == [
        "标准双床房 × 1 间",
        "温泉套房 × 1 间",
    ]


@pytest.mark.parametrize(("detail", "named"), [("none", False), ("booker", True)])
async def test_given_what_the_setting_allows_when_read_then_the_guest_is_named_only_by_it_and_never_the_number(
    desk: Application, detail: str, named: bool
) -> None:
    object.__setattr__(desk.reservations, "feed_detail", detail)
    made = await _feed(desk, "suite")

    answer = await desk.client.get(made["path"])
    text = await answer.text()

    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert ("林示例" in text, "13800000001" in text) == (named, False)


async def test_given_a_cancelled_booking_when_read_then_it_has_left_the_calendar(desk: Application) -> None:
    made = await _feed(desk, "suite")
    (event,) = await _events(desk, made["path"])
    number = str(event["uid"]).split("-")[0]
    csrf = await desk.sign_in("operator")
    await desk.client.post(f"/api/v1/reservations/{number}/cancel", json={"why": "改期"}, headers=csrf)

    assert await _events(desk, made["path"]) == []


async def test_given_a_changed_booking_when_read_again_then_the_same_event_has_a_higher_sequence(
    desk: Application,
) -> None:
    made = await _feed(desk, "suite")
    (before,) = await _events(desk, made["path"])
    number = str(before["uid"]).split("-")[0]
    csrf = await desk.sign_in("operator")
    await desk.client.post(f"/api/v1/reservations/{number}/confirm", json={}, headers=csrf)

    (after,) = await _events(desk, made["path"])

    assert (str(after["uid"]), str(after["status"])) == (str(before["uid"]), "CONFIRMED")
    assert int(after["sequence"]) > int(before["sequence"])


async def test_given_one_of_two_addresses_is_revoked_when_read_then_it_is_gone_and_the_other_is_not(
    desk: Application,
) -> None:
    one, other = await _feed(desk, "suite"), await _feed(desk, "suite")
    csrf = await desk.sign_in("manager")
    revoked = await desk.client.delete(f"/api/v1/calendar-feeds/{one['id']}", headers=csrf)

    assert revoked.status == 204
    assert ((await desk.client.get(one["path"])).status, (await desk.client.get(other["path"])).status) == (404, 200)
    unknown = await desk.client.get("/api/v1/arrivals.ics?key=unknown")
    told, refused = await unknown.json(), await (await desk.client.get(one["path"])).json()
    assert {**told, "request_id": ""} == {**refused, "request_id": ""}
    async with desk.database.read() as session:
        logged = select(AuditEntry.action).where(AuditEntry.subject_type == "calendar_feed").order_by(AuditEntry.id)
        actions = list(await session.scalars(logged))
    assert actions == ["calendar_feed.created", "calendar_feed.created", "calendar_feed.revoked"]


async def test_given_an_address_when_listed_and_logged_then_its_secret_is_nowhere(desk: Application) -> None:
    made = await _feed(desk, None)
    secret = made["path"].partition("key=")[2]
    listed = await (await desk.client.get("/api/v1/calendar-feeds")).text()
    async with desk.database.read() as session:
        feed = (await session.scalars(select(CalendarFeed))).one()
        entries = [str(entry.after) for entry in await session.scalars(select(AuditEntry))]
    assert secret not in listed + feed.secret_hash + "".join(entries)


async def test_given_an_address_when_it_is_read_then_the_page_tells_when_to_the_hour(desk: Application) -> None:
    made = await _feed(desk, None)
    for minutes in (0, 30):
        desk.clock.set(NOON + timedelta(minutes=minutes))
        await desk.client.get(made["path"])
    (shown,) = (await (await desk.client.get("/api/v1/calendar-feeds")).json())["items"]
    assert shown["read_at"] == NOON.isoformat().replace("+00:00", "Z")


async def _feed(desk: Application, kind: str | None) -> Any:
    csrf = await desk.sign_in("manager")
    made = await desk.client.post("/api/v1/calendar-feeds", json={"subscriber": "客房中心", "type": kind}, headers=csrf)
    assert made.status == 201, await made.text()
    return await made.json()


async def _events(desk: Application, path: str) -> list[Any]:
    answer = await desk.client.get(path)
    assert answer.status == 200, await answer.text()
    return list(Calendar.from_ical(await answer.read()).walk("VEVENT"))
