"""Whoever books or stays is a customer, entered at once, and not idle (requirements 5)."""

from __future__ import annotations

from datetime import timedelta
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


@pytest.mark.parametrize("phone", ["", "12"])
async def test_given_a_booker_without_a_usable_number_when_booked_then_the_card_is_made_without_one(
    desk: Application, phone: str
) -> None:
    csrf = await desk.sign_in("operator")
    made = await _json(desk, "POST", "/reservations", csrf, {"type": "suite", "booker": "周试验", "phone": phone})
    card = await _json(desk, "GET", f"/guests/{made['guest_id']}", csrf)
    assert (card["name"], card["numbers"], made["phone"]) == ("周试验", [], phone)


async def test_given_an_agencys_number_when_booked_then_no_card_is_made(desk: Application) -> None:
    csrf = await desk.sign_in("operator")
    booking = {"type": "suite", "booker": "周试验", "phone": "13800000073", "source": "agency"}
    made = await _json(desk, "POST", "/reservations", csrf, booking)
    assert made["guest_id"] is None


async def test_given_a_caller_who_books_a_meeting_room_when_unknown_then_a_card_is_made_and_found_the_next_time(
    desk: Application,
) -> None:
    csrf = await desk.sign_in("operator")
    meeting = {"room": "M1", "booker": "吴试验", "phone": "13800000074"}
    times = [("2026-11-25T01:00:00Z", "2026-11-25T02:00:00Z"), ("2026-11-26T01:00:00Z", "2026-11-26T02:00:00Z")]
    made = [
        await _json(desk, "POST", "/meetings", csrf, {**meeting, "begins": begins, "ends": ends})
        for begins, ends in times
    ]
    card = await _json(desk, "GET", f"/guests/{made[0]['guest_id']}", csrf)
    assert (card["name"], made[1]["guest_id"]) == ("吴试验", card["id"])


async def test_given_a_card_that_does_not_exist_when_booked_for_it_then_not_found(desk: Application) -> None:
    csrf = await desk.sign_in("operator")
    body = {"type": "suite", "booker": "周试验", "guest_id": 987_654}
    answer = await desk.client.post("/api/v1/reservations", headers=csrf, json=body)
    assert answer.status == 404


async def test_given_customers_who_order_when_tracked_then_orders_amount_and_a_missed_cycle_are_told(
    desk: Application,
) -> None:
    body = {"type": "suite", "booker": "郑试验", "phone": "13800000075"}
    for days in (0, 3, 3):
        desk.clock.set(desk.clock.now() + timedelta(days=days))
        csrf = await desk.sign_in("supervisor")
        made = await _json(desk, "POST", "/reservations", csrf, body)

    (usual,) = (await _json(desk, "GET", "/purchase-tracking", csrf))["items"]
    assert (usual["guest_id"], usual["recent_orders"], usual["recent_amount"]) == (made["guest_id"], 3, 3 * 168_800)
    assert (usual["cycle_days"], usual["is_cycle_missed"]) == (3.0, False)

    desk.clock.set(desk.clock.now() + timedelta(days=7))
    csrf = await desk.sign_in("supervisor")
    (missed,) = (await _json(desk, "GET", "/purchase-tracking", csrf))["items"]
    assert missed["is_cycle_missed"] is True
