"""What bookings and stays tell of a guest: found by booking and room, shown in the history, confidential guests not."""

from __future__ import annotations

from typing import Any

import pytest_asyncio

from tests.application import NOON, Application


@pytest_asyncio.fixture
async def desk(application: Application) -> Application:
    await application.add_rooms()
    return application


async def _post(desk: Application, path: str, csrf: dict[str, str], body: dict[str, Any]) -> dict[str, Any]:
    answer = await desk.client.post(f"/api/v1{path}", headers=csrf, json=body)
    assert answer.status == 201, await answer.text()
    made: dict[str, Any] = await answer.json()
    return made


async def _guest(desk: Application, csrf: dict[str, str]) -> int:
    return int((await _post(desk, "/guests", csrf, {"name": "林示例"}))["id"])


async def _found(desk: Application, text: str) -> list[int]:
    answer = await desk.client.get("/api/v1/guests/search", params={"q": text})
    return [row["id"] for row in (await answer.json())["items"]]


async def _history(desk: Application, guest: int) -> list[tuple[str, str]]:
    answer = await desk.client.get(f"/api/v1/guests/{guest}/history")
    return [(one["kind"], one["detail"]["number"]) for one in (await answer.json())["items"]]


async def _check_in(desk: Application, csrf: dict[str, str], guest: int, **more: Any) -> dict[str, Any]:
    person = {"name": "林示例", "guest_id": guest, "document_type": "id_card", "document_number": "110101199001011237"}
    body = {"room": "0301", "departure": "2026-11-23", "guests": [person], **more}
    return await _post(desk, "/stays", csrf, body)


async def test_given_a_booking_of_a_guest_when_its_number_is_searched_then_the_guest_is_found_and_the_history_tells(
    desk: Application,
) -> None:
    csrf = await desk.sign_in("operator")
    guest = await _guest(desk, csrf)
    booking = await _post(desk, "/reservations", csrf, {"type": "suite", "booker": "林示例", "guest_id": guest})

    assert await _found(desk, booking["number"].lower()) == [guest]
    assert await _history(desk, guest) == [("booking", booking["number"])]
    assert await _found(desk, "R99999999") == []


async def test_given_a_guest_in_house_when_the_room_is_searched_then_found_and_the_history_tells_of_the_stay(
    desk: Application,
) -> None:
    csrf = await desk.sign_in("front_desk")
    guest = await _guest(desk, csrf)
    stay = await _check_in(desk, csrf, guest)

    assert await _found(desk, "0301") == [guest]
    assert await _found(desk, "0302") == []
    assert await _history(desk, guest) == [("stay", stay["number"])]


async def test_given_a_confidential_guest_when_room_or_history_are_asked_then_as_if_nobody_were_there(
    desk: Application,
) -> None:
    csrf = await desk.sign_in("front_desk")
    guest = await _guest(desk, csrf)
    await _check_in(desk, csrf, guest, confidential=True)

    assert await _found(desk, "0301") == []
    assert await _history(desk, guest) == []


async def test_given_a_guest_who_booked_when_inactivity_is_looked_at_then_the_order_counts(desk: Application) -> None:
    csrf = await desk.sign_in("operator")
    guest = await _guest(desk, csrf)
    await _post(desk, f"/guests/{guest}/claims", csrf, {"side": "service"})
    await _post(desk, "/reservations", csrf, {"type": "suite", "booker": "林示例", "guest_id": guest})

    assert await desk.guests.follow_ups.generate(NOON) == 0
    card = await (await desk.client.get(f"/api/v1/guests/{guest}")).json()
    assert card["last_order_at"] == "2026-11-21T04:00:00Z"
