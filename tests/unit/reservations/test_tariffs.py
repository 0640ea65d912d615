"""What the page of prices and rules sets: single nights, seasons taken away, ceilings of roles and of people."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import select

from callcenter.reservations.prices import Price, Span, Tariff
from callcenter.staff.models import AuditEntry
from tests.application import Application

FRIDAY = date(2026, 12, 4)


@pytest_asyncio.fixture
async def desk(application: Application) -> Application:
    await application.add_rooms()
    return application


@pytest.mark.parametrize(
    ("tariff", "price"),
    [
        (Tariff(), 100),
        (Tariff(standard_days={(1, FRIDAY): 120}), 120),
        (Tariff(prices=[Price(1, None, "5", 90)], standard_days={(1, FRIDAY): 120}), 90),
        (Tariff(prices=[Price(1, None, "1", 90)], standard_days={(1, FRIDAY): 120}), 120),
        (Tariff([Span(7, FRIDAY, FRIDAY, 1)], [Price(1, 7, "1234567", 200)], {(1, FRIDAY): 150}), 150),
        (Tariff(days={(2, FRIDAY): 150}), 100),
    ],
)
def test_given_prices_for_a_night_when_it_is_priced_then_the_day_comes_before_season_and_weekday(
    tariff: Tariff, price: int
) -> None:
    assert tariff.of_night(1, FRIDAY, 100) == price


async def test_given_a_price_for_some_nights_when_availability_is_asked_for_then_those_cost_it_and_null_takes_it_back(
    desk: Application,
) -> None:
    csrf = await desk.sign_in("manager")
    wanted = {"types": ["suite"], "first": "2026-12-04", "last": "2026-12-06", "weekdays": "67", "price": 200000}

    await _put(desk, csrf, "/day-prices", wanted)
    dearer = await _nights(desk)
    listed = await _get(desk, "/day-prices?from=2026-12-01&to=2026-12-31")
    await _put(desk, csrf, "/day-prices", {**wanted, "first": "2026-12-06", "price": None})

    assert dearer == [168800, 200000, 200000]
    assert [(one["night"], one["price"]) for one in listed["items"]] == [("2026-12-05", 200000), ("2026-12-06", 200000)]
    assert await _nights(desk) == [168800, 200000, 168800]
    async with desk.database.read() as session:
        entries = (await session.scalars(select(AuditEntry).where(AuditEntry.action == "day_price.set"))).all()
    assert [entry.before for entry in entries] == [
        {"prices": []},
        {"prices": [["suite", "2026-12-06", "2026-12-06", 200000]]},
    ]


async def test_given_a_plan_without_a_price_for_a_type_when_a_night_has_one_then_the_plan_takes_it_over(
    desk: Application,
) -> None:
    csrf = await desk.sign_in("manager")
    await _put(desk, csrf, "/rate-plans/early", {"name_zh": "早订", "name_en": "Early", "breakfasts": 0, "prices": []})
    night = {"types": ["suite"], "first": "2026-12-04", "last": "2026-12-04"}

    await _put(desk, csrf, "/day-prices", {**night, "price": 180000})
    standard = await _nights(desk, "&plan=early")
    await _put(desk, csrf, "/day-prices", {**night, "plan": "early", "price": 150000})

    assert (standard[0], (await _nights(desk, "&plan=early"))[0], (await _nights(desk))[0]) == (180000, 150000, 180000)


async def test_given_a_season_with_prices_when_removed_then_they_go_with_it_and_the_log_keeps_them(
    desk: Application,
) -> None:
    csrf = await desk.sign_in("manager")
    season = {"name_zh": "周末", "name_en": "Weekend", "first": "2026-12-05", "last": "2026-12-06", "rank": 2}
    made = await desk.client.post("/api/v1/seasons", json=season, headers=csrf)
    number = (await made.json())["id"]
    prices = [{"type": "suite", "season": number, "price": 210000}]
    await _put(desk, csrf, "/rate-plans/best", {"name_zh": "好", "name_en": "Best", "prices": prices})
    before = await _nights(desk, "&plan=best")

    gone = await desk.client.delete(f"/api/v1/seasons/{number}", headers=csrf)
    again = await desk.client.delete(f"/api/v1/seasons/{number}", headers=csrf)

    assert (gone.status, again.status) == (204, 404)
    assert (before, await _nights(desk, "&plan=best")) == ([168800, 210000, 210000], [168800] * 3)
    async with desk.database.read() as session:
        entry = (await session.scalars(select(AuditEntry).where(AuditEntry.action == "season.removed"))).one()
    assert entry.before is not None
    assert entry.before["prices"] == [["best", "suite", "1234567", 210000]]


async def test_given_a_ceiling_for_a_role_when_set_then_it_holds_for_bookings_and_check_ins_and_a_persons_own_first(
    desk: Application,
) -> None:
    csrf = await desk.sign_in("admin")
    await _put(desk, csrf, "/role-discount-ceilings/front_desk", {"percent": 0})
    csrf = await desk.sign_in("front_desk")
    form = (await _get(desk, "/reservation-form"))["discount_ceiling"]
    refused = await desk.client.post("/api/v1/stays", json=_walk_in(45000), headers=csrf)

    csrf = await desk.sign_in("admin")
    users = (await _get(desk, "/users"))["items"]
    number = next(user["id"] for user in users if user["username"] == "front_desk")
    await _put(desk, csrf, f"/discount-ceilings/{number}", {"percent": 20})
    csrf = await desk.sign_in("front_desk")
    taken = await desk.client.post("/api/v1/stays", json=_walk_in(45000), headers=csrf)

    assert (form, refused.status, (await refused.json())["code"]) == (0, 403, "stay_discount_too_high")
    assert taken.status == 201, await taken.text()


async def test_given_a_role_that_does_not_exist_when_its_ceiling_is_set_then_it_is_refused(desk: Application) -> None:
    csrf = await desk.sign_in("admin")
    answer = await desk.client.put("/api/v1/role-discount-ceilings/nobody", json={"percent": 5}, headers=csrf)
    assert answer.status == 404


def _walk_in(price: int) -> dict[str, Any]:
    return {
        "room": "0301",
        "departure": "2026-11-22",
        "price": price,
        "reason": "常客",
        "guests": [{"name": "林示例"}],
    }


async def _nights(desk: Application, more: str = "") -> list[int]:
    """The list prices of a suite from Friday to Sunday."""
    found = await _get(desk, f"/availability?from=2026-12-04&to=2026-12-07&type=suite{more}")
    return [night["price"] for night in found["types"][0]["nights"]]


async def _get(desk: Application, address: str) -> Any:
    answer = await desk.client.get(f"/api/v1{address}")
    assert answer.status == 200, await answer.text()
    return await answer.json()


async def _put(desk: Application, csrf: dict[str, str], address: str, content: dict[str, Any]) -> None:
    answer = await desk.client.put(f"/api/v1{address}", json=content, headers=csrf)
    assert answer.status == 204, await answer.text()
