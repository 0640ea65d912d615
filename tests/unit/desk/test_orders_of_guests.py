"""Whoever books or stays is a customer, entered at once, and not idle (requirements 5)."""

from __future__ import annotations

from typing import Any

import pytest
import pytest_asyncio

from tests.application import Application

CALLER = {"name": "孙试验", "numbers": [{"number": "13800000071"}], "stage": "potential", "question": "有温泉吗"}


@pytest_asyncio.fixture
async def desk(application: Application) -> Application:
    await application.add_rooms()
    return application


async def _json(desk: Application, method: str, path: str, csrf: dict[str, str], body: Any = None) -> Any:
    answer = await desk.client.request(method, f"/api/v1{path}", headers=csrf, json=body)
    assert answer.status < 300, await answer.text()
    return await answer.json()


async def test_given_a_potential_customer_when_he_books_then_he_is_a_customer_and_the_order_counts(
    desk: Application,
) -> None:
    csrf = await desk.sign_in("operator")
    card = await _json(desk, "POST", "/guests", csrf, CALLER)
    assert card["stage"] == "potential"

    body = {"type": "suite", "booker": "孙试验", "guest_id": card["id"]}
    made = await _json(desk, "POST", "/reservations", csrf, body)

    shown = await _json(desk, "GET", f"/guests/{card['id']}", csrf)
    assert (shown["stage"], shown["last_order_at"]) == ("guest", made["entered_at"])


async def test_given_a_potential_customer_when_he_walks_in_then_he_is_a_customer_and_the_stay_counts(
    desk: Application,
) -> None:
    csrf = await desk.sign_in("front_desk")
    card = await _json(desk, "POST", "/guests", csrf, CALLER)

    person = {"name": "孙试验", "guest_id": card["id"]}
    stay = await _json(desk, "POST", "/stays", csrf, {"room": "0301", "departure": "2026-11-23", "guests": [person]})

    shown = await _json(desk, "GET", f"/guests/{card['id']}", csrf)
    assert (shown["stage"], shown["last_order_at"]) == ("guest", stay["arrived_at"])


async def test_given_an_unknown_booker_when_booked_then_the_card_is_made_with_the_booking_and_found_the_next_time(
    desk: Application,
) -> None:
    csrf = await desk.sign_in("operator")
    body = {"type": "suite", "booker": "周试验", "phone": "13800000072"}
    first = await _json(desk, "POST", "/reservations", csrf, body)
    again = await _json(desk, "POST", "/reservations", csrf, body)

    card = await _json(desk, "GET", f"/guests/{first['guest_id']}", csrf)
    assert again["guest_id"] == first["guest_id"]
    assert (card["name"], card["source"], card["stage"]) == ("周试验", "booking", "guest")


@pytest.mark.parametrize("booking", [{"phone": ""}, {"phone": "12"}, {"phone": "13800000073", "source": "agency"}])
async def test_given_a_number_that_means_nobody_when_booked_then_no_card_is_made(
    desk: Application, booking: dict[str, str]
) -> None:
    csrf = await desk.sign_in("operator")
    made = await _json(desk, "POST", "/reservations", csrf, {"type": "suite", "booker": "周试验", **booking})
    assert made["guest_id"] is None


async def test_given_a_card_that_does_not_exist_when_booked_for_it_then_not_found(desk: Application) -> None:
    csrf = await desk.sign_in("operator")
    body = {"type": "suite", "booker": "周试验", "guest_id": 987_654}
    answer = await desk.client.post("/api/v1/reservations", headers=csrf, json=body)
    assert answer.status == 404
