"""Special attention and ID numbers hold for bookings and check-ins themselves, whatever page or program enters them."""

from __future__ import annotations

from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import select

from callcenter.staff.models import AuditEntry
from tests.application import Application

LISTED = {"name": "高试验", "attention_colour": "amber", "attention_reason": "上次离店未付清"}
CONFIRMED = "已核对：同名，不是此人"
VALID = "110101199001011237"
DEPARTURE = "2026-11-23"


@pytest_asyncio.fixture
async def desk(application: Application) -> Application:
    await application.add_rooms()
    return application


async def _send(desk: Application, method: str, path: str, csrf: dict[str, str], body: Any) -> tuple[int, Any]:
    headers = {**csrf, "Accept-Language": "zh"}
    answer = await desk.client.request(method, f"/api/v1{path}", headers=headers, json=body)
    return answer.status, await answer.json()


async def _listed(desk: Application, csrf: dict[str, str]) -> int:
    status, made = await _send(desk, "POST", "/guests", csrf, LISTED)
    assert status == 201
    return int(made["id"])


async def _notes(desk: Application, action: str) -> list[dict[str, Any]]:
    async with desk.database.read() as session:
        found = await session.scalars(select(AuditEntry).where(AuditEntry.action == action))
        return [entry.after or {} for entry in found]


BOOKINGS = [
    ("/reservations", {"type": "suite", "booker": "高试验"}),
    ("/group-reservations", {"lines": [{"type": "suite", "rooms": 1}], "group_name": "示例团", "booker": "高试验"}),
    (
        "/meetings",
        {"room": "M1", "begins": "2026-11-25T01:00:00Z", "ends": "2026-11-25T02:00:00Z", "booker": "高试验"},
    ),
]


@pytest.mark.parametrize(("path", "booking"), BOOKINGS)
async def test_given_a_listed_name_when_a_booking_is_made_then_refused_until_somebody_says_who_it_is(
    desk: Application, path: str, booking: dict[str, Any]
) -> None:
    csrf = await desk.sign_in("operator")
    card = await _listed(desk, csrf)

    status, problem = await _send(desk, "POST", path, csrf, booking)
    assert (status, problem["code"]) == (409, "attention_listed")
    assert problem["detail"] == "此姓名在特别提醒档案中，请先核对身份。"
    assert [(one["id"], one["reason"]) for one in problem["params"]["listed"]] == [(card, "上次离店未付清")]

    assert (await _send(desk, "POST", path, csrf, {**booking, "attention": " "}))[0] == 409
    status, made = await _send(desk, "POST", path, csrf, {**booking, "attention": CONFIRMED})
    assert status == 201
    (note,) = await _notes(desk, "reservation.created")
    assert (note["attention"], note["attention_cards"]) == (CONFIRMED, [card])
    assert made["booker"] == "高试验"


async def test_given_a_listed_card_was_chosen_when_booked_under_another_name_then_refused_all_the_same(
    desk: Application,
) -> None:
    csrf = await desk.sign_in("operator")
    card = await _listed(desk, csrf)
    status, problem = await _send(
        desk, "POST", "/reservations", csrf, {"type": "suite", "booker": "高总", "guest_id": card}
    )
    assert (status, problem["code"]) == (409, "attention_listed")


async def test_given_a_booking_when_another_booker_is_listed_then_the_change_is_refused_until_confirmed(
    desk: Application,
) -> None:
    csrf = await desk.sign_in("operator")
    await _listed(desk, csrf)
    _, made = await _send(desk, "POST", "/reservations", csrf, {"type": "suite", "booker": "林示例"})
    change = {"type": "suite", "booker": "高试验", "version": made["version"]}
    address = f"/reservations/{made['number']}"

    assert (await _send(desk, "PUT", address, csrf, change))[0] == 409
    status, changed = await _send(desk, "PUT", address, csrf, {**change, "attention": CONFIRMED})
    assert status == 200
    again = {**change, "version": changed["version"], "persons": 2}
    assert (await _send(desk, "PUT", address, csrf, again))[0] == 200, "the same person is not asked for twice"
    assert (await _send(desk, "POST", f"{address}/copies", csrf, {"count": 1}))[0] == 201


