"""What a call was about is looked for in one box, over guests, bookings and stays that the user may see."""

from __future__ import annotations

from typing import Any

import pytest_asyncio

from callcenter.calls.service import store
from callcenter.calls.three_rings import Cadences
from tests.application import Application
from tests.unit.calls.builders import call


@pytest_asyncio.fixture
async def desk(application: Application) -> Application:
    await application.add_rooms()
    return application


async def _json(desk: Application, method: str, path: str, csrf: dict[str, str], body: Any = None) -> Any:
    answer = await desk.client.request(method, f"/api/v1{path}", headers=csrf, json=body)
    assert answer.status < 300, await answer.text()
    return await answer.json()


async def _found(desk: Application, text: str) -> list[tuple[str, str]]:
    answer = await desk.client.get("/api/v1/call-subjects", params={"q": text})
    assert answer.status == 200, await answer.text()
    return [(one["subject_type"], one["key"]) for one in (await answer.json())["items"]]


async def test_given_a_guest_with_booking_and_stay_when_looked_for_then_one_box_finds_all_three(
    desk: Application,
) -> None:
    csrf = await desk.sign_in("front_desk")
    guest = (await _json(desk, "POST", "/guests", csrf, {"name": "林示例"}))["id"]
    body = {"type": "suite", "booker": "林示例", "guest_id": guest}
    booking = (await _json(desk, "POST", "/reservations", csrf, body))["number"]
    form = {"room": "0301", "departure": "2026-11-23", "guests": [{"name": "林示例"}]}
    stay = await _json(desk, "POST", "/stays", csrf, form)

    everything = [("guest", str(guest)), ("reservation", booking), ("stay", str(stay["id"]))]
    assert await _found(desk, "林示例") == everything
    assert await _found(desk, booking) == [("guest", str(guest)), ("reservation", booking)]
    assert await _found(desk, stay["number"].lower()) == [("stay", str(stay["id"]))]
    assert await _found(desk, "lsl") == [("guest", str(guest))]
    assert ("stay", str(stay["id"])) in await _found(desk, "0301")


async def test_given_a_confidential_guest_in_house_when_looked_for_then_the_stay_is_not_there(
    desk: Application,
) -> None:
    csrf = await desk.sign_in("front_desk")
    form = {"room": "0301", "departure": "2026-11-23", "guests": [{"name": "林示例"}], "confidential": True}
    stay = await _json(desk, "POST", "/stays", csrf, form)

    assert [await _found(desk, text) for text in ("林示例", "0301", stay["number"])] == [[], [], []]


async def test_given_a_linked_booking_when_the_links_are_read_then_they_lead_to_its_page_until_taken_back(
    desk: Application,
) -> None:
    csrf = await desk.sign_in("operator")
    booking = await _json(desk, "POST", "/reservations", csrf, {"type": "suite", "booker": "林示例"})
    items = (await _json(desk, "GET", "/call-subjects?q=林示例", csrf))["items"]
    (found,) = [one for one in items if one["subject_type"] == "reservation"]
    async with desk.database.begin() as session:
        (number,) = (await store(session, [call()], Cadences.of(desk.settings))).values()

    wanted = {"subject_type": "reservation", "subject_id": found["subject_id"], "reason": "改到店时间"}
    (link,) = (await _json(desk, "POST", f"/calls/{number}/links", csrf, wanted))["items"]
    assert (link["key"], link["reason"]) == (booking["number"], "改到店时间")

    (gone,) = (await _json(desk, "POST", f"/call-links/{link['id']}/removal", csrf, {"reason": "打错电话"}))["items"]
    assert (gone["unlink_reason"], gone["unlinked_by"]) == ("打错电话", "operator")
