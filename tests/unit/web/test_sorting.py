"""Lists sorted by a column, page by page (requirements 4: any list sorts on header click)."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest
import pytest_asyncio

from callcenter.guests.store import GuestSort
from callcenter.reservations.store import BookingSort
from tests.application import Application

SHOWN = {
    BookingSort.ENTERED: "entered_at",
    BookingSort.NUMBER: "number",
    BookingSort.STATE: "state",
    BookingSort.BOOKER: "booker",
    BookingSort.ARRIVAL: "arrives_at",
    BookingSort.DEPARTURE: "departure",
    BookingSort.TOTAL: "total",
    BookingSort.COMPANY: "company",
    BookingSort.SALESPERSON: "salesperson",
    BookingSort.ENTERED_BY: "entered_by",
}
OF_GUESTS = {
    GuestSort.CREATED: "created_at",
    GuestSort.NAME: "name",
    GuestSort.LEVEL: "level",
    GuestSort.LAST_CONTACT: "last_contact_at",
    GuestSort.LAST_ORDER: "last_order_at",
    GuestSort.FIRST_CONTACT_DUE: "first_contact_due_at",
}
WAYS = ("ascending", "descending")


@pytest_asyncio.fixture
async def desk(application: Application) -> Application:
    """Seven bookings and their seven guests; several share a value."""
    await application.add_rooms()
    csrf = await application.sign_in("operator")
    for place in range(7):
        arrival = date(2026, 12, 1) + timedelta(days=place % 3)
        body = {
            "type": ("suite", "standard")[place % 2],
            "booker": f"示例{place % 4}",
            "phone": f"1380000010{place}",
            "arrival": arrival.isoformat(),
            "departure": (arrival + timedelta(days=1 + place % 2)).isoformat(),
            "company": ("", "云溪示例")[place % 2],
            "salesperson": ("王示例", "")[place % 2],
        }
        answer = await application.client.post("/api/v1/reservations", json=body, headers=csrf)
        assert answer.status == 201, await answer.text()
        made = await answer.json()
        if place % 3 == 0:
            contact = {"channel": "phone", "side": "service", "note": "made"}
            path = f"/api/v1/guests/{made['guest_id']}/contacts"
            assert (await application.client.post(path, json=contact, headers=csrf)).status < 300
        application.clock.advance(timedelta(minutes=1))
    return application


async def every_page(desk: Application, path: str, **query: str) -> list[dict[str, Any]]:
    """Every row of a list, read two at a time."""
    found: list[dict[str, Any]] = []
    after: dict[str, str] = {}
    while True:
        answer = await desk.client.get(f"/api/v1{path}", params={**query, **after, "limit": "2"})
        assert answer.status == 200, await answer.text()
        page = await answer.json()
        found += page["items"]
        if page["next"] is None:
            return found
        after = {"after": page["next"]}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("sort", list(BookingSort))
async def test_given_bookings_when_sorted_by_a_column_then_its_order_goes_on_over_the_pages(
    desk: Application, sort: BookingSort, way: str
) -> None:
    rows = await every_page(desk, "/reservations", sort=sort, order=way)
    assert len({row["number"] for row in rows}) == len(rows) == 7
    assert_in_order([row[SHOWN[sort]] for row in rows], way)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("sort", list(GuestSort))
async def test_given_guests_when_sorted_by_a_column_then_its_order_goes_on_over_the_pages(
    desk: Application, sort: GuestSort, way: str
) -> None:
    rows = await every_page(desk, "/guests", sort=sort, order=way)
    assert len({row["id"] for row in rows}) == len(rows) == 7
    assert_in_order([row[OF_GUESTS[sort]] or "" for row in rows], way)


async def test_given_no_order_when_listed_then_the_newest_come_first(desk: Application) -> None:
    rows = await every_page(desk, "/reservations")
    assert_in_order([row["entered_at"] for row in rows], "descending")


@pytest.mark.parametrize("query", [{"sort": "phone"}, {"order": "newest"}, {"sort": "total", "after": "IngiCg"}])
async def test_given_an_order_that_there_is_not_when_listed_then_refused(
    desk: Application, query: dict[str, str]
) -> None:
    answer = await desk.client.get("/api/v1/reservations", params=query)
    assert answer.status == 422


async def test_given_a_place_of_another_order_when_gone_on_from_then_refused(desk: Application) -> None:
    page = await (await desk.client.get("/api/v1/reservations", params={"limit": "2", "sort": "booker"})).json()
    answer = await desk.client.get("/api/v1/reservations", params={"after": page["next"], "sort": "total"})
    assert answer.status == 422


async def test_given_a_sorted_list_when_taken_as_a_file_then_it_has_the_same_order(desk: Application) -> None:
    await desk.sign_in("supervisor")
    query = {"format": "csv", "sort": "total", "order": "ascending"}
    answer = await desk.client.get("/api/v1/reservations/export", params=query)
    lines = (await answer.text()).splitlines()[1:]
    listed = await every_page(desk, "/reservations", sort="total", order="ascending")
    assert [line.split(",")[0].strip('"') for line in lines] == [row["number"] for row in listed]


def assert_in_order(values: list[Any], way: str) -> None:
    """No value comes before one that it should follow; not all are the same."""
    pairs = [(one, other) if way == "ascending" else (other, one) for one, other in pairwise(values)]
    assert all(one <= other for one, other in pairs), values