async def test_given_a_listed_person_when_entered_for_a_booking_then_refused_until_confirmed(desk: Application) -> None:
    csrf = await desk.sign_in("operator")
    await _listed(desk, csrf)
    _, made = await _send(desk, "POST", "/reservations", csrf, {"type": "suite", "booker": "林示例"})
    address = f"/reservations/{made['number']}/guests"
    persons = {"guests": [{"name": "林示例"}, {"name": "高试验"}]}

    assert (await _send(desk, "PUT", address, csrf, persons))[0] == 409
    assert (await _send(desk, "PUT", address, csrf, {**persons, "attention": CONFIRMED}))[0] == 200
    assert (await _send(desk, "PUT", address, csrf, persons))[0] == 200, "who was confirmed is not asked for again"


async def test_given_a_listed_name_when_checked_in_then_refused_until_somebody_says_who_it_is(
    desk: Application,
) -> None:
    csrf = await desk.sign_in("front_desk")
    card = await _listed(desk, csrf)
    form = {"room": "0301", "departure": DEPARTURE, "guests": [{"name": "林示例"}, {"name": "高试验"}]}

    status, problem = await _send(desk, "POST", "/stays", csrf, form)
    assert (status, problem["code"]) == (409, "attention_listed")
    status, _ = await _send(desk, "POST", "/stays", csrf, {**form, "attention": CONFIRMED})
    assert status == 201
    (note,) = await _notes(desk, "stay.checked_in")
    assert (note["attention"], note["attention_cards"]) == (CONFIRMED, [card])


WRONG = [
    ("110101199001011238", "checksum"),
    ("110101199002311231", "date"),
    ("990101199001011234", "region"),
    ("11010119900101", "form"),
]


@pytest.mark.parametrize(("number", "reason"), WRONG)
async def test_given_a_wrong_id_number_of_any_person_when_a_booking_is_saved_then_refused_in_the_houses_words(
    desk: Application, number: str, reason: str
) -> None:
    csrf = await desk.sign_in("operator")
    _, made = await _send(desk, "POST", "/reservations", csrf, {"type": "suite", "booker": "林示例"})
    persons = [{"name": "林示例", "document_number": VALID}, {"name": "示例二", "document_number": number}]

    status, problem = await _send(desk, "PUT", f"/reservations/{made['number']}/guests", csrf, {"guests": persons})

    assert (status, problem["detail"]) == (422, "身份证号码有误")
    assert (problem["params"]["person"], problem["params"]["reason"]) == (1, reason)


@pytest.mark.parametrize(("number", "reason"), WRONG)
async def test_given_a_wrong_id_number_of_any_person_when_checked_in_then_refused_in_the_houses_words(
    desk: Application, number: str, reason: str
) -> None:
    csrf = await desk.sign_in("front_desk")
    persons = [{"name": "林示例", "document_number": VALID}, {"name": "示例二", "document_number": number}]

    status, problem = await _send(
        desk, "POST", "/stays", csrf, {"room": "0301", "departure": DEPARTURE, "guests": persons}
    )

    assert (status, problem["detail"]) == (422, "身份证号码有误")
    assert (problem["params"]["person"], problem["params"]["reason"]) == (1, reason)


async def test_given_an_id_number_when_a_person_is_registered_then_origin_sex_and_birthday_fill_themselves_in(
    desk: Application,
) -> None:
    csrf = await desk.sign_in("front_desk")
    person = {"name": "林示例", "document_number": VALID}
    form = {"room": "0301", "departure": DEPARTURE, "guests": [person]}
    _, stay = await _send(desk, "POST", "/stays", csrf, form)
    _, made = await _send(desk, "POST", "/reservations", csrf, {"type": "suite", "booker": "林示例"})
    _, booking = await _send(desk, "PUT", f"/reservations/{made['number']}/guests", csrf, {"guests": [person]})

    for registered in (stay["persons"][0], booking["guests"][0]):
        told = (registered["origin"], registered["sex"], registered["birthday"])
        assert told == ("北京市东城区", "male", "1990-01-01")


async def test_given_a_passport_when_a_foreign_guest_is_registered_then_it_is_not_taken_for_an_id_card(
    desk: Application,
) -> None:
    csrf = await desk.sign_in("front_desk")
    person = {"name": "Sample Baker", "foreign": True, "document_number": "x-123 4567", "nationality": "GB"}
    form = {"room": "0301", "departure": DEPARTURE, "guests": [person]}
    status, stay = await _send(desk, "POST", "/stays", csrf, form)
    assert (status, stay["persons"][0]["document_number"][-4:]) == (201, "4567")
